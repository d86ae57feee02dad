//! The rules of Protobuf and the walker that pairs the parts of two schemas.

mod rules;
mod walk;
mod wire;
mod witness;

use eventpact_contract::formats::protobuf::Schema;

use crate::pair::Pair;
use crate::report::Report;
use crate::rule::{Profile, RuleInfo};

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    rules::RULES.iter().map(|r| r.info).collect()
}

/// Compares one reader with one writer.
///
/// In the profile `sound` an error is proved by bytes: the witness was encoded as the writer would and refused or misread as
/// the reader would. In the profile `confluent` errors are the incompatible differences of Confluent's schema registry.
pub fn compare(pair: Pair<'_, Schema>, profile: Profile) -> Report {
    walk::walk(pair, profile)
}
