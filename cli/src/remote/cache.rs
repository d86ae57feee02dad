//! Remote documents by their hash, in the user's cache. What is there was verified; what is not readable is not there.

use std::env;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

fn folder() -> Option<PathBuf> {
    let var = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = var("EVENTPACT_CACHE")
        .or_else(|| var("XDG_CACHE_HOME").map(|folder| folder.join("eventpact")))
        .or_else(|| var("LOCALAPPDATA").map(|folder| folder.join("eventpact")))
        .or_else(|| var("HOME").map(|folder| folder.join(".cache/eventpact")))?;
    Some(root.join("documents"))
}

/// The file of a hash, when it is one: nothing else may become part of a path.
fn file(sha256: &str) -> Option<PathBuf> {
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_hash.then(folder)?.map(|folder| folder.join(sha256))
}

/// The content with that hash.
pub(super) fn get(sha256: &str) -> Option<String> {
    let text = fs::read_to_string(file(sha256)?).ok()?;
    (super::hex(&Sha256::digest(text.as_bytes())) == sha256).then_some(text)
}

/// Keeps a content. A cache that cannot be written is only slower.
pub(super) fn put(sha256: &str, text: &str) {
    let Some(path) = file(sha256) else { return };
    let Some(folder) = path.parent() else { return };
    let part = path.with_extension(format!("part-{}", std::process::id()));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&part, text)).and_then(|()| fs::rename(&part, &path));
    if written.is_err() {
        fs::remove_file(&part).ok();
    }
}
