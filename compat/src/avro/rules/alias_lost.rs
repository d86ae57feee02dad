//! Finds: an alias that the latest version has and the new version has not, where an earlier version of the history uses the name.
//!
//! Why it breaks: version 1 has a field `zip`, version 2 calls it `postcode` with the alias `zip`, version 3 drops the alias.
//! Version 3 reads all that version 2 wrote, so a check against the latest version passes; but in messages of version 1, which
//! are still in the topic, the field is now missing. The same goes for the alias of a renamed record, enum or fixed.
//!
//! Instead: keep the alias for as long as messages of that version are stored. A warning with a message of that version;
//! `--mode backward-transitive` makes it an error.

use std::collections::HashSet;

use eventpact_contract::formats::avro::{Field, Named, Type};

use crate::avro::site::{Check, Lost, Wording};
use crate::mode::Direction;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(in crate::avro) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/alias-lost",
        summary: "an alias stays as long as an earlier version uses the name",
        breaks: Breaks::Wire,
        source: include_str!("alias_lost.rs"),
    },
    check: Check::Lost(check),
};

fn check(lost: &Lost<'_>) -> Option<Wording> {
    if lost.direction != Direction::Backward {
        return None;
    }
    let (name, alias) = match lost.fields() {
        Some((new, latest)) => (new.name.to_string(), of_field(new, latest)?),
        None => of_type(lost, lost.earlier?)?,
    };
    let versions = lost.versions;
    let so = if lost.is_dropped { "have the default there, and their own value is dropped" } else { "can no longer be read" };
    Some(Wording {
        message: format!(
            "'{name}' has the name '{alias}' in {versions} of the history, and the alias that the latest version has for it is \
             gone: messages of {versions} {so}"
        ),
        help: format!("Keep the alias \"{alias}\" as long as messages of {versions} are stored."),
    })
}

/// An alias of a field that is gone.
pub(in crate::avro) fn of_field(new: &Field, latest: &Field) -> Option<String> {
    if latest.aliases.is_empty() {
        return None;
    }
    let kept: HashSet<&str> = new.aliases.iter().map(AsRef::as_ref).collect();
    latest.aliases.iter().find(|alias| **alias != new.name && !kept.contains(alias.as_str())).map(ToString::to_string)
}

/// A type of the latest version that takes the earlier name, where the one of the new version does not.
fn of_type(lost: &Lost<'_>, earlier: &Named) -> Option<(String, String)> {
    let (now, before) = lost.types;
    let gone = |(name, latest): (&String, &&Type)| {
        let new = now.get(name)?.kind.named()?;
        let gone = latest.kind.named()?.reads(&earlier.name) && !new.reads(&earlier.name);
        gone.then(|| (name.clone(), earlier.name.full()))
    };
    // Several types may have had the alias; the message is the same in every run.
    before.iter().filter_map(gone).min()
}
