//! Nothing secret is told: not in a log at its most talkative, not in an answer.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use eventpact_registry::{BasicSettings, BearerSettings, KeySource, Security};

use super::support::*;

const CANARY: &str = "canary-7f3a-do-not-tell";

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_password_and_no_token_is_logged_or_answered() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("only this test sets one");
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &user("alice", CANARY));
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let keys = KeySource::File(file(&folder, "keys.json", keys));
    let mut security = Security::default();
    security.basic = Some(BasicSettings::new(users));
    security.bearer = Some(BearerSettings::new("https://id", "registry", keys));
    let shown = format!("{security:?}");
    let running = start(|options| options.security = security).await;
    let part = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","kid":"a","{CANARY}":1}}"#));
    let headers = [
        basic("alice", CANARY),
        basic(CANARY, "x"),
        basic("alice", &format!("{CANARY}x")),
        format!("Authorization: Basic {CANARY}"),
        format!("Authorization: {CANARY}"),
        format!("Authorization: Bearer {CANARY}"),
        format!("Authorization: Bearer {part}.{part}.{part}"),
        format!("Authorization: Bearer {CANARY}, Basic"),
    ];
    let mut answers = String::new();
    for header in &headers {
        for path in ["/subjects", "/subjects/s/versions/1", "/nowhere", "/metrics"] {
            let reply = get(running.address, path, &[header]).await;
            answers.extend([reply.head, "\n".to_owned(), reply.body]);
        }
        let text = request("POST", "/subjects/s/versions", &[header, "Content-Type: application/json"], "{\"schema\":");
        let reply = send(running.address, &text).await;
        answers.extend([reply.head, "\n".to_owned(), reply.body]);
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("was not let in"), "something was logged at all: {logged}");
    let encoded = BASE64_STANDARD.encode(format!("alice:{CANARY}"));
    for secret in [CANARY, &encoded, &part, &BASE64_STANDARD.encode(CANARY)] {
        assert!(!logged.contains(secret), "a secret is in the log");
        assert!(!answers.contains(secret), "a secret is in an answer");
        assert!(!shown.contains(secret), "a secret is shown");
    }
}
