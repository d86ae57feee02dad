//! Whether the default of a field fits its type. Runs when every name is known.

use std::collections::{HashMap, HashSet};

use super::super::tree::{Field, Kind, TypeId};
use super::Parser;
use crate::diagnostic::{Diagnostic, Severity};
use crate::yaml::{Node, Value};

/// How many steps all defaults of a schema may take together: a union of ten thousand branches makes each item of a list dear.
const MAX_STEPS: usize = 2_000_000;

impl Parser {
    /// Checks every default. What Avro Java's parser refuses even without validation (a text that is no number, for `float` and
    /// `double`) is always an error; a default that does not fit is one when `strict`, else a warning.
    pub(super) fn check_defaults(&mut self, strict: bool) {
        let mut check = Check { parser: self, steps: 0 };
        let mut found = Vec::new();
        for ty in &check.parser.types {
            let Kind::Record(record) = &ty.kind else { continue };
            for field in &record.fields {
                found.extend(field.default.as_ref().and_then(|default| check.field(field, default, strict)));
            }
            if check.steps > MAX_STEPS {
                found.push(Diagnostic::error("avro/default-limit", ty.span, "the defaults are too large to be checked"));
                break;
            }
        }
        self.diagnostics.extend(found);
    }
}

struct Check<'p> {
    parser: &'p Parser,
    steps: usize,
}

/// What is wrong with a default; `lax` when Avro Java takes it even when it validates.
struct Problem {
    text: String,
    lax: bool,
}

impl Check<'_> {
    fn field(&mut self, field: &Field, default: &Node, strict: bool) -> Option<Diagnostic> {
        let float = matches!(self.parser.get(field.ty).kind, Kind::Float | Kind::Double);
        if let (true, Value::String(text)) = (float, &default.value) {
            if java_double(text).is_some() {
                return None;
            }
            let message = format!("the default \"{text}\" of the field '{}' is not a number", field.name);
            return Some(Diagnostic::error("avro/default-invalid", default.span, message));
        }
        let problem = self.value(field.ty, default).err()?;
        let severity = if strict && !problem.lax { Severity::Error } else { Severity::Warning };
        let message = format!("the default of the field '{}' does not fit its type: {}", field.name, problem.text);
        let ty = self.parser.get(field.ty);
        let help = match &ty.kind {
            Kind::Union(_) => "Give a default that one of the branches takes, or add a branch for it.",
            _ => "Give a default of the field's type.",
        };
        let found = Diagnostic::new("avro/default-invalid", severity, default.span, message);
        Some(found.with_related(ty.span, "the type").with_help(help))
    }

    fn value(&mut self, id: TypeId, node: &Node) -> Result<(), Problem> {
        let ty = self.parser.get(id);
        self.steps += match &ty.kind {
            Kind::Enum(e) => 1 + e.symbols.len() / 8,
            Kind::Record(record) => 1 + record.fields.len(),
            _ => 1,
        };
        if self.steps > MAX_STEPS {
            return Ok(());
        }
        let fits = match &ty.kind {
            Kind::Null => matches!(node.value, Value::Null),
            Kind::Boolean => node.as_bool().is_some(),
            Kind::Int => integer(node).is_some_and(|n| i32::try_from(n).is_ok()),
            Kind::Long => integer(node).is_some(),
            Kind::Float | Kind::Double => matches!(node.value, Value::Number(_)),
            Kind::String => node.as_str().is_some(),
            Kind::Bytes | Kind::Fixed(_) => return bytes(&ty.kind, node),
            Kind::Enum(e) => match node.as_str() {
                None => false,
                Some(text) if e.symbols.iter().any(|s| s.name == text) => true,
                Some(text) => return Err(Problem { text: format!("'{text}' is not a symbol of the enum"), lax: true }),
            },
            Kind::Array(items) => return self.items(*items, node),
            Kind::Map(values) => return self.entries(*values, node),
            Kind::Union(branches) => return self.branches(branches, node),
            Kind::Record(record) => return self.record(&record.fields, node),
        };
        if fits { Ok(()) } else { Err(mismatch(ty.kind.name(), node)) }
    }

    fn items(&mut self, items: TypeId, node: &Node) -> Result<(), Problem> {
        let Some(list) = node.as_sequence() else { return Err(mismatch("array", node)) };
        list.iter().try_for_each(|item| self.value(items, item))
    }

    fn entries(&mut self, values: TypeId, node: &Node) -> Result<(), Problem> {
        let Some(mapping) = node.as_mapping() else { return Err(mismatch("map", node)) };
        mapping.entries.iter().try_for_each(|e| self.value(values, &e.value))
    }

    /// Any branch may take the default (Avro 1.12); a branch that only Avro Java would take comes last.
    fn branches(&mut self, branches: &[TypeId], node: &Node) -> Result<(), Problem> {
        let mut lax = None;
        for branch in branches {
            match self.value(*branch, node) {
                Ok(()) => return Ok(()),
                Err(problem) if problem.lax => lax = lax.or(Some(problem)),
                Err(_) => {}
            }
        }
        Err(lax.unwrap_or_else(|| {
            let names: Vec<String> = branches.iter().take(10).map(|b| self.parser.get(*b).branch_name()).collect();
            mismatch(&format!("any branch of [{}]", names.join(", ")), node)
        }))
    }

    fn record(&mut self, fields: &[Field], node: &Node) -> Result<(), Problem> {
        let Some(mapping) = node.as_mapping() else { return Err(mismatch("record", node)) };
        let known: HashSet<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        let given: HashMap<&str, &Node> = mapping.entries.iter().map(|e| (e.key.as_str(), &e.value)).collect();
        for field in fields {
            match given.get(field.name.as_str()) {
                Some(value) => self.value(field.ty, value)?,
                // Its own default is checked where it stands.
                None if field.default.is_some() => {}
                None => return Err(Problem { text: format!("the field '{}' is missing", field.name), lax: false }),
            }
        }
        match mapping.entries.iter().find(|e| !known.contains(e.key.as_str())) {
            Some(extra) => Err(Problem { text: format!("the record has no field '{}'", extra.key), lax: true }),
            None => Ok(()),
        }
    }
}

fn bytes(kind: &Kind, node: &Node) -> Result<(), Problem> {
    let Some(text) = node.as_str() else { return Err(mismatch(kind.name(), node)) };
    if let Some(c) = text.chars().find(|c| u32::from(*c) > 0xFF) {
        let text = format!("'{c}' is not a byte; each character stands for one, from U+0000 to U+00FF");
        return Err(Problem { text, lax: true });
    }
    match kind {
        Kind::Fixed(f) if f.size != text.chars().count() => {
            Err(Problem { text: format!("it has {} bytes and the fixed has {}", text.chars().count(), f.size), lax: true })
        }
        _ => Ok(()),
    }
}

fn mismatch(expected: &str, node: &Node) -> Problem {
    let shown = match &node.value {
        Value::Number(n) => n.chars().take(40).collect(),
        Value::Bool(b) => b.to_string(),
        Value::String(s) => format!("{:?}", s.chars().take(40).collect::<String>()),
        _ => node.kind().to_owned(),
    };
    Problem { text: format!("{shown} is not {expected}"), lax: false }
}

/// A number without point and exponent that fits 64 bits.
fn integer(node: &Node) -> Option<i64> {
    if let Value::Number(n) = &node.value { n.parse().ok() } else { None }
}

/// What Java's `Double.parseDouble` makes of a text, but for hexadecimal floats.
pub(in super::super) fn java_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c| c <= ' ');
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match digits {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let digits = digits.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(digits);
            let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            let known = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
            if !plain || !known {
                return None;
            }
            digits.parse().ok()?
        }
    };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::java_double;

    #[test]
    fn texts_that_java_takes_for_a_double() {
        for (text, value) in [("1", 1.0), (" 1.5f", 1.5), ("-2e3", -2000.0), ("+.5", 0.5), ("-Infinity", f64::NEG_INFINITY)] {
            assert_eq!(java_double(text), Some(value), "{text}");
        }
        assert!(java_double("NaN").is_some_and(f64::is_nan));
        for text in ["", "ÿ", "s", "inf", "nan", "1 2", "--1"] {
            assert_eq!(java_double(text), None, "{text}");
        }
    }
}
