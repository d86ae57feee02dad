//! Which document of an earlier version is the counterpart of which of the new one: by path, by what it defines, by its text; in
//! a registry by the name of the subject or by what is registered there.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use eventpact_contract::schema::Format;

use super::content::{self, Index};
use super::roles::{ending, is_root};
use crate::input::{Entry, Tree};

/// A document of an earlier version.
#[derive(Debug, Clone)]
pub(super) struct Counterpart<'t> {
    /// Which of the earlier versions.
    pub(super) tree: usize,
    pub(super) entry: &'t Entry,
    /// It was found by its content: its path is another one.
    pub(super) moved: bool,
    /// The subject of a registry on one of the two sides.
    pub(super) subject: Option<&'t str>,
}

/// The counterparts of each of the new documents in one earlier version, the `tree`th.
pub(super) fn in_tree<'t>(
    (new, roots): (&'t Tree, &[&'t Entry]),
    (tree, old): (usize, &'t Tree),
    any_kind: bool,
) -> Result<Vec<Vec<Counterpart<'t>>>> {
    if let ([root], [only], true) = (roots, old.entries.as_slice(), old.single && new.single) {
        let subject =
            [new, old].into_iter().zip([*root, only]).find(|(tree, _)| tree.is_registry()).map(|(_, e)| e.name.as_str());
        return Ok(vec![vec![Counterpart { tree, entry: only, moved: false, subject }]]);
    }
    let plain = |entry, moved| Counterpart { tree, entry, moved, subject: None };
    if new.is_registry() != old.is_registry() {
        return Ok(subjects((new, roots), (tree, old)));
    }
    let by_name: HashMap<&str, &Entry> = old.entries.iter().map(|e| (e.name.as_str(), e)).collect();
    let mut found: Vec<Vec<Counterpart<'t>>> =
        roots.iter().map(|root| by_name.get(root.name.as_str()).map(|e| plain(*e, false)).into_iter().collect()).collect();
    if new.is_registry() {
        return Ok(found);
    }
    by_file_name((new, roots), old, |root, entry| {
        found.get_mut(root).is_some_and(|f| {
            f.push(plain(entry, false));
            true
        })
    });
    let lonely: Vec<usize> = (0..roots.len()).filter(|n| found.get(*n).is_some_and(Vec::is_empty)).collect();
    if lonely.is_empty() {
        return Ok(found);
    }
    let known: HashSet<&str> = new.entries.iter().map(|e| e.name.as_str()).collect();
    let used: HashSet<&str> = found.iter().flatten().map(|c| c.entry.path.as_str()).collect();
    let mut left: Vec<&Entry> = Vec::new();
    for entry in
        old.entries.iter().filter(|e| !used.contains(e.path.as_str()) && (new.single || !known.contains(e.name.as_str())))
    {
        if any_kind || old.single || is_root(old, entry)? {
            left.push(entry);
        }
    }
    let new_entries: Vec<&Entry> = lonely.iter().filter_map(|n| roots.get(*n).copied()).collect();
    for (n, entry) in moved((new, &new_entries), (old, &left)) {
        if let Some(found) = lonely.get(n).and_then(|n| found.get_mut(*n)) {
            found.push(plain(entry, true));
        }
    }
    Ok(found)
}

/// One file against a folder, or an image, whose paths start elsewhere: the only file of its name is meant.
fn by_file_name<'t>((new, roots): (&Tree, &[&Entry]), old: &'t Tree, mut take: impl FnMut(usize, &'t Entry) -> bool) {
    fn is_below(long: &str, short: &str) -> bool {
        long.strip_suffix(short).is_some_and(|front| front.ends_with('/'))
    }
    match (roots, old.entries.as_slice()) {
        ([root], entries) if new.single && !entries.iter().any(|e| e.name == root.name) => {
            let mut same = entries.iter().filter(|e| is_below(&e.name, &root.name));
            if let (Some(entry), None) = (same.next(), same.next()) {
                take(0, entry);
            }
        }
        (roots, [only]) if old.single && !roots.iter().any(|root| root.name == only.name) => {
            let mut same = roots.iter().enumerate().filter(|(_, root)| is_below(&root.name, &only.name));
            if let (Some((n, _)), None) = (same.next(), same.next()) {
                take(n, only);
            }
        }
        _ => {}
    }
}

/// New files without a counterpart of their path, each with the old file that has none either and says the same.
fn moved<'t>((new, news): (&Tree, &[&Entry]), (old, olds): (&Tree, &[&'t Entry])) -> Vec<(usize, &'t Entry)> {
    if news.is_empty() || olds.is_empty() {
        return Vec::new();
    }
    let names = |tree: &Tree, entries: &[&Entry]| entries.iter().map(|e| content::names(tree, e)).collect::<Vec<_>>();
    let (of_new, of_old) = (names(new, news), names(old, olds));
    // What is left is compared as text, each kind of file with its own; types of another name are other types.
    let open = |names: &[Vec<String>]| -> Vec<usize> {
        names.iter().enumerate().filter(|(_, names)| !names.iter().any(|n| content::is_type(n))).map(|(n, _)| n).collect()
    };
    let (mut left_new, mut left_old) = (open(&of_new), open(&of_old));
    let mut pairs = content::by_names(&of_new, of_old);
    let used: HashSet<usize> = pairs.iter().flatten().copied().collect();
    left_new.retain(|n| pairs.get(*n).is_some_and(Option::is_none));
    left_old.retain(|n| !used.contains(n));
    let kind = |entries: &[&Entry], n: usize| entries.get(n).map(|e| ending(&e.path)).unwrap_or_default();
    let kinds: HashSet<String> = left_new.iter().map(|n| kind(news, *n)).collect();
    for wanted in kinds {
        let of = |left: &[usize], entries: &[&Entry]| -> Vec<usize> {
            left.iter().copied().filter(|n| kind(entries, *n) == wanted).collect()
        };
        let (from, to) = (of(&left_new, news), of(&left_old, olds));
        let texts = |tree: &Tree, entries: &[&Entry], which: &[usize]| -> Vec<String> {
            let text = |n: &usize| entries.get(*n).and_then(|e| tree.reader.read(&e.path).ok()).unwrap_or_default();
            which.iter().map(text).collect()
        };
        let found = content::by_text(&texts(new, news, &from), &texts(old, olds, &to));
        for (n, old) in from.iter().zip(found) {
            if let (Some(slot), Some(old)) = (pairs.get_mut(*n), old.and_then(|o| to.get(o))) {
                *slot = Some(*old);
            }
        }
    }
    pairs.into_iter().enumerate().filter_map(|(n, old)| Some((n, *olds.get(old?)?))).collect()
}

/// A subject has the format that the ending of a file promises.
fn may_be(registry: &Tree, subject: &Entry, ending: &str) -> bool {
    registry.registered.get(&subject.path).is_some_and(|schema| match schema.format {
        Format::Avro => matches!(ending, "avsc" | "json"),
        Format::Protobuf => ending == "proto",
        Format::JsonSchema => !matches!(ending, "avsc" | "proto"),
    })
}

/// Files against the subjects of a registry, whichever side that is. A file is the counterpart of the subjects of its name
/// (`orders-value.avsc`, or `orders.avsc` of `orders-value`), else of all under which what it defines is registered.
fn subjects<'t>((new, roots): (&'t Tree, &[&'t Entry]), (tree, old): (usize, &'t Tree)) -> Vec<Vec<Counterpart<'t>>> {
    let of_old = old.is_registry();
    let old_entries: Vec<&Entry> = old.entries.iter().collect();
    let (files, subjects) = if of_old { (roots, old_entries.as_slice()) } else { (old_entries.as_slice(), roots) };
    let (file_tree, registry) = if of_old { (new, old) } else { (old, new) };
    let by_name: HashMap<&str, usize> = subjects.iter().enumerate().map(|(n, s)| (s.name.as_str(), n)).collect();
    let mut index = None;
    let mut found: Vec<Vec<Counterpart<'t>>> = vec![Vec::new(); roots.len()];
    for (file, entry) in files.iter().enumerate() {
        let stem = entry.name.rsplit('/').next().unwrap_or("").rsplit_once('.').map_or(entry.name.as_str(), |(stem, _)| stem);
        let stem = stem.strip_suffix(".schema").unwrap_or(stem);
        let called = [entry.name.clone(), stem.to_owned(), format!("{stem}-value"), format!("{stem}-key")];
        let of_name = |name: &String| by_name.get(name.as_str()).copied();
        let fits = |n: &usize| subjects.get(*n).is_some_and(|s| may_be(registry, s, &ending(&entry.path)));
        let mut of_file: Vec<usize> = called.iter().filter_map(of_name).filter(fits).collect();
        if of_file.first().is_some_and(|n| subjects.get(*n).is_some_and(|s| s.name == entry.name)) {
            of_file.truncate(1); // registered under its path, as imports are
        }
        if of_file.is_empty() {
            let index = index.get_or_insert_with(|| Index::new(subjects.iter().map(|s| content::names(registry, s)).collect()));
            of_file = index.like(&content::names(file_tree, entry)).into_iter().map(|(subject, _)| subject).collect();
        }
        for subject in of_file {
            let Some(name) = subjects.get(subject).map(|s| s.name.as_str()) else { continue };
            let (root, other) = if of_old { (file, subjects.get(subject)) } else { (subject, files.get(file)) };
            if let (Some(found), Some(entry)) = (found.get_mut(root), other) {
                // A subject of the new side has one counterpart: the first file.
                if of_old || found.is_empty() {
                    found.push(Counterpart { tree, entry, moved: false, subject: Some(name) });
                }
            }
        }
    }
    found
}
