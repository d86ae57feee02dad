//! The shape of a document: which objects have which fields of which types. The tables are in `document.rs` (AsyncAPI 3.0 and
//! 3.1) and `bindings.rs`; here is the one walker that holds a document against them.
//!
//! What is inside of payload schemas is not checked here: their own parsers do.

mod bindings;
mod document;
mod scalar;

use std::collections::HashSet;

pub(super) use document::ROOT;

use super::resolve::Documents;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Entry, Mapping, Node, Value};

/// An object of the specification. `x-` extensions are allowed in all of them.
#[derive(Debug)]
pub(super) struct Object {
    /// As the specification calls it.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    /// At least one of these must be there; empty for no such rule.
    pub(super) one_of: &'static [&'static str],
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) ty: Type,
}

#[derive(Debug)]
pub(super) enum Type {
    Any,
    /// A string.
    Text,
    /// A string of at most so many characters.
    ShortText(usize),
    /// A string or null.
    NullableText,
    /// An absolute URI.
    Uri,
    /// An e-mail address.
    Email,
    /// `$message.header#/…` or `$message.payload#/…`.
    Expression,
    Enum(&'static [&'static str]),
    Bool,
    /// A whole number from … to ….
    Integer(i64, i64),
    /// One of these whole numbers.
    OneInteger(&'static [i64]),
    Object(&'static Object),
    /// The object, or a reference to it.
    OrRef(&'static Object),
    /// A reference to the object; the object in its place is let through here and refused where it matters.
    Ref(&'static Object),
    /// Keys of the document's choice.
    Map(&'static Type),
    List(&'static Type),
    /// The fields hang on the text of another field.
    Tagged(&'static str, &'static [(&'static str, Object)]),
    /// A JSON Schema, or a reference to one.
    Schema,
    /// A whole number or a JSON Schema.
    IntegerOrSchema(i64, i64),
    /// A schema, or a schema together with its format.
    Payload,
    /// The bindings of a place: protocol → fields.
    Bindings(&'static [(&'static str, Object)]),
}

/// A field that may be absent.
const fn may(name: &'static str, ty: Type) -> Field {
    Field { name, required: false, ty }
}

/// A field that must be there.
const fn must(name: &'static str, ty: Type) -> Field {
    Field { name, required: true, ty }
}

/// An object without further rules.
const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, one_of: &[] }
}

/// Reports what in the document is not as the specification wants it.
pub(super) fn check(documents: &Documents, root: &Node, found: &mut Vec<Diagnostic>) {
    let mut checker = Checker { documents, found, seen: HashSet::new(), path: Vec::new() };
    checker.object(&ROOT, root);
}

pub(super) const RESOLVED: &str = "asyncapi-document-resolved";
pub(super) const UNRESOLVED: &str = "asyncapi-document-unresolved";

/// More than anybody is shown; what is here decides only whether the document is valid.
const MAX_FINDINGS: usize = 2000;

struct Checker<'d, 'f> {
    documents: &'d Documents,
    found: &'f mut Vec<Diagnostic>,
    /// Objects that were checked as what they are: many references lead to one.
    seen: HashSet<(*const Node, *const Object)>,
    path: Vec<String>,
}

impl<'d> Checker<'d, '_> {
    fn error(&mut self, found: Diagnostic) {
        if self.found.len() >= MAX_FINDINGS {
            return;
        }
        let tokens = self.path.iter().flat_map(|token| ["/".to_owned(), token.replace('~', "~0").replace('/', "~1")]);
        self.found.push(found.with_about(tokens.collect::<String>()));
    }

    /// What the value in hand is called, for messages.
    fn name(&self) -> String {
        let is_name = |token: &&String| !token.bytes().all(|b| b.is_ascii_digit());
        match (self.path.last(), self.path.iter().rev().find(is_name)) {
            (None, _) => "the document".to_owned(),
            (Some(last), Some(name)) if last == name => format!("`{name}`"),
            (Some(_), Some(name)) => format!("each item of `{name}`"),
            (Some(last), None) => format!("`{last}`"),
        }
    }

    fn wrong(&mut self, node: &Node, wanted: &str) {
        let message = format!("{} must be {wanted}, and this is {}", self.name(), node.kind());
        let mut found = Diagnostic::error(RESOLVED, node.span, message);
        if let (Value::Number(text), true) = (&node.value, wanted.starts_with("a string")) {
            found = found.with_help(format!("put it in quotes: \"{text}\""));
        }
        self.error(found);
    }

    fn at(&mut self, key: &str, ty: &'static Type, node: &'d Node) {
        self.path.push(key.to_owned());
        self.check(ty, node);
        self.path.pop();
    }

    fn check(&mut self, ty: &'static Type, node: &'d Node) {
        match ty {
            Type::Any => {}
            Type::Object(object) => {
                if let Some(reference) = node.get("$ref") {
                    let message = format!("the {} is written in place, it can't be a reference", object.name);
                    return self.error(Diagnostic::error(UNRESOLVED, reference.span, message));
                }
                self.object(object, node);
            }
            Type::OrRef(object) => self.followed(node, |checker, node| checker.object(object, node)),
            Type::Ref(object) => {
                if node.as_str().is_some() {
                    let message = format!("a reference to a {} is an object: `$ref: '#/…'`", object.name);
                    return self.error(Diagnostic::error(RESOLVED, node.span, message));
                }
                self.followed(node, |checker, node| checker.object(object, node));
            }
            Type::Map(inner) => match node.as_mapping() {
                Some(entries) => {
                    for entry in entries.entries.iter().filter(|entry| !is_extension(&entry.key)) {
                        self.at(&entry.key, inner, &entry.value);
                    }
                }
                None => self.wrong(node, "an object"),
            },
            Type::List(inner) => match node.as_sequence() {
                Some(items) => {
                    for (n, item) in items.iter().enumerate() {
                        self.at(&n.to_string(), inner, item);
                    }
                }
                None => self.wrong(node, "a list"),
            },
            Type::Tagged(field, variants) => self.followed(node, |checker, node| checker.tagged(field, variants, node)),
            Type::Schema => self.schema(node),
            Type::IntegerOrSchema(min, max) => match node.value {
                Value::Number(_) => self.integer(node, *min, *max),
                _ => self.schema(node),
            },
            Type::Payload => self.payload(node),
            Type::Bindings(protocols) => self.followed(node, |checker, node| checker.bindings(protocols, node)),
            _ => self.scalar(ty, node),
        }
    }

    /// Checks the node behind references. Where one leads nowhere, that is the finding.
    fn followed(&mut self, node: &'d Node, check: impl FnOnce(&mut Self, &'d Node)) {
        if let Some(target) = self.documents.follow(node, self.found) {
            check(self, target);
        }
    }

    fn object(&mut self, object: &'static Object, node: &'d Node) {
        let Some(entries) = node.as_mapping() else {
            return self.wrong(node, "an object");
        };
        if !self.seen.insert((node, object)) {
            return;
        }
        for field in object.fields.iter().filter(|field| field.required && entries.entry(field.name).is_none()) {
            let message = format!("the {} must have the field `{}`", object.name, field.name);
            self.error(Diagnostic::error(RESOLVED, node.span, message));
        }
        if !object.one_of.is_empty() && !object.one_of.iter().any(|name| entries.entry(name).is_some()) {
            let names: Vec<String> = object.one_of.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("the {} must have one of the fields {}", object.name, names.join(", "));
            self.error(Diagnostic::error(RESOLVED, node.span, message));
        }
        self.fields(object, entries);
    }

    fn fields(&mut self, object: &'static Object, entries: &'d Mapping) {
        for entry in &entries.entries {
            if is_extension(&entry.key) {
                continue;
            }
            match object.fields.iter().find(|field| field.name == entry.key) {
                Some(field) => self.at(&entry.key, &field.ty, &entry.value),
                None => self.unknown_field(object, entry),
            }
        }
    }

    fn unknown_field(&mut self, object: &'static Object, entry: &Entry) {
        if self.found.len() >= MAX_FINDINGS {
            return;
        }
        let message = format!("the {} has no field `{}`", object.name, entry.key);
        let near = object.fields.iter().map(|field| field.name).min_by_key(|name| distance(name, &entry.key));
        let help = match near.filter(|name| distance(name, &entry.key) <= 2) {
            Some(name) => format!("perhaps `{name}` is meant; names of your own start with `x-`"),
            None => {
                let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
                format!("it may have {}; names of your own start with `x-`", names.join(", "))
            }
        };
        self.path.push(entry.key.clone());
        self.error(Diagnostic::error(RESOLVED, entry.key_span, message).with_help(help));
        self.path.pop();
    }

    fn tagged(&mut self, field: &str, variants: &'static [(&'static str, Object)], node: &'d Node) {
        if node.as_mapping().is_none() {
            return self.wrong(node, "an object");
        }
        let Some(tag) = node.get(field) else {
            return self.error(Diagnostic::error(RESOLVED, node.span, format!("the field `{field}` is missing")));
        };
        let variant = tag.as_str().and_then(|tag| variants.iter().find(|(name, _)| *name == tag));
        match variant {
            Some((_, object)) => self.object(object, node),
            None => {
                let names: Vec<&str> = variants.iter().map(|(name, _)| *name).collect();
                let message = format!("`{field}` must be one of {}", names.join(", "));
                self.error(Diagnostic::error(RESOLVED, tag.span, message));
            }
        }
    }

    fn schema(&mut self, node: &'d Node) {
        if !matches!(node.value, Value::Mapping(_) | Value::Bool(_)) {
            self.wrong(node, "a schema (an object, `true` or `false`)");
        }
    }

    fn payload(&mut self, node: &'d Node) {
        if node.get("$ref").is_some() {
            // Followed by the reader of payloads: it may lead to a `.proto` or an `.avsc` file.
            return;
        }
        match node.as_mapping() {
            Some(entries) if entries.entry("schemaFormat").is_some() => self.object(&document::MULTI_FORMAT, node),
            _ => self.schema(node),
        }
    }

    fn bindings(&mut self, protocols: &'static [(&'static str, Object)], node: &'d Node) {
        let Some(entries) = node.as_mapping() else {
            return self.wrong(node, "an object");
        };
        for entry in entries.entries.iter().filter(|entry| !is_extension(&entry.key)) {
            self.path.push(entry.key.clone());
            match protocols.iter().find(|(protocol, _)| *protocol == entry.key) {
                Some((_, object)) => self.followed(&entry.value, |checker, node| checker.object(object, node)),
                None if bindings::PROTOCOLS.contains(&entry.key.as_str()) => {
                    self.followed(&entry.value, |checker, node| {
                        if node.as_mapping().is_none() {
                            checker.wrong(node, "an object");
                        }
                    });
                }
                None => {
                    let message = format!("`{}` is no protocol that has bindings", entry.key);
                    let help = format!("known are {}; your own start with `x-`", bindings::PROTOCOLS.join(", "));
                    self.error(Diagnostic::error(RESOLVED, entry.key_span, message).with_help(help));
                }
            }
            self.path.pop();
        }
    }
}

/// `x-…`
pub(super) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// How many characters differ, roughly: the Levenshtein distance, cut off for long names.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().take(40).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, up) in b.iter().zip(row.iter().skip(1)) {
            left = if x == y { corner } else { 1 + corner.min(left).min(*up) };
            corner = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn distance_of_names() {
        for (a, b, wanted) in
            [("adress", "address", 1), ("titel", "title", 2), ("", "ab", 2), ("same", "same", 0), ("abc", "xyz", 3)]
        {
            assert_eq!(super::distance(a, b), wanted, "{a} {b}");
        }
    }
}
