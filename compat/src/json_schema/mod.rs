//! The rules of JSON Schema and the two ways to compare: with messages (`sound`), and as Confluent's registry does.

mod accepts;
mod closed;
pub mod confluent;
mod cost;
mod finding;
mod implied;
mod language;
mod limits;
mod locate;
mod memo;
mod owner;
mod pattern;
mod proof;
mod rules;
mod samples;
mod walk;

use eventpact_contract::formats::json_schema::Schema;

pub(crate) use memo::Memo;

use crate::options::Options;
use crate::pair::Pair;
use crate::report::Report;
use crate::rule::{Profile, RuleInfo};

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    rules::RULES.iter().map(|r| r.info).collect()
}

/// The difference types of Confluent's registry that the rules word, in the order of the rules.
pub fn owned() -> impl Iterator<Item = &'static str> {
    rules::RULES.iter().flat_map(|r| r.check.differences).copied()
}

/// Compares one reader with one writer: the reader must accept every message that the writer's schema accepts.
///
/// In the profile `sound` an error is proved by a message that the validator accepts for the writer and refuses for the
/// reader; what can be neither proved nor refuted is `unknown`. In the profile `confluent` errors are the incompatible
/// differences of Confluent's schema registry.
pub fn compare(pair: Pair<'_, Schema>, options: Options) -> Report {
    compare_with(pair, options, &mut Memo::default())
}

/// The same, one of many comparisons that share what they find.
pub(crate) fn compare_with(pair: Pair<'_, Schema>, options: Options, memo: &mut Memo) -> Report {
    match options.profile {
        Profile::Sound | Profile::Buf(_) => walk::compare(pair, options.content_model, memo),
        Profile::Confluent => confluent::compare(pair, options.policy),
    }
}
