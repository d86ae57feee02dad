//! `cargo xtask test`: the static gate, then every test there is, with real servers.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::browser::ensure_chromium;
use crate::check::{self, FEATURES};
use crate::checkouts::{CONFLUENT_KAFKA_PYTHON, KARAPACE};
use crate::go::ensure_go_client;
use crate::java_avro;
use crate::mutants;
use crate::node::{ensure_node_client, ensure_node_package};
use crate::python::{PYTHON, SCHEMATHESIS, ensure_clients, ensure_schemathesis, ensure_venv};
use crate::run::{cargo, shown, step};
use crate::schemas;
use crate::services::{
    self, KAFKA_ADDRESS, Lifetime, POSTGRES_ADDRESS, POSTGRES_BIN, Postgres, apt, need_native_build_tools, postgres_programs,
};

/// Runs everything; `filter` keeps the tests whose names hold it. With `bless`, expectations are rewritten.
pub(crate) fn run(filter: Option<&str>, bless: bool) -> Result<()> {
    if filter.is_none() && !bless {
        check::run()?;
    }
    need_native_build_tools()?;
    // The tests start these as separate processes.
    step("programs", &mut cargo(["build", "--quiet", "--bins", "--features", FEATURES]))?;
    let python = ensure_clients()?;
    let schemathesis = ensure_schemathesis()?;
    let schemas = schemas::ensure(&python);
    let java_avro = java_avro::ensure()?;
    let asyncapi_parser = ensure_node_client("asyncapi_parser")?.join("validate.mjs");
    // It carries the examples of the AsyncAPI specification.
    let asyncapi_examples = ensure_node_package("@asyncapi/cli", "6.2.0")?.join("assets/examples");
    // A fault test watches system calls with it, and says that it skips where it is not.
    if Command::new("strace").arg("-V").output().is_err() {
        apt(&["strace"]).ok();
    }
    let franz_go = ensure_go_client("franz_go")?;
    let kafkajs = ensure_node_client("kafkajs_registry")?.join("round_trip.mjs");
    let programs = postgres_programs()?;
    let postgres = Postgres::start(&programs)?;
    let ui = ensure_node_client("ui")?.join("main.mjs");
    let chromium = ensure_chromium()?;
    let services = services::up(Lifetime::Guarded)?;
    println!("── tests (Kafka at {}, PostgreSQL at {})", services.kafka_address(), postgres.address());
    let mut command = cargo(["test", "--no-fail-fast", "--features", FEATURES]);
    command.args(filter);
    command.env(KAFKA_ADDRESS, services.kafka_address());
    command.envs(services.kafka_variables());
    command.env(POSTGRES_BIN, programs);
    command.env(POSTGRES_ADDRESS, postgres.address());
    command.env(PYTHON, python);
    command.env(SCHEMATHESIS, schemathesis);
    command.env(java_avro::CLASS_PATH, java_avro);
    command.env("EVENTPACT_TEST_ASYNCAPI_PARSER", asyncapi_parser);
    command.env("EVENTPACT_TEST_ASYNCAPI_EXAMPLES", asyncapi_examples);
    command.env("EVENTPACT_TEST_FRANZ_GO", franz_go);
    command.env("EVENTPACT_TEST_KAFKAJS_REGISTRY", kafkajs);
    command.env("EVENTPACT_TEST_UI", ui);
    command.env("EVENTPACT_TEST_CHROMIUM", chromium);
    command.envs(schemas);
    command.envs(suites()?);
    if bless {
        command.env("BLESS", "1");
    }
    let counted = count(&mut command);
    drop((services, postgres));
    let (passed, failed, success) = counted?;
    println!("{passed} passed, {failed} failed");
    if !success || failed > 0 {
        bail!("tests failed; run one of them again with `cargo xtask test NAME`");
    }
    if passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

/// The tests of other projects and what they run with, where they can be had.
fn suites() -> Result<Vec<(String, PathBuf)>> {
    let mut variables = Vec::new();
    for (name, checkout) in [("confluent_kafka_python", CONFLUENT_KAFKA_PYTHON), ("karapace", KARAPACE)] {
        if let Some(files) = checkout.ensure()? {
            let python = ensure_venv(&format!("python-{name}"), &format!("tests/clients/suites/{name}.txt"))?;
            let variable = |what: &str| format!("EVENTPACT_TEST_{}_{what}", name.to_uppercase());
            variables.extend([(variable("SUITE"), files), (variable("PYTHON"), python)]);
        }
    }
    Ok(variables)
}

/// What takes minutes: random pairs in full count, with the figures of each format, and every rule left out once.
pub(crate) fn long(filter: Option<&str>) -> Result<()> {
    let mut command = cargo(["test", "--quiet", "--package", "eventpact-tests", "--test", "self_check", "--"]);
    command.args(["--nocapture", "--test-threads", "2"]).args(filter).env("EVENTPACT_LONG", "1");
    step("random pairs, in full count", &mut command)?;
    if filter.is_none() {
        mutants::run(None)?;
    }
    Ok(())
}

/// Shows what the command prints and adds up its `test result` lines: passed, failed, and whether it ended well.
fn count(command: &mut Command) -> Result<(u64, u64, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{} cannot be started", shown(command)))?;
    let output = child.stdout.take().context("the output of the tests is not connected")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(rest) = line.strip_prefix("test result: ") {
            passed += number_before(rest, "passed");
            failed += number_before(rest, "failed");
        }
        println!("{line}");
    }
    Ok((passed, failed, child.wait()?.success()))
}

fn number_before(line: &str, word: &str) -> u64 {
    let head = line.split(word).next().unwrap_or("").trim_end();
    head.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn counts_are_read_from_the_line_of_the_test_runner() {
        let line = "ok. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!((number_before(line, "passed"), number_before(line, "failed")), (12, 3));
    }
}
