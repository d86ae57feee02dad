//! What the operator decides about answers, where Confluent's own servers differ among themselves.

use std::str::FromStr;

use eventpact_compat::mode::Mode as Level;

use crate::rules::Rulesets;

/// Settings of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// What becomes of rules in requests.
    pub rulesets: Rulesets,
    /// The code of a refused registration.
    pub incompatible_code: IncompatibleCode,
    /// The compatibility level where no configuration sets one, as the original's `schema.compatibility.level`. It is not stored:
    /// servers of one store should be given the same.
    pub compatibility: Level,
}

/// The `error_code` of a schema that is not compatible; the HTTP status is 409 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncompatibleCode {
    /// 40901, as servers from 8.0 on answer.
    #[default]
    Code40901,
    /// 409, as older servers did and some clients still expect.
    Code409,
}

impl IncompatibleCode {
    /// The number on the wire.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Code40901 => 40901,
            Self::Code409 => 409,
        }
    }
}

impl FromStr for IncompatibleCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "40901" => Ok(Self::Code40901),
            "409" => Ok(Self::Code409),
            _ => Err(format!("'{text}' is neither 40901 nor 409")),
        }
    }
}
