//! What lies round a tree: more folders to find imports and named types in.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use eventpact_contract::source::Reader;

use super::files::Files;
use super::{ReadArgs, Tree};

/// Adds the folders that the arguments name.
pub(super) fn add(mut tree: Tree, read: &ReadArgs) -> Result<Tree> {
    if read.include.is_empty() {
        return Ok(tree);
    }
    let open = |folder: &PathBuf| Files::below(folder).with_context(|| format!("cannot read --include {}", folder.display()));
    let include: Result<Vec<Files>> = read.include.iter().map(open).collect();
    tree.reader = Box::new(Layers { inner: tree.reader, include: include? });
    Ok(tree)
}

struct Layers {
    inner: Box<dyn Reader>,
    include: Vec<Files>,
}

impl Layers {
    /// The folder that has a file which the tree itself has not.
    fn elsewhere(&self, path: &str) -> Option<&Files> {
        self.include.iter().find(|folder| folder.has(path))
    }
}

impl Reader for Layers {
    fn read(&self, path: &str) -> Result<String, String> {
        self.inner.read(path).or_else(|why| match self.elsewhere(path) {
            Some(folder) => folder.read(path),
            None => Err(why),
        })
    }

    fn display_name(&self, path: &str) -> String {
        match self.elsewhere(path) {
            Some(folder) if self.inner.read(path).is_err() => folder.display_name(path),
            _ => self.inner.display_name(path),
        }
    }
}
