//! The default of a field, as a value that can be compared across types.

use eventpact_contract::formats::protobuf::{Enum, Field, FieldType, Label, Literal, OptionEntry, Scalar, Schema};

use super::field::{Cardinality, FieldNode, Type};
use super::module::Module;

/// A default. Numbers of all types, booleans and enum values compare as numbers, strings and bytes as bytes.
#[derive(Debug, Clone)]
pub(in crate::protobuf) enum Default {
    Bytes(Vec<u8>),
    Int(i128),
    Double(f64),
    Float(f32),
}

/// The default of a field, written or not; `None` where there can be none.
pub(super) fn of(field: &FieldNode<'_>, module: &Module<'_>) -> Option<Default> {
    if matches!(field.cardinality(), Cardinality::Repeated | Cardinality::Map) {
        return None;
    }
    match field.ty() {
        Type::Message | Type::Group => None,
        Type::Enum => {
            let one = module.enumeration(&field.type_name()?)?.one;
            Some(Default::Int(i128::from(number(one, field.option("default"))?)))
        }
        Type::Scalar(scalar) => Some(of_scalar(scalar, field.option("default").map(|o| &o.literal))),
    }
}

/// The default of a field in a schema, written or not; `None` where there can be none.
pub(in crate::protobuf) fn of_field(field: &Field, schema: &Schema) -> Option<Default> {
    let option = field.options.iter().rev().find(|o| o.name == "default");
    match &field.ty {
        _ if field.label == Label::Repeated => None,
        FieldType::Message(_) | FieldType::Map { .. } => None,
        FieldType::Enum(name) => Some(Default::Int(i128::from(number(schema.enumeration(name)?, option)?))),
        FieldType::Scalar(scalar) => Some(of_scalar(*scalar, option.map(|o| &o.literal))),
    }
}

fn of_scalar(scalar: Scalar, literal: Option<&Literal>) -> Default {
    match scalar {
        Scalar::String | Scalar::Bytes => match literal {
            Some(Literal::Text(bytes)) => Default::Bytes(bytes.clone()),
            _ => Default::Bytes(Vec::new()),
        },
        Scalar::Double => Default::Double(literal.map_or(0.0, float)),
        #[allow(clippy::cast_possible_truncation)] // the default of a float is the nearest float
        Scalar::Float => Default::Float(literal.map_or(0.0, float) as f32),
        _ => Default::Int(match literal {
            Some(Literal::Int { negative: true, magnitude }) => -i128::from(*magnitude),
            Some(Literal::Int { magnitude, .. }) => i128::from(*magnitude),
            Some(Literal::Word(word)) => i128::from(word == "true"),
            _ => 0,
        }),
    }
}

/// The number of the value that an option names, or of the first one.
fn number(one: &Enum, option: Option<&OptionEntry>) -> Option<i32> {
    let named = option.and_then(OptionEntry::as_word).and_then(|name| one.values.iter().find(|v| v.element.name == name));
    named.or_else(|| one.values.first()).map(|v| v.number)
}

#[allow(clippy::cast_precision_loss)] // a default of a floating-point field is as precise as the field
fn float(literal: &Literal) -> f64 {
    let word = |word: &str| if word == "inf" { f64::INFINITY } else { f64::NAN };
    match literal {
        Literal::Float(value) => *value,
        Literal::Int { negative, magnitude } => (if *negative { -1.0 } else { 1.0 }) * (*magnitude as f64),
        Literal::Word(text) => word(text),
        Literal::NegativeWord(text) => -word(text),
        _ => 0.0,
    }
}

impl Default {
    /// Nothing, or zero.
    pub(in crate::protobuf) fn is_zero(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Int(number) => *number == 0,
            Self::Double(number) => *number == 0.0,
            Self::Float(number) => *number == 0.0,
        }
    }

    /// The same value, whatever the two types.
    #[allow(clippy::float_cmp, clippy::cast_possible_truncation)] // the very same number is wanted, as precise as the narrower type
    pub(in crate::protobuf) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Double(wide), Self::Float(narrow)) | (Self::Float(narrow), Self::Double(wide)) => {
                *wide as f32 == *narrow || (wide.is_nan() && narrow.is_nan())
            }
            (Self::Int(n), Self::Double(f)) | (Self::Double(f), Self::Int(n)) => whole(*f) == Some(*n),
            (Self::Int(n), Self::Float(f)) | (Self::Float(f), Self::Int(n)) => whole(f64::from(*f)) == Some(*n),
            (Self::Bytes(_), _) | (_, Self::Bytes(_)) => false,
        }
    }

    /// For people.
    pub(in crate::protobuf) fn words(&self) -> String {
        match self {
            Self::Bytes(bytes) => format!("\"{}\"", bytes.escape_ascii()),
            Self::Int(number) => number.to_string(),
            Self::Double(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
        }
    }
}

/// The integer that a float is, exactly.
#[allow(clippy::cast_possible_truncation)] // in range, and without a fraction
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 1e30).then_some(number as i128)
}
