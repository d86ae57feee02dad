//! Finds: a record, enum or fixed with the same simple name in another namespace, and no alias for the old full name.
//!
//! Why it breaks: the specification and Avro Java compare simple names, so data can be read. But generated classes move to
//! another package, decoders that compare full names refuse the data, and a reader that maps full names to handlers (a union of
//! events, a schema id by record name, subjects named after records) does not find the type.
//!
//! Instead: keep the namespace, or list the old full name in the reader's `"aliases"`. A warning, since Avro Java and the
//! registries accept the change.

use crate::avro::site::{Check, Draft, Site, Trigger, span};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/namespace-changed",
        summary: "a named type keeps its namespace, or the reader knows the old full name as an alias",
        breaks: Breaks::Source,
        source: include_str!("namespace_changed.rs"),
    },
    check: Check::Meaning(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    let (own, theirs) = (reader.kind.named()?, writer.kind.named()?);
    if own.name.namespace == theirs.name.namespace || own.name.name != theirs.name.name || own.aliases.contains(&theirs.name) {
        return None;
    }
    let (ours, sent) = (own.name.full(), theirs.name.full());
    let kind = reader.kind.name();
    Some(Draft {
        message: format!("the reader's {kind} is {ours}, the writer's is {sent}: only decoders that ignore namespaces read it"),
        help: format!("Keep the namespace, or give the reader's type \"aliases\": [\"{sent}\"]."),
        reader: Place::new(span(reader), ours),
        writer: Place::new(span(writer), sent),
        suffix: None,
        peer: None,
        trigger: Trigger::None,
    })
}
