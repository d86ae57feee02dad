//! `tests/parse/avro/<case>/schema.avsc`: what is found in an Avro schema, and its text when it is valid.

use std::fmt::Write as _;

use eventpact_contract::diagnostic::{Options, has_errors, sort, text};
use eventpact_contract::formats::avro;
use eventpact_contract::source::{Reader, Sources};
use eventpact_contract::yaml;
use eventpact_tests::{cases, expect_text};

#[test]
fn avro_schemas() {
    for case in cases("parse/avro") {
        let mut sources = Sources::new();
        let content = std::fs::read_to_string(case.join("schema.avsc")).expect("a case has its schema");
        let file = sources.add("schema.avsc", content);
        let (node, mut found) = yaml::parse(&sources, file);
        let (schema, more) = avro::parse(&node.expect("a case is JSON"), &mut |_| None, true);
        found.extend(more);
        sort(&mut found, &sources);
        assert_eq!(schema.is_some(), !has_errors(&found), "{}", case.display());
        // The short way, without a tree of the text, says the same or nothing.
        if let Some(clean) = avro::parse_clean(&sources, file) {
            assert_eq!((format!("{:?}", Some(clean)), found.len()), (format!("{schema:?}"), 0), "{}", case.display());
        }
        let verdict = if schema.is_some() { "valid" } else { "invalid" };
        let mut actual = text::render(&found, &sources, &Options { verdict, color: false, explained: |_| false });
        if let Some(schema) = schema {
            let (text, form) = (avro::canonical_text(&schema), avro::parsing_canonical_form(&schema));
            writeln!(actual, "\n{text}\n{form}").expect("a string can be written to");
        }
        expect_text(&case.join("expected.txt"), &actual);
    }
}

/// `tests/parse/avro-protocol/<case>/main.avdl` or `main.avpr`, with the files that it imports: what is found, and every type and
/// message when it is valid.
#[test]
fn avro_protocols() {
    for case in cases("parse/avro-protocol") {
        let mut sources = Sources::new();
        let name = if case.join("main.avdl").is_file() { "main.avdl" } else { "main.avpr" };
        let content = std::fs::read_to_string(case.join(name)).expect("a case has its file");
        let file = sources.add(name, content);
        let (protocol, mut found) = if name == "main.avdl" {
            avro::parse_idl(&mut sources, &Folder(case.clone()), file, name, true)
        } else {
            let (node, mut found) = yaml::parse(&sources, file);
            let (protocol, more) = avro::parse_protocol(&node.expect("a case is JSON"), true);
            found.extend(more);
            (protocol, found)
        };
        sort(&mut found, &sources);
        assert_eq!(protocol.is_some(), !has_errors(&found), "{}", case.display());
        let verdict = if protocol.is_some() { "valid" } else { "invalid" };
        let mut actual = text::render(&found, &sources, &Options { verdict, color: false, explained: |_| false });
        if let Some(protocol) = protocol {
            let roots: Vec<String> = protocol.roots().iter().map(|id| protocol.get(*id).branch_name()).collect();
            writeln!(actual, "\nroots: {}", roots.join(", ")).expect("a string can be written to");
            for id in &protocol.types {
                let schema = protocol.schema_of(*id).0.expect("a type is a schema");
                writeln!(actual, "{}", avro::canonical_text(&schema)).expect("a string can be written to");
            }
            for message in &protocol.messages {
                let names = message.errors.iter().map(|id| protocol.get(*id).branch_name());
                let errors = names.collect::<Vec<_>>().join(", ");
                let one_way = if message.one_way { ", one way" } else { "" };
                let response = protocol.get(message.response).branch_name();
                writeln!(actual, "message {}: {response} [{errors}]{one_way}", message.name).expect("a string can be written to");
            }
        }
        expect_text(&case.join("expected.txt"), &actual);
    }
}

/// Files of a folder, and none outside of it.
struct Folder(std::path::PathBuf);

impl Reader for Folder {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|_| "no such file".to_owned())
    }
}

/// A name that the text does not define is asked for once; its document may define more, and ask for others itself.
#[test]
fn types_come_from_other_documents() {
    let texts = [
        (
            "shop.Order",
            r#"{"type":"record","name":"shop.Order","fields":[{"name":"to","type":"Address"},{"name":"by","type":"Address"},{"name":"zip","type":"geo.Zip"}]}"#,
        ),
        ("shop.Address", r#"{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"zip","type":"geo.Zip"}]}"#),
        ("geo.Zip", r#"{"type":"fixed","name":"Zip","namespace":"geo","size":5}"#),
    ];
    let mut sources = Sources::new();
    let mut asked = Vec::new();
    let mut nodes = std::collections::BTreeMap::new();
    for (name, text) in texts {
        let file = sources.add(format!("{name}.avsc"), text);
        nodes.insert(name.to_owned(), yaml::parse(&sources, file).0.expect("JSON"));
    }
    let resolve = &mut |name: &str| {
        asked.push(name.to_owned());
        nodes.get(name).cloned()
    };
    let (schema, found) = avro::parse(&nodes["shop.Order"], resolve, true);
    let schema = schema.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(asked, ["shop.Address", "geo.Zip"]);
    assert_eq!(
        avro::canonical_text(&schema),
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"to","type":"Address"},{"name":"by","type":"Address"},{"name":"zip","type":"geo.Zip"}]}"#
    );
    assert_eq!(
        avro::resolved_text(&schema),
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"to","type":{"type":"record","name":"Address","fields":[{"name":"zip","type":{"type":"fixed","name":"Zip","namespace":"geo","size":5}}]}},{"name":"by","type":"Address"},{"name":"zip","type":"geo.Zip"}]}"#
    );
}
