//! The keywords without subschemas: what they must look like, and where they are wrong.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

use super::dialect::Dialect;
use super::tree::{JsonType, Sub};

/// Reads every keyword that holds no schema into the fields of `sub` and checks those that stay in the node.
pub(super) fn read(map: &Mapping, dialect: Dialect, sub: &mut Sub, diagnostics: &mut Vec<Diagnostic>) {
    for entry in &map.entries {
        let node = &entry.value;
        match entry.key.as_str() {
            "title" => sub.title = string(entry, diagnostics),
            "description" => sub.description = string(entry, diagnostics),
            "format" => sub.format = string(entry, diagnostics),
            "type" => {
                sub.types = types(node, diagnostics);
                sub.types_span = Some(node.span);
            }
            "required" => sub.required = required(entry, diagnostics),
            "enum" => sub.enumeration = enumeration(entry, diagnostics),
            "const" if dialect >= Dialect::Draft06 => sub.constant = Some(node.clone()),
            "default" => sub.default = Some(node.clone()),
            "examples" if dialect >= Dialect::Draft06 => sub.examples = list(entry, diagnostics).unwrap_or_default(),
            "example" if dialect == Dialect::OpenApi30 => sub.examples = vec![node.clone()],
            "discriminator" => sub.discriminator = discriminator(entry, diagnostics),
            "deprecated" => {
                sub.deprecated = node.as_bool().unwrap_or(false);
                annotation("deprecated", entry, dialect, diagnostics);
            }
            "pattern" => pattern(entry, diagnostics),
            "minimum" | "maximum" => number(entry, diagnostics),
            "exclusiveMinimum" | "exclusiveMaximum" => exclusive(entry, dialect, diagnostics),
            "multipleOf" => multiple_of(entry, diagnostics),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => count(entry, diagnostics),
            "minContains" | "maxContains" if dialect >= Dialect::Draft201909 => count(entry, diagnostics),
            "uniqueItems" if node.as_bool().is_none() => wrong(entry, "true or false", diagnostics),
            "nullable" if dialect == Dialect::OpenApi30 && node.as_bool().is_none() => wrong(entry, "true or false", diagnostics),
            key => annotation(key, entry, dialect, diagnostics),
        }
    }
    let nullable = dialect == Dialect::OpenApi30 && map.get("nullable").and_then(Node::as_bool) == Some(true);
    if nullable && !sub.types.is_empty() && !sub.types.contains(&JsonType::Null) {
        sub.types.push(JsonType::Null);
    }
}

/// Keywords that no value is held against: what is wrong in them is worth a word.
fn annotation(key: &str, entry: &Entry, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) {
    let node = &entry.value;
    if matches!(key, "$id" | "id") && node.as_str().is_some_and(|text| text.starts_with("json-schema:")) {
        let message = "addresses that start with `json-schema:` are those that validators give to schemas without one";
        diagnostics.push(Diagnostic::error("json-schema/keyword", node.span, message).with_help("use an address of your own"));
    }
    let wanted = match key {
        "$id" | "$schema" | "$comment" | "contentMediaType" | "contentEncoding" if node.as_str().is_none() => "a string",
        "$anchor" | "$dynamicAnchor" if dialect >= Dialect::Draft201909 && node.as_str().is_none() => "a string",
        "id" if dialect == Dialect::Draft04 && node.as_str().is_none() => "a string",
        "readOnly" | "$recursiveAnchor" if node.as_bool().is_none() => "true or false",
        "deprecated" if node.as_bool().is_none() && dialect >= Dialect::AsyncApi => "true or false",
        "externalDocs" if dialect == Dialect::AsyncApi && node.as_mapping().is_none() => "an object",
        _ => return,
    };
    let message = format!("'{key}' is {wanted}, not {}", node.kind());
    diagnostics.push(Diagnostic::warning("json-schema/annotation", node.span, message));
}

/// A number; in draft-04 and OpenAPI 3.0 a boolean beside `minimum` or `maximum`.
fn exclusive(entry: &Entry, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) {
    let boolean = entry.value.as_bool().is_some();
    match (dialect < Dialect::Draft06, boolean) {
        (true, true) => {}
        (true, false) => wrong(entry, "true or false in this dialect", diagnostics),
        (false, true) => {
            let message = format!("'{}' is a number; true and false are what draft-04 has here", entry.key);
            let help = "write the limit itself, without `minimum` or `maximum` beside it";
            diagnostics.push(Diagnostic::warning("json-schema/exclusive-limit", entry.value.span, message).with_help(help));
        }
        (false, false) => number(entry, diagnostics),
    }
}

fn enumeration(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Node>> {
    let values = list(entry, diagnostics)?;
    if values.is_empty() {
        let message = "'enum' is empty: no value fits".to_owned();
        diagnostics.push(Diagnostic::warning("json-schema/enum", entry.value.span, message));
    }
    let mut seen = HashSet::new();
    if let Some(again) = values.iter().find(|value| !seen.insert(value.to_json().to_string())) {
        let message = format!("'enum' has {} twice", again.to_json());
        diagnostics
            .push(Diagnostic::warning("json-schema/enum", entry.value.span, message).with_related(again.span, "again here"));
    }
    Some(values)
}

/// `true` for the ids of findings on the shape of keywords, which the meta-schemas describe too; not for references, patterns
/// and depth.
pub(crate) fn is_about_shape(id: &str) -> bool {
    let shape =
        ["keyword", "limit", "type", "required", "enum", "annotation", "exclusive-limit", "not-a-schema", "boolean-schema"];
    id.strip_prefix("json-schema/").is_some_and(|name| shape.contains(&name))
}

fn wrong(entry: &Entry, wanted: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("'{}' is {wanted}, not {}", entry.key, entry.value.kind());
    diagnostics.push(Diagnostic::error("json-schema/keyword", entry.value.span, message));
}

fn string(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = entry.value.as_str();
    if text.is_none() {
        wrong(entry, "a string", diagnostics);
    }
    text.map(str::to_owned)
}

fn list(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Node>> {
    let items = entry.value.as_sequence();
    if items.is_none() {
        wrong(entry, "a list", diagnostics);
    }
    items.map(<[Node]>::to_vec)
}

/// A string; OpenAPI's object form is read for its `propertyName`.
fn discriminator(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = entry.value.as_str().or_else(|| entry.value.get("propertyName")?.as_str());
    if text.is_none() {
        wrong(entry, "the name of a property", diagnostics);
    }
    text.map(str::to_owned)
}

fn types(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<JsonType> {
    let one = std::slice::from_ref(node);
    let (list, is_list) = node.as_sequence().map_or((one, false), |items| (items, true));
    let mut types = Vec::with_capacity(list.len());
    for item in list {
        let name = item.as_str().unwrap_or_default();
        match JsonType::from_name(name) {
            Some(found) if types.contains(&found) => {
                let message = format!("the type '{name}' is named twice");
                diagnostics.push(Diagnostic::error("json-schema/type", item.span, message));
            }
            Some(found) => types.push(found),
            None => {
                let found = if item.as_str().is_some() { format!("'{name}'") } else { item.kind().to_owned() };
                let message = format!("{found} is not a type of JSON");
                let help = "the types are null, boolean, integer, number, string, array and object";
                diagnostics.push(Diagnostic::error("json-schema/type", item.span, message).with_help(help));
            }
        }
    }
    if is_list && list.is_empty() {
        diagnostics.push(Diagnostic::error("json-schema/type", node.span, "a list of types names at least one"));
    }
    types
}

fn required(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Vec<(String, Span)> {
    if let Value::Bool(_) = &entry.value.value {
        let message = "'required' is a list of names, not a boolean";
        let help = "list the name of the property in 'required' of the object that holds it";
        diagnostics.push(Diagnostic::error("json-schema/required", entry.value.span, message).with_help(help));
        return Vec::new();
    }
    let names = names(&entry.key, &entry.value, diagnostics);
    let mut seen = HashSet::new();
    if let Some((again, span)) = names.iter().find(|(name, _)| !seen.insert(name.as_str())) {
        let message = format!("'required' names '{again}' twice");
        diagnostics
            .push(Diagnostic::warning("json-schema/required", entry.value.span, message).with_related(*span, "again here"));
    }
    names
}

/// A list of strings with their places.
pub(super) fn names(key: &str, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<(String, Span)> {
    let Some(items) = node.as_sequence() else {
        let message = format!("'{key}' is a list of names, not {}", node.kind());
        diagnostics.push(Diagnostic::error("json-schema/required", node.span, message));
        return Vec::new();
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item.as_str() {
            Some(name) => names.push((name.to_owned(), item.span)),
            None => {
                let message = format!("'{key}' is a list of names; {} cannot be one", item.kind());
                diagnostics.push(Diagnostic::error("json-schema/required", item.span, message));
            }
        }
    }
    names
}

fn number(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    if entry.value.as_f64().is_none() {
        wrong(entry, "a number", diagnostics);
    }
}

fn multiple_of(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    if entry.value.as_f64().is_none_or(|n| n <= 0.0) {
        let message = "'multipleOf' is a number greater than 0";
        diagnostics.push(Diagnostic::error("json-schema/limit", entry.value.span, message));
    }
}

fn count(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    match entry.value.as_f64() {
        None => wrong(entry, "a whole number", diagnostics),
        Some(n) if n < 0.0 || n.fract() != 0.0 => {
            let message = format!("'{}' is a whole number from 0 on", entry.key);
            diagnostics.push(Diagnostic::error("json-schema/limit", entry.value.span, message));
        }
        Some(_) => {}
    }
}

fn pattern(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    let Some(text) = entry.value.as_str() else {
        wrong(entry, "a regular expression", diagnostics);
        return;
    };
    if let Some(problem) = pattern_problem(text) {
        let message = format!("'pattern' is not a regular expression: {problem}");
        diagnostics.push(Diagnostic::error("json-schema/pattern", entry.value.span, message));
    }
}

/// What is wrong with the structure of an ECMA-262 regular expression: brackets, escapes, repetitions.
///
/// What is right in structure and still means nothing (`[z-a]`, an unknown property) is left to the validator.
pub(super) fn pattern_problem(pattern: &str) -> Option<&'static str> {
    let mut groups = 0_usize;
    let mut in_class = false;
    let mut repeatable = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            if chars.next().is_none() {
                return Some("it ends with a lone backslash");
            }
            repeatable = true;
            continue;
        }
        if in_class {
            in_class = c != ']';
            repeatable = !in_class;
            continue;
        }
        match c {
            '[' => {
                in_class = true;
                // `[]` and `[^]` are classes in ECMA-262.
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
            }
            '(' => {
                groups += 1;
                repeatable = false;
                // `(?:`, `(?=`, `(?!`, `(?<…`
                if chars.peek() == Some(&'?') {
                    chars.next();
                }
            }
            ')' if groups == 0 => return Some("a ')' has no '('"),
            ')' => {
                groups -= 1;
                repeatable = true;
            }
            '*' | '+' | '?' if !repeatable => return Some("there is nothing to repeat"),
            '*' | '+' | '?' => {
                if chars.peek() == Some(&'?') {
                    chars.next();
                }
                repeatable = false;
            }
            '|' | '^' => repeatable = false,
            _ => repeatable = true,
        }
    }
    if in_class {
        return Some("a '[' is never closed");
    }
    (groups > 0).then_some("a '(' is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_checked_for_structure() {
        for good in ["", "^[a-z]+$", "a{2,3}?", "(?:a|b)*", "(?=x)y", r"\d+\.\d*", "[]", "[^]]", "a|b", "[(]"] {
            assert_eq!(pattern_problem(good), None, "{good}");
        }
        for bad in ["(", "a)", "[a", "*a", "a**", "\\", "(?:a", "|+"] {
            assert!(pattern_problem(bad).is_some(), "{bad}");
        }
    }
}
