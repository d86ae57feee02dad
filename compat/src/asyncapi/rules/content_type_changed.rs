//! Finds a message whose media type changed, its own or the default of the document.
//!
//! Why it breaks: the media type says how the bytes are to be read. A reader of the old contract reads the new bytes
//! the old way.
//!
//! What to do instead: add a second message (or channel) with the new media type and retire the old one later.

use eventpact_contract::model::Message;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
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

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let Some(new) = versions.new else { return };
    let (now, before) = (new.content_type.as_deref(), versions.old.content_type.as_deref());
    if now.map(media_type) == before.map(media_type) {
        return;
    }
    let (is, was) = (now.unwrap_or("not said"), before.unwrap_or("not said"));
    let message = format!("the media type of `{}` changed from `{was}` to `{is}`", new.name());
    let (new_at, old_at) = (Place::new(new.span, is), Place::new(versions.old.span, was));
    let both = now.is_some() && before.is_some();
    let change = if both { Change::error(message, new_at, old_at) } else { Change::warning(message, new_at, old_at) };
    let help = "add a second message with the new media type, and retire the old one when no client is left";
    out.push(change.help(help).path(format!("/messages/{}/contentType", new.name())));
}

/// Type and parameters in a form that can be compared: neither case nor order nor spaces count (RFC 9110, section 8.3.1).
fn media_type(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = text.split(';').map(|part| part.trim().to_ascii_lowercase().replace('"', "")).collect();
    if let Some(parameters) = parts.get_mut(1..) {
        parameters.sort_unstable();
    }
    parts.retain(|part| !part.is_empty());
    parts
}
