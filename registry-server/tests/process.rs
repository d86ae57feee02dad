//! The binary as a process: what it acknowledged survives SIGKILL, a second one is refused, SIGTERM ends it in order.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventpact_registry_client::{Client, ConfigUpdate, RegisterRequest, SchemaType};

/// A running binary. Killed when it goes out of scope.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(store: &Path) -> Self {
        let mut child = command(store).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it has a stdout");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").trim_end_matches(',').into();
        Self { child, url }
    }

    fn client(&self) -> Client {
        Client::new(&self.url).expect("a client")
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(status.success());
    }

    fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status can be asked for") {
                return status;
            }
            assert!(start.elapsed() < limit, "it still runs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eventpact-registry"));
    command.args(["--listen", "127.0.0.1:0", "--store", &format!("sqlite:{}", store.display())]);
    command
}

fn record(name: &str) -> RegisterRequest {
    let text = format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"id","type":"long"}}]}}"#);
    RegisterRequest::new(SchemaType::Avro, text)
}

/// Subject → (id, version, text) of every registration that was acknowledged.
type Ledger = Arc<Mutex<BTreeMap<String, (u32, i32, String)>>>;

/// Registers new schemas until the server is gone.
async fn register_until_killed(client: Client, ledger: Ledger, next: Arc<AtomicUsize>) {
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        let subject = format!("subject-{number}");
        match client.register(&subject, &record(&format!("R{number}"))).await {
            Ok(answer) => {
                let row = (answer.id, answer.version.expect("a version"), answer.schema.expect("a text"));
                ledger.lock().expect("no client panicked").insert(subject, row);
            }
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("registry.db");
    let (ledger, next): (Ledger, _) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
    for round in 0..10_u64 {
        let mut process = Process::start(&store);
        let clients =
            (0..8).map(|_| tokio::spawn(register_until_killed(process.client(), Arc::clone(&ledger), Arc::clone(&next))));
        let clients: Vec<_> = clients.collect();
        tokio::time::sleep(Duration::from_millis(60 + 17 * round)).await;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        for client in clients {
            client.await.unwrap();
        }
    }
    let process = Process::start(&store);
    let client = process.client();
    let ledger = ledger.lock().unwrap().clone();
    assert!(ledger.len() >= 50, "only {} registrations were acknowledged", ledger.len());
    let mut ids = BTreeMap::new();
    for (subject, (id, version, text)) in &ledger {
        let found = client.version(subject, *version).await.unwrap_or_else(|e| panic!("{subject} is lost: {e}"));
        assert_eq!((found.id, &found.schema), (*id, text), "{subject}");
        assert_eq!(client.schema_by_id(*id).await.unwrap().schema, *text);
        assert_eq!(ids.insert(*id, subject), None, "two schemas have the id {id}");
    }
    // No id was skipped: what is stored beyond the ledger was stored but not acknowledged any more.
    let all = client.subjects().await.unwrap().len();
    let fresh = client.register("fresh", &record("Fresh")).await.unwrap().id;
    assert_eq!(fresh as usize, all + 1);
    println!("{} acknowledged, {all} stored, none lost", ledger.len());
}

#[tokio::test]
async fn a_second_process_is_refused_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("registry.db");
    let first = Process::start(&store);
    let second = command(&store).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("in use by process {}", first.child.id())), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("photo.jpg");
    let before = vec![0xd8_u8; 4096];
    std::fs::write(&store, &before).unwrap();
    let output = command(&store).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("is not a registry"), "{said}");
    assert_eq!(std::fs::read(&store).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_clients_share_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&folder.path().join("registry.db"));
    let one = Instant::now();
    for n in 0..20 {
        process.client().register(&format!("one-{n}"), &record(&format!("One{n}"))).await.unwrap();
    }
    let alone = one.elapsed() / 20;
    let start = Instant::now();
    let clients = (0..16).map(|c| {
        let client = process.client();
        tokio::spawn(async move {
            for n in 0..20 {
                client.register(&format!("many-{c}-{n}"), &record(&format!("Many{c}x{n}"))).await.unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let together = start.elapsed() / 320;
    println!("one client: {alone:?} each; sixteen clients: {together:?} each");
    let subjects = process.client().subjects().await.unwrap();
    assert_eq!(subjects.len(), 340);
    let last = process.client().register("last", &record("Last")).await.unwrap();
    assert_eq!(last.id, 341, "ids have a gap");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_one_subject_get_versions_without_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&folder.path().join("registry.db"));
    process.client().set_config(Some("s"), &ConfigUpdate::level("NONE")).await.unwrap();
    let clients = (0..16).map(|c| {
        let client = process.client();
        tokio::spawn(async move {
            for n in 0..4 {
                client.register("s", &record(&format!("R{c}x{n}"))).await.unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    assert_eq!(process.client().versions("s").await.unwrap(), (1..=64).collect::<Vec<i32>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("registry.db");
    let mut process = Process::start(&store);
    let (ledger, next): (Ledger, _) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
    let clients = (0..4).map(|_| {
        let (client, ledger, next) = (process.client(), Arc::clone(&ledger), Arc::clone(&next));
        tokio::spawn(register_until_killed(client, ledger, next))
    });
    let clients: Vec<_> = clients.collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    process.signal("-TERM");
    let status = process.ends_within(Duration::from_secs(15));
    assert!(status.success(), "{status}");
    for client in clients {
        client.await.unwrap();
    }
    assert!(!store.with_extension("db-wal").exists(), "the write-ahead log was not taken in");
    let again = Process::start(&store);
    let ledger = ledger.lock().unwrap().clone();
    assert!(!ledger.is_empty());
    for (subject, (id, version, _)) in &ledger {
        assert_eq!(again.client().version(subject, *version).await.unwrap().id, *id);
    }
}
