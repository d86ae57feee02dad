//! The registry tests of other projects, as they are, against our registry: confluent-kafka-python's own tests of its client, and
//! the REST tests of Karapace that a real Confluent passes. `cargo xtask test` gets them from where the variables of
//! `xtask/src/checkouts.rs` say; where they cannot be had, these tests say that they skip.

#![allow(clippy::print_stderr, reason = "who runs a test should see that it skips")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use eventpact_registry::{IncompatibleCode, Options, Server, StoreSpec};
use eventpact_tests::folder;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A suite that was installed: where its files are, and the interpreter that has what they need.
struct Suite {
    files: PathBuf,
    python: PathBuf,
}

impl Suite {
    fn installed(name: &str) -> Option<Self> {
        let found = |what: &str| std::env::var_os(format!("EVENTPACT_TEST_{name}_{what}")).map(PathBuf::from);
        let suite = found("SUITE").zip(found("PYTHON")).map(|(files, python)| Self { files, python });
        if suite.is_none() {
            eprintln!("skipped: EVENTPACT_TEST_{name}_SUITE is not set; `cargo xtask test` says what it needs for that");
        }
        suite
    }

    /// pytest in the folder of the suite, with nothing left behind there.
    fn pytest(&self, scratch: &TempDir) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-m", "pytest", "-q", "-p", "outcomes", "-o"]);
        command.arg(format!("cache_dir={}", scratch.path().join("cache").display()));
        command.current_dir(&self.files).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
        command.env("EVENTPACT_OUTCOMES", outcomes_file(scratch));
        command
    }
}

fn outcomes_file(scratch: &TempDir) -> PathBuf {
    scratch.path().join("outcomes.txt")
}

/// Runs pytest to its end against an empty registry: what became of each case, and what it printed.
async fn outcomes(
    mut pytest: Command,
    scratch: &TempDir,
    store: StoreSpec,
    code: IncompatibleCode,
    arguments: impl FnOnce(&mut Command, &str),
) -> (BTreeMap<String, String>, String) {
    let mut options = Options::new(([127, 0, 0, 1], 0).into(), store);
    options.dialect.incompatible_code = code;
    let server = Server::bind(&options).await.expect("it starts");
    arguments(&mut pytest, &format!("http://{}", server.address()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move { drop(stopped.await) }));
    let output = tokio::task::spawn_blocking(move || pytest.output()).await.expect("a result").expect("the interpreter starts");
    drop(stop);
    running.await.expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let lines = std::fs::read_to_string(outcomes_file(scratch)).unwrap_or_else(|_| panic!("pytest ran nothing:\n{said}"));
    let cases = lines.lines().filter_map(|line| line.split_once('\t'));
    (cases.map(|(case, outcome)| (case.to_owned(), outcome.to_owned())).collect(), said)
}

/// A store in the folder of the run.
fn sqlite(scratch: &TempDir) -> StoreSpec {
    StoreSpec::Sqlite(scratch.path().join("registry.db"))
}

/// The lines of a list that are no comments.
fn listed(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder("clients/suites").join(name)).expect("the list is there");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confluent_kafka_python_runs_its_own_tests() {
    const FILE: &str = "tests/integration/schema_registry/_sync/test_api_client.py";
    let Some(suite) = Suite::installed("CONFLUENT_KAFKA_PYTHON") else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let run = outcomes(suite.pytest(&scratch), &scratch, sqlite(&scratch), IncompatibleCode::Code409, |pytest, url| {
        // No case sends a message; the broker is only named.
        for (broker, registry) in [("BROKERS", "SR_URL"), ("BROKERS_7_0_1", "SR_URL_7_0_1")] {
            pytest.env(broker, "127.0.0.1:9").env(registry, url);
        }
        pytest.env("PYTHONPATH", folder("clients/suites")).arg(FILE);
    });
    let (outcomes, said) = run.await;
    let failing: Vec<String> =
        listed("confluent_kafka_python_failing.txt").iter().map(|case| format!("{FILE}::{case}")).collect();
    let others: Vec<&String> = outcomes.iter().filter(|(_, outcome)| *outcome != "passed").map(|(case, _)| case).collect();
    assert_eq!(outcomes.len(), 23, "{outcomes:#?}\n{said}");
    assert_eq!(others, failing.iter().collect::<Vec<_>>(), "cases that did not pass\n{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn karapace_runs_the_cases_that_confluent_passes() {
    let Some(suite) = Suite::installed("KARAPACE") else { return };
    let kafka = std::env::var("EVENTPACT_TEST_KAFKA").expect("EVENTPACT_TEST_KAFKA is set, as `cargo xtask test` does");
    // By file, and those apart that need the registry in a topic.
    let mut files: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for line in listed("karapace_cases.txt") {
        let (case, in_topic) = line.strip_prefix('+').map_or((line.as_str(), false), |case| (case, true));
        let file = case.split("::").next().expect("a file").to_owned();
        files.entry((file, in_topic)).or_default().push(case.to_owned());
    }
    assert_eq!(files.values().map(Vec::len).sum::<usize>(), 131);
    // The files have nothing in common, each its own registry; more at once would only wait for each other.
    let (suite, turns, mut running) = (Arc::new(suite), Arc::new(Semaphore::new(3)), JoinSet::new());
    for ((file, in_topic), cases) in files {
        let (suite, turns, kafka) = (Arc::clone(&suite), Arc::clone(&turns), kafka.clone());
        running.spawn(async move {
            let _turn = turns.acquire().await.expect("it stays open");
            missed(&suite, &kafka, &cases, in_topic).await.map(|why| format!("{file}: {why}"))
        });
    }
    let failed: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs cases of one file of Karapace's, against a registry in a topic of its own or in a file; which of them did not pass, and what
/// pytest said.
async fn missed(suite: &Suite, kafka: &str, cases: &[String], in_topic: bool) -> Option<String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let list = scratch.path().join("cases.txt");
    std::fs::write(&list, cases.join("\n")).expect("it can be written");
    let paths = std::env::join_paths([suite.files.join("src"), suite.files.clone(), folder("clients/suites")]).expect("paths");
    let topic = in_topic.then(|| format!("_schemas-karapace-{}", uuid::Uuid::new_v4().simple()));
    let store = topic.as_ref().map_or_else(
        || sqlite(&scratch),
        |topic| format!("kafka://{kafka}/{topic}?allow-unsafe-topic=true").parse().expect("it names a topic"),
    );
    let run = outcomes(suite.pytest(&scratch), &scratch, store, IncompatibleCode::default(), |pytest, url| {
        pytest.envs(topic.iter().map(|topic| ("EVENTPACT_KARAPACE_TOPIC", topic)));
        pytest.env("PYTHONPATH", paths).env("EVENTPACT_KARAPACE", "1").env("HYPOTHESIS_STORAGE_DIRECTORY", scratch.path());
        // One after the other: the cases of a file share a registry.
        pytest.args(["--numprocesses", "0", "--tb", "short", "--kafka-bootstrap-servers", kafka, "--registry-url", url]);
        pytest.arg(format!("@{}", list.display()));
    });
    let (outcomes, said) = run.await;
    let missed: Vec<&String> = cases.iter().filter(|case| outcomes.get(*case).is_none_or(|o| o != "passed")).collect();
    (!missed.is_empty()).then(|| format!("{missed:#?}\n{said}"))
}
