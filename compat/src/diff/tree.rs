//! Two trees of items, walked together.

use std::collections::{HashMap, HashSet};

use eventpact_contract::deadline;
use eventpact_contract::source::Span;

use super::{Change, Facet, Item, Kind};

/// The longest value that is shown, in characters.
const MAX_VALUE: usize = 200;

/// Where the walk is: the names on the way, and the two items that it is in.
#[derive(Default)]
struct Way {
    names: Vec<String>,
    around: Option<(Span, Span)>,
}

/// What differs. What several parts share is told once, where it is met first.
pub(super) fn compare(new: &[Item], old: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    siblings(new, old, &mut Way::default(), &mut changes);
    let mut seen = HashSet::new();
    changes.retain(|c: &Change| seen.insert((c.kind, c.what.clone(), c.old, c.new, c.before.clone(), c.after.clone())));
    changes
}

fn siblings(new: &[Item], old: &[Item], way: &mut Way, changes: &mut Vec<Change>) {
    let partners = pair(new, old);
    for (item, partner) in new.iter().zip(&partners).take_while(|_| !deadline::is_over()) {
        match partner.and_then(|n| old.get(n)) {
            Some(before) => both(item, before, way, changes),
            None => changes.push(one(item, Kind::Added, way)),
        }
    }
    let met: HashSet<usize> = partners.into_iter().flatten().collect();
    for (_, item) in old.iter().enumerate().filter(|(n, _)| !met.contains(n)) {
        changes.push(one(item, Kind::Removed, way));
    }
}

/// The index of the old item that each new one takes the place of: the same key, else one of its other keys.
fn pair(new: &[Item], old: &[Item]) -> Vec<Option<usize>> {
    let mut free: HashMap<&str, usize> = HashMap::new();
    for (n, item) in old.iter().enumerate() {
        free.entry(&item.key).or_insert(n);
    }
    let mut taken = HashSet::new();
    let mut partners: Vec<Option<usize>> = new.iter().map(|item| free.get(item.key.as_str()).copied()).collect();
    for partner in &mut partners {
        *partner = partner.filter(|n| taken.insert(*n));
    }
    let mut others: HashMap<&str, usize> = HashMap::new();
    for (n, item) in old.iter().enumerate().filter(|(n, _)| !taken.contains(n)) {
        for key in item.also.iter().chain([&item.key]) {
            others.entry(key).or_insert(n);
        }
    }
    for (item, partner) in new.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
        let other = item.also.iter().chain([&item.key]).find_map(|key| others.get(key.as_str()).copied());
        *partner = other.filter(|n| taken.insert(*n));
    }
    partners
}

fn both(new: &Item, old: &Item, way: &mut Way, changes: &mut Vec<Change>) {
    let (now, then) = (facets(new), facets(old));
    for facet in &new.facets {
        match then.get(facet.name.as_str()) {
            Some(before) if before.value == facet.value => {}
            before => changes.push(said(new, (Some(facet), new), (before.copied(), old), way)),
        }
    }
    for before in old.facets.iter().filter(|before| !now.contains_key(before.name.as_str())) {
        changes.push(said(new, (None, new), (Some(before), old), way));
    }
    let depth = way.names.len();
    way.names.extend(Some(new.name.clone()).filter(|name| !name.is_empty()));
    let before = way.around.replace((new.span, old.span));
    siblings(&new.children, &old.children, way, changes);
    way.around = before;
    way.names.truncate(depth);
}

/// What is said of an item, by name; of two with one name the first.
fn facets(item: &Item) -> HashMap<&str, &Facet> {
    item.facets.iter().rev().map(|facet| (facet.name.as_str(), facet)).collect()
}

/// Something else is said of an item.
fn said(item: &Item, new: (Option<&Facet>, &Item), old: (Option<&Facet>, &Item), way: &Way) -> Change {
    let facet = new.0.or(old.0);
    let name = facet.map_or("", |facet| facet.name.as_str());
    let place = |(facet, item): (Option<&Facet>, &Item)| Some(facet.map_or(item.span, |facet| facet.span));
    Change {
        kind: Kind::Changed,
        path: way.names.clone(),
        what: match (item.what, item.name.as_str()) {
            (_, "") => name.to_owned(),
            ("part", item) => format!("{name} of {item}"),
            (what, item) => format!("{name} of {what} {item}"),
        },
        before: old.0.map(|facet| short(&facet.value)),
        after: new.0.map(|facet| short(&facet.value)),
        old: place(old),
        new: place(new),
        around: Some((new.1.span, old.1.span)),
        shared: false,
        metadata: facet.is_some_and(|facet| facet.metadata),
        effects: Vec::new(),
    }
}

fn one(item: &Item, kind: Kind, way: &Way) -> Change {
    let summary = Some(short(&item.summary)).filter(|summary| !summary.is_empty());
    let (added, removed) = (kind == Kind::Added, kind == Kind::Removed);
    Change {
        kind,
        path: way.names.clone(),
        what: format!("{} {}", item.what, item.name).trim_end().to_owned(),
        before: summary.clone().filter(|_| removed),
        after: summary.filter(|_| added),
        old: removed.then_some(item.span),
        new: added.then_some(item.span),
        around: way.around,
        shared: item.shared,
        metadata: false,
        effects: Vec::new(),
    }
}

fn short(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((at, _)) => format!("{}…", value.get(..at).unwrap_or(value)),
        None => value.to_owned(),
    }
}
