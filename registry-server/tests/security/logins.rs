//! Passwords and tokens over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use eventpact_registry::{BasicSettings, BearerSettings, KeySource, Rate, Rule, hash_password};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_for_and_checked_once() {
    let folder = tempfile::tempdir().unwrap();
    // A hash as `hash-password` makes it: tens of milliseconds each time.
    let line = format!("alice:{}\n", hash_password("pass:word").unwrap());
    let users = file(&folder, "users", &line);
    let running = start(|options| options.security.basic = Some(BasicSettings::new(users))).await;
    let none = get(running.address, "/subjects", &[]).await;
    assert_eq!((none.status, none.body.as_str()), (401, r#"{"error_code":401,"message":"Unauthorized"}"#));
    assert_eq!(none.header("WWW-Authenticate"), [r#"Basic realm="eventpact", charset="UTF-8""#]);
    let unknown = get(running.address, "/no/such/route", &[]).await;
    assert_eq!(unknown.status, 401, "who is not let in does not learn which routes there are");
    assert_eq!(get(running.address, "/healthz", &[]).await.status, 200);
    let right = basic("alice", "pass:word");
    assert_eq!(get(running.address, "/subjects", &[&right]).await.status, 200);
    let start = Instant::now();
    for _ in 0..200 {
        assert_eq!(get(running.address, "/subjects", &[&right]).await.status, 200);
    }
    let each = start.elapsed() / 200;
    println!("{each:?} for each request with a password that was verified before");
    assert!(each < Duration::from_millis(15), "{each:?}");
    for wrong in [basic("alice", "password"), basic("Alice", "pass:word"), basic("eve", "pass:word"), basic("alice", "")] {
        assert_eq!(get(running.address, "/subjects", &[&wrong]).await.status, 401);
    }
    let lower = right.replace("Basic", "basic");
    assert_eq!(get(running.address, "/subjects", &[&lower]).await.status, 401);
    assert_eq!(get(running.address, "/subjects", &[&right, &right]).await.status, 401);
    assert_eq!(get(running.address, "/subjects", &["Authorization: Bearer a.b.c"]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_read_again_and_a_broken_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &user("alice", "one"));
    let running = start(|options| options.security.basic = Some(BasicSettings::new(users))).await;
    let status = |password: &'static str| {
        let address = running.address;
        async move { get(address, "/subjects", &[&basic("alice", password)]).await.status }
    };
    assert_eq!((status("one").await, status("two").await), (200, 401));
    file(&folder, "users", "alice:nonsense");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(status("one").await, 200);
    file(&folder, "users", &user("alice", "two"));
    until("the new password counts", || async { status("two").await == 200 }).await;
    assert_eq!(status("one").await, 401, "the old password was verified before, and counts no longer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_passwords_must_wait_and_who_is_in_stays_in() {
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &(user("alice", "right") + &user("bob", "other")));
    let running = start(|options| {
        options.security.basic = Some(BasicSettings::new(users));
        options.limits.failed_logins = Rate { per_second: 0.01, burst: 3 };
    })
    .await;
    let right = basic("alice", "right");
    assert_eq!(get(running.address, "/subjects", &[&right]).await.status, 200);
    for guess in 0..3 {
        assert_eq!(get(running.address, "/subjects", &[&basic("bob", &format!("{guess}"))]).await.status, 401);
    }
    let refused = get(running.address, "/subjects", &[&basic("bob", "other")]).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("Retry-After")[0].parse::<u64>().unwrap() > 50);
    assert_eq!(get(running.address, "/subjects", &[&right]).await.status, 200);
}

#[tokio::test]
async fn users_that_cannot_be_read_keep_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("empty", ""), ("plain", "alice:secret"), ("twice", &(user("a", "b") + &user("a", "c")))] {
        let users = BasicSettings::new(file(&folder, name, text));
        let why = try_start(|options| options.security.basic = Some(users)).await.err().expect("it does not start");
        assert!(!why.contains("secret"), "{why}");
    }
    let missing = BasicSettings::new(folder.path().join("missing"));
    assert!(try_start(|options| options.security.basic = Some(missing)).await.is_err());
    let rule = Rule { who: vec!["a".into()], subjects: vec!["b".into()], allow: vec!["raed".into()] };
    assert!(try_start(|options| options.security.rules = vec![rule]).await.is_err());
}

/// An issuer of tokens with one key.
struct Issuer {
    key: Ed25519KeyPair,
    id: String,
}

impl Issuer {
    fn new(id: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
        Self { key: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap(), id: id.to_owned() }
    }

    fn keys(&self) -> String {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.key.public_key());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": self.id, "x": x }] }).to_string()
    }

    /// The header of a request with a token that is good for an hour.
    fn header(&self, name: &str, roles: &[&str]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let encode = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(json!({ "alg": "EdDSA", "kid": self.id }));
        let claims = encode(json!({ "iss": "https://id", "aud": "registry", "sub": name, "exp": now + 3600, "groups": roles }));
        let message = format!("{head}.{claims}");
        format!("Authorization: Bearer {message}.{}", BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes())))
    }
}

fn settings(keys: KeySource) -> BearerSettings {
    let mut settings = BearerSettings::new("https://id", "registry", keys);
    settings.roles_claim = Some("groups".to_owned());
    settings
}

fn readers() -> Rule {
    Rule { who: vec!["role:readers".into()], subjects: vec!["*".into()], allow: vec!["read".into()] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_names_the_principal_and_its_roles() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, next) = (Issuer::new("one"), Issuer::new("two"));
    let keys = settings(KeySource::File(file(&folder, "keys.json", &issuer.keys())));
    let running = start(|options| {
        options.security.bearer = Some(keys);
        options.security.rules = vec![readers()];
    })
    .await;
    let status = |header: String| {
        let address = running.address;
        async move { get(address, "/subjects/s/versions", &[&header]).await }
    };
    assert_eq!(status(issuer.header("alice", &["readers"])).await.status, 404);
    let denied = status(issuer.header("alice", &["writers"])).await;
    assert_eq!((denied.status, denied.body.contains("40301")), (403, true), "{}", denied.body);
    let unknown = status(next.header("alice", &["readers"])).await;
    assert_eq!((unknown.status, unknown.header("WWW-Authenticate").len()), (401, 1));
    file(&folder, "keys.json", &next.keys());
    until("the new key counts", || async { status(next.header("alice", &["readers"])).await.status == 404 }).await;
    assert_eq!(status(issuer.header("alice", &["readers"])).await.status, 401, "the old key is gone");
}

/// Answers every request with what `answer` says now; counts them.
async fn host(answer: std::sync::Arc<std::sync::Mutex<String>>, count: Count) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let body = answer.lock().unwrap().clone();
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_from_one_address_that_is_not_asked_for_each_token() {
    let (issuer, stranger) = (Issuer::new("one"), Issuer::new("two"));
    let (answer, count) = (std::sync::Arc::new(std::sync::Mutex::new(issuer.keys())), Count::new(AtomicUsize::new(0)));
    let url = host(std::sync::Arc::clone(&answer), std::sync::Arc::clone(&count)).await;
    let keys = settings(KeySource::Url(url.clone()));
    let running = start(|options| options.security.bearer = Some(keys.clone())).await;
    assert_eq!(get(running.address, "/subjects", &[&issuer.header("alice", &[])]).await.status, 200);
    for _ in 0..10 {
        assert_eq!(get(running.address, "/subjects", &[&stranger.header("eve", &[])]).await.status, 401);
    }
    assert!(count.load(Ordering::SeqCst) <= 2, "unknown keys make us ask {} times", count.load(Ordering::SeqCst));
    // What cannot be used at the start keeps the server from starting.
    for bad in ["", "{}", "<html>", &"x".repeat(300 * 1024)] {
        bad.clone_into(&mut answer.lock().unwrap());
        assert!(try_start(|options| options.security.bearer = Some(keys.clone())).await.is_err());
    }
    for address in ["http://192.0.2.1/keys", "ftp://127.0.0.1/keys", "http://127.0.0.1:1/keys"] {
        let keys = settings(KeySource::Url(address.to_owned()));
        assert!(try_start(|options| options.security.bearer = Some(keys)).await.is_err(), "{address}");
    }
}

#[tokio::test]
async fn anonymous_callers_get_what_a_rule_gives_them() {
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &user("alice", "x"));
    let public = Rule { who: vec!["anonymous".into()], subjects: vec!["public*".into()], allow: vec!["read".into()] };
    let running = start(|options| {
        options.security.basic = Some(BasicSettings::new(users));
        options.security.rules = vec![public];
    })
    .await;
    assert_eq!(get(running.address, "/subjects/public-1/versions", &[]).await.status, 404);
    assert_eq!(get(running.address, "/subjects/private/versions", &[]).await.status, 403);
    assert_eq!(get(running.address, "/subjects/public-1/versions", &[&basic("alice", "guess")]).await.status, 401);
    assert_eq!(get(running.address, "/subjects/public-1/versions", &[&basic("alice", "x")]).await.status, 403);
}
