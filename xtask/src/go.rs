//! Go programs of others' libraries, for the tests that talk to our registry with them: built into the cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{root, shown};
use crate::services::{apt, cache_folder};

/// From this Go 1.x on, it gets by itself the release that a module asks for.
const GETS_RELEASES: u32 = 21;
/// The toolchain where Go is missing or older (Debian 12 has 1.19), and its sum in Go's checksum database.
const TOOLCHAIN: [&str; 2] = ["v0.0.1-go1.24.13.linux-amd64", "h1:5sgfUhn9QCgVl4UYj32GrIYFHI3bi2UX55tNfupXwxc="];
const PROXY: &str = "https://proxy.golang.org";

/// The program of `tests/clients/<name>`, built. Its libraries come from the Go module proxy, as `go.sum` has them.
pub(crate) fn ensure_go_client(name: &str) -> Result<PathBuf> {
    let source = root().join("tests/clients").join(name);
    let folder = cache_folder()?.join("go-clients");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join(name);
    let go = go()?;
    let mut command = Command::new(&go);
    command.args(["build", "-trimpath", "-o"]).arg(&program).arg(".").current_dir(&source);
    let status = command.status().with_context(|| format!("{} cannot be started", shown(&command)))?;
    if !status.success() {
        bail!("{} failed; the Go that is needed stands in {}", shown(&command), source.join("go.mod").display());
    }
    Ok(program)
}

/// A `go` that is new enough, or one from the module proxy.
fn go() -> Result<PathBuf> {
    let places = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];
    let enough = |place: &&&str| minor(Path::new(place)).is_some_and(|version| version >= GETS_RELEASES);
    match places.iter().find(enough) {
        Some(place) => Ok(place.into()),
        None => toolchain().context("missing: Go 1.21 or newer, for the tests of Go clients; install it from go.dev"),
    }
}

/// `go` of [`TOOLCHAIN`], from the cache folder or downloaded into it.
fn toolchain() -> Result<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("it is downloaded for Linux on x86-64 only");
    }
    let [version, sum] = TOOLCHAIN;
    let folder = cache_folder()?.join("go-toolchain").join(version);
    let go = folder.join("bin/go");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock().context("cannot wait for another run that downloads Go")?;
    let done = folder.join("done");
    if done.is_file() {
        return Ok(go);
    }
    let given = std::env::var("GOPROXY").unwrap_or_default();
    let proxy = given.split([',', '|']).find(|proxy| proxy.starts_with("http")).unwrap_or(PROXY);
    println!("services: downloading Go ({version}) from {proxy} into {}", folder.display());
    let download = || {
        let script = include_str!("go_toolchain.py");
        Command::new("python3").args(["-c", script, proxy, version, sum]).arg(&folder).output()
    };
    let output = match download() {
        Err(_) if apt(&["python3"]).is_ok() => download(),
        output => output,
    };
    let output = output.context("python3, which downloads it, cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}", said.lines().next_back().unwrap_or("python3 failed"));
    }
    fs::write(&done, version)?;
    Ok(go)
}

/// The second number of the version that `go version` tells.
fn minor(go: &Path) -> Option<u32> {
    let out = Command::new(go).arg("version").output().ok().filter(|out| out.status.success())?;
    minor_of(&String::from_utf8_lossy(&out.stdout))
}

/// `go version go1.19.8 linux/amd64` → 19.
fn minor_of(text: &str) -> Option<u32> {
    let version = text.split(' ').nth(2)?.strip_prefix("go1.")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor_of;

    #[test]
    fn the_version_of_go() {
        assert_eq!(minor_of("go version go1.19.8 linux/amd64"), Some(19));
        assert_eq!(minor_of("go version go1.24rc1 linux/arm64\n"), Some(24));
        assert_eq!(minor_of("go: not found"), None);
    }
}
