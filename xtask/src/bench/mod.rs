//! `cargo xtask bench`: measurements against the named peers, in one run, as ratios. Machines are noisy: rounds are
//! interleaved and medians printed; trust the ratios, not the absolute figures.

mod cold_start;
mod compat;
mod process;
mod proto_tree;
mod protobuf;
mod registry;
mod validate;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::run::{cargo, step, target};
use crate::services::{self, KAFKA_ADDRESS, Lifetime};

pub(crate) use process::usage_of;

/// Runs one measurement, or parts of one, or all.
pub(crate) fn run(only: Option<&str>, parts: &[String]) -> Result<()> {
    let all = ["avro", "kafka", "documents", "validate", "check", "serve", "protobuf", "compat", "registry"];
    let part = only.and_then(|name| name.strip_prefix("compat-"));
    if let Some(name) = only
        && !all.contains(&name)
        && part.is_none_or(|part| !compat::PARTS.contains(&part))
    {
        bail!("there is no bench `{name}`; there are {}, and compat-{}", all.join(", "), compat::PARTS.join(", compat-"));
    }
    if !parts.is_empty() && only != Some("registry") {
        bail!("only the bench `registry` has parts");
    }
    let wanted = |name: &str| only.is_none_or(|o| o == name);
    if wanted("avro") {
        program("avro_codec", None)?;
    }
    if wanted("kafka") {
        let services = services::up(Lifetime::Guarded)?;
        program("kafka_throughput", Some(services.kafka_address()))?;
    }
    if wanted("documents") {
        program("documents", None)?;
    }
    let needs_binary = part.is_some_and(|part| part != "avro");
    if needs_binary || ["validate", "check", "serve", "protobuf", "compat", "registry"].into_iter().any(wanted) {
        step(
            "eventpact, release",
            &mut cargo(["build", "--quiet", "--release", "--package", "eventpact", "--features", "full"]),
        )?;
    }
    if wanted("validate") {
        validate::run(&binary("eventpact"))?;
    }
    if wanted("protobuf") {
        protobuf::run(&binary("eventpact"))?;
    }
    if wanted("compat") || part.is_some() {
        let build = ["build", "--quiet", "--release", "--package", "eventpact-bench", "--bin", "compat"];
        step("bench compat", &mut cargo(build))?;
        compat::run(&binary("eventpact"), &binary("compat"), part)?;
    }
    if wanted("registry") {
        let build = ["build", "--quiet", "--release", "--package", "eventpact-bench", "--bin", "registry"];
        step("bench registry", &mut cargo(build))?;
        registry::run(&binary("eventpact"), &binary("registry"), parts)?;
    }
    if wanted("check") {
        cold_start::check(&binary("eventpact"))?;
    }
    if wanted("serve") {
        cold_start::serve(&binary("eventpact"))?;
    }
    Ok(())
}

fn binary(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// Builds and runs a binary of `bench/`.
fn program(name: &str, kafka: Option<&str>) -> Result<()> {
    let mut command = cargo(["run", "--quiet", "--release", "--package", "eventpact-bench", "--bin", name]);
    if let Some(address) = kafka {
        command.env(KAFKA_ADDRESS, address);
    }
    step(&format!("bench {name}"), &mut command)
}
