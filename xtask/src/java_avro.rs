//! Avro Java as an oracle for the tests and a peer of the benchmarks: its jars from Maven Central, and our programs over them,
//! compiled into the cache folder.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::root;
use crate::services::{Jars, cache_folder, jars, javac};

/// The variable that tells tests the class path. When the user has set it, that one is used as it is.
pub(crate) const CLASS_PATH: &str = "EVENTPACT_JAVA_AVRO";

const AVRO_VERSION: &str = "1.12.2";
const PROGRAMS: [&str; 2] = ["tests/clients/java_avro/Oracle.java", "tests/clients/java_avro/Compat.java"];

/// The class path with the programs and all that they need.
pub(crate) fn ensure() -> Result<OsString> {
    if let Some(given) = std::env::var_os(CLASS_PATH).filter(|value| !value.is_empty()) {
        return Ok(given);
    }
    // The compiler first: the package that has it brings the runtime too.
    let javac = javac()?;
    let name = format!("avro-java-{AVRO_VERSION}");
    let libs = jars(&Jars {
        folder: name.clone(),
        title: format!("Apache Avro {AVRO_VERSION} for Java"),
        dependencies: vec![
            ["org.apache.avro", "avro", AVRO_VERSION],
            ["org.apache.avro", "avro-idl", AVRO_VERSION],
            ["org.slf4j", "slf4j-nop", "2.0.17"],
        ],
    })?;
    let folder = cache_folder()?.join(name);
    let lock = fs::File::create(folder.join("compile.lock"))?;
    lock.lock().context("cannot wait for another run that compiles the programs")?;
    let (classes, done) = (folder.join("classes"), folder.join("compiled.java"));
    let programs = PROGRAMS.map(|program| root().join(program));
    let mut source = String::new();
    for program in &programs {
        source += &fs::read_to_string(program).with_context(|| format!("cannot read {}", program.display()))?;
    }
    let all = libs.join("*");
    if !fs::read_to_string(&done).is_ok_and(|compiled| compiled == source) {
        let mut command = Command::new(javac);
        command.args(["--release", "17", "-encoding", "UTF-8", "-cp"]).arg(&all).arg("-d").arg(&classes).args(&programs);
        let out = command.stdin(Stdio::null()).output().context("cannot run javac")?;
        if !out.status.success() {
            bail!("{} do not compile:\n{}", PROGRAMS.join(" and "), String::from_utf8_lossy(&out.stderr));
        }
        fs::write(&done, source).with_context(|| format!("cannot write {}", done.display()))?;
    }
    std::env::join_paths([classes, all]).context("the cache folder has a ':' in its path")
}
