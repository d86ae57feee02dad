//! What lies round a tree: more folders to find imports and named types in, and documents on other hosts.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use eventpact_contract::source::Reader;

use super::files::Files;
use super::git::Below;
use super::{ReadArgs, Tree};
#[cfg(feature = "remote")]
use crate::remote::Remote;

/// Adds the folders and the hosts that the arguments name.
pub(super) fn add(mut tree: Tree, read: &ReadArgs) -> Result<Tree> {
    let open = |(folder, by): (&PathBuf, String)| match Below::open(&tree.label, folder) {
        Some(below) => Ok(Folder::Earlier(below)),
        // What the repository does not hold at that reference may be here all the same: it need not be committed.
        None => Files::below(folder).map(Folder::Here).with_context(|| format!("{by}: cannot read {}", folder.display())),
    };
    let include: Result<Vec<Folder>> = read.folders().map(open).collect();
    let include = include?;
    #[cfg(feature = "remote")]
    {
        let remote = Remote::open(&read.remote, &tree.label)?;
        if remote.is_some() || !include.is_empty() {
            tree.reader = Box::new(Layers { inner: tree.reader, include, remote });
        }
    }
    #[cfg(not(feature = "remote"))]
    if !include.is_empty() {
        tree.reader = Box::new(Layers { inner: tree.reader, include });
    }
    Ok(tree)
}

/// One more folder to look in.
enum Folder {
    Here(Files),
    Earlier(Below),
}

impl Folder {
    fn has(&self, path: &str) -> bool {
        match self {
            Self::Here(files) => files.has(path),
            Self::Earlier(below) => below.has(path),
        }
    }

    fn reader(&self) -> &dyn Reader {
        match self {
            Self::Here(files) => files,
            Self::Earlier(below) => below,
        }
    }
}

struct Layers {
    inner: Box<dyn Reader>,
    include: Vec<Folder>,
    #[cfg(feature = "remote")]
    remote: Option<Remote>,
}

impl Layers {
    /// The folder that has a file which the tree itself has not.
    fn elsewhere(&self, path: &str) -> Option<&dyn Reader> {
        self.include.iter().find(|folder| folder.has(path)).map(Folder::reader)
    }
}

impl Reader for Layers {
    fn read(&self, path: &str) -> Result<String, String> {
        self.inner.read(path).or_else(|why| match self.elsewhere(path) {
            Some(folder) => folder.read(path),
            None => Err(why),
        })
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        self.inner.read_bytes(path).or_else(|why| match self.elsewhere(path) {
            Some(folder) => folder.read_bytes(path),
            None => Err(why),
        })
    }

    #[cfg(feature = "remote")]
    fn remote(&self, url: &str) -> Result<String, String> {
        match &self.remote {
            Some(remote) => remote.read(url),
            None => self.inner.remote(url),
        }
    }

    fn display_name(&self, path: &str) -> String {
        match self.elsewhere(path) {
            Some(folder) if self.inner.read(path).is_err() => folder.display_name(path),
            _ => self.inner.display_name(path),
        }
    }
}
