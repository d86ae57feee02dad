//! Incompatibilities in the words of Confluent's registry: what `verbose=true` and a refused registration answer.
//!
//! The rules name the peer's kind, place and detail; the sentences are here. `R` is the side that reads and `W` the side that
//! wrote, "new" or "old" as the direction has it. The texts were taken from a live registry, the odd quotes included.

use eventpact_compat::mode::Direction;
use eventpact_compat::report::{Finding, PeerWording};
use eventpact_registry_client::SchemaType;

/// The longest schema text in a message, in units of UTF-16: the original counts as Java does.
const MAX_SCHEMA: usize = 10 * 1024;

/// (kind, sentence), sorted by kind within a format.
type Sentences = &'static [(&'static str, &'static str)];

const AVRO: Sentences = &[
    ("FIXED_SIZE_MISMATCH", "The size of FIXED type field at path '{path}' in the {R} schema does not match with the {W} schema"),
    ("MISSING_ENUM_SYMBOLS", "The {R} schema is missing enum symbols '{detail}' at path '{path}' in the {W} schema"),
    ("MISSING_UNION_BRANCH", "The {R} schema is missing a type inside a union field at path '{path}' in the {W} schema"),
    ("NAME_MISMATCH", "The name of the schema has changed (path '{path}')"),
    (
        "READER_FIELD_MISSING_DEFAULT_VALUE",
        "The field '{detail}' at path '{path}' in the {R} schema has no default value and is missing in the {W} schema",
    ),
    ("TYPE_MISMATCH", "The type (path '{path}') of a field in the {R} schema does not match with the {W} schema"),
];

const PROTOBUF: Sentences = &[
    ("FIELD_KIND_CHANGED", "The type of a field at path '{path}' in the {R} schema does not match the {W} schema"),
    (
        "FIELD_MOVED_TO_EXISTING_ONEOF",
        "A field in the oneof at path '{path}' in the {R} schema is outside an existing oneof in the {W} schema",
    ),
    (
        "FIELD_NAMED_TYPE_CHANGED",
        "The type of a MESSAGE field at path '{path}' in the {R} schema does not match its type in the {W} schema",
    ),
    (
        "FIELD_NUMERIC_LABEL_CHANGED",
        "The label for a NUMERIC field at path '{path}' in the {R} schema does not match its label in the {W} schema",
    ),
    (
        "FIELD_SCALAR_KIND_CHANGED",
        "The kind of a SCALAR field at path '{path}' in the {R} schema does not match its kind in the {W} schema",
    ),
    ("MESSAGE_REMOVED", "The {R} schema is missing a MESSAGE type at path '{path}' in the {W} schema"),
    (
        "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
        "Multiple fields in the oneof at path '{path}' in the {R} schema are outside a oneof in the {W} schema",
    ),
    ("ONEOF_FIELD_REMOVED", "The {R} schema is missing a oneof field at path '{path}' in the {W} schema"),
    ("PACKAGE_CHANGED", "The package at '{path}' in the {R} schema does not match the package in the {W} schema"),
    // The original has two spaces after the first `field`, and a colon in the second sentence.
    ("REQUIRED_FIELD_ADDED", "A required field  at path '{path}' in the {R} schema is missing in the {W} schema"),
    ("REQUIRED_FIELD_REMOVED", "The {R} schema is missing a required field at path: '{path}' in the {W} schema"),
];

const JSON: Sentences = &[
    ("DEPENDENCY_ARRAY_CHANGED", ANOTHER_VALUE),
    ("ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", ADDED_NOT_COVERED),
    ("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", ADDED_TO_OPEN),
    ("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", REMOVED_FROM_CLOSED),
    ("ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", REMOVED_NOT_COVERED),
    ("MULTIPLE_OF_CHANGED", ANOTHER_VALUE),
    ("MULTIPLE_OF_EXPANDED", RAISED),
    ("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", ADDED_TO_OPEN),
    ("PATTERN_CHANGED", ANOTHER_VALUE),
    ("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", ADDED_NOT_COVERED),
    ("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", REMOVED_FROM_CLOSED),
    ("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", REMOVED_NOT_COVERED),
    ("REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", ADDED_TO_OPEN),
    (
        "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        "The {R} schema has an unopen content model and has a required property at path '{path}' which is missing in the {W} schema",
    ),
    ("REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL", ADDED_TO_OPEN),
    // The original has no sentence for it.
    ("SCHEMA_ADDED", ""),
    ("TYPE_NARROWED", ANOTHER_TYPE),
];

const ADDED_NOT_COVERED: &str = "The {R} schema has a property or item at path '{path}' which is missing in the {W} schema and is \
                                 not covered by its partially open content model";
const ADDED_TO_OPEN: &str =
    "The {R} schema has an open content model and has a property or item at path '{path}' which is missing in the {W} schema";
const ANOTHER_TYPE: &str = "A type at path '{path}' is different between the {R} schema and the {W} schema";
const ANOTHER_VALUE: &str = "The value at path '{path}' is different between the {R} and {W} schema";
const FEWER: &str = "An array or combined type at path '{path}' has fewer elements in the {R} schema than the {W} schema";
const MORE: &str = "An array or combined type at path '{path}' has more elements in the {R} schema than the {W} schema";
const NOT_PRESENT: &str = "The keyword at path '{path}' in the {R} schema is not present in the {W} schema";
const RAISED: &str = "The value at path '{path}' in the {R} schema is more than its value in the {W} schema";
const REMOVED_FROM_CLOSED: &str =
    "The {R} has a closed content model and is missing a property or item present at path '{path}' in the {W} schema";
const REMOVED_NOT_COVERED: &str = "A property or item is missing in the {R} schema but present at path '{path}' in the {W} schema \
                                   and is not covered by its partially open content model";

/// The other JSON Schema kinds name a keyword and what became of it; the last word decides the sentence.
const JSON_ENDINGS: Sentences = &[
    ("_ADDED", NOT_PRESENT),
    ("_REMOVED", NOT_PRESENT),
    ("_INCREASED", RAISED),
    ("_DECREASED", "The value at path '{path}' in the {R} schema is less than its value in the {W} schema"),
    ("_NARROWED", FEWER),
    ("_EXTENDED", MORE),
    ("", ANOTHER_TYPE),
];

/// One incompatibility as the peer writes it; a finding that the peer does not know is told in our own words.
pub(crate) fn message(format: &SchemaType, finding: &Finding, direction: Direction) -> String {
    let Some(peer) = &finding.peer else {
        return format!("{{errorType:\"{}\", description:\"{}\"}}", finding.rule.id, finding.message);
    };
    let kind = &peer.kind;
    match format {
        SchemaType::Avro => {
            let sentence = fill(find(AVRO, kind), peer, direction);
            format!("{{errorType:'{kind}', description:'{sentence}', additionalInfo:'{}'}}", peer.detail)
        }
        SchemaType::Json => {
            let ending = || JSON_ENDINGS.iter().find(|(ending, _)| kind.ends_with(ending)).map(|(_, sentence)| *sentence);
            let sentence = fill(find(JSON, kind).or_else(ending), peer, direction);
            format!("{{errorType:\"{kind}\", description:\"{sentence}'}}")
        }
        SchemaType::Protobuf | SchemaType::Other(_) => {
            let sentence = fill(find(PROTOBUF, kind), peer, direction);
            format!("{{errorType:\"{kind}\", description:\"{sentence}\"}}")
        }
    }
}

fn find(sentences: Sentences, kind: &str) -> Option<&'static str> {
    sentences.iter().find(|(name, _)| *name == kind).map(|(_, sentence)| *sentence)
}

fn fill(sentence: Option<&str>, peer: &PeerWording, direction: Direction) -> String {
    let (reader, writer) = match direction {
        Direction::Backward => ("new", "old"),
        Direction::Forward => ("old", "new"),
    };
    let sentence = sentence.unwrap_or("The {R} schema does not match the {W} schema at path '{path}'");
    let filled = sentence.replace("{R}", reader).replace("{W}", writer).replace("{detail}", &peer.detail);
    filled.replace("{path}", &peer.location)
}

/// Which version it was, and its text.
pub(crate) fn old_schema(version: i32, text: &str) -> [String; 2] {
    let version = format!("{{oldSchemaVersion: {version}}}");
    let mut units = 0;
    let too_much = text.char_indices().find(|(_, char)| {
        units += char.len_utf16();
        units > MAX_SCHEMA
    });
    match too_much {
        None => [version, format!("{{oldSchema: '{text}'}}")],
        Some((cut, _)) => [version, format!("{{oldSchema: <truncated> '{}...'}}", &text[..cut])],
    }
}

/// The last line of every list.
pub(crate) fn settings(validate_fields: bool, level: &str) -> String {
    format!("{{validateFields: '{validate_fields}', compatibility: '{level}'}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(format: &SchemaType, kind: &str, location: &str, detail: &str, direction: Direction) -> String {
        let place = || {
            let mut sources = eventpact_contract::source::Sources::new();
            let file = sources.add("f", "");
            eventpact_compat::report::Place::new(eventpact_contract::source::Span::start_of(file), "")
        };
        let finding = Finding {
            rule: eventpact_compat::rule::RuleInfo {
                id: "avro/x",
                summary: "",
                breaks: eventpact_compat::rule::Breaks::Wire,
                source: "",
            },
            severity: eventpact_contract::diagnostic::Severity::Error,
            message: String::new(),
            help: String::new(),
            reader: place(),
            writer: place(),
            path: String::new(),
            peer: Some(PeerWording { kind: kind.into(), location: location.into(), detail: detail.into() }),
            witness: None,
        };
        message(format, &finding, direction)
    }

    #[test]
    fn sentences_are_those_of_the_original() {
        let detail = "reader type: INT not compatible with writer type: BOOLEAN";
        assert_eq!(
            say(&SchemaType::Avro, "TYPE_MISMATCH", "/", detail, Direction::Forward),
            "{errorType:'TYPE_MISMATCH', description:'The type (path '/') of a field in the old schema does not match with the new \
             schema', additionalInfo:'reader type: INT not compatible with writer type: BOOLEAN'}"
        );
        assert_eq!(
            say(&SchemaType::Json, "MAX_LENGTH_DECREASED", "#/properties/p/maxLength", "", Direction::Backward),
            "{errorType:\"MAX_LENGTH_DECREASED\", description:\"The value at path '#/properties/p/maxLength' in the new schema is \
             less than its value in the old schema'}"
        );
        assert_eq!(
            say(&SchemaType::Protobuf, "MESSAGE_REMOVED", "#/B", "", Direction::Backward),
            "{errorType:\"MESSAGE_REMOVED\", description:\"The new schema is missing a MESSAGE type at path '#/B' in the old schema\"}"
        );
        let json = |kind: &str| say(&SchemaType::Json, kind, "#/p", "", Direction::Backward);
        for (kind, sentence) in [
            (
                "ADDITIONAL_ITEMS_NARROWED",
                "An array or combined type at path '#/p' has fewer elements in the new schema than the old schema",
            ),
            ("ENUM_ARRAY_CHANGED", "A type at path '#/p' is different between the new schema and the old schema"),
            ("MULTIPLE_OF_CHANGED", "The value at path '#/p' is different between the new and old schema"),
            (
                "NOT_TYPE_EXTENDED",
                "An array or combined type at path '#/p' has more elements in the new schema than the old schema",
            ),
            ("PATTERN_CHANGED", "The value at path '#/p' is different between the new and old schema"),
            ("SCHEMA_ADDED", ""),
            ("TYPE_NARROWED", "A type at path '#/p' is different between the new schema and the old schema"),
        ] {
            assert_eq!(json(kind), format!("{{errorType:\"{kind}\", description:\"{sentence}'}}"));
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let whole = "é".repeat(MAX_SCHEMA);
        assert_eq!(old_schema(3, &whole)[1], format!("{{oldSchema: '{whole}'}}"));
        let [_, shown] = old_schema(3, &format!("{}🙂é", "é".repeat(MAX_SCHEMA - 1)));
        assert_eq!(shown, format!("{{oldSchema: <truncated> '{}...'}}", "é".repeat(MAX_SCHEMA - 1)));
    }
}
