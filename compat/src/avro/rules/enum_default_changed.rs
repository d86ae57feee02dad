//! Finds: an enum whose default symbol differs between reader and writer, or that only the writer has one for.
//!
//! Why it matters: a reader takes its default for a symbol that it does not know. With another default, the same unknown symbol
//! is read as something else; without one, the next symbol that a writer adds cannot be read.
//!
//! Instead: choose a default that says "something else" (`UNKNOWN`) and keep it. A note: symbols that both know are read as
//! before. When an earlier version has symbols that need the default, see avro/default-lost.

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/enum-default-changed",
        summary: "an enum keeps its default symbol",
        breaks: Breaks::Contract,
        source: include_str!("enum_default_changed.rs"),
    },
    check: Check::Note(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let pair = site.enums()?;
    let theirs = pair.writer.default.as_ref()?;
    let own = pair.reader.default.as_ref();
    if own.is_some_and(|own| own.name == theirs.name) {
        return None;
    }
    let named = &pair.reader.named;
    let (name, sent) = (named.name.full(), &theirs.name);
    let message = match own {
        Some(own) => {
            format!("a symbol that is unknown to the enum {name} is {} for the reader, and {sent} for the writer", own.name)
        }
        None => format!("the reader's enum {name} has no default symbol, the writer's has {sent}: it reads no unknown symbol"),
    };
    Some(Draft {
        message,
        help: format!("Keep \"default\": \"{sent}\" in the reader's enum."),
        reader: own.map_or_else(
            || Place::new(named.name_span, "no default symbol"),
            |own| Place::new(own.span, format!("default {}", own.name)),
        ),
        writer: Place::new(theirs.span, format!("default {sent}")),
        suffix: None,
        peer: None,
        trigger: Trigger::None,
    })
}
