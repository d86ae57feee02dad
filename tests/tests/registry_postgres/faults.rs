//! Servers and databases that die, stop and come back, under load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_tests::postgres::Postgres;

use crate::http::send;
use crate::ledger::Ledger;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_killed_lose_nothing() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("killed");
    let mut replicas = Replica::several(3, &store);
    let ledger = Arc::new(Ledger::default());
    let start = Instant::now();
    for round in 1..=crate::rounds(25, 1000) {
        let addresses: Vec<_> = replicas.iter().map(|replica| replica.address).collect();
        let clients = ledger.clients(4, &addresses);
        // Not always at the same moment of a batch.
        tokio::time::sleep(Duration::from_millis(90 + 37 * (round as u64 % 8))).await;
        let victim = round % 3;
        replicas[victim].kill();
        // The others go on without it.
        tokio::time::sleep(Duration::from_millis(30)).await;
        ledger.stop(clients).await;
        replicas[victim] = Replica::start(&store);
        replicas[victim].ready_within(LIMIT).await;
        if round % 100 == 0 {
            ledger.verify(replicas[victim].address).await;
            println!("{round} kills in {} s, nothing is lost so far", start.elapsed().as_secs());
        }
    }
    assert!(ledger.acknowledged() > 100, "only {} were acknowledged", ledger.acknowledged());
    for replica in &replicas {
        ledger.verify(replica.address).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_does_not_hold_the_others_up() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(3, &database.store("stopped"));
    let addresses: Vec<_> = replicas.iter().map(|replica| replica.address).collect();
    let ledger = Arc::new(Ledger::default());
    for round in 0..crate::rounds(4, 100) {
        let clients = ledger.clients(6, &addresses);
        tokio::time::sleep(Duration::from_millis(200 + 31 * (round as u64 % 8))).await;
        replicas[0].signal("-STOP");
        // The one that stands still may hold the head: its session is ended by the database after a second.
        let start = Instant::now();
        let path = format!("/subjects/while-stopped-{round}/versions");
        while send(addresses[1], "POST", &path, r#"{"schema":"\"int\""}"#, LIMIT).await.is_none_or(|a| a.status != 200) {
            assert!(start.elapsed() < Duration::from_secs(10), "nobody else could write for 10 s");
        }
        println!("the next write took {:?}", start.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
        replicas[0].signal("-CONT");
        replicas[0].ready_within(LIMIT).await;
        ledger.stop(clients).await;
    }
    for address in addresses {
        ledger.verify(address).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_and_comes_back_loses_nothing() {
    let Some(database) = Postgres::start() else { return };
    let replicas = Replica::several(3, &database.store("crashed"));
    let addresses: Vec<_> = replicas.iter().map(|replica| replica.address).collect();
    let ledger = Arc::new(Ledger::default());
    for round in 0..crate::rounds(4, 50) {
        let clients = ledger.clients(6, &addresses);
        tokio::time::sleep(Duration::from_millis(300 + 53 * (round as u64 % 8))).await;
        let database = &database;
        tokio::task::block_in_place(|| database.control(&["restart", "-m", "immediate"]));
        let start = Instant::now();
        for replica in &replicas {
            replica.ready_within(LIMIT).await;
        }
        println!("ready {:?} after the database", start.elapsed());
        tokio::time::sleep(Duration::from_millis(200)).await;
        ledger.stop(clients).await;
    }
    for address in addresses {
        ledger.verify(address).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_reads_by_id_go_on_and_the_rest_is_refused_soon() {
    let Some(database) = Postgres::start() else { return };
    let replica = Replica::start(&database.store("away"));
    let (at, int) = (replica.address, r#"{"schema":"\"int\""}"#);
    let id = send(at, "POST", "/subjects/s/versions", int, LIMIT).await.unwrap().number("id");
    tokio::task::block_in_place(|| database.control(&["stop", "-m", "immediate"]));
    for round in 0..3 {
        let read = send(at, "GET", &format!("/schemas/ids/{id}"), "", LIMIT).await.unwrap();
        assert_eq!((read.status, read.body["schema"].as_str()), (200, Some("\"int\"")), "round {round}");
        let requests = [
            ("GET", "/schemas/ids/4711", ""),
            ("GET", "/subjects", ""),
            ("POST", "/subjects/t/versions", int),
            ("DELETE", "/subjects/s", ""),
            ("GET", "/readyz", ""),
        ];
        for (method, path, body) in requests {
            let start = Instant::now();
            let answer = send(at, method, path, body, LIMIT).await.unwrap();
            assert_eq!(answer.status, 503, "{method} {path}: {:?}", answer.body);
            assert_eq!(answer.header("retry-after"), Some("1"), "{method} {path}");
            assert!(start.elapsed() < crate::ANSWER, "{method} {path} took {:?}", start.elapsed());
        }
        let local = send(at, "GET", "/subjects?consistency=local", "", LIMIT).await.unwrap();
        assert_eq!(local.body.to_string(), r#"["s"]"#);
        assert_eq!(send(at, "GET", "/healthz", "", LIMIT).await.unwrap().status, 200);
    }
    tokio::task::block_in_place(|| database.control(&["start"]));
    let back = replica.ready_within(LIMIT).await;
    println!("ready {back:?} after the database");
    assert_eq!(send(at, "POST", "/subjects/t/versions", int, LIMIT).await.unwrap().number("id"), id);
}
