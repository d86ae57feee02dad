//! Values without parts: texts, choices, numbers.

use super::Type;
use super::walk::Checker;
use crate::yaml::{Node, Value};

impl Type {
    /// `true` when a value is of the kind that this type wants, be it right or wrong.
    pub(super) fn wants(&self, node: &Node) -> bool {
        match self {
            Self::Text | Self::SizedText(..) | Self::Form(_) | Self::Enum(_) => node.as_str().is_some(),
            Self::Bool => node.as_bool().is_some(),
            Self::Number | Self::Positive | Self::Integer(..) | Self::OneInteger(_) => matches!(node.value, Value::Number(_)),
            Self::List(_) | Self::FullList(_) | Self::Set(_) | Self::FullSet(_) => node.as_sequence().is_some(),
            _ => node.as_mapping().is_some(),
        }
    }
}

const SIMPLE_TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// The name of a type, or a list of names without a repetition.
fn is_type(node: &Node) -> bool {
    let is_name = |node: &Node| node.as_str().is_some_and(|name| SIMPLE_TYPES.contains(&name));
    match node.as_sequence() {
        Some(names) => {
            let unique = names.iter().enumerate().all(|(n, name)| names.iter().take(n).all(|other| other.value != name.value));
            !names.is_empty() && names.len() <= SIMPLE_TYPES.len() && names.iter().all(is_name) && unique
        }
        None => is_name(node),
    }
}

/// A number, when it is whole.
fn whole(node: &Node) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // beyond 64 bits the nearest bound will do
    node.as_i64().or_else(|| node.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64))
}

impl<'d> Checker<'d> {
    pub(super) fn scalar(&mut self, ty: &Type, node: &'d Node) {
        if !self.listens() {
            return;
        }
        match ty {
            Type::Bool => {
                if node.as_bool().is_none() {
                    self.wrong(node, "true or false");
                }
            }
            Type::Number | Type::Positive => match node.as_f64() {
                Some(number) if number > 0.0 || matches!(ty, Type::Number) => {}
                Some(_) => self.wrong_value(node, "greater than zero"),
                None => self.wrong(node, "a number"),
            },
            Type::Integer(min, max) => self.integer(node, *min, *max),
            Type::OneInteger(values) => {
                if !whole(node).is_some_and(|n| values.contains(&n)) {
                    let names: Vec<String> = values.iter().map(i64::to_string).collect();
                    self.wrong_value(node, &format!("one of {}", names.join(", ")));
                }
            }
            Type::Scalar => {
                if matches!(node.value, Value::Mapping(_) | Value::Sequence(_)) {
                    self.wrong(node, "a string, a number, true, false or null");
                }
            }
            Type::SimpleTypes => {
                if !is_type(node) {
                    let wanted = format!("one of {}, or a list of such names, each once", SIMPLE_TYPES.join(", "));
                    self.wrong_value(node, &wanted);
                }
            }
            Type::NullableText if node.value == Value::Null => {}
            _ => match node.as_str() {
                Some(text) => self.text(ty, node, text),
                None => self.wrong(node, if matches!(ty, Type::NullableText) { "a string or null" } else { "a string" }),
            },
        }
    }

    fn text(&mut self, ty: &Type, node: &'d Node, text: &str) {
        match ty {
            Type::SizedText(min, max) if text.chars().count() > *max || text.chars().count() < *min => {
                let wanted = if *min > 0 { format!("{min} to {max}") } else { format!("at most {max}") };
                self.wrong_value(node, &format!("{wanted} characters long"));
            }
            Type::Form(form) if !form.holds(text) => self.wrong_value(node, form.wanted()),
            Type::Enum(choices) if !choices.contains(&text) => {
                self.wrong_value(node, &format!("one of {}", choices.join(", ")));
            }
            _ => {}
        }
    }

    fn integer(&mut self, node: &'d Node, min: i64, max: i64) {
        let Value::Number(_) = node.value else { return self.wrong(node, "a whole number") };
        if whole(node).is_none_or(|n| n < min || n > max) {
            let range = match (min, max) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                (_, i64::MAX) => format!("a whole number, at least {min}"),
                _ => format!("a whole number from {min} to {max}"),
            };
            self.wrong_value(node, &range);
        }
    }
}
