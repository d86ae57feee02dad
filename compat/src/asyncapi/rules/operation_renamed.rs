//! Notes an operation (2.x: `operationId`) that has another key, and does the same on the same channel.
//!
//! Why it breaks: it breaks nothing that travels. Code that was generated from it gets other names.
//!
//! What to do instead: nothing; regenerate the code, or keep the key.

use eventpact_contract::model::Operation;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-renamed",
        summary: "an operation has another key, on the same channel and with the same action",
        breaks: Breaks::Source,
        source: include_str!("operation_renamed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    if new.key == old.key {
        return;
    }
    let message = format!("the operation `{}` is called `{}` now", old.key, new.key);
    let change = Change::note(message, Place::new(new.span, "its new key"), Place::new(old.span, "its old key"));
    out.push(change.path(format!("/operations/{}", old.key)));
}
