//! Every route × every role × no credentials, over HTTP.
//!
//! The rows come from the table of routes, so a new route is in here by itself: it has no line in `expected.txt`, the test fails,
//! and `BLESS=1` writes the line, which somebody then reads. Whoever may not read the secret subject never sees its name or its text,
//! whatever is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use argon2::password_hash::PasswordHasher;
use axum::http::Method;
use base64::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::auth::{BasicSettings, Rule, Verb};
use crate::routes::{PATHS, find};
use crate::serve::{Options, Server};
use crate::stores::StoreSpec;

/// In the name, the text and the settings of what is to be kept secret.
const CANARY: &str = "canary";

/// Who asks: one principal for each verb on everything, one without a rule, one with every right elsewhere, one with every right.
fn roles() -> Vec<(String, Vec<Rule>)> {
    let rule = |name: &str, subjects: &str, verb: &str| Rule {
        who: vec![name.to_owned()],
        subjects: vec![subjects.to_owned()],
        allow: vec![verb.to_owned()],
    };
    let mut all: Vec<(String, Vec<Rule>)> = vec![("stranger".to_owned(), Vec::new())];
    all.push(("elsewhere".to_owned(), vec![rule("elsewhere", "open*", "all"), rule("elsewhere", ":.open:*", "all")]));
    for verb in Verb::ALL {
        all.push((verb.as_str().to_owned(), vec![rule(verb.as_str(), ":*:*", verb.as_str())]));
    }
    all.push(("all".to_owned(), vec![rule("all", ":*:*", "all")]));
    all
}

struct World {
    address: SocketAddr,
    /// What stands in the place of a parameter.
    samples: BTreeMap<&'static str, String>,
    _folder: tempfile::TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

struct Reply {
    status: u16,
    text: String,
}

fn credentials(name: &str, password: &str) -> String {
    let text = base64::prelude::BASE64_STANDARD.encode(format!("{name}:{password}"));
    format!("Authorization: Basic {text}\r\n")
}

async fn send(address: SocketAddr, method: &Method, path: &str, who: &str, body: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n{who}{kind}Content-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).await.unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let status =
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{method} {path}: {text}"));
    Reply { status, text }
}

impl World {
    /// A registry with a secret subject in the default context and one in another, and with what everybody may know.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        let argon2 =
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2::Params::new(8, 1, 1, None).unwrap());
        let hash = argon2.hash_password(b"x").unwrap().to_string();
        let names: Vec<String> = roles().into_iter().map(|(name, _)| format!("{name}:{hash}\n")).collect();
        std::fs::write(&users, names.concat()).unwrap();
        let mut options = Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Memory);
        options.security.basic = Some(BasicSettings::new(users));
        options.security.rules = roles().into_iter().flat_map(|(_, rules)| rules).collect();
        options.limits.failed_logins.burst = 10_000;
        let server = Server::bind(&options).await.unwrap();
        let address = server.address();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(server.run(async move { drop(stopped.await) }));
        let mut world = Self { address, samples: BTreeMap::new(), _folder: folder, _stop: stop };
        world.fill().await;
        world
    }

    /// Registers an empty record.
    async fn register(&self, subject: &str, name: &str) -> serde_json::Value {
        let path = format!("/subjects/{subject}/versions");
        let reply = send(self.address, &Method::POST, &path, &credentials("all", "x"), &record(name)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let json = reply.text.split("\r\n\r\n").nth(1).unwrap();
        serde_json::from_str::<serde_json::Value>(json).unwrap()
    }

    async fn fill(&mut self) {
        let secret = self.register("canary", "canary").await;
        self.register(":.canary:canary", "canary2").await;
        self.register("open", "Open").await;
        let (root, group) = (credentials("all", "x"), r#"{"compatibilityGroup":"canary"}"#);
        assert_eq!(send(self.address, &Method::PUT, "/config/canary", &root, group).await.status, 200);
        let document = r#"{"document":"asyncapi: 3.0.0\ninfo: { title: canary, version: '1' }\n"}"#;
        let put = send(self.address, &Method::PUT, "/eventpact/v1/documents/canary", &root, document).await;
        assert_eq!(put.status, 200, "{}", put.text);
        let text = |key: &str| secret[key].to_string().trim_matches('"').to_owned();
        self.samples = BTreeMap::from([
            ("{subject}", "canary".to_owned()),
            ("{context}", ".canary".to_owned()),
            ("{version}", "1".to_owned()),
            ("{other}", "1".to_owned()),
            ("{id}", text("id")),
            ("{guid}", text("guid")),
            ("{resource}", "one".to_owned()),
            ("{namespace}", "one".to_owned()),
            ("{name}", "one".to_owned()),
            ("{document}", "canary".to_owned()),
        ]);
    }

    fn filled(&self, path: &str) -> String {
        let part = |part: &str| match self.samples.get(part) {
            Some(sample) => sample.clone(),
            None if part.starts_with('{') => panic!("the parameter {part} of {path} needs a sample in this test"),
            None => part.to_owned(),
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

/// A body with an empty record.
fn record(name: &str) -> String {
    format!(r#"{{"schema":"{{\"type\":\"record\",\"name\":\"{name}\",\"fields\":[]}}"}}"#)
}

fn body(method: &Method) -> &'static str {
    if matches!(*method, Method::POST | Method::PUT) { r#"{"schema":"\"string\""}"# } else { "" }
}

/// May this role see the text of the secret?
fn may_see(role: &str) -> bool {
    matches!(role, "read" | "all")
}

/// Is the secret none of this role's business, not even its context?
fn is_outside(role: &str) -> bool {
    matches!(role, "stranger" | "elsewhere")
}

/// The answers to one request by everybody, as a line.
async fn row(method: &Method, path: &str) -> String {
    let world = World::new().await;
    let target = world.filled(path);
    let mut line = format!("{method} {path}:");
    for (name, who) in [("nobody", String::new()), ("wrong password", credentials("all", "y"))] {
        let reply = send(world.address, method, &target, &who, body(method)).await;
        assert!(reply.status != 401 || reply.text.to_ascii_lowercase().contains("\r\nwww-authenticate: basic"), "{}", reply.text);
        let _ = write!(line, " {name} {},", if reply.status == 401 { "401" } else { "ok" });
    }
    for (role, _) in roles() {
        let reply = send(world.address, method, &target, &credentials(&role, "x"), body(method)).await;
        assert!(reply.status < 500, "{method} {path} as {role}: {}", reply.text);
        assert_ne!(reply.status, 401, "{method} {path} as {role}");
        let _ = write!(line, " {role} {},", if reply.status == 403 { "403" } else { "ok" });
        // Who names something is told its name again; whether it is there is another matter.
        let told = reply.text.replace(&target, "").replace("Subject: canary", "").replace("Subject: :.canary:canary", "");
        let named = path.contains("{subject}") || path.contains("{context}");
        let hidden = named || !told.to_ascii_lowercase().contains(CANARY);
        assert!(!is_outside(&role) || hidden, "{method} {path} tells {role} of the secret: {}", reply.text);
        let text = format!("\\\"name\\\":\\\"{CANARY}");
        // The audit log names what changed to whoever may read all of it; it has no schemas.
        let audits = path == "/eventpact/v1/audit" && role == "admin";
        assert!(
            may_see(&role) || audits || !reply.text.contains(&text),
            "{method} {path} shows {role} the secret: {}",
            reply.text
        );
    }
    line.trim_end_matches(',').to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_asks_for_the_right_that_it_needs() {
    let mut lines = String::new();
    for path in PATHS {
        let sample = path.split('/').map(|p| if p.starts_with('{') { "1" } else { p }).collect::<Vec<_>>().join("/");
        let (endpoint, _) = find(&sample, "").unwrap_or_else(|error| panic!("{path}: {error}"));
        for method in endpoint.methods() {
            lines += &row(method, path).await;
            lines.push('\n');
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes/access/expected.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &lines).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    for line in lines.lines() {
        assert!(
            expected.lines().any(|known| known == line),
            "not as expected.txt says; read it, and BLESS=1 if it is right:\n{line}"
        );
    }
    assert_eq!(expected.lines().count(), lines.lines().count(), "expected.txt has lines of routes that are gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_round_leads_to_a_secret_subject() {
    let world = World::new().await;
    let id = &world.samples["{id}"];
    let guid = &world.samples["{guid}"];
    let targets = [
        "/subjects?deleted=true&subjectPrefix=:*:".to_owned(),
        "/subjects?deletedOnly=true".to_owned(),
        "/subjects?subjectPrefix=:.canary:".to_owned(),
        "/schemas?deleted=true&subjectPrefix=:*:".to_owned(),
        "/schemas?latestOnly=true".to_owned(),
        "/contexts".to_owned(),
        "/contexts?contextPrefix=.can".to_owned(),
        "/contexts/.canary/subjects".to_owned(),
        "/contexts/.canary/schemas".to_owned(),
        "/contexts/.canary/schemas/ids/1".to_owned(),
        "/contexts/.canary/schemas/ids/1/subjects".to_owned(),
        "/contexts/:.canary:/config".to_owned(),
        "/subjects/:.canary:canary/versions/1".to_owned(),
        "/subjects/:.:canary/versions/latest".to_owned(),
        "/subjects/c%61nary/versions/1".to_owned(),
        "/subjects/canary;x=1/versions/1".to_owned(),
        "/subjects/canary/versions/1/".to_owned(),
        "/contexts/./subjects/canary/versions/1".to_owned(),
        format!("/schemas/ids/{id}?subject=open"),
        format!("/schemas/ids/{id}?subject=canary"),
        format!("/schemas/ids/{id}?subject=:.canary:"),
        format!("/schemas/ids/{id}/schema?format=resolved"),
        format!("/schemas/ids/{id}/subjects?deleted=true"),
        format!("/schemas/ids/{id}/versions?deleted=true"),
        format!("/schemas/guids/{guid}"),
        format!("/schemas/guids/{guid}/ids"),
        "/config/canary?defaultToGlobal=true".to_owned(),
        "/eventpact/v1/usage".to_owned(),
        format!("/eventpact/v1/usage?id={id}"),
        "/eventpact/v1/usage?subject=canary".to_owned(),
        "/eventpact/v1/audit".to_owned(),
        "/eventpact/v1/documents?deleted=true&namePrefix=can".to_owned(),
        "/eventpact/v1/documents/canary/versions/1/text".to_owned(),
    ];
    for role in ["elsewhere", "stranger", "write"] {
        for target in &targets {
            for method in [Method::GET, Method::HEAD] {
                let reply = send(world.address, &method, target, &credentials(role, "x"), "").await;
                let body = reply.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                let body =
                    body.replace("Subject: canary", "").replace("Subject: :.canary:canary", "").replace("Context: .canary", "");
                let hidden = if is_outside(role) { !body.contains(CANARY) } else { !body.contains(r#"\"canary"#) };
                assert!(hidden, "{method} {target} tells {role}: {}", reply.text);
            }
        }
        // A schema of one's own must not refer to it, or its text would be in the answer.
        let body =
            r#"{"schemaType":"AVRO","schema":"\"canary\"","references":[{"name":"canary","subject":"canary","version":1}]}"#;
        let paths = ["subjects/open-2/versions", "subjects/open-2", "compatibility/subjects/open-2/versions"];
        for path in paths.iter().chain(&["eventpact/v1/subjects/open-2/check"]).map(|path| format!("/{path}")) {
            let reply = send(world.address, &Method::POST, &path, &credentials(role, "x"), body).await;
            assert_eq!(reply.status, 403, "{path} as {role}: {}", reply.text);
        }
    }
    let all = send(world.address, &Method::GET, "/subjects?subjectPrefix=:*:", &credentials("all", "x"), "").await;
    assert!(all.text.contains(CANARY), "there is something to find");
}

/// A name without a context is looked for in every context. What lies where the caller may not read must answer like what is not
/// there, and must not hide what lies where they may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_does_not_tell_of_contexts_that_the_caller_may_not_read() {
    let world = World::new().await;
    for filler in ["a", "b", "c"] {
        world.register(&format!(":.canary:open-{filler}"), filler).await;
    }
    let id = world.register(":.canary:open-hidden", "Hidden").await["id"].clone();
    world.register(":.canary:open-both", "Both").await;
    world.register(":.open:open-both", "Both").await;
    let missing = r#"{"schema":"\"X\"","references":[{"name":"X","subject":"open-nowhere","version":1}]}"#.to_owned();
    let gets = [
        "/subjects/NAME/versions/1".to_owned(),
        "/subjects/NAME/versions/latest?deleted=true".to_owned(),
        "/subjects/NAME/versions/1/schema".to_owned(),
        "/subjects/NAME/versions/1/referencedby".to_owned(),
        "/eventpact/v1/subjects/NAME/versions/1/diff/latest".to_owned(),
        format!("/schemas/ids/{id}?subject=NAME"),
        format!("/schemas/ids/{id}/schema?subject=NAME"),
        format!("/schemas/ids/{id}/subjects?subject=NAME"),
        format!("/schemas/ids/{id}/versions?subject=NAME"),
        format!("/schemas/ids/{id}?subject=:.CONTEXT:NAME"),
        format!("/schemas/ids/{id}?subject=:.CONTEXT:"),
        format!("/schemas/ids/{id}/subjects?subject=:.CONTEXT:"),
        format!("/contexts/.CONTEXT/schemas/ids/{id}/versions"),
    ];
    let posts = [("/subjects/NAME", record("Hidden")), ("/subjects/NAME?deleted=true", missing)];
    let gets = gets.into_iter().map(|path| (Method::GET, path, String::new()));
    let posts = posts.into_iter().map(|(path, body)| (Method::POST, path.to_owned(), body));
    for (method, path, body) in gets.chain(posts) {
        let ask = async |who: &str, name: &str, context: &str| {
            let path = path.replace("NAME", name).replace("CONTEXT", context);
            let reply = send(world.address, &method, &path, &credentials(who, "x"), &body).await;
            let body =
                reply.text.split_once("\r\n\r\n").map_or("", |(_, body)| body).replace(name, "NAME").replace(context, "CONTEXT");
            (reply.status, body)
        };
        let there = ask("elsewhere", "open-hidden", "canary").await;
        let absent = ask("elsewhere", "open-absent", "nowhere").await;
        assert_eq!(there, absent, "{method} {path} tells that the name or the context is there");
    }
    for (method, path, body) in
        [(Method::GET, "/subjects/open-both/versions/1", String::new()), (Method::POST, "/subjects/open-both", record("Both"))]
    {
        let reply = send(world.address, &method, path, &credentials("elsewhere", "x"), &body).await;
        assert!(reply.status == 200 && reply.text.contains(":.open:open-both"), "{method} {path}: {}", reply.text);
    }
}
