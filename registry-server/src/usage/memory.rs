//! A ledger in memory: for stores that have no place for it.

use std::collections::HashMap;

use super::{Key, Ledger, Seen, Wanted};
use crate::store::StoreError;

/// The most lines, some 300 bytes each.
const MOST: usize = 20_000;

/// Knows what was fetched since the process began.
#[derive(Default)]
pub(crate) struct MemoryLedger {
    lines: HashMap<Key, Seen>,
}

impl Ledger for MemoryLedger {
    fn add(&mut self, seen: &[Seen]) -> Result<(), StoreError> {
        for one in seen {
            self.lines.entry(one.key.clone()).and_modify(|known| known.add(one)).or_insert_with(|| one.clone());
        }
        if self.lines.len() > MOST {
            let mut times: Vec<i64> = self.lines.values().map(|seen| seen.last).collect();
            // A tenth more than needed, so that it is not done every time.
            let excess = times.len() - MOST + MOST / 10;
            let (_, newest_to_go, _) = times.select_nth_unstable(excess - 1);
            let (limit, mut excess) = (*newest_to_go, excess);
            self.lines.retain(|_, seen| {
                let goes = seen.last <= limit && excess > 0;
                excess -= usize::from(goes);
                !goes
            });
        }
        Ok(())
    }

    fn read(&mut self, wanted: &Wanted, each: &mut dyn FnMut(Seen) -> bool) -> Result<(), StoreError> {
        let fits = |seen: &&Seen| {
            wanted.id.is_none_or(|id| id == seen.key.id)
                && wanted.context.as_ref().is_none_or(|context| *context == seen.key.context)
                && seen.last >= wanted.since
        };
        let mut found: Vec<&Seen> = self.lines.values().filter(fits).collect();
        found.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.key.cmp(&b.key)));
        for seen in found {
            if !each(seen.clone()) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{conformance, seen};
    use super::*;

    #[test]
    fn it_does_what_a_ledger_must() {
        conformance(&mut MemoryLedger::default());
    }

    #[test]
    fn what_was_seen_longest_ago_goes() {
        let mut ledger = MemoryLedger::default();
        let lines: Vec<Seen> = (0..30_000).map(|n| seen(n, "a", i64::from(n))).collect();
        ledger.add(&lines).unwrap();
        assert!(ledger.lines.len() <= MOST);
        let mut last = None;
        ledger
            .read(&Wanted::default(), &mut |seen| {
                last = Some(seen.last);
                last != Some(29_000)
            })
            .unwrap();
        assert_eq!(last, Some(29_000));
    }
}
