//! Tests of other projects, which are run as they are and never kept here: from a clone that a variable names, else from GitHub,
//! into the cache folder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::services::cache_folder;

/// Some folders of another project, at one commit.
pub(crate) struct Checkout {
    /// As on GitHub.
    repository: &'static str,
    commit: &'static str,
    /// What is taken of it.
    folders: &'static [&'static str],
    /// SHA-256 over paths and contents.
    sum: &'static str,
    /// Names a clone that has the commit, for machines that do not reach GitHub.
    clone: &'static str,
}

/// The tests of confluent-kafka-python 2.15.0.
pub(crate) const CONFLUENT_KAFKA_PYTHON: Checkout = Checkout {
    repository: "confluentinc/confluent-kafka-python",
    commit: "8b1c7a613434eee3d0e1287d624d7af04932f410",
    folders: &["tests"],
    sum: "7278f1aa5a588369e25ab22e65ade2afe1704c4fe719a6a3214e7f6e92091532",
    clone: "EVENTPACT_CLONE_CONFLUENT_KAFKA_PYTHON",
};

/// Karapace behind 6.2.0, with the sources that its tests import.
pub(crate) const KARAPACE: Checkout = Checkout {
    repository: "Aiven-Open/karapace",
    commit: "3bbc1f8d30d7b650f49b75128ba9a46fdab61a67",
    folders: &["pytest.ini", "src", "tests"],
    sum: "f902019aee1350d90e1dceba11f1f14290244faba502ab903d28783e6ac0c60c",
    clone: "EVENTPACT_CLONE_KARAPACE",
};

impl Checkout {
    /// The folder with the files, checked. `None` where they are not to be had, which is said: a machine without GitHub may still
    /// test all the rest.
    ///
    /// # Errors
    /// When a clone was named and cannot be used, or when the files are not those of the commit.
    pub(crate) fn ensure(&self) -> Result<Option<PathBuf>> {
        let clone = std::env::var_os(self.clone).filter(|value| !value.is_empty());
        self.ensure_in(&cache_folder()?.join("checkouts"), clone.as_deref().map(Path::new))
    }

    fn ensure_in(&self, parent: &Path, clone: Option<&Path>) -> Result<Option<PathBuf>> {
        let name = self.repository.rsplit('/').next().unwrap_or(self.repository);
        let folder = parent.join(format!("{name}-{}", self.commit));
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        let lock = fs::File::create(parent.join("lock"))?;
        lock.lock().context("cannot wait for another run that fetches a checkout")?;
        if !folder.is_dir() {
            let fresh = tempfile::tempdir_in(parent).context("cannot make a folder to unpack to")?;
            match clone {
                Some(clone) => self.unpack_clone(clone, fresh.path())?,
                None => {
                    if let Err(error) = self.download(fresh.path()) {
                        println!(
                            "── the tests of {} are left out: {error:#}; {} may name a clone that has {}",
                            self.repository, self.clone, self.commit
                        );
                        return Ok(None);
                    }
                }
            }
            fs::rename(fresh.path(), &folder).with_context(|| format!("cannot move {} to its place", self.repository))?;
        }
        let sum = sum(&folder, self.folders)?;
        if sum != self.sum {
            bail!("{} does not hold what {} has at {}: SHA-256 {sum}; delete it", folder.display(), self.repository, self.commit);
        }
        Ok(Some(folder))
    }

    fn unpack_clone(&self, clone: &Path, into: &Path) -> Result<()> {
        let archive = into.with_extension("tar");
        let mut git = Command::new("git");
        git.arg("-C").arg(clone).args(["archive", "--output"]).arg(&archive).arg(self.commit).args(self.folders);
        let unpacked = run(&mut git).and_then(|()| run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(into)));
        fs::remove_file(&archive).ok();
        unpacked.with_context(|| format!("{} names {}, which cannot be used", self.clone, clone.display()))
    }

    fn download(&self, into: &Path) -> Result<()> {
        let archive = into.with_extension("tar.gz");
        let address = format!("https://codeload.github.com/{}/tar.gz/{}", self.repository, self.commit);
        let limits = ["--silent", "--show-error", "--fail", "--location", "--connect-timeout", "5", "--max-time", "120"];
        let mut tar = Command::new("tar");
        tar.arg("-xzf")
            .arg(&archive)
            .args(["--strip-components", "1", "--wildcards", "--no-wildcards-match-slash", "-C"])
            .arg(into);
        tar.args(self.folders.iter().map(|folder| format!("*/{folder}")));
        let unpacked =
            run(Command::new("curl").args(limits).arg("--output").arg(&archive).arg(address)).and_then(|()| run(&mut tar));
        fs::remove_file(&archive).ok();
        unpacked.context("GitHub does not answer with them")
    }
}

/// SHA-256 over the paths and contents of all files of these parts of a folder, without what Python leaves there.
fn sum(folder: &Path, parts: &[&str]) -> Result<String> {
    let (mut files, mut open): (Vec<PathBuf>, Vec<PathBuf>) =
        parts.iter().map(|part| folder.join(part)).partition(|path| path.is_file());
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() && name != "__pycache__" && name != ".pytest_cache" {
                open.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    for path in files {
        let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        hash.update(format!("{inside}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    let mut hex = String::new();
    for byte in hash.finalize() {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{program} is missing"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: {}", said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("failed").trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(clone: &Path, args: &[&str]) -> String {
        let known = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").arg("-C").arg(clone).args(known).args(args).output().expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn only_the_files_of_the_commit_are_taken_from_a_clone() {
        let scratch = tempfile::tempdir().expect("a folder");
        let (clone, cache) = (scratch.path().join("clone"), scratch.path().join("cache"));
        fs::create_dir_all(clone.join("tests")).expect("a folder");
        fs::write(clone.join("tests/a.py"), "a = 1\n").expect("a file");
        fs::write(clone.join("other.py"), "b = 1\n").expect("a file");
        git(&clone, &["init", "-q"]);
        git(&clone, &["add", "."]);
        git(&clone, &["commit", "-q", "-m", "one"]);
        let commit: &'static str = Box::leak(git(&clone, &["rev-parse", "HEAD"]).into_boxed_str());
        fs::write(clone.join("tests/a.py"), "changed\n").expect("a file");

        let wanted = "not its sum";
        let mut checkout = Checkout { repository: "x/y", commit, folders: &["tests"], sum: wanted, clone: "Y" };
        let refused = checkout.ensure_in(&cache, Some(&clone)).expect_err("another sum").to_string();
        let found = refused.split("SHA-256 ").nth(1).and_then(|rest| rest.split(';').next()).expect("the sum is told");
        checkout.sum = Box::leak(found.to_owned().into_boxed_str());
        let folder = checkout.ensure_in(&cache, None).expect("it is there already").expect("a folder");
        assert_eq!(fs::read_to_string(folder.join("tests/a.py")).expect("the file"), "a = 1\n");
        assert!(!folder.join("other.py").exists());
        fs::create_dir(folder.join("tests/__pycache__")).expect("a folder");
        fs::write(folder.join("tests/__pycache__/a.pyc"), "x").expect("a file");
        assert!(checkout.ensure_in(&cache, None).is_ok(), "what Python leaves there does not count");
        fs::write(folder.join("tests/a.py"), "a = 2\n").expect("a file");
        assert!(checkout.ensure_in(&cache, None).is_err(), "a file was changed");

        let missing = Checkout { commit: "0000000000000000000000000000000000000001", ..checkout };
        let error = missing.ensure_in(&cache, Some(&clone)).expect_err("no such commit");
        assert!(format!("{error:#}").contains("cannot be used"), "{error:#}");
    }
}
