//! Every Avro row of `tests/compat/corpus/compat-own.jsonl` and `avro-pairs.jsonl` against the recorded verdict, findings and samples
//! of Avro Java 1.12.2. `compatible_sound` is the verdict of the profile sound where it is another one on purpose.
//!
//! A row that differs on purpose stands in `avro-waivers.txt` with its reason.

#![allow(clippy::unwrap_used)] // a test may panic

mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eventpact_compat::check::{self, Checked, Verdict};
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::{self, datum};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_tests::folder;
use serde_json::Value as Json;

fn rows() -> Vec<Json> {
    let read = |name: &str| std::fs::read_to_string(folder("compat/corpus").join(name)).unwrap();
    let text = read("compat-own.jsonl") + &read("avro-pairs.jsonl");
    let rows = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let rows: Vec<Json> = rows.filter(|row| row["format"] == "avro").collect();
    assert!(rows.len() > 1600, "only {} rows", rows.len());
    rows
}

fn waivers() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder("compat/corpus/avro-waivers.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_once(": ").expect("`id: reason`").0.to_owned()).collect()
}

/// A row with its schemas, oldest first.
struct Case {
    id: String,
    mode: Mode,
    old: Vec<Schema>,
    new: Schema,
    expected: Json,
}

/// Reads the schemas of a row; the error lists what the parser said.
fn case(row: &Json) -> Result<Case, String> {
    let mut sources = Sources::new();
    let references: BTreeMap<String, String> = row["references"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["name"].as_str().unwrap().to_owned(), r["schema"].to_string()))
        .collect();
    let mut read = |name: &str, json: &Json| {
        let (schema, problems) = schemas::avro_schema(&mut sources, name, &json.to_string(), &references, false);
        schema.map(|s| Schema::Avro(Arc::new(s))).ok_or_else(|| format!("{problems:?}"))
    };
    let old = row["old"].as_array().unwrap().iter().map(|json| read("old.avsc", json)).collect::<Result<_, _>>()?;
    let new = read("new.avsc", &row["new"])?;
    let mode = row["level"].as_str().unwrap().parse().unwrap();
    Ok(Case { id: row["id"].as_str().unwrap().to_owned(), mode, old, new, expected: row["expected"].clone() })
}

fn avro(schema: &Schema) -> &avro::Schema {
    let Schema::Avro(schema) = schema else { panic!("not Avro") };
    schema
}

impl Case {
    fn check(&self, profile: Profile) -> Vec<Checked> {
        let mut checked = check::check(&self.new, &self.old, self.mode, profile);
        // The recording goes through the versions from the oldest on, and looks backward first.
        checked.sort_by_key(|c| (c.version, c.direction == Direction::Forward));
        checked
    }

    /// Reader and writer of a checked pair.
    fn sides(&self, checked: &Checked) -> (&avro::Schema, &avro::Schema) {
        let old = avro(&self.old[checked.version]);
        match checked.direction {
            Direction::Backward => (avro(&self.new), old),
            Direction::Forward => (old, avro(&self.new)),
        }
    }
}

#[test]
fn verdicts_are_those_of_avro_java() {
    let waivers = waivers();
    let (mut agree, mut waived, mut wrong) = (0, 0, Vec::new());
    for row in rows() {
        let id = row["id"].as_str().unwrap().to_owned();
        let expected = &row["expected"];
        let problem = match case(&row) {
            Err(_) if expected["compatible"].is_null() && expected.get("checker_exception").is_none() => None,
            Err(problems) => Some(format!("not parsed: {problems}")),
            Ok(_) if expected.get("parse_error").is_some() => Some("parsed, but Avro Java refuses it".to_owned()),
            Ok(case) => [Profile::Sound, Profile::Confluent].into_iter().find_map(|profile| {
                let verdict = Verdict::of(case.check(profile).iter().map(|c| &c.report));
                // Where the checker of Avro Java throws, a registry answers "incompatible".
                let sound = expected["compatible_sound"].as_bool().filter(|_| profile == Profile::Sound);
                let compatible = sound.or(expected["compatible"].as_bool()).unwrap_or(false);
                let wanted = if compatible { Verdict::Compatible } else { Verdict::Incompatible };
                (verdict != wanted).then(|| format!("{profile:?}: {}, wanted {}", verdict.as_str(), wanted.as_str()))
            }),
        };
        match problem {
            None => agree += 1,
            Some(_) if waivers.contains(&id) => waived += 1,
            Some(problem) => wrong.push(format!("{id}: {problem}")),
        }
    }
    println!("Avro Java verdicts: {agree} agree, {waived} waived, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn findings_are_those_of_avro_java() {
    let waivers = waivers();
    let (mut agree, mut wrong) = (0, Vec::new());
    for row in rows() {
        let Ok(case) = case(&row) else { continue };
        let Some(messages) = case.expected["messages"].as_array() else { continue };
        if case.expected.get("checker_exception").is_some() || waivers.contains(&case.id) {
            continue;
        }
        let part = |m: &Json, key: &str| m[key].as_str().unwrap().to_owned();
        let theirs: Vec<[String; 4]> =
            messages.iter().map(|m| ["direction", "type", "location", "message"].map(|key| part(m, key))).collect();
        let mut ours: Vec<[String; 4]> = Vec::new();
        for checked in case.check(Profile::Confluent) {
            for peer in checked.report.findings.iter().filter_map(|f| f.peer.as_ref()) {
                let direction = checked.direction.as_str().to_owned();
                ours.push([direction, peer.kind.clone(), peer.location.clone(), peer.detail.clone()]);
            }
        }
        if ours == theirs {
            agree += 1;
        } else {
            wrong.push(format!("{}\n  theirs {theirs:?}\n  ours   {ours:?}", case.id));
        }
    }
    println!("Avro Java findings: {agree} rows agree in type, location, text and order, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_break_is_proved_by_bytes() {
    let (mut proved, mut exact, mut missing) = (0, 0, Vec::new());
    for row in rows() {
        let Ok(case) = case(&row) else { continue };
        for checked in case.check(Profile::Sound) {
            let (reader, writer) = case.sides(&checked);
            for finding in checked.report.findings.iter().filter(|f| f.severity == Severity::Error) {
                match &finding.witness {
                    None => missing.push(format!("{} {} {} {}", case.id, checked.version, finding.rule.id, finding.path)),
                    Some(witness) => {
                        schemas::prove_bytes(reader, writer, witness.hex.as_deref().unwrap(), &witness.json);
                        proved += 1;
                        exact += usize::from(says_why(finding.rule.id, &witness.reader_error));
                    }
                }
            }
        }
    }
    let all = proved + missing.len();
    println!("witnesses: {proved} of {all} breaks, {exact} refused for the very reason; without: {}", missing.join(", "));
    assert!(exact * 100 >= proved * 99, "only {exact} of {proved} witnesses are refused for the reason of their finding");
    assert!(missing.len() * 20 <= all, "{} of {all} breaks have no witness:\n{}", missing.len(), missing.join("\n"));
}

/// Whether the reader's words belong to the rule.
fn says_why(rule: &str, error: &str) -> bool {
    match rule {
        "avro/field-without-default" => error.contains("missing required field"),
        "avro/field-alias-ambiguous" => error.contains("match several fields"),
        "avro/enum-symbol-removed" => error.contains("found symbol"),
        "avro/fixed-size-changed" => error.contains("bytes, expecting fixed"),
        _ => error.contains("found ") && error.contains("expecting "),
    }
}

/// A pair without a finding must read what the writer writes: small values of the writer go through the reader. (Values that
/// the recording shows to fail in Avro Java come from defaults that do not fit, aliases used twice, and a defect of its decoder.)
#[test]
fn a_value_of_the_writer_passes_when_nothing_was_found() {
    let mut passed = 0;
    for row in rows() {
        let strict = row["expected"].get("parse_error_strict").is_some();
        let Ok(case) = case(&row) else { continue };
        for checked in case.check(Profile::Sound) {
            if !checked.report.is_compatible() || strict || case.id.contains("field-alias-two-readers") {
                continue;
            }
            let (reader, writer) = case.sides(&checked);
            for value in schemas::samples(writer, 5) {
                let bytes = datum::encode(writer, &value).unwrap();
                assert_eq!(datum::decode(writer, &bytes).as_ref(), Ok(&value), "{}", case.id);
                let json = datum::to_json(writer, &value);
                assert_eq!(datum::from_json(writer, &json).as_ref(), Ok(&value), "{}: {json}", case.id);
                if let Err(error) = datum::resolve(writer, reader, &bytes) {
                    panic!("{}: {error}\n{}", case.id, datum::to_json(writer, &value));
                }
                passed += 1;
            }
        }
    }
    println!("samples: {passed} passed");
    assert!(passed > 1000, "only {passed}");
}

/// Values that Avro Java could not read with the reader's schema: ours must refuse them too.
#[test]
fn what_avro_java_could_not_read_is_refused() {
    let (mut refused, mut explained, mut skipped, mut wrong) = (0, 0, 0, Vec::new());
    for row in rows() {
        let Ok(case) = case(&row) else { continue };
        for (checked, sample) in case.check(Profile::Sound).iter().zip(case.expected["decode_samples"].as_array().unwrap()) {
            let Some(witness) = sample["witness"].as_str().filter(|_| sample["bad"].as_i64() > Some(0)) else { continue };
            assert_eq!(sample["direction"], checked.direction.as_str(), "{}", case.id);
            let (reader, writer) = case.sides(checked);
            let json = serde_json::from_str::<Json>(witness).ok();
            let Some(value) = json.and_then(|json| datum::from_json(writer, &json).ok()) else {
                skipped += 1; // the recording cuts long ones
                continue;
            };
            let bytes = datum::encode(writer, &value).unwrap();
            let error = sample["error"].as_str().unwrap_or_default();
            match datum::resolve(writer, reader, &bytes) {
                Err(_) => refused += 1,
                // Avro Java 1.12.2 takes the reader's item size to bound an array and gives up too early; and it stops at a
                // default that does not fit, also where no default is needed.
                Ok(_) if error.contains("Collection claims") || error.contains("Invalid default") => explained += 1,
                Ok(read) => wrong.push(format!("{}: {witness}\n  {error}\n  ours reads {read:?}", case.id)),
            }
        }
    }
    println!(
        "values that Avro Java refuses: {refused} refused, {explained} taken on purpose, {skipped} cut, {} taken",
        wrong.len()
    );
    assert!(explained < 30, "{explained}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 900 && skipped * 10 < refused, "{refused} refused, {skipped} skipped");
}

/// The verdicts that other projects state in their own tests; where they differ from Avro Java's checker, a waiver says why.
/// These rows may not be copied: they are read from beside the project.
#[test]
fn verdicts_of_other_projects() {
    let Some(path) = eventpact_tests::shared_data("compat-third-party.jsonl") else { return };
    let (waivers, mut wrong) = (waivers(), Vec::new());
    // Of each project: how many agree, are waived, and differ.
    let mut sources: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        let Some(wanted) = row["expected"]["compatible"].as_bool().filter(|_| row["format"] == "avro") else { continue };
        let id = row["id"].as_str().unwrap().to_owned();
        let ours = case(&row).map(|case| {
            [Profile::Sound, Profile::Confluent]
                .map(|profile| Verdict::of(case.check(profile).iter().map(|c| &c.report)) == Verdict::Compatible)
        });
        let outcome = match ours {
            Ok(ours) if ours == [wanted; 2] => 0,
            _ if waivers.contains(&id) => 1,
            Ok(ours) => {
                wrong.push(format!("{id}: wanted {wanted}, ours {ours:?}\n  new {}\n  old {}", row["new"], row["old"]));
                2
            }
            Err(problems) => {
                wrong.push(format!("{id}: {problems}"));
                2
            }
        };
        let source = row["source"].as_str().unwrap().split(':').next().unwrap().to_owned();
        sources.entry(source).or_default()[outcome] += 1;
    }
    for (source, [agree, waived, differ]) in &sources {
        println!("{source}: {agree} agree, {waived} waived, {differ} differ");
    }
    assert!(sources.len() >= 3, "only {sources:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
