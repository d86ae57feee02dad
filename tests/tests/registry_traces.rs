//! Spans of the registry, as a collector gets them: a real process, and a receiver of OTLP that decodes what comes.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventpact_tests::program;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Generous: a loaded machine with two cores.
const SOON: Duration = Duration::from_secs(60);

/// Keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    fn spans(&self) -> Vec<Span> {
        let all = self.0.lock().unwrap();
        let scopes = all.iter().flat_map(|request| &request.resource_spans).flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

/// Killed when it goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    let value = span.attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

async fn get(host: &str, path: &str, headers: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let text = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_a_span_for_each_request_and_no_secret() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let service = TraceServiceServer::new(collector.clone());
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));

    let folder = tempfile::tempdir().unwrap();
    let eventpact = program("eventpact");
    let mut hashing = Command::new(&eventpact);
    let mut hashing =
        hashing.args(["serve", "hash-password", "alice"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    hashing.stdin.take().unwrap().write_all(b"open-sesame\n").unwrap();
    std::fs::write(folder.path().join("users"), hashing.wait_with_output().unwrap().stdout).unwrap();
    let mut command = Command::new(&eventpact);
    command.args(["serve", "--listen", "127.0.0.1:0", "--store", "memory:", "--users", "users"]).current_dir(folder.path());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "100");
    let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut output = BufReader::new(running.0.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let host = line.split("http://").nth(1).unwrap().split([',', ' ']).next().unwrap().to_owned();

    let login = "Authorization: Basic YWxpY2U6b3Blbi1zZXNhbWU=\r\n"; // alice:open-sesame
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let path = "/subjects/hush-hush/versions/latest?note=private";
    assert!(get(&host, path, &format!("{login}{trace}")).await.starts_with("HTTP/1.1 404"));
    assert!(get(&host, path, "").await.starts_with("HTTP/1.1 401"));
    assert!(get(&host, "/nowhere", login).await.starts_with("HTTP/1.1 404"));
    let start = Instant::now();
    while collector.spans().len() < 3 {
        assert!(start.elapsed() < SOON, "{} of 3 spans came", collector.spans().len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let spans = collector.spans();
    let route = "/subjects/{subject}/versions/{version}";
    let known = spans.iter().find(|span| attribute(span, "http.route").is_some()).expect("a span with a route");
    assert_eq!(known.name, format!("GET {route}"));
    assert_eq!((attribute(known, "http.route").as_deref(), known.kind), (Some(route), 2));
    assert_eq!(attribute(known, "http.request.method").as_deref(), Some("GET"));
    assert_eq!(attribute(known, "http.response.status_code").as_deref(), Some("404"));
    assert_eq!(attribute(known, "enduser.pseudo.id").map(|id| id.len()), Some(16));
    assert_eq!(known.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!(known.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert!(known.end_time_unix_nano > known.start_time_unix_nano);
    let status = |span: &Span| attribute(span, "http.response.status_code").unwrap();
    let others: Vec<_> = spans.iter().filter(|span| attribute(span, "http.route").is_none()).collect();
    assert!(others.iter().any(|span| status(span) == "401" && attribute(span, "enduser.pseudo.id").is_none()), "{others:?}");
    assert!(others.iter().all(|span| span.parent_span_id.is_empty()), "nobody else's trace");
    let everything = format!("{:?}", collector.0.lock().unwrap());
    assert!(everything.contains("eventpact-registry"));
    for secret in ["alice", "sesame", "YWxpY2U6", "hush", "private"] {
        assert!(!everything.contains(secret), "{secret} is in the spans");
    }
}
