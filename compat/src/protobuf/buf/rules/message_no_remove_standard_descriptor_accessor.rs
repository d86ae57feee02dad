//! Finds, in profiles of buf: a message that gave up the accessor `descriptor()` with the option `no_standard_descriptor_accessor`:
//! MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR.
//!
//! Why it breaks: generated code that calls the accessor no longer compiles.
//!
//! Instead: leave the option out; it is for a field of the name `descriptor`, which is better renamed.

use eventpact_contract::formats::protobuf::{Message, OptionEntry};

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MessageNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        summary: "a message gave up its accessor of the descriptor",
        breaks: Breaks::Source,
        source: include_str!("message_no_remove_standard_descriptor_accessor.rs"),
    },
    categories: &[Category::File, Category::Package, Category::Csr],
    check: Check::Message(check),
}];

fn check(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let (Some(new), Some(old)) = (messages.new.message, messages.old.message) else { return };
    let (Some(option), None) = (given_up(new), given_up(old)) else { return };
    let name = &new.element.full_name;
    let message = format!("the message {name} had the accessor of its descriptor and gave it up");
    let ends = Ends::new(option.span, "given up", old.element.name_span, "not given up");
    report.findings.push(finding(rule, message, "take the option away", ends, name.clone()));
}

fn given_up(message: &Message) -> Option<&OptionEntry> {
    let option = message.options.iter().find(|o| o.name == "no_standard_descriptor_accessor")?;
    (option.as_word() == Some("true")).then_some(option)
}
