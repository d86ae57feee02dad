//! Whole requests, as bytes on a socket, against a registry that listens: whatever they are, each is answered, and none with a
//! fault of ours.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use eventpact_registry::{Options, Server, StoreSpec};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Requests of one input, the first ones of it.
const MOST: usize = 12;

/// Far longer than the server takes to give a request up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the input does not decide, or the server would wait for bytes that never come.
const OURS: [&str; 6] = ["host", "connection", "content-length", "transfer-encoding", "expect", "upgrade"];

/// Sends each part between NUL bytes to a registry that is empty before the first: a line `METHOD TARGET`, lines of headers, an
/// empty line, the body.
pub fn router(data: &[u8]) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    });
    let options = Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Memory);
    let server = runtime.block_on(Server::bind(&options)).expect("it listens");
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async move { drop(stopped.await) }));
    for part in data.split(|byte| *byte == 0).take(MOST) {
        answered(address, &request(part));
    }
    drop(stop);
    runtime.block_on(running).expect("the server ends without a panic");
}

/// A part of the input as a request that has a length.
fn request(part: &[u8]) -> Vec<u8> {
    let end = part.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((part, &[][..]), |end| (&part[..end], &part[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut bytes = lines.next().unwrap_or_default().to_vec();
    bytes.extend_from_slice(b" HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n");
    for line in lines.filter(|line| !line.is_empty()) {
        let name =
            String::from_utf8_lossy(line.split(|byte| *byte == b':').next().unwrap_or_default()).trim().to_ascii_lowercase();
        if !OURS.contains(&name.as_str()) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn answered(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("it takes the connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit of time");
    // A refusal may be there before all is sent, and the rest is not taken then.
    let sent = stream.write_all(request);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            assert!(!answer.is_empty() || sent.is_err() || request.len() > 8192, "the connection was reset without an answer");
        }
        Err(error) => panic!("no answer: {error}"),
    }
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = head.strip_prefix("http/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse::<u16>().ok());
    let status = status.expect("an answer of HTTP begins with its status");
    assert!(status < 500, "{}", String::from_utf8_lossy(&answer));
    let body = &answer[end + 4..];
    // A schema alone is called JSON too, as the original calls it, whatever it is.
    if status >= 400 && head.contains("json") && !head.contains("transfer-encoding") && !body.is_empty() {
        let value: serde_json::Value = serde_json::from_slice(body).expect("what is called JSON is JSON");
        assert!(value["error_code"].is_i64() && value["message"].is_string(), "a refusal says why: {value}");
    }
}
