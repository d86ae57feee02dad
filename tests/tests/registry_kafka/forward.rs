//! A write at a process that stands by is done by the one that writes.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Process, SOON, ask, broker, get, record, store, topic, wait_for_writer};

/// A process that the others know the address of.
fn start(topic: &str) -> Process {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    Process::start_at(&format!("{}&advertise=http://127.0.0.1:{port}", store(topic)), &format!("127.0.0.1:{port}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_may_write_at_any_process() {
    let _broker = broker().await;
    let topic = topic("forward");
    let mut processes = vec![start(&topic)];
    wait_for_writer(&[&processes[0]]).await;
    processes.push(start(&topic));
    let (writer, standby) = (&processes[0], &processes[1]);

    // It is ready as soon as it knows who writes.
    let begun = Instant::now();
    while get(&standby.url, "/readyz").await.unwrap().0 != 200 {
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!standby.writes().await, "two processes write");
    assert!(get(&standby.url, "/readyz").await.unwrap().1.contains(&writer.url));
    for number in 0..10 {
        let answer = standby.client().register(&format!("s{number}"), &record(&format!("R{number}"))).await.unwrap();
        // The one that took it, and the one that did it.
        for process in [standby, writer] {
            assert_eq!(process.client().version(&format!("s{number}"), 1).await.unwrap().id, answer.id);
        }
    }
    assert_eq!(standby.client().delete_subject("s3", false).await.unwrap(), [1]);
    assert!(!writer.client().subjects().await.unwrap().contains(&"s3".to_owned()));
    let level = r#"{"compatibility":"FULL"}"#;
    let kind = "Content-Type: application/json\r\n";
    let (status, head, body) = ask(&standby.url, "PUT", "/config/s4?x=%20", kind, level).await.unwrap();
    assert_eq!((status, body.as_str()), (200, r#"{"compatibility":"FULL"}"#));
    assert!(head.to_lowercase().contains("x-eventpact-sequence: "), "{head}");
    // Refusals are those of the writer, word for word.
    let (status, _, body) = ask(&standby.url, "PUT", "/mode/s4", kind, r#"{"mode":"NONSENSE"}"#).await.unwrap();
    assert!(status == 422 && body.contains("42204"), "{status} {body}");
    // What was sent on once is not sent on again.
    let headers = format!("{kind}X-Eventpact-Forwarded: 1\r\n");
    let (status, head, _) = ask(&standby.url, "PUT", "/config/s5", &headers, level).await.unwrap();
    assert!(status == 503 && head.to_lowercase().contains("retry-after"), "{head}");

    // The writer is gone: 503 at once, and after a while the other one writes itself.
    processes.remove(0).kill();
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let (status, _, body) = ask(&processes[0].url, "PUT", "/config/s6", kind, level).await.unwrap();
        if status == 200 {
            break;
        }
        assert!(status == 503 && asked.elapsed() < Duration::from_secs(5), "{status} {body} after {:?}", asked.elapsed());
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("it writes itself {:?} after the writer was killed", begun.elapsed());
    assert!(processes[0].writes().await);
}
