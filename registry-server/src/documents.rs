//! AsyncAPI documents in memory: names, versions, texts. Part of the state, which shares it with the one before.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use sha2::{Digest as _, Sha256};

/// A version of a document. Immutable, but for being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// As it was sent.
    pub(crate) text: Arc<str>,
    pub(crate) deleted: bool,
    /// Milliseconds since 1970 of the last change.
    pub(crate) ts: i64,
}

impl Document {
    /// SHA-256 of the text, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        crate::audit::hex(&Sha256::digest(self.text.as_bytes()).into())
    }
}

/// The versions of a name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions {
    versions: RedBlackTreeMapSync<i32, Document>,
    /// Changes with every change of the document.
    pub(crate) revision: u64,
}

impl Versions {
    /// All of them, oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (i32, &Document)> {
        self.versions.iter().map(|(number, document)| (*number, document))
    }

    /// Those that are not deleted, oldest first.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = (i32, &Document)> {
        self.all().filter(|(_, document)| !document.deleted)
    }

    pub(crate) fn get(&self, number: i32) -> Option<&Document> {
        self.versions.get(&number)
    }

    /// The number after the last one that there ever was.
    pub(crate) fn next(&self) -> i32 {
        self.versions.last().map_or(1, |(number, _)| number.saturating_add(1))
    }
}

/// All documents, by full name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents {
    names: RedBlackTreeMapSync<Arc<str>, Versions>,
}

impl Documents {
    pub(crate) fn get(&self, name: &str) -> Option<&Versions> {
        self.names.get(name)
    }

    /// By name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Versions)> {
        self.names.iter()
    }

    pub(crate) fn put(&mut self, name: &Arc<str>, number: i32, document: &Document, revision: u64) {
        let mut changed = self.names.get(name).cloned().unwrap_or_default();
        changed.versions.insert_mut(number, document.clone());
        changed.revision = revision;
        self.names.insert_mut(Arc::clone(name), changed);
    }

    pub(crate) fn remove(&mut self, name: &Arc<str>, number: i32, revision: u64) {
        let Some(mut changed) = self.names.get(name).cloned() else { return };
        changed.versions.remove_mut(&number);
        changed.revision = revision;
        if changed.versions.is_empty() {
            self.names.remove_mut(name);
        } else {
            self.names.insert_mut(Arc::clone(name), changed);
        }
    }
}
