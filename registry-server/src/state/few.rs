//! A set that has one element, as a rule: that one is kept in place, since a tree for it would be larger than it is.

use std::ops::RangeInclusive;

use rpds::RedBlackTreeSetSync;

/// The set. Elements are equal when their order says so.
#[derive(Debug, Clone, Default)]
pub(super) enum Few<V: Ord> {
    #[default]
    None,
    One(V),
    Many(RedBlackTreeSetSync<V>),
}

impl<V: Ord + Clone> Few<V> {
    /// Adds an element, in the place of the one that is equal.
    pub(super) fn insert(&mut self, value: V) {
        match self {
            Self::None => *self = Self::One(value),
            Self::One(known) if *known == value => *known = value,
            Self::One(known) => *self = Self::Many([known.clone(), value].into_iter().collect()),
            Self::Many(many) => many.insert_mut(value),
        }
    }

    pub(super) fn remove(&mut self, value: &V) {
        match self {
            Self::One(known) if known == value => *self = Self::None,
            Self::None | Self::One(_) => {}
            Self::Many(many) => {
                many.remove_mut(value);
                if many.size() == 1 {
                    *self = many.first().cloned().map_or(Self::None, Self::One);
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    /// In order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &V> {
        let (one, many) = self.parts();
        one.into_iter().chain(many.into_iter().flat_map(RedBlackTreeSetSync::iter))
    }

    /// Those between two, which count, in order.
    pub(super) fn range(&self, range: RangeInclusive<V>) -> impl DoubleEndedIterator<Item = &V> {
        let (one, many) = self.parts();
        let one = one.filter(|one| range.contains(one));
        one.into_iter().chain(many.into_iter().flat_map(move |many| many.range(range.clone())))
    }

    fn parts(&self) -> (Option<&V>, Option<&RedBlackTreeSetSync<V>>) {
        match self {
            Self::None => (None, None),
            Self::One(one) => (Some(one), None),
            Self::Many(many) => (None, Some(many)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set_whatever_its_size() {
        let mut few = Few::default();
        let all = |few: &Few<u32>| few.iter().copied().collect::<Vec<_>>();
        assert!(few.is_empty());
        for value in [5, 5, 3, 9, 3] {
            few.insert(value);
        }
        assert_eq!((all(&few), few.range(4..=9).count(), few.iter().next_back()), (vec![3, 5, 9], 2, Some(&9)));
        few.remove(&9);
        few.remove(&4);
        few.remove(&3);
        assert!(matches!(few, Few::One(5)));
        assert_eq!((few.range(5..=5).count(), few.range(6..=9).count()), (1, 0));
        few.remove(&4);
        few.remove(&5);
        assert!(few.is_empty());
    }
}
