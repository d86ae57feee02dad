//! gRPC, and HTTP/2 in general: the same gate, rules and limits as on HTTP/1.

use eventpact_registry::{BasicSettings, CertificateSettings, Rule, TlsSettings};
use eventpact_registry_client::grpc::messages::watch_event::Event;
use eventpact_registry_client::grpc::messages::{
    ListSubjectsRequest, ListSubjectsResponse, RegisterRequest, Schema, SchemaVersion, WatchEvent, WatchRequest,
};
use hyper_util::rt::TokioIo;
use prost::Message;
use tokio::net::TcpStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::certificates::{Authority, client};
use super::support::*;

/// A client, and what it says of itself.
#[derive(Clone)]
struct Asks {
    grpc: Grpc<Channel>,
    authorization: Option<String>,
}

impl Asks {
    async fn of(running: &Running, authorization: Option<String>) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
        let authorization = authorization.map(|header| header.trim_start_matches("Authorization: ").to_owned());
        Self { grpc: Grpc::new(endpoint.connect().await.unwrap()), authorization }
    }

    fn request<Q>(&self, asked: Q) -> Request<Q> {
        let mut request = Request::new(asked);
        if let Some(value) = &self.authorization {
            request.metadata_mut().insert("authorization", value.parse().unwrap());
        }
        request
    }

    async fn call<Q, A>(&self, name: &str, asked: Q) -> Result<A, Status>
    where
        Q: Message + Default + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let path = PathAndQuery::try_from(format!("/eventpact.registry.v1.Registry/{name}")).unwrap();
        let mut grpc = self.grpc.clone();
        grpc.ready().await.unwrap();
        let answer = grpc.unary(self.request(asked), path, ProstCodec::<Q, A>::default()).await?;
        Ok(answer.into_inner())
    }

    async fn register(&self, subject: &str) -> Result<SchemaVersion, Status> {
        let schema = Schema { schema: "\"int\"".into(), ..Schema::default() };
        self.call("Register", RegisterRequest { subject: subject.into(), schema: Some(schema), ..RegisterRequest::default() })
            .await
    }

    async fn subjects(&self) -> Result<Vec<String>, Status> {
        let answer: ListSubjectsResponse = self.call("ListSubjects", ListSubjectsRequest::default()).await?;
        Ok(answer.subjects)
    }

    async fn watch(&self, from: Option<&str>) -> Result<Streaming<WatchEvent>, Status> {
        let path = PathAndQuery::from_static("/eventpact.registry.v1.Registry/Watch");
        let mut grpc = self.grpc.clone();
        grpc.ready().await.unwrap();
        let asked = WatchRequest { from: from.map(str::to_owned), subject_prefix: String::new() };
        let codec = ProstCodec::<WatchRequest, WatchEvent>::default();
        Ok(grpc.server_streaming(self.request(asked), path, codec).await?.into_inner())
    }
}

fn told(status: &Status) -> (Code, &str) {
    (status.code(), status.metadata().get("error-code").map_or("", |code| code.to_str().unwrap()))
}

fn rule(who: &str, subjects: &str, allow: &[&str]) -> Rule {
    Rule { who: vec![who.into()], subjects: vec![subjects.into()], allow: allow.iter().map(|verb| (*verb).into()).collect() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_need_the_rights_of_rest_and_a_watch_shows_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &(user("alice", "one") + &user("bob", "two")));
    let running = start(|options| {
        options.security.basic = Some(BasicSettings::new(users.clone()));
        options.security.rules = vec![rule("alice", ":*:*", &["all"]), rule("bob", "b*", &["read"])];
    })
    .await;
    let nobody = Asks::of(&running, None).await;
    assert_eq!(told(&nobody.register("b1").await.unwrap_err()), (Code::Unauthenticated, "401"));
    assert_eq!(told(&nobody.watch(None).await.unwrap_err()), (Code::Unauthenticated, "401"));
    let wrong = Asks::of(&running, Some(basic("alice", "two"))).await;
    assert_eq!(told(&wrong.subjects().await.unwrap_err()), (Code::Unauthenticated, "401"));
    let (alice, bob) =
        (Asks::of(&running, Some(basic("alice", "one"))).await, Asks::of(&running, Some(basic("bob", "two"))).await);
    let mut events = bob.watch(None).await.unwrap();
    assert!(matches!(events.message().await.unwrap().unwrap().event, Some(Event::Started(_))));
    for subject in ["a1", "b1", ":.eu:b1", "b2"] {
        alice.register(subject).await.unwrap();
    }
    assert_eq!(told(&bob.register("b1").await.unwrap_err()), (Code::PermissionDenied, "40301"));
    assert_eq!(bob.subjects().await.unwrap(), ["b1", "b2"]);
    let mut subjects = async || loop {
        match events.message().await.unwrap().unwrap().event {
            Some(Event::Version(version)) => return version.subject,
            Some(Event::Heartbeat(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((subjects().await, subjects().await), ("b1".to_owned(), "b2".to_owned()));
    // The present state shows no more either.
    let mut present = bob.watch(Some("4711")).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = present.message().await.unwrap() {
        match event.event {
            Some(Event::Version(version)) => seen.push(version.subject),
            Some(Event::SnapshotDone(_)) => break,
            _ => {}
        }
    }
    assert_eq!(seen, ["b1", "b2"]);

    // Somebody who may not come in any more does not go on listening.
    file(&folder, "users", &user("alice", "one"));
    let end = tokio::time::timeout(std::time::Duration::from_secs(60), async {
        loop {
            match present.message().await {
                Err(status) => return status,
                Ok(event) => assert!(event.is_some(), "it ended without a reason"),
            }
        }
    });
    assert_eq!(told(&end.await.expect("it ends")), (Code::Unauthenticated, "401"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_counts_over_http2_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let (own, clients) = (Authority::new("own"), Authority::new("clients"));
    let (certificate, key) = own.issue(|_| {});
    let files = TlsSettings::new(file(&folder, "c.pem", &certificate), file(&folder, "k.pem", &key));
    let authorities = CertificateSettings::new(file(&folder, "clients.pem", &clients.pem));
    let running = start(|options| {
        options.security.tls = Some(files);
        options.security.certificates = Some(authorities);
        options.security.rules = vec![rule("alice", "a*", &["read", "write"])];
    })
    .await;
    let identity = clients.named(&["alice"]);
    let address = running.address;
    let connector = client(&own.pem, Some(&identity), &[&rustls::version::TLS13], &[b"h2"]);
    let connect = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
            Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, stream).await?))
        }
    });
    let channel = Endpoint::from_static("http://localhost").connect_with_connector(connect).await.unwrap();
    let alice = Asks { grpc: Grpc::new(channel), authorization: None };
    assert_eq!(alice.register("a1").await.unwrap().version, 1);
    assert_eq!(told(&alice.register("b1").await.unwrap_err()), (Code::PermissionDenied, "40301"));
    assert_eq!(alice.subjects().await.unwrap(), ["a1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_begins_like_http2_and_says_no_more_is_closed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let running = start(|_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"PR").await.unwrap();
    let begun = std::time::Instant::now();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(std::time::Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it is still open");
    assert!(begun.elapsed() >= std::time::Duration::from_secs(5), "a slow client has its time");
    // A method that begins with the same letter is served.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"P").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let rest = request("PUT", "/config", &["Content-Type: application/json"], r#"{"compatibility":"FULL"}"#);
    assert_eq!(talk(&mut stream, &rest[1..]).await.unwrap().status, 200);
}
