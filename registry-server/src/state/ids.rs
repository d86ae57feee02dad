//! A map from ids to what belongs to them. A copy costs nothing, and shares with the original all that is not changed later.
//!
//! Ids are counted, so they are dense: an array for every 32 of them, and a tree over the arrays in which the digits of an id, in
//! base 32, are the way to it. Finding one touches few and small pieces of memory, which is what a read of a large registry costs:
//! no hash, no comparisons, no piece for each entry.

use std::sync::Arc;

/// Bits of a digit.
const BITS: u32 = 5;

/// Children of a node.
const WIDTH: usize = 1 << BITS;

/// The map.
#[derive(Debug, Clone)]
pub(super) struct Ids<T> {
    root: Option<Arc<Node<T>>>,
    /// Branches between the root, which counts, and a leaf.
    height: u32,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "either is an array of 32; there is one branch for 32 leaves")]
enum Node<T> {
    Branch([Option<Arc<Node<T>>>; WIDTH]),
    Leaf([Option<T>; WIDTH]),
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self { root: None, height: 0 }
    }
}

impl<T: Clone + Default> Ids<T> {
    pub(super) fn get(&self, id: u32) -> Option<&T> {
        if !self.reaches(id) {
            return None;
        }
        let mut node = self.root.as_deref()?;
        let mut level = self.height;
        loop {
            match node {
                Node::Branch(children) => node = children[digit(id, level)].as_deref()?,
                Node::Leaf(items) => return items[digit(id, 0)].as_ref(),
            }
            level = level.saturating_sub(1);
        }
    }

    /// What belongs to an id, to be changed; the default where there was nothing.
    pub(super) fn entry(&mut self, id: u32) -> &mut T {
        while !self.reaches(id) {
            if let Some(root) = self.root.take() {
                let mut children = <[_; WIDTH]>::default();
                children[0] = Some(root);
                self.root = Some(Arc::new(Node::Branch(children)));
            }
            self.height += 1;
        }
        let root = self.root.get_or_insert_with(|| Arc::new(Node::empty(self.height)));
        Arc::make_mut(root).entry(id, self.height)
    }

    /// Forgets an id, and gives what belonged to it.
    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        self.get(id)?;
        let root = self.root.as_mut()?;
        let removed = Arc::make_mut(root).remove(id, self.height);
        if root.is_empty() {
            *self = Self::default();
        }
        removed
    }

    /// Are there enough levels for an id?
    fn reaches(&self, id: u32) -> bool {
        id.checked_shr(BITS * (self.height + 1)).is_none_or(|rest| rest == 0)
    }
}

impl<T: Clone + Default> Node<T> {
    fn empty(level: u32) -> Self {
        if level == 0 { Self::Leaf(Default::default()) } else { Self::Branch(Default::default()) }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Branch(children) => children.iter().all(Option::is_none),
            Self::Leaf(items) => items.iter().all(Option::is_none),
        }
    }

    fn entry(&mut self, id: u32, level: u32) -> &mut T {
        match self {
            Self::Leaf(items) => items[digit(id, 0)].get_or_insert_default(),
            Self::Branch(children) => {
                let below = level.saturating_sub(1);
                let child = children[digit(id, level)].get_or_insert_with(|| Arc::new(Self::empty(below)));
                Arc::make_mut(child).entry(id, below)
            }
        }
    }

    fn remove(&mut self, id: u32, level: u32) -> Option<T> {
        match self {
            Self::Leaf(items) => items[digit(id, 0)].take(),
            Self::Branch(children) => {
                let place = &mut children[digit(id, level)];
                let child = Arc::make_mut(place.as_mut()?);
                let removed = child.remove(id, level.saturating_sub(1));
                if child.is_empty() {
                    *place = None;
                }
                removed
            }
        }
    }
}

/// The digit of an id at a level, 0 for the last one.
fn digit(id: u32, level: u32) -> usize {
    (id >> (BITS * level)) as usize % WIDTH
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Ids as they are counted, as imports bring them, and at the ends.
    fn some_ids() -> impl Iterator<Item = u32> {
        let mut random = 7_u32;
        let scattered = (0..500).map(move |_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random >> (random % 31)
        });
        (1..2000).chain(scattered).chain([0, 31, 32, 1023, 1024, i32::MAX as u32, u32::MAX])
    }

    #[test]
    fn it_is_a_map() {
        let (mut ids, mut expected) = (Ids::<u64>::default(), BTreeMap::new());
        for (n, id) in (1_u64..).zip(some_ids()) {
            *ids.entry(id) += n;
            *expected.entry(id).or_insert(0) += n;
        }
        let probes = || some_ids().chain((0..31).map(|bit| 1 << bit));
        assert!(probes().all(|id| ids.get(id) == expected.get(&id)));
        for (n, id) in (0..).zip(some_ids()) {
            if n % 3 != 0 {
                assert_eq!(ids.remove(id), expected.remove(&id), "{id}");
            }
        }
        assert!(probes().all(|id| ids.get(id) == expected.get(&id)));
        for id in expected.into_keys() {
            assert!(ids.remove(id).is_some());
        }
        assert!(ids.root.is_none() && ids.remove(1).is_none());
    }

    #[test]
    fn a_copy_does_not_see_what_comes_after_it() {
        let mut ids = Ids::<u32>::default();
        for id in 0..100 {
            *ids.entry(id) = id;
        }
        let copy = ids.clone();
        *ids.entry(7) = 70;
        *ids.entry(5000) = 1;
        ids.remove(8);
        assert_eq!((copy.get(7), copy.get(8), copy.get(5000)), (Some(&7), Some(&8), None));
        assert_eq!((ids.get(7), ids.get(8), ids.get(5000), ids.get(99)), (Some(&70), None, Some(&1), Some(&99)));
    }
}
