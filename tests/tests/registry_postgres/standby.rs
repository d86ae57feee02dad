//! A failover to a real standby: nothing acknowledged is lost where it is synchronous, and where it is not, a loss is noticed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_tests::postgres::Postgres;

use crate::http::send;
use crate::ledger::Ledger;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(30);

const INT: &str = r#"{"schema":"\"int\""}"#;

/// Waits until SQL says this.
fn wait(database: &Postgres, sql: &str, wanted: &str) {
    let start = Instant::now();
    loop {
        let said = database.sql(sql);
        if said.trim() == wanted {
            return;
        }
        assert!(start.elapsed() < LIMIT, "{sql}: {said:?}, not {wanted:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A store on whichever of the two takes writes.
fn store(one: &Postgres, other: &Postgres, schema: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?schema={schema}", one.port(), other.port())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_a_synchronous_standby_loses_nothing() {
    let Some(primary) = Postgres::start() else { return };
    let standby = primary.standby();
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("SELECT pg_reload_conf()");
    wait(&primary, "SELECT sync_state FROM pg_stat_replication", "sync");
    let replicas = Replica::several(2, &store(&primary, &standby, "sync"));
    let addresses: Vec<_> = replicas.iter().map(|replica| replica.address).collect();
    let ready = send(addresses[0], "GET", "/readyz", "", LIMIT).await.unwrap();
    assert_eq!((ready.status, ready.text.as_str()), (200, r#"{"status":"ready"}"#));
    let ledger = Arc::new(Ledger::default());
    let clients = ledger.clients(6, &addresses);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let before = ledger.acknowledged();
    tokio::task::block_in_place(|| {
        primary.control(&["stop", "-m", "immediate"]);
        standby.control(&["promote"]);
    });
    let start = Instant::now();
    for replica in &replicas {
        replica.ready_within(LIMIT).await;
    }
    println!("{before} acknowledged before; ready {:?} after the standby was promoted", start.elapsed());
    tokio::time::sleep(Duration::from_millis(700)).await;
    ledger.stop(clients).await;
    assert!(before > 20 && ledger.acknowledged() > before, "{before}, then {}", ledger.acknowledged());
    for address in addresses {
        ledger.verify(address).await;
        let figures = send(address, "GET", "/metrics", "", LIMIT).await.unwrap();
        assert_eq!(figures.figure("eventpact_store_loss_alarm"), "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failover_to_a_lagging_standby_loses_is_noticed() {
    let Some(primary) = Postgres::start() else { return };
    let standby = primary.standby();
    wait(&primary, "SELECT state FROM pg_stat_replication", "streaming");
    let replica = Replica::start(&store(&primary, &standby, "lag"));
    let at = replica.address;
    let ready = send(at, "GET", "/readyz", "", LIMIT).await.unwrap();
    assert!(ready.text.contains("no standby of the database is synchronous"), "{}", ready.text);
    assert_eq!(send(at, "POST", "/subjects/kept/versions", INT, LIMIT).await.unwrap().status, 200);
    wait(&primary, "SELECT pg_current_wal_flush_lsn() = replay_lsn FROM pg_stat_replication", "t");
    // From here on the standby gets nothing.
    standby.sql("ALTER SYSTEM SET primary_conninfo = ''");
    standby.sql("SELECT pg_reload_conf()");
    wait(&primary, "SELECT count(*) FROM pg_stat_replication", "0");
    assert_eq!(send(at, "POST", "/subjects/gone/versions", r#"{"schema":"\"long\""}"#, LIMIT).await.unwrap().number("id"), 2);
    tokio::task::block_in_place(|| {
        primary.control(&["stop", "-m", "immediate"]);
        standby.control(&["promote"]);
    });
    let start = Instant::now();
    let figures = loop {
        let figures = send(at, "GET", "/metrics", "", LIMIT).await.unwrap();
        if figures.figure("eventpact_store_loss_alarm") == "1" {
            break figures;
        }
        assert!(start.elapsed() < LIMIT, "no alarm");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(figures.figure("eventpact_ready"), "0");
    let begun = Instant::now();
    let refused = send(at, "POST", "/subjects/later/versions", INT, LIMIT).await.unwrap();
    assert!(refused.status == 503 && begun.elapsed() < crate::ANSWER, "{:?} after {:?}", refused.body, begun.elapsed());
    // The id of what is lost is not given out again by a server that does not know.
    let late = Replica::start_refused(&store(&primary, &standby, "lag"));
    assert!(late.contains("accept_loss"), "{late}");
    standby.sql("SELECT lag.accept_loss()");
    replica.ready_within(LIMIT).await;
    assert_eq!(send(at, "GET", "/subjects", "", LIMIT).await.unwrap().text, r#"["kept"]"#);
    assert_eq!(send(at, "GET", "/schemas/ids/2", "", LIMIT).await.unwrap().status, 404);
    assert_eq!(send(at, "POST", "/subjects/later/versions", r#"{"schema":"\"string\""}"#, LIMIT).await.unwrap().number("id"), 2);
    let figures = send(at, "GET", "/metrics", "", LIMIT).await.unwrap();
    assert_eq!(figures.figure("eventpact_store_loss_alarm"), "0");
}
