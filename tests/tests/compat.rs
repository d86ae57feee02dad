//! The compatibility rules of the payload formats, one folder per case: `tests/compat/<format>/<rule>/<case>/{old.*,new.*,expected.txt}`;
//! a history of several versions is `old-1.*`, `old-2.*`, … (oldest first).
//!
//! `options.txt` holds options of the command line. Every case runs the whole rule set of its format in all modes, so `expected.txt` also shows a rule that fires where it should
//! not. Each rule needs a case where it fires and a near miss where it is silent. `BLESS=1` rewrites what is expected.

#![allow(clippy::unwrap_used)] // a test may panic

mod schemas;

use std::fmt::Write as _;
use std::path::Path;

use eventpact_compat::check::{self, Checked, Verdict};
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::options as check_options;
use eventpact_compat::protobuf::buf;
use eventpact_compat::rule::{self, Profile};
use eventpact_contract::diagnostic::{self, Options, text};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_tests::{cases, expect_text, folder};

const FORMATS: [&str; 3] = ["avro", "protobuf", "json-schema"];

fn run(case: &Path) {
    let mut sources = Sources::new();
    let history = history(&mut sources, case);
    let new = schemas::of_case(&mut sources, case, "new");
    let mut out = String::new();
    let options = asked(case);
    for mode in Mode::ALL {
        let checked = check::check(&new, &history, mode, options);
        let verdict = Verdict::of(checked.iter().map(|c| &c.report));
        writeln!(out, "{mode}: {}", verdict.as_str()).unwrap();
    }
    for checked in check::check(&new, &history, Mode::Full, options) {
        let who = if checked.direction == Direction::Backward { "new reads old" } else { "old reads new" };
        writeln!(out, "\n== {}: {who}\n", checked.direction.as_str()).unwrap();
        show(&mut out, &checked, &sources);
        schemas::prove(&checked, &history[checked.version], &new);
    }
    for checked in check::lost(&new, &history, Mode::Full, Profile::Sound) {
        writeln!(out, "\n== {}, version {} of {}\n", checked.direction.as_str(), checked.version + 1, history.len()).unwrap();
        show(&mut out, &checked, &sources);
        schemas::prove(&checked, &history[checked.version], &new);
    }
    for schema in history.iter().chain([&new]) {
        itself(schema, case);
    }
    expect_text(&case.join("expected.txt"), &out);
}

/// The options that `options.txt` of a case asks for, as on the command line; without it the defaults.
fn asked(case: &Path) -> check_options::Options {
    let mut options = check_options::Options::from(Profile::Sound);
    let text = std::fs::read_to_string(case.join("options.txt")).unwrap_or_default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("--content-model", model)) => options.content_model = model.parse().unwrap(),
            _ => panic!("{}: no option {line:?}", case.display()),
        }
    }
    options
}

/// The earlier versions, oldest first.
fn history(sources: &mut Sources, case: &Path) -> Vec<Schema> {
    let stems = (1..).map(|n| format!("old-{n}"));
    let there = |stem: &String| {
        let name = |entry: std::fs::DirEntry| entry.file_name().into_string().unwrap();
        std::fs::read_dir(case).unwrap().flatten().any(|e| name(e).split_once('.').is_some_and(|(head, _)| head == stem))
    };
    let stems: Vec<String> = stems.take_while(there).collect();
    let stems = if stems.is_empty() { vec!["old".to_owned()] } else { stems };
    stems.iter().map(|stem| schemas::of_case(sources, case, stem)).collect()
}

fn show(out: &mut String, checked: &Checked, sources: &Sources) {
    let word = |f| check::diagnostic(f, checked.direction, "case");
    let mut found: Vec<_> = checked.report.findings.iter().map(word).collect();
    diagnostic::sort(&mut found, sources);
    let verdict = Verdict::of([&checked.report]).as_str();
    let options = Options { verdict, color: false, explained: |_| false };
    out.push_str(&text::render(&found, sources, &options));
    if let Some(why) = &checked.report.unknown {
        writeln!(out, "unknown: {why}").unwrap();
    }
}

/// A schema reads what it wrote itself.
fn itself(schema: &Schema, case: &Path) {
    for checked in check::check(schema, std::slice::from_ref(schema), Mode::Full, Profile::Sound) {
        assert!(checked.report.findings.is_empty(), "{}: {:#?}", case.display(), checked.report.findings);
    }
}

fn suite(format: &str) {
    for case in cases(&format!("compat/{format}")) {
        run(&case);
    }
}

#[test]
fn avro() {
    suite("avro");
}

#[test]
fn protobuf() {
    suite("protobuf");
}

#[test]
fn json_schema() {
    suite("json_schema");
}

/// Each rule has a folder, a case where it fires and one where it does not.
#[test]
fn every_rule_has_a_case_and_a_near_miss() {
    let mut missing = Vec::new();
    for rule in rule::all() {
        // Rules of buf have cases of their own kind: whole modules, and what buf itself finds in them.
        let of_buf = !buf::categories(rule.id).is_empty();
        let Some((format, tail)) = rule.id.split_once('/').filter(|_| !of_buf) else {
            assert!(of_buf, "{} has no format", rule.id);
            continue;
        };
        if !FORMATS.contains(&format) {
            continue;
        }
        let dir = folder("compat").join(format.replace('-', "_")).join(tail);
        let texts: Vec<String> = std::fs::read_dir(&dir)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|case| std::fs::read_to_string(case.path().join("expected.txt")).ok())
            .collect();
        let fires = texts.iter().any(|t| t.contains(&format!("[{}]", rule.id)));
        let silent = texts.iter().any(|t| !t.contains(&format!("[{}]", rule.id)));
        if !fires || !silent {
            missing.push(format!("{}: fires {fires}, near miss {silent}", rule.id));
        }
    }
    assert!(missing.is_empty(), "rules without both cases:\n{}", missing.join("\n"));
}
