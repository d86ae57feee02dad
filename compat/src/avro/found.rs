//! What the walker meets, before it is told: one difference in a named type that is used in many places is one finding.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::TypeId;
use eventpact_contract::source::Span;

use super::site::Trigger;
use super::witness::{Prover, Step};
use crate::report::{Finding, PeerWording, Place};
use crate::rule::RuleInfo;

/// How many of the places where a type is used a message names.
const SHOWN_WAYS: usize = 3;
/// The part of a way that goes into a list or a map.
pub(super) const INSIDE: &str = "[]";

/// A finding without its witness and the way that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) rule: RuleInfo,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) reader: Place,
    pub(super) writer: Place,
    /// The types that meet.
    pub(super) types: (TypeId, TypeId),
    pub(super) path: String,
    pub(super) peer: Option<PeerWording>,
    /// The way to the break in the writer's values.
    pub(super) trail: Vec<Step>,
    /// What must stand there.
    pub(super) trigger: Trigger,
}

impl Raw {
    pub(super) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding. `ways` lead to it from the root, by the names of the reader's fields.
    pub(super) fn finding(&self, ways: &[String], prover: Option<&mut Prover<'_>>) -> Finding {
        Finding {
            rule: self.rule,
            severity: self.severity,
            message: format!("{}{}", through(ways), self.message),
            help: self.help.clone(),
            reader: self.reader.clone(),
            writer: self.writer.clone(),
            path: self.path.clone(),
            peer: self.peer.clone(),
            witness: prover.and_then(|prover| prover.witness(self)),
        }
    }
}

/// `field 'total': `, or nothing at the root.
fn through(ways: &[String]) -> String {
    let shown: Vec<String> = ways.iter().filter(|w| !w.is_empty()).take(SHOWN_WAYS).map(|way| format!("'{way}'")).collect();
    match (shown.len(), ways.len().saturating_sub(shown.len())) {
        (0, _) => String::new(),
        (1, 0) => format!("field {}: ", shown.concat()),
        (_, 0) => format!("fields {}: ", shown.join(", ")),
        (_, more) => format!("fields {} and {more} more: ", shown.join(", ")),
    }
}

/// A finding and the names of the reader's fields that lead to it.
#[derive(Debug, Clone)]
pub(super) struct Met<'s> {
    pub(super) raw: Rc<Raw>,
    pub(super) names: Rc<[&'s str]>,
}

impl Met<'_> {
    /// `order.items[].price`
    fn way(&self) -> String {
        let mut way = String::new();
        for name in &*self.names {
            way.push_str(if way.is_empty() || *name == INSIDE { "" } else { "." });
            way.push_str(name);
        }
        way
    }
}

pub(super) type Found<'s> = Vec<Met<'s>>;

pub(super) fn has_errors(found: &Found<'_>) -> bool {
    found.iter().any(|met| met.raw.is_error())
}

/// Each finding with the ways to it. A registry repeats a finding for each way, so there nothing is joined.
pub(super) fn gather(found: Found<'_>, join: bool) -> Vec<(Rc<Raw>, Vec<String>)> {
    let mut gathered: Vec<(Rc<Raw>, Vec<String>)> = Vec::with_capacity(found.len());
    let mut places: HashMap<(&'static str, Span, Span, String), usize> = HashMap::new();
    let mut known: HashSet<(usize, String)> = HashSet::new();
    for met in found {
        let way = met.way();
        let next = gathered.len();
        let at = if join {
            let raw = &met.raw;
            *places.entry((raw.rule.id, raw.reader.span, raw.writer.span, raw.message.clone())).or_insert(next)
        } else {
            next
        };
        match gathered.get_mut(at) {
            Some((_, ways)) => {
                if known.insert((at, way.clone())) {
                    ways.push(way);
                }
            }
            None => {
                known.insert((at, way.clone()));
                gathered.push((met.raw, vec![way]));
            }
        }
    }
    gathered
}
