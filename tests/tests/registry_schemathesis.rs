//! Schemathesis from PyPI, unmodified, over the document that a running server serves: no answer of 5xx, no status and no content
//! type that the document does not have, and every body as it is described; in single requests and in sequences of them, of
//! somebody who may do everything, of somebody who may do some things, and of somebody unknown.
//!
//! `cargo xtask test` installs it and names its interpreter in `EVENTPACT_TEST_SCHEMATHESIS`. The seeds and the numbers of examples
//! are fixed, so that a run can be repeated.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::Path;
use std::process::Command;

use eventpact_registry::{BasicSettings, Options, Rule, Security, Server, StoreSpec, hash_password};

/// What is held against the document. Left out are checks that want requests to be refused that the original takes (numbers
/// where texts are expected, unknown keys), and that want all that fits the document to be accepted (no random text is an Avro schema).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance,allow_header_conformance,use_after_free,ensure_resource_availability";

/// A registry in this process.
struct Running {
    url: String,
    stop: tokio::sync::oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(store: StoreSpec, security: Security) -> Self {
        let mut options = Options::new(([127, 0, 0, 1], 0).into(), store);
        options.security = security;
        let server = Server::bind(&options).await.unwrap();
        let url = format!("http://{}", server.address());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let done = tokio::spawn(server.run(async move { drop(stopped.await) }));
        Self { url, stop, done }
    }

    async fn end(self) {
        drop(self.stop);
        self.done.await.unwrap();
    }
}

/// Runs Schemathesis in a folder, which must find nothing. Gives the number of requests that it made.
async fn run(folder: &Path, arguments: &[&str]) -> u32 {
    let python = std::env::var_os("EVENTPACT_TEST_SCHEMATHESIS").expect(
        "EVENTPACT_TEST_SCHEMATHESIS is not set: `cargo xtask test registry_schemathesis` installs Schemathesis and sets it",
    );
    let mut command = Command::new(python);
    command.current_dir(folder).args(["-m", "schemathesis.cli", "--no-color", "run"]).args(arguments);
    command.args(["--checks", CHECKS, "--seed", "7", "--generation-database", "none"]);
    command.args(["--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let count = said.lines().find_map(|line| line.trim().split_once(" generated, ")?.0.parse().ok());
    count.unwrap_or_else(|| panic!("it does not tell how many requests it made\n{said}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(StoreSpec::Sqlite(folder.path().join("registry.db")), Security::default()).await;
    let document = format!("{}/openapi.json", running.url);
    let made = run(folder.path(), &[&document, "--phases", "fuzzing,stateful", "--max-examples", "10"]).await;
    assert!(made > 300, "only {made} requests were made");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    std::fs::write(&users, format!("alice:{}\n", hash_password("secret").unwrap())).unwrap();
    let mut security = Security::default();
    security.basic = Some(BasicSettings::new(users));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    security.rules = vec![Rule { who: words(&["alice"]), subjects: words(&["*"]), allow: words(&["read", "write"]) }];
    let running = Running::start(StoreSpec::Memory, security).await;

    // She may neither delete nor configure, and knows no other context.
    let document = format!("{}/openapi.json", running.url);
    let made = run(folder.path(), &[&document, "--auth", "alice:secret", "--phases", "fuzzing", "--max-examples", "3"]).await;
    assert!(made > 100, "only {made} requests were made");

    // The document itself is not for strangers, so they get it from a file.
    let text = {
        let open = Running::start(StoreSpec::Memory, Security::default()).await;
        let text = fetch(&open.url, "/openapi.json").await;
        open.end().await;
        text
    };
    std::fs::write(folder.path().join("openapi.json"), text).unwrap();
    let made = run(
        folder.path(),
        &["openapi.json", "--url", &running.url, "--phases", "fuzzing", "--max-examples", "1", "--mode", "positive"],
    )
    .await;
    assert!(made > 40, "only {made} requests were made");
    running.end().await;
}

/// The body of a GET over a connection of its own.
async fn fetch(url: &str, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}
