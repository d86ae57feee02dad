//! A start over a large database.

use std::time::{Duration, Instant};

use eventpact_tests::postgres::Postgres;

use crate::http::send;
use crate::replica::Replica;

const LIMIT: Duration = Duration::from_secs(20);

const SCHEMAS: usize = 100_000;

/// A build without optimisation on a busy machine; the figures are printed.
const START: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_schemas_are_there_as_soon_as_it_listens() {
    let Some(database) = Postgres::start() else { return };
    let store = database.store("many");
    Replica::start(&store).kill();
    // Written past the server, as what it would have written itself.
    let text =
        r#"'{"type":"record","name":"R' || n || '","fields":[{"name":"id","type":"long","doc":"' || repeat('x', 300) || '"}]}'"#;
    database.sql(&format!(
        "INSERT INTO many.contexts VALUES ('.', {SCHEMAS} + 1, true);
         INSERT INTO many.schemas SELECT '.', n, md5(t)::uuid, 'AVRO', t, '[]', NULL, NULL, false
             FROM (SELECT n, {text} AS t FROM generate_series(1, {SCHEMAS}) AS n) AS texts;
         INSERT INTO many.versions SELECT '.', 's' || n % 10000, (n - 1) / 10000 + 1, n, false, 0
             FROM generate_series(1, {SCHEMAS}) AS n"
    ));
    let begun = Instant::now();
    let replica = Replica::start(&store);
    let listens = begun.elapsed();
    let ready = send(replica.address, "GET", "/readyz", "", LIMIT).await.unwrap();
    assert_eq!((ready.status, ready.body["status"].as_str()), (200, Some("ready")));
    let last = send(replica.address, "GET", &format!("/schemas/ids/{SCHEMAS}"), "", LIMIT).await.unwrap();
    assert!(last.body["schema"].as_str().unwrap().contains(&format!("\"R{SCHEMAS}\"")));
    let new = send(replica.address, "POST", "/subjects/new/versions", r#"{"schema":"\"int\""}"#, LIMIT).await.unwrap();
    assert_eq!(usize::try_from(new.number("id")).unwrap(), SCHEMAS + 1);
    println!("{SCHEMAS} schemas: it listens after {listens:?}, a write is accepted after {:?}", begun.elapsed());
    assert!(listens < START, "{listens:?}");
    let figures = send(replica.address, "GET", "/metrics", "", LIMIT).await.unwrap();
    println!("{:.0} MiB of memory", figures.figure("process_resident_memory_bytes").parse::<f64>().unwrap() / (1024.0 * 1024.0));
}
