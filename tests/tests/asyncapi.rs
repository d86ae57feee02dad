//! The 404 AsyncAPI documents with the official parser's verdict: each one is read without panic, and malformed ones get an
//! error with a place.

use std::collections::BTreeMap;

use eventpact_contract::diagnostic::{Diagnostic, Severity, has_errors};
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
        if !is_v3(row) {
            assert!(has_errors(&found), "{} is 2.x or older: not supported, and nobody says so", row.id);
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
        let (sources, found) = read(row);
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
    assert!(agree * 100 >= all * 90, "{agree} of {all}");
}
