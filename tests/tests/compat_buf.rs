//! The profiles `buf:…` against recordings of buf 1.75.0: rule ids for each category, and the line and column where each finding
//! starts and ends.
//!
//! A rule has a folder `tests/compat/buf/<RULE_ID>/{fires,silent}` with the modules `old/` and `new/`, what buf finds by all rules
//! (`buf.txt`, recorded and never rewritten here), and what we print (`expected.txt`, which `BLESS=1` rewrites). A row that differs on purpose stands in `tests/compat/corpus/buf-waivers.txt` with its reason.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use eventpact_compat::check::{self, compare};
use eventpact_compat::mode::Direction;
use eventpact_compat::pair::Pair;
use eventpact_compat::protobuf::buf::{self, Category};
use eventpact_compat::report::Report;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{self, Options, has_errors, text};
use eventpact_contract::formats::protobuf::{self, Limits};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_tests::{cases, expect_text, folder, shared_data};
use serde_json::Value;

/// Path and text of each file.
type Files = Vec<(String, String)>;

fn parse(sources: &mut Sources, files: &Files) -> Result<Schema, String> {
    let roots: Vec<_> = files.iter().map(|(path, text)| (sources.add(path.as_str(), text.as_str()), path.clone())).collect();
    let mut import = |path: &str| Err(format!("no file {path}"));
    let (schema, found) = protobuf::parse_set(sources, &roots, &mut import, Limits::FOLDER);
    let said = || found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("; ");
    schema.filter(|_| !has_errors(&found)).map(|s| Schema::Protobuf(s.into())).ok_or_else(said)
}

fn files(value: &Value) -> Files {
    match value.as_object() {
        Some(files) => files.iter().map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned())).collect(),
        None => vec![("a.proto".to_owned(), value.as_str().unwrap().to_owned())],
    }
}

/// Rule, file, start and end, each as `line:column`. What is gone with its file has no file in buf's report.
type Place = (String, String, String);

fn each_place(report: &Report, sources: &Sources, old_files: usize) -> Vec<Place> {
    let place = |f: &eventpact_compat::report::Finding| {
        let span = f.reader.span;
        let file = sources.file(span.file);
        let gone = sources.iter().take(old_files).any(|(id, _)| id == span.file);
        let name = if gone { String::new() } else { file.name().to_owned() };
        let range = format!("{}-{}", file.line_column(span.start), file.line_column(span.end));
        (f.rule.id.to_owned(), name, range)
    };
    report.findings.iter().map(place).collect()
}

fn recorded(annotation: &Value) -> Place {
    let at = |key: &str| annotation[key].as_array().map_or("1:1".to_owned(), |numbers| format!("{}:{}", numbers[0], numbers[1]));
    let text = |key: &str| annotation[key].as_str().unwrap_or_default().to_owned();
    (text("rule"), text("path"), format!("{}-{}", at("start"), at("end")))
}

fn waivers() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder("compat/corpus/buf-waivers.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_once(": ").map(|(id, why)| (id.to_owned(), why.to_owned())).expect("`id: reason`")).collect()
}

/// Two versions and the reports of all categories.
struct Compared {
    sources: Sources,
    old_files: usize,
    old: Schema,
    new: Schema,
}

impl Compared {
    fn read(old: &Files, new: &Files) -> Result<Self, String> {
        let mut sources = Sources::new();
        let old = parse(&mut sources, old)?;
        let old_files = sources.iter().count();
        let new = parse(&mut sources, new)?;
        Ok(Self { sources, old_files, old, new })
    }

    fn report(&self, category: Category) -> Report {
        compare(Pair::new(&self.new, &self.old), Profile::Buf(category))
    }

    /// The place of each finding, in their order.
    fn each_place(&self, report: &Report) -> Vec<Place> {
        each_place(report, &self.sources, self.old_files)
    }
}

/// Recorded pairs: those of the common corpus, and those of `buf-pairs.jsonl`, in which more modules have more files.
fn rows() -> Vec<Value> {
    let mut rows = Vec::new();
    for name in ["compat-own.jsonl", "buf-pairs.jsonl"] {
        let text = std::fs::read_to_string(folder("compat/corpus").join(name)).unwrap();
        rows.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    rows.retain(|row| row["format"] == "protobuf");
    rows
}

#[test]
fn findings_are_those_of_buf() {
    let waivers = waivers();
    let (mut pairs, mut unreadable, mut located) = (0, 0, 0);
    let mut agree: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut waived, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in rows() {
        let id = row["id"].as_str().unwrap().to_owned();
        let expected = &row["expected"]["buf"];
        let Some(rules) = expected["rules"].as_object() else {
            // buf refuses the texts of the row, or cannot do with them.
            assert!(expected["error"].is_string() || expected["error"].is_array(), "{id}");
            unreadable += 1;
            continue;
        };
        let compared = match Compared::read(&files(&row["old"][0]), &files(&row["new"])) {
            Ok(compared) => compared,
            Err(why) => {
                wrong.push(format!("{id}: not read: {why}"));
                continue;
            }
        };
        pairs += 1;
        let mut problems = Vec::new();
        let mut found = BTreeSet::new();
        for category in Category::ALL {
            let report = compared.report(category);
            let ours: BTreeSet<&str> = report.findings.iter().map(|f| f.rule.id).collect();
            let theirs: BTreeSet<&str> = rules[category.as_str()].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            if ours == theirs {
                *agree.entry(category.as_str()).or_default() += 1;
            } else {
                let (extra, missing) = (ours.difference(&theirs), theirs.difference(&ours));
                problems.push(format!(
                    "{category}: ours alone {:?}, theirs alone {:?}",
                    extra.collect::<Vec<_>>(),
                    missing.collect::<Vec<_>>()
                ));
            }
            found.extend(compared.each_place(&report));
        }
        let theirs: BTreeSet<Place> = expected["annotations"].as_array().into_iter().flatten().map(recorded).collect();
        if found == theirs {
            located += 1;
        } else {
            let extra: Vec<_> = found.difference(&theirs).collect();
            let missing: Vec<_> = theirs.difference(&found).collect();
            problems.push(format!("places: ours alone {extra:?}, theirs alone {missing:?}"));
        }
        if problems.is_empty() {
            continue;
        }
        if waivers.contains_key(&id) {
            waived.insert(id);
        } else {
            wrong.push(format!("{id}\n  {}", problems.join("\n  ")));
        }
    }
    println!("{pairs} pairs, {unreadable} that buf refuses; sets of rule ids as buf: {agree:?}");
    println!("all places as buf: {located}; waived: {waived:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(pairs >= 210, "only {pairs} pairs");
    for (category, count) in agree {
        assert!(count * 100 >= pairs * 99, "{category}: only {count} of {pairs}");
    }
}

/// The `.proto` files of a folder.
fn folder_files(root: &Path) -> Files {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.push((name, std::fs::read_to_string(path).unwrap()));
    }
    found.sort();
    found
}

#[test]
fn every_rule_fires_and_stays_silent_where_buf_does() {
    let rules: BTreeSet<&str> =
        eventpact_compat::rule::all().iter().map(|r| r.id).filter(|id| !buf::categories(id).is_empty()).collect();
    assert_eq!(rules.len(), 64, "{rules:?}");
    let folders: BTreeSet<String> = cases("compat/buf").iter().map(|case| parent(case)).collect();
    assert!(folders.iter().map(String::as_str).eq(rules.iter().copied()), "folders {folders:?}");
    let mut wrong = Vec::new();
    for case in cases("compat/buf") {
        let rule = parent(&case);
        let compared = Compared::read(&folder_files(&case.join("old")), &folder_files(&case.join("new"))).unwrap();
        let (mut ours, mut findings) = (BTreeSet::new(), BTreeMap::new());
        for category in Category::ALL {
            let report = compared.report(category);
            for (found, place) in report.findings.iter().zip(compared.each_place(&report)) {
                assert!(buf::categories(found.rule.id).contains(&category), "{} in {category}", found.rule.id);
                findings.insert((place.clone(), found.path.clone()), check::diagnostic(found, Direction::Backward, "case"));
                ours.insert(place);
            }
        }
        let text = std::fs::read_to_string(case.join("buf.txt")).unwrap();
        let theirs: BTreeSet<Place> = text.lines().map(line).collect();
        if ours != theirs {
            wrong.push(format!("{}: ours {ours:?}\n  theirs {theirs:?}", case.display()));
        }
        let fires = theirs.iter().any(|(id, ..)| *id == rule);
        assert_eq!(fires, case.ends_with("fires"), "{}", case.display());
        let mut found: Vec<_> = findings.into_values().collect();
        diagnostic::sort(&mut found, &compared.sources);
        let options =
            Options { verdict: if found.is_empty() { "compatible" } else { "incompatible" }, color: false, explained: |_| false };
        expect_text(&case.join("expected.txt"), &text::render(&found, &compared.sources, &options));
        for same in [&compared.old, &compared.new] {
            for category in Category::ALL {
                let report = compare(Pair::new(same, same), Profile::Buf(category));
                assert!(report.findings.is_empty(), "{}: {:#?}", case.display(), report.findings);
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn parent(case: &Path) -> String {
    case.parent().and_then(Path::file_name).unwrap().to_str().unwrap().to_owned()
}

/// `RULE file:line:column-line:column`, `-` for no file.
fn line(text: &str) -> Place {
    let (rule, place) = text.split_once(' ').unwrap();
    let (file, range) = place.split_once(':').unwrap();
    (rule.to_owned(), file.replace('-', ""), range.to_owned())
}

/// The rules that a configuration of buf's own tests names: categories and ids.
fn used(config: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut except = BTreeSet::new();
    let mut list = "";
    for line in config.lines() {
        match line.trim().strip_prefix("- ") {
            Some(name) if list == "use" => drop(used.insert(name.to_owned())),
            Some(name) if list == "except" => drop(except.insert(name.to_owned())),
            Some(_) => {}
            None => list = line.trim().trim_end_matches(':'),
        }
    }
    if used.is_empty() {
        used.insert("FILE".to_owned());
    }
    if used.remove("FIELD_SAME_LABEL") {
        // The old name of three rules.
        let new = ["FIELD_SAME_CARDINALITY", "FIELD_WIRE_COMPATIBLE_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"];
        used.extend(new.map(str::to_owned));
    }
    let all = eventpact_compat::rule::all();
    let chosen = all.iter().filter(|rule| {
        let categories = buf::categories(rule.id);
        used.contains(rule.id) || categories.iter().any(|c| used.contains(c.as_str()))
    });
    chosen.map(|rule| rule.id.to_owned()).filter(|id| !except.contains(id)).collect()
}

/// buf's own cases, with the rules that each configures. They may not be copied: they are read from beside the project.
#[test]
fn findings_are_those_of_the_tests_of_buf() {
    let Some(path) = shared_data("compat-third-party.jsonl") else { return };
    let waivers = waivers();
    let (mut agree, mut annotations, mut waived, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if !row["source"].as_str().is_some_and(|s| s.starts_with("bufbuild/buf")) {
            continue;
        }
        let id = row["id"].as_str().unwrap().to_owned();
        let rules = used(row["config"]["buf.yaml"].as_str().unwrap_or_default());
        let mut theirs: Vec<Place> = row["expected"]["annotations"].as_array().unwrap().iter().map(recorded).collect();
        theirs.sort();
        annotations += theirs.len();
        let problem = match Compared::read(&files(&row["old"][0]), &files(&row["new"])) {
            Err(why) => format!("not read: {why}"),
            Ok(compared) => {
                let mut ours: Vec<Place> = Category::ALL.iter().flat_map(|c| compared.each_place(&compared.report(*c))).collect();
                ours.retain(|(rule, ..)| rules.contains(rule));
                ours.sort();
                ours.dedup();
                theirs.dedup();
                if ours == theirs {
                    agree += 1;
                    continue;
                }
                let extra: Vec<_> = ours.iter().filter(|p| !theirs.contains(p)).collect();
                let missing: Vec<_> = theirs.iter().filter(|p| !ours.contains(p)).collect();
                format!("ours alone {extra:?}\n  theirs alone {missing:?}")
            }
        };
        if waivers.contains_key(&id) {
            waived.push(id);
        } else {
            wrong.push(format!("{id}: {problem}"));
        }
    }
    println!("buf's own cases: {agree} agree, with {annotations} annotations in all; waived {waived:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agree >= 25, "only {agree} agree");
}
