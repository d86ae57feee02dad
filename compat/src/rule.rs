//! What a rule is: plain data, and one function that the walker of its format calls.

use std::fmt;
use std::str::FromStr;

use eventpact_contract::diagnostic::Severity;

use crate::protobuf::buf::Category;

/// What breaks when the rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breaks {
    /// The bytes: a reader fails, or reads something else than was written.
    Wire,
    /// The JSON form only.
    Json,
    /// Code generated from the schema only.
    Source,
    /// The agreement between services: addresses, directions, keys.
    Contract,
}

impl Breaks {
    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Json => "json",
            Self::Source => "source",
            Self::Contract => "contract",
        }
    }
}

/// Which verdict is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// What is true: every break has a reason in the data.
    #[default]
    Sound,
    /// What a Confluent schema registry would answer.
    Confluent,
    /// What `buf breaking` would find in Protobuf, by the rules of one of its categories; other formats as in [`Self::Sound`].
    Buf(Category),
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => f.write_str("sound"),
            Self::Confluent => f.write_str("confluent"),
            Self::Buf(category) => write!(f, "buf:{category}"),
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    /// Any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "sound" => Ok(Self::Sound),
            "confluent" => Ok(Self::Confluent),
            _ => match lower.strip_prefix("buf:") {
                Some(category) => category.parse().map(Self::Buf),
                None => Err("a profile is sound, confluent, or buf:CATEGORY".to_owned()),
            },
        }
    }
}

/// The part of a rule that is the same for every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo {
    /// The id: `avro/field-without-default`. A promise: never reused.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What breaks.
    pub breaks: Breaks,
    /// The source text of the rule's file: its `//!` lines are the page that `explain` shows.
    pub source: &'static str,
}

impl RuleInfo {
    /// How bad its findings are where no configuration says otherwise. A rule whose findings differ has the worst of them.
    ///
    /// In Avro and AsyncAPI the kind of node decides. Elsewhere the file of a rule says what is not an error; a test holds this against the
    /// findings of all cases.
    pub fn severity(&self) -> Severity {
        let words =
            [("Severity::Error", Severity::Error), ("Severity::Warning", Severity::Warning), ("Severity::Info", Severity::Info)];
        let said = || words.iter().find(|(word, _)| self.source.contains(word)).map(|(_, severity)| *severity);
        crate::avro::severity(self.id).or_else(|| crate::asyncapi::severity(self.id)).or_else(said).unwrap_or(Severity::Error)
    }

    /// The page: what the rule finds, why it breaks, what to do instead.
    pub fn page(&self) -> String {
        let lines = self.source.lines().take_while(|l| l.starts_with("//!"));
        lines.map(|l| l.trim_start_matches("//!").trim_start()).collect::<Vec<_>>().join("\n")
    }
}

/// A rule of one format: its data, and the function for the kind of node that it wants to see.
#[derive(Debug, Clone, Copy)]
pub struct Rule<C: 'static> {
    /// Id, summary, what breaks, page.
    pub info: RuleInfo,
    /// The function, in the format's own enum of node kinds.
    pub check: C,
}

/// Every rule of every format, sorted by id.
pub fn all() -> Vec<RuleInfo> {
    let mut rules: Vec<RuleInfo> = Vec::new();
    rules.extend(crate::avro::rules());
    rules.extend(crate::protobuf::rules());
    rules.extend(crate::json_schema::rules());
    rules.extend(crate::asyncapi::rules());
    rules.sort_by_key(|r| r.id);
    rules
}
