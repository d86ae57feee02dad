//! A server that is cut off from the database without a word: in a network namespace of its own, whose packets are dropped.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_tests::postgres::Postgres;

use crate::http::send;
use crate::ledger::Ledger;
use crate::replica::Replica;

/// A namespace with two cables to this machine: one for clients, one to the database.
struct Namespace {
    number: u32,
}

fn ip(words: &str) -> bool {
    let status =
        Command::new("ip").args(words.split(' ')).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Namespace {
    /// `None`, and a line that says so, where that is not permitted.
    fn make() -> Option<Self> {
        let number = std::process::id() % 200 + 20;
        let namespace = Self { number };
        let mut steps = vec![format!("netns add {}", namespace.name())];
        for (cable, net) in [("evc", "10.213"), ("evd", "10.214")] {
            steps.extend([
                format!("link add {cable}{number} type veth peer name {cable} netns {}", namespace.name()),
                format!("addr add {net}.{number}.1/24 dev {cable}{number}"),
                format!("link set dev {cable}{number} up"),
                format!("-n {} addr add {net}.{number}.2/24 dev {cable}", namespace.name()),
                format!("-n {} link set dev {cable} up", namespace.name()),
            ]);
        }
        for step in &steps {
            if !ip(step) {
                println!("SKIPPED: `ip {step}` is not permitted here (it needs root and CAP_NET_ADMIN)");
                return None;
            }
        }
        Some(namespace)
    }

    fn name(&self) -> String {
        format!("eventpact-{}", self.number)
    }

    /// Unplugs the cable to the database, or plugs it in: packets vanish, nobody is told.
    fn plugged(&self, plugged: bool) {
        let way = if plugged { "up" } else { "down" };
        assert!(ip(&format!("link set dev evd{} {way}", self.number)));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.name()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_cut_off_refuses_what_it_cannot_know_and_catches_up_later() {
    let Some(database) = Postgres::start() else { return };
    let Some(namespace) = Namespace::make() else { return };
    let outside = Replica::start(&database.store("cut"));
    let store = database.store("cut").replace("127.0.0.1", &format!("10.214.{}.1", namespace.number));
    let listen = format!("10.213.{}.2:0", namespace.number);
    let inside = Replica::start_in(&["ip", "netns", "exec", &namespace.name()], &store, &listen);
    let addresses = [outside.address, inside.address];
    let limit = Duration::from_secs(20);
    let ledger = Arc::new(Ledger::default());
    let int = r#"{"schema":"\"int\""}"#;
    let id = send(inside.address, "POST", "/subjects/s/versions", int, limit).await.unwrap().number("id");
    for round in 0..crate::rounds(2, 20) {
        let clients = ledger.clients(4, &addresses);
        tokio::time::sleep(Duration::from_millis(300)).await;
        namespace.plugged(false);
        for _ in 0..6 {
            let start = Instant::now();
            let read = send(inside.address, "GET", &format!("/schemas/ids/{id}"), "", limit).await.unwrap();
            assert!(read.status == 200 && start.elapsed() < Duration::from_secs(2), "a read by id took {:?}", start.elapsed());
            for (method, path, body) in [("GET", "/subjects/s/versions", ""), ("POST", "/subjects/cut/versions", int)] {
                let start = Instant::now();
                let answer = send(inside.address, method, path, body, limit).await.unwrap();
                assert_eq!(answer.status, 503, "{method} {path}: {:?}", answer.body);
                assert!(start.elapsed() < crate::ANSWER, "{method} {path} took {:?}", start.elapsed());
            }
            let path = format!("/subjects/out-{round}/versions");
            assert_eq!(send(outside.address, "POST", &path, int, limit).await.unwrap().status, 200);
        }
        namespace.plugged(true);
        println!("ready {:?} after the cable was plugged in", inside.ready_within(limit).await);
        let path = format!("/subjects/out-{round}/versions");
        assert_eq!(send(inside.address, "GET", &path, "", limit).await.unwrap().body.to_string(), "[1]");
        ledger.stop(clients).await;
    }
    for address in addresses {
        ledger.verify(address).await;
    }
}
