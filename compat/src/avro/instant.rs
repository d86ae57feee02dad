//! Numbers as what their logical type says they are: `2023-11-14T22:13:20Z`, `12.34`.

use eventpact_contract::formats::avro::{Kind, Logical};

const DAY: i64 = 86_400;

/// A number in the words of its logical type; one without is itself.
pub(super) fn shown(logical: Option<&Logical>, n: i64) -> String {
    match logical {
        Some(Logical::Decimal { scale, .. }) => decimal(n, *scale),
        Some(Logical::Date) => date(n),
        Some(Logical::TimeMillis) => time(n, 1_000),
        Some(Logical::TimeMicros) => time(n, 1_000_000),
        Some(Logical::TimestampMillis) => format!("{}Z", moment(n, 1_000)),
        Some(Logical::TimestampMicros) => format!("{}Z", moment(n, 1_000_000)),
        Some(Logical::TimestampNanos) => format!("{}Z", moment(n, 1_000_000_000)),
        Some(Logical::LocalTimestampMillis) => format!("{} in local time", moment(n, 1_000)),
        Some(Logical::LocalTimestampMicros) => format!("{} in local time", moment(n, 1_000_000)),
        Some(Logical::LocalTimestampNanos) => format!("{} in local time", moment(n, 1_000_000_000)),
        _ => format!("the number {n}"),
    }
}

/// A number that a logical type would be used for; `None` where it is no number.
pub(super) fn sample(logical: Option<&Logical>, kind: &Kind) -> Option<i64> {
    // 2023-11-14T22:13:20Z.
    let seconds = 1_700_000_000;
    Some(match (logical, kind) {
        (Some(Logical::Decimal { precision, .. }), _) => largest(*precision).min(1234),
        (Some(Logical::Date), _) => seconds / DAY,
        (Some(Logical::TimeMillis), _) => 43_200_000,
        (Some(Logical::TimeMicros), _) => 43_200_000_000,
        (Some(Logical::TimestampMillis | Logical::LocalTimestampMillis), _) => seconds * 1_000,
        (Some(Logical::TimestampMicros | Logical::LocalTimestampMicros), _) => seconds * 1_000_000,
        (Some(Logical::TimestampNanos | Logical::LocalTimestampNanos), _) => seconds * 1_000_000_000,
        (None | Some(Logical::Unknown(_)), Kind::Int | Kind::Long) => seconds,
        _ => return None,
    })
}

/// The largest number of so many digits, as far as it fits.
pub(super) fn largest(digits: u32) -> i64 {
    10_i64.checked_pow(digits).map_or(i64::MAX, |n| n - 1)
}

/// The digits with a point before the last `scale`; only a few zeros are written.
fn decimal(n: i64, scale: u32) -> String {
    if scale > 40 {
        return format!("{n}E-{scale}");
    }
    let scale = scale as usize;
    let digits = format!("{:0width$}", n.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    format!("{}{whole}{}{part}", if n < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" })
}

fn moment(n: i64, unit: i64) -> String {
    let day = DAY * unit;
    format!("{}T{}", date(n.div_euclid(day)), time(n.rem_euclid(day), unit))
}

fn time(n: i64, unit: i64) -> String {
    let (seconds, part) = (n.div_euclid(unit), n.rem_euclid(unit));
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let width = unit.ilog10() as usize;
    let part = if part == 0 { String::new() } else { format!(".{part:0width$}") };
    format!("{hours:02}:{minutes:02}:{seconds:02}{part}")
}

/// The civil date of a day since 1970-01-01. Years are counted from March on, so that the leap day is the last one.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_what_they_mean() {
        let decimal = |scale| Some(Logical::Decimal { precision: 10, scale });
        for (logical, n, wanted) in [
            (decimal(2), 1234, "12.34"),
            (decimal(3), -5, "-0.005"),
            (decimal(0), 7, "7"),
            (decimal(99), 7, "7E-99"),
            (Some(Logical::Date), 0, "1970-01-01"),
            (Some(Logical::Date), -1, "1969-12-31"),
            (Some(Logical::Date), 11_016, "2000-02-29"),
            (Some(Logical::TimeMillis), 43_200_000, "12:00:00"),
            (Some(Logical::TimestampMillis), 1_700_000_000_000, "2023-11-14T22:13:20Z"),
            (Some(Logical::TimestampMicros), 1_700_000_000_000, "1970-01-20T16:13:20Z"),
            (Some(Logical::TimestampNanos), -1, "1969-12-31T23:59:59.999999999Z"),
            (None, 3, "the number 3"),
        ] {
            assert_eq!(shown(logical.as_ref(), n), wanted, "{logical:?} {n}");
        }
        assert_eq!((largest(2), largest(30)), (99, i64::MAX));
        assert!(!shown(Some(&Logical::Date), i64::MAX / 2).is_empty());
    }
}
