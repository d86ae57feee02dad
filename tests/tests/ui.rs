//! The pages of the registry in a headless Chromium: real clicks and keys, with the groups of cases in `tests/clients/ui`. Each
//! group has a registry of its own. A case also fails when the browser notes an error on the console, a violation of the content
//! security policy, or a dialog.
//!
//! `cargo xtask test` installs what is needed and names it in `EVENTPACT_TEST_UI` and `EVENTPACT_TEST_CHROMIUM`.
//! `EVENTPACT_SCREENSHOTS` may name a folder for pictures of all pages.

#![allow(clippy::print_stdout)] // the cases say how they ended, and how long they took

use std::process::Command;

use eventpact_registry::{Options, Rule, Security, Server, StoreSpec};
use eventpact_registry_client::{Client, RegisterRequest, SchemaType};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A registry that runs beside the test.
struct Running {
    url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(store: StoreSpec, security: Security) -> Self {
        let mut options = Options::new(([127, 0, 0, 1], 0).into(), store);
        options.security = security;
        let server = Server::bind(&options).await.expect("the registry starts");
        let url = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async move { drop(stopped.await) }));
        Self { url, stop, task }
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.expect("the registry stops");
    }
}

/// Runs a group of cases in a browser.
async fn cases(group: &'static str, url: &str) {
    let needed = |name| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: `cargo xtask test ui` sets it"));
    let mut command = Command::new("node");
    command.arg(needed("EVENTPACT_TEST_UI")).arg(group).arg(url).arg(needed("EVENTPACT_TEST_CHROMIUM"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it is waited for").expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}");
}

async fn cases_with_a_registry_of_their_own(group: &'static str) {
    let registry = Running::start(StoreSpec::Memory, Security::default()).await;
    cases(group, &registry.url).await;
    registry.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ui_people_do_what_they_came_for() {
    cases_with_a_registry_of_their_own("journeys").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ui_everybody_can_use_it() {
    cases_with_a_registry_of_their_own("access").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ui_strangers_get_nowhere() {
    cases_with_a_registry_of_their_own("guard").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ui_ten_thousand_subjects() {
    cases_with_a_registry_of_their_own("many").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ui_visitors_see_and_do_what_they_may() {
    let folder = tempfile::tempdir().unwrap();
    let store = || StoreSpec::Sqlite(folder.path().join("r.db"));
    let open = Running::start(store(), Security::default()).await;
    let client = Client::new(&open.url).unwrap();
    for (subject, schema) in [
        ("public-value", r#"{"type":"record","name":"Public","fields":[]}"#),
        ("public-own", r#""int""#),
        ("secret-value", r#"{"type":"record","name":"Secret","doc":"hush","fields":[]}"#),
        // The same schema as a public one: the public page does not tell.
        ("secret-twin", r#"{"type":"record","name":"Public","fields":[]}"#),
    ] {
        client.register(subject, &RegisterRequest::new(SchemaType::Avro, schema)).await.expect("it is registered");
    }
    open.stop().await;

    let words = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let rule =
        |subjects: &str, allow: &[&str]| Rule { who: words(&["anonymous"]), subjects: words(&[subjects]), allow: words(allow) };
    let mut security = Security::default();
    security.rules = vec![rule("public*", &["read"]), rule("public-own", &["write"])];
    let guarded = Running::start(store(), security).await;
    cases("rights", &guarded.url).await;
    guarded.stop().await;
}
