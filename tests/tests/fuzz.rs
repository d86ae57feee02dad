//! The fuzz targets over what was found once (`tests/fuzz/<target>/`), over the project's own specs, and over a few seeded
//! mutations of both. `fuzz/README.md` tells how to run them for longer.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eventpact_tests::fuzz::TARGETS;
use eventpact_tests::{cases, folder, root};

/// Generous: an unoptimised build on a busy machine. Something that hangs would take minutes.
const SOON: Duration = Duration::from_secs(60);

/// Files below a folder, with one of these extensions.
fn below(dir: &Path, extensions: &[&str], into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            below(&path, extensions, into);
        } else if extensions.is_empty() || path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            into.push(path);
        }
    }
}

/// The folder of cases whose pairs a target compares.
fn pairs_of(target: &str) -> Option<&'static str> {
    match target {
        "avro_diff" => Some("avro"),
        "proto_diff" => Some("protobuf"),
        "jsonschema_diff" => Some("json_schema"),
        _ => None,
    }
}

/// The two versions of a case as one input.
fn pair(case: &Path) -> Option<Vec<u8>> {
    let read = |stem: &str| ["avsc", "proto", "json"].iter().find_map(|e| std::fs::read(case.join(stem).with_extension(e)).ok());
    Some([read("old")?, vec![0], read("new")?].concat())
}

/// What a live registry wrote to its topic, thirty records at a time.
fn recorded_topics() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder("registry/schemas-topic.jsonl")).expect("the recorded topics are there");
    let line = |row: &str| {
        let row: serde_json::Value = serde_json::from_str(row).expect("a row is JSON");
        let key = row["key"].as_str().expect("a key").to_owned();
        row["value"].as_str().map_or(key.clone(), |value| format!("{key}\t{value}"))
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.chunks(30).map(|lines| lines.join("\n").into_bytes()).collect()
}

/// What was asked of a live registry, six requests at a time, of each eighth such group.
fn recorded_requests() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder("registry/transcripts.jsonl")).expect("the transcripts are there");
    let request = |row: &str| {
        let row: serde_json::Value = serde_json::from_str(row).expect("a row is JSON");
        let header = |name: &str, value: &serde_json::Value| value.as_str().map_or(String::new(), |v| format!("{name}: {v}\n"));
        let (method, path) = (row["method"].as_str()?, row["path"].as_str()?);
        let headers = header("Content-Type", &row["req_content_type"]) + &header("Accept", &row["req_accept"]);
        let body = row["req_body"].as_str().unwrap_or_default();
        (path.len() + body.len() < 4000).then(|| format!("{method} {path}\n{headers}\n{body}"))
    };
    let requests: Vec<String> = text.lines().filter_map(request).collect();
    requests.chunks(6).step_by(8).map(|requests| requests.join("\0").into_bytes()).collect()
}

/// Frames of the three formats, and some that are none.
fn frames() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 6] = [
        b"\0\0\0\0\x01\x02ab",
        b"\0\0\0\0\x07\0\x0a\x03p-1",
        b"\0\0\0\0\x07\x02\0\x0a\x03p-1",
        b"\0\xff\xff\xff\xff\x04\x02\x80\x01\x0a\x03p-1",
        b"\0\0\0\x01\0{\"id\":1}",
        b"\x01\0\x0e{}",
    ];
    texts.iter().map(|text| text.to_vec()).collect()
}

/// Inputs to start from.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    below(&folder("fuzz").join(target), &[], &mut paths);
    if let Some(format) = pairs_of(target) {
        let kept = paths.iter().filter_map(|path| std::fs::read(path).ok());
        return kept.chain(cases(&format!("compat/{format}")).iter().filter_map(|case| pair(case))).collect();
    }
    let recorded: Option<fn() -> Vec<Vec<u8>>> = match target {
        "schemas_topic" => Some(recorded_topics),
        "router" => Some(recorded_requests),
        "wire_frame" => Some(frames),
        _ => None,
    };
    if let Some(recorded) = recorded {
        let kept = paths.iter().filter_map(|path| std::fs::read(path).ok());
        return kept.chain(recorded()).collect();
    }
    let extensions: &[&str] = match target {
        "avro_parse" | "avro_datum" => &["avsc"],
        "proto_parse" => &["proto"],
        "jsonschema_parse" => &["json"],
        _ => &["yaml", "yml"],
    };
    for dir in [root().join("specs"), folder("parse"), folder("compat").join("avro"), folder("compat").join("protobuf")] {
        below(&dir, extensions, &mut paths);
    }
    let mut inputs: Vec<Vec<u8>> = paths.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    if target == "avro_datum" {
        // A schema becomes one line, with a message behind it; kept findings have both.
        for input in inputs.iter_mut().filter(|input| input.ends_with(b"}\n") || input.ends_with(b"]\n")) {
            let line: Vec<u8> = input.iter().map(|b| if *b == b'\n' { b' ' } else { *b }).collect();
            *input = [line, b"\n\x02\x04ab\x00\x02\x06".to_vec()].concat();
        }
    }
    inputs
}

/// The same stream of numbers for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("below the limit")
    }
}

fn mutated(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        let from = dice.below(bytes.len() + 1);
        let to = (from + dice.below(32)).min(bytes.len());
        match dice.below(5) {
            0 => drop(bytes.drain(from..to)),
            1 => drop(bytes.splice(from..from, bytes[from..to].to_vec())),
            2 => {
                let start = dice.below(other.len() + 1);
                let part = other[start..(start + dice.below(64)).min(other.len())].to_vec();
                drop(bytes.splice(from..to, part));
            }
            3 => {
                let byte = u8::try_from(dice.below(256)).expect("a byte");
                drop(bytes.splice(from..from, [byte]));
            }
            _ => {
                let signs = b"{}[]:,-\"'#&*!|\t\n\\0/$@";
                drop(bytes.splice(from..from, [signs[dice.below(signs.len())]]));
            }
        }
    }
    bytes
}

#[test]
fn every_target_keeps_its_promises() {
    let per_target = std::env::var("FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    for (name, body) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has nothing to start from");
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let fresh = (0..per_target).map(|_| {
            let (a, b) = (dice.below(seeds.len()), dice.below(seeds.len()));
            mutated(&seeds[a], &seeds[b], &mut dice)
        });
        for input in seeds.clone().into_iter().chain(fresh) {
            let start = Instant::now();
            if std::panic::catch_unwind(|| body(&input)).is_err() {
                let path = std::env::temp_dir().join(format!("eventpact-fuzz-{name}"));
                std::fs::write(&path, &input).expect("the temporary folder can be written");
                panic!("{name} breaks a promise: the input is in {}; keep it in tests/fuzz/{name}/", path.display());
            }
            assert!(start.elapsed() < SOON, "{name}: an input took {:?}", start.elapsed());
        }
        println!("{name}: {} seeds, {per_target} mutations", seeds.len());
    }
}

/// What every target starts from, as files that `cargo fuzz` takes.
#[test]
#[ignore = "writes to fuzz/corpus, for the fuzzer"]
fn seeds_for_the_fuzzer() {
    for (name, _) in TARGETS {
        let dir = root().join("fuzz/corpus").join(name);
        std::fs::create_dir_all(&dir).expect("fuzz/corpus can be written");
        for (index, seed) in seeds(name).iter().enumerate() {
            std::fs::write(dir.join(format!("seed-{index}")), seed).expect("fuzz/corpus can be written");
        }
    }
}
