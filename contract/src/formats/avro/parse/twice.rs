//! Finds what is named twice in a list. Most lists are short: there, looking at each is cheaper than a map.

use std::collections::HashMap;
use std::hash::Hash;

/// Up to how many names are compared one by one.
const FEW: usize = 16;

/// The names so far, each with what stands at the first of its kind.
pub(super) struct Seen<K, V> {
    few: Vec<(K, V)>,
    many: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Copy> Seen<K, V> {
    pub(super) fn with_capacity(names: usize) -> Self {
        let (few, many) = if names > FEW { (0, names) } else { (names, 0) };
        Self { few: Vec::with_capacity(few), many: HashMap::with_capacity(many) }
    }

    /// Takes a name in; gives what stands at the first one when there was one before.
    pub(super) fn insert(&mut self, name: K, value: V) -> Option<V> {
        if self.many.is_empty() && self.few.len() < FEW {
            let first = self.few.iter().find(|(known, _)| *known == name).map(|(_, first)| *first);
            if first.is_none() {
                self.few.push((name, value));
            }
            return first;
        }
        self.many.extend(self.few.drain(..));
        if let Some(first) = self.many.get(&name) {
            return Some(*first);
        }
        self.many.insert(name, value);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn the_first_of_a_name_is_found_in_short_and_long_lists() {
        for length in [3, 16, 17, 100] {
            let mut seen = Seen::with_capacity(3);
            for n in 0..length {
                assert_eq!(seen.insert(n, n * 10), None, "{n} of {length}");
            }
            for n in 0..length {
                assert_eq!(seen.insert(n, 7), Some(n * 10), "{n} of {length}");
            }
        }
    }
}
