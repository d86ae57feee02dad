//! All tags that a pattern matches, in the order of their versions.

use std::cmp::Ordering;
use std::sync::Arc;

use anyhow::{Result, bail};
use semver::Version;

use super::{Batch, Commit, below_root, git};
use crate::input::{Tree, pattern};

/// More tags than this are no history that anybody still has messages of.
const MAX_TAGS: usize = 1000;

/// The trees of the tags, oldest version first; tags that have nothing at the path are left out. Without `all` only the latest.
pub(in crate::input) fn open(label: &str, rest: &str, default_path: Option<&str>, all: bool) -> Result<Vec<Tree>> {
    let (wanted, path) = rest.split_once(':').map_or((rest, default_path), |(tags, path)| (tags, Some(path)));
    if wanted.is_empty() {
        bail!("`{label}` names no tags; write git-tags:PATTERN or git-tags:PATTERN:PATH, for example 'git-tags:v[0-9]*:specs'");
    }
    let matching = pattern::compile(wanted)?;
    let path = below_root(path.unwrap_or("."))?;
    let listed = git(&["for-each-ref", "--format=%(refname:strip=2) %(objectname) %(*objectname)", "refs/tags"])?;
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for line in listed.lines() {
        let mut words = line.split(' ');
        if let (Some(name), Some(object)) = (words.next(), words.next())
            && matching.matches(name)
        {
            // An annotated tag is an object of its own, which names the commit.
            tags.push((name, words.next().filter(|peeled| !peeled.is_empty()).unwrap_or(object)));
        }
    }
    if tags.is_empty() {
        bail!("no tag matches `{wanted}`; if they are on a remote, fetch them first (git fetch --tags)");
    }
    if tags.len() > MAX_TAGS {
        bail!("{} tags match `{wanted}` (the limit is {MAX_TAGS}); write a narrower pattern", tags.len());
    }
    tags.sort_by(|(a, _), (b, _)| by_version(a, b));
    let batch = Arc::new(Batch::default());
    let mut trees = Vec::new();
    for (name, id) in tags.iter().rev() {
        let commit = Commit { batch: Arc::clone(&batch), id: (*id).to_owned(), shown: (*name).to_owned() };
        trees.extend(commit.tree(&format!("git:{name}"), &path)?);
        if !all && !trees.is_empty() {
            break;
        }
    }
    if trees.is_empty() {
        bail!("none of the {} tags that match `{wanted}` has `{path}`", tags.len());
    }
    trees.reverse();
    Ok(trees)
}

/// By the version in the name as semver orders them, names without one first; equal versions by name, digits as numbers.
fn by_version(a: &str, b: &str) -> Ordering {
    version(a).cmp(&version(b)).then_with(|| parts(a).cmp(&parts(b))).then_with(|| a.cmp(b))
}

/// The version behind what a name starts with: `v1.2.3`, `shop/v1.2`, `release-3-rc.1`. A date with dashes is none.
fn version(name: &str) -> Option<Version> {
    let starts = name.char_indices().filter(|(at, c)| {
        let before = name.get(..*at).and_then(|front| front.chars().next_back());
        c.is_ascii_digit() && before.is_none_or(|b| !b.is_ascii_digit() && b != '.')
    });
    for text in starts.filter_map(|(at, _)| name.get(at..)) {
        let (numbers, behind) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
        let Some(missing) = 2_usize.checked_sub(numbers.matches('.').count()) else { continue };
        if missing == 2 && behind.strip_prefix('-').is_some_and(|b| b.starts_with(|c: char| c.is_ascii_digit())) {
            return None;
        }
        if let Ok(version) = Version::parse(&format!("{numbers}{}{behind}", ".0".repeat(missing))) {
            return Some(version);
        }
    }
    None
}

/// Words and numbers of a name, so that 10 comes behind 9.
fn parts(name: &str) -> Vec<(u128, &str)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        parts.push((part.parse().unwrap_or(0), part));
        rest = behind;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::by_version;

    #[test]
    fn tags_are_in_the_order_of_their_versions() {
        let mut tags =
            ["v10.0.0", "v2.0.0", "v2.0.0-rc.10", "v2.0.0-rc.2", "v1.10", "v1.9", "latest", "shop/v3", "build-9", "v2.0.0+b"];
        tags.sort_by(|a, b| by_version(a, b));
        let want =
            ["latest", "v1.9", "v1.10", "v2.0.0-rc.2", "v2.0.0-rc.10", "v2.0.0", "v2.0.0+b", "shop/v3", "build-9", "v10.0.0"];
        assert_eq!(tags, want);
        let mut dates = ["2025-10-01", "2025-9-30", "2024-12-31"];
        dates.sort_by(|a, b| by_version(a, b));
        assert_eq!(dates, ["2024-12-31", "2025-9-30", "2025-10-01"]);
    }
}
