//! Those who ask too much, too slowly, or nothing at all; the others are answered meanwhile.

#![allow(clippy::print_stdout)] // the tests tell what they measured

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eventpact_registry::Rate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_are_bounded() {
    let running = start(|_| {}).await;
    let long = |length: usize| format!("/subjects/{}", "x".repeat(length));
    assert_eq!(get(running.address, &long(9000), &[]).await.status, 414);
    assert_eq!(get(running.address, &format!("/schemas?subjectPrefix={}", "x".repeat(8192)), &[]).await.status, 414);
    let header = format!("X-Long: {}", "x".repeat(17 * 1024));
    assert_eq!(get(running.address, "/subjects", &[&header]).await.status, 431);
    let many: Vec<String> = (0..150).map(|n| format!("X-{n}: a")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(get(running.address, "/subjects", &many).await.status, 431);
    let body = "x".repeat(1024 * 1024 + 1);
    assert_eq!(post(running.address, "/subjects/s", &body).await.status, 413);
    assert!(post(running.address, "/subjects/s/versions", &body).await.body.contains("42209"));
    // The length is not told before: counted as it comes.
    let mut chunked =
        String::from("POST /subjects/s HTTP/1.1\r\nHost: r\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..40 {
        chunked.extend(["8000\r\n", &"x".repeat(0x8000), "\r\n"]);
    }
    assert_eq!(send(running.address, &(chunked + "0\r\n\r\n")).await.status, 413);
    // What is said to be packed with gzip and is not is taken as it is, as the original does; no other packing is undone.
    let packed = |by: &str| {
        let by = format!("Content-Encoding: {by}");
        request("POST", "/subjects/s", &["Content-Type: application/json", &by], r#"{"schema":"\"int\""}"#)
    };
    assert_eq!(send(running.address, &packed("gzip")).await.status, 404);
    assert_eq!(send(running.address, &packed("br")).await.status, 415);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_bounded_for_each_address_and_principal() {
    let folder = tempfile::tempdir().unwrap();
    let users = file(&folder, "users", &(user("alice", "a") + &user("bob", "b")));
    let slow = Some(Rate { per_second: 0.01, burst: 3 });
    let running = start(|options| {
        options.security.basic = Some(eventpact_registry::BasicSettings::new(users));
        options.limits.principal = slow;
        options.limits.address_writes = Some(Rate { per_second: 0.01, burst: 1 });
    })
    .await;
    let (alice, bob) = (basic("alice", "a"), basic("bob", "b"));
    for _ in 0..3 {
        assert_eq!(get(running.address, "/subjects", &[&alice]).await.status, 200);
    }
    let refused = get(running.address, "/subjects", &[&alice]).await;
    assert_eq!((refused.status, refused.header("Retry-After").len()), (429, 1));
    assert_eq!(refused.body, r#"{"error_code":429,"message":"Too many requests; try again later"}"#);
    assert_eq!(get(running.address, "/healthz", &[]).await.status, 200);
    let write = request("PUT", "/config", &[&bob, "Content-Type: application/json"], r#"{"compatibility":"FULL"}"#);
    assert_eq!(send(running.address, &write).await.status, 200);
    assert_eq!(send(running.address, &write).await.status, 429);
    assert_eq!(get(running.address, "/config", &[&bob]).await.status, 200, "reading is counted apart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_cannot_write() {
    let running = start(|_| {}).await;
    let body = r#"{"compatibility":"NONE"}"#;
    let put = |header: &'static str| {
        let text = request("PUT", "/config", &["Content-Type: application/json", header], body);
        async move { send(running.address, &text).await.status }
    };
    for bad in ["Origin: http://evil", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"] {
        assert_eq!(put(bad).await, 403, "{bad}");
    }
    for good in ["Origin: http://registry", "Sec-Fetch-Site: same-origin", "X-Nothing: 1"] {
        assert_eq!(put(good).await, 200, "{good}");
    }
}

/// Memory of this process, in KiB, where the system tells it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|line| line.starts_with("VmRSS:"))?.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_idle_connections_do_not_stop_the_service() {
    let running = start(|_| {}).await;
    let before = memory();
    let mut idle = Vec::new();
    for _ in 0..5000 {
        match TcpStream::connect(running.address).await {
            Ok(stream) => idle.push(stream),
            // Both ends live in this process, so few open files are allowed here.
            Err(error) => {
                println!("SKIPPED: more than {} connections: {error}", idle.len());
                break;
            }
        }
    }
    // Half of them have asked something before.
    for stream in idle.iter_mut().step_by(2) {
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: r\r\n\r\n").await;
    }
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(get(running.address, "/subjects", &[]).await.status, 200);
    }
    let each = start.elapsed() / 100;
    println!("{} idle connections: {each:?} for each request, memory {before:?} → {:?} KiB", idle.len(), memory());
    assert!(each < Duration::from_millis(200), "{each:?}");
    if let (Some(before), Some(after)) = (before, memory()) {
        assert!(after.saturating_sub(before) < 200 * 1024, "{before} → {after} KiB");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_its_host_once() {
    let running = start(|_| {}).await;
    for (version, hosts, status) in [
        ("1.1", "", 400),
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.1", "Host: a\r\n", 200),
        ("1.1", "Host:\r\n", 200),
        ("1.0", "", 200),
        ("1.0", "Host: a\r\nHost: b\r\n", 400),
    ] {
        // What was refused is the last on its connection, though it did not ask for that; pages and the rest alike.
        for path in ["/subjects", "/healthz", "/ui/"] {
            let more = if status == 200 { "Connection: close\r\n" } else { "Connection: keep-alive\r\n" };
            let reply = send(running.address, &format!("GET {path} HTTP/{version}\r\n{hosts}{more}\r\n")).await;
            assert_eq!(reply.status, status, "{version} {hosts:?} {path}: {}", reply.body);
            assert_eq!(reply.body.contains(r#""error_code":400"#), status == 400, "{}", reply.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_there_are_too_many_connections_the_idle_ones_make_room() {
    let running = start(|options| options.limits.connections = 50).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(running.address).await.unwrap());
    }
    for _ in 0..20 {
        assert_eq!(get(running.address, "/subjects", &[]).await.status, 200);
    }
    let closed = tokio::time::timeout(Duration::from_secs(30), idle[0].read(&mut [0])).await.expect("the oldest is closed");
    assert!(matches!(closed, Ok(0) | Err(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_send_a_byte_a_second_are_closed_and_the_others_served() {
    let running = start(|_| {}).await;
    let gone = Count::new(AtomicUsize::new(0));
    let start = Instant::now();
    let slow = (0..200).map(|n| {
        let (address, gone) = (running.address, Arc::clone(&gone));
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Half of them are slow with the head of a request, half with its body, which has more time.
            let head = if n % 2 == 0 {
                "GET / HTTP/1.1\r\nX-"
            } else {
                "POST /subjects/s HTTP/1.1\r\nHost: r\r\nContent-Length: 999\r\n\r\n"
            };
            let _ = stream.write_all(head.as_bytes()).await;
            let mut buffer = [0; 1024];
            loop {
                tokio::select! {
                    read = stream.read(&mut buffer) => if !matches!(read, Ok(1..)) { break },
                    () = tokio::time::sleep(Duration::from_secs(1)) => if stream.write_all(b"x").await.is_err() { break },
                }
            }
            gone.fetch_add(1, Ordering::SeqCst);
            (n % 2 == 0, start.elapsed())
        })
    });
    let slow: Vec<_> = slow.collect();
    while start.elapsed() < Duration::from_secs(5) {
        let asked = Instant::now();
        assert_eq!(get(running.address, "/subjects", &[]).await.status, 200);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gone.load(Ordering::SeqCst), 0, "nobody is closed before the time");
    let mut heads = Duration::ZERO;
    for task in slow {
        let (head, elapsed) = tokio::time::timeout(Duration::from_secs(90), task).await.expect("all are closed").unwrap();
        if head {
            heads = heads.max(elapsed);
        }
    }
    println!("slow heads were closed after {heads:?}, all after {:?}", start.elapsed());
    assert!(heads < Duration::from_secs(25), "{heads:?}");
}

/// The binary, which is killed when this goes.
struct Process {
    child: std::process::Child,
    address: std::net::SocketAddr,
}

impl Process {
    fn start() -> Self {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_eventpact-registry"));
        command.args(["--listen", "127.0.0.1:0", "--store", "memory:"]).stdout(std::process::Stdio::piped());
        let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it has a stdout");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("it says where it listens");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next()).and_then(|text| text.parse().ok());
        Self { child, address: address.expect("an address") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks for checks until told to stop; counts what came back.
async fn ask(address: std::net::SocketAddr, body: Arc<String>, stop: Arc<AtomicBool>, good: Count, shed: Count) {
    while !stop.load(Ordering::SeqCst) {
        let text = request("POST", "/compatibility/subjects/s/versions", &["Content-Type: application/json"], &body);
        let Ok(mut stream) = TcpStream::connect(address).await else { continue };
        match talk(&mut stream, &text).await {
            Ok(reply) if reply.status == 200 => drop(good.fetch_add(1, Ordering::SeqCst)),
            Ok(reply) => {
                assert!(matches!(reply.status, 429 | 503), "{}", reply.status);
                assert_eq!(reply.header("Retry-After").len(), 1);
                shed.fetch_add(1, Ordering::SeqCst);
                // As it was told.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(_) => drop(shed.fetch_add(1, Ordering::SeqCst)),
        }
    }
}

async fn goodput(address: std::net::SocketAddr, body: &Arc<String>, clients: usize) -> (f64, usize) {
    let (stop, good, shed) = (Arc::new(AtomicBool::new(false)), Count::default(), Count::default());
    let start = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| tokio::spawn(ask(address, Arc::clone(body), Arc::clone(&stop), Arc::clone(&good), Arc::clone(&shed))))
        .collect();
    tokio::time::sleep(Duration::from_secs(6)).await;
    stop.store(true, Ordering::SeqCst);
    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    let rate = good.load(Ordering::SeqCst) as f64 / start.elapsed().as_secs_f64();
    for task in tasks {
        task.await.unwrap();
    }
    (rate, shed.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_is_refused_in_part_and_the_rest_answered() {
    // A process of its own, so that the clients do not take its threads.
    let mut process = Process::start();
    let fields: Vec<String> =
        (0..200).map(|n| format!(r#"{{\"name\":\"f{n}\",\"type\":[\"null\",\"string\"],\"default\":null}}"#)).collect();
    let body = format!(r#"{{"schema":"{{\"type\":\"record\",\"name\":\"R\",\"fields\":[{}]}}"}}"#, fields.join(","));
    assert_eq!(post(process.address, "/subjects/s/versions", &body).await.status, 200);
    let body = Arc::new(body);
    let (peak, _) = goodput(process.address, &body, 16).await;
    let (under, shed) = goodput(process.address, &body, 1600).await;
    println!("16 clients: {peak:.0} checks/s; 1600 clients: {under:.0} checks/s, {shed} refused");
    assert!(shed > 0, "nothing was refused");
    // The clients take their part of the same machine, and other tests run beside it.
    assert!(under > peak * 0.2, "{under} of {peak}");
    assert_eq!(get(process.address, "/healthz", &[]).await.status, 200);
    assert!(process.child.try_wait().unwrap().is_none(), "it still runs");
}
