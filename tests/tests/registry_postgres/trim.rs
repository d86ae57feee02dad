//! The log need not grow for ever: its old part can be trimmed, and who was away for longer loads the tables again.

use std::time::Duration;

use eventpact_tests::postgres::Postgres;

use crate::http::send;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(20);

/// Entries that are written while one server stands still; more than are kept.
const ENTRIES: usize = 400;

fn body(number: usize) -> String {
    format!(r#"{{"schema":"{{\"type\":\"fixed\",\"name\":\"F\",\"size\":{}}}"}}"#, number + 1)
}

async fn write(at: std::net::SocketAddr, from: usize, to: usize) {
    for number in from..to {
        let answer = send(at, "POST", &format!("/subjects/s{number}/versions"), &body(number), LIMIT).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_trimmed_and_a_server_that_was_away_loads_everything_again() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("trim");
    let (one, away) = (Replica::start(&store), Replica::start(&store));
    write(one.address, 0, 20).await;
    assert_eq!(send(away.address, "GET", "/subjects/s19/versions", "", LIMIT).await.unwrap().text, "[1]");
    let held = || database.sql("SELECT count(*) FROM trim.changes").trim().parse::<usize>().unwrap();
    // All are kept, unless the database says otherwise; and young ones, however many there are.
    database.sql("UPDATE trim.head SET keep = 20");
    away.signal("-STOP");
    write(one.address, 20, 200).await;
    assert_eq!(held(), 200);
    database.sql("UPDATE trim.head SET keep_for = '0'");
    write(one.address, 200, ENTRIES).await;
    assert!((20..200).contains(&held()), "{} entries are kept", held());
    // Nobody else's, and no reason for an alarm.
    away.signal("-CONT");
    let behind = send(away.address, "POST", "/subjects/s399/versions", &body(399), LIMIT).await.unwrap();
    assert_eq!((behind.status, behind.number("id")), (200, 400), "{:?}", behind.body);
    write(away.address, ENTRIES, ENTRIES + 20).await;
    for replica in [&one, &away] {
        let listed = send(replica.address, "GET", "/subjects", "", LIMIT).await.unwrap();
        assert_eq!(listed.body.as_array().unwrap().len(), ENTRIES + 20);
        for number in [0, 150, 250, ENTRIES + 19] {
            let read = send(replica.address, "GET", &format!("/subjects/s{number}/versions/1"), "", LIMIT).await.unwrap();
            assert_eq!(usize::try_from(read.number("id")).unwrap(), number + 1);
        }
        let figures = send(replica.address, "GET", "/metrics", "", LIMIT).await.unwrap();
        assert_eq!((figures.figure("eventpact_store_loss_alarm"), figures.figure("eventpact_ready")), ("0", "1"));
        assert_eq!(figures.figure("eventpact_store_behind"), "0");
        assert!(figures.figure("eventpact_store_silent_seconds").parse::<f64>().unwrap() < 10.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_records_of_the_audit_log_are_let_go_and_the_rest_is_whole() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("prune");
    let pruning = || Replica::start_in(&["env", "EVENTPACT_SERVE_AUDIT_KEEP=2s"], &store, "127.0.0.1:0");
    let (one, other, plain) = (pruning(), pruning(), Replica::start(&store));
    write(one.address, 0, 20).await;
    let start = std::time::Instant::now();
    let oldest = || database.sql("SELECT min(seq) FROM prune.changes").trim().parse::<usize>().unwrap();
    while oldest() <= 20 {
        assert!(start.elapsed() < 3 * LIMIT, "entry {} is still there", oldest());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    write(other.address, 20, 25).await;
    for replica in [&one, &other, &plain] {
        let listed = send(replica.address, "GET", "/subjects", "", LIMIT).await.unwrap();
        assert_eq!(listed.body.as_array().unwrap().len(), 25);
        let figures = send(replica.address, "GET", "/metrics", "", LIMIT).await.unwrap();
        assert_eq!((figures.figure("eventpact_store_loss_alarm"), figures.figure("eventpact_ready")), ("0", "1"));
    }
    drop((one, other));
    assert_eq!(database.sql("SELECT (SELECT min(seq) FROM prune.changes) = trimmed + 1 FROM prune.head").trim(), "t");
    let mut verify = std::process::Command::new(eventpact_tests::program("eventpact"));
    verify.args(["registry", "audit", "--verify", "--url", &format!("http://{}", plain.address)]);
    let output = verify.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("were let go") && said.contains("whole: "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_an_older_layout_is_brought_to_the_new_one() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("old");
    let mut replica = Replica::start(&store);
    write(replica.address, 0, 3).await;
    replica.kill();
    database.sql("ALTER TABLE old.head DROP trimmed, DROP keep, DROP keep_for; UPDATE old.head SET layout = 2");
    let replicas = Replica::several(2, &store);
    write(replicas[0].address, 3, 6).await;
    let listed = send(replicas[1].address, "GET", "/subjects", "", LIMIT).await.unwrap();
    assert_eq!(listed.text, r#"["s0","s1","s2","s3","s4","s5"]"#);
    assert_eq!(database.sql("SELECT layout, trimmed, seq FROM old.head").trim(), "3|0|6");
}
