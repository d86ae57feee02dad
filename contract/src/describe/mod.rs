//! A schema for people: a table of its fields, and an example of its messages.
//!
//! Each format has its file; here is what they share. A type that contains itself is shown once and named after that.

mod avro;
mod avro_example;
mod json_example;
mod json_schema;
mod pattern;
mod protobuf;
mod protobuf_example;

pub use avro::logical_name;

use crate::schema::Schema;

/// The most rows of a table.
pub const MAX_ROWS: usize = 1000;
/// The deepest nesting that a table shows.
const MAX_DEPTH: usize = 24;
/// How many alternatives of a type are named.
const MAX_NAMES: usize = 12;
/// The most values of an example.
const MAX_VALUES: usize = 5000;

/// The table of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What the schema calls itself: its full name or title.
    pub name: Option<String>,
    /// Its documentation.
    pub description: Option<String>,
    /// The fields; a schema that is no object has one row with an empty path.
    pub rows: Vec<Row>,
    /// `true` when the schema has more than [`MAX_ROWS`] fields, or nests deeper than the table shows.
    pub cut: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The way from the root: `items[].sku`, `labels{}` for the values of a map, `payment(CardPayment).network` for one of
    /// several types.
    pub path: String,
    /// How many fields are around it.
    pub depth: usize,
    /// The type in the words of its format: `timestamp-millis`, `array of LineItem`, `string`.
    pub type_name: String,
    /// Whether whoever sends must set it.
    pub required: bool,
    /// The default, as JSON.
    pub default: Option<String>,
    /// The documentation.
    pub description: Option<String>,
    /// Limits: `at most 64 characters`, `one of A, B`, `deprecated`.
    pub constraints: Vec<String>,
}

/// The fields of a schema in the order of its text.
pub fn describe(schema: &Schema) -> Description {
    match schema {
        Schema::Avro(schema) => avro::describe(schema),
        Schema::Protobuf(schema) => protobuf::describe(schema),
        Schema::JsonSchema(schema) => json_schema::describe(schema),
    }
}

/// A message that the schema allows, the same one each time; `None` when there is none of reasonable size.
///
/// Avro gives its JSON encoding (a union's value stands in an object with its type), Protobuf its JSON mapping. For JSON Schema
/// the keywords that shape a value are followed (`const`, `examples`, `default`, `enum`, types, limits, `format`, `pattern`,
/// `oneOf` …); a schema whose parts contradict each other, or that says by `not` and `if` what is allowed, may refuse it.
pub fn example(schema: &Schema) -> Option<serde_json::Value> {
    match schema {
        Schema::Avro(schema) => avro_example::example(schema),
        Schema::Protobuf(schema) => protobuf_example::example(schema),
        Schema::JsonSchema(schema) => json_example::example(schema),
    }
}

/// Collects rows until the table is full.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
    cut: bool,
}

impl Table {
    /// Adds a row; `false` when the table is full or the row too deep, and then nothing below it is shown.
    fn add(&mut self, row: Row) -> bool {
        if self.rows.len() >= MAX_ROWS {
            self.cut = true;
            return false;
        }
        let too_deep = row.depth >= MAX_DEPTH;
        self.cut |= too_deep;
        self.rows.push(row);
        !too_deep
    }
}

/// `a.b`, or `b` at the root.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A few of many names: `A, B, C and 7 more`.
fn some_of(names: &[String]) -> String {
    match names.get(..MAX_NAMES).filter(|_| names.len() > MAX_NAMES + 1) {
        Some(first) => format!("{} and {} more", first.join(", "), names.len() - MAX_NAMES),
        None => names.join(", "),
    }
}

/// Values that examples use, so that all formats show the same.
mod sample {
    /// A text that nothing is known of.
    pub(super) const TEXT: &str = "text";
    /// A UUID.
    pub(super) const UUID: &str = "6f1c1d7e-3c57-4f0c-8f43-7f1d5f3f7a10";
    /// A moment of RFC 3339.
    pub(super) const DATE_TIME: &str = "2026-11-21T10:15:00Z";
    /// The same moment in seconds since 1970.
    pub(super) const SECONDS: i64 = 1_795_256_100;
    /// Its day, in days since 1970.
    pub(super) const DAYS: i32 = 20_778;
    /// Its time of day in seconds.
    pub(super) const TIME_OF_DAY: i32 = 36_900;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_moment_is_one() {
        let days = i64::from(sample::DAYS);
        assert_eq!(days * 86_400 + i64::from(sample::TIME_OF_DAY), sample::SECONDS);
        // 2026-11-21: 56 years with 14 leap days since 1970, then 324 days.
        assert_eq!(days, 56 * 365 + 14 + 324);
    }
}
