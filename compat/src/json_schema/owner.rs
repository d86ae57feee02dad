//! From a refusal of the reader's validator to the rule that words it.

use eventpact_contract::formats::json_schema::Schema;
use eventpact_contract::yaml::escape_token;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use crate::pair::Pair;
use crate::rule::Rule;

use super::finding::Check;
use super::locate::{self, Counterpart, Located};
use super::rules;

/// How long the words of the validator may be.
const MAX_MESSAGE: usize = 400;

/// One error of the reader's validator.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// Evaluation path in the reader's schema, with the keyword.
    pub(super) path: String,
    /// Instance path.
    pub(super) at: String,
    /// The required property that is missing, or the declared one that is not expected.
    pub(super) name: Option<String>,
    /// Several branches of a `oneOf` accept.
    overlap: bool,
    /// The engine of regular expressions gave up: nothing was refused.
    pub(super) gave_up: bool,
    /// In words.
    pub(super) message: String,
}

/// What a validator says of a value, one entry for each thing to tell: of properties that are too many, each one that the writer
/// describes is one.
pub(super) fn refusals(error: &ValidationError<'_>, writer: &Schema) -> Vec<Refusal> {
    use ValidationErrorKind as Kind;
    let refusal = Refusal {
        path: error.evaluation_path().as_str().to_owned(),
        at: error.instance_path().as_str().to_owned(),
        name: None,
        overlap: matches!(error.kind(), Kind::OneOfMultipleValid { .. }),
        gave_up: matches!(error.kind(), Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. }),
        message: shortened(error.to_string()),
    };
    match error.kind() {
        Kind::Required { property } => vec![Refusal { name: property.as_str().map(str::to_owned), ..refusal }],
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let declared = |name: &&String| !locate::counterpart(writer, &inside(&refusal.at, name)).undeclared;
            let found: Vec<&String> = unexpected.iter().filter(declared).collect();
            if found.is_empty() {
                return vec![refusal];
            }
            found.into_iter().map(|name| Refusal { name: Some(name.clone()), ..refusal.clone() }).collect()
        }
        _ => vec![refusal],
    }
}

/// What a validator says may hold a whole message, or all of a long `enum`.
fn shortened(message: String) -> String {
    if message.chars().count() <= MAX_MESSAGE {
        return message;
    }
    let cut: String = message.chars().take(MAX_MESSAGE).collect();
    format!("{cut}…")
}

/// A property below an instance path.
fn inside(at: &str, name: &str) -> String {
    format!("{at}/{}", escape_token(name))
}

impl Refusal {
    /// Where in the message it is, with the property that is missing or too much.
    pub(super) fn subject(&self) -> String {
        self.name.as_ref().map_or_else(|| self.at.clone(), |name| inside(&self.at, name))
    }

    /// The keyword in the reader's schema, however the message got there: a schema that contains itself has many ways.
    pub(super) fn place(&self, reader: &Schema) -> String {
        let found = locate::located(reader, &self.path);
        format!("{} {} {}", found.sub.pointer, found.keyword, self.name.as_deref().unwrap_or_default())
    }
}

/// The rule that owns a refusal.
pub(super) fn of(
    pair: Pair<'_, Schema>,
    refusal: &Refusal,
    found: &Located<'_>,
    there: &Counterpart<'_>,
) -> &'static Rule<Check> {
    rules::of_keyword(situation(pair, refusal, found, there))
}

/// What the way to the keyword says about the change; else the keyword itself.
fn situation<'k>(pair: Pair<'_, Schema>, refusal: &Refusal, found: &'k Located<'_>, there: &Counterpart<'_>) -> &'k str {
    let keyword = found.keyword.as_str();
    match (found.demand, found.entered.as_deref()) {
        (Some("then" | "else"), _) => return "then",
        (Some("dependentSchemas" | "dependencies"), _) => return "dependentSchemas",
        (_, Some("propertyNames")) => return "propertyNames",
        (Some("allOf"), _) if there.sub.all_of.len() < found.demanding.all_of.len() => return "allOf",
        _ => {}
    }
    match keyword {
        "dependencies" => return "dependentRequired",
        "oneOf" if refusal.overlap => return "oneOf:overlap",
        "additionalProperties" | "unevaluatedProperties" if refusal.name.is_some() => return "additionalProperties:declared",
        "required" if locate::counterpart(pair.reader, &refusal.subject()).undeclared => return "required:undeclared",
        _ => {}
    }
    if there.undeclared && refusal.name.is_none() {
        match found.entered.as_deref() {
            Some("patternProperties") => return "patternProperties",
            Some("additionalProperties") => return "additionalProperties",
            Some("unevaluatedProperties") => return "unevaluatedProperties",
            Some("properties") if keyword.is_empty() => return "falseSchema",
            Some("properties") => return "properties:added",
            _ => {}
        }
    }
    match (keyword, found.entered.as_deref()) {
        ("" | "falseSchema", Some("items")) => "additionalItems",
        ("" | "falseSchema", Some("unevaluatedItems")) => "unevaluatedItems",
        ("" | "falseSchema", Some("additionalProperties")) => "additionalProperties",
        ("", _) => "falseSchema",
        ("items", _) | (_, Some("additionalItems")) => "additionalItems",
        _ if there.open_item => "items:added",
        _ => keyword,
    }
}
