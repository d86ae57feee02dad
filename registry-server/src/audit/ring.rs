//! The last records in memory: for stores that have no place for them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};

use super::{Record, Trail};
use crate::store::{Change, StoreError};

/// Records, of some 500 bytes each.
const MOST: usize = 10_000;

/// The last records of this process.
#[derive(Debug, Default)]
pub(crate) struct Ring(Mutex<VecDeque<Record>>);

impl Ring {
    /// Notes the records among changes that are durable.
    pub(crate) fn note<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            if let Change::Audit { record } = change {
                if records.len() >= MOST {
                    records.pop_front();
                }
                records.push_back((**record).clone());
            }
        }
    }
}

impl Trail for Ring {
    fn kept(&self) -> &'static str {
        "process"
    }

    fn before(&self, place: Option<u64>, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let older = records.iter().rev().filter(|record| place.is_none_or(|place| record.number < place));
        Box::pin(ready(Ok(older.take(most).map(|record| (record.number, record.clone())).collect())))
    }

    /// Nothing: what is here goes by itself.
    fn oldest(&self, _most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        Box::pin(ready(Ok(Vec::new())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Head;
    use super::*;

    #[tokio::test]
    async fn the_last_records_are_kept_newest_first() {
        let (ring, mut head) = (Ring::default(), Head::default());
        for _ in 0..MOST + 5 {
            let record = Record::after(head, "{}".into());
            head = record.head();
            ring.note(&[Change::Audit { record: Arc::new(record) }]);
        }
        let numbers = async |place, most| -> Vec<u64> {
            ring.before(place, most).await.unwrap().into_iter().map(|(place, _)| place).collect()
        };
        let most = MOST as u64;
        assert_eq!(numbers(None, 2).await, [most + 5, most + 4]);
        assert_eq!(numbers(Some(8), 9).await, [7, 6]);
        assert!(numbers(Some(6), 9).await.is_empty());
    }
}
