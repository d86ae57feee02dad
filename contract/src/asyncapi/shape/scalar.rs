//! Values without parts: texts with a form, choices, numbers.

use super::{Checker, RESOLVED, Type};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Value};

impl Checker<'_, '_> {
    pub(super) fn scalar(&mut self, ty: &Type, node: &Node) {
        match ty {
            Type::Bool => {
                if node.as_bool().is_none() {
                    self.wrong(node, "true or false");
                }
            }
            Type::Integer(min, max) => self.integer(node, *min, *max),
            Type::OneInteger(values) => {
                if !node.as_i64().is_some_and(|n| values.contains(&n)) {
                    let names: Vec<String> = values.iter().map(i64::to_string).collect();
                    self.value_error(node, &format!("one of {}", names.join(", ")));
                }
            }
            Type::NullableText if node.value == Value::Null => {}
            _ => match node.as_str() {
                Some(text) => self.text(ty, node, text),
                None => self.wrong(node, if matches!(ty, Type::NullableText) { "a string or null" } else { "a string" }),
            },
        }
    }

    fn text(&mut self, ty: &Type, node: &Node, text: &str) {
        match ty {
            Type::ShortText(limit) if text.chars().count() > *limit => {
                self.value_error(node, &format!("at most {limit} characters long"));
            }
            Type::Uri if !is_uri(text) => self.value_error(node, "an absolute URI, as `https://example.org/`"),
            Type::Email if !is_email(text) => self.value_error(node, "an e-mail address"),
            Type::Expression if !is_expression(text) => {
                self.value_error(node, "a runtime expression, as `$message.header#/correlationId` or `$message.payload#/id`");
            }
            Type::Enum(choices) if !choices.contains(&text) => self.value_error(node, &format!("one of {}", choices.join(", "))),
            _ => {}
        }
    }

    pub(super) fn integer(&mut self, node: &Node, min: i64, max: i64) {
        let Value::Number(_) = node.value else { return self.wrong(node, "a whole number") };
        if node.as_i64().is_none_or(|n| n < min || n > max) {
            let range = if max == i64::MAX {
                format!("a whole number, at least {min}")
            } else {
                format!("a whole number from {min} to {max}")
            };
            self.value_error(node, &range);
        }
    }

    fn value_error(&mut self, node: &Node, wanted: &str) {
        let found = Diagnostic::error(RESOLVED, node.span, format!("{} must be {wanted}", self.name()));
        self.error(found);
    }
}

/// A scheme, a colon and something without blanks.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '|'))
}

/// One `@` with something on both sides, and a domain without blanks.
fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !local.contains([' ', '@'])
            && !domain.is_empty()
            && domain.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    })
}

/// `$message.header#/pointer` or `$message.payload#/pointer`; the pointer may be empty.
fn is_expression(text: &str) -> bool {
    let rest =
        text.strip_prefix("$message.").and_then(|rest| rest.strip_prefix("header").or_else(|| rest.strip_prefix("payload")));
    rest.and_then(|rest| rest.strip_prefix('#')).is_some_and(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert!(is_uri("urn:example:shop") && is_uri("https://a.example/x?y#z") && is_uri("mailto:a@b.c"));
        assert!(!is_uri("shop") && !is_uri("1:2") && !is_uri("http: //x") && !is_uri("a:"));
        assert!(is_email("a.b@c-d.example") && !is_email("a@b@c") && !is_email("a") && !is_email("@b") && !is_email("a@b..c"));
        assert!(is_expression("$message.header#/a") && is_expression("$message.payload#") && !is_expression("$message.body#/a"));
    }
}
