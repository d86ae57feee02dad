//! Finds: a field of the reader whose name and aliases match more than one field of the writer.
//!
//! Why it breaks: the reader cannot know which of the two to take. Avro Java stops with an exception instead of a verdict, and a
//! registry refuses the schema.
//!
//! Instead: drop the alias. An alias is for a name that no writer uses any more; a name that is in use for something else cannot
//! be one.

use eventpact_contract::formats::avro::{Field, Kind};

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/field-alias-ambiguous",
        summary: "a field and its aliases match at most one field of the writer",
        breaks: Breaks::Wire,
        source: include_str!("field_alias_ambiguous.rs"),
    },
    check: Check::AmbiguousField(check),
};

fn check(site: &Site<'_>, field: &Field, matches: &[usize]) -> Option<Draft> {
    let Kind::Record(writer) = &site.writer().kind else { return None };
    let found: Vec<&Field> = matches.iter().filter_map(|i| writer.fields.get(*i)).collect();
    let names: Vec<String> = found.iter().map(|f| format!("'{}'", f.name)).collect();
    let last = found.last()?;
    Some(Draft {
        message: format!("the reader's field '{}' matches several fields of the writer: {}", field.name, names.join(", ")),
        help: format!("Remove the alias '{}' from the reader's field '{}'.", last.name, field.name),
        reader: Place::new(field.name_span, "this field and its aliases"),
        writer: Place::new(last.name_span, "matches too"),
        suffix: None,
        peer: None,
        trigger: Trigger::Field(field.name.to_string()),
    })
}
