//! Places in a document by their JSON pointers, many of them: a look at each key of a large object for each would take for ever.

use std::collections::HashMap;

use super::{Mapping, Node, Value, unescape_token};

/// Objects of more keys than this get an index, when they have been looked into so often: to make one takes as long as some looks.
const LARGE: usize = 32;
const OFTEN: usize = 16;

/// Where the keys of the large objects of some documents are. The documents must outlive it.
#[derive(Debug, Default)]
pub struct Places {
    /// By the address of the object.
    large: HashMap<usize, Looks>,
}

/// How often an object was looked into, and then where its keys are.
#[derive(Debug)]
enum Looks {
    Few(usize),
    Many(HashMap<String, usize>),
}

impl Places {
    /// The value at a pointer (RFC 6901).
    pub fn at<'n>(&mut self, root: &'n Node, pointer: &str) -> Option<&'n Node> {
        let mut node = root;
        for part in pointer.split('/').skip(1) {
            let key = unescape_token(part);
            node = match &node.value {
                Value::Mapping(map) => self.entry(map, &key)?,
                Value::Sequence(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    fn entry<'n>(&mut self, map: &'n Mapping, key: &str) -> Option<&'n Node> {
        if map.entries.len() <= LARGE {
            return map.get(key);
        }
        let looks = self.large.entry(std::ptr::from_ref(map).addr()).or_insert(Looks::Few(0));
        match looks {
            Looks::Few(OFTEN..) => {
                // Of two with one key the first counts.
                let keys = map.entries.iter().enumerate().rev();
                *looks = Looks::Many(keys.map(|(n, entry)| (entry.key.clone(), n)).collect());
                self.entry(map, key)
            }
            Looks::Few(count) => {
                *count += 1;
                map.get(key)
            }
            Looks::Many(index) => map.entries.get(*index.get(key)?).map(|entry| &entry.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::{Node, parse};
    use super::Places;
    use crate::source::Sources;

    #[test]
    fn large_and_small_objects_are_looked_into() {
        let mut text = String::from("{\"few\": [{\"a/b\": 1}], \"many\": {");
        for n in 0..100 {
            write!(text, "\"k{n}\": {n}, ").expect("a string takes all");
        }
        text.push_str("\"last\": true}}");
        let mut sources = Sources::new();
        let file = sources.add("a.json", text);
        let node = parse(&sources, file).0.expect("JSON");
        let mut places = Places::default();
        let mut number = |pointer: &str| places.at(&node, pointer).and_then(Node::as_i64);
        for n in 0..50 {
            assert_eq!(number(&format!("/many/k{n}")), Some(n));
        }
        assert_eq!([number("/few/0/a~1b"), number("/many/k99"), number("/many/k0")], [Some(1), Some(99), Some(0)]);
        assert_eq!([number("/many/k100"), number("/few/1"), number("/many/k1/x")], [None; 3]);
        assert!(places.at(&node, "").is_some());
    }
}
