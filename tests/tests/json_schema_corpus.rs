//! The JSON Schema rows of the recorded corpus: messages that break, found by random search with a second validator, and the
//! verdicts of Confluent's schema registry.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;

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
    assert!(missed.len() <= 3, "more breaks than before were not found");
    println!("unknown without a known break: {}", undecided.join(" "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn confluent_profile_gives_the_verdicts_of_confluent() {
    let Some(rows) = rows() else { return };
    let (mut verdicts, mut sets, mut older) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (id, reader, writer, expected) in &rows {
        let (r, w) = (parse(reader), parse(writer));
        let report = compare(Pair::new(&r, &w), Profile::Confluent);
        let ours = report.is_compatible();
        let said: BTreeSet<String> =
            report.findings.iter().filter_map(|f| f.peer.as_ref()).map(|p| format!("{} {}", p.kind, p.location)).collect();
        let head = &expected["confluent_head"];
        let all: BTreeSet<String> =
            head["differences"].as_array().into_iter().flatten().map(|d| d.as_str().unwrap().to_owned()).collect();
        verdicts += usize::from(head["compatible"] == ours);
        older += usize::from(expected["confluent_8_2_3"]["compatible"] == ours);
        sets += usize::from(said.is_subset(&all) && head["compatible"] == ours);
        // Confluent's own code fails on three rows: there is no verdict to agree with.
        if head["compatible"].is_boolean() && head["compatible"] != ours {
            wrong.push(format!(
                "{id}: {ours} {said:?} HEAD {} {}\n  reader {reader}\n  writer {writer}",
                head["compatible"], head["differences"]
            ));
        }
    }
    println!("{} rows: {verdicts} verdicts and {sets} difference types as HEAD, {older} verdicts as 8.2.3", rows.len());
    assert!(wrong.is_empty(), "{} verdicts differ\n{}", wrong.len(), wrong.join("\n"));
}
