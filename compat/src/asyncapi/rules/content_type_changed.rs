//! Finds a message whose media type changed.
//!
//! Why it breaks: the media type says how the bytes are to be read. A reader of the old contract reads the new bytes the old way.
//!
//! What to do instead: add a second message (or channel) with the new media type and retire the old one later.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Message;

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/content-type-changed",
        summary: "a message has another media type",
        breaks: Breaks::Wire,
        source: include_str!("content_type_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, report: &mut Report) {
    let Some(new) = versions.new else { return };
    let (Some(now), Some(before)) = (&new.content_type, &versions.old.content_type) else { return };
    if now.eq_ignore_ascii_case(before) {
        return;
    }
    report.findings.push(Finding {
        rule: RULE.info,
        severity: Severity::Error,
        message: format!("the media type of `{}` changed from `{before}` to `{now}`", new.name()),
        help: "add a second message with the new media type, and retire the old one when no client is left".to_owned(),
        reader: Place::new(new.span, now.clone()),
        writer: Place::new(versions.old.span, before.clone()),
        path: format!("/messages/{}/contentType", new.name()),
        peer: None,
        witness: None,
    });
}
