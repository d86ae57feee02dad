//! Several servers that work: what one acknowledges, the others show; and what happens when the log has lost writes.

use std::sync::Arc;
use std::time::Duration;

use eventpact_tests::postgres::Postgres;

use crate::http::{send, send_with};
use crate::ledger::Ledger;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(10);

const INT: &str = r#"{"schema":"\"int\""}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_over_one_database_agree() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(3, &database.store("three"));
    let addresses: Vec<_> = replicas.iter().map(|replica| replica.address).collect();
    let ledger = Arc::new(Ledger::default());
    let clients = ledger.clients(6, &addresses);
    tokio::time::sleep(Duration::from_secs(crate::rounds(5, 60) as u64)).await;
    ledger.stop(clients).await;
    for address in addresses {
        ledger.verify(address).await;
    }
    let (head, rows, last) = (
        database.sql("SELECT seq FROM three.head"),
        database.sql("SELECT count(*) FROM three.changes"),
        database.sql("SELECT max(seq) FROM three.changes"),
    );
    assert!(head == rows && rows == last, "the log has a gap: {head} {rows} {last}");
    println!("{} entries in {} batches", rows.trim(), database.sql("SELECT count(DISTINCT batch) FROM three.changes").trim());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_gone_for_good_is_gone_everywhere() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("documents");
    let replicas = Replica::several(2, &store);
    let (one, other) = (replicas[0].address, replicas[1].address);
    let path = "/eventpact/v1/documents/shop";
    for version in 1..=3 {
        let text = format!("asyncapi: 3.0.0\ninfo: {{ title: Shop, version: '{version}' }}\n");
        let body = serde_json::json!({ "document": text }).to_string();
        assert_eq!(send(one, "PUT", path, &body, LIMIT).await.unwrap().number("version"), version);
    }
    let delete = async |at, path: &str| send(at, "DELETE", path, "", LIMIT).await.unwrap().text;
    assert_eq!(delete(other, &format!("{path}/versions/2")).await, "2");
    assert_eq!(delete(one, &format!("{path}/versions/2?permanent=true")).await, "2");
    // From the log, and from the tables.
    let late = Replica::start(&store);
    for at in [one, other, late.address] {
        let versions = send(at, "GET", &format!("{path}/versions?deleted=true"), "", LIMIT).await.unwrap();
        assert_eq!(versions.text, "[1,3]");
    }
    assert_eq!(delete(late.address, path).await, "[1,3]");
    assert_eq!(delete(other, &format!("{path}?permanent=true")).await, "[1,3]");
    assert_eq!(database.sql("SELECT count(*) FROM documents.settings").trim(), "0");
    for at in [one, other, late.address] {
        assert_eq!(send(at, "GET", "/eventpact/v1/documents?deleted=true", "", LIMIT).await.unwrap().text, "[]");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fetched_what_is_counted_by_all_servers_together() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(2, &database.store("usage"));
    let (one, other) = (replicas[0].address, replicas[1].address);
    let written = send(one, "POST", "/subjects/s/versions", INT, LIMIT).await.unwrap();
    let path = format!("/schemas/ids/{}", written.number("id"));
    for at in [one, other, other] {
        assert_eq!(send(at, "GET", &path, "", LIMIT).await.unwrap().status, 200);
    }
    let counted = async || {
        let report = send(one, "GET", "/eventpact/v1/usage?subject=s", "", LIMIT).await.unwrap().body;
        let by_id = report["usage"].as_array().unwrap().iter().find(|line| line["by"] == "id").cloned();
        (report["kept"].clone(), by_id.map_or(0, |line| line["count"].as_i64().unwrap()))
    };
    // The other one adds its part within seconds.
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while counted().await != ("database".into(), 3) {
        assert!(std::time::Instant::now() < until, "{:?}", counted().await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_one_chain_over_all_servers() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(2, &database.store("audit"));
    let addresses = [replicas[0].address, replicas[1].address];
    for n in 0..20 {
        let path = format!("/subjects/s{n}/versions");
        assert_eq!(send(addresses[n % 2], "POST", &path, INT, LIMIT).await.unwrap().status, 200);
    }
    let verify = |at: std::net::SocketAddr| {
        let mut command = std::process::Command::new(eventpact_tests::program("eventpact"));
        command.args(["registry", "audit", "--verify", "--url", &format!("http://{at}")]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for at in addresses {
        let (code, said) = verify(at);
        assert!(code == Some(0) && said.starts_with("whole: 20 records"), "{said}");
    }
    database.sql("UPDATE audit.changes SET body = replace(body, 's7', 's8') WHERE seq = 8");
    let (code, said) = verify(addresses[0]);
    assert!(code == Some(1) && said.starts_with("broken at record 8: "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_read_can_ask_for_a_change() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(2, &database.store("local"));
    let (one, other) = (replicas[0].address, replicas[1].address);
    for n in 0..30 {
        let path = format!("/subjects/s{n}/versions");
        let written = send(one, "POST", &path, INT, LIMIT).await.unwrap();
        assert_eq!(written.status, 200, "{:?}", written.body);
        let header = format!("X-Eventpact-Sequence: {}\r\n", written.sequence());
        let read = send_with(other, "GET", &format!("{path}?consistency=local"), "", &header, LIMIT).await.unwrap();
        assert_eq!(read.body.to_string(), "[1]");
        assert!(read.sequence() >= written.sequence() && written.sequence() > n);
    }
    let bad = send_with(other, "GET", "/subjects", "", "X-Eventpact-Sequence: x\r\n", LIMIT).await.unwrap();
    assert_eq!(bad.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_at_one_server_tells_what_is_written_at_another() {
    use eventpact_registry_client::grpc::messages::watch_event::Event;
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(2, &database.store("watched"));
    let (one, other) = (replicas[0].address, replicas[1].address);
    let client = |address| eventpact_registry_client::Client::new(&format!("http://{address}")).unwrap();
    let mut watch = client(other).watch("", None);
    let next = async |watch: &mut eventpact_registry_client::grpc::Watch| loop {
        let event = tokio::time::timeout(LIMIT * 3, watch.next()).await.expect("an event in time").unwrap();
        match event.event.unwrap() {
            Event::Heartbeat(_) => {}
            Event::Started(started) => return (event.sequence, event.position, format!("started {}", started.snapshot)),
            Event::Version(version) => return (event.sequence, event.position, version.subject),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(next(&mut watch).await.2, "started false");
    let mut positions = Vec::new();
    for n in 1..=30_u64 {
        let subject = format!("s{n}");
        assert_eq!(send(one, "POST", &format!("/subjects/{subject}/versions"), INT, LIMIT).await.unwrap().status, 200);
        let (sequence, position, told) = next(&mut watch).await;
        assert_eq!((sequence, told), (n, subject));
        positions.push(position);
    }
    // A position of one server means the same at another.
    let mut elsewhere = client(one).watch("", Some(positions[9].clone()));
    assert_eq!(next(&mut elsewhere).await.2, "started false");
    for n in 11..=30_u64 {
        assert_eq!(next(&mut elsewhere).await.0, n);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_a_failover_lost_stop_all_writing_until_that_is_accepted() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(2, &database.store("lost"));
    let (one, other) = (replicas[0].address, replicas[1].address);
    for n in 0..3 {
        assert_eq!(send(one, "POST", &format!("/subjects/s{n}/versions"), INT, LIMIT).await.unwrap().status, 200);
    }
    assert_eq!(send(other, "GET", "/subjects", "", LIMIT).await.unwrap().body.to_string(), r#"["s0","s1","s2"]"#);
    // What a standby looks like that had not got the last entry, and then took another write.
    database.sql(
        "DELETE FROM lost.changes WHERE seq = 3; DELETE FROM lost.versions WHERE subject = 's2';
         INSERT INTO lost.changes (seq, batch, body) VALUES (3, '00000000-0000-0000-0000-000000000001', '[]');
         UPDATE lost.head SET batch = '00000000-0000-0000-0000-000000000001'",
    );
    let refused = send(one, "POST", "/subjects/later/versions", INT, LIMIT).await.unwrap();
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    assert_eq!(refused.header("retry-after"), Some("1"));
    for at in [one, other] {
        let mut ready = send(at, "GET", "/readyz", "", LIMIT).await.unwrap();
        for _ in 0..40 {
            if ready.body.to_string().contains("accept_loss") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            ready = send(at, "GET", "/readyz", "", LIMIT).await.unwrap();
        }
        assert_eq!(ready.status, 503);
        assert_eq!(send(at, "GET", "/metrics", "", LIMIT).await.unwrap().figure("eventpact_store_loss_alarm"), "1");
        assert_eq!(send(at, "GET", "/subjects", "", LIMIT).await.unwrap().status, 503);
    }
    database.sql("SELECT lost.accept_loss()");
    for replica in &replicas {
        replica.ready_within(LIMIT).await;
        assert_eq!(send(replica.address, "GET", "/subjects", "", LIMIT).await.unwrap().body.to_string(), r#"["s0","s1"]"#);
    }
    assert_eq!(send(one, "POST", "/subjects/later/versions", INT, LIMIT).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_wait_for_its_disk_is_warned_about_and_foreign_schemas_are_refused() {
    let Some(database) = Postgres::start() else { return };
    database.sql("ALTER SYSTEM SET synchronous_commit = off");
    database.sql("SELECT pg_reload_conf()");
    let replica = Replica::start(&database.store("unsafe"));
    let ready = send(replica.address, "GET", "/readyz", "", LIMIT).await.unwrap();
    assert_eq!(ready.status, 200);
    assert!(ready.body["warnings"].to_string().contains("synchronous_commit is off"), "{:?}", ready.body);

    let refused = |store: String| Replica::start_refused(&store);
    database.sql("CREATE SCHEMA foreign_one CREATE TABLE t (x int)");
    assert!(refused(database.store("foreign_one")).contains("tables of another program"));
    database.sql("UPDATE unsafe.head SET layout = 99");
    assert!(refused(database.store("unsafe")).contains("newer version"));
    drop(replica);
    assert!(refused("postgres://postgres@127.0.0.1:1/postgres".into()).contains("failed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_newer_version_is_told_and_not_passed_over() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("newer");
    let replicas = Replica::several(2, &store);
    let at = replicas[0].address;
    assert_eq!(send(at, "POST", "/subjects/s/versions", INT, LIMIT).await.unwrap().status, 200);
    // One entry that this version does not know, and after it one that it would.
    let entry = |seq: usize, body: &str| {
        format!(
            "INSERT INTO newer.changes (seq, batch, body) VALUES ({seq}, '00000000-0000-0000-0000-00000000000{seq}', '{body}');
             UPDATE newer.head SET seq = {seq}, batch = '00000000-0000-0000-0000-00000000000{seq}';"
        )
    };
    let unknown = r#"[{"kind": "put_alias", "subject": "s", "alias": "t"}]"#;
    database.sql(&(entry(2, unknown) + &entry(3, r#"[{"kind": "mode", "scope": "s", "mode": "READONLY"}]"#)));
    for replica in &replicas {
        let at = replica.address;
        let mut ready = send(at, "GET", "/readyz", "", LIMIT).await.unwrap();
        for _ in 0..100 {
            if ready.body.to_string().contains("put_alias") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            ready = send(at, "GET", "/readyz", "", LIMIT).await.unwrap();
        }
        let why = ready.body.to_string();
        assert!(ready.status == 503 && why.contains("put_alias") && why.contains("use the version that wrote it"), "{why}");
    }
    // What cannot be known is refused, what cannot be wrong is not.
    assert_eq!(send(at, "POST", "/subjects/t/versions", INT, LIMIT).await.unwrap().status, 503);
    assert_eq!(send(at, "GET", "/subjects", "", LIMIT).await.unwrap().status, 503);
    assert_eq!(send(at, "GET", "/schemas/ids/1", "", LIMIT).await.unwrap().status, 200);
    assert_eq!(send(at, "GET", "/subjects?consistency=local", "", LIMIT).await.unwrap().text, r#"["s"]"#);
    database.sql("UPDATE newer.changes SET body = '[]' WHERE seq = 2");
    for replica in &replicas {
        replica.ready_within(LIMIT).await;
        let mode = send(replica.address, "GET", "/mode/s", "", LIMIT).await.unwrap();
        assert_eq!(mode.text, r#"{"mode":"READONLY"}"#);
    }
    // Where it is the last, no server starts.
    database.sql(&entry(4, unknown));
    let refused = Replica::start_refused(&store);
    assert!(refused.contains("put_alias") && refused.contains("use the version that wrote it"), "{refused}");
}
