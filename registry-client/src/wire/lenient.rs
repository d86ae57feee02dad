//! Reads scalars as the original's JSON library does: numbers as text, digits in quotes as numbers, `"true"` and 1 as true, `null` as
//! absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

pub(super) fn lenient_text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(lenient_text(deserializer)?.unwrap_or_default())
}

pub(super) fn lenient_number_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    Ok(lenient_number(deserializer)?.unwrap_or_default())
}

pub(super) fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Text)
}

pub(super) fn lenient_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
    deserializer.deserialize_any(Number)
}

pub(super) fn lenient_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    deserializer.deserialize_any(Flag)
}

pub(super) fn lenient_flag_or_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(lenient_flag(deserializer)?.unwrap_or_default())
}

/// Texts by name; `null` for none.
pub(super) fn lenient_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let texts: Option<BTreeMap<String, Scalar>> = Option::deserialize(deserializer)?;
    Ok(texts.into_iter().flatten().map(|(name, text)| (name, text.0)).collect())
}

/// Texts; `null` for none.
pub(super) fn lenient_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    let texts: Option<Vec<Scalar>> = Option::deserialize(deserializer)?;
    Ok(texts.into_iter().flatten().map(|text| text.0).collect())
}

/// Sets of texts by name; `null` for none.
pub(super) fn lenient_sets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, BTreeSet<String>>, D::Error> {
    let sets: Option<BTreeMap<String, Vec<Scalar>>> = Option::deserialize(deserializer)?;
    let set = |texts: Vec<Scalar>| texts.into_iter().map(|text| text.0).collect();
    Ok(sets.into_iter().flatten().map(|(name, texts)| (name, set(texts))).collect())
}

/// A text in a list or a map, where `null` is none.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = lenient_text(deserializer)?;
        text.map(Self).ok_or_else(|| de::Error::invalid_type(de::Unexpected::Unit, &"a string"))
    }
}

/// `true` or `false`, such a word as text, or a number that is 0 or not.
struct Flag;

impl Visitor<'_> for Flag {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value != 0))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value != 0))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" => Ok(None),
            "true" | "True" | "TRUE" => Ok(Some(true)),
            "false" | "False" | "FALSE" => Ok(Some(false)),
            _ => Err(E::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }
}

/// A text, or a scalar taken as its text.
struct Text;

impl Visitor<'_> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
}

/// A 32-bit number, or a text that holds one.
struct Number;

impl Visitor<'_> for Number {
    type Value = Option<i32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a 32-bit number")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        i32::try_from(value).map(Some).map_err(|_| E::custom(format!("{value} does not fit in 32 bits")))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        i32::try_from(value).map(Some).map_err(|_| E::custom(format!("{value} does not fit in 32 bits")))
    }

    #[allow(clippy::cast_possible_truncation, reason = "the fraction is dropped, and the range was looked at")]
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        if value > f64::from(i32::MIN) - 1.0 && value < f64::from(i32::MAX) + 1.0 {
            return Ok(Some(value as i32));
        }
        Err(E::custom(format!("{value} does not fit in 32 bits")))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| E::custom(format!("'{text}' is not a 32-bit number"))),
        }
    }
}
