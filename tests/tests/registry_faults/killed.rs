//! `kill -9` under load, again and again.

use std::time::{Duration, Instant};

use eventpact_registry_client::ClientBuilder;
use eventpact_tests::served::Served;

use super::ledger::Ledger;

/// Clients at once.
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let rounds = eventpact_tests::rounds(25, 1000) as u64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let (mut slowest, mut untold) = (Duration::ZERO, 0);
    let ledger = Ledger::default();
    for round in 0..rounds {
        let started = Instant::now();
        let served = Served::on_file(&path).unwrap_or_else(|output| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        slowest = slowest.max(started.elapsed());
        let client = || ClientBuilder::new([&served.url]).timeout(Duration::from_secs(20)).build().unwrap();
        if round == 0 {
            ledger.level(&client()).await;
        }
        untold += ledger.verify_new(&client()).await;
        let work: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(ledger.clone().work(client()))).collect();
        tokio::time::sleep(Duration::from_millis(60 + round * 37 % 90)).await;
        drop(served);
        for client in work {
            client.await.expect("no client saw a violation");
        }
    }
    let served = Served::on_file(&path).expect("it starts after the last round");
    ledger.verify_all(&ClientBuilder::new([&served.url]).build().unwrap()).await;
    let total = ledger.acknowledged();
    assert!(total > usize::try_from(rounds).unwrap() * 10, "only {total} versions were acknowledged: the load was too low");
    // Every change has its record, and no record is without its change: they are stored together.
    let records = super::audit::whole(&served);
    assert!(records > total, "{records} records of more than {total} changes");
    println!("{rounds} rounds: {total} versions acknowledged, 0 lost, {untold} stored untold; slowest start {slowest:?}");
}
