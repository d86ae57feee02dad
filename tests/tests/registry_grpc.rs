//! The registry over gRPC, in processes of its own: the calls answer as REST does, and the stream of changes leaves nothing out,
//! whatever happens to the server or however slow the client is.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test that cannot go on says so by panicking

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_registry::{Options, Server, StoreSpec};
use eventpact_registry_client::grpc::Watch;
use eventpact_registry_client::grpc::messages::get_schema_request::By;
use eventpact_registry_client::grpc::messages::watch_event::Event;
use eventpact_registry_client::grpc::messages::{
    ById, ByText, ByVersion, CheckRequest, CheckResponse, GetSchemaRequest, ListSubjectsRequest, ListSubjectsResponse,
    ListVersionsRequest, ListVersionsResponse, RegisterRequest as Register, Schema, SchemaVersion, WatchEvent, WatchRequest,
};
use eventpact_registry_client::{Client, RegisterRequest, SchemaType};
use eventpact_tests::program;
use eventpact_tests::served::Served;
use prost::Message;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

/// Generous: a loaded machine with two cores.
const SOON: Duration = Duration::from_secs(90);

async fn channel(url: &str) -> Grpc<Channel> {
    let mut grpc = Grpc::new(Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap());
    grpc.ready().await.unwrap();
    grpc
}

async fn call<Q, A>(url: &str, name: &str, asked: Q) -> Result<A, Status>
where
    Q: Message + Default + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let path = PathAndQuery::try_from(format!("/eventpact.registry.v1.Registry/{name}")).unwrap();
    let answer = channel(url).await.unary(Request::new(asked), path, ProstCodec::<Q, A>::default()).await?;
    assert!(answer.metadata().get("x-eventpact-sequence").is_some());
    Ok(answer.into_inner())
}

fn code(status: &Status) -> (Code, &str) {
    (status.code(), status.metadata().get("error-code").map_or("", |code| code.to_str().unwrap()))
}

#[allow(clippy::unnecessary_wraps, reason = "a field of a message is optional")]
fn avro(text: &str) -> Option<Schema> {
    Some(Schema { schema: text.to_owned(), ..Schema::default() })
}

const V1: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
const V2: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_answer_as_rest_does() {
    let served = Served::start();
    let url = &served.url;
    let register = |text: &str| Register { subject: "orders-value".into(), schema: avro(text), ..Register::default() };
    let first: SchemaVersion = call(url, "Register", register(V1)).await.unwrap();
    assert_eq!((first.id, first.version, &*first.subject), (1, 1, "orders-value"));
    let again: SchemaVersion = call(url, "Register", register(V1)).await.unwrap();
    assert_eq!((again.id, again.version, &again.guid), (1, 1, &first.guid));

    let rest = Client::new(url).unwrap();
    let of_rest = rest.version("orders-value", 1).await.unwrap();
    let get = async |by: By| call::<_, SchemaVersion>(url, "GetSchema", GetSchemaRequest { by: Some(by), deleted: false }).await;
    for by in [
        By::Id(ById { id: 1, subject: String::new() }),
        By::Version(ByVersion { subject: "orders-value".into(), version: 0 }),
        By::Version(ByVersion { subject: "orders-value".into(), version: 1 }),
        By::Text(ByText { subject: "orders-value".into(), schema: avro(V1), normalize: false }),
    ] {
        let found = get(by.clone()).await.unwrap();
        assert_eq!((found.id, found.version, &*found.subject), (1, 1, "orders-value"), "{by:?}");
        let schema = found.schema.unwrap();
        assert_eq!((schema.schema, &*schema.schema_type), (of_rest.schema.clone(), "AVRO"), "{by:?}");
        assert_eq!(Some(found.guid), of_rest.guid);
    }
    let subjects: ListSubjectsResponse =
        call(url, "ListSubjects", ListSubjectsRequest { prefix: "ord".into(), deleted: false }).await.unwrap();
    assert_eq!(subjects.subjects, ["orders-value"]);
    let versions: ListVersionsResponse =
        call(url, "ListVersions", ListVersionsRequest { subject: "orders-value".into(), deleted: false }).await.unwrap();
    assert_eq!(versions.versions, [1]);

    // What is refused, and how it is judged.
    let refused = call::<_, SchemaVersion>(url, "Register", register(V2)).await.unwrap_err();
    assert_eq!(code(&refused), (Code::FailedPrecondition, "40901"), "{refused:?}");
    let asked = CheckRequest { subject: "orders-value".into(), schema: avro(V2), ..CheckRequest::default() };
    let report: CheckResponse = call(url, "Check", asked).await.unwrap();
    assert_eq!((&*report.verdict, report.accepted, &*report.level), ("incompatible", false, "BACKWARD"));
    let finding = &report.findings[0];
    assert_eq!(finding.rule, "avro/field-without-default");
    assert!(finding.witness.as_ref().is_some_and(|witness| !witness.encoded.is_empty()), "{finding:?}");
    let verdict = |level: &str| report.levels.iter().find(|told| told.level == level).map(|told| &*told.verdict);
    assert_eq!((verdict("BACKWARD"), verdict("FORWARD")), (Some("incompatible"), Some("compatible")));
    let unknown = get(By::Version(ByVersion { subject: "nobody".into(), version: 1 })).await.unwrap_err();
    assert_eq!(code(&unknown), (Code::NotFound, "40401"));
    let unknown = get(By::Id(ById { id: 99, subject: String::new() })).await.unwrap_err();
    assert_eq!(code(&unknown), (Code::NotFound, "40403"));
    let invalid = call::<_, SchemaVersion>(url, "Register", register("{")).await.unwrap_err();
    assert_eq!(code(&invalid), (Code::InvalidArgument, "42201"));
    for subject in ["", "..", "a\nb"] {
        let register = Register { subject: subject.into(), schema: avro(V1), ..Register::default() };
        let refused = call::<_, SchemaVersion>(url, "Register", register).await.unwrap_err();
        assert_eq!(code(&refused), (Code::InvalidArgument, "400"), "{subject:?}");
    }
    let large = call::<_, SchemaVersion>(url, "Register", register(&" ".repeat(2 << 20))).await.unwrap_err();
    assert_eq!(code(&large), (Code::ResourceExhausted, "413"));
    let nothing = call::<_, SchemaVersion>(url, "Unregister", register(V1)).await.unwrap_err();
    assert_eq!(nothing.code(), Code::Unimplemented);
}

/// The next event that is no heartbeat.
async fn next(watch: &mut Watch) -> WatchEvent {
    loop {
        let event = tokio::time::timeout(SOON, watch.next()).await.expect("an event in time").unwrap();
        if !matches!(event.event, Some(Event::Heartbeat(_))) {
            return event;
        }
    }
}

fn told(event: &WatchEvent) -> String {
    match event.event.as_ref().unwrap() {
        Event::Started(started) => format!("started {}", started.snapshot),
        Event::SnapshotDone(_) => "done".into(),
        Event::Version(v) => format!("{} {} id {}{}", v.subject, v.version, v.id, if v.deleted { " deleted" } else { "" }),
        Event::VersionRemoved(v) => format!("{} {} removed", v.subject, v.version),
        Event::Config(setting) => {
            let config: Value = serde_json::from_str(&setting.value).unwrap();
            format!("config {} {}", setting.scope, config["compatibilityLevel"].as_str().unwrap())
        }
        Event::Mode(setting) => format!("mode {} {}", setting.scope, setting.value),
        Event::Document(d) => format!("document {} {}{}", d.name, d.version, if d.deleted { " deleted" } else { "" }),
        Event::DocumentRemoved(d) => format!("document {} {} removed", d.name, d.version),
        Event::Heartbeat(_) => "heartbeat".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_over_rest_is_told_and_goes_on_where_it_was() {
    let served = Served::start();
    let client = Client::new(&served.url).unwrap();
    let (mut all, mut some) = (client.watch("", None), client.watch("a", None));
    assert_eq!(told(&next(&mut all).await), "started false");
    assert_eq!(told(&next(&mut some).await), "started false");
    let int = RegisterRequest::new(SchemaType::Avro, "\"int\"");
    client.register("b", &int).await.unwrap();
    client.register("a", &int).await.unwrap();
    client.register(":.eu:a", &int).await.unwrap();
    let first = next(&mut all).await;
    assert_eq!(told(&first), "b 1 id 1");
    let Some(Event::Version(version)) = &first.event else { unreachable!() };
    assert_eq!(version.schema.as_ref().unwrap().schema, "\"int\"");
    assert_eq!(told(&next(&mut all).await), "a 1 id 1");
    assert_eq!(told(&next(&mut all).await), ":.eu:a 1 id 1");
    assert_eq!(told(&next(&mut some).await), "a 1 id 1", "nothing of others");
    client.put_config(Some("a"), &json!({ "compatibility": "FULL" })).await.unwrap();
    client.set_mode(Some("a"), "READONLY", false).await.unwrap();
    assert_eq!(told(&next(&mut some).await), "config a FULL");
    assert_eq!(told(&next(&mut some).await), "mode a READONLY");

    // Where it was, from another connection: nothing twice, nothing left out.
    let mut later = client.watch("", Some(first.position.clone()));
    assert_eq!(told(&next(&mut later).await), "started false");
    assert_eq!(told(&next(&mut later).await), "a 1 id 1");
    // From the very beginning, which this process still knows.
    let mut from_zero = client.watch("", Some("0".into()));
    assert_eq!(told(&next(&mut from_zero).await), "started false");
    assert_eq!(told(&next(&mut from_zero).await), "b 1 id 1");
    // A number of another log, or of one that lost what it had: the present state.
    for from in ["4711", &format!("1-{}", uuid_of_nobody())] {
        let mut anew = client.watch("", Some(from.to_owned()));
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "done") {
            let event = next(&mut anew).await;
            assert_eq!(event.position.is_empty(), told(&event) != "done", "only the end of it can be gone on from");
            lines.push(told(&event));
        }
        let state = ["a 1 id 1", "b 1 id 1", ":.eu:a 1 id 1", "config a FULL", "mode a READONLY"];
        let expected: BTreeSet<&str> = ["started true", "done"].into_iter().chain(state).collect();
        assert_eq!(lines.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "from {from}");
    }
    let error = client.watch("", Some("soon".into())).next().await.unwrap_err().to_string();
    assert!(error.contains("'from'"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_told_as_schemas_are() {
    const SHOP: &str = "asyncapi: 3.0.0\ninfo: { title: Shop, version: 1.0.0 }\n";
    let served = Served::start();
    let client = Client::new(&served.url).unwrap();
    let (mut all, mut others) = (client.watch("", None), client.watch("other", None));
    for watch in [&mut all, &mut others] {
        assert_eq!(told(&next(watch).await), "started false");
    }
    client.put_document("shop", SHOP, false).await.unwrap();
    client.put_document("other", SHOP, false).await.unwrap();
    client.delete_document("shop", false).await.unwrap();
    let first = next(&mut all).await;
    assert_eq!(told(&first), "document shop 1");
    let Some(Event::Document(document)) = &first.event else { unreachable!() };
    assert_eq!((document.document.as_str(), document.sha256.len()), (SHOP, 64));
    assert_eq!(told(&next(&mut all).await), "document other 1");
    assert_eq!(told(&next(&mut all).await), "document shop 1 deleted");
    assert_eq!(told(&next(&mut others).await), "document other 1", "nothing of others");
    // The present state has them too.
    let mut anew = client.watch("", Some("4711".into()));
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "done") {
        lines.push(told(&next(&mut anew).await));
    }
    assert_eq!(lines, ["started true", "document other 1", "document shop 1 deleted", "done"]);
    assert_eq!(client.delete_document("shop", true).await.unwrap(), [1]);
    for watch in [&mut all, &mut anew] {
        assert_eq!(told(&next(watch).await), "document shop 1 removed");
    }
}

fn uuid_of_nobody() -> String {
    "0".repeat(31) + "1"
}

#[test]
fn the_command_line_prints_a_line_of_json_for_each_event() {
    let served = Served::start();
    let eventpact = program("eventpact");
    let watch = |arguments: &[&str]| {
        let mut command = Command::new(&eventpact);
        command.args(["registry", "watch", "--url", &served.url]).args(arguments).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut child = watch(&["--subject", "ord", "--count", "2"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&lines.next().expect("a line").unwrap()).unwrap() };
    assert_eq!(line()["event"], "started");
    let schema = tempfile::Builder::new().suffix(".avsc").tempfile().unwrap();
    std::fs::write(schema.path(), V1).unwrap();
    for subject in ["others", "orders"] {
        let mut command = Command::new(&eventpact);
        command.args(["registry", "register", "--url", &served.url, "--subject", subject]).arg(schema.path());
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }
    let registered = line();
    assert_eq!(
        (&registered["event"], &registered["subject"], &registered["version"]),
        (&json!("version"), &json!("orders"), &json!(1))
    );
    assert!(registered["schema"].as_str().unwrap().contains("\"R\""));
    assert!(child.wait().unwrap().success(), "--count is reached");

    let position = registered["position"].as_str().unwrap();
    let output = watch(&["--from", position, "--count", "1"]).wait_with_output().unwrap();
    let started: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&started["event"], &started["snapshot"]), (&json!("started"), &json!(false)));
}

/// A server on a port that stays the same, which is killed and comes back.
struct Mortal {
    child: Child,
    port: u16,
    store: String,
}

impl Mortal {
    fn start(store: String) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { child: Self::launch(port, &store), port, store }
    }

    fn launch(port: u16, store: &str) -> Child {
        let mut command = Command::new(program("eventpact"));
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--store", store]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("http://"), "it does not start: {line}");
        std::thread::spawn(move || output.lines().for_each(drop));
        child
    }

    fn kill_and_start(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::launch(self.port, &self.store);
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_misses_none_of_a_thousand_changes_while_the_server_is_killed() {
    const ALL: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let mut server = Mortal::start(format!("sqlite:{}", folder.path().join("r.db").display()));
    let client = Client::new(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let watching = {
        let (seen, mut watch) = (Arc::clone(&seen), client.watch("", None));
        assert_eq!(told(&next(&mut watch).await), "started false");
        tokio::spawn(async move {
            let (mut last, mut snapshots, mut in_snapshot) = (0, 0, false);
            loop {
                let event = next(&mut watch).await;
                match event.event.unwrap() {
                    Event::Started(started) => {
                        (in_snapshot, snapshots) = (started.snapshot, snapshots + usize::from(started.snapshot));
                    }
                    Event::SnapshotDone(_) => in_snapshot = false,
                    Event::Version(version) => {
                        assert!(in_snapshot || event.sequence == last + 1 || last == 0, "{} after {last}", event.sequence);
                        let mut seen = seen.lock().await;
                        seen.insert(version.subject);
                        if seen.len() == ALL {
                            return snapshots;
                        }
                    }
                    other => panic!("nobody did this: {other:?}"),
                }
                last = event.sequence;
            }
        })
    };
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let client = client.clone();
            tokio::spawn(async move {
                for n in (writer..ALL).step_by(4) {
                    let int = RegisterRequest::new(SchemaType::Avro, "\"int\"");
                    let start = Instant::now();
                    // Until it is acknowledged.
                    while let Err(error) = client.register(&format!("s-{n}"), &int).await {
                        assert!(error.is_retryable() && start.elapsed() < SOON, "{error}");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();
    for part in [ALL / 4, ALL / 2, 3 * ALL / 4] {
        let start = Instant::now();
        while seen.lock().await.len() < part {
            assert!(start.elapsed() < SOON, "{} of {part} changes", seen.lock().await.len());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::task::block_in_place(|| server.kill_and_start());
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // What was acknowledged is in the ledger: every subject. The watch must come to know all of them.
    let snapshots = tokio::time::timeout(SOON, watching).await.expect("all changes are told").unwrap();
    println!("{ALL} changes, 3 kills, {snapshots} times the present state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_too_slow_is_cut_off_with_its_position() {
    const ALL: usize = 6000;
    let server = Server::bind(&Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Memory)).await.unwrap();
    let url = format!("http://{}", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move { drop(stopped.await) }));

    let asked = WatchRequest { from: None, subject_prefix: String::new() };
    let path = PathAndQuery::from_static("/eventpact.registry.v1.Registry/Watch");
    let codec = ProstCodec::<WatchRequest, WatchEvent>::default();
    // The smallest window that HTTP/2 has by itself: what does not fit waits at the server.
    let endpoint = Endpoint::from_shared(url.clone()).unwrap();
    let endpoint = endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    let mut grpc = Grpc::new(endpoint.connect().await.unwrap());
    grpc.ready().await.unwrap();
    let mut stream = grpc.server_streaming(Request::new(asked), path, codec).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("it starts");
    // It takes nothing while more happens than is kept for it.
    let client = Client::new(&url).unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let client = client.clone();
            tokio::spawn(async move {
                for n in (writer..ALL).step_by(8) {
                    let subject = format!("s-{n}-{}", "x".repeat(200));
                    client.put_config(Some(&subject), &json!({ "compatibility": "FULL" })).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let (mut position, mut count) = (String::new(), 0);
    let status = loop {
        match stream.message().await {
            Ok(Some(event)) => {
                if matches!(event.event, Some(Event::Config(_))) {
                    count += 1;
                    assert_eq!(event.sequence, count, "nothing was left out before");
                    assert!(count < ALL as u64, "it was fast enough");
                }
                position = event.position;
            }
            Ok(None) => panic!("it ended without a reason after {count} changes"),
            Err(status) => break status,
        }
    };
    println!("cut off after {count} of {ALL} changes");
    assert_eq!(status.code(), Code::Aborted, "{status:?}");
    assert_eq!(status.metadata().get("position").unwrap().to_str().unwrap(), position);
    assert!(status.message().contains(&position), "{status:?}");
    // From there it goes on; what is not kept any more comes as the present state.
    let mut watch = client.watch("s-1", Some(position));
    assert_eq!(told(&next(&mut watch).await), "started true");
    let mut found = 0;
    while told(&next(&mut watch).await) != "done" {
        found += 1;
    }
    assert_eq!(found, (0..ALL).filter(|n| n.to_string().starts_with('1')).count());
    drop((watch, stream));
    drop(stop);
    tokio::time::timeout(SOON, running).await.expect("open streams do not hold up the end").unwrap();
}

#[test]
fn registry_proto_is_what_the_messages_are_made_of() {
    let folder = eventpact_tests::root().join("registry-server/proto");
    let set = protox::compile(["eventpact/registry/v1/registry.proto"], [&folder]).unwrap();
    let module = prost_build::Module::from_protobuf_package_name("eventpact.registry.v1");
    let files = set.file.into_iter().map(|file| (module.clone(), file)).collect();
    let made = prost_build::Config::new().generate(files).unwrap().remove(&module).unwrap();
    let head = "//! Made of registry-server/proto/eventpact/registry/v1/registry.proto: `cargo xtask bless registry_proto` makes it anew.";
    let made = format!("{head}\n\n{}", prettyplease::unparse(&syn::parse_file(&made).unwrap()));
    eventpact_tests::expect_text(&eventpact_tests::root().join("registry-client/src/grpc/messages.rs"), &made);
}
