//! Writing to the broker.

use std::sync::Arc;
use std::time::Duration;

use super::state::Shared;
use super::within;
use crate::confirm::Completion;
use crate::message::RecordRef;
use crate::transport::{Full, Producer, SendError};

/// Writes records. A write is confirmed before `enqueue` returns, unless writes are held.
#[derive(Debug, Clone)]
pub struct MemoryProducer {
    shared: Arc<Shared>,
}

impl MemoryProducer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    async fn until(&self, enough: impl Fn(usize) -> bool) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // Listening begins before the look, so that no change falls in between.
            changed.as_mut().enable();
            if enough(self.shared.lock().held().len()) {
                return;
            }
            changed.await;
        }
    }
}

impl Producer for MemoryProducer {
    fn enqueue(&self, record: RecordRef<'_>, completion: Completion) -> Result<(), Full> {
        let bytes = size(&record);
        if bytes > self.shared.limits.record_bytes {
            let reason = format!("the limit is {} bytes", self.shared.limits.record_bytes);
            completion.failed(SendError::TooLarge { topic: Arc::clone(record.topic), bytes, reason });
            return Ok(());
        }
        {
            let mut state = self.shared.lock();
            if state.holding() {
                if state.held().len() >= self.shared.limits.buffered {
                    return Err(Full(completion));
                }
                state.held().push_back((record.to_record(), completion));
                return Ok(());
            }
        }
        self.shared.write(record.to_record(), completion);
        Ok(())
    }

    async fn ready(&self) {
        let limit = self.shared.limits.buffered;
        self.until(|held| held < limit).await;
    }

    async fn flush(&self, deadline: Duration) -> usize {
        within(deadline, self.until(|held| held == 0)).await;
        self.shared.lock().held().len()
    }
}

fn size(record: &RecordRef<'_>) -> usize {
    let headers = record.headers.iter().map(|header| header.name.len() + header.value.as_ref().map_or(0, bytes::Bytes::len));
    record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len) + headers.sum::<usize>()
}
