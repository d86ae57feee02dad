//! Ranges of numbers, both ends inclusive.

use eventpact_contract::formats::protobuf::Range;

/// The ranges sorted, those that meet or overlap made one.
pub(super) fn joined(ranges: &[Range]) -> Vec<(i64, i64)> {
    let mut sorted: Vec<(i64, i64)> = ranges.iter().map(|r| (i64::from(r.start), i64::from(r.end))).collect();
    sorted.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(sorted.len());
    for (start, end) in sorted {
        match joined.last_mut() {
            Some(last) if start <= last.1 + 1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Some range of a joined list holds the whole of `range`.
pub(super) fn holds(joined: &[(i64, i64)], range: &Range) -> bool {
    let (start, end) = (i64::from(range.start), i64::from(range.end));
    let behind = joined.partition_point(|(first, _)| *first <= start);
    behind.checked_sub(1).and_then(|n| joined.get(n)).is_some_and(|(_, last)| end <= *last)
}

/// As it would be written.
pub(super) fn words(range: &Range) -> String {
    if range.to_max {
        format!("{} to max", range.start)
    } else if range.start == range.end {
        range.start.to_string()
    } else {
        format!("{} to {}", range.start, range.end)
    }
}

/// Some range holds the number.
pub(super) fn contain(ranges: &[Range], number: i32) -> bool {
    ranges.iter().any(|r| (r.start..=r.end).contains(&number))
}
