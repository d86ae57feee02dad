//! The compatibility rules of AsyncAPI: `tests/compat/asyncapi/<rule>/<case>/{old.yaml,new.yaml,expected.txt}`. Every case runs
//! all rules; `BLESS=1` rewrites what is expected.

use std::fmt::Write as _;
use std::path::Path;

use eventpact_compat::mode::Mode;
use eventpact_compat::rule::Profile;
use eventpact_compat::{asyncapi, check};
use eventpact_contract::diagnostic::{self, Options, has_errors, text};
use eventpact_contract::load::load_contract;
use eventpact_contract::model::Contract;
use eventpact_contract::source::{Memory, Sources};
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

/// A contract of many channels, each with an operation and a payload of its own; `longest` is in the first hundred payloads.
fn large(channels: usize, longest: usize) -> Contract {
    let mut text = String::from("asyncapi: 3.0.0\ninfo: { title: Large, version: 1.0.0 }\nchannels:\n");
    for n in 0..channels {
        let longest = if n < 100 { longest } else { 9 };
        let payload =
            format!("{{ type: object, required: [id], properties: {{ id: {{ type: string, maxLength: {longest} }} }} }}");
        let messages = format!("{{ m: {{ name: M{n}, payload: {payload} }} }}");
        writeln!(text, "  c{n}:\n    address: a.{n}.{{id}}\n    messages: {messages}").expect("a text grows");
    }
    text.push_str("operations:\n");
    for n in 0..channels {
        writeln!(text, "  o{n}: {{ action: send, channel: {{ $ref: '#/channels/c{n}' }} }}").expect("a text grows");
    }
    let mut sources = Sources::new();
    let files = Memory([("a.yaml".to_owned(), text)].into());
    load_contract(&mut sources, &files, "a.yaml").0.expect("a contract")
}

/// Every part finds its partner through a map, in whatever order and under whatever key it stands.
#[test]
fn a_large_contract_is_matched_whatever_its_order_and_keys() {
    let (old, mut new) = (large(3000, 20), large(3000, 30));
    new.channels.reverse();
    for (n, channel) in new.channels.iter_mut().enumerate() {
        channel.key = format!("renamed{n}");
    }
    for operation in &mut new.operations {
        operation.channel = 2999 - operation.channel;
        operation.key = format!("renamed-{}", operation.key);
    }
    let report = asyncapi::compare(&new, &old, Mode::Full, Profile::Sound);
    let of = |id: &str| report.findings.iter().filter(|found| found.finding.rule.id.starts_with(id)).count();
    assert_eq!((of("asyncapi/channel-renamed"), of("asyncapi/operation-renamed")), (3000, 3000));
    assert_eq!(of("json-schema/"), 100);
    assert_eq!(report.findings.len(), 6100);
    let lines = asyncapi::advice(&report.rollouts);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("deploy the consumers of `c0/M0`, ") && lines[1].contains("and 95 more first"), "{}", lines[1]);
}
