//! Finds: the reader's file has another package than the writer's.
//!
//! Why it matters: the bytes do not hold the package, so decoding goes on. But every type gets another full name: what is
//! packed in `google.protobuf.Any`, looked up in a registry or generated for code no longer matches. Confluent's registry
//! refuses it.
//!
//! Instead: keep the package. A new major version of a contract gets a new package and a new channel together.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::File;

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, Context, finding, peer};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/package-changed",
        summary: "the package of the payload is another one",
        breaks: Breaks::Contract,
        source: include_str!("package_changed.rs"),
    },
    check: Check::Schema(check),
};

fn check(context: &Context<'_>, report: &mut Report) {
    let (Some(r), Some(w)) = (context.pair.reader.main(), context.pair.writer.main()) else { return };
    if r.package == w.package {
        return;
    }
    let word = |package: &str| if package.is_empty() { "no package".to_owned() } else { format!("the package {package}") };
    let message = format!("the reader is in {} and the writer in {}", word(&r.package), word(&w.package));
    let (Some(reader), Some(writer)) = (place(r), place(w)) else { return };
    let help = "leave the package as it was";
    let mut found = finding(&RULE, message, help, reader, writer, "#/".to_owned());

    if context.confluent() {
        found.peer = Some(peer("PACKAGE_CHANGED", "#/"));
    } else {
        found.severity = Severity::Warning;
    }
    report.findings.push(found);
}

/// The package statement, or what stands first in a file without one; `None` for an empty file.
fn place(file: &File) -> Option<Place> {
    let first = file.messages.iter().map(|m| m.element.span).chain(file.enums.iter().map(|e| e.element.span)).next();
    let span = file.package_span.or(file.syntax_span).or(first)?;
    Some(Place::new(span, if file.package.is_empty() { "no package".to_owned() } else { file.package.clone() }))
}
