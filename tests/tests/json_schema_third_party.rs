//! JSON Schema pairs of other projects' tests, against the verdicts that those projects state.
//!
//! The rows are not part of this project and are read where they are. Each source is compared with the profile that answers the same
//! question; where we differ on purpose, `json-schema-third-party-waivers.txt` says why, one row a line.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use eventpact_compat::check::{Verdict, compare};
use eventpact_compat::pair::Pair;
use eventpact_compat::rule::Profile;
use eventpact_contract::formats::json_schema;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use eventpact_tests::{folder, shared_data};
use serde_json::Value;

fn parse(value: &Value) -> Result<Schema, String> {
    let mut sources = Sources::new();
    let file = sources.add("a.json", value.to_string());
    let (node, problems) = yaml::parse(&sources, file);
    let node = node.ok_or_else(|| format!("{problems:?}"))?;
    let (schema, problems) = json_schema::parse(&node, &mut |_| None);
    schema.map(|s| Schema::JsonSchema(s.into())).ok_or_else(|| format!("{problems:?}"))
}

/// id → (our verdict, why).
fn waivers() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder("compat/corpus/json-schema-third-party-waivers.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let pairs = lines.map(|line| line.split_once(": ").expect("`id: verdict, reason`"));
    pairs.map(|(id, reason)| (id.to_owned(), reason.split_once(", ").expect("`verdict, reason`").0.to_owned())).collect()
}

/// A project, how its rows are called, and the profile that answers the same question.
struct Source {
    name: &'static str,
    ids: &'static str,
    profile: Profile,
    rows: usize,
}

const SOURCES: [Source; 2] = [
    // Its own engine, which means to say whether messages are still accepted.
    Source { name: "Apicurio", ids: "apicurio-json-schema/", profile: Profile::Sound, rows: 152 },
    // A port of Confluent's comparison: the notes of its tests say "compatibility with schema registry".
    Source { name: "Karapace", ids: "karapace-json/", profile: Profile::Confluent, rows: 148 },
];

#[test]
fn verdicts_of_other_projects() {
    let Some(path) = shared_data("compat-third-party.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let waived = waivers();
    let (mut wrong, mut unused) = (Vec::new(), waived.clone());
    for source in SOURCES {
        let of_source = |row: &&Value| row["id"].as_str().unwrap().starts_with(source.ids);
        let (mut agreed, mut open, mut count, mut other) = (0, 0, 0, 0);
        for row in rows.iter().filter(of_source) {
            let id = row["id"].as_str().unwrap();
            let [old, new] = [&row["old"][0], &row["new"]].map(|s| parse(s).unwrap_or_else(|why| panic!("{id}: {why}")));
            let pair = if row["level"] == "FORWARD" { Pair::new(&old, &new) } else { Pair::new(&new, &old) };
            let verdict = |profile: Profile| Verdict::of([&compare(pair, profile)]);
            let stated = if row["expected"]["compatible"] == true { Verdict::Compatible } else { Verdict::Incompatible };
            let ours = verdict(source.profile);
            let second = if source.profile == Profile::Sound { Profile::Confluent } else { Profile::Sound };
            count += 1;
            other += usize::from(verdict(second) == stated);
            open += usize::from(ours == Verdict::Unknown);
            if ours == stated {
                agreed += 1;
            } else if waived.get(id).map(String::as_str) == Some(ours.as_str()) {
                unused.remove(id);
            } else {
                wrong.push(format!(
                    "{id}: ours {}, {} {}\n  {}\n  {}",
                    ours.as_str(),
                    source.name,
                    stated.as_str(),
                    row["old"][0],
                    row["new"]
                ));
            }
        }
        println!(
            "{}: {agreed} of {count} verdicts agree in the profile {} ({open} unknown), {other} in the other profile",
            source.name, source.profile
        );
        assert_eq!(count, source.rows, "rows of {}", source.name);
    }
    // Where we were not sure and now are, there is nothing to excuse; a verdict that was defended must still be given.
    let (settled, stale): (Vec<_>, Vec<_>) = unused.into_iter().partition(|(_, verdict)| verdict == "unknown");
    println!("{} waived; no longer unknown: {:?}", waived.len(), settled);
    assert!(stale.is_empty(), "waivers of rows that agree: {stale:?}");
    assert!(wrong.is_empty(), "{} rows differ\n{}", wrong.len(), wrong.join("\n"));
}
