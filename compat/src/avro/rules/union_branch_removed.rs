//! Finds: a union of the reader without a branch for a type that the writer can send.
//!
//! Why it breaks: a message that uses this branch (often `null`) has no place in the reader's union, and the reader refuses it.
//! When the reader's union has a branch of this type that differs inside, the finding is about what differs there.
//!
//! Instead: keep the branch in the reader as long as any writer or stored message uses it. A new branch goes to the readers
//! first, then to the writers.

use crate::avro::site::{Check, Draft, Site, Trigger, show, span};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/union-branch-removed",
        summary: "the reader's union has a branch for every type that the writer sends",
        breaks: Breaks::Wire,
        source: include_str!("union_branch_removed.rs"),
    },
    check: Check::Branch(check),
};

fn check(site: &Site<'_>) -> Draft {
    let (reader, writer) = (site.reader(), site.writer());
    let (ours, theirs) = (show(site.schemas.reader, reader), show(site.schemas.writer, writer));
    Draft {
        message: format!("the reader's {ours} has no branch for {theirs}, which the writer can send"),
        help: format!("Keep {theirs} in the reader's union until no writer and no stored message uses it."),
        reader: Place::new(span(reader), format!("no branch for {theirs}")),
        writer: Place::new(span(writer), theirs),
        suffix: None,
        peer: Some(("MISSING_UNION_BRANCH", format!("reader union lacking writer type: {}", writer.kind.name().to_uppercase()))),
        trigger: Trigger::Any,
    }
}
