//! Trees of git: `git:REF` or `git:REF:PATH`, read with the `git` program, without a checkout.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use eventpact_contract::source::Reader;

use super::{Entry, Tree, select};

pub(super) fn open(label: &str, rest: &str, default_path: Option<&str>) -> Result<Tree> {
    let (reference, path) = match rest.split_once(':') {
        Some((reference, path)) => (reference, Some(path)),
        None => (rest, default_path),
    };
    if reference.is_empty() || reference.starts_with('-') {
        bail!("`{label}` names no git reference; write git:REF or git:REF:PATH, for example git:main:specs/shop");
    }
    let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")])
        .with_context(|| format!("there is no git reference `{reference}` here"))?;
    let commit = commit.trim().to_owned();
    let path = below_root(path.unwrap_or("."))?;
    let object = git(&["cat-file", "-t", &format!("{commit}:{path}")]);
    let kind = object.with_context(|| format!("`{reference}` has no `{path}`"))?;
    let single = kind.trim() == "blob";
    let entries = if single {
        vec![Entry { name: path.rsplit('/').next().unwrap_or(&path).to_owned(), path }]
    } else {
        let listed = git(&[
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            "--full-tree",
            &commit,
            "--",
            if path.is_empty() { "." } else { &path },
        ])?;
        select(listed.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect(), &path, label)?
    };
    if entries.is_empty() {
        bail!("there is no spec in {label}");
    }
    let reader = Box::new(Commit { commit, shown: reference.to_owned() });
    Ok(Tree { reader, entries, label: label.to_owned(), single })
}

/// A path as the user wrote it, seen from the root of the repository.
fn below_root(path: &str) -> Result<String> {
    let prefix = git(&["rev-parse", "--show-prefix"]).context("this folder is not in a git repository")?;
    let start = format!("{}x", prefix.trim_end_matches('\n'));
    let cleaned = if std::path::Path::new(path).is_absolute() {
        let top = git(&["rev-parse", "--show-toplevel"])?;
        path.strip_prefix(top.trim_end()).map(|p| p.trim_start_matches('/').to_owned())
    } else {
        eventpact_contract::source::resolve_path(&start, path)
    };
    cleaned.with_context(|| format!("`{path}` lies outside of the repository"))
}

fn git(args: &[&str]) -> Result<String> {
    let output =
        Command::new("git").args(args).stdin(Stdio::null()).output().context("git cannot be started; is it installed?")?;
    if !output.status.success() {
        bail!("git {} failed: {}", args.first().unwrap_or(&""), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git gave text that is not UTF-8")
}

/// Reads the files of one commit.
struct Commit {
    commit: String,
    shown: String,
}

impl Reader for Commit {
    fn read(&self, path: &str) -> Result<String, String> {
        git(&["cat-file", "blob", &format!("{}:{path}", self.commit)]).map_err(|error| {
            let text = format!("{error:#}");
            if text.contains("UTF-8") { "it is not UTF-8".to_owned() } else { format!("no such file in {}", self.shown) }
        })
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        let object = format!("{}:{path}", self.commit);
        let output = Command::new("git").args(["cat-file", "blob", &object]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() { Ok(output.stdout) } else { Err(format!("no such file in {}", self.shown)) }
    }

    fn display_name(&self, path: &str) -> String {
        format!("git:{}:{path}", self.shown)
    }
}
