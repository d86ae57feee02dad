//! The audit log: it goes with the changes, survives what they survive, and tells when somebody else has written in it.

use std::path::Path;
use std::process::Command;

use eventpact_registry_client::{AuditQuery, Client, RegisterRequest, SchemaType};
use eventpact_tests::program;
use eventpact_tests::served::Served;
use rusqlite::Connection;

/// What `eventpact registry audit --verify` says, and its exit code.
pub(super) fn verified(served: &Served, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(program("eventpact"));
    command.args(["registry", "audit", "--verify", "--url", &served.url]).args(more).env("NO_COLOR", "1");
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

/// How many records a whole chain has.
pub(super) fn whole(served: &Served) -> usize {
    let (code, said) = verified(served, &[]);
    assert_eq!(code, 0, "{said}");
    said.split_whitespace().nth(1).and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

fn served(path: &Path) -> Served {
    Served::on_file(path).unwrap_or_else(|output| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

async fn filled(path: &Path) -> Served {
    let served = served(path);
    let client = Client::new(&served.url).expect("a client");
    for number in 1..=5 {
        let text = format!(r#"{{"type":"fixed","name":"F{number}","size":{number}}}"#);
        client.register(&format!("s-{number}"), &RegisterRequest::new(SchemaType::Avro, text)).await.expect("registered");
    }
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_record_that_was_changed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let running = filled(&path).await;
    let (code, said) = verified(&running, &[]);
    let newest = said.split_whitespace().last().unwrap_or("").to_owned();
    assert!(code == 0 && said.starts_with("whole: 5 records, newest 5:"), "{said}");
    drop(running);
    let cases = [
        ("UPDATE audit SET text = replace(text, 's-2', 's-9') WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number < 3", 2),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 4", 4),
        (
            "UPDATE audit SET number = 9 WHERE number = 1; UPDATE audit SET number = 1 WHERE number = 2;
          UPDATE audit SET number = 2 WHERE number = 9",
            1,
        ),
    ];
    for (number, (edit, broken)) in cases.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        drop(filled(&path).await);
        Connection::open(&path).unwrap().execute_batch(edit).unwrap();
        let (code, said) = verified(&served(&path), &[]);
        assert!(code == 1 && said.starts_with(&format!("broken at record {broken}: ")), "{edit}: {said}");
    }
    // Whoever cuts off the end is found at the start.
    let path = folder.path().join("cut.db");
    drop(filled(&path).await);
    Connection::open(&path).unwrap().execute_batch("DELETE FROM audit WHERE number = 5").unwrap();
    assert!(Served::on_file(&path).is_err());

    let running = served(&folder.path().join("registry.db"));
    assert_eq!(verified(&running, &["--expect", &newest]).0, 0);
    let (code, said) = verified(&running, &["--expect", &format!("5:{}", "0".repeat(64))]);
    assert!(code == 1 && said.contains("not the record that was expected"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_who_changed_what_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    drop(filled(&path).await);
    let served = served(&path);
    let client = Client::new(&served.url).expect("a client");
    client.set_mode(Some("s-1"), "READONLY", false).await.expect("set");
    let again = RegisterRequest::new(SchemaType::Avro, r#"{"type":"fixed","name":"F2","size":2}"#);
    client.register("s-2", &again).await.expect("it is there already, so nothing changes");
    assert_eq!(whole(&served), 6);
    let query = AuditQuery { subject: Some("s-1".into()), limit: 10, ..AuditQuery::default() };
    let page = client.audit(&query).await.expect("a page");
    let entries: Vec<_> = page.records.iter().map(|record| record.entry.clone().expect("an entry")).collect();
    let told: Vec<_> = entries.iter().map(|entry| (entry.number, entry.request.as_str())).collect();
    assert_eq!(told, [(6, "PUT /mode/{subject}"), (1, "POST /subjects/{subject}/versions")]);
    let mode = &entries[0].changes[0];
    assert_eq!((mode.what.as_str(), mode.before.as_deref(), mode.after.as_deref()), ("mode", None, Some("READONLY")));
    let registered = &entries[1];
    assert_eq!((registered.principal.as_str(), registered.address.as_deref()), ("anonymous", Some("127.0.0.1")));
    assert!(registered.changes.iter().any(|c| c.what == "version" && c.number == Some(1) && c.after.as_deref() == Some("id 1")));
    let first = client.audit(&AuditQuery { limit: 4, ..AuditQuery::default() }).await.expect("a page");
    let rest = client.audit(&AuditQuery { limit: 4, before: first.next, ..AuditQuery::default() }).await.expect("a page");
    let numbers: Vec<u64> = first.records.iter().chain(&rest.records).map(|record| record.number).collect();
    assert_eq!(numbers, [6, 5, 4, 3, 2, 1]);
    assert_eq!(first.newest, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_proves_itself_when_old_records_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let first = filled(&path).await;
    let client = Client::new(&first.url).expect("a client");
    let page = client.audit(&AuditQuery { limit: 1000, ..AuditQuery::default() }).await.expect("a page");
    let third = page.records.iter().find(|record| record.number == 3).expect("the third");
    let noted = format!("{}:{}", third.number, third.hash);
    assert_eq!(verified(&first, &["--expect", &noted]).0, 0);
    drop(first);
    let store = format!("sqlite:{}", path.display());
    let pruning = Served::at(&store, &["env", "EVENTPACT_SERVE_AUDIT_KEEP=2s"]).expect("it starts");
    let client = Client::new(&pruning.url).expect("a client");
    let start = std::time::Instant::now();
    let oldest = loop {
        let page = client.audit(&AuditQuery { limit: 1000, ..AuditQuery::default() }).await.expect("a page");
        let oldest = page.records.last().expect("the newest is never let go").number;
        if oldest > 5 {
            break oldest;
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(60), "record {oldest} is still there");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    client.register("s-6", &RegisterRequest::new(SchemaType::Avro, "\"int\"")).await.expect("registered");
    drop(pruning);

    let later = served(&path);
    let (code, said) = verified(&later, &[]);
    assert!(code == 0 && said.contains("were let go, as a later record says"), "from {oldest}: {said}");
    assert!(whole(&later) >= 2);
    let (code, said) = verified(&later, &["--expect", &noted]);
    assert!(code == 1 && said.contains("it was let go"), "{said}");
    let client = Client::new(&later.url).expect("a client");
    let page = client.audit(&AuditQuery { limit: 1000, ..AuditQuery::default() }).await.expect("a page");
    let oldest = page.records.last().expect("a record").number;
    drop(later);
    // Who takes one more is found out.
    Connection::open(&path).unwrap().execute_batch(&format!("DELETE FROM audit WHERE number = {oldest}")).unwrap();
    let (code, said) = verified(&served(&path), &[]);
    assert!(code == 1 && said.contains(&format!("broken at record {oldest}:")), "{said}");
}
