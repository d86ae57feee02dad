//! Node programs of others, for the tests and benchmarks that compare with them: installed from npm into the cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::root;
use crate::services::{apt, cache_folder};

/// A folder with the `package.json` and the scripts of `tests/clients/<name>`, and everything that they depend on. A script is
/// started from there as `node <folder>/<script>`.
pub(crate) fn ensure_node_client(name: &str) -> Result<PathBuf> {
    let source = root().join("tests/clients").join(name);
    let manifest = source.join("package.json");
    let wanted = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let folder = cache_folder()?.join("node-clients").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock().with_context(|| format!("cannot wait for another run that installs {name}"))?;
    let done = folder.join("installed.json");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        scripts(&source, &folder)?;
        return Ok(folder);
    }
    println!("── {name} from npm into {}", folder.display());
    if npm(&["--version"], &folder).is_err() {
        // Where nobody has to be asked, what is missing is installed.
        apt(&["nodejs", "npm"]).ok();
    }
    fs::remove_dir_all(folder.join("node_modules")).ok();
    scripts(&source, &folder)?;
    npm(&["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], &folder)?;
    fs::write(&done, &wanted).with_context(|| format!("cannot write {}", done.display()))?;
    Ok(folder)
}

/// The files of one npm package, without what it depends on: for packages that carry data.
pub(crate) fn ensure_node_package(name: &str, version: &str) -> Result<PathBuf> {
    let folder = cache_folder()?.join("node-packages").join(format!("{}-{version}", name.replace(['@', '/'], "")));
    let contents = folder.join("package");
    if contents.is_dir() {
        return Ok(contents);
    }
    println!("── {name} {version} from npm into {}", folder.display());
    let parent = folder.parent().context("the cache folder has a parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    if npm(&["--version"], parent).is_err() {
        apt(&["nodejs", "npm"]).ok();
    }
    // Unpacked beside its place, then moved: a package that is there is whole.
    let fresh = tempfile::tempdir_in(parent).context("cannot make a folder to unpack to")?;
    npm(&["pack", "--ignore-scripts", &format!("{name}@{version}")], fresh.path())?;
    let archives = fs::read_dir(fresh.path())?.flatten().map(|entry| entry.path());
    let archive = archives.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "tgz"));
    let archive = archive.with_context(|| format!("npm packed nothing of {name}"))?;
    let status = Command::new("tar").arg("-xzf").arg(&archive).current_dir(fresh.path()).status().context("tar is missing")?;
    if !status.success() {
        bail!("{} cannot be unpacked", archive.display());
    }
    if let Err(error) = fs::rename(fresh.path(), &folder)
        && !contents.is_dir()
    {
        return Err(error).with_context(|| format!("cannot move the package to {}", folder.display()));
    }
    Ok(contents)
}

/// Node finds packages beside the script that asks for them, so the scripts lie beside the packages.
fn scripts(source: &Path, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(source).with_context(|| format!("cannot read {}", source.display()))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, folder.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn npm(args: &[&str], folder: &Path) -> Result<()> {
    let needs = "needs Node.js 20 or newer with npm (Debian: apt install nodejs npm) and the npm registry";
    let mut command = Command::new("npm");
    let output = command.args(args).current_dir(folder).stdin(Stdio::null()).output().with_context(|| needs.to_owned())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().find(|line| line.contains("error")).unwrap_or("").trim();
        bail!("packages of npm cannot be installed: {needs}: {last}");
    }
    Ok(())
}
