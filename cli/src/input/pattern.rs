//! Patterns such as `specs/**/*.yaml`, the same on every shell.

use std::path::{Component, Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use glob::{MatchOptions, Pattern};

use super::files::{Files, canonical, walk};
use super::{Entry, Tree, is_pattern, limit};

/// Every file that a pattern matches. The walk starts behind the last part that is no pattern, and follows no links to folders.
pub(super) fn open(input: &str) -> Result<Tree> {
    let pattern = Pattern::new(input).map_err(|e| anyhow!("`{input}` is no pattern: {}", e.msg))?;
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
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let files = Files::for_folder(start)?;
    let mut entries = Vec::new();
    let mut seen = 0;
    walk(&folder, &files, &mut |path: &Path| {
        let Ok(below) = path.strip_prefix(&folder) else { return Ok(()) };
        seen += 1;
        limit(seen, input)?;
        let written = fixed.join(below);
        if pattern.matches_path_with(&written, options) {
            entries.extend(files.path_of(path).map(|path| Entry { name: path.clone(), path }));
        }
        Ok(())
    })?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    if entries.is_empty() {
        bail!("no file matches `{input}`");
    }
    Ok(Tree { reader: Box::new(files), entries, label: input.to_owned(), single: false })
}
