//! What makes a finding the same from run to run: no line numbers, no indexes where there are names, no folder of a checkout.

use std::collections::HashMap;

use md5::{Digest, Md5};

use super::Diagnostic;
use crate::source::Span;
use crate::yaml::{Node, Value, pointer};

impl Diagnostic {
    /// Sixteen hexadecimal digits that stay the same when lines move: a hash of the rule, of what the finding is about (or of the
    /// path to its value), and of the message, which names what was and what is. [`fingerprints`] tells equal ones apart.
    pub fn fingerprint(&self) -> String {
        let about = if self.identity.is_empty() { self.subject() } else { self.identity.clone() };
        digits(&[&self.id, &about, &self.message])
    }
}

/// The fingerprints of all findings of a report, in their order. No two are equal: of findings that say the same, the second
/// and each further one has its number in its fingerprint, so that none hides another.
pub fn fingerprints(diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let number = |found: &Diagnostic| {
        let fingerprint = found.fingerprint();
        let count = seen.entry(fingerprint.clone()).and_modify(|n| *n += 1).or_insert(1);
        if *count == 1 { fingerprint } else { digits(&[&fingerprint, &count.to_string()]) }
    };
    diagnostics.iter().map(number).collect()
}

fn digits(parts: &[&str]) -> String {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let head = hash.finalize().iter().take(8).fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
    format!("{head:016x}")
}

/// The way to a place in a tree that stays when something is put in front of it: an item of a list goes by the name that it
/// has, or by its text, and only else by its number. `None` when the place lies outside of the tree.
pub fn stable_path(root: &Node, place: Span) -> Option<String> {
    let path = root.path_to(place)?;
    let mut node = Some(root);
    let mut steady = Vec::with_capacity(path.len());
    for token in path {
        let (next, name) = match node.map(|node| &node.value) {
            Some(Value::Mapping(mapping)) => (mapping.get(&token), None),
            Some(Value::Sequence(items)) => {
                let item = token.parse().ok().and_then(|n: usize| items.get(n));
                (item, item.and_then(name))
            }
            _ => (None, None),
        };
        steady.push(name.map_or(token, str::to_owned));
        node = next;
    }
    Some(pointer(&steady))
}

/// What an item of a list is called.
fn name(item: &Node) -> Option<&str> {
    item.as_str().or_else(|| ["name", "$id", "$ref", "title"].iter().find_map(|key| item.get(key).and_then(Node::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    #[test]
    fn a_place_keeps_its_name_when_something_comes_before_it() {
        let path = |text: &str, words: &str| {
            let mut sources = Sources::new();
            let file = sources.add("a.json", text);
            let at = text.find(words).unwrap();
            let root = yaml::parse(&sources, file).0.unwrap();
            stable_path(&root, Span::new(file, at, at + words.len()))
        };
        let (short, long) = (r#"{"f":[{"name":"b","t":1}]}"#, r#"{"f":[{"name":"a"},{"name":"b","t":1}]}"#);
        assert_eq!(path(short, "1").as_deref(), Some("/f/b/t"));
        assert_eq!(path(long, "1"), path(short, "1"));
        assert_eq!(path(r#"{"s":["A","B"]}"#, "\"B\"").as_deref(), Some("/s/B"));
        assert_eq!(path("[[1],[2]]", "2").as_deref(), Some("/1/0"));
    }

    #[test]
    fn equal_findings_are_told_apart() {
        let mut sources = Sources::new();
        let at = Span::start_of(sources.add("a", "a"));
        let found = Diagnostic::error("x/y", at, "m");
        let all = fingerprints(&[found.clone(), found.clone(), found.clone()]);
        assert!(all[0] == found.fingerprint() && all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
