//! Finds: two fields of the reader that take the same field of the writer, by name and by alias or both by alias.
//!
//! Why it breaks: a value is read once. Avro Java's checker lets the pair pass, but its decoder, like ours, refuses every
//! message: it cannot fill both fields.
//!
//! Instead: leave the alias on one of the two fields and give the other a default. A warning, since Avro Java's checker and the
//! registries accept the change; take it for an error all the same.

use eventpact_contract::formats::avro::Field;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/field-taken-twice",
        summary: "a field of the writer goes into one field of the reader",
        breaks: Breaks::Wire,
        source: include_str!("field_taken_twice.rs"),
    },
    check: Check::SharedField(check),
};

fn check(_: &Site<'_>, sent: &Field, takers: &[&Field; 2]) -> Draft {
    let [first, second] = takers;
    let by_alias = if second.name == sent.name { first } else { second };
    Draft {
        message: format!(
            "the reader's fields '{}' and '{}' both take the writer's field '{}', so no message can be read",
            first.name, second.name, sent.name
        ),
        help: format!("Remove the alias '{}' from '{}', and give that field a default.", sent.name, by_alias.name),
        reader: Place::new(by_alias.name_span, format!("takes '{}' too", sent.name)),
        writer: Place::new(sent.name_span, "taken twice"),
        suffix: None,
        peer: None,
        trigger: Trigger::Field(sent.name.to_string()),
    }
}
