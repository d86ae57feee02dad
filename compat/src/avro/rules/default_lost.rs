//! Finds: a default that the latest version has and the new version has not, where an earlier version of the history needs it.
//!
//! Why it breaks: version 1 has no field `currency`, version 2 adds it with a default, version 3 takes the default away. Version 3
//! reads all that version 2 wrote, so a check against the latest version passes; but messages of version 1, which are still in
//! the topic, have no value for the field and can no longer be read. The same goes for the default symbol of an enum that reads
//! the removed symbols of earlier versions.
//!
//! Instead: keep the default for as long as messages of that version are stored. A warning with a message of that version;
//! `--mode backward-transitive` makes it an error.

use eventpact_contract::formats::avro::Kind;

use crate::avro::site::{Check, Lost, Wording};
use crate::mode::Direction;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/default-lost",
        summary: "a default stays as long as an earlier version needs it",
        breaks: Breaks::Wire,
        source: include_str!("default_lost.rs"),
    },
    check: Check::Lost(check),
};

fn check(lost: &Lost<'_>) -> Option<Wording> {
    if lost.direction != Direction::Backward {
        return None;
    }
    let versions = lost.versions;
    if let Some((new, latest)) = lost.fields() {
        let default = latest.default.as_ref().filter(|_| new.default.is_none())?.to_json();
        let (name, many) = (&new.name, if versions.starts_with("versions") { "do" } else { "does" });
        return Some(Wording {
            message: format!(
                "{versions} {many} not send the field '{name}', and the default that the latest version has for it is gone: \
                 messages of {versions} can no longer be read"
            ),
            help: format!("Keep \"default\": {default} as long as messages of {versions} are stored."),
        });
    }
    let (Kind::Enum(new), Kind::Enum(latest)) = (&lost.new.kind, &lost.latest()?.kind) else { return None };
    let default = latest.default.as_ref().filter(|_| new.default.is_none())?;
    let (name, symbol) = (new.named.name.full(), &default.name);
    Some(Wording {
        message: format!(
            "{versions} can send a symbol that the enum {name} does not have, and the default symbol {symbol} that the latest \
             version reads it as is gone"
        ),
        help: format!("Keep \"default\": \"{symbol}\" as long as messages of {versions} are stored."),
    })
}
