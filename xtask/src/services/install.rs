//! What Kafka, and the tests against Avro Java, need on the machine: Java, Maven, and jars from Maven Central, once per
//! machine. Also the check for the compilers and make that build librdkafka. Installs system packages only where that asks nobody anything
//! (apt as root or with passwordless sudo); else says in one line what is missing and how to get it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The broker that the tests run against.
pub(super) const KAFKA_VERSION: &str = "4.2.0";
/// Kafka 4 brokers need this Java at least.
const JAVA_AT_LEAST: u32 = 17;
const COPY_DEPENDENCIES: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

const BUILD_PACKAGES: [&str; 4] = ["gcc", "g++", "libc6-dev", "make"];

/// Jars from Maven Central, kept in a folder of the cache.
pub(crate) struct Jars {
    /// The name of the folder.
    pub(crate) folder: String,
    /// What people call it.
    pub(crate) title: String,
    /// Group, artifact and version of what is wanted; what those need comes with them.
    pub(crate) dependencies: Vec<[&'static str; 3]>,
}

/// Makes sure that Java and the broker's jars are there and gives the folder of jars.
pub(super) fn kafka_jars() -> Result<PathBuf> {
    need_native_build_tools()?;
    jars(&Jars {
        folder: format!("kafka-{KAFKA_VERSION}"),
        title: format!("Apache Kafka {KAFKA_VERSION}"),
        dependencies: vec![
            ["org.apache.kafka", "kafka_2.13", KAFKA_VERSION],
            ["org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.3"],
        ],
    })
}

/// Makes sure that Java and some jars are there and gives the folder of jars.
pub(crate) fn jars(wanted: &Jars) -> Result<PathBuf> {
    let cache = cache_folder()?.join(&wanted.folder);
    let libs = cache.join("libs");
    let have_jars = libs.is_dir();
    if java_version().is_none_or(|version| version < JAVA_AT_LEAST) || (!have_jars && !runs("mvn", &["-v"])) {
        install_packages(have_jars)?;
    }
    if !have_jars {
        fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
        // Two clones may start at the same time: one downloads, the other waits.
        let lock = fs::File::create(cache.join("lock"))?;
        lock.lock()?;
        if !libs.is_dir() {
            download(wanted, &cache, &libs)?;
        }
    }
    Ok(libs)
}

/// Makes sure that there is a Java compiler, and gives the program.
pub(crate) fn javac() -> Result<PathBuf> {
    let javac = match std::env::var_os("JAVA_HOME") {
        Some(home) if !home.is_empty() => Path::new(&home).join("bin/javac"),
        _ => PathBuf::from("javac"),
    };
    let works = || Command::new(&javac).arg("-version").output().is_ok_and(|out| out.status.success());
    if works() {
        return Ok(javac);
    }
    for jdk in ["openjdk-17-jdk-headless", "default-jdk-headless"] {
        if apt(&[jdk]).is_ok() && works() {
            return Ok(javac);
        }
    }
    bail!(
        "missing: a Java compiler, version {JAVA_AT_LEAST} or newer; on Debian or Ubuntu: apt-get install openjdk-17-jdk-headless"
    );
}

/// The program that runs Java: `$JAVA_HOME/bin/java` when that is set, else `java`.
pub(crate) fn java() -> PathBuf {
    match std::env::var_os("JAVA_HOME") {
        Some(home) if !home.is_empty() => Path::new(&home).join("bin/java"),
        _ => PathBuf::from("java"),
    }
}

/// `$EVENTPACT_CACHE`, else `$XDG_CACHE_HOME/eventpact`, else `~/.cache/eventpact`.
pub(crate) fn cache_folder() -> Result<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    var("EVENTPACT_CACHE")
        .or_else(|| var("XDG_CACHE_HOME").map(|dir| dir.join("eventpact")))
        .or_else(|| var("HOME").map(|dir| dir.join(".cache/eventpact")))
        .context("neither EVENTPACT_CACHE nor HOME is set: set EVENTPACT_CACHE to a folder for downloads")
}

/// librdkafka is built on first use, and its configure script wants a C++ compiler too: what is missing should not surface as a page
/// of build output.
pub(crate) fn need_native_build_tools() -> Result<()> {
    if missing_build_tools().is_empty() || apt(&BUILD_PACKAGES).is_ok() && missing_build_tools().is_empty() {
        return Ok(());
    }
    bail!(
        "missing to build librdkafka: {}; on Debian or Ubuntu: apt-get install {}",
        missing_build_tools().join(", "),
        BUILD_PACKAGES.join(" ")
    );
}

fn missing_build_tools() -> Vec<&'static str> {
    [("cc", "a C compiler"), ("c++", "a C++ compiler"), ("make", "make")]
        .into_iter()
        .filter(|(program, _)| !runs(program, &["--version"]))
        .map(|(_, what)| what)
        .collect()
}

fn install_packages(have_jars: bool) -> Result<()> {
    for jre in ["openjdk-17-jre-headless", "default-jre-headless"] {
        let mut packages = vec![jre];
        packages.extend((!have_jars).then_some("maven"));
        if apt(&packages).is_ok() {
            break;
        }
    }
    if java_version().is_none_or(|version| version < JAVA_AT_LEAST) {
        bail!(
            "missing: Java {JAVA_AT_LEAST} or newer, for Kafka and Avro Java; on Debian or Ubuntu: apt-get install openjdk-17-jre-headless maven"
        );
    }
    if !have_jars && !runs("mvn", &["-v"]) {
        bail!("missing: Maven, to download Kafka and Avro Java; on Debian or Ubuntu: apt-get install maven");
    }
    Ok(())
}

/// Installs packages without a question, as root or with passwordless sudo.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    let prefix: &[&str] = match (is_root(), runs("sudo", &["-n", "true"])) {
        (true, _) => &[],
        (false, true) => &["sudo", "-n"],
        (false, false) => bail!("neither root nor passwordless sudo"),
    };
    eprintln!("services: apt-get install {}", packages.join(" "));
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    for args in [&["update"][..], &install] {
        let words: Vec<&str> =
            prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).collect();
        let status = Command::new(words[0]).args(&words[1..]).args(args).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if !status.success() {
            bail!("apt-get {} failed", args[0]);
        }
    }
    Ok(())
}

pub(super) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

/// The major version of `java`, from its `-version` text: `openjdk version "17.0.15" …`.
fn java_version() -> Option<u32> {
    let out = Command::new(java()).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    major(text.split('"').nth(1)?)
}

/// `17.0.15` → 17; the old scheme `1.8.0_392` → 8.
fn major(version: &str) -> Option<u32> {
    let mut parts = version.split(['.', '_', '-', '+']).map_while(|part| part.parse().ok());
    match parts.next()? {
        1 => parts.next(),
        major => Some(major),
    }
}

fn runs(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Lets Maven resolve and download the jars, and moves them into place only when all are there.
fn download(wanted: &Jars, cache: &Path, libs: &Path) -> Result<()> {
    let title = &wanted.title;
    eprintln!("services: downloading {title} from Maven Central into {}", libs.display());
    let partial = cache.join("libs.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::write(cache.join("pom.xml"), pom(wanted))?;
    let out = Command::new("mvn")
        // -C: a jar whose checksum is wrong ends the download.
        .args(["-q", "-B", "-C", "-f"])
        .arg(cache.join("pom.xml"))
        .arg(COPY_DEPENDENCIES)
        .arg(format!("-DoutputDirectory={}", partial.display()))
        .stdin(Stdio::null())
        .output()
        .context("cannot run mvn")?;
    if !out.status.success() {
        bail!(
            "Maven could not download {title}; is Maven Central reachable from here?\n{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
    fs::rename(&partial, libs).with_context(|| format!("cannot move the jars to {}", libs.display()))
}

fn pom(wanted: &Jars) -> String {
    let dependency = |[group, artifact, version]: &[&str; 3]| {
        format!(
            "  <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>\n"
        )
    };
    let dependencies: String = wanted.dependencies.iter().map(dependency).collect();
    format!(
        r#"<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
 <groupId>local</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
 <dependencies>
{dependencies} </dependencies></project>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn java_versions_old_and_new() {
        assert_eq!(major("17.0.15"), Some(17));
        assert_eq!(major("1.8.0_392"), Some(8));
        assert_eq!(major("25-ea"), Some(25));
        assert_eq!(major("nonsense"), None);
    }
}
