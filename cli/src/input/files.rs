//! Files and folders of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use eventpact_contract::source::Reader;

use super::{Entry, Tree, limit, select};

/// Larger files are refused before they are read.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// How deep a folder is searched.
const MAX_DEPTH: usize = 32;

pub(super) fn open(path: &Path) -> Result<Tree> {
    let found = fs::metadata(path).map_err(|e| anyhow!(plain(&e)))?;
    let label = path.display().to_string();
    let single = !found.is_dir();
    if single && !found.is_file() {
        bail!("it is neither a file nor a folder");
    }
    let files = if single { Files::for_file(path)? } else { Files::for_folder(path)? };
    let absolute = named(path, &files)?;
    let start = files.path_of(&absolute).with_context(|| format!("{label} is not UTF-8"))?;
    let entries = if single {
        let name = start.rsplit('/').next().unwrap_or(&start).to_owned();
        vec![Entry { path: start, name }]
    } else {
        let mut paths = Vec::new();
        let mut seen = 0;
        walk(&absolute, &files, &mut |p| {
            seen += 1;
            limit(seen, &label)?;
            paths.extend(files.path_of(p));
            Ok(())
        })?;
        select(paths, &start, &label)?
    };
    if entries.is_empty() {
        bail!("there is no spec in {label} (looked for .yaml, .yml, .json, .avsc, .avpr, .avdl and .proto)");
    }
    Ok(Tree { reader: Box::new(files), entries, label, single, registered: BTreeMap::new() })
}

/// The absolute path of what the user named. A link to a file keeps its own name, which says what the file is.
fn named(path: &Path, files: &Files) -> Result<PathBuf> {
    let target = canonical(path).map_err(|e| anyhow!(e))?;
    let (Some(name), Some(folder), true) = (path.file_name(), path.parent(), target.is_file()) else { return Ok(target) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let link = canonical(folder).map_err(|e| anyhow!(e))?.join(name);
    Ok(if link.starts_with(&files.root) && files.holds(&link) { link } else { target })
}

/// The absolute path without links, or in plain words why there is none.
pub(super) fn canonical(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|e| plain(&e))
}

/// The path with `/` between folders; `None` when it is not UTF-8.
pub(super) fn slashes(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|c| c.as_os_str().to_str()).collect();
    parts.map(|p| p.join("/"))
}

/// Visits every file below a folder; hidden folders and build output are left out, and so are links to folders and to what the
/// reader does not give.
pub(super) fn walk(folder: &Path, files: &Files, visit: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    descend(folder, files, MAX_DEPTH, visit)
}

fn descend(folder: &Path, files: &Files, depth: usize, visit: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|e| anyhow!("cannot read the folder {}: {}", folder.display(), plain(&e)))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            if depth == 0 {
                bail!("{} is nested too deeply (the limit is {MAX_DEPTH} folders)", path.display());
            }
            descend(&path, files, depth - 1, visit)?;
        } else if kind.is_file() || (kind.is_symlink() && files.holds(&path)) {
            visit(&path)?;
        }
    }
    Ok(())
}

/// Reads below `root` only.
pub(super) struct Files {
    root: PathBuf,
    /// The folder that the user named, as a path below the root, with a `/` behind it; empty for the root.
    own: String,
    /// What stands before the names in that folder when they are shown.
    shown: String,
}

impl Files {
    /// The files that a folder may refer to: those in the working folder when it holds the folder, else those [`around`] it.
    pub(super) fn for_folder(path: &Path) -> Result<Self> {
        Self::rooted(path, path)
    }

    /// The same for one file.
    pub(super) fn for_file(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::rooted(path, folder)
    }

    fn rooted(path: &Path, folder: &Path) -> Result<Self> {
        let absolute = canonical(path).map_err(|e| anyhow!(e))?;
        let here = fs::canonicalize(".")?;
        let inside = absolute.starts_with(&here);
        if inside && !path.is_absolute() {
            return Ok(Self { root: here, own: String::new(), shown: String::new() });
        }
        let named = if absolute.is_dir() { absolute.as_path() } else { absolute.parent().unwrap_or(Path::new("/")) };
        let root = if inside { here } else { around(named) };
        let own = named.strip_prefix(&root).ok().and_then(slashes).context("its path is not UTF-8")?;
        let own = if own.is_empty() { own } else { format!("{own}/") };
        // A link leads to another folder, whose files are not shown as if they were in this one.
        let shown = if canonical(folder).is_ok_and(|folder| folder == named) { folder } else { named };
        Ok(Self { root, own, shown: with_slash(shown) })
    }

    /// A folder of its own, wherever it lies.
    pub(super) fn below(folder: &Path) -> Result<Self> {
        let root = canonical(folder).map_err(|e| anyhow!(e))?;
        if !root.is_dir() {
            bail!("it is not a folder");
        }
        Ok(Self { root, own: String::new(), shown: with_slash(folder) })
    }

    /// `true` when there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// `true` for a link to a file that this reader gives.
    fn holds(&self, link: &Path) -> bool {
        canonical(link).is_ok_and(|target| target.starts_with(&self.root) && target.is_file())
    }

    /// `true` for hidden files and what lies in hidden folders, outside of the folder that was named: a document has no
    /// business in `.git` or `.ssh`.
    fn is_private(&self, file: &Path) -> bool {
        let hidden = |path: &Path| path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
        !file.starts_with(self.root.join(&self.own)) && file.strip_prefix(&self.root).is_ok_and(hidden)
    }

    /// The path of a file as this reader knows it.
    pub(super) fn path_of(&self, absolute: &Path) -> Option<String> {
        absolute.strip_prefix(&self.root).ok().and_then(slashes)
    }
}

impl Reader for Files {
    fn read(&self, path: &str) -> Result<String, String> {
        super::text(self.read_bytes(path)?)
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        let wanted = fs::canonicalize(self.root.join(path)).map_err(|e| plain(&e))?;
        if !wanted.starts_with(&self.root) {
            return Err(format!("it lies outside of {}", self.root.display()));
        }
        if self.is_private(&wanted) {
            return Err("it is hidden, and outside of the folder that was named".to_owned());
        }
        // A pipe or a device would never end.
        if !wanted.is_file() {
            return Err("it is not a file".to_owned());
        }
        let file = fs::File::open(&wanted).map_err(|e| plain(&e))?;
        let size = file.metadata().map_err(|e| plain(&e))?.len();
        if size > MAX_BYTES {
            return Err(format!("it has {size} bytes (the limit is {MAX_BYTES})"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| plain(&e))?;
        Ok(bytes)
    }

    fn display_name(&self, path: &str) -> String {
        match path.strip_prefix(&self.own) {
            Some(below) => format!("{}{below}", self.shown),
            None => self.root.join(path).display().to_string(),
        }
    }
}

/// What a document may refer to when the working folder does not hold it: the repository that it lies in, else the folder
/// above its own, so that folders beside each other can share files; its own folder when nothing but the root is above.
fn around(named: &Path) -> PathBuf {
    if let Some(repository) = named.ancestors().find(|folder| folder.join(".git").exists()) {
        return repository.to_owned();
    }
    named.parent().filter(|above| above.parent().is_some()).unwrap_or(named).to_owned()
}

fn with_slash(folder: &Path) -> String {
    let shown = folder.display().to_string();
    if shown.ends_with('/') || shown.is_empty() { shown } else { format!("{shown}/") }
}

pub(super) fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
