//! How two versions are judged: which verdict is wanted, and what is assumed of the parties.

use std::fmt;
use std::str::FromStr;

use crate::rule::Profile;

/// How two versions are judged. A [`Profile`] alone is turned into one with the defaults of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Options {
    /// Which verdict is wanted.
    pub profile: Profile,
    /// How strictly Confluent's registry takes JSON Schema; in the profile `confluent` only.
    pub policy: Policy,
    /// What a JSON Schema of the writer says about properties that it does not name; in the profile `sound` only.
    pub content_model: ContentModel,
    /// Findings of Avro without the messages that prove them, for who tells the verdict only.
    pub bare: bool,
}

impl From<Profile> for Options {
    fn from(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }
}

/// The `compatibilityPolicy` of a Confluent schema registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// A property that is added to an open content model may meet other content of old messages.
    #[default]
    Strict,
    /// Optional properties may be added and removed, whatever the content model.
    Lenient,
}

/// What a JSON Schema of the writer says about properties that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ContentModel {
    /// What is written: without `additionalProperties: false`, a writer may send anything under other names.
    #[default]
    AsWritten,
    /// A writer sends only the properties that its schema names, as generated code does; a reader stays as open as it is written.
    ClosedWriter,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Lenient => "lenient",
        })
    }
}

impl FromStr for Policy {
    type Err = String;

    /// Any case.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "strict" => Ok(Self::Strict),
            "lenient" => Ok(Self::Lenient),
            _ => Err("a policy is strict or lenient".to_owned()),
        }
    }
}

impl fmt::Display for ContentModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsWritten => "as-written",
            Self::ClosedWriter => "closed-writer",
        })
    }
}

impl FromStr for ContentModel {
    type Err = String;

    /// Any case.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "as-written" => Ok(Self::AsWritten),
            "closed-writer" => Ok(Self::ClosedWriter),
            _ => Err("a content model is as-written or closed-writer".to_owned()),
        }
    }
}
