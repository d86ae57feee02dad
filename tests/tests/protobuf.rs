//! The Protobuf parser against protox, a second implementation: `tests/parse/protobuf` must give equal descriptors,
//! `tests/parse/protobuf-errors` must be refused by both, with the findings of `expected.txt`.

use std::path::Path;

use eventpact_contract::diagnostic::{self, Diagnostic, Options, text};
use eventpact_contract::formats::protobuf::{self, Schema};
use eventpact_contract::source::Sources;
use eventpact_tests::{cases, expect_text};
use prost_types::FileDescriptorProto;

/// What protox accepts and we do not: our own limit (`too-deep`), and mistakes that protoc reports and protox does not look for.
const ONLY_OURS: [&str; 11] = [
    "too-deep",
    "packed-string",
    "proto3-extensions",
    "range-backwards",
    "reserved-name",
    "reserved-overlap",
    "enum-alias-unused",
    "enum-closed-in-proto3",
    "extension-declarations",
    "features-in-proto3",
    "message-set",
];
/// What protoc accepts and protox does not: public imports of public imports, names that are equal in JSON only when letter case
/// is ignored (protoc before 22), `-inf` in an option, and editions.
const ONLY_THEIRS: [&str; 5] =
    ["imports-public-chain", "optional-name-taken", "custom-options-deep", "edition-2023-all", "edition-2024-all"];

fn parse(case: &Path) -> (Sources, Option<Schema>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let read = |path: &str| std::fs::read_to_string(case.join(path));
    let file = sources.add("main.proto", read("main.proto").expect("each case has a main.proto"));
    let mut import = |path: &str| read(path).map(|t| (path.to_owned(), t)).map_err(|_| "no such file".to_owned());
    let (schema, mut found) = protobuf::parse_files(&mut sources, file, "main.proto", &mut import);
    diagnostic::sort(&mut found, &sources);
    (sources, schema, found)
}

/// The user's files of a set, by name, without places and comments.
fn own_files(files: Vec<FileDescriptorProto>) -> Vec<FileDescriptorProto> {
    let mut own: Vec<_> = files.into_iter().filter(|f| !f.name().starts_with("google/protobuf/")).collect();
    for file in &mut own {
        file.source_code_info = None;
    }
    own.sort_by(|a, b| a.name().cmp(b.name()));
    own
}

#[test]
fn descriptors_are_those_of_protox() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for case in cases("parse/protobuf") {
        let name = case.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let (_, schema, found) = parse(&case);
        assert_eq!(found, [], "{name}");
        let ours = own_files(protobuf::to_file_descriptor_set(&schema.expect("a schema")).file);
        let theirs = match protox::compile(["main.proto"], [&case]) {
            Ok(set) => own_files(set.file),
            Err(_) if ONLY_THEIRS.contains(&name) => continue,
            Err(why) => {
                wrong.push(format!("{name}: protox refuses it: {why:?}"));
                continue;
            }
        };
        compared += ours.len();
        if ours != theirs {
            let (ours, theirs) = (format!("{ours:#?}\n"), format!("{theirs:#?}\n"));
            let diff = similar::TextDiff::from_lines(&theirs, &ours);
            wrong.push(format!("{name}\n{}", diff.unified_diff().context_radius(6).header("protox", "ours")));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 50, "only {compared} files were compared");
}

#[test]
fn every_element_of_a_descriptor_has_a_location() {
    for case in cases("parse/protobuf") {
        let set = protobuf::to_file_descriptor_set(&parse(&case).1.expect("a schema"));
        for file in set.file {
            let locations = file.source_code_info.expect("locations").location;
            let paths: Vec<&[i32]> = locations.iter().map(|l| l.path.as_slice()).collect();
            for (m, message) in file.message_type.iter().enumerate() {
                let m = i32::try_from(m).unwrap();
                assert!(paths.contains(&[4, m].as_slice()));
                for f in 0..i32::try_from(message.field.len()).unwrap() {
                    assert!(paths.contains(&[4, m, 2, f].as_slice()), "{} {}", case.display(), message.name());
                }
            }
        }
    }
}

#[test]
fn comments_become_documentation() {
    let case = eventpact_tests::folder("parse/protobuf/comments");
    let (_, schema, _) = parse(&case);
    let schema = schema.expect("a schema");
    let message = schema.message("A").expect("the message A");
    assert_eq!(message.element.doc.as_deref(), Some("About A.\nTwo lines."));
    let docs: Vec<Option<&str>> = message.fields.iter().map(|f| f.element.doc.as_deref()).collect();
    assert_eq!(docs, [Some("Leading."), Some("only trailing"), Some("Block.\nWith stars."), Some("doc")]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut accepted = Vec::new();
    for case in cases("parse/protobuf-errors") {
        let (sources, _, found) = parse(&case);
        let name = case.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        assert!(diagnostic::has_errors(&found), "{name} is accepted");
        let options = Options { verdict: "invalid", color: false, explained: |_| false };
        expect_text(&case.join("expected.txt"), &text::render(&found, &sources, &options));
        if protox::compile(["main.proto"], [&case]).is_ok() && !ONLY_OURS.contains(&name) {
            accepted.push(name.to_owned());
        }
    }
    assert!(accepted.is_empty(), "protox accepts {accepted:?}");
}

#[test]
fn the_payload_is_the_message_that_no_other_refers_to() {
    let root = |text: &str, name: Option<&str>| {
        let mut sources = Sources::new();
        let file = sources.add("a.proto", text);
        let (schema, found) = protobuf::parse(&mut sources, file, "a.proto", &mut |_| Err("none".to_owned()), name);
        schema.map(|s| s.root).ok_or_else(|| found.into_iter().map(|d| d.message).collect::<Vec<_>>().join("; "))
    };
    let text = "syntax = \"proto3\"; package p; message A { B b = 1; } message B {}";
    assert_eq!(root(text, None), Ok("p.A".to_owned()));
    assert_eq!(root(text, Some("B")), Ok("p.B".to_owned()));
    assert_eq!(root(text, Some(".p.B")), Ok("p.B".to_owned()));
    assert_eq!(root(text, Some("C")), Err("there is no message 'C'; the file defines p.A, p.B".to_owned()));
    let two = root("message A {} message B {}", None).unwrap_err();
    assert_eq!(two, "more than one message could be the payload; the file defines A, B");
    assert_eq!(root("message A { optional A a = 1; }", None), Ok("A".to_owned()));
}

#[test]
fn every_prefix_of_a_text_is_read_without_panic() {
    for case in cases("parse/protobuf") {
        let text = std::fs::read_to_string(case.join("main.proto")).expect("each case has a main.proto");
        for end in (0..text.len()).filter(|n| text.is_char_boundary(*n)).step_by(7) {
            let mut sources = Sources::new();
            let file = sources.add("main.proto", &text[..end]);
            let _ = protobuf::parse(&mut sources, file, "main.proto", &mut |_| Err("none".to_owned()), None);
        }
    }
}

#[test]
fn the_stored_text_is_the_one_of_a_confluent_registry() {
    let rows =
        std::fs::read_to_string(eventpact_tests::folder("parse/protobuf-registry-texts.jsonl")).expect("the file is there");
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let mut sources = Sources::new();
        let file = sources.add("a.proto", row["schema"].as_str().expect("a text"));
        let (schema, found) =
            protobuf::parse_files(&mut sources, file, "a.proto", &mut |path| Ok((path.to_owned(), String::new())));
        let Some(schema) = schema else {
            wrong.push(format!("{}: {found:?}", row["schema"]));
            continue;
        };
        let (ours, theirs) = (protobuf::canonical_text(&schema), row["stored"].as_str().expect("a text"));
        count += 1;
        if ours != theirs {
            wrong.push(format!("{theirs}\n--- ours\n{ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n======\n"));
    assert!(count > 100, "only {count} texts");
}
