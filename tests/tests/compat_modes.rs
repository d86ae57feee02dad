//! What the modes promise, over the recorded pairs and the cases of all formats: a mode makes pairs and nothing else.

#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stdout)] // and tells how much it did

mod schemas;

use std::collections::BTreeMap;

use eventpact_compat::check::{Checked, Verdict, check};
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::rule::Profile;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};
use eventpact_contract::{diagnostic, load};
use eventpact_tests::{cases, folder};
use serde_json::Value as Json;

const PROFILES: [Profile; 2] = [Profile::Sound, Profile::Confluent];

fn parse(row: &Json, text: &Json) -> Option<Schema> {
    let (name, format) = match row["format"].as_str()? {
        "avro" => ("a.avsc", Format::Avro),
        "protobuf" => ("a.proto", Format::Protobuf),
        _ => ("a.json", Format::JsonSchema),
    };
    let text = if format == Format::Protobuf { text.as_str()?.to_owned() } else { text.to_string() };
    let reader = Memory([(name.to_owned(), text)].into());
    let (schema, found) = load::load_schema(&mut Sources::new(), &reader, name, Some(format), None);
    schema.filter(|_| !diagnostic::has_errors(&found))
}

/// Pairs and histories: of every row of the corpus, and of every case.
fn histories() -> Vec<(String, Vec<Schema>, Schema)> {
    let text = std::fs::read_to_string(folder("compat/corpus/compat-own.jsonl")).unwrap();
    let mut all = Vec::new();
    for row in text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()) {
        let old: Option<Vec<Schema>> = row["old"].as_array().unwrap().iter().map(|old| parse(&row, old)).collect();
        let (Some(old), Some(new)) = (old, parse(&row, &row["new"])) else { continue };
        all.push((row["id"].as_str().unwrap().to_owned(), old, new));
    }
    for format in ["avro", "protobuf", "json_schema"] {
        for case in cases(&format!("compat/{format}")) {
            let has = |stem: &str| ["avsc", "proto", "json"].iter().any(|e| case.join(format!("{stem}.{e}")).is_file());
            if !has("old") || !has("new") {
                continue; // a history of several versions
            }
            let mut sources = Sources::new();
            let (old, new) = (schemas::of_case(&mut sources, &case, "old"), schemas::of_case(&mut sources, &case, "new"));
            all.push((case.display().to_string(), vec![old], new));
        }
    }
    assert!(all.len() > 2000, "only {}", all.len());
    all
}

/// What was found, without the order of the pairs.
fn text(checked: &Checked) -> String {
    format!("{:?}", checked.report)
}

fn verdict(checked: &[Checked]) -> Verdict {
    Verdict::of(checked.iter().map(|c| &c.report))
}

#[test]
fn full_is_backward_and_forward_and_forward_is_backward_turned_round() {
    let mut checked = 0;
    for (id, old, new) in histories() {
        let old = old.last().unwrap();
        for profile in PROFILES {
            let run = |new: &Schema, old: &Schema, mode| check(new, std::slice::from_ref(old), mode, profile);
            let (backward, forward) = (run(&new, old, Mode::Backward), run(&new, old, Mode::Forward));
            let full = run(&new, old, Mode::Full);
            let of = |direction| full.iter().filter(|c| c.direction == direction).map(text).collect::<Vec<_>>();
            assert_eq!(of(Direction::Backward), backward.iter().map(text).collect::<Vec<_>>(), "{id}: FULL holds BACKWARD");
            assert_eq!(of(Direction::Forward), forward.iter().map(text).collect::<Vec<_>>(), "{id}: FULL holds FORWARD");
            let both = [verdict(&backward), verdict(&forward)];
            let wanted = [Verdict::Incompatible, Verdict::Unknown].into_iter().find(|v| both.contains(v));
            assert_eq!(verdict(&full), wanted.unwrap_or(Verdict::Compatible), "{id}: the verdict of FULL");
            let turned = run(old, &new, Mode::Backward);
            let texts = |all: &[Checked]| all.iter().map(text).collect::<Vec<_>>();
            assert_eq!(texts(&forward), texts(&turned), "{id}: FORWARD of a pair is BACKWARD of the pair turned round");
            assert!(run(&new, old, Mode::None).is_empty(), "{id}: NONE has no pair");
            checked += 1;
        }
    }
    println!("{checked} pairs, each in both profiles");
}

/// Histories of several versions: those of the corpus, and its pairs in chains of one format.
#[test]
fn a_transitive_mode_is_the_mode_with_every_version() {
    let mut chains: BTreeMap<String, Vec<Schema>> = BTreeMap::new();
    let mut all = Vec::new();
    for (n, (id, old, new)) in histories().into_iter().enumerate() {
        if old.len() > 1 {
            all.push((id, old, new));
        } else if n % 7 == 0 {
            chains.entry(format!("{:?}", new.format())).or_default().push(new);
        }
    }
    for (format, chain) in chains {
        all.extend(
            chain.chunks(4).filter(|c| c.len() == 4).map(|c| (format!("{format} in a chain"), c[..3].to_vec(), c[3].clone())),
        );
    }
    assert!(all.len() > 50, "only {}", all.len());
    let modes = [
        (Mode::BackwardTransitive, Mode::Backward),
        (Mode::ForwardTransitive, Mode::Forward),
        (Mode::FullTransitive, Mode::Full),
    ];
    for (id, old, new) in all {
        for profile in PROFILES {
            for (transitive, single) in modes {
                let whole = check(&new, &old, transitive, profile);
                let each: Vec<Checked> =
                    old.iter().rev().flat_map(|old| check(&new, std::slice::from_ref(old), single, profile)).collect();
                let texts = |all: &[Checked]| all.iter().map(|c| (c.direction, text(c))).collect::<Vec<_>>();
                assert_eq!(texts(&whole), texts(&each), "{id}: {transitive}");
                let last = check(&new, &old, single, profile);
                assert_eq!(
                    texts(&last),
                    texts(&check(&new, &old[old.len() - 1..], single, profile)),
                    "{id}: {single} takes the last"
                );
            }
        }
    }
}
