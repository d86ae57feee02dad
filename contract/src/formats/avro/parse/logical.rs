//! Logical types: which ones the specification names, and on what they may stand.

use super::super::tree::{Kind, Logical, TypeId};
use super::Parser;
use crate::yaml::{Entry, Node, Value};

impl Parser {
    /// Reads the logical type of a type from its properties. An invalid one is kept as [`Logical::Unknown`] and named in a
    /// warning: the specification asks readers to ignore it.
    pub(super) fn set_logical(&mut self, id: TypeId) {
        let ty = self.get(id);
        let Some(entry) = ty.props.own().iter().find(|e| e.key == "logicalType") else { return };
        let Some(word) = entry.value.as_str() else { return };
        let span = entry.value.span;
        let (logical, problem) = match read(word, &ty.kind, |key| Digits::of_prop(ty.props.own(), key)) {
            Ok(logical) => (logical, None),
            Err(why) => (Logical::Unknown(word.to_owned()), Some(format!("the logical type '{word}' is ignored: {why}"))),
        };
        self.types[id.0 as usize].logical = Some(logical);
        if let Some(problem) = problem {
            self.warning("avro/logical-invalid", span, problem);
        }
    }
}

/// The precision or the scale of a decimal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Digits {
    /// There is no such key.
    #[default]
    Absent,
    Whole(i32),
    /// Anything but a whole number of 32 bits.
    Odd,
}

impl Digits {
    pub(super) fn of(number: &str) -> Self {
        number.parse().map_or(Self::Odd, Self::Whole)
    }

    fn of_prop(props: &[Entry], key: &str) -> Self {
        match props.iter().find(|e| e.key == key).map(|e| &e.value) {
            None => Self::Absent,
            Some(Node { value: Value::Number(n), .. }) => Self::of(n),
            Some(_) => Self::Odd,
        }
    }
}

/// The logical type of that name on a kind, or why it does not count there. `digits` gives precision and scale.
pub(super) fn read(word: &str, kind: &Kind, digits: impl Fn(&str) -> Digits) -> Result<Logical, String> {
    let on = |good: bool, what: &str, logical: Logical| {
        if good { Ok(logical) } else { Err(format!("it belongs on {what}, not on {}", kind.name())) }
    };
    let int = matches!(kind, Kind::Int);
    let long = matches!(kind, Kind::Long);
    let fixed = |size: usize| matches!(kind, Kind::Fixed(f) if f.size == size);
    match word {
        "decimal" => decimal(kind, digits),
        "big-decimal" => on(matches!(kind, Kind::Bytes), "bytes", Logical::BigDecimal),
        "uuid" => on(matches!(kind, Kind::String) || fixed(16), "string or a fixed of 16 bytes", Logical::Uuid),
        "duration" => on(fixed(12), "a fixed of 12 bytes", Logical::Duration),
        "date" => on(int, "int", Logical::Date),
        "time-millis" => on(int, "int", Logical::TimeMillis),
        "time-micros" => on(long, "long", Logical::TimeMicros),
        "timestamp-millis" => on(long, "long", Logical::TimestampMillis),
        "timestamp-micros" => on(long, "long", Logical::TimestampMicros),
        "timestamp-nanos" => on(long, "long", Logical::TimestampNanos),
        "local-timestamp-millis" => on(long, "long", Logical::LocalTimestampMillis),
        "local-timestamp-micros" => on(long, "long", Logical::LocalTimestampMicros),
        "local-timestamp-nanos" => on(long, "long", Logical::LocalTimestampNanos),
        other => Ok(Logical::Unknown(other.to_owned())),
    }
}

fn decimal(kind: &Kind, digits: impl Fn(&str) -> Digits) -> Result<Logical, String> {
    let number = |key: &str| match digits(key) {
        Digits::Absent => Ok(None),
        Digits::Whole(number) => Ok(Some(number)),
        Digits::Odd => Err(format!("its {key} is not a whole number")),
    };
    let max = match kind {
        Kind::Bytes => i64::from(i32::MAX),
        Kind::Fixed(f) => max_precision(f.size),
        other => return Err(format!("it belongs on bytes or fixed, not on {}", other.name())),
    };
    let precision = number("precision")?.ok_or("it has no precision")?;
    let scale = number("scale")?.unwrap_or(0);
    if precision <= 0 || scale < 0 {
        return Err("precision must be positive, and scale zero or more".to_owned());
    }
    if i64::from(precision) > max {
        return Err(format!("its {precision} digits do not fit into the fixed (at most {max})"));
    }
    if scale > precision {
        return Err(format!("its scale {scale} is greater than its precision {precision}"));
    }
    Ok(Logical::Decimal { precision: precision.unsigned_abs(), scale: scale.unsigned_abs() })
}

/// The number of decimal digits that always fit into `size` bytes of two's complement.
fn max_precision(size: usize) -> i64 {
    let bits = size.saturating_mul(8).saturating_sub(1);
    // log10(2), cut off: a fixed has at most 2^23 bits, far below where the missing digits would count.
    i64::try_from(bits).unwrap_or(i64::MAX).saturating_mul(301_029_995_663) / 1_000_000_000_000
}

#[cfg(test)]
mod tests {
    use super::max_precision;

    #[test]
    fn digits_that_fit() {
        let cases = [(0, 0), (1, 2), (2, 4), (4, 9), (8, 18), (12, 28), (16, 38), (32, 76)];
        for (size, digits) in cases {
            assert_eq!(max_precision(size), digits, "{size}");
        }
    }
}
