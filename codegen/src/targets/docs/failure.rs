//! What becomes of a message that could not be handled, in words.

use std::time::Duration;

use eventpact_contract::model::{Backoff, Retry};

/// How many waits are listed.
const LISTED: u32 = 6;

/// `exponential: 200 ms, then 2 times as long each time, at most 5 s`
pub(super) fn strategy(backoff: &Backoff) -> String {
    let at_most = |max: &Option<Duration>| max.map(|max| format!(", at most {}", duration(max))).unwrap_or_default();
    match backoff {
        Backoff::Fixed { delay } => format!("fixed: {} each time", duration(*delay)),
        Backoff::Linear { initial_delay, increment, max_delay } => {
            let (first, step) = (duration(*initial_delay), duration(*increment));
            format!("linear: {first}, then {step} more each time{}", at_most(max_delay))
        }
        Backoff::Exponential { initial_delay, multiplier, max_delay } => {
            format!("exponential: {}, then {multiplier} times as long each time{}", duration(*initial_delay), at_most(max_delay))
        }
    }
}

/// The waits before the second attempt and the following ones: `200 ms, 400 ms, 800 ms, …`; nothing when there is no retry.
pub(super) fn waits(retry: &Retry) -> String {
    let count = retry.max_attempts.saturating_sub(1);
    let mut listed: Vec<String> = (0..count.min(LISTED)).map(|n| duration(wait(&retry.backoff, n))).collect();
    if count > LISTED {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

fn wait(backoff: &Backoff, n: u32) -> Duration {
    let cut = |wait: Duration, max: &Option<Duration>| max.map_or(wait, |max| wait.min(max));
    match backoff {
        Backoff::Fixed { delay } => *delay,
        Backoff::Linear { initial_delay, increment, max_delay } => {
            cut(initial_delay.saturating_add(increment.saturating_mul(n)), max_delay)
        }
        Backoff::Exponential { initial_delay, multiplier, max_delay } => {
            let seconds = initial_delay.as_secs_f64() * multiplier.powf(f64::from(n));
            cut(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX), max_delay)
        }
    }
}

/// `200 ms`, `1.5 s`, `2 min`, `1 h 30 min`.
pub(super) fn duration(time: Duration) -> String {
    let millis = time.as_millis();
    if !time.subsec_nanos().is_multiple_of(1_000_000) {
        return format!("{} s", time.as_secs_f64());
    }
    match millis {
        0 => "0 s".to_owned(),
        1..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{} s", time.as_secs_f64()),
        _ if !millis.is_multiple_of(1000) => format!("{} s", time.as_secs_f64()),
        _ => {
            let seconds = time.as_secs();
            let parts = [(seconds / 3600, "h"), (seconds % 3600 / 60, "min"), (seconds % 60, "s")];
            let shown: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
            shown.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (millis, wanted) in
            [(0, "0 s"), (200, "200 ms"), (1500, "1.5 s"), (120_000, "2 min"), (5_400_000, "1 h 30 min"), (61_500, "61.5 s")]
        {
            assert_eq!(duration(Duration::from_millis(millis)), wanted);
        }
    }
}
