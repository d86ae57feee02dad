//! The difference of every pair of `tests/compat/corpus/compat-own.jsonl`: what breaks belongs to a change that is shown, and a
//! version differs in nothing from itself.

use std::collections::BTreeMap;

use eventpact_compat::check::compare;
use eventpact_compat::diff::{self, Bump, Difference};
use eventpact_compat::mode::Mode;
use eventpact_compat::options::Options;
use eventpact_compat::pair::Pair;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::load;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Reader, Sources};
use eventpact_tests::folder;
use serde_json::Value;

/// Texts by their paths.
struct Texts(BTreeMap<String, String>);

impl Reader for Texts {
    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// The schemas of a row that have no references, oldest first, and its format.
fn versions(row: &Value, sources: &mut Sources) -> Option<Vec<Schema>> {
    if row["references"].as_array().is_some_and(|list| !list.is_empty()) {
        return None;
    }
    let (format, ending) = match row["format"].as_str()? {
        "avro" => (Format::Avro, "avsc"),
        "protobuf" => (Format::Protobuf, "proto"),
        _ => (Format::JsonSchema, "json"),
    };
    let texts = row["old"].as_array()?.iter().chain([&row["new"]]);
    let mut read = |text: &Value| {
        let text = if format == Format::Protobuf { text.as_str()?.to_owned() } else { text.to_string() };
        let path = format!("schema.{ending}");
        let texts = Texts(BTreeMap::from([(path.clone(), text)]));
        load::load_schema(sources, &texts, &path, Some(format), None).0
    };
    texts.map(&mut read).collect()
}

/// A change that no item shows is named by the path of its finding.
fn alone(difference: &Difference) -> usize {
    difference.changes.iter().filter(|change| change.what.starts_with(['/', '#'])).count()
}

#[test]
fn what_breaks_belongs_to_a_change() {
    let text = std::fs::read_to_string(folder("compat/corpus/compat-own.jsonl")).expect("the corpus");
    let mut counts: BTreeMap<String, (usize, usize, usize, usize)> = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("a row");
        let mut sources = Sources::new();
        let Some(versions) = versions(&row, &mut sources) else { continue };
        let [.., old, new] = versions.as_slice() else { continue };
        let id = row["id"].as_str().expect("an id");
        // A schema with a field that two aliases claim cannot read itself.
        for same in [new, old].into_iter().filter(|same| compare(Pair::new(*same, *same), Options::default()).findings.is_empty())
        {
            let none = diff::schemas(same, same, Mode::Full, Options::default(), false);
            assert!(none.changes.is_empty() && none.bump() == Bump::None, "{id}: {:?}", none.changes);
        }
        let difference = diff::schemas(new, old, Mode::Full, Options::default(), false);
        let shown = |rule: &str| difference.changes.iter().any(|c| c.effects.iter().any(|effect| effect.rule == rule));
        let (mut breaks, pairs) = (false, [Pair::new(new, old), Pair::new(old, new)]);
        for found in pairs.into_iter().flat_map(|pair| compare(pair, Options::default()).findings) {
            assert!(shown(found.rule.id), "{id}: {} is in no change", found.rule.id);
            breaks |= found.severity == Severity::Error;
        }
        assert_eq!(difference.bump() == Bump::Major, breaks, "{id}");
        let count = counts.entry(row["format"].as_str().expect("a format").to_owned()).or_default();
        count.0 += 1;
        count.1 += difference.changes.len();
        count.2 += alone(&difference);
        count.3 += usize::from(breaks && alone(&difference) == difference.changes.len());
        if std::env::var_os("DIFF_ALONE").is_some() && alone(&difference) > 0 {
            println!(
                "{id} {:?}",
                difference.changes.iter().map(|c| (&c.what, c.effects.first().map(|e| e.rule))).collect::<Vec<_>>()
            );
        }
    }
    for (format, (pairs, changes, alone, only)) in &counts {
        println!(
            "{format}: {pairs} pairs, {changes} changes; {alone} are shown by their rule alone, in {only} pairs nothing else is"
        );
        assert!(*pairs > 200, "only {pairs} pairs of {format}");
        assert!(alone * 25 < *changes, "{format}: {alone} of {changes} changes are shown by their rule alone");
    }
    assert_eq!(counts.len(), 3);
}
