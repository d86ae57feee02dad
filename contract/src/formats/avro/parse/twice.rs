//! Finds what is named twice in a list. Most lists are short: there, looking at each is cheaper than a map.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Hashes short texts quickly; strangers cannot know texts that have one hash.
pub(super) type Quick = foldhash::fast::RandomState;

/// Up to how many names are compared one by one.
const FEW: usize = 16;

/// The names so far, each of them there once.
pub(super) struct Names<'t> {
    few: [&'t str; FEW],
    count: usize,
    many: HashSet<&'t str, Quick>,
}

impl<'t> Names<'t> {
    /// No name so far, and probably so many to come.
    pub(super) fn expecting(names: usize) -> Self {
        let many = HashSet::with_capacity_and_hasher(if names > FEW { names } else { 0 }, Quick::default());
        Self { few: [""; FEW], count: 0, many }
    }

    /// Takes a name in; `None` when it is there already.
    pub(super) fn add(&mut self, name: &'t str) -> Option<()> {
        if self.count == FEW {
            self.many.extend(self.few);
        }
        self.count += 1;
        if self.count > FEW {
            return self.many.insert(name).then_some(());
        }
        let (before, place) = self.few.split_at_mut(self.count - 1);
        if before.contains(&name) {
            return None;
        }
        *place.first_mut()? = name;
        Some(())
    }
}

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
    use super::{Names, Seen};

    #[test]
    fn a_name_that_is_there_twice_is_noticed_in_short_and_long_lists() {
        for length in [3_usize, 15, 16, 17, 18, 100] {
            let all: Vec<String> = (0..length).map(|n| n.to_string()).collect();
            for again in &all {
                let mut names = Names::expecting(length / 2);
                assert!(all.iter().all(|name| names.add(name).is_some()), "{length}");
                assert_eq!(names.add(again), None, "{again} of {length}");
            }
        }
    }

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
