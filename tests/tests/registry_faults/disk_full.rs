//! A full disk: writes are refused at once, reads go on, and as soon as there is space again, so do writes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use eventpact_registry_client::{Client, ConfigUpdate, Error, RegisterRequest, SchemaType};
use eventpact_tests::served::Served;

/// A file system of 8 MiB in memory, unmounted when it is dropped.
struct Small(tempfile::TempDir);

impl Small {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then(|| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.path()).status().ok();
    }
}

fn big(number: usize) -> RegisterRequest {
    let doc = "x".repeat(60_000);
    let text = format!(r#"{{"type":"record","name":"Big{number}","doc":"{doc}","fields":[]}}"#);
    RegisterRequest::new(SchemaType::Avro, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writes_only_and_only_while_it_is_full() {
    let Some(small) = Small::mount() else {
        println!("skipped: a file system of 8 MiB cannot be mounted without being root");
        return;
    };
    fs::write(small.path().join("filler"), vec![1; 3 << 20]).expect("a filler");
    let served = Served::on_file(&small.path().join("registry.db")).expect("it starts");
    let client = Client::new(&served.url).expect("a client");
    client.set_config(None, &ConfigUpdate::level("NONE")).await.expect("a level");
    let mut stored = Vec::new();
    let refused = loop {
        let number = stored.len();
        let start = Instant::now();
        match client.register(&format!("s-{number}"), &big(number)).await {
            Ok(answer) => stored.push((answer.id, answer.schema.expect("a text"))),
            Err(error) => {
                assert!(start.elapsed() < Duration::from_secs(5), "a refusal took {:?}", start.elapsed());
                break error;
            }
        }
        assert!(number < 400, "the disk does not get full");
    };
    assert!(matches!(refused, Error::Refused { status: 503 | 507, .. }), "{refused}");
    assert!(!ready(&served.url).await, "/readyz is green although no write would succeed");
    for (id, text) in &stored {
        assert_eq!(Client::new(&served.url).expect("a client").schema_by_id(*id).await.expect("reads go on").schema, *text);
    }
    fs::remove_file(small.path().join("filler")).expect("space again");
    let start = Instant::now();
    let last = loop {
        match client.register("after", &big(1000)).await {
            Ok(answer) => break answer,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(20), "it does not recover: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    println!("{} stored before the disk was full; recovered {:?} after there was space", stored.len(), start.elapsed());
    assert!(ready(&served.url).await);
    drop(served);
    let served = Served::on_file(&small.path().join("registry.db")).expect("it starts again");
    let client = Client::new(&served.url).expect("a client");
    stored.push((last.id, last.schema.expect("a text")));
    for (id, text) in &stored {
        assert_eq!(client.schema_by_id(*id).await.expect("nothing is lost").schema, *text);
    }
}

async fn ready(url: &str) -> bool {
    let address = url.trim_start_matches("http://").to_owned();
    tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.starts_with("HTTP/1.1 200")
    })
    .await
    .expect("no panic")
}
