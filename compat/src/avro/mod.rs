//! The rules of Avro and the walker that pairs the nodes of two schemas.
//!
//! Verdicts and their order are those of `SchemaCompatibility` of Avro Java 1.12.2, which every registry uses; each finding
//! carries its words ([`crate::report::PeerWording`]). What we add: places on both sides, the real cause when a union's branch
//! cannot be read, a message that proves each break, and warnings for breaks that Java does not see.

mod branches;
mod found;
mod history;
mod instant;
mod rules;
mod site;
mod twins;
mod walk;
mod witness;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::Schema;

use crate::mode::Direction;
use crate::options::Options;
use crate::pair::Pair;
use crate::report::{Finding, Report};
use crate::rule::RuleInfo;

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    rules::RULES.iter().map(|rule| rule.info).collect()
}

/// How bad the findings of a rule are; `None` for rules of other formats.
pub(crate) fn severity(id: &str) -> Option<Severity> {
    rules::RULES.iter().find(|rule| rule.info.id == id).map(|rule| walk::severity(rule.check))
}

/// Compares one reader with one writer. Every error carries the bytes of a message that the reader refuses; only for types that
/// no message can reach (a branch of an empty union, an enum without symbols) there are none, nor where [`Options::bare`] is set.
pub fn compare(pair: Pair<'_, Schema>, options: impl Into<Options>) -> Report {
    let options = options.into();
    walk::compare(pair, options.profile).report(pair, options.bare)
}

/// What a check against the latest version does not see: earlier versions that the latest one goes along with, and the new one
/// does not. `history` is oldest first, with the latest version at its end; each finding comes with the index of the newest
/// version that it is about. All of them are warnings.
pub fn lost(new: &Schema, history: &[&Schema], direction: Direction) -> Vec<(usize, Finding)> {
    history::lost(new, history, direction)
}
