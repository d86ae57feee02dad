//! A map that borrows its keys from the bytes it was read from.

use std::collections::BTreeMap;
use std::fmt;

/// The borrowed twin of a `BTreeMap<String, V>`: entries in the order of their keys, each key once, in one list.
///
/// ```
/// use eventpact_runtime::types::MapRef;
/// let map: MapRef<'_, i64> = [("b", 2), ("a", 1), ("b", 3)].into_iter().collect();
/// assert_eq!(map.get("b"), Some(&3));
/// assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b"]);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MapRef<'a, V>(Vec<(&'a str, V)>);

impl<'a, V> MapRef<'a, V> {
    /// A map of these entries. Of equal keys the last one stays, as in a `BTreeMap`.
    pub fn from_entries(mut entries: Vec<(&'a str, V)>) -> Self {
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            // The sort keeps the order of equal keys: turned around, the last one comes first, and stays.
            entries.reverse();
            entries.sort_by_key(|(key, _)| *key);
            entries.dedup_by_key(|(key, _)| *key);
        }
        Self(entries)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        let index = self.0.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// True when the key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, (&'a str, V)> {
        self.0.iter()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + '_ {
        self.0.iter().map(|(key, _)| *key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> + DoubleEndedIterator + '_ {
        self.0.iter().map(|(_, value)| value)
    }

    /// The same map with keys of its own, and what `value` makes of the values.
    pub fn to_map<T>(&self, mut value: impl FnMut(&V) -> T) -> BTreeMap<String, T> {
        self.0.iter().map(|(key, v)| ((*key).to_owned(), value(v))).collect()
    }
}

impl<V> Default for MapRef<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: fmt::Debug> fmt::Debug for MapRef<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(key, value)| (key, value))).finish()
    }
}

impl<'a, V> FromIterator<(&'a str, V)> for MapRef<'a, V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(entries: I) -> Self {
        Self::from_entries(entries.into_iter().collect())
    }
}

impl<'a, V> IntoIterator for MapRef<'a, V> {
    type Item = (&'a str, V);
    type IntoIter = std::vec::IntoIter<(&'a str, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'m, 'a, V> IntoIterator for &'m MapRef<'a, V> {
    type Item = &'m (&'a str, V);
    type IntoIter = std::slice::Iter<'m, (&'a str, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_a_map_would_hold() {
        let lists: [&[(&str, i32)]; 6] = [
            &[],
            &[("a", 1)],
            &[("a", 1), ("b", 2), ("c", 3)],
            &[("a", 1), ("a", 2)],
            &[("c", 1), ("a", 2), ("b", 3), ("a", 4), ("c", 5), ("a", 6)],
            &[("", 1), ("\u{e9}", 2), ("z", 3), ("", 4)],
        ];
        for list in lists {
            let (ours, map) = (list.iter().copied().collect::<MapRef<'_, _>>(), list.iter().copied().collect::<BTreeMap<_, _>>());
            assert!(ours.iter().copied().eq(map.clone()), "{list:?}");
            assert_eq!(format!("{ours:?}"), format!("{map:?}"));
            assert_eq!((ours.len(), ours.is_empty()), (map.len(), map.is_empty()));
            for key in ["", "a", "b", "x"] {
                assert_eq!(ours.get(key), map.get(key), "{key} of {list:?}");
            }
            assert!(ours.to_map(|v| *v).into_iter().eq(map.iter().map(|(k, v)| ((*k).to_owned(), *v))));
            assert!(ours.into_iter().eq(map));
        }
    }
}
