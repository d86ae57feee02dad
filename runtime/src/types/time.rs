//! Dates, times of day and timestamps: a count of days or of fractions of a second, as it travels.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A text that is not a date or time of the wanted kind, or out of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTimeError {
    wanted: &'static str,
}

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a text like {}, or out of range", self.wanted)
    }
}

impl std::error::Error for ParseTimeError {}

/// Year, month, day of a count of days since 1970-01-01 (proleptic Gregorian calendar; the era algorithm of Howard Hinnant).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`]; `None` when there is no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year.abs() > 400_000_000 {
        return None;
    }
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let count = era * 146_097 + day_of_era - 719_468;
    (civil(count) == (year, month, day)).then_some(count)
}

fn write_date(f: &mut fmt::Formatter<'_>, count: i64) -> fmt::Result {
    let (year, month, day) = civil(count);
    match year {
        0..=9999 => write!(f, "{year:04}-{month:02}-{day:02}"),
        _ => write!(f, "{year:+07}-{month:02}-{day:02}"),
    }
}

/// `2026-11-21`, or with a sign and more digits outside of the years 0 to 9999.
fn parse_date(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let mut parts = digits.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    days(sign * year, month, day)
}

fn number(text: &str, at_least: usize) -> Option<i64> {
    let good = text.len() >= at_least && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}

fn write_time(f: &mut fmt::Formatter<'_>, fractions: i64, digits: u32) -> fmt::Result {
    let unit = 10_i64.pow(digits);
    let seconds = fractions / unit;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(f, "{hours:02}:{minutes:02}:{seconds:02}.{:0width$}", fractions % unit, width = digits as usize)
}

/// `10:15:00` with up to `digits` digits behind the point.
fn parse_time(text: &str, digits: u32) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let width = digits as usize;
    if parts.next().is_some() || minutes > 59 || seconds > 59 || fraction.len() > width {
        return None;
    }
    let fraction = number(&format!("{fraction:0<width$}"), 1)?;
    (hours * 3600 + minutes * 60 + seconds).checked_mul(10_i64.pow(digits))?.checked_add(fraction)
}

/// Days since 1970-01-01.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(pub i32);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_date(f, i64::from(self.0))
    }
}

impl FromStr for Date {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = parse_date(text).and_then(|n| i32::try_from(n).ok());
        count.map(Self).ok_or(ParseTimeError { wanted: "2026-11-21" })
    }
}

macro_rules! time_of_day {
    ($(#[$doc:meta])* $name:ident($inner:ty), $digits:literal) => {
        $(#[$doc])*
        ///
        /// Any number travels; one outside of a day prints with more than 23 hours or a minus sign.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let count = i64::from(self.0);
                if count < 0 {
                    f.write_str("-")?;
                }
                write_time(f, count.checked_abs().unwrap_or(i64::MAX), $digits)
            }
        }

        impl FromStr for $name {
            type Err = ParseTimeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let (sign, clock) = text.strip_prefix('-').map_or((1, text), |clock| (-1, clock));
                let count = parse_time(clock, $digits).and_then(|n| <$inner>::try_from(sign * n).ok());
                count.map(Self).ok_or(ParseTimeError { wanted: "10:15:00.123" })
            }
        }
    };
}

time_of_day! {
    /// Milliseconds after midnight.
    TimeMillis(i32), 3
}
time_of_day! {
    /// Microseconds after midnight.
    TimeMicros(i64), 6
}

macro_rules! timestamp {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $zone:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let day = 86_400 * 10_i64.pow($digits);
                write_date(f, self.0.div_euclid(day))?;
                f.write_str("T")?;
                write_time(f, self.0.rem_euclid(day), $digits)?;
                f.write_str($zone)
            }
        }

        impl FromStr for $name {
            type Err = ParseTimeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let parse = || {
                    let (date, clock) = text.strip_suffix($zone)?.split_once('T')?;
                    let day = 86_400 * 10_i128.pow($digits);
                    let count = i128::from(parse_date(date)?) * day + i128::from(parse_time(clock, $digits)?);
                    i64::try_from(count).ok()
                };
                parse().map(Self).ok_or(ParseTimeError { wanted: concat!("2026-11-21T10:15:00.123", $zone) })
            }
        }
    };
}

timestamp! {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use eventpact_runtime::types::TimestampMillis;
    /// let at: TimestampMillis = "2026-11-21T10:15:00.5Z".parse().unwrap();
    /// assert_eq!(at.to_string(), "2026-11-21T10:15:00.500Z");
    /// ```
    TimestampMillis, 3, "Z"
}
timestamp! {
    /// Microseconds since 1970-01-01T00:00:00Z.
    TimestampMicros, 6, "Z"
}
timestamp! {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    TimestampNanos, 9, "Z"
}
timestamp! {
    /// Milliseconds since 1970-01-01T00:00:00 in a time zone that the message does not name.
    LocalTimestampMillis, 3, ""
}
timestamp! {
    /// Microseconds since 1970-01-01T00:00:00 in a time zone that the message does not name.
    LocalTimestampMicros, 6, ""
}
timestamp! {
    /// Nanoseconds since 1970-01-01T00:00:00 in a time zone that the message does not name.
    LocalTimestampNanos, 9, ""
}

macro_rules! now {
    ($($name:ident: $per:ident),*) => {$(
        impl $name {
            /// The time of the system's clock; the ends of the range when the clock is beyond them.
            pub fn now() -> Self {
                match SystemTime::now().duration_since(UNIX_EPOCH) {
                    Ok(since) => Self(i64::try_from(since.$per()).unwrap_or(i64::MAX)),
                    Err(before) => Self(i64::try_from(before.duration().$per()).map_or(i64::MIN, |n| -n)),
                }
            }
        }
    )*};
}

now!(TimestampMillis: as_millis, TimestampMicros: as_micros, TimestampNanos: as_nanos);

super::serde_as_text!(
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr<Err = ParseTimeError> + fmt::Display + PartialEq + fmt::Debug + Copy>(value: T, text: &str) {
        assert_eq!(value.to_string(), text);
        assert_eq!(text.parse::<T>().unwrap(), value, "{text}");
    }

    #[test]
    fn what_prints_is_what_parses() {
        check(Date(0), "1970-01-01");
        check(Date(19_782), "2024-02-29");
        check(Date(-719_529), "-000001-12-31");
        check(Date(i32::MAX), "+5881580-07-11");
        check(Date(i32::MIN), "-5877641-06-23");
        check(TimeMillis(36_900_123), "10:15:00.123");
        check(TimeMicros(-1), "-00:00:00.000001");
        check(TimestampMillis(-1), "1969-12-31T23:59:59.999Z");
        check(TimestampMillis(i64::MAX), "+292278994-08-17T07:12:55.807Z");
        check(TimestampMillis(i64::MIN), "-292275055-05-16T16:47:04.192Z");
        check(TimestampNanos(i64::MIN), "1677-09-21T00:12:43.145224192Z");
        check(LocalTimestampMicros(1), "1970-01-01T00:00:00.000001");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "2026-02-30T00:00:00Z", "2026-1-1T00:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.1234Z", "x"] {
            assert!(text.parse::<TimestampMillis>().is_err(), "{text}");
        }
        assert!("99999999999-01-01".parse::<Date>().is_err());
    }
}
