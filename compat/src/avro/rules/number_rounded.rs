//! Finds: whole numbers of the writer that the reader takes for a float or double with fewer digits: long → double, long → float,
//! int → float.
//!
//! Why it breaks: Avro allows the promotion, and it rounds. A double holds whole numbers up to 2^53 exactly and a float up to
//! 2^24; beyond that, neighbours become equal. An id or an amount in cents is then another one, and no decoder complains.
//!
//! Instead: keep the type (int → long loses nothing), or use a decimal in a new field. A warning, since Avro Java and the
//! registries accept the change.

use eventpact_contract::formats::avro::Kind;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/number-rounded",
        summary: "the reader's type holds every number that the writer's does",
        breaks: Breaks::Wire,
        source: include_str!("number_rounded.rs"),
    },
    check: Check::Meaning(check),
};

/// The largest powers of two up to which a float and a double hold every whole number.
const FLOAT: i64 = 1 << 24;
const DOUBLE: i64 = 1 << 53;

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    let (exact, power) = match (&writer.kind, &reader.kind) {
        (Kind::Int | Kind::Long, Kind::Float) => (FLOAT, "2^24"),
        (Kind::Long, Kind::Double) => (DOUBLE, "2^53"),
        _ => return None,
    };
    let (ours, sent) = (reader.kind.name(), writer.kind.name());
    Some(Draft {
        message: format!("the reader takes the {sent} for a {ours}, which rounds numbers beyond {power}"),
        help: format!("Keep {sent}, unless the numbers stay below {power} ({exact})."),
        reader: Place::new(reader.span, ours),
        writer: Place::new(writer.span, sent),
        suffix: None,
        peer: None,
        trigger: Trigger::Number(exact + 1),
    })
}
