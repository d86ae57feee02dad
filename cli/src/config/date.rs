//! Days, and the only place that reads the clock.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// A day of the Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The day of a run: that of `SOURCE_DATE_EPOCH` (seconds since 1970) where it is set, so that a run can be repeated.
pub(crate) fn today() -> Result<Date> {
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => {
            text.parse().with_context(|| format!("SOURCE_DATE_EPOCH is `{text}`, and no number of seconds"))?
        }
        _ => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    Date::of_day(seconds / 86_400).with_context(|| format!("{seconds} seconds since 1970 are no day of a calendar"))
}

impl Date {
    /// The day that is so many days behind 1970-01-01 (Howard Hinnant's `civil_from_days`: years begin in March).
    pub(crate) fn of_day(days: u64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = u16::try_from(year_of_era + era * 400 + u64::from(month <= 2)).ok().filter(|year| *year <= 9999)?;
        Some(Self { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
    }
}

impl FromStr for Date {
    type Err = String;

    /// `2026-12-31`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no day; write it as 2026-12-31");
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(n, b)| if n == 4 || n == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(wrong());
        }
        let mut parts = text.split('-').filter_map(|part| part.parse::<u16>().ok());
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err(format!("`{text}` is no day: there is no month {month}")),
        };
        if day == 0 || day > last {
            return Err(format!("`{text}` is no day: that month has {last}"));
        }
        let small = |n: u16| u8::try_from(n).map_err(|_| wrong());
        Ok(Self { year, month: small(month)?, day: small(day)? })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = |n| Date::of_day(n).expect("a day").to_string();
        assert_eq!((day(0), day(59), day(365)), ("1970-01-01".to_owned(), "1970-03-01".to_owned(), "1971-01-01".to_owned()));
        assert_eq!((day(20_778), day(11_016)), ("2026-11-21".to_owned(), "2000-02-29".to_owned()));
        assert_eq!(Date::of_day(u64::MAX), None);
        for text in ["2026-02-29", "2026-13-01", "2026-1-1", "31.12.2026", "2026-04-31", "2026-00-10", "2026-01-00", "+026-01-01"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        let (early, late): (Date, Date) = ("2026-09-30".parse().expect("a day"), "2026-10-01".parse().expect("a day"));
        assert!(early < late && "2024-02-29".parse::<Date>().is_ok());
    }
}
