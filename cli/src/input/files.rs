//! Files and folders of this machine.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use eventpact_contract::source::Reader;

use super::{Entry, Tree, select};

/// Larger files are refused before they are read.
const MAX_BYTES: u64 = 64 << 20;

/// How deep a folder is searched.
const MAX_DEPTH: usize = 32;

pub(super) fn open(path: &Path) -> Result<Tree> {
    let found = fs::metadata(path).map_err(|e| anyhow!(plain(&e)))?;
    let label = path.display().to_string();
    let (root, shown) = root_of(path, found.is_dir())?;
    let relative = |p: &Path| p.strip_prefix(&root).ok().and_then(slashes);
    let absolute = fs::canonicalize(path)?;
    let start = relative(&absolute).with_context(|| format!("{label} is not UTF-8"))?;
    let single = !found.is_dir();
    let entries = if single {
        let name = start.rsplit('/').next().unwrap_or(&start).to_owned();
        vec![Entry { path: start, name }]
    } else {
        let mut paths = Vec::new();
        walk(&absolute, MAX_DEPTH, &mut |p| paths.extend(relative(p)))?;
        select(paths, &start, &label)?
    };
    if entries.is_empty() {
        bail!("there is no spec in {label} (looked for .yaml, .yml, .json, .avsc, .avpr, .avdl and .proto)");
    }
    Ok(Tree { reader: Box::new(Files { root, shown }), entries, label, single })
}

/// The folder that references may not leave, and how it is shown: the working folder when it holds the input.
fn root_of(path: &Path, is_folder: bool) -> Result<(PathBuf, String)> {
    let absolute = fs::canonicalize(path)?;
    let here = fs::canonicalize(".")?;
    if absolute.starts_with(&here) && !path.is_absolute() {
        return Ok((here, String::new()));
    }
    let (root, shown) = if is_folder { (Some(absolute.as_path()), Some(path)) } else { (absolute.parent(), path.parent()) };
    let shown = shown.map(|p| format!("{}/", p.display())).unwrap_or_default();
    Ok((root.unwrap_or(Path::new("/")).to_owned(), if shown == "/" { String::new() } else { shown }))
}

fn slashes(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|c| c.as_os_str().to_str()).collect();
    parts.map(|p| p.join("/"))
}

/// Visits every file below a folder; hidden folders and build output are left out.
fn walk(folder: &Path, depth: usize, visit: &mut impl FnMut(&Path)) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if depth == 0 {
                bail!("{} is nested too deeply (the limit is {MAX_DEPTH} folders)", entry.path().display());
            }
            walk(&entry.path(), depth - 1, visit)?;
        } else if kind.is_file() {
            visit(&entry.path());
        }
    }
    Ok(())
}

/// Reads below `root` only.
struct Files {
    root: PathBuf,
    shown: String,
}

impl Reader for Files {
    fn read(&self, path: &str) -> Result<String, String> {
        let wanted = fs::canonicalize(self.root.join(path)).map_err(|e| plain(&e))?;
        if !wanted.starts_with(&self.root) {
            return Err(format!("it lies outside of {}", self.root.display()));
        }
        let file = fs::File::open(&wanted).map_err(|e| plain(&e))?;
        let size = file.metadata().map_err(|e| plain(&e))?.len();
        if size > MAX_BYTES {
            return Err(format!("it has {size} bytes (the limit is {MAX_BYTES})"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| plain(&e))?;
        String::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 (at byte {})", e.utf8_error().valid_up_to()))
    }

    fn display_name(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
