//! What is inside of objects and lists.

use std::collections::BTreeSet;

use eventpact_contract::formats::json_schema::{Dependency, Dialect, JsonType, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::Value;

use super::super::accepts::{dependencies_hold, item_schema};
use super::super::language::{Walked, Wanted};
use super::{At, Fact, Known, Proof, Side};

/// Names of properties and positions of lists that are looked at.
const MAX_NAMES: usize = 5_000;
const MAX_POSITIONS: usize = 100;

fn facts(facts: Vec<Fact>) -> Known {
    Known { facts, ..Known::default() }
}

impl<'a> Proof<'a> {
    fn subs(&self, known: &Known) -> Vec<(Side, &'a Sub)> {
        known.facts.iter().map(|f| (f.side, self.sub(*f))).collect()
    }

    /// The properties that are there for sure.
    pub(super) fn required(&self, known: &Known) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = known.present.iter().cloned().collect();
        let subs = self.subs(known);
        found.extend(subs.iter().flat_map(|(_, s)| s.required.iter().map(|(n, _)| n.clone())));
        loop {
            let before = found.len();
            for (_, sub) in subs.iter().filter(|(side, sub)| dependencies_hold(self.schema(*side), sub)) {
                for (name, needs) in &sub.dependencies {
                    if let (Dependency::Required(names), true) = (needs, found.contains(name)) {
                        found.extend(names.iter().cloned());
                    }
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// What is known of the property with a name.
    pub(super) fn property(&self, known: &Known, name: &str) -> Known {
        let of = |(side, sub): &(Side, &'a Sub)| -> Vec<Fact> {
            let (ids, _) = self.evaluator(*side).property_schemas(sub, name);
            ids.into_iter().map(|id| Fact { side: *side, id }).collect()
        };
        facts(self.subs(known).iter().flat_map(of).collect())
    }

    /// The object has no properties but those that are named.
    fn closed(&self, known: &Known) -> bool {
        let shut = |side: Side, id: SchemaId| self.schema(side).get(id).boolean == Some(false);
        self.subs(known)
            .iter()
            .any(|(side, s)| s.pattern_properties.is_empty() && s.additional_properties.is_some_and(|a| shut(*side, a.schema)))
    }

    pub(super) fn object(&self, known: &Known, sub: &'a Sub, at: At) -> bool {
        let required = self.required(known);
        let limit = |key: &str| sub.node.get(key).and_then(Node::as_f64);
        #[allow(clippy::cast_precision_loss)] // a number of properties
        let sure = required.len() as f64;
        let names = self.names(known, sub);
        let known_to_be = |name: &String| !self.never(&self.property(known, name), at.inside());
        let possible: Vec<&String> = names.iter().filter(|n| known_to_be(n)).collect();
        #[allow(clippy::cast_precision_loss)]
        let most = if self.closed(known) { possible.len() as f64 } else { f64::INFINITY };
        sub.required.iter().all(|(name, _)| required.contains(name))
            && limit("minProperties").is_none_or(|n| self.least(known, "minProperties").max(sure) >= n)
            && limit("maxProperties").is_none_or(|n| self.most(known, "maxProperties").min(most) <= n)
            && names.len() <= MAX_NAMES
            && self.former_dependencies(known, sub)
            && possible.iter().all(|name| self.named(known, sub, name, at))
            && self.unnamed(known, sub, at)
            && self.property_names(known, sub, &possible, at)
            && self.dependencies(known, sub, &possible, at)
            && self.unevaluated(known, sub, &possible, at)
    }

    /// No object can be like that: a property that has to be there cannot, or there are too many or too few.
    pub(super) fn no_object(&self, known: &Known, at: At) -> bool {
        let required = self.required(known);
        let (least, most) = (self.least(known, "minProperties"), self.most(known, "maxProperties"));
        let subs = self.subs(known);
        let named = || subs.iter().flat_map(|(_, s)| &s.properties).map(|p| &p.name).collect::<BTreeSet<_>>().len();
        #[allow(clippy::cast_precision_loss)] // numbers of properties
        let (sure, possible) = (required.len() as f64, if self.closed(known) { named() as f64 } else { f64::INFINITY });
        least.max(sure) > most.min(possible) || required.iter().any(|name| self.never(&self.property(known, name), at.inside()))
    }

    /// No list has such a length.
    pub(super) fn no_list(&self, known: &Known) -> bool {
        self.least(known, "minItems") > self.most_items(known)
    }

    /// The longest that a list can be.
    fn most_items(&self, known: &Known) -> f64 {
        let shut = |(side, s): &(Side, &Sub)| {
            let items = s.items.as_ref()?;
            let rest = items.rest.filter(|id| self.schema(*side).get(*id).boolean == Some(false));
            #[allow(clippy::cast_precision_loss)] // a number of positions
            rest.map(|_| items.prefix.len() as f64)
        };
        self.subs(known).iter().filter_map(shut).fold(self.most(known, "maxItems"), f64::min)
    }

    /// All names that a side knows.
    fn names(&self, known: &Known, sub: &'a Sub) -> BTreeSet<String> {
        let subs = self.subs(known);
        let own = subs.iter().map(|(_, s)| *s).chain([sub]);
        own.flat_map(|s| s.properties.iter().map(|p| p.name.clone()).chain(s.required.iter().map(|(n, _)| n.clone()))).collect()
    }

    fn named(&self, known: &Known, sub: &'a Sub, name: &str, at: At) -> bool {
        let (goals, all) = self.evaluator(Side::Reader).property_schemas(sub, name);
        let property = self.property(known, name);
        all && goals.into_iter().all(|goal| self.implies(&property, goal, at.inside()))
    }

    /// Names that match a pattern of the writer, and all others.
    fn unnamed(&self, known: &Known, sub: &'a Sub, at: At) -> bool {
        if self.closed(known) {
            return true;
        }
        let subs = self.subs(known);
        let patterns: BTreeSet<&str> =
            subs.iter().flat_map(|(_, s)| s.pattern_properties.iter().map(|(p, _)| p.as_str())).collect();
        let others = |(side, s): &(Side, &Sub)| s.additional_properties.map(|a| Fact { side: *side, id: a.schema });
        let rest = facts(subs.iter().filter_map(others).collect());
        let additional = sub.additional_properties.map(|a| a.schema);
        // What the writer says of all names that match a pattern.
        let said = |pattern: &str| -> Vec<Fact> {
            let matching = |(side, s): &(Side, &Sub)| -> Vec<Fact> {
                let found = s.pattern_properties.iter().filter(|(p, _)| self.within(pattern, p));
                found.map(|(_, id)| Fact { side: *side, id: *id }).collect()
            };
            subs.iter().flat_map(matching).collect()
        };
        let own = || sub.pattern_properties.iter().map(|(p, id)| (p.as_str(), *id));
        // A name that no pattern of the writer matches is matched by none that lies within one of them.
        let unsaid = own().filter(|(p, _)| said(p).is_empty()).map(|(_, id)| id);
        let mut rest_fits = unsaid.chain(additional).collect::<Vec<_>>().into_iter();
        rest_fits.all(|goal| self.implies(&rest, goal, at.inside()))
            && patterns.iter().all(|pattern| {
                let matched = said(pattern);
                let both = |p: &str| facts(matched.iter().copied().chain(said(p)).collect());
                let covered = own().any(|(p, _)| self.within(pattern, p));
                let rest = additional.filter(|_| !covered).map(|goal| (facts(matched.clone()), goal));
                let met = own().filter(|(p, _)| !self.apart(pattern, p)).map(|(p, goal)| (both(p), goal));
                met.chain(rest).collect::<Vec<_>>().into_iter().all(|(known, goal)| self.implies(&known, goal, at.inside()))
            })
    }

    /// Every text that the first pattern matches is matched by the second.
    fn within(&self, inner: &str, outer: &str) -> bool {
        inner == outer
            || !self.languages.are_apart(inner, outer)
                && self.languages.find(Wanted { all: &[inner], none: &[outer], ..Wanted::default() }) == Walked::Nothing
    }

    /// No text is matched by both.
    fn apart(&self, one: &str, other: &str) -> bool {
        self.languages.are_apart(one, other)
            || self.languages.find(Wanted { all: &[one, other], ..Wanted::default() }) == Walked::Nothing
    }

    fn property_names(&self, known: &Known, sub: &'a Sub, possible: &[&String], at: At) -> bool {
        let Some(goal) = sub.property_names else { return true };
        let evaluator = self.evaluator(Side::Reader);
        let fits = |name: &&String| evaluator.accepts(goal, &Value::String((*name).clone())) == Some(true);
        if self.closed(known) {
            return possible.iter().all(fits);
        }
        let own = |(side, s): &(Side, &Sub)| s.property_names.map(|id| Fact { side: *side, id });
        let names = facts(self.subs(known).iter().filter_map(own).collect());
        self.implies(&Known { only: Some(JsonType::String), ..names }, goal, at.inside())
    }

    fn dependencies(&self, known: &Known, sub: &'a Sub, possible: &[&String], at: At) -> bool {
        let closed = self.closed(known);
        sub.dependencies.iter().filter(|(name, _)| !closed || possible.contains(&name)).all(|(name, needs)| {
            let mut with = known.clone();
            with.present.push(name.clone());
            for (side, s) in self.subs(known).into_iter().filter(|(side, s)| dependencies_hold(self.schema(*side), s)) {
                let held = s.dependencies.iter().filter(|(n, _)| n == name);
                with.facts.extend(held.filter_map(|(_, d)| match d {
                    Dependency::Schema(id) => Some(Fact { side, id: *id }),
                    Dependency::Required(_) => None,
                }));
            }
            match needs {
                Dependency::Required(names) => {
                    let required = self.required(&with);
                    names.iter().all(|n| required.contains(n))
                }
                Dependency::Schema(goal) => self.implies(&with, *goal, at.next()),
            }
        })
    }

    /// `dependencies` means nothing since 2019-09, but validators look at it all the same: the reader may.
    fn former_dependencies(&self, known: &Known, sub: &Sub) -> bool {
        let written = sub.node.get("dependencies").filter(|_| self.pair.reader.dialect >= Dialect::Draft201909);
        let Some(written) = written else { return true };
        written.as_mapping().is_some_and(|map| {
            map.entries.iter().all(|entry| {
                let Some(names) = entry.value.as_sequence() else { return false };
                let mut with = known.clone();
                with.present.push(entry.key.clone());
                let required = self.required(&with);
                names.iter().all(|name| name.as_str().is_some_and(|name| required.contains(name)))
            })
        })
    }

    /// What no part of the reader describes: it has to be closed on the writer's side too.
    fn unevaluated(&self, known: &Known, sub: &'a Sub, possible: &[&String], at: At) -> bool {
        let Some(goal) = sub.unevaluated_properties else { return true };
        if sub.additional_properties.is_some() || self.pair.reader.get(goal).boolean == Some(true) {
            return true;
        }
        let described = |name: &str| {
            let mut open: Vec<&Sub> = vec![sub];
            let mut seen = 0;
            while let Some(s) = open.pop() {
                seen += 1;
                if s.properties.iter().any(|p| p.name == name) {
                    return true;
                }
                if seen > 50 {
                    return false;
                }
                open.extend(s.reference.iter().chain(&s.all_of).map(|id| self.pair.reader.get(*id)));
            }
            false
        };
        let rest = |name: &str| self.implies(&self.property(known, name), goal, at.inside());
        self.closed(known) && possible.iter().all(|name| described(name) || rest(name))
    }

    /// What is known of the item at an index.
    fn item(&self, known: &Known, index: usize) -> Known {
        let of = |(side, s): &(Side, &Sub)| item_schema(s.items.as_ref(), index).map(|id| Fact { side: *side, id });
        facts(self.subs(known).iter().filter_map(of).collect())
    }

    pub(super) fn array(&self, known: &Known, sub: &'a Sub, at: At) -> bool {
        let subs = self.subs(known);
        let limit = |s: &Sub, key: &str| s.node.get(key).and_then(Node::as_f64);
        let (least, most) = (self.least(known, "minItems"), self.most_items(known));
        let unique = |s: &Sub| s.node.get("uniqueItems").and_then(Node::as_bool) == Some(true);
        let prefix = |s: &Sub| s.items.as_ref().map_or(0, |i| i.prefix.len());
        let positions = subs.iter().map(|(_, s)| prefix(s)).chain([prefix(sub)]).max().unwrap_or(0);
        #[allow(clippy::cast_precision_loss)]
        let there = |n: &usize| (*n as f64) < most;
        let fits =
            |n: usize| item_schema(sub.items.as_ref(), n).is_none_or(|g| self.implies(&self.item(known, n), g, at.inside()));
        limit(sub, "minItems").is_none_or(|n| least >= n)
            && limit(sub, "maxItems").is_none_or(|n| most <= n)
            && (!unique(sub) || most <= 1.0 || subs.iter().any(|(_, s)| unique(s)))
            && positions <= MAX_POSITIONS
            && (0..=positions).filter(there).all(fits)
            && sub.unevaluated_items.is_none_or(|id| self.pair.reader.get(id).boolean == Some(true))
            && self.contains(known, sub, least, positions, at)
    }

    fn contains(&self, known: &Known, sub: &'a Sub, least: f64, positions: usize, at: At) -> bool {
        let Some(goal) = sub.contains else { return true };
        let counted = self.pair.reader.dialect >= Dialect::Draft201909;
        let limit = |s: &Sub, key: &str| s.node.get(key).and_then(Node::as_f64).filter(|_| counted);
        let wanted = limit(sub, "minContains").unwrap_or(1.0);
        if limit(sub, "maxContains").is_some() {
            return false;
        }
        let each = || (0..=positions).all(|n| self.implies(&self.item(known, n), goal, at.inside()));
        let same = |f: &Fact| {
            let s = self.sub(*f);
            let many = if self.schema(f.side).dialect >= Dialect::Draft201909 {
                s.node.get("minContains").and_then(Node::as_f64).unwrap_or(1.0)
            } else {
                1.0
            };
            s.contains
                .is_some_and(|id| many >= wanted && self.implies(&facts(vec![Fact { side: f.side, id }]), goal, at.inside()))
        };
        wanted == 0.0 || (least >= wanted && each()) || known.facts.iter().any(same)
    }
}
