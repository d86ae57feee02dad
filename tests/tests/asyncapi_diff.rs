//! Pairs of AsyncAPI documents with the changes that `@asyncapi/diff` 0.5.0 lists. Its verdict is not the truth: it looks at no
//! payload and knows no direction. So each pair where we differ stands with its reason in `tests/compat/asyncapi-diff.txt`, and
//! what it leaves "unclassified" has our verdict there.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test may panic, and it tells counts to the person who runs it

use std::collections::{BTreeMap, BTreeSet};

use eventpact_compat::asyncapi::{self, ContractReport};
use eventpact_compat::mode::Mode;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::load::load_contract;
use eventpact_contract::model::Contract;
use eventpact_contract::source::{Memory, Sources};
use eventpact_tests::{folder, shared_data};
use serde_json::Value;

fn rows() -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared_data("compat-third-party.jsonl")?).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    Some(rows.filter(|row| row["format"] == "asyncapi").collect())
}

fn contract(sources: &mut Sources, document: &Value) -> Contract {
    let text = serde_json::to_string_pretty(document).unwrap();
    let files = Memory([("asyncapi.json".to_owned(), text)].into());
    let (contract, found) = load_contract(sources, &files, "asyncapi.json");
    contract.unwrap_or_else(|| panic!("no contract: {found:?}"))
}

/// What our rules say: the worst finding, or that something was not decided.
fn verdict(report: &ContractReport) -> &'static str {
    let worst = report.findings.iter().map(|found| found.finding.severity).min();
    match worst {
        Some(Severity::Error) => "incompatible",
        _ if !report.unknown.is_empty() => "unknown",
        Some(Severity::Warning) => "warning",
        _ => "compatible",
    }
}

/// `id -- what`, in sections.
fn expected(section: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder("compat/asyncapi-diff.txt")).unwrap();
    let lines = text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" -- ").map(|(id, what)| (id.to_owned(), what.to_owned())).unwrap()).collect()
}

/// What the list does not say, and what it says in vain.
fn differences(section: &str, found: &BTreeMap<String, String>) -> Vec<String> {
    let known = expected(section);
    let ids: BTreeSet<&String> = known.keys().chain(found.keys()).collect();
    let differ = |id: &&&String| known.contains_key(**id) != found.contains_key(**id);
    ids.iter().filter(differ).map(|id| format!("[{section}] {id} -- {:?}", found.get(*id))).collect()
}

#[test]
fn each_pair_has_its_verdict_or_its_reason() {
    let Some(rows) = rows() else { return };
    assert!(rows.len() >= 80, "only {} pairs", rows.len());
    let (mut missed, mut more, mut unclassified) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for row in &rows {
        let id = row["id"].as_str().unwrap().to_owned();
        let mut sources = Sources::new();
        let (old, new) = (contract(&mut sources, &row["old"][0]), contract(&mut sources, &row["new"]));
        let report = asyncapi::compare(&new, &old, Mode::Full, Profile::Sound);
        let ours = verdict(&report);
        let theirs = row["expected"]["verdict"].as_str().unwrap().to_owned();
        *counts.entry((theirs.clone(), ours)).or_default() += 1;
        let rules: Vec<&str> = report.findings.iter().map(|found| found.finding.rule.id).collect();
        match (theirs.as_str(), ours) {
            ("breaking", "compatible") => drop(missed.insert(id, format!("{rules:?}"))),
            ("non-breaking", "incompatible" | "unknown") => drop(more.insert(id, format!("{rules:?}"))),
            ("unclassified", _) => {
                let wanted = expected("unclassified").get(&id).cloned().unwrap_or_default();
                let word = wanted.split(':').next().unwrap_or("");
                if word != ours {
                    unclassified.insert(id, format!("{ours}, not `{word}`: {rules:?}"));
                }
            }
            _ => {}
        }
        for same in [&old, &new] {
            let report = asyncapi::compare(same, same, Mode::Full, Profile::Sound);
            let clean = report.findings.is_empty() && report.unknown.is_empty() && report.rollouts.is_empty();
            assert!(clean, "{}: a contract breaks itself: {report:#?}", row["id"]);
        }
    }
    println!("@asyncapi/diff, ours, pairs: {counts:#?}");
    let mut wrong = differences("breaking there, compatible here", &missed);
    wrong.extend(differences("non-breaking there, incompatible here", &more));
    wrong.extend(unclassified.iter().map(|(id, what)| format!("[unclassified] {id} -- {what}")));
    assert!(wrong.is_empty(), "compat/asyncapi-diff.txt is not what is found:\n{}", wrong.join("\n"));
}
