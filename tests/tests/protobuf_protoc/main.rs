//! The Protobuf front end against protoc itself: the same files are accepted, and what they become is equal, with options,
//! places and comments. The files: hand-written ones, the well-known types, and many from a seed, whole and broken.
//!
//! `cargo xtask test` installs protoc (`grpcio-tools` from PyPI) and names the interpreter in `EVENTPACT_TEST_PYTHON`.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test may panic, and talks to the person who runs it

mod broken;
mod generate;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use eventpact_contract::diagnostic::has_errors;
use eventpact_contract::formats::protobuf::{self, DescriptorOptions};
use eventpact_contract::source::Sources;
use eventpact_tests::{cases, folder};
use serde_json::{Value, json};

/// How many files are made from seeds, and how many of them are broken on purpose.
const MADE: u64 = 800;
const BROKEN: u64 = 1200;

/// The well-known types, as protoc has them.
const WELL_KNOWN: [&str; 15] = [
    "any",
    "api",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
    "cpp_features",
    "java_features",
    "go_features",
    "compiler/plugin",
];

/// The interpreter with `grpcio-tools`; `None`, with a line that says so, when there is none.
fn interpreter() -> Option<PathBuf> {
    let python = std::env::var_os("EVENTPACT_TEST_PYTHON").map(PathBuf::from);
    let usable = |python: &PathBuf| {
        let probe = Command::new(python).args(["-c", "import grpc_tools.protoc"]).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    };
    let found = python.filter(usable);
    if found.is_none() {
        println!("SKIPPED: EVENTPACT_TEST_PYTHON names no Python with grpcio-tools; `cargo xtask test protobuf_protoc` does");
    }
    found
}

/// Our descriptors of a file below a folder, or why there are none.
fn ours(root: &Path, path: &str) -> Result<Vec<u8>, String> {
    let mut sources = Sources::new();
    let read = |path: &str| std::fs::read_to_string(root.join(path));
    let file = sources.add(path, read(path).unwrap());
    let mut import = |path: &str| read(path).map(|t| (path.to_owned(), t)).map_err(|e| e.to_string());
    let (schema, found) = protobuf::parse_files(&mut sources, file, path, &mut import);
    if has_errors(&found) {
        let said: Vec<String> =
            found.iter().map(|d| format!("{} {}: {}", sources.line_column(d.primary.span), d.id, d.message)).collect();
        return Err(said.join("; "));
    }
    let options = DescriptorOptions { source_info: Some(&sources), ..DescriptorOptions::default() };
    Ok(protobuf::descriptor_set(&schema.unwrap(), options))
}

/// What came of one file.
struct Compared {
    file: String,
    ours: Result<Vec<u8>, String>,
    accepts: bool,
    /// protoc fell over: it has no verdict.
    crashed: bool,
    equal: Option<bool>,
    said: String,
}

/// Compiles the files below a folder with both.
fn compare(python: &Path, root: &Path, files: &[String]) -> Vec<Compared> {
    let out = tempfile::tempdir().unwrap();
    let mut child = Command::new(python)
        .arg(folder("clients/protoc/compare.py"))
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut made = Vec::new();
    let mut lines = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let found = ours(root, file);
        let path = out.path().join(format!("{n}.pb"));
        if let Ok(bytes) = &found {
            std::fs::write(&path, bytes).unwrap();
        }
        writeln!(lines, "{}", json!({ "file": file, "ours": found.is_ok().then(|| path.to_str()) })).unwrap();
        made.push(found);
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&lines));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(answers.len(), files.len(), "the script stopped");
    let pairs = files.iter().zip(made).zip(answers);
    let compared = pairs.map(|((file, ours), answer)| Compared {
        file: file.clone(),
        ours,
        accepts: answer["accepts"] == true,
        crashed: answer["crashed"] == true,
        equal: answer["equal"].as_bool(),
        said: answer["said"].as_str().unwrap_or_default().to_owned(),
    });
    compared.collect()
}

fn write(root: &Path, path: &str, text: &str) -> String {
    let target = root.join(path);
    std::fs::create_dir_all(target.parent().unwrap()).unwrap();
    std::fs::write(target, text).unwrap();
    path.to_owned()
}

/// The files on which verdicts or descriptors differ, for people.
fn differences(all: &[Compared]) -> Vec<String> {
    let mut out = Vec::new();
    for one in all.iter().filter(|c| !c.crashed) {
        match (&one.ours, one.accepts, one.equal) {
            (Ok(_), true, Some(false)) => out.push(format!("{} differs: {}", one.file, one.said)),
            (Ok(_), false, _) => out.push(format!("{}: only protoc refuses it: {}", one.file, one.said)),
            (Err(why), true, _) => out.push(format!("{}: only we refuse it: {why}", one.file)),
            _ => {}
        }
    }
    out
}

fn summary(name: &str, all: &[Compared]) -> usize {
    let equal = all.iter().filter(|c| c.equal == Some(true)).count();
    let agree = all.iter().filter(|c| !c.crashed && c.ours.is_ok() == c.accepts).count();
    let crashed = all.iter().filter(|c| c.crashed).count();
    println!("{name}: {} files, {agree} verdicts agree, {equal} descriptors equal, protoc fell over {crashed}", all.len());
    equal
}

#[test]
fn descriptors_are_those_of_protoc() {
    let Some(python) = interpreter() else { return };
    let root = tempfile::tempdir().unwrap();
    let made: Vec<String> =
        (0..MADE).map(|seed| write(root.path(), &format!("made/{seed}.proto"), &generate::file(seed))).collect();
    let all = compare(&python, root.path(), &made);
    let equal = summary("from seeds", &all);
    let wrong = differences(&all);
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(equal >= 500, "only {equal} files are valid and equal");
}

#[test]
fn the_well_known_types_are_those_of_protoc() {
    let Some(python) = interpreter() else { return };
    let root = tempfile::tempdir().unwrap();
    // An import of a built-in file takes our text of it, and protoc's own.
    let importer = |name: &&str| {
        let path = format!("import_{}.proto", name.replace('/', "_"));
        write(root.path(), &path, &format!("syntax = \"proto3\";\nimport public \"google/protobuf/{name}.proto\";\n"))
    };
    let files: Vec<String> = WELL_KNOWN.iter().map(importer).collect();
    let all = compare(&python, root.path(), &files);
    assert_eq!(summary("well-known types", &all), WELL_KNOWN.len(), "{}", differences(&all).join("\n"));
}

#[test]
fn hand_written_files_are_read_as_protoc_reads_them() {
    let Some(python) = interpreter() else { return };
    for area in ["parse/protobuf", "parse/protobuf-errors"] {
        let mut all = Vec::new();
        for case in cases(area) {
            let mut compared = compare(&python, &case, &["main.proto".to_owned()]);
            compared[0].file = case.file_name().unwrap().to_string_lossy().into_owned();
            all.append(&mut compared);
        }
        summary(area, &all);
        let wrong = differences(&all);
        assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
    }
}

#[test]
fn what_protoc_refuses_is_refused() {
    let Some(python) = interpreter() else { return };
    let root = tempfile::tempdir().unwrap();
    let made: Vec<String> =
        (0..BROKEN).map(|seed| write(root.path(), &format!("broken/{seed}.proto"), &broken::broken(seed))).collect();
    let all = compare(&python, root.path(), &made);
    summary("broken", &all);
    let refused = all.iter().filter(|c| !c.accepts).count();
    let wrong = differences(&all);
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(refused >= 300, "only {refused} files are refused");
}

/// A schema of a single text, or what is wrong with it.
fn parse(text: &str) -> Result<protobuf::Schema, String> {
    let mut sources = Sources::new();
    let file = sources.add("a.proto", text);
    let (schema, found) = protobuf::parse_files(&mut sources, file, "a.proto", &mut |_| Err("none".to_owned()));
    let said = || found.iter().map(|d| format!("{}: {}", sources.line_column(d.primary.span), d.message)).collect::<Vec<_>>();
    schema.filter(|_| !has_errors(&found)).ok_or_else(|| said().join("; "))
}

#[test]
fn what_is_printed_reads_as_what_it_was() {
    let mut valid = 0;
    for seed in 0..MADE {
        let Ok(schema) = parse(&generate::file(seed)) else { continue };
        valid += 1;
        let options = DescriptorOptions { retain_options: true, ..DescriptorOptions::default() };
        let set = protobuf::descriptor_set(&schema, options);
        // Descriptors as text.
        let texts = protobuf::descriptor_texts(&set).unwrap();
        let (_, text) = texts.iter().find(|(path, _)| path == "a.proto").unwrap();
        let again = parse(text).unwrap_or_else(|why| panic!("seed {seed}: {why}\n{text}"));
        assert!(protobuf::descriptor_set(&again, options) == set, "seed {seed}: other descriptors\n{text}");
        // The text that a registry stores.
        let canonical = protobuf::canonical_text(&schema);
        let again = parse(&canonical).unwrap_or_else(|why| panic!("seed {seed}: {why}\n{canonical}"));
        assert_eq!(protobuf::canonical_text(&again), canonical, "seed {seed}");
        let normalized = protobuf::normalized_text(&schema);
        assert_eq!(protobuf::normalized_text(&again), normalized, "seed {seed}");
    }
    assert!(valid >= 500, "only {valid} files are valid");
}
