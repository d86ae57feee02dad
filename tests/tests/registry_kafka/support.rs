//! The broker, topics, processes of the registry, and the ledger of what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventpact_registry::schemas_topic::{Key, Replay};
use eventpact_registry_client::{Client, RegisterRequest, SchemaType};
use eventpact_runtime::confirm::Batch;
use eventpact_runtime::message::Record;
use eventpact_runtime::transport::{Producer, Transport};
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};
use eventpact_tests::program;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Generous: a loaded machine with two cores.
pub(crate) const SOON: Duration = Duration::from_secs(90);

/// Held for reading by a test that needs the broker up, for writing by the one that takes it away.
static BROKER: RwLock<()> = RwLock::const_new(());

pub(crate) async fn broker() -> RwLockReadGuard<'static, ()> {
    BROKER.read().await
}

pub(crate) async fn broker_alone() -> RwLockWriteGuard<'static, ()> {
    BROKER.write().await
}

/// Where the broker listens.
pub(crate) fn address() -> String {
    std::env::var("EVENTPACT_TEST_KAFKA")
        .expect("EVENTPACT_TEST_KAFKA is not set: run `cargo xtask services up` and set it to what that prints")
}

/// A name that no other test and no other run uses.
pub(crate) fn topic(name: &str) -> String {
    format!("_schemas-{name}-{}", uuid::Uuid::new_v4().simple())
}

/// A store that may lose its one broker, and notices soon when its writer is gone.
pub(crate) fn store(topic: &str) -> String {
    format!("kafka://{}/{topic}?allow-unsafe-topic=true&session.timeout.ms=2000&heartbeat.interval.ms=300", address())
}

pub(crate) fn follower(topic: &str) -> String {
    format!("kafka://{}/{topic}?follower=true", address())
}

pub(crate) use eventpact_tests::kafka::{Message, recorded};

/// Writes messages as another program would.
pub(crate) async fn write(topic: &str, messages: &[Message]) {
    write_by(&producer().await, topic, messages).await;
}

/// Another program that writes.
pub(crate) async fn producer() -> impl Producer {
    KafkaTransport::new(KafkaConfig::new(address())).producer().await.unwrap()
}

/// The same by a program that is there already.
pub(crate) async fn write_by(producer: &impl Producer, topic: &str, messages: &[Message]) {
    let topic: Arc<str> = topic.into();
    let mut batch = Batch::new();
    for (key, value) in messages {
        let mut record = Record::new(Arc::clone(&topic), Vec::new());
        record.key = Some(key.clone().into());
        record.value = value.clone().map(Into::into);
        record.partition = Some(0);
        producer.enqueue(record.as_ref(), batch.completion()).expect("the queue has room");
    }
    assert!(batch.wait().await.failed.is_empty());
}

/// Everything in a topic that is committed, or everything.
pub(crate) async fn read(topic: &str, isolation: &str) -> Vec<Message> {
    eventpact_tests::kafka::read(&address(), topic, isolation).await
}

/// What a topic comes to. Nothing in it may contradict what came before it.
pub(crate) fn replay(messages: &[Message]) -> Replay {
    let mut replay = Replay::default();
    for (key, value) in messages {
        let taken = replay.take(Some(key), value.as_deref(), 0);
        taken.unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(key)));
    }
    replay
}

/// `eventpact serve` as a process. Killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
    /// It goes on talking, and must not find nobody there.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(store: &str) -> Self {
        Self::start_at(store, "127.0.0.1:0")
    }

    /// On an address of its own. The store is named by the environment, as where it holds a password.
    pub(crate) fn start_at(store: &str, listen: &str) -> Self {
        let mut command = Command::new(program("eventpact"));
        command.args(["serve", "--listen", listen]).env("EVENTPACT_SERVE_STORE", store);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no address in {line:?}")).trim_end_matches(',').to_owned();
        Self { child, url, _stdout: stdout }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url).unwrap()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(status.success());
    }

    /// It would accept a registration: it is the writer.
    pub(crate) async fn writes(&self) -> bool {
        let ready = get(&self.url, "/readyz?forward=false");
        matches!(tokio::time::timeout(Duration::from_secs(5), ready).await, Ok(Ok((200, _))))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body of a GET; the path goes out as it is.
pub(crate) async fn get(url: &str, path: &str) -> std::io::Result<(u16, String)> {
    let (status, _, body) = ask(url, "GET", path, "", "").await?;
    Ok((status, body))
}

/// Status, head and body of an answer. `headers` are lines, each with its end.
pub(crate) async fn ask(
    url: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<(u16, String, String)> {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await?;
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, head.to_owned(), body.to_owned()))
}

/// A figure of the page of metrics.
pub(crate) async fn figure(url: &str, name: &str) -> f64 {
    let (_, text) = get(url, "/metrics").await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned);
    line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{name} is not in {text}"))
}

/// Waits until one of them is the writer; gives which, and how long that took.
pub(crate) async fn wait_for_writer(processes: &[&Process]) -> (usize, Duration) {
    let start = Instant::now();
    loop {
        for (index, process) in processes.iter().enumerate() {
            if process.writes().await {
                return (index, start.elapsed());
            }
        }
        assert!(start.elapsed() < SOON, "nobody writes after {} s", SOON.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn record(name: &str) -> RegisterRequest {
    let text = format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"id","type":"long"}}]}}"#);
    RegisterRequest::new(SchemaType::Avro, text)
}

/// What was acknowledged: subject and version → id and text. And which subjects were deleted.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ledger {
    pub(crate) versions: BTreeMap<(String, i32), (u32, String)>,
    pub(crate) deleted: BTreeSet<String>,
    pub(crate) asked: usize,
}

pub(crate) type SharedLedger = Arc<Mutex<Ledger>>;

/// Checks the ledger against a topic: I1 nothing is missing, I2 an id means one schema, I3 a schema has one id, I4 versions have no
/// gap, I7 what was not acknowledged is there as a whole or not at all, I8 what was deleted stays so.
pub(crate) fn audit(ledger: &Ledger, messages: &[Message]) -> usize {
    let mut of_id: BTreeMap<u64, String> = BTreeMap::new();
    let mut of_text: BTreeMap<String, u64> = BTreeMap::new();
    let mut stored: BTreeMap<(String, i32), (u64, String, bool)> = BTreeMap::new();
    for record in replay(messages).records() {
        let (Key::Schema { subject, version }, Some(value)) = (record.key, record.value) else { continue };
        let (id, text) = (value["id"].as_u64().unwrap(), value["schema"].as_str().unwrap().to_owned());
        let known = of_id.entry(id).or_insert_with(|| text.clone());
        assert_eq!(*known, text, "two schemas have the id {id}");
        let known = of_text.entry(text.clone()).or_insert(id);
        assert_eq!(*known, id, "a schema has two ids");
        stored.insert((subject, version), (id, text, value["deleted"] == true));
    }
    for (key, (id, text)) in &ledger.versions {
        let found = stored.get(key).unwrap_or_else(|| panic!("{key:?} was acknowledged and is lost"));
        assert_eq!((found.0, &found.1), (u64::from(*id), text), "{key:?}");
    }
    for subject in &ledger.deleted {
        let mut all = stored.iter().filter(|((name, _), _)| name == subject);
        assert!(all.all(|(_, (.., deleted))| *deleted), "{subject} was deleted and came back");
    }
    let mut last: BTreeMap<&str, i32> = BTreeMap::new();
    for (subject, version) in stored.keys() {
        let before = last.insert(subject, *version).unwrap_or(0);
        assert_eq!(*version, before + 1, "{subject} has a gap before version {version}");
    }
    let ids: Vec<u64> = of_id.keys().copied().collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>(), "ids have gaps");
    stored.len()
}
