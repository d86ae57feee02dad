//! Every rule there is, whichever room it lives in: those on documents, those of compatibility, and what the commands themselves
//! find.

use std::sync::OnceLock;

use eventpact_compat::protobuf::buf;
use eventpact_compat::rule::{self as compat, RuleInfo};
use eventpact_contract::diagnostic::{RulePage, Severity};
use eventpact_contract::rule::{self as documents, Rule};
use glob::Pattern;

/// What the commands find.
const OWN: &str = include_str!("catalogue/pages.md");

/// One rule.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    /// A rule on one document.
    Document(Rule),
    /// A rule on two versions.
    Compat(RuleInfo),
    /// What a command finds by itself.
    Own(Rule),
}

impl Entry {
    /// The id.
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Self::Document(rule) | Self::Own(rule) => rule.id,
            Self::Compat(rule) => rule.id,
        }
    }

    /// One line.
    pub(crate) fn summary(&self) -> &'static str {
        match self {
            Self::Document(rule) | Self::Own(rule) => rule.summary,
            Self::Compat(rule) => rule.summary,
        }
    }

    /// What kind of rule it is, in a word: the layer of a document's rule, or what a break of compatibility breaks.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Document(rule) => rule.layer.as_str(),
            Self::Compat(rule) => rule.breaks.as_str(),
            Self::Own(_) => "command",
        }
    }

    /// The categories of buf that hold it; none for rules that are not buf's.
    pub(crate) fn categories(&self) -> Vec<&'static str> {
        buf::categories(self.id()).iter().map(|category| category.as_str()).collect()
    }

    /// How bad it is by default; the worst, where that depends on the finding.
    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::Document(rule) | Self::Own(rule) => rule.severity,
            Self::Compat(rule) => rule.severity(),
        }
    }

    /// The page: what it finds, why that matters, what to do instead.
    pub(crate) fn page(&self) -> String {
        match self {
            Self::Document(rule) | Self::Own(rule) => rule.page(),
            Self::Compat(rule) => rule.page(),
        }
    }
}

/// All of them, sorted by id.
pub(crate) fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<Entry> = documents::all().into_iter().map(Entry::Document).collect();
        all.extend(compat::all().into_iter().map(Entry::Compat));
        all.extend(documents::read_pages(OWN).map(Entry::Own));
        all.sort_by_key(Entry::id);
        all
    })
}

/// The rule of an id.
pub(crate) fn find(id: &str) -> Option<&'static Entry> {
    let all = all();
    all.binary_search_by(|entry| entry.id().cmp(id)).ok().and_then(|n| all.get(n))
}

/// `true` for the ids that have a page.
pub(crate) fn has_page(id: &str) -> bool {
    find(id).is_some()
}

/// The page of an id, for reports.
pub(crate) fn page(id: &str) -> Option<RulePage> {
    let entry = find(id)?;
    Some(RulePage { summary: entry.summary().to_owned(), page: entry.page(), severity: Some(entry.severity()) })
}

/// The rules that a pattern such as `avro/*` matches.
pub(crate) fn matching(pattern: &Pattern) -> impl Iterator<Item = &'static Entry> {
    all().iter().filter(|entry| pattern.matches(entry.id()))
}

/// A few ids that were perhaps meant by one that is not known: the nearest first.
pub(crate) fn similar(wanted: &str) -> Vec<&'static str> {
    let tail = wanted.rsplit('/').next().unwrap_or(wanted);
    let far = |id: &str| {
        if id.eq_ignore_ascii_case(wanted) || (!tail.is_empty() && id.contains(tail)) { 0 } else { distance(id, wanted) }
    };
    let mut near: Vec<(usize, &'static str)> = all().iter().map(|entry| (far(entry.id()), entry.id())).collect();
    near.retain(|(far, _)| *far <= 3.max(wanted.chars().count() / 5));
    near.sort_unstable();
    near.into_iter().map(|(_, id)| id).take(3).collect()
}

/// How many characters must be added, taken away or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, x) in a.chars().enumerate() {
        let mut before = n;
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
        for (m, y) in b.iter().enumerate() {
            let (above, left) = (row.get(m + 1).copied().unwrap_or(0), row.get(m).copied().unwrap_or(0));
            let cost = (before + usize::from(x != *y)).min(above + 1).min(left + 1);
            before = above;
            if let Some(slot) = row.get_mut(m + 1) {
                *slot = cost;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_own_pages_are_read() {
        let ids: Vec<&str> = all().iter().map(Entry::id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        let own = all().iter().filter(|entry| matches!(entry, Entry::Own(_))).count();
        assert_eq!(own, OWN.matches("\n## ").count());
    }

    #[test]
    fn near_ids_are_found() {
        assert_eq!(similar("yaml/duplicate-kye"), ["yaml/duplicate-key"]);
        assert!(similar("field-without-default").contains(&"avro/field-without-default"));
        assert!(similar("nothing-like-any-of-them-at-all").is_empty());
    }
}
