//! Many findings with one cause, told as one: a folder that went away with all its files, a document with all its channels.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Diagnostic, Severity};

/// Fewer findings than this are told one by one.
const MANY: usize = 10;
/// So many names are in the message.
const NAMES: usize = 3;

/// The findings of one rule that have one cause.
pub(super) struct Group<'d> {
    /// The one that stands for all.
    pub(super) first: &'d Diagnostic,
    /// What went away, sorted.
    pub(super) names: Vec<&'d str>,
}

impl Group<'_> {
    /// One sentence for all.
    pub(super) fn message(&self) -> String {
        let with = self.first.gone.as_ref().map(|gone| gone.with.as_str()).unwrap_or_default();
        let place = if with.is_empty() { String::new() } else { format!(" in {with}") };
        let some = self.names.get(..NAMES).unwrap_or(&self.names).join(", ");
        let more = self.names.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{place} are gone: {some}{more} (each of them: --format json)", self.names.len())
    }
}

/// The groups that are large enough to be told as one, in the order of their first findings.
pub(super) fn groups(diagnostics: &[Diagnostic]) -> Vec<Group<'_>> {
    let mut places = HashMap::new();
    let mut found: Vec<Group<'_>> = Vec::new();
    for diagnostic in diagnostics {
        let (Some(key), Some(gone)) = (key(diagnostic), &diagnostic.gone) else { continue };
        let place = *places.entry(key).or_insert(found.len());
        if place == found.len() {
            found.push(Group { first: diagnostic, names: Vec::new() });
        }
        if let Some(group) = found.get_mut(place) {
            group.names.push(&gone.name);
        }
    }
    found.retain(|group| group.names.len() >= MANY);
    for group in &mut found {
        group.names.sort_unstable();
    }
    found
}

/// The findings as reports for people have them: one for each group that is large enough, at the place of its first.
pub fn grouped(diagnostics: &[Diagnostic]) -> Cow<'_, [Diagnostic]> {
    let groups = groups(diagnostics);
    if groups.is_empty() {
        return Cow::Borrowed(diagnostics);
    }
    let by_key: HashMap<_, &Group<'_>> = groups.iter().filter_map(|group| Some((key(group.first)?, group))).collect();
    let told = diagnostics.iter().filter_map(|found| match key(found).and_then(|key| by_key.get(&key)) {
        Some(group) if std::ptr::eq(group.first, found) => {
            let mut all = found.clone();
            all.message = group.message();
            all.affects.clear();
            Some(all)
        }
        Some(_) => None,
        None => Some(found.clone()),
    });
    Cow::Owned(told.collect())
}

/// What the findings of a group have in common.
fn key(found: &Diagnostic) -> Option<(&str, Severity, bool, &str)> {
    found.gone.as_ref().map(|gone| (found.id.as_str(), found.severity, found.accepted.is_some(), gone.with.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::Gone;
    use super::*;
    use crate::source::{Sources, Span};

    #[test]
    fn many_findings_with_one_cause_are_told_as_one() {
        let mut sources = Sources::new();
        let mut found = Vec::new();
        for n in 0..30 {
            let file = sources.add(format!("v{}/{n}.proto", n % 2), "");
            let mut one = Diagnostic::error("x/gone", Span::start_of(file), "gone");
            let with = format!("v{}", n % 2);
            one.gone = (n != 7).then(|| Gone { name: format!("{n:02}.proto"), with });
            found.push(one);
        }
        found.push(Diagnostic { severity: Severity::Warning, ..found[0].clone() });
        let told = grouped(&found);
        let messages: Vec<&str> = told.iter().map(|d| d.message.as_str()).collect();
        let want = "15 in v0 are gone: 00.proto, 02.proto, 04.proto and 12 more (each of them: --format json)";
        assert_eq!(messages[0], want);
        assert!(messages[1].starts_with("14 in v1 are gone: 01.proto,"));
        assert_eq!(messages[2..], ["gone", "gone"]);
    }
}
