//! Proves keyword by keyword that a reader accepts what a writer does: where schemas contain themselves, where patterns are within
//! one another, and where names of properties are what matters, which a normal form cannot tell.
//!
//! What is known of a value is a list of schemas that accept it, of either side. Nothing is ever concluded from what is not
//! understood. A schema that contains itself is proved by induction: what is inside of a value is smaller than the value.

pub(super) mod alike;
mod inside;
mod plain;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use eventpact_contract::deadline;
use eventpact_contract::formats::json_schema::{Dialect, JsonType, Schema, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::Value;

use crate::pair::Pair;

use super::accepts::{Evaluator, Names};
use super::language::Languages;
use alike::Likeness;

/// Goals that are looked at, and schemas that are known of one value.
const MAX_GOALS: usize = 20_000;
const MAX_FACTS: usize = 60;
/// Goals are nested this deep.
const MAX_DEPTH: usize = 100;
/// Cases that are told apart, one within the other.
const MAX_CASES: usize = 3;

/// A schema that accepts the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Fact {
    side: Side,
    id: SchemaId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Side {
    Reader,
    Writer,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Known {
    facts: Vec<Fact>,
    /// Properties that are there.
    present: Vec<String>,
    /// The type, when it was told apart.
    only: Option<JsonType>,
}

/// How deep the proof is, and how many values and cases were entered on the way.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    depth: usize,
    level: usize,
    cases: usize,
}

impl At {
    fn next(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn inside(self) -> Self {
        Self { depth: self.depth + 1, level: self.level + 1, ..self }
    }
}

/// The reader is proved to accept everything that the writer does.
pub(super) fn holds(pair: Pair<'_, Schema>, languages: &Languages) -> bool {
    // 1.0 is an integer since draft-06 only: a reader of an earlier draft refuses it. The other way round there is less to read.
    let integers = |schema: &Schema| schema.subs.iter().any(|s| s.types.contains(&JsonType::Integer));
    if is_early(pair.reader) && !is_early(pair.writer) && integers(pair.reader) {
        return false;
    }
    let likeness = RefCell::new(Likeness::new(pair));
    let names = <[Names; 2]>::default();
    let proof = Proof { pair, languages, names: &names, goals: Cell::new(0), open: RefCell::new(HashMap::new()), likeness };
    let known = Known { facts: vec![Fact { side: Side::Writer, id: pair.writer.root }], ..Known::default() };
    proof.implies(&known, pair.reader.root, At::default())
}

/// Up to draft-04 (and OpenAPI 3.0) numbers that are written with a point are no integers.
fn is_early(schema: &Schema) -> bool {
    schema.dialect < Dialect::Draft06
}

struct Proof<'a> {
    pair: Pair<'a, Schema>,
    languages: &'a Languages,
    names: &'a [Names; 2],
    goals: Cell<usize>,
    /// Goals under way, with the number of values that were entered.
    open: RefCell<HashMap<(Known, SchemaId), usize>>,
    likeness: RefCell<Likeness<'a>>,
}

impl<'a> Proof<'a> {
    fn schema(&self, side: Side) -> &'a Schema {
        match side {
            Side::Reader => self.pair.reader,
            Side::Writer => self.pair.writer,
        }
    }

    fn sub(&self, fact: Fact) -> &'a Sub {
        self.schema(fact.side).get(fact.id)
    }

    fn evaluator(&self, side: Side) -> Evaluator<'a> {
        let [ours, theirs] = self.names;
        let names = if side == Side::Reader { ours } else { theirs };
        Evaluator { schema: self.schema(side), languages: self.languages, names }
    }

    /// Every value of which this is known is accepted by a schema of the reader.
    fn implies(&self, known: &Known, goal: SchemaId, at: At) -> bool {
        if at.depth > MAX_DEPTH || deadline::is_over() {
            return false;
        }
        let Some(known) = self.expanded(known) else { return true };
        let sub = self.pair.reader.get(goal);
        if sub.boolean == Some(true) || known.facts.iter().any(|fact| self.says_same(*fact, goal)) {
            return true;
        }
        self.goals.set(self.goals.get() + 1);
        if self.goals.get() > MAX_GOALS {
            return false;
        }
        let key = (known, goal);
        // Inside of a value that is under way it holds by induction; at the same value that would be a circle.
        if let Some(level) = self.open.borrow().get(&key) {
            return *level < at.level;
        }
        self.open.borrow_mut().insert(key.clone(), at.level);
        let known = &key.0;
        let proved = self
            .by_values(known, goal)
            .unwrap_or_else(|| self.directly(known, sub, at) || self.by_cases(known, goal, at) || self.never(known, at.next()));
        self.open.borrow_mut().remove(&key);
        proved
    }

    /// What is known is what a schema of the reader says.
    fn says_same(&self, fact: Fact, goal: SchemaId) -> bool {
        match fact.side {
            Side::Reader => fact.id == goal,
            Side::Writer => self.likeness.borrow_mut().holds(fact.id, goal),
        }
    }

    /// No value of which this is known is accepted by a schema of the reader.
    fn excluded(&self, known: &Known, id: SchemaId, at: At) -> bool {
        // The writer's must accept all that the reader's does, so both have to mean the same by an integer.
        let alike = |fact: &Fact| fact.side == Side::Reader || is_early(self.pair.reader) == is_early(self.pair.writer);
        let same =
            |fact: &Fact| alike(fact) && self.sub(*fact).not.is_some_and(|own| self.says_same(Fact { id: own, ..*fact }, id));
        known.facts.iter().any(same) || self.never(&Self::with(known, Fact { side: Side::Reader, id }), at.next())
    }

    /// Adds what the facts are made of; `None` when no value can be like that.
    fn expanded(&self, known: &Known) -> Option<Known> {
        let mut open = known.facts.clone();
        let mut facts: Vec<Fact> = Vec::new();
        while let Some(fact) = open.pop() {
            if facts.contains(&fact) || facts.len() > MAX_FACTS {
                continue;
            }
            let sub = self.sub(fact);
            if sub.boolean == Some(false) || sub.not.is_some_and(|id| self.schema(fact.side).get(id).accepts_all()) {
                return None;
            }
            let of = |id: &SchemaId| Fact { side: fact.side, id: *id };
            open.extend(sub.reference.iter().map(of));
            if sub.reference.is_some() && self.schema(fact.side).dialect.reference_stands_alone() {
                continue;
            }
            facts.push(fact);
            open.extend(sub.all_of.iter().map(of));
            for branches in [&sub.any_of, &sub.one_of] {
                if let [one] = branches.as_slice() {
                    open.push(of(one));
                }
            }
        }
        facts.sort_unstable();
        let known = Known { facts, present: known.present.clone(), only: known.only };
        (!self.types(&known).is_empty()).then_some(known)
    }

    /// The types that the value may have; integers are told apart from other numbers.
    fn types(&self, known: &Known) -> Vec<JsonType> {
        let all = [JsonType::Null, JsonType::Boolean, JsonType::Integer, JsonType::Number];
        let all = all.into_iter().chain([JsonType::String, JsonType::Array, JsonType::Object]);
        let allowed = |ty: &JsonType| {
            let by = |fact: &Fact| {
                let types = &self.sub(*fact).types;
                types.is_empty() || types.contains(ty) || (*ty == JsonType::Integer && types.contains(&JsonType::Number))
            };
            known.only.is_none_or(|only| only == *ty) && known.facts.iter().all(by)
        };
        all.filter(allowed).collect()
    }

    /// Tries all values, when there are few; `None` when there are not, or when one is in doubt.
    fn by_values(&self, known: &Known, goal: SchemaId) -> Option<bool> {
        let listed = known.facts.iter().find_map(|f| {
            let sub = self.sub(*f);
            let list = sub.enumeration.as_ref().map(|all| all.iter().map(Node::to_json).collect::<Vec<Value>>());
            sub.constant.as_ref().map(|c| vec![c.to_json()]).or(list)
        });
        let types = self.types(known);
        let simple = types.iter().all(|t| matches!(t, JsonType::Null | JsonType::Boolean));
        let values = listed.or_else(|| simple.then(|| vec![Value::Null, Value::Bool(true), Value::Bool(false)]))?;
        let values = self.as_sent(values)?;
        let possible = |value: &&Value| {
            let typed = types.iter().any(|t| super::accepts::has_type(value, *t));
            typed && known.facts.iter().all(|f| self.evaluator(f.side).accepts(f.id, value) != Some(false))
        };
        let fits = |value: &Value| self.evaluator(Side::Reader).accepts(goal, value);
        super::accepts::all(values.iter().filter(possible).map(fits)).filter(|truth| *truth)
    }

    /// Each keyword of the reader on its own.
    fn directly(&self, known: &Known, sub: &'a Sub, at: At) -> bool {
        let stands_alone = self.pair.reader.dialect.reference_stands_alone();
        if sub.boolean == Some(false) || sub.dynamic_reference.is_some() {
            return false;
        }
        if let Some(target) = sub.reference {
            let fits = self.implies(known, target, at.next());
            if !fits || stands_alone {
                return fits;
            }
        }
        let types = self.types(known);
        let typed = |ty: &JsonType| {
            sub.types.is_empty() || sub.types.contains(ty) || (*ty == JsonType::Integer && sub.types.contains(&JsonType::Number))
        };
        if !types.iter().all(typed) || sub.enumeration.is_some() || sub.constant.is_some() {
            return false;
        }
        if sub.not.is_some_and(|id| !self.excluded(known, id, at)) {
            return false;
        }
        let numbers = types.contains(&JsonType::Number);
        (!(numbers || types.contains(&JsonType::Integer)) || self.number(known, sub, !numbers))
            && (!types.contains(&JsonType::String) || self.text(known, sub))
            && (!types.contains(&JsonType::Array) || self.array(known, sub, at))
            && (!types.contains(&JsonType::Object) || self.object(known, sub, at))
            && sub.all_of.iter().all(|id| self.implies(known, *id, at.next()))
            && (sub.any_of.is_empty() || sub.any_of.iter().any(|id| self.implies(known, *id, at.next())))
            && (sub.one_of.is_empty() || self.one_of(known, &sub.one_of, at))
            && self.condition(known, sub, at)
    }

    /// One branch holds, and it is the only one.
    fn one_of(&self, known: &Known, branches: &[SchemaId], at: At) -> bool {
        let apart = |id: &SchemaId| self.never(&Self::with(known, Fact { side: Side::Reader, id: *id }), at.next());
        let only = |one: &SchemaId| branches.iter().filter(|other| *other != one).all(apart);
        branches.iter().any(|one| self.implies(known, *one, at.next()) && only(one))
    }

    fn condition(&self, known: &Known, sub: &Sub, at: At) -> bool {
        let Some(condition) = sub.conditional else { return true };
        let tested = Self::with(known, Fact { side: Side::Reader, id: condition.test });
        let then = condition.then.is_none_or(|id| self.never(&tested, at.next()) || self.implies(&tested, id, at.next()));
        let other = |id| self.implies(known, condition.test, at.next()) || self.implies(known, id, at.next());
        then && condition.otherwise.is_none_or(other)
    }

    fn with(known: &Known, fact: Fact) -> Known {
        let mut known = known.clone();
        known.facts.push(fact);
        known
    }

    /// The branches of the writer one by one, then the types.
    fn by_cases(&self, known: &Known, goal: SchemaId, at: At) -> bool {
        if at.cases >= MAX_CASES {
            return false;
        }
        let at = At { cases: at.cases + 1, ..at.next() };
        for fact in &known.facts {
            let sub = self.sub(*fact);
            for branches in [&sub.any_of, &sub.one_of] {
                let taken = |id: &&SchemaId| known.facts.contains(&Fact { side: fact.side, id: **id });
                if branches.len() > 1 && !branches.iter().any(|id| taken(&id)) {
                    let case = |id: &SchemaId| Self::with(known, Fact { side: fact.side, id: *id });
                    return branches.iter().all(|id| self.implies(&case(id), goal, at));
                }
            }
        }
        let types = self.types(known);
        types.len() > 1 && types.iter().all(|ty| self.implies(&Known { only: Some(*ty), ..known.clone() }, goal, at))
    }

    /// No value can be like that.
    fn never(&self, known: &Known, at: At) -> bool {
        self.goals.set(self.goals.get() + 1);
        if self.goals.get() > MAX_GOALS || at.depth > MAX_DEPTH || deadline::is_over() {
            return false;
        }
        let Some(known) = self.expanded(known) else { return true };
        let constants = known.facts.iter().filter_map(|f| {
            let sub = self.sub(*f);
            let list: Vec<Value> = sub.enumeration.iter().flatten().chain(&sub.constant).map(Node::to_json).collect();
            (!list.is_empty()).then_some(list)
        });
        for values in constants.filter_map(|values| self.as_sent(values)) {
            let refused = |v: &Value| known.facts.iter().any(|f| self.evaluator(f.side).accepts(f.id, v) == Some(false));
            if values.iter().all(refused) {
                return true;
            }
        }
        self.types(&known).into_iter().all(|ty| self.never_of_type(&known, ty, at))
    }

    /// No value of a type can be like that.
    fn never_of_type(&self, known: &Known, ty: JsonType, at: At) -> bool {
        match ty {
            JsonType::Null | JsonType::Boolean => false,
            JsonType::Integer | JsonType::Number => self.no_number(known, ty == JsonType::Integer),
            JsonType::String => self.no_text(known),
            JsonType::Array => self.no_list(known),
            JsonType::Object => self.no_object(known, at),
        }
    }

    /// The values as they are sent, where it matters whether a number is written with a point; `None` for numbers inside of others.
    fn as_sent(&self, values: Vec<Value>) -> Option<Vec<Value>> {
        if !is_early(self.pair.reader) && !is_early(self.pair.writer) {
            return Some(values);
        }
        if values.iter().any(|v| v.is_array() || v.is_object()) {
            return None;
        }
        let twin = |value: &Value| super::accepts::with_point(value).or_else(|| super::accepts::without_point(value));
        let twins: Vec<Value> = values.iter().filter_map(twin).collect();
        Some(values.into_iter().chain(twins).collect())
    }
}
