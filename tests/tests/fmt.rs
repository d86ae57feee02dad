//! `eventpact fmt`: the texts of `tests/fmt/*` against what is expected, and over every document at hand: the value and the
//! comments stay, and formatting twice is formatting once.

use eventpact_contract::source::{FileId, Sources};
use eventpact_contract::yaml;
use eventpact_tests::{cases, expect_text, root, shared_data};

fn format(name: &str, text: &str) -> Result<String, String> {
    let mut sources = Sources::new();
    let file: FileId = sources.add(name, text);
    yaml::format(&mut sources, file).map_err(|found| found.first().map_or_else(|| "nothing".to_owned(), |d| d.id.clone()))
}

#[test]
fn every_case_is_formatted_as_expected() {
    for case in cases("fmt") {
        for name in ["input.yaml", "input.json"] {
            let Ok(text) = std::fs::read_to_string(case.join(name)) else { continue };
            let out = format(name, &text).unwrap_or_else(|why| panic!("{}: {why}", case.display()));
            expect_text(&case.join(name.replace("input", "expected")), &out);
            assert_eq!(format(name, &out).as_ref(), Ok(&out), "{}: twice", case.display());
        }
    }
}

/// The value without places, keys in their order.
fn value(name: &str, text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    let (node, problems) = yaml::parse(&sources, file);
    node.filter(|_| problems.is_empty()).map(|node| node.to_json().to_string())
}

fn holds(name: &str, text: &str) -> bool {
    let Some(before) = value(name, text) else {
        assert!(format(name, text).is_err(), "{name}: a broken text is formatted");
        return false;
    };
    let once = match format(name, text) {
        Ok(once) => once,
        // Comments of Java in a schema: read, and left alone.
        Err(why) if why == "fmt/not-safe" && name.contains("avro/comments") => return true,
        Err(why) => panic!("{name}: {why}\n{text}"),
    };
    assert_eq!(value(name, &once).as_ref(), Some(&before), "{name}");
    assert_eq!(format(name, &once).as_ref(), Ok(&once), "{name}: twice\n{text}");
    true
}

#[test]
fn the_meaning_stays_and_twice_is_once() {
    let mut formatted = 0;
    let mut open = vec![root().join("specs"), root().join("tests")];
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
            if path.is_dir() {
                open.push(path);
            } else if [".yaml", ".yml", ".json", ".avsc"].iter().any(|ending| name.ends_with(ending)) {
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                formatted += usize::from(holds(&path.display().to_string(), &text));
            }
        }
    }
    println!("{formatted} files of our own");
    assert!(formatted > 100);
    let Some(path) = shared_data("asyncapi.jsonl") else { return };
    let (mut documents, mut all) = (0, 0);
    for line in std::fs::read_to_string(path).expect("the file is readable").lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let name = if row["format"] == "json" { "a.json" } else { "a.yaml" };
        all += 1;
        documents += usize::from(holds(name, row["doc"].as_str().expect("a document")));
    }
    println!("{documents} of {all} recorded documents");
    assert!(documents >= 380);
}
