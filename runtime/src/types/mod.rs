//! Small value types for what Rust has no type for: dates and times of schemas, durations, decimals of any size.
//!
//! They hold exactly what travels and print it as people write it (RFC 3339). No calendars and no arithmetic: convert to the
//! library of your choice for that.

mod big_decimal;
mod map_ref;
mod time;

pub use big_decimal::{BigDecimal, ParseDecimalError};
pub use map_ref::MapRef;
#[cfg(feature = "decimal")]
pub use rust_decimal::Decimal;
pub use time::{
    Date, LocalTimestampMicros, LocalTimestampMillis, LocalTimestampNanos, ParseTimeError, TimeMicros, TimeMillis,
    TimestampMicros, TimestampMillis, TimestampNanos,
};
pub use uuid::Uuid;

/// The `duration` of Avro: three numbers that do not convert into each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Duration {
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
    /// Milliseconds.
    pub millis: u32,
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "P{}M{}DT{}.{:03}S", self.months, self.days, self.millis / 1000, self.millis % 1000)
    }
}

/// Serde through the text form: what prints is what parses.
macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
use serde_as_text;
