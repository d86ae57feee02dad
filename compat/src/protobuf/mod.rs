//! The rules of Protobuf and the walker that pairs the parts of two schemas.

pub mod buf;
mod confluent_order;
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
    rules::RULES.iter().map(|r| r.info).chain(buf::rules()).collect()
}

/// Compares one reader with one writer.
///
/// In the profile `sound` an error is proved by bytes: the witness was encoded as the writer would and refused or misread as
/// the reader would. In the profile `confluent` errors are the incompatible differences of Confluent's schema registry, in a profile
/// `buf:…` the findings of buf's rules.
///
/// Confluent's registry cannot read editions and so has no verdict on them. The profile `confluent` follows its rules there too, on what
/// the features make of labels and types: a registry that can read editions needs an answer, and no other would fit its history.
pub fn compare(pair: Pair<'_, Schema>, profile: Profile) -> Report {
    match profile {
        Profile::Buf(category) => buf::compare(pair, category),
        Profile::Sound | Profile::Confluent => walk::walk(pair, profile),
    }
}
