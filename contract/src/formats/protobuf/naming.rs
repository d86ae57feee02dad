//! Names: those that meet in JSON, and the naming style that edition 2024 asks for.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::field::json_name;
use super::tree::{Element, Enum, Field, File, Message, OptionEntry};

/// Fields that have one name in JSON. In proto2 that is a warning, as old files hold such names.
pub(super) fn json_fields(message: &Message, diagnostics: &mut Vec<Diagnostic>) {
    if switched_off(&message.options) {
        return;
    }
    for with_options in [false, true] {
        let mut seen: HashMap<String, (&Field, bool)> = HashMap::new();
        for field in &message.fields {
            let plain = json_name(&field.element.name);
            let custom = with_options && field.json_name != plain;
            let name = if custom { field.json_name.clone() } else { plain };
            let Some((first, first_custom)) = seen.get(&name) else {
                seen.insert(name, (field, custom));
                continue;
            };
            // Without a name that was given, the first pass has told already.
            if (with_options && !custom && !first_custom) || first.element.name == field.element.name {
                continue;
            }
            let text = format!("'{}' and '{}' are both '{name}' in JSON", first.element.name, field.element.name);
            let old = !(message.features.json || (custom && *first_custom));
            diagnostics.push(json_problem(old, field.element.name_span, text, first.element.name_span));
        }
    }
}

fn json_problem(warning: bool, span: Span, text: String, first: Span) -> Diagnostic {
    let id = "protobuf/json-name";
    let problem = if warning { Diagnostic::warning(id, span, text) } else { Diagnostic::error(id, span, text) };
    problem.with_help("rename one of them, or give it a json_name of its own").with_related(first, "first used here")
}

/// Values of an enum that have one name when the name of the enum is taken off, as some languages do.
pub(super) fn json_values(one: &Enum, diagnostics: &mut Vec<Diagnostic>) {
    if switched_off(&one.options) {
        return;
    }
    let prefix = one.element.name.replace('_', "").to_ascii_lowercase();
    let mut seen: HashMap<String, (&str, i32, Span)> = HashMap::new();
    for value in &one.values {
        let (name, span) = (value.element.name.as_str(), value.element.name_span);
        let short = pascal_case(without_prefix(name, &prefix));
        let (first, number, place) = *seen.entry(short).or_insert((name, value.number, span));
        if first == name || number == value.number {
            continue;
        }
        let text = format!("'{first}' and '{name}' are one name without letter case and the name of the enum");
        let id = "protobuf/json-name";
        let old = !one.features.json;
        let problem = if old { Diagnostic::warning(id, span, text) } else { Diagnostic::error(id, span, text) };
        diagnostics.push(problem.with_help("rename one of them").with_related(place, "first used here"));
    }
}

fn switched_off(options: &[OptionEntry]) -> bool {
    options.iter().any(|o| o.name == "deprecated_legacy_json_field_conflicts" && o.as_word() == Some("true"))
}

/// A name without the letters of a prefix, whatever the underscores; the whole name when nothing would be left.
fn without_prefix<'n>(name: &'n str, prefix: &str) -> &'n str {
    let mut wanted = prefix.chars().peekable();
    let mut rest = name;
    while wanted.peek().is_some() {
        let mut letters = rest.chars();
        match letters.next() {
            Some('_') => {}
            Some(c) if wanted.next() == Some(c.to_ascii_lowercase()) => {}
            _ => return name,
        }
        rest = letters.as_str();
    }
    let rest = rest.trim_start_matches('_');
    if rest.is_empty() { name } else { rest }
}

fn pascal_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = true;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
            upper = false;
        }
    }
    out
}

/// The naming style of edition 2024, where it is not switched off.
pub(super) fn file(file: &File, diagnostics: &mut Vec<Diagnostic>) {
    let mut style = Style { diagnostics };
    if let (true, Some(span), false) = (file.features.naming_style, file.package_span, file.package.is_empty()) {
        let good = file.package.split('.').all(is_lower_snake);
        style.check(good, &file.package, span, "lower_snake_case", "a package");
    }
    for message in &file.messages {
        style.message(message);
    }
    for one in &file.enums {
        style.enumeration(one);
    }
    for field in file.extends.iter().flat_map(|e| &e.fields) {
        style.field(field);
    }
    for service in &file.services {
        let features = file.features.with(&service.options);
        if features.naming_style {
            style.element(is_title(&service.element.name), &service.element, "TitleCase", "a service");
        }
        for method in service.methods.iter().filter(|m| features.with(&m.options).naming_style) {
            style.element(is_title(&method.element.name), &method.element, "TitleCase", "a method");
        }
    }
}

struct Style<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Style<'_> {
    fn check(&mut self, good: bool, name: &str, span: Span, wanted: &str, what: &str) {
        if !good {
            let text = format!("'{name}' is not written as {what} is in this edition: {wanted}");
            let help = "rename it, or write `option features.enforce_naming_style = STYLE_LEGACY;`";
            self.diagnostics.push(Diagnostic::error("protobuf/naming", span, text).with_help(help));
        }
    }

    fn element(&mut self, good: bool, element: &Element, wanted: &str, what: &str) {
        self.check(good, &element.name, element.name_span, wanted, what);
    }

    fn field(&mut self, field: &Field) {
        if field.features.naming_style {
            self.element(is_lower_snake(&field.element.name), &field.element, "lower_snake_case", "a field");
        }
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &Message) {
        if message.features.naming_style {
            self.element(is_title(&message.element.name), &message.element, "TitleCase", "a message");
        }
        for oneof in message.oneofs.iter().filter(|o| message.features.with(&o.options).naming_style) {
            self.element(is_lower_snake(&oneof.element.name), &oneof.element, "lower_snake_case", "a oneof");
        }
        for field in message.fields.iter().chain(message.extends.iter().flat_map(|e| &e.fields)) {
            self.field(field);
        }
        message.messages.iter().for_each(|m| self.message(m));
        message.enums.iter().for_each(|e| self.enumeration(e));
    }

    fn enumeration(&mut self, one: &Enum) {
        if one.features.naming_style {
            self.element(is_title(&one.element.name), &one.element, "TitleCase", "an enum");
        }
        for value in one.values.iter().filter(|v| one.features.with(&v.options).naming_style) {
            self.element(is_upper_snake(&value.element.name), &value.element, "UPPER_SNAKE_CASE", "an enum value");
        }
    }
}

fn is_title(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_lower_snake(name: &str) -> bool {
    is_snake(name, |c| c.is_ascii_lowercase())
}

fn is_upper_snake(name: &str) -> bool {
    is_snake(name, |c| c.is_ascii_uppercase())
}

/// Letters and digits with single underscores between words that start with a letter.
fn is_snake(name: &str, letter: impl Fn(char) -> bool) -> bool {
    let word = |w: &str| w.starts_with(&letter) && w.chars().all(|c| letter(c) || c.is_ascii_digit());
    name.split('_').all(word)
}

#[cfg(test)]
mod tests {
    use super::{is_lower_snake, is_title, is_upper_snake, pascal_case, without_prefix};

    #[test]
    fn styles_of_names() {
        assert!(is_title("OrderPlaced2") && !is_title("Order_placed") && !is_title("order"));
        assert!(
            is_lower_snake("order_id2") && !is_lower_snake("order__id") && !is_lower_snake("order_2") && !is_lower_snake("_a")
        );
        assert!(is_upper_snake("A_B1") && !is_upper_snake("A_b"));
    }

    #[test]
    fn the_name_of_the_enum_is_taken_off() {
        assert_eq!(pascal_case(without_prefix("ORDER_KIND_NEW_ONE", "orderkind")), "NewOne");
        assert_eq!(without_prefix("ORDER_KIND", "orderkind"), "ORDER_KIND");
        assert_eq!(without_prefix("OTHER", "orderkind"), "OTHER");
    }
}
