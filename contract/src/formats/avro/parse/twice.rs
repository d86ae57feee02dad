//! Finds what is named twice in a list. Most lists are short: there, looking at each is cheaper than a map.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};

/// Hashes short texts quickly; strangers cannot know texts that have one hash.
pub(super) type Quick = foldhash::fast::RandomState;

/// Up to how many names are compared one by one.
const FEW: usize = 8;

/// The names so far, each of them there once. None is empty.
pub(super) struct Names<'t> {
    few: [&'t str; FEW],
    count: usize,
    /// At least twice as many places as names, each name in the first free one from where its hash points to. It is this and not a
    /// set, as nothing is looked up or taken out: that is a third of the work.
    many: Vec<&'t str>,
    hashes: Quick,
}

impl<'t> Names<'t> {
    /// No name so far, and probably so many to come.
    pub(super) fn expecting(names: usize) -> Self {
        let many = if names > FEW { vec![""; (2 * names).next_power_of_two()] } else { Vec::new() };
        Self { few: [""; FEW], count: 0, many, hashes: Quick::default() }
    }

    /// Takes a name in; `None` when it is there already.
    pub(super) fn add(&mut self, name: &'t str) -> Option<()> {
        if self.count < FEW {
            let (before, place) = self.few.split_at_mut(self.count);
            if before.contains(&name) {
                return None;
            }
            *place.first_mut()? = name;
            self.count += 1;
            return Some(());
        }
        if self.count == FEW || self.count * 2 >= self.many.len() {
            self.grow()?;
        }
        self.count += 1;
        self.put(name)
    }

    fn put(&mut self, name: &'t str) -> Option<()> {
        let last = self.many.len().checked_sub(1)?;
        // The high bits don't matter: the number of places is a power of two.
        #[allow(clippy::cast_possible_truncation)]
        let mut at = self.hashes.hash_one(name) as usize & last;
        loop {
            let place = self.many.get_mut(at)?;
            if place.is_empty() {
                *place = name;
                return Some(());
            }
            if *place == name {
                return None;
            }
            at = (at + 1) & last;
        }
    }

    /// Makes room for as many names again.
    fn grow(&mut self) -> Option<()> {
        let places = (4 * self.count).next_power_of_two();
        let more = if places > self.many.len() { vec![""; places] } else { std::mem::take(&mut self.many) };
        let before = std::mem::replace(&mut self.many, more);
        let few = std::mem::replace(&mut self.few, [""; FEW]);
        few.into_iter().chain(before).filter(|name| !name.is_empty()).try_for_each(|name| self.put(name))
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
        for length in [3_usize, 7, 8, 9, 10, 16, 17, 100, 1000] {
            let all: Vec<String> = (0..length).map(|n| n.to_string()).collect();
            for again in all.iter().step_by(length / 7 + 1) {
                let mut names = Names::expecting(length / 2);
                assert!(all.iter().all(|name| names.add(name).is_some()), "{length}");
                assert_eq!(names.add(again), None, "{again} of {length}");
            }
        }
    }

    #[test]
    fn the_first_of_a_name_is_found_in_short_and_long_lists() {
        for length in [3, 8, 9, 16, 17, 100] {
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
