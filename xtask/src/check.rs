//! `cargo xtask check`: the static gate. It works offline, once the dependencies are there.

use std::process::Command;

use anyhow::Result;

use crate::run::{cargo, step};
use crate::services::need_native_build_tools;

/// The features that a test or a release is built with.
pub(crate) const FEATURES: &str = "eventpact/full,eventpact-runtime/kafka,eventpact-tests/services";

/// The newest Rust (1.x) whose lints were looked through here.
const LINTS_KNOWN: u32 = 95;

/// Lints of newer versions whose taste is not ours: `is_empty` in an assertion says what is meant, and a trait that is `async` for most
/// has parts that need not wait.
const NEW_TASTES: [&str; 4] = ["-A", "clippy::assert_is_empty", "-A", "clippy::unused_async_trait_impl"];

/// Format, lints, documentation, minimal features.
pub(crate) fn run() -> Result<()> {
    need_native_build_tools()?;
    step("format", &mut cargo(["fmt", "--all", "--check"]))?;
    let level = warnings();
    let mut lints = cargo(["clippy", "--quiet", "--workspace", "--all-targets", "--features", FEATURES, "--", level, "warnings"]);
    if level == "-W" {
        lints.args(NEW_TASTES);
    }
    step("lints", &mut lints)?;
    let docs = ["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items", "--features", FEATURES];
    let flags = format!("{level} warnings -A rustdoc::private-intra-doc-links");
    step("documentation", cargo(docs).env("RUSTDOCFLAGS", flags))?;
    for package in ["eventpact", "eventpact-runtime"] {
        let title = format!("minimal features of {package}");
        step(&title, &mut cargo(["check", "--quiet", "--package", package, "--no-default-features"]))?;
    }
    Ok(())
}

/// The flag for warnings: they are errors, but for a compiler newer than [`LINTS_KNOWN`]. What that finds anew is shown; it is nothing
/// that who builds this on a new machine could have caused.
pub(crate) fn warnings() -> &'static str {
    let out = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version").output();
    match out.ok().and_then(|out| minor(&String::from_utf8_lossy(&out.stdout))) {
        Some(version) if version > LINTS_KNOWN => {
            println!(
                "   Rust 1.{version} is newer than 1.{LINTS_KNOWN}, for which the lints are clean: warnings are shown and fail nothing"
            );
            "-W"
        }
        _ => "-D",
    }
}

/// `rustc 1.95.0 (59807616e 2026-04-14)` → 95.
fn minor(version: &str) -> Option<u32> {
    version.split([' ', '.']).nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn the_version_of_the_compiler() {
        assert_eq!(minor("rustc 1.95.0 (59807616e 2026-04-14)"), Some(95));
        assert_eq!(minor("rustc 1.101.0-nightly (abc 2027-01-01)"), Some(101));
        assert_eq!(minor("nonsense"), None);
    }
}
