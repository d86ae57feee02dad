//! Runs a check over many seeds, adds up what it saw, and says how to repeat what failed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use eventpact_compat::check::Verdict;
use serde_json::Value as Json;

/// How many failures are shown.
const SHOWN: usize = 5;

/// What a run saw.
#[derive(Default)]
pub(crate) struct Tally {
    verdicts: [u64; 3],
    /// Values that went through pairs that were called compatible.
    pub(crate) values: u64,
    /// Findings that are errors, and those of them with a witness.
    pub(crate) breaks: u64,
    pub(crate) witnesses: u64,
    /// What else was seen, by a few words.
    pub(crate) notes: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn verdict(&mut self, verdict: Verdict) {
        self.verdicts[verdict as usize] += 1;
    }

    pub(crate) fn note(&mut self, what: &'static str) {
        *self.notes.entry(what).or_default() += 1;
    }

    fn text(&self, name: &str, pairs: u64) -> String {
        let [compatible, incompatible, unknown] = self.verdicts;
        let mut text = format!(
            "self-check {name}: {pairs} pairs; verdicts {compatible} compatible, {incompatible} incompatible, {unknown} unknown; \
             {} values read; {} of {} breaks with a witness",
            self.values, self.witnesses, self.breaks
        );
        for (what, count) in &self.notes {
            write!(text, "; {count} {what}").unwrap();
        }
        text
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// Calls `one` for every seed: `short` of them, `long` when `EVENTPACT_LONG` is set, or the one that `EVENTPACT_SEED` names.
pub(crate) fn run(name: &str, (short, long): (u64, u64), one: impl Fn(u64, &mut Tally) -> Result<(), String>) -> Tally {
    let seeds = match number("EVENTPACT_SEED") {
        Some(seed) => seed..seed + 1,
        None if std::env::var_os("EVENTPACT_LONG").is_some() => 0..long,
        None => 0..short,
    };
    let (pairs, mut tally, mut failed) = (seeds.end - seeds.start, Tally::default(), Vec::new());
    for seed in seeds {
        let result = catch_unwind(AssertUnwindSafe(|| one(seed, &mut tally)));
        let problem = match result {
            Ok(Ok(())) => continue,
            Ok(Err(problem)) => problem,
            Err(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panicked".to_owned()),
        };
        let repeat = format!("EVENTPACT_SEED={seed} cargo test -p eventpact-tests --test self_check {name}");
        failed.push(format!("{problem}\nrepeat: {repeat}"));
    }
    println!("{}", tally.text(name, pairs));
    let shown = failed.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failed.is_empty(), "{} of {pairs} pairs of {name} fail:\n\n{shown}", failed.len());
    if pairs > 1 {
        // A generator whose pairs never (or always) pass would prove nothing.
        let [compatible, incompatible, _] = tally.verdicts;
        let all = tally.verdicts.iter().sum::<u64>();
        assert!(compatible * 10 > all && incompatible * 10 > all, "{:?} is no healthy mix", tally.verdicts);
    }
    tally
}

/// Takes parts out of both schemas, or out of one, as long as the pair still fails.
pub(crate) fn shrink(mut pair: (Json, Json), fails: impl Fn(&Json, &Json) -> bool) -> (Json, Json) {
    loop {
        let mut paths = Vec::new();
        parts(&pair.0, &mut Vec::new(), &mut paths);
        parts(&pair.1, &mut Vec::new(), &mut paths);
        paths.sort_by_key(|path: &Vec<Part>| path.len());
        paths.dedup();
        let smaller = paths.iter().take(400).find_map(|path| {
            let (left, right) = (without(&pair.0, path), without(&pair.1, path));
            let tries = [
                left.clone().zip(right.clone()),
                left.map(|left| (left, pair.1.clone())),
                right.map(|right| (pair.0.clone(), right)),
            ];
            tries.into_iter().flatten().find(|(left, right)| fails(left, right))
        });
        match smaller {
            Some(found) => pair = found,
            None => return pair,
        }
    }
}

#[derive(Clone, PartialEq)]
enum Part {
    Key(String),
    Item(usize),
}

fn parts(node: &Json, here: &mut Vec<Part>, into: &mut Vec<Vec<Part>>) {
    let mut inside = |part: Part, child: &Json| {
        here.push(part);
        into.push(here.clone());
        parts(child, here, into);
        here.pop();
    };
    match node {
        Json::Object(map) => map.iter().for_each(|(key, child)| inside(Part::Key(key.clone()), child)),
        Json::Array(items) => items.iter().enumerate().for_each(|(index, child)| inside(Part::Item(index), child)),
        _ => {}
    }
}

fn without(node: &Json, path: &[Part]) -> Option<Json> {
    let mut node = node.clone();
    let (last, way) = path.split_last()?;
    let mut at = &mut node;
    for part in way {
        at = match part {
            Part::Key(key) => at.get_mut(key)?,
            Part::Item(index) => at.get_mut(index)?,
        };
    }
    match (last, at) {
        (Part::Key(key), Json::Object(map)) => map.shift_remove(key).map(drop)?,
        (Part::Item(index), Json::Array(items)) if *index < items.len() => drop(items.remove(*index)),
        _ => return None,
    }
    Some(node)
}
