//! Which files say the same under other names: by the names of what they define, else by their text.
//!
//! Both go through an index, so that a thousand files against a thousand are no million comparisons, and both are deterministic.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use eventpact_contract::formats::protobuf;
use eventpact_contract::load::avro_names;
use eventpact_contract::schema::Format;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Node};

use super::roles::ending;
use crate::input::{Entry, Tree};

/// What more files than this have in common tells none of them from the others.
const MAX_HOLDERS: usize = 50;
/// Of a text, so many pieces are looked at.
const MAX_PIECES: usize = 4000;
/// The candidates of a file that are looked at closely.
const MAX_CANDIDATES: usize = 3;

/// The names of what a file defines: full names of Avro and Protobuf types, `$id` or title of a JSON Schema or an AsyncAPI
/// document. Empty for a file that has none or cannot be read.
pub(super) fn names(tree: &Tree, entry: &Entry) -> Vec<String> {
    if let Some(schema) = tree.registered.get(&entry.path) {
        return match schema.format {
            Format::Protobuf => protobuf_names(&schema.text),
            Format::Avro => node_names(&schema.text, "a.avsc"),
            Format::JsonSchema => node_names(&schema.text, "a.json"),
        };
    }
    let Ok(text) = tree.reader.read(&entry.path) else { return Vec::new() };
    match ending(&entry.path).as_str() {
        "proto" => protobuf_names(&text),
        "avdl" => Vec::new(),
        _ => node_names(&text, &entry.path),
    }
}

/// A name that is part of the wire or of generated code, unlike an address or a title.
pub(super) fn is_type(name: &str) -> bool {
    ["avro ", "protobuf ", "protocol "].iter().any(|kind| name.starts_with(kind))
}

fn protobuf_names(text: &str) -> Vec<String> {
    protobuf::defined_names(text).into_iter().map(|name| format!("protobuf {name}")).collect()
}

fn node_names(text: &str, path: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add(path, text);
    let Some(node) = yaml::parse(&sources, file).0 else { return Vec::new() };
    let text = |pointer: &str| node.pointer(pointer).and_then(Node::as_str).filter(|text| !text.is_empty());
    let named = |what: &str, name: &str| vec![format!("{what} {name}")];
    if node.get("asyncapi").is_some() {
        let title = || text("/info/title").map(|title| named("asyncapi", title));
        return text("/id").map(|id| named("asyncapi", id)).or_else(title).unwrap_or_default();
    }
    if let Some(protocol) = text("/protocol") {
        return named("protocol", &text("/namespace").map_or_else(|| protocol.to_owned(), |n| format!("{n}.{protocol}")));
    }
    let is_named = matches!(text("/type"), Some("record" | "error" | "enum" | "fixed")) && text("/name").is_some();
    if ending(path) == "avsc" || is_named {
        return avro_names(&node).into_iter().take(1).map(|name| format!("avro {name}")).collect();
    }
    let id = text("/$id").or_else(|| text("/id")).map(|id| named("json-schema", id));
    id.or_else(|| text("/title").map(|title| named("json-schema title", title))).unwrap_or_default()
}

/// Old files by what they define.
pub(super) struct Index {
    names: Vec<Vec<String>>,
    holders: HashMap<String, Vec<usize>>,
}

impl Index {
    /// Of the names of each old file.
    pub(super) fn new(names: Vec<Vec<String>>) -> Self {
        let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
        for (old, names) in names.iter().enumerate() {
            for name in names {
                holders.entry(name.clone()).or_default().push(old);
            }
        }
        holders.retain(|_, olds| olds.len() <= MAX_HOLDERS);
        Self { names, holders }
    }

    /// The old files that define at least half of the same, the nearest first.
    pub(super) fn like(&self, names: &[String]) -> Vec<(usize, usize)> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for old in names.iter().filter_map(|name| self.holders.get(name)).flatten() {
            *shared.entry(*old).or_default() += 1;
        }
        let half = |old: usize, count: usize| self.names.get(old).is_some_and(|names| count * 2 >= names.len());
        let mut found: Vec<(usize, usize)> = shared.into_iter().filter(|(old, count)| half(*old, *count)).collect();
        found.sort_by_key(|(old, count)| (std::cmp::Reverse(*count), *old));
        found
    }
}

/// Pairs new with old files by the names of what they define, each at most once; the best pairs first.
pub(super) fn by_names(new: &[Vec<String>], old: Vec<Vec<String>>) -> Vec<Option<usize>> {
    let index = Index::new(old);
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for (n, names) in new.iter().enumerate() {
        candidates.extend(index.like(names).into_iter().map(|(old, count)| (count, n, old)));
    }
    candidates.sort_by_key(|(count, new, old)| (std::cmp::Reverse(*count), *new, *old));
    assign(new.len(), candidates.into_iter().map(|(_, new, old)| (new, old)))
}

/// The first pair of each file that both sides are still free for.
fn assign(count: usize, candidates: impl Iterator<Item = (usize, usize)>) -> Vec<Option<usize>> {
    let mut pairs = vec![None; count];
    let mut taken = HashSet::new();
    for (new, old) in candidates {
        if let Some(slot) = pairs.get_mut(new)
            && slot.is_none()
            && taken.insert(old)
        {
            *slot = Some(old);
        }
    }
    pairs
}

/// Pairs new with old files by the pieces of their texts, when at least half is the same.
pub(super) fn by_text(new: &[String], old: &[String]) -> Vec<Option<usize>> {
    let of_old: Vec<HashSet<u64>> = old.iter().map(|text| pieces(text)).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (n, pieces) in of_old.iter().enumerate() {
        for piece in pieces {
            holders.entry(*piece).or_default().push(n);
        }
    }
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for (n, text) in new.iter().enumerate() {
        let own = pieces(text);
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for olds in own.iter().filter_map(|piece| holders.get(piece)).filter(|olds| olds.len() <= MAX_HOLDERS) {
            for old in olds {
                *shared.entry(*old).or_default() += 1;
            }
        }
        let mut nearest: Vec<(usize, usize)> = shared.into_iter().collect();
        nearest.sort_by_key(|(old, count)| (std::cmp::Reverse(*count), *old));
        for (old, _) in nearest.into_iter().take(MAX_CANDIDATES) {
            let Some(theirs) = of_old.get(old) else { continue };
            let (both, all) = (own.intersection(theirs).count(), own.len() + theirs.len());
            // In thousandths: 500 is half of the two together.
            let likeness = (2000 * both).checked_div(all).unwrap_or(0);
            if likeness >= 500 {
                candidates.push((likeness, n, old));
            }
        }
    }
    candidates.sort_by_key(|(likeness, new, old)| (std::cmp::Reverse(*likeness), *new, *old));
    assign(new.len(), candidates.into_iter().map(|(_, new, old)| (new, old)))
}

/// Lines and, since JSON may have only one, what stands between its commas and brackets.
fn pieces(text: &str) -> HashSet<u64> {
    let parts = text.split(['\n', ',', '{', '}', ';']).map(str::trim).filter(|part| part.len() > 2);
    let hash = |part: &str| {
        let mut hasher = DefaultHasher::new();
        part.hash(&mut hasher);
        hasher.finish()
    };
    parts.take(MAX_PIECES).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_paired_by_their_text_in_little_time() {
        let text = |n: usize| {
            let fields: Vec<String> = (0..20).map(|f| format!("  field_{f}_of_{n}: string")).collect();
            format!("type: object\nproperties:\n{}\n", fields.join("\n"))
        };
        let old: Vec<String> = (0..1000).map(text).collect();
        let new: Vec<String> = (0..1000).rev().map(|n| text(n).replace("field_1_", "renamed_")).collect();
        let pairs = by_text(&new, &old);
        assert!(pairs.iter().enumerate().all(|(n, old)| *old == Some(999 - n)));
        assert_eq!(by_text(&["a: unlike\nanything".to_owned()], &old), [None]);
    }

    #[test]
    fn names_pair_the_files_that_share_most() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let new = [names("a b c"), names("c"), names("x")];
        assert_eq!(by_names(&new, vec![names("c d"), names("a b")]), [Some(1), Some(0), None]);
    }
}
