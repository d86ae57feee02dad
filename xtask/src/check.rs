//! `cargo xtask check`: the static gate. It works offline, once the dependencies are there.

use anyhow::Result;

use crate::run::{cargo, step};
use crate::services::need_native_build_tools;

/// The features that a test or a release is built with.
pub(crate) const FEATURES: &str = "eventpact/full,eventpact-runtime/kafka,eventpact-tests/services";

/// Format, lints, documentation, minimal features.
pub(crate) fn run() -> Result<()> {
    need_native_build_tools()?;
    step("format", &mut cargo(["fmt", "--all", "--check"]))?;
    let lints = ["clippy", "--quiet", "--workspace", "--all-targets", "--features", FEATURES, "--", "-D", "warnings"];
    step("lints", &mut cargo(lints))?;
    let docs = ["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items", "--features", FEATURES];
    step("documentation", cargo(docs).env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links"))?;
    for package in ["eventpact", "eventpact-runtime"] {
        let title = format!("minimal features of {package}");
        step(&title, &mut cargo(["check", "--quiet", "--package", package, "--no-default-features"]))?;
    }
    Ok(())
}
