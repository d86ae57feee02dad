//! The JSON Schema rows of the recorded corpus: messages that break, found by random search with a second validator.

#![allow(clippy::unwrap_used)] // a test may panic

use eventpact_compat::check::{Verdict, compare};
use eventpact_compat::pair::Pair;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::json_schema;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use eventpact_tests::shared_data;
use serde_json::Value;

fn parse(value: &Value) -> Schema {
    let mut sources = Sources::new();
    let file = sources.add("a.json", value.to_string());
    let (node, problems) = yaml::parse(&sources, file);
    let node = node.unwrap_or_else(|| panic!("{value}: {problems:?}"));
    let (schema, problems) = json_schema::parse(&node, &mut |_| None);
    Schema::JsonSchema(schema.unwrap_or_else(|| panic!("{value}: {problems:?}")).into())
}

/// Each row once: (id, reader, writer, expected). In a FORWARD row the old version reads.
fn rows() -> Option<Vec<(String, Value, Value, Value)>> {
    let text = std::fs::read_to_string(shared_data("compat-own.jsonl")?).unwrap();
    let mut rows = Vec::new();
    for line in text.lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row["format"] != "json-schema" {
            continue;
        }
        let (old, new) = (row["old"][0].take(), row["new"].take());
        let (reader, writer) = if row["level"] == "BACKWARD" { (new, old) } else { (old, new) };
        rows.push((row["id"].as_str().unwrap().to_owned(), reader, writer, row["expected"].take()));
    }
    Some(rows)
}

#[test]
fn sound_profile_agrees_with_the_search_for_messages() {
    let Some(rows) = rows() else { return };
    let (mut errors, mut breaks, mut safe, mut open) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    let mut undecided = Vec::new();
    let mut missed = Vec::new();
    for (id, reader, writer, expected) in &rows {
        let (r, w) = (parse(reader), parse(writer));
        let report = compare(Pair::new(&r, &w), Profile::Sound);
        for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
            let witness = finding.witness.as_ref().unwrap_or_else(|| panic!("{id}: {} has no witness", finding.rule.id));
            let message: Value = serde_json::from_str(&witness.json).unwrap();
            let judge = |schema: &Value| {
                let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7).should_validate_formats(false);
                options.build(schema).unwrap().is_valid(&message)
            };
            assert!(judge(writer) && !judge(reader), "{id}: {message} proves nothing");
            errors += 1;
        }
        let found = expected["witness_search"]["found"] == true;
        breaks += usize::from(found);
        match Verdict::of([&report]) {
            Verdict::Incompatible => {}
            Verdict::Compatible if found => wrong.push(format!("{id}: called compatible; {}", expected["witness_search"])),
            Verdict::Compatible => safe += 1,
            Verdict::Unknown => {
                open += 1;
                if found {
                    missed.push(format!("{id} {}\n  reader {reader}\n  writer {writer}", expected["witness_search"]["witness"]));
                } else {
                    undecided.push(id.clone());
                }
            }
        }
    }
    println!("{} rows: {errors} errors proved, {safe} compatible, {open} unknown; the search broke {breaks}", rows.len());
    println!("missed {}:\n{}", missed.len(), missed.join("\n"));
    assert!(missed.len() <= 1, "more breaks than before were not found");
    println!("unknown without a known break: {}", undecided.join(" "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
