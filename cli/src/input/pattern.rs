//! Patterns such as `specs/**/*.yaml`, the same on every shell.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use glob::{MatchOptions, Pattern};

use super::files::{Files, canonical, slashes, walk};
use super::{Entry, Tree, is_pattern, limit};

/// A `*` stays within a folder; `**` goes through all.
pub(super) const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// The pattern that a text is.
pub(super) fn compile(text: &str) -> Result<Pattern> {
    Pattern::new(text).map_err(|e| anyhow!("`{text}` is no pattern: {}", e.msg))
}

/// The folder in front of the first part that is a pattern.
pub(super) fn fixed(text: &str) -> String {
    text.split('/').take_while(|part| !is_pattern(part)).collect::<Vec<_>>().join("/")
}

/// Every file that a pattern matches. The walk starts behind the last part that is no pattern, and follows no links to folders.
/// The names of the files start there too: `old/*.avsc` and `new/*.avsc` are pairs.
pub(super) fn open(input: &str) -> Result<Tree> {
    let pattern = compile(input)?;
    let mut parts = Path::new(input).components();
    let mut fixed = PathBuf::new();
    for part in parts.by_ref() {
        if is_pattern(&part.as_os_str().to_string_lossy()) {
            break;
        }
        fixed.push(part);
    }
    let start = if fixed.as_os_str().is_empty() { Path::new(".") } else { fixed.as_path() };
    let folder = canonical(start).map_err(|e| anyhow!("cannot read {}: {e}", start.display()))?;
    let climbs = Path::new(input).components().skip(fixed.components().count()).any(|c| c == Component::ParentDir);
    if climbs {
        bail!("`{input}` has `..` behind a pattern; write it in front");
    }
    let files = Files::for_folder(start)?;
    let mut entries = Vec::new();
    let mut seen = 0;
    walk(&folder, &files, &mut |path: &Path| {
        let Ok(below) = path.strip_prefix(&folder) else { return Ok(()) };
        seen += 1;
        limit(seen, input)?;
        let written = fixed.join(below);
        if pattern.matches_path_with(&written, OPTIONS)
            && let (Some(path), Some(name)) = (files.path_of(path), slashes(below))
        {
            entries.push(Entry { path, name });
        }
        Ok(())
    })?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    if entries.is_empty() {
        bail!("no file matches `{input}`");
    }
    let label = input.to_owned();
    Ok(Tree { reader: Box::new(files), entries, label, single: false, registered: BTreeMap::new() })
}
