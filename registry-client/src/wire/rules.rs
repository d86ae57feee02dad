//! Rules that clients run on messages: transformations and conditions, by phase.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lenient::{lenient_flag_or_false, lenient_set, lenient_text, lenient_texts, null_as_default};

/// Defines an enum of words on the wire that keeps words of later servers as they are.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
            /// A word that this version of the crate does not know.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(lenient_text(deserializer)?.unwrap_or_default().as_str()))
            }
        }
    };
}

words! {
    /// What a rule does with a message.
    RuleKind {
        /// Changes it.
        Transform = "TRANSFORM",
        /// Accepts or refuses it.
        Condition = "CONDITION",
    }
}

words! {
    /// When a rule runs.
    RuleMode {
        /// Migration from an older version.
        Upgrade = "UPGRADE",
        /// Migration to an older version.
        Downgrade = "DOWNGRADE",
        /// Both migrations.
        UpDown = "UPDOWN",
        /// While a message is written.
        Write = "WRITE",
        /// While a message is read.
        Read = "READ",
        /// Both ways.
        WriteRead = "WRITEREAD",
    }
}

words! {
    /// Where rules run.
    ExecutionEnvironment {
        /// Everywhere.
        All = "ALL",
        /// In clients.
        Client = "CLIENT",
        /// In a gateway before the broker.
        Gateway = "GATEWAY",
        /// In the broker.
        Server = "SERVER",
        /// Nowhere.
        None = "NONE",
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Unique in its set.
    #[serde(default, skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub doc: Option<String>,
    /// What it does; absent means `TRANSFORM`.
    #[serde(default = "transform", deserialize_with = "kind_or_transform")]
    pub kind: RuleKind,
    /// When it runs; absent means `WRITEREAD`.
    #[serde(default = "write_read", deserialize_with = "mode_or_write_read")]
    pub mode: RuleMode,
    /// The executor, such as `CEL` or `JSONATA`.
    #[serde(default, rename = "type", skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub rule_type: Option<String>,
    /// The tags of the fields that it concerns.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "lenient_set")]
    pub tags: BTreeSet<String>,
    /// Settings of the executor.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "lenient_texts")]
    pub params: BTreeMap<String, String>,
    /// What the executor evaluates.
    #[serde(default, skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub expr: Option<String>,
    /// The action when it succeeds.
    #[serde(default, skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub on_success: Option<String>,
    /// The action when it fails.
    #[serde(default, skip_serializing_if = "is_none_or_empty", deserialize_with = "lenient_text")]
    pub on_failure: Option<String>,
    /// Switched off.
    #[serde(default, deserialize_with = "lenient_flag_or_false")]
    pub disabled: bool,
}

/// Rules by phase. Part of a schema's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RuleSet {
    /// Between versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub migration_rules: Vec<Rule>,
    /// On values, for the business.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub domain_rules: Vec<Rule>,
    /// On bytes, after encoding and before decoding.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub encoding_rules: Vec<Rule>,
    /// Where they run; absent leaves it to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_at: Option<ExecutionEnvironment>,
}

impl RuleSet {
    /// Every rule, phase by phase.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.migration_rules.iter().chain(&self.domain_rules).chain(&self.encoding_rules)
    }
}

// serde wants a reference to the field.
#[allow(clippy::ref_option)]
fn is_none_or_empty(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

fn transform() -> RuleKind {
    RuleKind::Transform
}

fn write_read() -> RuleMode {
    RuleMode::WriteRead
}

fn kind_or_transform<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RuleKind, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(transform))
}

fn mode_or_write_read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RuleMode, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(write_read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_keep_their_order_and_say_their_defaults() {
        let text =
            r#"{"domainRules":[{"type":"CEL","name":"a","params":null,"tags":["B","A"],"kind":null}],"enableAt":"CLIENT"}"#;
        let rules: RuleSet = serde_json::from_str(text).unwrap();
        let expected = concat!(
            r#"{"domainRules":[{"name":"a","kind":"TRANSFORM","mode":"WRITEREAD","type":"CEL","tags":["A","B"],"#,
            r#""disabled":false}],"enableAt":"CLIENT"}"#
        );
        assert_eq!(serde_json::to_string(&rules).unwrap(), expected);
        let later: Rule = serde_json::from_str(r#"{"name":"a","mode":"SOMETIMES"}"#).unwrap();
        assert_eq!(later.mode, RuleMode::Other("SOMETIMES".into()));
    }
}
