//! Schemathesis from PyPI, unmodified, over the document that a running server serves: no answer of 5xx, no status and no content
//! type that the document does not have, and every body as it is described; in single requests and in sequences of them.
//!
//! `cargo xtask test` installs it and names its interpreter in `EVENTPACT_TEST_PYTHON`. The seed is fixed, and so is the number of
//! requests, so that a run can be repeated.

use std::process::Command;

use eventpact_registry::{Options, Server, StoreSpec};

/// What is held against the document. Left out are checks that want requests to be refused that the original takes (numbers
/// where texts are expected, unknown keys), and that want all that fits the document to be accepted (no random text is an Avro schema).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance,allow_header_conformance,use_after_free,ensure_resource_availability";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_as_the_document_says() {
    let python = std::env::var_os("EVENTPACT_TEST_PYTHON")
        .expect("EVENTPACT_TEST_PYTHON is not set: `cargo xtask test registry_schemathesis` installs Schemathesis and sets it");
    let options = Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Memory);
    let server = Server::bind(&options).await.unwrap();
    let document = format!("http://{}/openapi.json", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move { drop(stopped.await) }));

    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.current_dir(folder.path()).args(["-m", "schemathesis.cli", "--no-color", "run", &document]);
    command.args(["--checks", CHECKS, "--seed", "7", "--max-examples", "15", "--max-time", "70"]);
    command.args([
        "--generation-database",
        "none",
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
        "--continue-on-failure",
    ]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Stateful"), "the sequences were not run\n{said}");

    drop(stop);
    running.await.unwrap();
}
