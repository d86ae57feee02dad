//! Examples of messages against payload and headers, in every format; defaults and examples of schemas against the schemas that
//! they stand in.
//!
//! The official parser does this for 2.x and in part; what it does has its rule names, the rest goes beyond it.

mod avro;
mod messages;
mod protobuf;
mod schemas;

pub(super) use messages::Messages;

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::resolve::Documents;
use super::schema_format;
use super::traits;
use super::v3::payload::Payloads;
use super::version::Version;
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::json_schema::{self, Budget, Unusable, Validator};
use crate::model::Payload;
use crate::schema::Schema;
use crate::source::Span;
use crate::yaml::{Node, Value};

const OFFICIAL: &str = "asyncapi2-message-examples";
const OFFICIAL_CUSTOM: &str = "asyncapi2-message-examples-custom-format";
const OFFICIAL_SCHEMAS: &str = "asyncapi2-schemas";
const INVALID: &str = "asyncapi/example-invalid";
const NOT_ENCODED: &str = "asyncapi/example-not-encoded";
const NOT_CHECKED: &str = "asyncapi/example-not-checked";

/// `true` for what is found here and goes beyond the official parser.
pub(super) fn advises(id: &str) -> bool {
    [INVALID, NOT_ENCODED, NOT_CHECKED, schemas::DEFAULT, schemas::EXAMPLE].contains(&id)
}

/// More findings than this are no help.
const MAX_FOUND: usize = 200;
/// Validators that are kept.
const MAX_VALIDATORS: usize = 8;

/// Where an example does not fit.
struct Mismatch {
    /// Keys and indexes from the example to the value.
    path: Vec<String>,
    what: What,
    message: String,
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// The value is of the wrong type or out of bounds.
    Value,
    /// A field is not known, or one that may be left out elsewhere is missing.
    Unknown,
    /// The value is right and not written as its encoding wants it.
    Form,
}

/// Checks all examples. `read` has the places of the messages whose schemas were read, and their mistakes reported, before.
pub(super) fn check<'d>(
    documents: &'d Documents,
    root: &'d Node,
    version: Version,
    read: &HashSet<Span>,
    payloads: Payloads<'_, 'd>,
    found: &mut Vec<Diagnostic>,
) {
    let mut checker =
        Checker { documents, version, payloads, found: Vec::new(), budget: Budget::default(), validators: Vec::new() };
    for message in Messages::of(documents, root, version.is_2()) {
        let before = checker.payloads.reported();
        checker.message(message);
        if read.contains(&message.span) {
            checker.payloads.forget(before);
        }
    }
    schemas::check(&mut checker, root);
    found.append(&mut checker.found);
    found.append(checker.payloads.found());
}

/// A validator, or why there is none.
type Made = Rc<Result<Validator, Unusable>>;

struct Checker<'s, 'd> {
    documents: &'d Documents,
    version: Version,
    payloads: Payloads<'s, 'd>,
    found: Vec<Diagnostic>,
    /// For all values of the document.
    budget: Budget,
    validators: Vec<(Arc<json_schema::Schema>, Made)>,
}

impl<'d> Checker<'_, 'd> {
    fn message(&mut self, message: &'d Node) {
        if self.version.is_2() {
            return self.message_2(message);
        }
        let merged = traits::apply(message, self.documents, &mut Vec::new());
        // Read also without examples: nobody else may have.
        let mut schema = |field: &str| match &merged {
            Cow::Borrowed(node) => self.payloads.of_document(node.get(field)?),
            Cow::Owned(node) => self.payloads.merged(node.get(field)?),
        };
        let (payload, headers) = (schema("payload"), schema("headers"));
        for example in examples(&merged) {
            for (field, schema) in [("payload", &payload), ("headers", &headers)] {
                if let (Some(value), Some(schema)) = (example.get(field), schema) {
                    self.value(field, value, schema, INVALID);
                }
            }
        }
    }

    /// In 2.x the format stands beside the payload; what traits have is not merged in.
    fn message_2(&mut self, message: &'d Node) {
        let format = message.get("schemaFormat").filter(|node| node.as_str().is_some());
        let payload = match (format, message.get("payload")) {
            (_, None) => None,
            (None, Some(node)) => self.payloads.of_document(node),
            (Some(format), Some(node)) => self.with_format(node, format),
        };
        let official = match format.and_then(Node::as_str) {
            None => OFFICIAL,
            Some(format) if schema_format::read(format).official => OFFICIAL_CUSTOM,
            Some(_) => INVALID,
        };
        let headers = message.get("headers");
        let schema = headers.and_then(|node| self.payloads.of_document(node));
        for example in examples(message) {
            if let (Some(value), Some(schema)) = (example.get("payload"), &payload) {
                self.value("payload", value, schema, official);
            }
            let Some(value) = example.get("headers") else { continue };
            let id = if format.is_none() { OFFICIAL } else { INVALID };
            match &schema {
                Some(schema) => self.value("headers", value, schema, id),
                None if headers.is_none() && value.as_mapping().is_none() => {
                    self.report(id, value.span, format!("headers are an object, not {}", value.kind()));
                }
                None => {}
            }
        }
    }

    /// Reads a payload, and says that it is wrong in the words of the official rule where that parser reads the format too.
    fn with_format(&mut self, node: &'d Node, format: &Node) -> Option<Payload> {
        let text = format.as_str()?;
        let before = self.payloads.reported();
        let payload = self.payloads.with_format(node, text.to_owned(), format.span);
        let is_avro = schema_format::read(text).language == schema_format::Language::Avro;
        if schema_format::read(text).official && is_avro {
            let errors =
                self.payloads.since(before).iter().filter(|d| d.severity == Severity::Error && d.id.starts_with("avro/"));
            let first = errors.map(|d| (d.primary.span, d.message.clone())).next();
            if let Some((span, message)) = first {
                let problem = Diagnostic::error(OFFICIAL_SCHEMAS, node.span, format!("this is no Avro schema: {message}"));
                self.found.push(problem.with_related(span, "here"));
            }
        }
        payload
    }

    /// Holds a value of an example against its schema. `id` is the rule for what the official parser finds too.
    fn value(&mut self, field: &str, value: &Node, payload: &Payload, id: &'static str) {
        match &payload.schema {
            Some(Schema::JsonSchema(schema)) => self.json(field, value, schema, payload.span, id),
            Some(Schema::Avro(schema)) => self.encoded(field, value, avro::check(schema, value), payload.span, id),
            Some(Schema::Protobuf(schema)) => self.encoded(field, value, protobuf::check(schema, value), payload.span, id),
            None => {}
        }
    }

    fn json(&mut self, field: &str, value: &Node, schema: &Arc<json_schema::Schema>, span: Span, id: &'static str) {
        // The official parser does not look at what contains itself.
        let id = if schemas::is_recursive(schema) { INVALID } else { id };
        let validator = self.validator(schema);
        let validator = validator.as_ref().as_ref().map_err(Clone::clone);
        match validator.and_then(|validator| validator.check_at(schema.root, value, &mut self.budget)) {
            Ok(violations) => {
                for violation in violations {
                    let at = schemas::place(value, &violation.path);
                    let message = format!("this example does not fit the {field}: {}", violation.message);
                    self.report(id, at, message).related.push(crate::diagnostic::Label::new(span, "the schema"));
                }
            }
            Err(why) => self.unusable(value.span, &why),
        }
    }

    /// The validator of a schema; the last few are kept, since many messages share one.
    fn validator(&mut self, schema: &Arc<json_schema::Schema>) -> Made {
        if let Some((_, known)) = self.validators.iter().find(|(known, _)| Arc::ptr_eq(known, schema)) {
            return Rc::clone(known);
        }
        let made = Rc::new(Validator::new(Arc::clone(schema), true));
        self.validators.truncate(MAX_VALIDATORS - 1);
        self.validators.insert(0, (Arc::clone(schema), Rc::clone(&made)));
        made
    }

    fn encoded(&mut self, field: &str, value: &Node, mismatches: Vec<Mismatch>, span: Span, id: &'static str) {
        for mismatch in mismatches {
            let at = schemas::place(value, &mismatch.path);
            let (id, message) = match mismatch.what {
                What::Value => (id, format!("this example does not fit the {field}: {}", mismatch.message)),
                What::Unknown => (INVALID, format!("this example does not fit the {field}: {}", mismatch.message)),
                What::Form => (NOT_ENCODED, mismatch.message),
            };
            let found = self.report(id, at, message).clone().with_related(span, "the schema");
            if let Some(last) = self.found.last_mut() {
                *last = found;
            }
        }
    }

    fn unusable(&mut self, span: Span, why: &Unusable) {
        let message = match why {
            Unusable::Refused(why) => format!("this is not checked: the validator does not take the schema: {why}"),
            Unusable::TooComplex => {
                "this is not checked: the schema is too complex, its parts apply too many times to one value".to_owned()
            }
            // The reference that leads back to itself is reported.
            Unusable::Endless => return,
        };
        self.report(NOT_CHECKED, span, message);
    }

    fn report(&mut self, id: &str, span: Span, message: String) -> &mut Diagnostic {
        let severity = if matches!(id, NOT_ENCODED | NOT_CHECKED) { Severity::Warning } else { Severity::Error };
        if self.found.len() >= MAX_FOUND {
            self.found.pop();
        }
        self.found.push(Diagnostic::new(id, severity, span, message));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

fn examples(message: &Node) -> impl Iterator<Item = &Node> {
    message.get("examples").and_then(Node::as_sequence).unwrap_or_default().iter().filter(|e| e.as_mapping().is_some())
}

/// A value in a few words.
fn brief(node: &Node) -> String {
    match &node.value {
        Value::Sequence(_) | Value::Mapping(_) | Value::Null => node.kind().to_owned(),
        _ => {
            let text = node.to_json().to_string();
            let cut: String = text.chars().take(40).collect();
            if cut.len() < text.len() { format!("{cut}…") } else { text }
        }
    }
}
