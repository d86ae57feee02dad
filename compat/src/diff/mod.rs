//! What changed between two versions, for people: compatible changes too, each with what it means in both directions.
//!
//! Each format is turned into a tree of items (one file each); one walk over two such trees finds the changes (`tree.rs`); the
//! findings of the rules are put to the changes that they come from (`attribute.rs`). No rule looks at an item: what breaks is
//! decided on the trees of the formats.

mod asyncapi;
mod attribute;
mod avro;
mod json_schema;
mod protobuf;
mod tree;
mod version;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Contract;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;

use crate::check;
use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::pair::Pair;
use crate::parts::parts;
use crate::report::Finding;
use crate::rule::Profile;

use attribute::Found;
pub use version::{Bump, Claim, claim};

/// Something that has a name in a contract or a schema, with what is said of it.
#[derive(Debug, Clone)]
struct Item {
    /// Pairs it with its counterpart among its siblings.
    key: String,
    /// Other keys by which it may be paired: aliases, names without their namespace.
    also: Vec<String>,
    /// `field`, `symbol`, `channel`.
    what: &'static str,
    /// How people call it.
    name: String,
    span: Span,
    /// What an addition or a removal shows: the type of a field.
    summary: String,
    facets: Vec<Facet>,
    children: Vec<Item>,
    /// Others refer to it: by itself, to add or to remove it breaks nobody.
    shared: bool,
}

/// One thing that is said of an item.
#[derive(Debug, Clone)]
struct Facet {
    name: String,
    value: String,
    span: Span,
    /// Only people read it.
    metadata: bool,
}

impl Item {
    fn new(what: &'static str, key: impl Into<String>, span: Span) -> Self {
        let key = key.into();
        let (name, summary) = (key.clone(), String::new());
        Self { key, also: Vec::new(), what, name, span, summary, facets: Vec::new(), children: Vec::new(), shared: false }
    }

    /// How many items it is made of, itself among them.
    fn size(&self) -> usize {
        1 + self.children.iter().map(Self::size).sum::<usize>()
    }

    /// Says something that programs depend on.
    fn say(&mut self, name: impl Into<String>, value: impl Into<String>, span: Span) {
        self.facets.push(Facet { name: name.into(), value: value.into(), span, metadata: false });
    }

    /// Says something that only people read; nothing when there is nothing.
    fn note(&mut self, name: impl Into<String>, value: Option<&str>, span: Span) {
        if let Some(value) = value {
            self.facets.push(Facet { name: name.into(), value: value.to_owned(), span, metadata: true });
        }
    }
}

/// How something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The old version has it.
    Removed,
    /// Both have it, and say something else of it.
    Changed,
    /// The new version has it.
    Added,
}

impl Kind {
    /// `removed`, `changed`, `added`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Added => "added",
        }
    }
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// How.
    pub kind: Kind,
    /// Where, by names: `orders / OrderPlaced / payload / shop.Order / total`.
    pub path: Vec<String>,
    /// What: `field total`, `type of field total`.
    pub what: String,
    /// What it was; `None` for an addition.
    pub before: Option<String>,
    /// What it is; `None` for a removal.
    pub after: Option<String>,
    /// The place in the old version.
    pub old: Option<Span>,
    /// The place in the new version.
    pub new: Option<Span>,
    /// The items that it stands in, the new and the old one.
    around: Option<(Span, Span)>,
    /// A type that others refer to came or went: what breaks is said where they do.
    shared: bool,
    /// Only people read it.
    pub metadata: bool,
    /// What the rules say of it; empty when it is safe both ways.
    pub effects: Vec<Effect>,
}

/// What a rule says of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Who reads whom.
    pub direction: Direction,
    /// The rule.
    pub rule: &'static str,
    /// An error breaks.
    pub severity: Severity,
    /// Why.
    pub message: String,
    /// It counts in the mode of the run.
    pub counts: bool,
}

impl Change {
    /// The worst that is said of it in one direction; `None` when it is safe.
    pub fn worst(&self, direction: Direction) -> Option<&Effect> {
        self.effects.iter().filter(|effect| effect.direction == direction).min_by_key(|effect| effect.severity)
    }

    /// It breaks in a direction that the mode asks for.
    pub fn breaks(&self) -> bool {
        self.effects.iter().any(|effect| effect.counts && effect.severity == Severity::Error)
    }

    /// Something is worth a look in a direction that the mode asks for.
    pub fn warns(&self) -> bool {
        self.effects.iter().any(|effect| effect.counts && effect.severity <= Severity::Warning)
    }
}

/// Everything that changed between two versions of a document.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// The changes, in the order of the new text; removals stand where their surroundings are.
    pub changes: Vec<Change>,
    /// What could not be decided.
    pub unknown: Vec<String>,
}

impl Difference {
    /// How the version should change.
    pub fn bump(&self) -> Bump {
        version::bump(&self.changes)
    }
}

/// Compares two versions of a schema. Both directions are looked at; `mode` says which of them counts. `whole`: no message was
/// named, so that each message of a Protobuf file stands for itself.
pub fn schemas(new: &Schema, old: &Schema, mode: Mode, options: Options, whole: bool) -> Difference {
    let mut changes = tree::compare(&items(new), &items(old));
    let (mut findings, mut unknown) = (Vec::new(), Vec::new());
    if let (Schema::Protobuf(new), Schema::Protobuf(old), true, Profile::Sound) = (new, old, whole, options.profile) {
        protobuf::removed(new, old, &mut changes);
    }
    for (new, old) in parts(new, old, options.profile, whole).pairs.iter().take_while(|_| !deadline::is_over_now()) {
        for direction in [Direction::Backward, Direction::Forward] {
            let pair = match direction {
                Direction::Backward => Pair::new(new, old),
                Direction::Forward => Pair::new(old, new),
            };
            let report = check::compare(pair, options);
            let new_reads = direction == Direction::Backward;
            findings.extend(report.findings.into_iter().map(|finding| Found { direction, new_reads, finding }));
            unknown.extend(report.unknown);
        }
    }
    let counts = |direction: Direction, _: &Finding| mode.directions().contains(&direction);
    attribute::attribute(&mut changes, findings, counts);
    unknown.extend(deadline::why());
    unknown.dedup();
    Difference { changes, unknown }
}

/// Compares two versions of a contract; payloads are compared in the direction of their operations.
pub fn contracts(new: &Contract, old: &Contract, mode: Mode, options: Options) -> Difference {
    let mut changes = tree::compare(&asyncapi::items(new), &asyncapi::items(old));
    let report = crate::asyncapi::compare(new, old, Mode::Full, options);
    let mut findings = Vec::new();
    for found in report.findings {
        let (of_contract, sides) = (found.finding.rule.id.starts_with("asyncapi/"), found.sides);
        if !of_contract || sides.none() {
            let new_reads = of_contract || found.direction == Direction::Backward;
            findings.push(Found { direction: found.direction, new_reads, finding: found.finding });
            continue;
        }
        // Whoever wrote the old messages breaks where the new version reads them, and the other way round.
        let hit = [(sides.producers, Direction::Backward), (sides.consumers, Direction::Forward)];
        for (_, direction) in hit.into_iter().filter(|(hit, _)| *hit) {
            findings.push(Found { direction, new_reads: true, finding: found.finding.clone() });
        }
    }
    let counts = |direction: Direction, finding: &Finding| {
        mode != Mode::None && finding.rule.id.starts_with("asyncapi/") || mode.directions().contains(&direction)
    };
    attribute::attribute(&mut changes, findings, counts);
    Difference { changes, unknown: report.unknown }
}

/// A schema as a tree of items.
fn items(schema: &Schema) -> Vec<Item> {
    match schema {
        Schema::Avro(schema) => avro::items(schema),
        Schema::Protobuf(schema) => protobuf::items(schema),
        Schema::JsonSchema(schema) => json_schema::items(schema),
    }
}
