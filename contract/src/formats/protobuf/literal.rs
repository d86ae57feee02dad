//! Scalars and enum values as they are written become values on the wire.

use crate::source::Span;

use super::interpret::Interpreter;
use super::node::Wire;
use super::tree::{FieldType, Literal, Scalar};

/// Reads one value of an option.
pub(super) struct Reader<'r> {
    /// What is set.
    pub(super) name: &'r str,
    /// It stands in braces, where more ways of writing are allowed.
    pub(super) in_aggregate: bool,
    /// The place to report.
    pub(super) span: Span,
}

impl Reader<'_> {
    /// The value of a field of a type; `None` when it was reported.
    pub(super) fn value(&self, to: &mut Interpreter<'_, '_>, ty: &FieldType, literal: &Literal) -> Option<Wire> {
        let found = match ty {
            FieldType::Enum(name) => return self.enum_value(to, name, literal),
            FieldType::Message(_) | FieldType::Map { .. } => {
                let text = format!("the option '{}' is a message: its value stands in braces", self.name);
                to.error(self.span, text, "write { field: value }, or set one of its fields: name.field = value");
                return None;
            }
            FieldType::Scalar(scalar) => self.scalar(*scalar, literal),
        };
        if found.is_none() {
            let FieldType::Scalar(scalar) = ty else { return None };
            let wanted = match scalar {
                Scalar::Bool => "true or false".to_owned(),
                Scalar::String | Scalar::Bytes => "a string in quotes".to_owned(),
                Scalar::Float | Scalar::Double => "a number".to_owned(),
                other => format!("an integer of the type {}", other.as_str()),
            };
            let text = format!("the option '{}' is {wanted}, not {}", self.name, shown(literal));
            to.error(self.span, text, "write a value of that type");
        }
        found
    }

    fn scalar(&self, scalar: Scalar, literal: &Literal) -> Option<Wire> {
        match scalar {
            Scalar::Bool => self.boolean(literal).map(|b| Wire::Varint(u64::from(b))),
            Scalar::String | Scalar::Bytes => match literal {
                Literal::Text(bytes) => Some(Wire::Bytes(bytes.clone())),
                _ => None,
            },
            #[allow(clippy::cast_possible_truncation)] // the value of a float is the nearest float
            Scalar::Float => self.float(literal).map(|f| Wire::Fixed32((f as f32).to_bits())),
            Scalar::Double => self.float(literal).map(|f| Wire::Fixed64(f.to_bits())),
            other => integer(other, literal),
        }
    }

    fn boolean(&self, literal: &Literal) -> Option<bool> {
        match literal {
            Literal::Word(word) => match (word.as_str(), self.in_aggregate) {
                ("true", _) | ("True" | "t", true) => Some(true),
                ("false", _) | ("False" | "f", true) => Some(false),
                _ => None,
            },
            Literal::Int { negative: false, magnitude: bit @ (0 | 1) } if self.in_aggregate => Some(*bit == 1),
            _ => None,
        }
    }

    fn float(&self, literal: &Literal) -> Option<f64> {
        let word = |word: &str| match word.to_ascii_lowercase().as_str() {
            "inf" => Some(f64::INFINITY),
            "infinity" if self.in_aggregate => Some(f64::INFINITY),
            "nan" => Some(f64::NAN),
            _ => None,
        };
        match literal {
            Literal::Float(value) => Some(*value),
            #[allow(clippy::cast_precision_loss)] // an integer in a floating-point field is as precise as the field
            Literal::Int { negative, magnitude } => Some(if *negative { -(*magnitude as f64) } else { *magnitude as f64 }),
            Literal::Word(text) => word(text),
            // As protoc has it, the sign of what is no number counts in braces only.
            Literal::NegativeWord(text) => {
                word(text).map(|value| if value.is_nan() && !self.in_aggregate { value } else { -value })
            }
            _ => None,
        }
    }

    fn enum_value(&self, to: &mut Interpreter<'_, '_>, name: &str, literal: &Literal) -> Option<Wire> {
        let definition = to.pool.enumeration(name)?;
        let number = match literal {
            Literal::Word(word) => {
                let value = definition.values.iter().find(|v| v.element.name == *word);
                if let Some(value) = value {
                    if !to.lifetime(word, &value.options, self.span) {
                        return None;
                    }
                    if name.starts_with("google.protobuf.FeatureSet.") && value.number == 0 {
                        let text = format!("the feature '{}' needs a known value, not {word}", self.name);
                        to.error(self.span, text, "name one of its other values");
                        return None;
                    }
                }
                value.map(|v| v.number)
            }
            Literal::Int { negative, magnitude } if self.in_aggregate => {
                let value = i64::try_from(*magnitude).ok().map(|v| if *negative { -v } else { v });
                let value = value.and_then(|v| i32::try_from(v).ok());
                value.filter(|n| definition.features.open_enum || definition.values.iter().any(|v| v.number == *n))
            }
            _ => None,
        };
        let Some(number) = number else {
            let names: Vec<&str> = definition.values.iter().map(|v| v.element.name.as_str()).take(12).collect();
            let text = format!("the option '{}' cannot be {}", self.name, shown(literal));
            to.error(self.span, text, &format!("it is one of {}", names.join(", ")));
            return None;
        };
        Some(Wire::Varint(sign_extended(number)))
    }
}

/// Numbers of 32 bits are written with all 64.
#[allow(clippy::cast_sign_loss)] // the bits are meant
pub(super) fn sign_extended(number: i32) -> u64 {
    i64::from(number) as u64
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)] // cutting to the width of the type is the encoding
fn integer(scalar: Scalar, literal: &Literal) -> Option<Wire> {
    let Literal::Int { negative, magnitude } = literal else { return None };
    let value = if *negative { -i128::from(*magnitude) } else { i128::from(*magnitude) };
    if !range(scalar).contains(&value) {
        return None;
    }
    let bits = value as i64 as u64;
    Some(match scalar {
        Scalar::Sint32 | Scalar::Sint64 => {
            let value = value as i64;
            Wire::Varint(((value << 1) ^ (value >> 63)) as u64)
        }
        Scalar::Fixed32 | Scalar::Sfixed32 => Wire::Fixed32(bits as u32),
        Scalar::Fixed64 | Scalar::Sfixed64 => Wire::Fixed64(bits),
        _ => Wire::Varint(bits),
    })
}

/// The integers of a type.
pub(super) fn range(scalar: Scalar) -> std::ops::RangeInclusive<i128> {
    match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Scalar::Uint32 | Scalar::Fixed32 => 0..=i128::from(u32::MAX),
        Scalar::Uint64 | Scalar::Fixed64 => 0..=i128::from(u64::MAX),
        _ => i128::from(i64::MIN)..=i128::from(i64::MAX),
    }
}

/// A value for people.
fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Word(word) => word.clone(),
        Literal::NegativeWord(word) => format!("-{word}"),
        Literal::Int { negative, magnitude } => format!("{}{magnitude}", if *negative { "-" } else { "" }),
        Literal::Float(value) => value.to_string(),
        Literal::Text(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Literal::Message(_) => "a message".to_owned(),
        Literal::List(_) => "a list".to_owned(),
    }
}
