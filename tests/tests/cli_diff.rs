//! `eventpact diff` beyond single documents: folders, exit codes, sizes, hostile text.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use eventpact_tests::program;
use serde_json::Value;
use tempfile::TempDir;

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(".git")).expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program("eventpact"));
    command.args(["diff", "new", "--against", "old"]).args(args).current_dir(folder).stdin(Stdio::null());
    command.output().expect("eventpact can be started")
}

fn report(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn record(field: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{field}]}}"#)
}

const A: &str = r#"{"name": "a", "type": "int"}"#;
const B: &str = r#"{"name": "b", "type": "int"}"#;

#[test]
fn documents_come_and_go() {
    let (one, two) = (record(A), record(&format!("{A}, {B}")));
    let asyncapi = "asyncapi: 3.0.0\ninfo: {title: T, version: '1'}\n";
    let folder = project(&[
        ("old/same.avsc", &one),
        ("new/same.avsc", &one),
        ("old/grows.avsc", &one),
        ("new/grows.avsc", &two),
        ("new/first.avsc", &one),
        ("old/gone.yaml", asyncapi),
        ("old/turned.json", r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}"#),
        ("new/turned.json", r#"{"$schema": "http://json-schema.org/draft-07/schema#", "title": "T", "type": "object"}"#),
    ]);
    let found = report(folder.path(), &[]);
    let rows: Vec<(&str, &str, &str)> = found["documents"]
        .as_array()
        .expect("documents")
        .iter()
        .map(|d| (d["document"].as_str().unwrap_or(""), d["state"].as_str().unwrap_or(""), d["version"].as_str().unwrap_or("")))
        .collect();
    let want = [
        ("first.avsc", "added", "minor"),
        ("gone.yaml", "removed", "major"),
        ("grows.avsc", "changed", "major"),
        ("same.avsc", "unchanged", "none"),
        ("turned.json", "changed", "patch"),
    ];
    assert_eq!(rows, want);
    assert_eq!(found["version"], "major");
    let text = String::from_utf8_lossy(&run(folder.path(), &[]).stdout).into_owned();
    assert!(text.contains("gone.yaml  major: removed\n") && text.contains("first.avsc  minor: added\n"), "{text}");
    assert!(text.contains("turned.json  patch: 1 for people only\n") && text.ends_with("version: major\n"), "{text}");
}

#[test]
fn exit_codes_follow_what_is_asked_for() {
    let (one, two, doc) = (record(A), record(&format!("{A}, {B}")), record(r#"{"name": "a", "type": "int", "doc": "D"}"#));
    let code = |old: &str, new: &str, args: &[&str]| {
        let folder = project(&[("old/r.avsc", old), ("new/r.avsc", new)]);
        run(folder.path(), args).status.code()
    };
    for (fail_on, breaking, compatible, words, same) in
        [("none", 0, 0, 0, 0), ("breaking", 1, 0, 0, 0), ("warning", 1, 0, 0, 0), ("any", 1, 1, 1, 0)]
    {
        let args = ["--fail-on", fail_on];
        assert_eq!(code(&one, &two, &args), Some(breaking), "{fail_on}");
        assert_eq!(code(&two, &one, &args), Some(compatible), "{fail_on}");
        assert_eq!(code(&one, &doc, &args), Some(words), "{fail_on}");
        assert_eq!(code(&one, &one, &args), Some(same), "{fail_on}");
    }
    assert_eq!(code(&one, &two, &["--fail-on", "breaking", "--mode", "forward"]), Some(0), "the old version skips the field");
    assert_eq!(code(&two, &one, &["--fail-on", "breaking", "--mode", "full"]), Some(1), "the old version misses the field");
    assert_eq!(code(&one, "{", &[]), Some(2));
    assert_eq!(code(&one, &two, &["--fail-on", "sometimes"]), Some(2));
}

#[test]
fn what_check_finds_is_in_the_difference() {
    for (old, new) in [("specs/shop", "specs/shop-next"), ("specs/shop-next", "specs/shop")] {
        let read = |args: &[&str]| -> Value {
            let output = Command::new(program("eventpact")).args(args).current_dir(eventpact_tests::root()).output().expect("it");
            serde_json::from_slice(&output.stdout).expect("JSON")
        };
        let checked = read(&["check", new, "--against", old, "--format", "json"]);
        let compared = read(&["diff", new, "--against", old, "--format", "json"]);
        let changes = compared["documents"][0]["changes"].as_array().expect("changes").clone();
        let effects: Vec<&Value> = changes.iter().flat_map(|change| change["effects"].as_array().expect("effects")).collect();
        let findings = checked["findings"].as_array().expect("findings");
        assert!(findings.len() > 10);
        for found in findings {
            assert!(effects.iter().any(|effect| effect["rule"] == found["rule"]), "{} is in no change", found["rule"]);
        }
        assert_eq!(compared["version"], "major");
    }
}

#[test]
fn a_large_difference_fits_into_a_comment() {
    let mut fields = String::new();
    for n in 0..2000 {
        let _ = write!(fields, "{}{{\"name\": \"f{n}\", \"type\": \"int\"}}", if n == 0 { "" } else { ", " });
    }
    let folder = project(&[("old/r.avsc", &record("")), ("new/r.avsc", &record(&fields))]);
    let output = run(folder.path(), &["--format", "markdown"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("<!-- eventpact-diff -->\n### ❌ Eventpact: major change\n"), "{text}");
    assert!(
        text.len() < 65_536 && text.contains("**Cut here:**") && text.contains("`eventpact diff` shows them"),
        "{}",
        text.len()
    );
    assert_eq!(report(folder.path(), &[])["documents"][0]["changes"].as_array().expect("changes").len(), 2000);
}

#[test]
fn a_folder_that_went_away_is_one_line_for_people() {
    let kept = record(A);
    let names: Vec<String> = (0..400).map(|n| format!("old/{}/gone{n:03}.avsc", if n < 390 { "a" } else { "b" })).collect();
    let gone: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), kept.as_str())).collect();
    let folder = project(&[&[("old/k.avsc", kept.as_str()), ("new/k.avsc", kept.as_str())], gone.as_slice()].concat());
    let said = |format: &str| String::from_utf8(run(folder.path(), &["--format", format]).stdout).expect("UTF-8");
    let text = said("text");
    assert!(text.contains("a: gone000.avsc, gone001.avsc, gone002.avsc and 387 more documents  major: removed\n"), "{text}");
    assert_eq!(text.matches("major: removed").count(), 2, "{text}");
    assert_eq!(said("markdown").matches("major: removed").count(), 2);
    assert_eq!(report(folder.path(), &[])["documents"].as_array().map(Vec::len), Some(401));
}

#[test]
fn hostile_words_stay_words() {
    let doc = |text: &str| {
        let doc = serde_json::Value::from(text).to_string();
        format!(r#"{{"type": "record", "name": "R", "doc": {doc}, "fields": [{{"name": "a", "type": "int", "default": 1}}]}}"#)
    };
    let evil = "a\u{1b}[31m\n::error::x | <script> @all [x](y) `z` \u{202e}";
    let folder = project(&[("old/r.avsc", &doc("")), ("new/r.avsc", &doc(evil))]);
    for format in ["text", "markdown"] {
        let output = run(folder.path(), &["--format", format]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.lines().any(|line| line.starts_with("::")), "{text}");
        assert!(format == "text" || !text.contains("<script>") && !text.contains("[x](y)"), "{text}");
    }
}

#[test]
fn recursion_and_shared_parts_end() {
    // A schema that refers to itself, and one whose parts refer to each other twice: 2^n ways, n parts.
    let mut parts = String::new();
    for n in 0..60 {
        let next = format!(r##"{{"$ref": "#/$defs/p{}"}}"##, (n + 1) % 60);
        let _ = write!(parts, "{}\"p{n}\": {{\"properties\": {{\"l\": {next}, \"r\": {next}}}}}", if n == 0 { "" } else { ", " });
    }
    let schema = |more: &str| {
        format!(
            r##"{{"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/p0", "title": "{more}", "$defs": {{{parts}}}}}"##
        )
    };
    let folder = project(&[("old/s.json", &schema("one")), ("new/s.json", &schema("two"))]);
    let found = report(folder.path(), &[]);
    let changes = found["documents"][0]["changes"].as_array().expect("changes").clone();
    assert_eq!(changes.iter().filter(|change| change["metadata"] == true).count(), 1, "{found:#}");
}
