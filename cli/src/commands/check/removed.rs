//! Documents of the latest baseline that the new version no longer has.

use std::collections::HashSet;

use anyhow::Result;
use eventpact_contract::diagnostic::{Diagnostic, Gone, Severity};
use eventpact_contract::source::{Sources, Span};

use super::documents::REMOVED;
use super::roles::{self, Role};
use crate::input::{Entry, Tree};

/// Reports what is gone; `known` are documents that have a counterpart, or that a document with one reaches. A schema on its own
/// may have moved into another file, so its end is a warning, unless the user says that every file is a document (`all`).
pub(super) fn find(
    sources: &mut Sources,
    (new, latest): (&Tree, &Tree),
    known: impl Fn(&Entry) -> bool,
    all: bool,
    problems: &mut Vec<Diagnostic>,
) -> Result<()> {
    let names: HashSet<&str> = new.entries.iter().map(|entry| entry.name.as_str()).collect();
    let folders = Folders::new(new.entries.iter().map(|entry| entry.name.as_str()));
    for entry in &latest.entries {
        if names.contains(entry.name.as_str()) || known(entry) {
            continue;
        }
        let role = roles::role(latest, entry)?;
        let severity = match role {
            Role::Part if !all => continue,
            Role::Contract => Severity::Error,
            _ if all => Severity::Error,
            _ => Severity::Warning,
        };
        let text = latest.reader.read(&entry.path).unwrap_or_default();
        let old = Span::start_of(sources.add(latest.reader.display_name(&entry.path), text));
        let message = format!("{} is gone: whoever relies on it has no contract any more", entry.name);
        let mut found = Diagnostic::new(REMOVED, severity, old, message).with_about(&entry.name);
        found.gone = Some(Gone { name: entry.name.clone(), with: folders.gone(&entry.name) });
        problems.push(found.with_help("keep the document until none of its clients is left"));
    }
    Ok(())
}

/// The folders that the new version has.
pub(super) struct Folders<'t>(HashSet<&'t str>);

impl<'t> Folders<'t> {
    /// Those of its files.
    pub(super) fn new(files: impl IntoIterator<Item = &'t str>) -> Self {
        let mut folders = HashSet::new();
        for mut path in files {
            while let Some((folder, _)) = path.rsplit_once('/') {
                if !folders.insert(folder) {
                    break;
                }
                path = folder;
            }
        }
        Self(folders)
    }

    /// The outermost folder that went away with a file, else the folder that the file was in.
    pub(super) fn gone(&self, file: &str) -> String {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let outer = folder.match_indices('/').map(|(end, _)| folder.get(..end).unwrap_or(folder)).chain([folder]);
        outer.into_iter().find(|outer| !self.0.contains(outer)).unwrap_or(folder).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Folders;

    #[test]
    fn what_went_away_is_the_outermost_folder() {
        let folders = Folders::new(["a/b/x.proto", "a/c/d/y.proto", "z.proto"]);
        assert_eq!(folders.gone("a/v1/common/x.proto"), "a/v1");
        assert_eq!(folders.gone("a/b/gone.proto"), "a/b");
        assert_eq!(folders.gone("w/gone.proto"), "w");
        assert_eq!(folders.gone("gone.proto"), "");
    }
}
