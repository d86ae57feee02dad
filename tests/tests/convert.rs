//! `eventpact convert`: texts of `tests/convert/*` against what is expected; every recorded document in 3.1 says the same.
//!
//! A case holds `asyncapi.yaml` or `asyncapi.json`, perhaps other files, `options` (words: `client`, `3.0`) and what is expected:
//! `expected.yaml` or `expected.json`, and the notes in `notes.txt`.

use std::collections::BTreeMap;

use eventpact_contract::asyncapi::PointOfView;
use eventpact_contract::convert::{Converted, Target, convert};
use eventpact_contract::diagnostic::{Diagnostic, Severity, has_errors, sort};
use eventpact_contract::load::{Options, load_contract, load_contract_with};
use eventpact_contract::model::Contract;
use eventpact_contract::rule::demote_beyond;
use eventpact_contract::source::{Memory, Reader, Sources};
use eventpact_tests::{Folder, cases, contract_text, expect_text, shared_data};

fn lines(found: &[Diagnostic], sources: &Sources) -> String {
    let mut found = found.to_vec();
    sort(&mut found, sources);
    let line = |d: &Diagnostic| format!("{} {}: {}", sources.line_column(d.primary.span), d.id, d.message);
    let lines: Vec<String> = found.iter().map(line).collect();
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" }
}

#[test]
fn every_case_is_converted_as_expected() {
    for case in cases("convert") {
        let name = if case.join("asyncapi.json").is_file() { "asyncapi.json" } else { "asyncapi.yaml" };
        let words = std::fs::read_to_string(case.join("options")).unwrap_or_default();
        let target = if words.contains("3.0") { Target::V3_0 } else { Target::V3_1 };
        let point_of_view = if words.contains("client") { PointOfView::Client } else { PointOfView::Application };
        let mut sources = Sources::new();
        let reader = Folder(case.clone());
        match convert(&mut sources, &reader, name, name, target, Options { point_of_view, ..Options::default() }) {
            Ok(Converted { text, notes, .. }) => {
                expect_text(&case.join(name.replace("asyncapi", "expected")), &text);
                expect_text(&case.join("notes.txt"), &lines(&notes, &sources));
            }
            Err(found) => expect_text(&case.join("notes.txt"), &format!("not converted\n{}", lines(&found, &sources))),
        }
    }
}

#[test]
fn a_document_may_go_to_another_folder() {
    let mut sources = Sources::new();
    let reader = Folder(eventpact_tests::folder("convert/files"));
    let converted = convert(&mut sources, &reader, "asyncapi.yaml", "other/new.yaml", Target::V3_1, Options::default());
    let text = converted.expect("a converted document").text;
    for wanted in ["{$ref: './messages.yaml#/same'}", "schema: {$ref: 'schemas.yaml#/A'}", "$ref: '#/channels/same'"] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let mut files = BTreeMap::new();
    for path in ["other/messages.yaml", "other/schemas.yaml"] {
        files.insert(path.to_owned(), reader.read(path).expect("a file"));
    }
    files.insert("other/new.yaml".to_owned(), text);
    let (_, found) = load_contract(&mut sources, &Memory(files), "other/new.yaml");
    assert!(!has_errors(&found), "{}", lines(&found, &sources));
}

/// What differs by the version alone is taken out.
fn comparable(contract: &Contract) -> String {
    let mut text = contract_text(contract);
    for version in ["2.0.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "3.0.0", "3.1.0"] {
        text = text.replace(&format!("application/vnd.aai.asyncapi;version={version}\""), "asyncapi\"");
        text = text.replace(&format!("asyncapi: \"{version}\""), "");
    }
    text
}

struct Overlay<'a>(&'a Memory, &'a str, &'a str);

impl Reader for Overlay<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == self.1 { Ok(self.2.to_owned()) } else { self.0.read(path) }
    }
}

#[test]
fn every_valid_document_says_the_same_in_3_1() {
    let Some(path) = shared_data("asyncapi.jsonl") else { return };
    let out = std::env::var_os("CONVERTED_TO").map(std::path::PathBuf::from);
    let (mut documents, mut comments, mut problems) = (0, 0, Vec::new());
    for (n, line) in std::fs::read_to_string(path).expect("the file is readable").lines().enumerate() {
        let row: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let doc = row["doc"].as_str().expect("a document");
        let name = row["path"].as_str().unwrap_or("a.yaml");
        let others = row["files"].as_object().into_iter().flatten();
        let mut files: BTreeMap<String, String> =
            others.map(|(name, text)| (name.clone(), text.as_str().unwrap_or("").to_owned())).collect();
        files.insert(name.to_owned(), doc.to_owned());
        let (files, mut sources) = (Memory(files), Sources::new());
        let (before, mut found) = load_contract_with(&mut sources, &files, name, Options::default());
        demote_beyond(&mut found);
        let Some(before) = before.filter(|_| row["valid"] == true && !has_errors(&found)) else { continue };
        let converted = match convert(&mut sources, &files, name, name, Target::V3_1, Options::default()) {
            Ok(converted) => converted,
            Err(found) => panic!("{}: {}", row["id"], lines(&found, &sources)),
        };
        let overlay = Overlay(&files, name, &converted.text);
        let (after, mut found) = load_contract(&mut sources, &overlay, name);
        demote_beyond(&mut found);
        let errors: Vec<Diagnostic> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
        if !errors.is_empty() {
            problems.push(format!("{}: {}", row["id"], lines(&errors, &sources)));
        }
        let after = after.unwrap_or_else(|| panic!("{}: no contract", row["id"]));
        // Fields of old bindings are kept as extensions.
        let renamed = converted.notes.iter().any(|note| note.message.contains("no binding"));
        let (before, after) = if renamed { Default::default() } else { (comparable(&before), comparable(&after)) };
        if before != after {
            let diff = similar::TextDiff::from_lines(&before, &after).unified_diff().context_radius(2).to_string();
            problems.push(format!("{}: another contract\n{diff}", row["id"]));
        }
        if row["format"] != "json" {
            let count = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("# ")).count();
            assert_eq!(count(doc), count(&converted.text), "{}: comments\n{}", row["id"], converted.text);
            comments += count(doc);
        }
        if let Some(out) = out.as_ref().filter(|_| row.get("files").is_none()) {
            std::fs::write(out.join(format!("{n}.yaml")), &converted.text).expect("the document can be written");
        }
        documents += 1;
    }
    println!("{documents} documents, {comments} comments on lines of their own");
    assert!(problems.is_empty(), "{} of {documents}:\n{}", problems.len(), problems.join("\n"));
    assert!(documents >= 110);
}
