//! A write at a process that stands by is done by the one that writes.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use eventpact_registry_client::grpc::messages::{RegisterRequest, Schema, SchemaVersion};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

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
    knows_who_writes(standby).await;
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

/// It is ready as soon as it knows.
async fn knows_who_writes(standby: &Process) {
    let begun = Instant::now();
    while get(&standby.url, "/readyz").await.unwrap().0 != 200 {
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Registers by gRPC. With the answer goes the number of the newest change that it shows.
async fn register(url: &str, subject: &str, schema: &str, forwarded: bool) -> Result<(SchemaVersion, u64), Status> {
    let mut grpc = Grpc::new(Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap());
    grpc.ready().await.unwrap();
    let schema = Schema { schema: schema.to_owned(), ..Schema::default() };
    let asked =
        RegisterRequest { subject: subject.to_owned(), schema: Some(schema), normalize: true, ..RegisterRequest::default() };
    let mut request = Request::new(asked);
    if forwarded {
        request.metadata_mut().insert("x-eventpact-forwarded", "1".parse().unwrap());
    }
    let path = PathAndQuery::from_static("/eventpact.registry.v1.Registry/Register");
    let answer = grpc.unary(request, path, ProstCodec::<RegisterRequest, SchemaVersion>::default()).await?;
    let sequence = answer.metadata().get("x-eventpact-sequence").unwrap().to_str().unwrap().parse().unwrap();
    Ok((answer.into_inner(), sequence))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_grpc_may_write_at_any_process() {
    let _broker = broker().await;
    let topic = topic("forward-grpc");
    let mut processes = vec![start(&topic)];
    wait_for_writer(&[&processes[0]]).await;
    processes.push(start(&topic));
    let (writer, standby) = (&processes[0], &processes[1]);
    knows_who_writes(standby).await;

    let subject = ":.eu:or/ders %?&+";
    let (stored, sequence) = register(&standby.url, subject, "{\"type\": \"int\"}", false).await.unwrap();
    assert_eq!((stored.subject.as_str(), stored.version, stored.id), (subject, 1, 1));
    assert_eq!(stored.schema.unwrap().schema, "\"int\"", "normalized, as was asked for");
    for process in [standby, writer] {
        assert_eq!(process.client().version(subject, 1).await.unwrap().id, 1);
    }
    // A change that this process has shown before it answered, so nobody who goes by the number waits in vain.
    let (_, head, _) = ask(&standby.url, "GET", "/subjects?consistency=local", "", "").await.unwrap();
    let line = head.lines().find_map(|line| line.to_lowercase().strip_prefix("x-eventpact-sequence: ").map(str::to_owned));
    assert!(sequence > 0 && line.unwrap().parse::<u64>().unwrap() >= sequence, "{head}");
    let (again, _) = register(&standby.url, subject, "\"int\"", false).await.unwrap();
    assert_eq!((again.id, again.version), (1, 1));
    // Refusals are those of the writer.
    let code =
        |status: &Status| (status.code(), status.metadata().get("error-code").map(|code| code.to_str().unwrap().to_owned()));
    let refused = register(&standby.url, subject, "\"string\"", false).await.unwrap_err();
    assert_eq!(code(&refused), (Code::FailedPrecondition, Some("40901".to_owned())), "{refused:?}");
    let refused = register(&standby.url, subject, "{", false).await.unwrap_err();
    assert_eq!(code(&refused), (Code::InvalidArgument, Some("42201".to_owned())), "{refused:?}");
    // What was sent on once is not sent on again.
    let refused = register(&standby.url, "s", "\"long\"", true).await.unwrap_err();
    assert_eq!(code(&refused), (Code::Unavailable, Some("50004".to_owned())), "{refused:?}");
    // The writer is gone: told so, until this one writes itself.
    processes.remove(0).kill();
    let begun = Instant::now();
    loop {
        match register(&processes[0].url, "s", "\"long\"", false).await {
            Ok((stored, _)) => break assert_eq!(stored.version, 1),
            Err(status) => assert!(status.code() == Code::Unavailable && begun.elapsed() < SOON, "{status:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
