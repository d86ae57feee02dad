//! What an aborted transaction leaves behind. Readers of committed records never see it, but the registries on the JVM read
//! uncommitted ones, and compaction may keep an aborted record for long. So who takes over writes again what is true of each key
//! that such a record names.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;

use super::spec::KafkaSpec;
use super::{failed, tail};
use crate::schemas_topic::Key;
use crate::store::StoreError;

/// The topic is read once more as a whole; a silence of this length ends it.
const SILENCE: Duration = Duration::from_secs(15);

/// The keys of records before `end` that were aborted, and that no committed record came after. `committed` are the offsets of
/// all committed records, in order.
pub(super) fn aborted(spec: &KafkaSpec, committed: &[i64], end: i64) -> Result<Vec<Key>, StoreError> {
    let consumer = tail::consumer(spec, "read_uncommitted")?;
    tail::from_start(spec, &consumer)?;
    let mut aborted: HashSet<Vec<u8>> = HashSet::new();
    let mut heard = Instant::now();
    loop {
        match consumer.poll(Duration::from_millis(500)) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let offset = message.offset();
                if offset < end
                    && let Some(key) = message.key()
                {
                    if committed.binary_search(&offset).is_ok() {
                        aborted.remove(key);
                    } else {
                        aborted.insert(key.to_vec());
                    }
                }
                if offset + 1 >= end {
                    break;
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) => tracing::debug!(%error, "looking for aborted records"),
            None => {}
        }
        if heard.elapsed() > SILENCE {
            return Err(failed(spec, &"the topic could not be searched for aborted records"));
        }
    }
    let mut keys: Vec<Key> = aborted.into_iter().filter_map(|key| Key::decode(&key).ok()).collect();
    keys.sort_unstable();
    Ok(keys)
}
