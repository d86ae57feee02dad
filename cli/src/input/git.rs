//! Trees of git: `git:REF` or `git:REF:PATH`, and all matching tags with `git-tags:PATTERN[:PATH]`. They are read with the `git`
//! program, without a checkout: one process gives the content of all files of a run.

mod batch;
mod tags;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use eventpact_contract::source::Reader;

use super::{Entry, Tree, is_pattern, is_spec, pattern, select};
use batch::Batch;
pub(super) use tags::open as open_tags;

pub(super) fn open(label: &str, rest: &str, default_path: Option<&str>) -> Result<Tree> {
    let (reference, path) = match rest.split_once(':') {
        Some((reference, path)) => (reference, Some(path)),
        None => (rest, default_path),
    };
    if reference.is_empty() || reference.starts_with('-') {
        bail!("`{label}` names no git reference; write git:REF or git:REF:PATH, for example git:main:specs/shop");
    }
    let path = below_root(path.unwrap_or("."))?;
    let wanted = format!("{reference}^{{commit}}");
    let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).with_context(|| {
        format!(
            "there is no git reference `{reference}` here; if it is on a remote, fetch it first (git fetch origin {reference}; \
             with actions/checkout: fetch-depth: 0)"
        )
    });
    if commit.is_err() && reference == "HEAD" && is_unborn() {
        // The first commit is yet to be made, as a hook before it sees it: there is nothing to compare with.
        return Ok(Tree::empty(label));
    }
    // What git says beside is no help.
    let commit = commit.map_err(|error| anyhow::anyhow!("{error}"))?;
    let commit = Commit { batch: Arc::new(Batch::default()), id: commit.trim().to_owned(), shown: reference.to_owned() };
    match commit.clone().tree(label, &path)? {
        Some(tree) => {
            let apart = commit.specs_in_submodules(&path);
            if let (Some(module), true) = (apart.first(), tree.entries.is_empty()) {
                bail!("`{reference}` holds no spec: `{module}` is a submodule, a repository of its own; run this in it");
            }
            for module in apart {
                complain!("warning: `{module}` is a submodule, which `{reference}` does not hold: what is in it is not compared");
            }
            Ok(tree)
        }
        None => bail!("`{reference}` has no `{path}`; {}", commit.advice(&path)),
    }
}

/// A path as the user wrote it, seen from the root of the repository.
fn below_root(path: &str) -> Result<String> {
    let outside = |_| anyhow::anyhow!("this folder is not in a git repository");
    let prefix = git(&["rev-parse", "--show-prefix"]).map_err(outside)?;
    let start = format!("{}x", prefix.trim_end_matches('\n'));
    let cleaned = if Path::new(path).is_absolute() {
        let top = git(&["rev-parse", "--show-toplevel"])?;
        path.strip_prefix(top.trim_end()).map(|p| p.trim_start_matches('/').to_owned())
    } else {
        eventpact_contract::source::resolve_path(&start, path)
    };
    cleaned.with_context(|| format!("`{path}` lies outside of the repository"))
}

/// `true` for a repository without a commit.
fn is_unborn() -> bool {
    git(&["symbolic-ref", "--quiet", "HEAD"]).is_ok()
        && git(&["rev-list", "--all", "--max-count=1"]).is_ok_and(|id| id.is_empty())
}

/// How `git ls-tree` begins the line of a submodule: with its mode.
const SUBMODULE: &str = "160000 ";

fn git(args: &[&str]) -> Result<String> {
    let output =
        Command::new("git").args(args).stdin(Stdio::null()).output().context("git cannot be started; is it installed?")?;
    if !output.status.success() {
        bail!("git {} failed: {}", args.first().unwrap_or(&""), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git gave text that is not UTF-8")
}

/// Reads the files of one commit.
#[derive(Clone)]
struct Commit {
    batch: Arc<Batch>,
    id: String,
    shown: String,
}

impl Commit {
    /// What may be meant by a path that a commit does not have.
    fn advice(&self, path: &str) -> String {
        let reference = &self.shown;
        let prefix = git(&["rev-parse", "--show-prefix"]).unwrap_or_default();
        let from_root = path.strip_prefix(prefix.trim_end()).filter(|_| !prefix.trim().is_empty());
        if let Some(below) = from_root.filter(|below| self.list(below).is_ok_and(|found| !found.is_empty())) {
            let up = "../".repeat(prefix.trim_end().matches('/').count());
            return format!("a path starts in the working folder: write git:{reference}:{up}{below}");
        }
        let mut above = Path::new(path).ancestors().filter_map(Path::to_str).filter(|folder| !folder.is_empty());
        if let Some(module) = above.find(|folder| self.is_submodule(folder)) {
            return format!("`{module}` is a submodule, a repository of its own: run this in it");
        }
        format!("if it was called otherwise there, name that: git:{reference}:OLD/PATH")
    }

    fn is_submodule(&self, path: &str) -> bool {
        let listed = git(&["--literal-pathspecs", "ls-tree", "-z", "--full-tree", &self.id, "--", path]);
        listed.is_ok_and(|line| line.starts_with(SUBMODULE))
    }

    /// The submodules below a path that have specs in the working tree.
    fn specs_in_submodules(&self, path: &str) -> Vec<String> {
        let path = if path.is_empty() { "." } else { path };
        let listed =
            git(&["--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", &self.id, "--", path]).unwrap_or_default();
        let modules = listed.split('\0').filter(|line| line.starts_with(SUBMODULE)).filter_map(|line| line.split_once('\t'));
        let Ok(top) = git(&["rev-parse", "--show-toplevel"]) else { return Vec::new() };
        let has_specs = |module: &str| {
            let folder = format!("{}/{module}", top.trim_end_matches('\n'));
            // Of one that is not checked out, git would list the repository around it.
            let files = || git(&["-C", &folder, "ls-files", "-z", "--recurse-submodules"]).unwrap_or_default();
            Path::new(&folder).join(".git").exists() && files().split('\0').any(is_spec)
        };
        modules.map(|(_, module)| module).filter(|module| has_specs(module)).map(str::to_owned).collect()
    }

    /// The paths below a file or folder, from the root of the repository.
    fn list(&self, path: &str) -> Result<Vec<String>> {
        let path = if path.is_empty() { "." } else { path };
        let args = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "--full-tree", &self.id, "--", path];
        Ok(git(&args)?.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect())
    }

    /// The documents at a path, which may be a pattern; `None` when there is nothing of that name.
    fn tree(self, label: &str, path: &str) -> Result<Option<Tree>> {
        let shown = self.shown.clone();
        let (entries, single) = if is_pattern(path) && self.list(path)?.is_empty() {
            let fixed = pattern::fixed(path);
            let matching = pattern::compile(path)?;
            let paths = self.list(&fixed)?.into_iter().filter(|p| matching.matches_with(p, pattern::OPTIONS));
            let name = |path: &str| path.strip_prefix(fixed.as_str()).unwrap_or(path).trim_start_matches('/').to_owned();
            (paths.map(|path| Entry { name: name(&path), path }).collect(), false)
        } else {
            let paths = self.list(path)?;
            if paths.is_empty() {
                return Ok(None);
            }
            match paths.as_slice() {
                [only] if only == path => {
                    (vec![Entry { name: path.rsplit('/').next().unwrap_or(path).to_owned(), path: path.to_owned() }], true)
                }
                _ => (select(paths, path, label)?, false),
            }
        };
        if entries.is_empty() && is_pattern(path) {
            bail!("no file of `{shown}` matches `{path}`");
        }
        let label = label.to_owned();
        Ok(Some(Tree { reader: Box::new(self), entries, label, single, registered: BTreeMap::new() }))
    }
}

impl Reader for Commit {
    fn read(&self, path: &str) -> Result<String, String> {
        super::text(self.read_bytes(path)?)
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        match self.batch.content(&format!("{}:{path}", self.id)) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(format!("no such file in {}", self.shown)),
            Err(why) => Err(why),
        }
    }

    fn display_name(&self, path: &str) -> String {
        format!("git:{}:{path}", self.shown)
    }
}

/// A folder of a commit, as a root of its own: where `--include` leads in an earlier version.
pub(super) struct Below {
    commit: Commit,
    folder: String,
    paths: HashSet<String>,
}

impl Below {
    /// The folder at the same reference as an input (`git:REF…`); `None` when that has no such folder.
    pub(super) fn open(input: &str, folder: &Path) -> Option<Self> {
        let reference = input.strip_prefix("git:")?.split(':').next()?;
        let folder = below_root(folder.to_str()?).ok()?;
        let id = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")]).ok()?;
        let commit = Commit { batch: Arc::new(Batch::default()), id: id.trim().to_owned(), shown: reference.to_owned() };
        let paths: HashSet<String> = commit.list(&folder).ok()?.into_iter().collect();
        (!paths.is_empty()).then_some(Self { commit, folder, paths })
    }

    fn path(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// `true` when there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(&self.path(path))
    }
}

impl Reader for Below {
    fn read(&self, path: &str) -> Result<String, String> {
        self.commit.read(&self.path(path))
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        self.commit.read_bytes(&self.path(path))
    }

    fn display_name(&self, path: &str) -> String {
        self.commit.display_name(&self.path(path))
    }
}
