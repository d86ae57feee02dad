//! Finds: a field of the reader that lacks an alias which the writer's field of the same name has.
//!
//! Why it matters: the alias is what messages from before the renaming are read by. Without it, the field counts as absent in
//! them: they cannot be read, or the field silently has its default. Whether there are such messages is not in these two schemas:
//! a history of versions shows it (avro/alias-lost).
//!
//! Instead: keep the alias for as long as messages with the old name are stored. A note: messages of this writer are read as
//! before.

use std::collections::HashSet;

use eventpact_contract::formats::avro::Field;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::pair::Pair;
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/field-alias-removed",
        summary: "a field keeps its aliases",
        breaks: Breaks::Contract,
        source: include_str!("field_alias_removed.rs"),
    },
    check: Check::FieldNote(check),
};

fn check(_: &Site<'_>, fields: &Pair<'_, Field>) -> Option<Draft> {
    let (reader, writer) = (fields.reader, fields.writer);
    if writer.aliases.is_empty() || reader.name != writer.name {
        return None;
    }
    let kept: HashSet<&str> = reader.aliases.iter().map(AsRef::as_ref).collect();
    let alias = writer.aliases.iter().find(|alias| **alias != reader.name && !kept.contains(alias.as_str()))?;
    Some(Draft {
        message: format!(
            "the reader does not take the name '{alias}' for the field '{}', the writer's own schema does",
            reader.name
        ),
        help: format!("Keep the alias '{alias}' as long as messages with that name are stored."),
        reader: Place::new(reader.name_span, format!("no alias '{alias}'")),
        writer: Place::new(writer.name_span, format!("alias '{alias}'")),
        suffix: None,
        peer: None,
        trigger: Trigger::None,
    })
}
