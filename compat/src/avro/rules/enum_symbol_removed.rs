//! Finds: an enum whose reader lacks a symbol that the writer can send, without a default symbol to fall back on.
//!
//! Why it breaks: the reader has no value for the symbol and refuses the message. A default of the *field* does not help: it is
//! for a field that is absent, not for a symbol that is unknown.
//!
//! Instead: keep the symbol in the reader as long as any writer or any stored message has it. To be ready for new symbols give
//! the enum a default early: `"symbols": ["UNKNOWN", …], "default": "UNKNOWN"`. A new symbol goes to the readers first.

use std::collections::HashSet;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/enum-symbol-removed",
        summary: "the reader's enum has every symbol of the writer's, or a default",
        breaks: Breaks::Wire,
        source: include_str!("enum_symbol_removed.rs"),
    },
    check: Check::Named(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let pair = site.enums()?;
    let (reader, writer) = (pair.reader, pair.writer);
    // Most enums stay as they are, or grow at their end.
    let same = reader.symbols.iter().zip(&writer.symbols).all(|(ours, theirs)| ours.name == theirs.name);
    if same && reader.symbols.len() >= writer.symbols.len() {
        return None;
    }
    let known: HashSet<&str> = reader.symbols.iter().map(|s| s.name.as_str()).collect();
    let index = writer.symbols.iter().position(|s| !known.contains(s.name.as_str()))?;
    if reader.default.is_some() {
        return None;
    }
    let first = writer.symbols.get(index)?;
    let mut missing: Vec<&str> = writer.symbols.iter().map(|s| s.name.as_str()).filter(|s| !known.contains(s)).collect();
    missing.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
    let name = reader.named.name.full();
    let shown = missing.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 8 { format!(" and {} more", missing.len() - 8) } else { String::new() };
    let what = if missing.len() == 1 { "symbol" } else { "symbols" };
    Some(Draft {
        message: format!("the reader's enum {name} lacks the {what} {shown}{more}, which the writer can send"),
        help: "Keep the symbol in the reader's enum, or give that enum a \"default\" symbol to read unknown ones as.".to_owned(),
        reader: Place::new(reader.named.name_span, format!("has no {}", first.name)),
        writer: Place::new(first.span, format!("symbol {}", first.name)),
        suffix: Some("symbols"),
        peer: Some(("MISSING_ENUM_SYMBOLS", format!("[{}]", missing.join(", ")))),
        trigger: Trigger::Symbol(index),
    })
}
