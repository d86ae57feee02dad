//! What a CI system expects: where the project starts, and a log in which text is no command.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::args::OF_STEP;

/// Where the working folder lies in the project.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The root of the project, absolute, with `/` at the end; empty when it is not known.
    pub(super) root: String,
    /// The way from the root to the working folder, with `/` at the end; empty when it is the root.
    pub(super) base: String,
}

impl Place {
    /// The root is what the CI system names, else the folder with `.git`, else the working folder.
    pub(super) fn find() -> Self {
        let Some(here) = env::current_dir().ok().and_then(|here| here.canonicalize().ok()) else { return Self::default() };
        let named = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].iter().filter_map(env::var_os).map(PathBuf::from);
        let named = named.filter_map(|root| root.canonicalize().ok()).find(|root| here.starts_with(root));
        let root = named.or_else(|| here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf));
        let root = root.unwrap_or_else(|| here.clone());
        let base = here.strip_prefix(&root).ok().and_then(Path::to_str).unwrap_or_default();
        let folder = |path: &str| {
            let path = path.replace('\\', "/");
            if path.is_empty() || path.ends_with('/') { path } else { path + "/" }
        };
        Self { root: folder(root.to_str().unwrap_or_default()), base: folder(base) }
    }
}

/// `true` within a step of GitHub Actions.
pub(super) fn is_github() -> bool {
    env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true")
}

/// Appends to a file, or to the summary of the step. Steps and tools share that file, so nothing in it is overwritten.
pub(super) fn append_summary(file: &Path, text: &str) -> Result<()> {
    let of_step = || env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    let named = Some(file).filter(|file| *file != Path::new(OF_STEP)).map(Path::to_path_buf);
    let Some(path) = named.or_else(of_step) else {
        complain!("warning: no summary was written: GITHUB_STEP_SUMMARY is not set, and --summary=FILE names no file");
        return Ok(());
    };
    let write = || OpenOptions::new().create(true).append(true).open(&path)?.write_all(format!("{text}\n").as_bytes());
    write().with_context(|| format!("cannot append the summary to {}", path.display()))
}

/// Wraps a text so that GitHub takes none of its lines for a command. The word that ends it is made from the text itself, which
/// therefore cannot hold it.
pub(super) fn without_commands(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let word = digest.iter().take(16).fold(String::new(), |word, byte| format!("{word}{byte:02x}"));
    format!("::stop-commands::{word}\n{text}::{word}::\n")
}
