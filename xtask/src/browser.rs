//! Chromium, for the tests of the pages: from the system's packages, installed where nobody has to be asked.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::services::apt;

/// What the program is called, by system.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The program, and whatever is missing of it is installed.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    apt(&["chromium"]).ok();
    match find() {
        Some(found) => Ok(found),
        None => bail!("missing: Chromium, for the tests of the pages; on Debian: apt-get install chromium"),
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    NAMES.iter().find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}
