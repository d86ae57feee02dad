//! `eventpact.lock`: which content each remote document had.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The name of the file.
pub(super) const NAME: &str = "eventpact.lock";
const VERSION: u32 = 1;
const MAX_BYTES: u64 = 4 << 20;
const HEAD: &str = "# Remote documents that specs refer to, as they were when `--update-lock` fetched them. Commit this file.\n";

/// What a document was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sha256: String,
    pub(super) size: usize,
}

/// The file.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    exists: bool,
    documents: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    document: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    url: String,
    sha256: String,
    size: usize,
}

impl Lock {
    /// Reads the file; without one nothing is locked.
    pub(super) fn read(path: PathBuf) -> Result<Self> {
        let shown = path.display().to_string();
        let text = match fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
            Ok(found) if found.len() > MAX_BYTES => bail!("{shown} has {} bytes (the limit is {MAX_BYTES})", found.len()),
            Ok(_) => Some(fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?),
        };
        let Some(text) = text else { return Ok(Self { path, exists: false, documents: BTreeMap::new() }) };
        let file: File = toml::from_str(&text).with_context(|| format!("{shown} is damaged; `--update-lock` needs it gone"))?;
        if file.version != VERSION {
            bail!("{shown} has version {}, and this program knows {VERSION}", file.version);
        }
        let documents = file.document.into_iter().map(|row| (row.url, Entry { sha256: row.sha256, size: row.size })).collect();
        Ok(Self { path, exists: true, documents })
    }

    /// `true` when there is a file.
    pub(super) fn exists(&self) -> bool {
        self.exists
    }

    /// What is known of a document.
    pub(super) fn get(&self, url: &str) -> Option<&Entry> {
        self.documents.get(url)
    }

    /// Takes a document in and writes the file, with what others wrote meanwhile.
    pub(super) fn add(&mut self, url: &str, entry: Entry) -> Result<(), String> {
        let mut now = Self::read(self.path.clone()).map_err(|e| format!("{e:#}"))?;
        now.exists = true;
        now.documents.insert(url.to_owned(), entry);
        let part = now.path.with_extension(format!("lock-{}", std::process::id()));
        let written = fs::write(&part, now.text()).and_then(|()| fs::rename(&part, &now.path));
        if let Err(error) = written {
            fs::remove_file(&part).ok();
            return Err(format!("{} cannot be written: {error}", now.path.display()));
        }
        *self = now;
        Ok(())
    }

    fn text(&self) -> String {
        let mut out = format!("{HEAD}version = {VERSION}\n");
        for (url, entry) in &self.documents {
            // An address has only characters that TOML and JSON write the same.
            let url = serde_json::Value::from(url.as_str());
            let _ = write!(out, "\n[[document]]\nurl = {url}\nsha256 = \"{}\"\nsize = {}\n", entry.sha256, entry.size);
        }
        out
    }
}
