//! References to documents on other hosts. Nothing is fetched unless the user allows the host by name, on the command line: a
//! file in the repository cannot, since a pull request could change it.
//!
//! `eventpact.lock`, beside the configuration or else beside the document, says which content each address had; another
//! content is an error. What is locked is kept in the user's cache by its hash, and then read without the network.
//!
//! Limits: 4 MiB and ten seconds for a document; 16 MiB, 64 documents and thirty seconds for an input; five redirects, to
//! allowed hosts only and never from https to http. A name must not lead to this machine or a link-local address (where clouds
//! keep their secrets), unless it was allowed as `localhost` or as that address. Private networks are reachable by name: who
//! allows `schemas.corp.example` wants that. Proxies of the environment are not used, and no credentials are sent.

mod address;
mod cache;
mod fetch;
mod lock;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use address::Host;
use lock::{Entry, Lock};

/// The options for references to other hosts.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RemoteArgs {
    /// Fetch references to this host: example.org, or example.org:8443 for another port; may be repeated.
    #[arg(long, value_name = "HOST", value_parser = Host::parse)]
    allow_ref_host: Vec<Host>,
    /// Fetch all remote documents anew and write what they are to eventpact.lock.
    #[arg(long, requires = "allow_ref_host")]
    update_lock: bool,
}

/// The most documents and bytes for one input, and the longest time.
const MAX_DOCUMENTS: usize = 64;
const MAX_BYTES: usize = 16 << 20;
const MAX_TIME: Duration = Duration::from_secs(30);

/// Gives the texts of remote documents to one tree.
pub(crate) struct Remote {
    allowed: Vec<Host>,
    update: bool,
    lock: RefCell<Lock>,
    known: RefCell<HashMap<String, Result<String, String>>>,
    fetched: Cell<(usize, usize)>,
    started: Cell<Option<Instant>>,
}

impl Remote {
    /// For an input, when a host is allowed.
    pub(crate) fn open(args: &RemoteArgs, input: &str) -> Result<Option<Self>> {
        if args.allow_ref_host.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            allowed: args.allow_ref_host.clone(),
            update: args.update_lock,
            lock: RefCell::new(Lock::read(folder(input).join(lock::NAME))?),
            known: RefCell::default(),
            fetched: Cell::default(),
            started: Cell::default(),
        }))
    }

    /// The text behind an address, or in plain words why there is none.
    pub(crate) fn read(&self, url: &str) -> Result<String, String> {
        if let Some(known) = self.known.borrow().get(url) {
            return known.clone();
        }
        let text = self.find(url);
        self.known.borrow_mut().insert(url.to_owned(), text.clone());
        text
    }

    fn find(&self, url: &str) -> Result<String, String> {
        let uri = address::parse(url)?;
        address::permitted(&uri, &self.allowed)?;
        let locked = if self.update { None } else { self.lock.borrow().get(url).cloned() };
        match &locked {
            Some(entry) => {
                if let Some(text) = cache::get(&entry.sha256) {
                    return Ok(text);
                }
            }
            None if !self.update && self.lock.borrow().exists() => {
                return Err(format!("{} does not have it; `--update-lock` adds it", lock::NAME));
            }
            None => {}
        }
        let bytes = self.fetch(&uri)?;
        let found = Entry { sha256: hex(&Sha256::digest(&bytes)), size: bytes.len() };
        if let Some(entry) = locked.filter(|entry| entry.sha256 != found.sha256) {
            return Err(format!(
                "it changed: {} has sha256 {} ({} bytes), the host gives {} ({} bytes); look at the change, then `--update-lock` \
                 takes it",
                lock::NAME,
                entry.sha256,
                entry.size,
                found.sha256,
                found.size
            ));
        }
        let text = String::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 (at byte {})", e.utf8_error().valid_up_to()))?;
        cache::put(&found.sha256, &text);
        if self.update {
            self.lock.borrow_mut().add(url, found)?;
        } else if !self.lock.borrow().exists() {
            warn_unlocked();
        }
        Ok(text)
    }

    /// Within the limits of the input.
    fn fetch(&self, uri: &ureq::http::Uri) -> Result<Vec<u8>, String> {
        let (documents, bytes) = self.fetched.get();
        if documents >= MAX_DOCUMENTS || bytes >= MAX_BYTES {
            return Err(format!("more than {MAX_DOCUMENTS} remote documents or {MAX_BYTES} bytes are referred to"));
        }
        let started = self.started.get().unwrap_or_else(Instant::now);
        self.started.set(Some(started));
        let left = MAX_TIME.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(format!("fetching remote documents takes longer than {} seconds", MAX_TIME.as_secs()));
        }
        self.fetched.set((documents + 1, bytes));
        let found = fetch::get(uri, &self.allowed, left)?;
        self.fetched.set((documents + 1, bytes + found.len()));
        Ok(found)
    }
}

/// Where the lock file of an input lies: beside its configuration, else beside the document.
fn folder(input: &str) -> PathBuf {
    if let Some(config) = crate::config::find(input) {
        return config.parent().map(Path::to_path_buf).unwrap_or_default();
    }
    if input == "-" || input.starts_with("git:") {
        return PathBuf::new();
    }
    let path = crate::input::fixed_part(input);
    if path.is_dir() { path } else { path.parent().map(Path::to_path_buf).unwrap_or_default() }
}

/// Once is enough.
fn warn_unlocked() {
    static SAID: Once = Once::new();
    SAID.call_once(|| complain!("warning: remote documents are not locked; `--update-lock` writes {}", lock::NAME));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
