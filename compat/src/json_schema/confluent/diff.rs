//! The comparison: a pair of parts once, whatever the ways to it, and a schema that contains itself until nothing changes.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use eventpact_contract::deadline;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::part::{Body, Criterion, Part, PartId, Parts};
use super::{combined, kinds, lists, objects, values};
use crate::options::Policy;

/// Parts are compared this deep.
const MAX_DEPTH: usize = 100;
/// So many pairs are compared, and so many differences copied, over all passes: two lists of 1,400 branches.
const MAX_WORK: usize = 2_000_000;

/// What it costs to get a regular expression ready.
const WORK_OF_A_PATTERN: usize = 20;

/// One difference.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    /// The type.
    pub(super) kind: &'static str,
    /// From the pair that it was found in: `properties/a`; empty for the pair itself.
    pub(super) path: String,
    /// What is compared there: the original, the update.
    pub(super) parts: (PartId, PartId),
}

/// Why there is no list of differences.
#[derive(Debug)]
pub(super) enum Stop {
    /// The registry itself fails here.
    Fails(Difference),
    /// Too much to compare.
    TooMuch,
}

pub(super) type Done = Result<(), Stop>;

/// What was found in one pair, and where the comparison is.
#[derive(Debug, Clone)]
pub(super) struct Found {
    path: String,
    parts: (PartId, PartId),
    pub(super) differences: Vec<Difference>,
}

impl Found {
    fn new(parts: (PartId, PartId)) -> Self {
        Self { path: String::new(), parts, differences: Vec::new() }
    }

    /// The same place, nothing found yet.
    pub(super) fn aside(&self) -> Self {
        Self { differences: Vec::new(), ..self.clone() }
    }

    /// A difference at this place.
    pub(super) fn add(&mut self, kind: &'static str) {
        self.differences.push(self.here(kind));
    }

    /// A difference at a keyword of this place.
    pub(super) fn add_at(&mut self, keyword: &str, kind: &'static str) {
        let length = self.path.len();
        self.enter(keyword);
        self.add(kind);
        self.path.truncate(length);
    }

    /// A difference of this place that is not kept.
    pub(super) fn here(&self, kind: &'static str) -> Difference {
        Difference { kind, path: self.path.clone(), parts: self.parts }
    }

    fn enter(&mut self, part: &str) {
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(part);
    }

    /// Goes on one step further down.
    pub(super) fn inside(&mut self, part: &str, run: impl FnOnce(&mut Self) -> Done) -> Done {
        let length = self.path.len();
        self.enter(part);
        let done = run(self);
        self.path.truncate(length);
        done
    }

    /// Takes the differences of a pair to this place.
    fn rebase(&mut self, found: &[Difference]) {
        for difference in found {
            let mut difference = difference.clone();
            if !self.path.is_empty() {
                let tail = if difference.path.is_empty() { String::new() } else { format!("/{}", difference.path) };
                difference.path = format!("{}{tail}", self.path);
            }
            self.differences.push(difference);
        }
    }
}

type Pairs = HashMap<(PartId, PartId), Rc<[Difference]>>;

/// A comparison under way.
#[derive(Debug)]
pub(super) struct Diff<'a> {
    /// The parts of both schemas.
    pub(super) parts: Parts<'a>,
    policy: Policy,
    compared: Pairs,
    /// Pairs under way: met again, they are taken for compatible, or for what the last pass found.
    open: HashSet<(PartId, PartId)>,
    /// What the last pass found incompatible.
    seed: Pairs,
    /// A pair under way was taken for compatible in this pass.
    assumed: bool,
    work: usize,
    /// What decides whether a text matches a pattern.
    patterns: HashMap<String, Option<Validator>>,
}

impl<'a> Diff<'a> {
    /// Nothing compared yet.
    pub(super) fn new(parts: Parts<'a>, policy: Policy) -> Self {
        let (compared, open, seed) = (Pairs::new(), HashSet::new(), Pairs::new());
        Self { parts, policy, compared, open, seed, assumed: false, work: 0, patterns: HashMap::new() }
    }

    /// Every difference between the original and the update.
    pub(super) fn run(&mut self, original: PartId, update: PartId) -> Result<Vec<Difference>, Stop> {
        loop {
            self.compared.clear();
            self.assumed = false;
            let mut found = Found::new((original, update));
            self.compare(&mut found, original, update)?;
            let compared = std::mem::take(&mut self.compared);
            let incompatible: Pairs = compared.into_iter().filter(|(_, found)| !self.is_compatible(found)).collect();
            let settled = incompatible.len() == self.seed.len() && incompatible.keys().all(|k| self.seed.contains_key(k));
            if !self.assumed || settled {
                return Ok(found.differences);
            }
            self.seed = incompatible;
        }
    }

    /// None of them breaks under the policy.
    pub(super) fn is_compatible(&self, found: &[Difference]) -> bool {
        found.iter().all(|d| kinds::is_compatible(d.kind, self.policy))
    }

    /// Compares two parts, where one may be missing.
    pub(super) fn compare_any(&mut self, found: &mut Found, original: Option<PartId>, update: Option<PartId>) -> Done {
        match (original, update) {
            (Some(original), Some(update)) => self.compare(found, original, update),
            (None, Some(_)) => {
                found.add("SCHEMA_ADDED");
                Ok(())
            }
            (Some(_), None) => {
                found.add("SCHEMA_REMOVED");
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Compares two parts.
    pub(super) fn compare(&mut self, found: &mut Found, original: PartId, update: PartId) -> Done {
        let (original, update) = (self.parts.follow(original), self.parts.follow(update));
        let differences = self.once(original, update)?;
        self.spend(differences.len())?;
        found.rebase(&differences);
        Ok(())
    }

    fn spend(&mut self, work: usize) -> Done {
        self.work += work + 1;
        if self.work > MAX_WORK || self.parts.too_many() || deadline::is_over() { Err(Stop::TooMuch) } else { Ok(()) }
    }

    /// A regular expression is found in a text.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, Stop> {
        self.spend(0)?;
        if !self.patterns.contains_key(pattern) {
            self.spend(WORK_OF_A_PATTERN)?;
            let validator = jsonschema::options().build(&json!({ "pattern": pattern })).ok();
            self.patterns.insert(pattern.to_owned(), validator);
        }
        let validator = self.patterns.get(pattern).and_then(Option::as_ref);
        Ok(validator.is_some_and(|validator| validator.is_valid(&Value::String(text.to_owned()))))
    }

    fn once(&mut self, original: PartId, update: PartId) -> Result<Rc<[Difference]>, Stop> {
        let key = (original, update);
        if let Some(known) = self.compared.get(&key) {
            return Ok(Rc::clone(known));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop::TooMuch);
        }
        if !self.open.insert(key) {
            if let Some(seeded) = self.seed.get(&key) {
                return Ok(Rc::clone(seeded));
            }
            self.assumed = true;
            return Ok(Rc::from([]));
        }
        let mut found = Found::new(key);
        self.whole(&mut found, original, update)?;
        self.open.remove(&key);
        let differences: Rc<[Difference]> = found.differences.into();
        self.compared.insert(key, Rc::clone(&differences));
        Ok(differences)
    }

    /// Compares two parts aside; the differences only when they are compatible.
    pub(super) fn try_pair(&mut self, found: &Found, original: PartId, update: PartId) -> Result<Option<Vec<Difference>>, Stop> {
        let (original, update) = (self.parts.follow(original), self.parts.follow(update));
        let differences = self.once(original, update)?;
        self.spend(differences.len())?;
        if !self.is_compatible(&differences) {
            return Ok(None);
        }
        let mut aside = found.aside();
        aside.rebase(&differences);
        Ok(Some(aside.differences))
    }

    fn whole(&mut self, found: &mut Found, original: PartId, update: PartId) -> Done {
        if self.wrapped(found, original, update)? || self.unwrapped(found, original, update)? {
            return Ok(());
        }
        let (o, u) = (self.parts.shared(original), self.parts.shared(update));
        if !o.same_kind(&u) {
            if !(o.is_false() || u.is_empty() || (is_bytes(&o) && is_bytes(&u))) {
                found.add("TYPE_CHANGED");
            }
            return Ok(());
        }
        words(found, &o, &u);
        match (&o.body, &u.body) {
            (Body::String(a), Body::String(b)) => values::text(found, a, b),
            (Body::Number(a), Body::Number(b)) => values::number(found, a, b)?,
            (Body::Const(a), Body::Const(b)) => values::constant(found, a, b)?,
            (Body::Enum(a), Body::Enum(b)) => values::enumeration(found, a, b),
            (Body::Combined(..), Body::Combined(..)) => combined::both(self, found, &o, &u)?,
            (Body::Not(a), Body::Not(b)) => {
                // What must not match is compared the other way round.
                let mut reverse = found.aside();
                self.compare(&mut reverse, *b, *a)?;
                let compatible = self.is_compatible(&reverse.differences);
                found.add_at("not", if compatible { "NOT_TYPE_NARROWED" } else { "NOT_TYPE_EXTENDED" });
            }
            (Body::Object(a), Body::Object(b)) => objects::compare(self, found, (a, &o.extra), (b, &u.extra))?,
            (Body::Array(a), Body::Array(b)) => lists::compare(self, found, (a, &o.extra), (b, &u.extra))?,
            _ => {}
        }
        Ok(())
    }

    /// A plain original in a combined update; `true` when that settles it.
    fn wrapped(&mut self, found: &mut Found, original: PartId, update: PartId) -> Result<bool, Stop> {
        if matches!(self.parts.get(original).body, Body::Combined(..)) {
            return Ok(false);
        }
        let update = self.parts.shared(update);
        let Body::Combined(criterion, branches, _) = &update.body else { return Ok(false) };
        if branches.len() != 1 && *criterion == Criterion::All {
            return Ok(false);
        }
        for branch in branches {
            if let Some(differences) = self.try_pair(found, original, *branch)? {
                found.differences.extend(differences);
                if branches.len() != 1 {
                    found.add("SUM_TYPE_EXTENDED");
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A combined original and a plain update; `true` when that settles it.
    fn unwrapped(&mut self, found: &mut Found, original: PartId, update: PartId) -> Result<bool, Stop> {
        if matches!(self.parts.get(update).body, Body::Combined(..)) {
            return Ok(false);
        }
        let original = self.parts.shared(original);
        let Body::Combined(criterion, branches, _) = &original.body else { return Ok(false) };
        if branches.len() != 1 && *criterion != Criterion::All {
            return Ok(false);
        }
        for branch in branches {
            if let Some(differences) = self.try_pair(found, *branch, update)? {
                found.differences.extend(differences);
                if branches.len() != 1 {
                    found.add("PRODUCT_TYPE_NARROWED");
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Decimals of Kafka Connect: two types count as one.
fn is_bytes(part: &Part) -> bool {
    part.extra.values.get("connect.type").and_then(Value::as_str) == Some("bytes")
}

/// What is not about messages.
fn words(found: &mut Found, o: &Part, u: &Part) {
    let composite = |value: &Option<Value>| value.as_ref().is_some_and(|v| v.is_array() || v.is_object());
    let changes = [
        ("ID_CHANGED", o.id != u.id),
        ("TITLE_CHANGED", o.title != u.title),
        ("DESCRIPTION_CHANGED", o.description != u.description),
        // The registry takes two lists or objects for two, whatever is in them.
        ("DEFAULT_CHANGED", o.default != u.default || composite(&o.default)),
    ];
    for (kind, _) in changes.into_iter().filter(|(_, changed)| *changed) {
        found.add(kind);
    }
}
