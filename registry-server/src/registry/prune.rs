//! Letting old records of the audit log go, where somebody has said how long they are kept.
//!
//! What goes is said in the log itself: a change `audit` names the last record that goes, with its hash. So what is left still proves
//! that nothing else is missing: the oldest record was made with the hash that a later one names. Records go after that is durable.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{Registry, now};
use crate::audit::Record;
use crate::error::ApiError;
use crate::store::Change;

/// Records that are looked at, and that go, at a time.
const PART: usize = 1000;

/// How often old records are looked for: twenty times in the time that they are kept, within these limits.
const OFTEN: Duration = Duration::from_secs(1);
const SELDOM: Duration = Duration::from_secs(24 * 60 * 60);

/// How long records of the audit log are kept: `365d`, `12h`, `30m`, `90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditKeep(Duration);

impl FromStr for AuditKeep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no time: it is a number with d, h, m or s, as 365d");
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let seconds = match unit {
            'd' => 24 * 60 * 60,
            'h' => 60 * 60,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let number: u32 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
        if number == 0 { Err(wrong()) } else { Ok(Self(Duration::from_secs(u64::from(number) * seconds))) }
    }
}

/// Lets go what is too old, for as long as the registry is there.
pub(crate) async fn prune_audit(registry: Arc<Registry>, keep: AuditKeep) {
    let pause = (keep.0 / 20).clamp(OFTEN, SELDOM);
    loop {
        match registry.prune_audit(keep).await {
            Ok(true) => continue,
            Ok(false) => {}
            // Another process is the one that writes, or the store is away: the next time is soon enough.
            Err(error) => tracing::debug!(%error, "old records of the audit log were not let go"),
        }
        tokio::time::sleep(pause).await;
    }
}

impl Registry {
    /// Lets go records that are older, at most [`PART`]. `true` when there may be more.
    async fn prune_audit(&self, keep: AuditKeep) -> Result<bool, ApiError> {
        let before = now().saturating_sub(i64::try_from(keep.0.as_millis()).unwrap_or(i64::MAX));
        let oldest = self.trail.oldest(PART).await.map_err(|error| {
            tracing::debug!(%error, "the audit log could not be read");
            ApiError::store_away()
        })?;
        // The newest one is never let go.
        let newest = self.snapshot().audit.number;
        let goes = |record: &Record| record.number < newest && record.entry().is_some_and(|entry| entry.time < before);
        let count = oldest.iter().take_while(|(_, record)| goes(record)).count();
        let Some((place, through)) = oldest.get(count.wrapping_sub(1)).map(|(place, record)| (*place, record.head())) else {
            return Ok(false);
        };
        self.writer
            .submit(move |state| {
                // Another process may have said the same just now.
                let is_due = through.number < state.audit.number && through.number > state.pruned;
                Ok((if is_due { vec![Change::PruneAudit { through, place }] } else { Vec::new() }, is_due))
            })
            .await
            .map(|done| done && count == PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        let of = |text: &str| text.parse::<AuditKeep>().map(|keep| keep.0.as_secs()).ok();
        assert_eq!((of("365d"), of("12h"), of("30m"), of("1s")), (Some(31_536_000), Some(43_200), Some(1800), Some(1)));
        for bad in ["", "d", "0d", "-1d", "1", "1w", "1.5d", "99999999999d", "1 d", "dd", "1ä"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
