//! The compatibility rules of AsyncAPI: `tests/compat/asyncapi/<rule>/<case>/{old.yaml,new.yaml,expected.txt}`. Every case runs
//! all rules; `BLESS=1` rewrites what is expected.

use std::path::Path;

use eventpact_compat::mode::Mode;
use eventpact_compat::rule::Profile;
use eventpact_compat::{asyncapi, check};
use eventpact_contract::diagnostic::{self, Options, has_errors, text};
use eventpact_contract::load::load_contract;
use eventpact_contract::model::Contract;
use eventpact_contract::source::Sources;
use eventpact_tests::{Folder, cases, expect_text, folder};

fn contract(sources: &mut Sources, case: &Path, name: &str) -> Contract {
    let (contract, found) = load_contract(sources, &Folder(case.to_owned()), name);
    assert!(!has_errors(&found), "{}/{name}: {found:?}", case.display());
    contract.expect("a contract without errors")
}

/// What the rules find between two contracts.
fn found(new: &Contract, old: &Contract, sources: &Sources) -> String {
    let report = asyncapi::compare(new, old, Mode::Full, Profile::Sound);
    let word = |f: &asyncapi::ContractFinding| check::diagnostic(&f.finding, f.direction, &f.subject);
    let mut findings: Vec<_> = report.findings.iter().map(word).collect();
    diagnostic::sort(&mut findings, sources);
    let verdict = if has_errors(&findings) { "incompatible" } else { "compatible" };
    let mut out = text::render(&findings, sources, &Options { verdict, color: false, explained: |_| false });
    for why in report.unknown {
        out.push_str(&format!("unknown: {why}\n").replace('\t', " "));
    }
    for line in asyncapi::advice(&report.rollouts) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn every_case_finds_what_is_expected() {
    for case in cases("compat/asyncapi") {
        let mut sources = Sources::new();
        let old = contract(&mut sources, &case, "old.yaml");
        let new = contract(&mut sources, &case, "new.yaml");
        expect_text(&case.join("expected.txt"), &found(&new, &old, &sources));
        for same in [&old, &new] {
            let report = asyncapi::compare(same, same, Mode::Full, Profile::Sound);
            assert!(report.findings.is_empty(), "{}: a contract breaks itself: {:#?}", case.display(), report.findings);
        }
    }
}

#[test]
fn every_rule_fires_in_a_case_and_is_silent_in_a_near_miss() {
    for rule in asyncapi::rules() {
        let tail = rule.id.trim_start_matches("asyncapi/");
        let texts: Vec<String> = std::fs::read_dir(folder("compat/asyncapi").join(tail))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|case| std::fs::read_to_string(case.path().join("expected.txt")).ok())
            .collect();
        let fires = |t: &String| t.contains(&format!("[{}]", rule.id));
        assert!(texts.iter().any(fires), "{} fires in no case", rule.id);
        assert!(texts.iter().any(|t| !fires(t)), "{} is silent in no case", rule.id);
    }
}
