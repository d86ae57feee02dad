//! From keys to few values each. A copy costs nothing, and shares with the original all that is not changed later.

use std::hash::Hash;

use rpds::HashTrieMapSync;

use super::few::Few;

/// Children of a node. A change copies the nodes on its way, and for each of their children, wherever that lies in memory, counts
/// one reference more and later one less. So wide nodes make a change of a large map cost several times that of a small one, and
/// narrow ones make reads touch more of them.
const WIDTH: u8 = 16;

/// The map. What has no values is not in it.
#[derive(Debug, Clone)]
pub(super) struct Multimap<K: Eq + Hash, V: Ord>(HashTrieMapSync<K, Few<V>>);

impl<K: Eq + Hash, V: Ord> Default for Multimap<K, V> {
    fn default() -> Self {
        Self(HashTrieMapSync::new_sync_with_degree(WIDTH))
    }
}

impl<K: Eq + Hash + Clone, V: Ord + Clone> Multimap<K, V> {
    /// The values of a key, in order.
    pub(super) fn get<'a>(&'a self, key: &K) -> impl DoubleEndedIterator<Item = &'a V> + use<'a, K, V> {
        self.0.get(key).into_iter().flat_map(Few::iter)
    }

    /// Adds a value, in the place of the one that is equal.
    pub(super) fn add(&mut self, key: K, value: V) {
        let mut few = self.0.get(&key).cloned().unwrap_or_default();
        few.insert(value);
        self.0.insert_mut(key, few);
    }

    /// Removes a value, if it is there.
    pub(super) fn take(&mut self, key: &K, value: &V) {
        let Some(mut few) = self.0.get(key).cloned() else { return };
        few.remove(value);
        if few.is_empty() {
            self.0.remove_mut(key);
        } else {
            self.0.insert_mut(key.clone(), few);
        }
    }
}
