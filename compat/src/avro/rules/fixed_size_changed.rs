//! Finds: a fixed that has another number of bytes in the reader than in the writer.
//!
//! Why it breaks: the bytes carry no length. A reader with another size takes too many or too few, and everything behind them is
//! read from the wrong place.
//!
//! Instead: add a field with a fixed of a new name and the new size and fill both for a while, or use `bytes` when sizes vary.

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/fixed-size-changed",
        summary: "a fixed keeps its size",
        breaks: Breaks::Wire,
        source: include_str!("fixed_size_changed.rs"),
    },
    check: Check::Named(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let pair = site.fixed()?;
    let (reader, writer) = (pair.reader, pair.writer);
    if reader.size == writer.size {
        return None;
    }
    let name = reader.named.name.full();
    Some(Draft {
        message: format!("the reader expects {} bytes for the fixed {name}, the writer sends {}", reader.size, writer.size),
        help: "Add a field with a new fixed type instead of changing the size of this one.".to_owned(),
        reader: Place::new(reader.size_span, format!("{} bytes", reader.size)),
        writer: Place::new(writer.size_span, format!("{} bytes", writer.size)),
        suffix: Some("size"),
        peer: Some(("FIXED_SIZE_MISMATCH", format!("expected: {}, found: {}", writer.size, reader.size))),
        trigger: Trigger::Any,
    })
}
