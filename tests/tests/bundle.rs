//! `eventpact bundle`: the documents of `tests/bundle/*` and the shop against what is expected; a bundle says what its document
//! says, and stands alone.

use std::path::PathBuf;

use eventpact_contract::bundle::bundle;
use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::load::{Options, load_contract};
use eventpact_contract::model::Contract;
use eventpact_contract::source::{Memory, Reader, Sources};
use eventpact_tests::{Folder, cases, contract_text, expect_text, folder, root, shared_data};

struct Overlay<'a>(&'a dyn Reader, &'a str);

impl Reader for Overlay<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == "asyncapi.yaml" { Ok(self.1.to_owned()) } else { self.0.read(path) }
    }
}

/// A reference in a binding is kept as it is written.
fn comparable(contract: &Contract) -> String {
    contract_text(contract).replace("schemas.yaml#/Uuid", "#/components/schemas/Id")
}

/// The bundle, the notes, and how the contract differs from that of the document.
fn bundled(reader: &dyn Reader) -> (String, Vec<Diagnostic>, String) {
    let mut sources = Sources::new();
    let (before, found) = load_contract(&mut sources, reader, "asyncapi.yaml");
    assert!(!has_errors(&found), "{found:?}");
    let bundled = match bundle(&mut sources, reader, "asyncapi.yaml", Options::default()) {
        Ok(bundled) => bundled,
        Err(found) => panic!("{found:?}"),
    };
    let alone = Memory([("asyncapi.yaml".to_owned(), bundled.text.clone())].into());
    let overlay = Overlay(reader, &bundled.text);
    let reader: &dyn Reader = if bundled.notes.is_empty() { &alone } else { &overlay };
    let (after, found) = load_contract(&mut sources, reader, "asyncapi.yaml");
    assert!(!has_errors(&found), "{found:?}\n{}", bundled.text);
    let (before, after) = (comparable(&before.expect("a contract")), comparable(&after.expect("a contract")));
    let diff = similar::TextDiff::from_lines(&before, &after);
    (bundled.text, bundled.notes, diff.unified_diff().context_radius(3).to_string())
}

#[test]
fn every_case_is_bundled_as_expected() {
    let all: Vec<PathBuf> = cases("bundle").into_iter().filter(|case| case.join("asyncapi.yaml").is_file()).collect();
    assert!(all.len() >= 3);
    for case in all {
        let (text, notes, difference) = bundled(&Folder(case.clone()));
        assert!(notes.is_empty(), "{}: {notes:?}", case.display());
        assert_eq!(difference, "", "{}", case.display());
        expect_text(&case.join("expected.yaml"), &text);
        assert_eq!(bundled(&Folder(case.clone())).0, text, "{}: twice", case.display());
    }
}

#[test]
fn the_bundled_shop_is_the_same_contract() {
    let (text, notes, difference) = bundled(&Folder(root().join("specs/shop")));
    assert_eq!(difference, "");
    assert!(notes.is_empty(), "{notes:?}");
    expect_text(&folder("bundle/shop/expected.yaml"), &text);
}

#[test]
fn recorded_documents_of_several_files() {
    let Some(path) = shared_data("asyncapi.jsonl") else { return };
    let mut documents = 0;
    for line in std::fs::read_to_string(path).expect("the file is readable").lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let (Some(files), Some(name)) = (row["files"].as_object(), row["path"].as_str()) else { continue };
        let mut files: std::collections::BTreeMap<String, String> =
            files.iter().map(|(name, text)| (name.clone(), text.as_str().unwrap_or("").to_owned())).collect();
        files.insert(name.to_owned(), row["doc"].as_str().expect("a document").to_owned());
        let (files, mut sources) = (Memory(files), Sources::new());
        let bundled = bundle(&mut sources, &files, name, Options::default()).unwrap_or_else(|found| panic!("{name}: {found:?}"));
        assert!(bundled.notes.is_empty(), "{name}: {:?}", bundled.notes);
        assert!(!bundled.text.contains(".yaml#"), "{name}:\n{}", bundled.text);
        let alone = Memory([(name.to_owned(), bundled.text.clone())].into());
        let (contract, found) = load_contract(&mut sources, &alone, name);
        assert!(contract.is_some() && !has_errors(&found), "{name}: {found:?}\n{}", bundled.text);
        documents += 1;
    }
    println!("{documents} documents of several files");
    assert!(documents >= 5);
}

fn files(texts: &[(&str, String)]) -> Memory {
    Memory(texts.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect())
}

const HEAD: &str = "asyncapi: 3.0.0\ninfo: {title: T, version: 1.0.0}\n";

#[test]
fn circles_between_files_end() {
    let files = files(&[
        ("a.yaml", format!("{HEAD}x-a: {{$ref: b.yaml}}\nchannels: {{c: {{x-b: {{$ref: 'b.yaml#/b'}}}}}}\n")),
        ("b.yaml", "a: {$ref: b.yaml}\nb: {c: {$ref: c.yaml}}\n".to_owned()),
        ("c.yaml", "{again: {$ref: b.yaml}, own: {$ref: c.yaml}}\n".to_owned()),
    ]);
    let bundled = bundle(&mut Sources::new(), &files, "a.yaml", Options::default());
    assert!(bundled.is_ok_and(|bundled| bundled.text.contains("again")));
}

#[test]
fn copies_that_double_are_counted() {
    let level = |n: usize| -> String {
        let lines: Vec<String> = (0..20).map(|key| format!("k{key}: {{$ref: 'l{n}.yaml'}}")).collect();
        lines.join("\n") + "\n"
    };
    let mut texts = vec![("a.yaml", format!("{HEAD}x-a: {{$ref: l0.yaml}}\n"))];
    let names = ["l0.yaml", "l1.yaml", "l2.yaml", "l3.yaml", "l4.yaml", "l5.yaml"];
    texts.extend(names.iter().enumerate().map(|(n, name)| (*name, level(n + 1))));
    texts.push(("l6.yaml", "a: 1\n".to_owned()));
    let found = bundle(&mut Sources::new(), &files(&texts), "a.yaml", Options::default());
    assert!(found.is_err_and(|found| found.iter().any(|one| one.id == "asyncapi/bundle")));
}
