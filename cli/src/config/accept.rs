//! `[[accept]]`: the findings that a team lives with, and why.

use std::collections::HashMap;

use eventpact_contract::diagnostic::{Acceptance, Diagnostic, fingerprints};
use eventpact_contract::source::{Sources, Span};

use super::{Config, Date, is_fixed};

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) fingerprint: String,
    pub(crate) reason: String,
    /// The last day on which it holds.
    pub(crate) expires: Option<Date>,
    /// The file of the finding, seen from the folder of the configuration.
    pub(crate) file: Option<String>,
    /// Where it stands.
    pub(crate) at: Span,
}

impl Accepted {
    /// `true` while the acceptance holds.
    pub(crate) fn holds(&self, today: Date) -> bool {
        self.expires.is_none_or(|last| today <= last)
    }
}

impl Config {
    /// Marks the findings that are accepted on a day; the findings must be sorted. One whose acceptance has expired counts, and
    /// says so. Gives a warning for each entry that meets no finding of what was looked at.
    pub(crate) fn accept(&self, findings: &mut [Diagnostic], sources: &Sources, today: Date) -> Vec<Diagnostic> {
        if self.accepted.is_empty() {
            return Vec::new();
        }
        let mut entries: HashMap<&str, usize> = HashMap::new();
        for (n, entry) in self.accepted.iter().enumerate() {
            entries.entry(&entry.fingerprint).or_insert(n);
        }
        let mut met = vec![false; self.accepted.len()];
        for (found, fingerprint) in fingerprints(findings).into_iter().enumerate() {
            let Some((n, found)) = entries.get(fingerprint.as_str()).zip(findings.get_mut(found)) else { continue };
            let Some(entry) = self.accepted.get(*n).filter(|_| !is_fixed(&found.id)) else { continue };
            if let Some(met) = met.get_mut(*n) {
                *met = true;
            }
            let expires = entry.expires.map(|day| day.to_string());
            if entry.holds(today) {
                found.accepted = Some(Acceptance { reason: entry.reason.clone(), expires });
            } else {
                let words = format!("accepted until {}, which is over: {}", expires.unwrap_or_default(), entry.reason);
                *found = found.clone().with_related(entry.at, words);
            }
        }
        let silent = self.accepted.iter().zip(met).filter(|(_, met)| !met).map(|(entry, _)| entry);
        silent.filter_map(|entry| self.stale(entry, entries.get(entry.fingerprint.as_str()).copied(), sources)).collect()
    }

    /// A warning for an entry that does nothing; `None` when its file was not looked at.
    fn stale(&self, entry: &Accepted, first: Option<usize>, sources: &Sources) -> Option<Diagnostic> {
        let repeats = first.and_then(|n| self.accepted.get(n)).filter(|first| first.at != entry.at);
        let help = "remove this [[accept]]";
        if let Some(first) = repeats {
            let message = format!("the finding {} is accepted twice, and the first entry counts", entry.fingerprint);
            let found = Diagnostic::warning("config/acceptance-stale", entry.at, message).with_help(help);
            return Some(found.with_related(first.at, "this one counts"));
        }
        if let Some(file) = &entry.file {
            let looked_at = || sources.iter().any(|(_, known)| self.below(known.name()).as_deref() == Some(file));
            if self.folder.join(file).is_file() && !looked_at() {
                return None;
            }
        }
        let message = format!("there is no finding {} any more, so this entry does nothing", entry.fingerprint);
        Some(Diagnostic::warning("config/acceptance-stale", entry.at, message).with_help(help))
    }
}
