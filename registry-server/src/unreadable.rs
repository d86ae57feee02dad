//! Why a text is no schema: in our words, with the place, and in those of the original, which come from its libraries.
//!
//! Where the words of a library are not known, ours stand in their place: the code is the same, and clients match on that.

mod avro;

use std::fmt;

use eventpact_contract::diagnostic::Diagnostic;
use eventpact_registry_client::{Reference, SchemaType};
use serde::de::IgnoredAny;

use crate::identity::Identity;

/// What stands at the start of a `.proto` file's statements.
const STATEMENTS: [&str; 9] = ["syntax", "edition", "package", "import", "option", "message", "enum", "service", "extend"];

/// Why a text is no schema.
#[derive(Debug, Clone)]
pub(crate) struct Unreadable {
    why: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// A reference leads nowhere.
    Reference,
    /// It was read, and then refused.
    Refused,
    /// The words of the original's parser are known.
    Syntax,
    /// Something is wrong in the text, or in one that it refers to.
    Text(Option<Found>),
}

/// The first error of a text.
#[derive(Debug, Clone)]
struct Found {
    id: String,
    message: String,
    /// Where it is, in bytes.
    start: u32,
    end: u32,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Unreadable {
    /// A reference leads nowhere.
    pub(crate) fn reference(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Reference }
    }

    /// It can be read, and is not taken.
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Refused }
    }

    /// The words of the original's parser.
    pub(crate) fn syntax(why: impl Into<String>) -> Self {
        Self { why: why.into(), kind: Kind::Syntax }
    }

    /// Because of an error, which is in the text itself or in one that it refers to.
    pub(crate) fn at(why: String, error: &Diagnostic, in_text: bool) -> Self {
        let span = error.primary.span;
        let (id, message) = (error.id.clone(), error.message.clone());
        let found = in_text.then_some(Found { id, message, start: span.start, end: span.end });
        Self { why, kind: Kind::Text(found) }
    }

    /// As the original says it.
    pub(crate) fn in_its_words(&self, subject: &str, format: &SchemaType, text: &str, references: &[Reference]) -> String {
        let described = |numbers: &str| describe(subject, numbers, format, text, references);
        let found = if let Kind::Text(found) = &self.kind { found.as_ref() } else { None };
        if *format == SchemaType::Avro {
            let details = found.and_then(|found| avro::details(text, found)).unwrap_or_else(|| self.why.clone());
            let (schema, references) = (described("version=null,id=null"), list(references));
            return format!(
                "Invalid schema of type AVRO, details: Invalid schema {schema} with refs {references} of type AVRO, details: {details}"
            );
        }
        let parser = |details: &str| {
            format!("Invalid schema of type {format}, details: Invalid schema of type {format}, details: {details}")
        };
        let refused = |details: &str| format!("Invalid schema {}, details: {details}", described("version=0,id=-1"));
        match &self.kind {
            Kind::Reference | Kind::Syntax => parser(&self.why),
            Kind::Refused => refused(&self.why),
            Kind::Text(_) if *format == SchemaType::Json && begins_with_json(text) => refused("Invalid JSON"),
            Kind::Text(_) if *format == SchemaType::Json => parser("Invalid JSON schema"),
            Kind::Text(Some(found)) if found.id == "protobuf/unknown-type" => {
                refused(&format!("Could not resolve type: {}", quoted(&found.message).unwrap_or_default()))
            }
            Kind::Text(found) => match found.as_ref().and_then(|found| protobuf_syntax(text, found)) {
                Some(details) => parser(&details),
                None => parser(&self.why),
            },
        }
    }
}

/// A schema of a request, as the original prints it.
fn describe(subject: &str, numbers: &str, format: &SchemaType, text: &str, references: &[Reference]) -> String {
    let guid = Identity::of(text, references, None, None);
    let references = list(references);
    format!(
        "{{subject={subject},{numbers},guid={guid},schemaType={format},references={references},metadata=null,ruleSet=null,\
         schema={text},schemaTags=null,ts=null,deleted=null}}"
    )
}

fn list(references: &[Reference]) -> String {
    format!("[{}]", references.iter().map(reference).collect::<Vec<_>>().join(", "))
}

/// A reference, as the original prints it.
pub(crate) fn reference(reference: &Reference) -> String {
    let text = |text: &str| if text.is_empty() { "null".to_owned() } else { text.to_owned() };
    let version = if reference.version == 0 { "null".to_owned() } else { reference.version.to_string() };
    format!("{{name='{}', subject='{}', version={version}}}", text(&reference.name), text(&reference.subject))
}

/// What stands between the first two quotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1)
}

/// The first thing in the text is a value in JSON; the original does not look further.
fn begins_with_json(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    matches!(values.next(), Some(Ok(_)))
}

/// A text that begins with a word that JSON does not know: where the word ends, and the word.
pub(crate) fn unknown_token(text: &str) -> Option<(usize, &str)> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    let word = rest.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).next()?;
    let is_token = word.starts_with(char::is_alphabetic) && !matches!(word, "true" | "false" | "null");
    is_token.then_some((start + word.len(), word))
}

/// Line and column of a place, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

/// What the original's reader of `.proto` files says of the commonest mistakes.
fn protobuf_syntax(text: &str, found: &Found) -> Option<String> {
    if found.id != "protobuf/syntax" {
        return None;
    }
    let says = |at: usize, what: &str| {
        let (line, column) = position(text, at);
        format!("Could not parse Protobuf - Syntax error in :{line}:{column}: {what}")
    };
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    let word = rest.split(|c| !in_word(c)).next().unwrap_or_default();
    if !word.is_empty() && !STATEMENTS.contains(&word) {
        return Some(says(start, &format!("unexpected label: {word}")));
    }
    let end = u32::try_from(text.trim_end().len()).unwrap_or(u32::MAX);
    (found.start >= end).then(|| says(text.len(), "unexpected end of file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Reading, parse};

    fn told(format: &SchemaType, text: &str) -> String {
        let how = Reading { strict: true, ..Reading::LENIENT };
        parse(format, text, &[], how).expect_err("it is no schema").in_its_words("s", format, text, &[])
    }

    #[test]
    fn the_words_are_those_of_the_original() {
        assert_eq!(
            told(&SchemaType::Json, "7"),
            "Invalid schema {subject=s,version=0,id=-1,guid=8f14e45f-ceea-167a-5a36-dedd4bea2543,schemaType=JSON,references=[],\
             metadata=null,ruleSet=null,schema=7,schemaTags=null,ts=null,deleted=null}, details: Invalid JSON"
        );
        let parser =
            "Invalid schema of type PROTOBUF, details: Invalid schema of type PROTOBUF, details: Could not parse Protobuf - ";
        let syntax = |text: &str| told(&SchemaType::Protobuf, text).strip_prefix(parser).map(str::to_owned);
        assert_eq!(syntax("not proto").as_deref(), Some("Syntax error in :1:1: unexpected label: not"));
        let open = syntax("syntax = \"proto3\"; message A {");
        assert_eq!(open.as_deref(), Some("Syntax error in :1:31: unexpected end of file"));
        let unknown = told(&SchemaType::Protobuf, "syntax = \"proto3\";\npackage shop;\nmessage A { Missing x = 1; }");
        assert!(unknown.starts_with("Invalid schema {subject=s,version=0,id=-1,guid=c76ca781-6704-9452-7561-7d54607f5f40,"));
        assert!(
            unknown.ends_with(",schemaTags=null,ts=null,deleted=null}, details: Could not resolve type: Missing"),
            "{unknown}"
        );
        let avro = told(&SchemaType::Avro, "{}");
        assert!(avro.starts_with("Invalid schema of type AVRO, details: Invalid schema {subject=s,version=null,id=null,guid="));
        assert!(avro.ends_with(",deleted=null} with refs [] of type AVRO, details: No type: {}"), "{avro}");
    }
}
