//! The 404 AsyncAPI documents with the official parser's verdict: each one is read without panic, and malformed ones get an
//! error with a place.

use std::collections::BTreeMap;

use eventpact_contract::diagnostic::{Diagnostic, Options, Severity, has_errors, json, text};
use eventpact_contract::load::load_contract;
use eventpact_contract::source::{Memory, Sources};
use eventpact_tests::shared_data;
use serde_json::Value;

struct Row {
    id: String,
    path: String,
    files: Memory,
    valid: bool,
    codes: Vec<String>,
}

fn rows() -> Option<Vec<Row>> {
    let text = std::fs::read_to_string(shared_data("asyncapi.jsonl")?).expect("the file is readable");
    Some(text.lines().map(|line| row(&serde_json::from_str(line).expect("each line is JSON"))).collect())
}

fn row(line: &Value) -> Row {
    let text = |field: &str| line[field].as_str().map(str::to_owned);
    let json = line["format"] == "json";
    let path = text("path").unwrap_or_else(|| if json { "asyncapi.json" } else { "asyncapi.yaml" }.to_owned());
    let mut files = BTreeMap::new();
    for (name, content) in line["files"].as_object().into_iter().flatten() {
        files.insert(name.clone(), content.as_str().unwrap_or("").to_owned());
    }
    files.insert(path.clone(), text("doc").expect("each row has a document"));
    let errors = line["diagnostics"].as_array().into_iter().flatten().filter(|found| found["severity"] == "error");
    Row {
        id: format!("{} {}", text("id").unwrap_or_default(), text("mutation").unwrap_or_default()),
        path,
        files: Memory(files),
        valid: line["valid"].as_bool().expect("each row has a verdict"),
        codes: errors.filter_map(|found| found["code"].as_str().map(str::to_owned)).collect(),
    }
}

fn read(row: &Row) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let (_, found) = load_contract(&mut sources, &row.files, &row.path);
    for diagnostic in &found {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.related) {
            let text = sources.file(label.span.file).text();
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(text.get(start..end).is_some(), "{}: {} points outside of its file", row.id, diagnostic.id);
        }
    }
    (sources, found)
}

fn is_v3(row: &Row) -> bool {
    let doc = row.files.0.get(&row.path).map_or("", String::as_str);
    let version = doc.split("asyncapi").nth(1).unwrap_or("").trim_start_matches(['"', '\'', ':', ' ']);
    version.starts_with("3.")
}

#[test]
fn every_document_is_read_and_the_malformed_ones_get_a_place() {
    let Some(rows) = rows() else { return };
    assert_eq!(rows.len(), 404);
    let mut malformed = 0;
    for row in &rows {
        let (_, found) = read(row);
        let text_is_broken = row.codes.iter().any(|code| code == "parser");
        let structure_is_broken = is_v3(row) && row.codes.iter().any(|code| code.starts_with("asyncapi-document-"));
        if text_is_broken {
            malformed += 1;
            assert!(found.iter().any(|d| d.severity == Severity::Error && d.id.starts_with("yaml/")), "{}: {found:?}", row.id);
        }
        if structure_is_broken && !has_errors(&found) {
            println!("accepted though its structure is wrong: {} {:?}", row.id, row.codes);
        }
    }
    println!("{} documents read, {malformed} with a text that no YAML parser takes", rows.len());
    assert!(malformed > 0);
}

#[test]
fn verdicts_agree_with_the_official_parser() {
    let Some(rows) = rows() else { return };
    let (mut agree, mut all) = (0, 0);
    for row in rows.iter().filter(|row| is_v3(row)) {
        let (sources, mut found) = read(row);
        eventpact_contract::rule::demote_beyond(&mut found);
        all += 1;
        if has_errors(&found) == row.valid {
            let first = found.iter().find(|d| d.severity == Severity::Error);
            let first = first.map(|d| format!("{} {}: {}", sources.line_column(d.primary.span), d.id, d.message));
            println!("differs: {}: official {} {:?}, ours {:?}", row.id, row.valid, row.codes, first);
        } else {
            agree += 1;
        }
    }
    println!("{agree} of {all} verdicts on 3.x documents agree with @asyncapi/parser 3.6.3");
    assert!(agree * 100 >= all * 86, "{agree} of {all}");
}

/// A text with a few bytes cut out, repeated or replaced: the same for the same seed.
fn damaged(text: &str, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit.max(1) as u64).expect("below the limit")
    };
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=next(3) {
        let from = next(chars.len());
        let to = (from + next(24)).min(chars.len());
        let part: Vec<char> = chars.get(from..to).unwrap_or(&[]).to_vec();
        match next(4) {
            0 => drop(chars.drain(from..to)),
            1 => drop(chars.splice(from..from, part)),
            2 => {
                let at = next(chars.len());
                drop(chars.splice(at..at, part));
            }
            _ => {
                let signs =
                    ['{', '}', '[', ']', ':', '-', '"', '\'', '#', '&', '*', '!', '|', '\t', '\n', '\\', '0', '\u{1f600}'];
                drop(chars.splice(from..from, [signs[next(signs.len())]]));
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_documents_are_read_without_panic() {
    let mut shop = BTreeMap::new();
    for path in [
        "asyncapi.yaml",
        "schemas/OrderPlaced.avsc",
        "schemas/Money.avsc",
        "schemas/CustomerNotified.json",
        "schemas/payment_decided.proto",
        "schemas/shop/common/v1/money.proto",
    ] {
        let text = std::fs::read_to_string(eventpact_tests::root().join("specs/shop").join(path));
        shop.insert(path.to_owned(), text.expect("a file of the shop"));
    }
    let (mut invalid, mut all) = (0, 0);
    for seed in 0..150 {
        for (path, text) in &shop {
            let mut files = shop.clone();
            files.insert(path.clone(), damaged(text, seed));
            let row = Row {
                id: format!("{path} {seed}"),
                path: "asyncapi.yaml".to_owned(),
                files: Memory(files),
                valid: true,
                codes: Vec::new(),
            };
            let (sources, found) = read(&row);
            let options = Options { verdict: "", color: false, explained: |_| false };
            assert!(!text::render(&found, &sources, &options).is_empty() && !json::render(&found, &sources, &options).is_empty());
            all += 1;
            invalid += usize::from(has_errors(&found));
        }
    }
    for (n, row) in rows().into_iter().flatten().enumerate() {
        let doc = damaged(row.files.0.get(&row.path).map_or("", String::as_str), n as u64);
        let mut files = row.files.clone();
        files.0.insert(row.path.clone(), doc);
        read(&Row { files, ..row });
    }
    println!("{invalid} of {all} damaged documents are invalid");
    assert!(invalid * 2 > all);
}
