//! A server in this process, and requests to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use eventpact_registry::{Options, Server, StoreSpec};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server that runs until it is stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Running {
    pub(crate) async fn start(store: StoreSpec) -> Self {
        let options = Options::new(([127, 0, 0, 1], 0).into(), store);
        let server = Server::bind(&options).await.expect("the server starts");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let address = server.address();
        let task = tokio::spawn(server.run(async move { drop(stopped.await) }));
        Self { address, stop, task }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let host = self.address;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nUser-Agent: case\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.expect("the server takes connections");
        stream.write_all(head.as_bytes()).await.expect("the request is taken");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("an answer comes");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {method} {path}: {text}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, body: body.to_owned() }
    }

    /// Waits until a write would be taken.
    pub(crate) async fn ready(&self) {
        let start = Instant::now();
        while self.send("GET", "/readyz", None).await.status != 200 {
            assert!(start.elapsed() < Duration::from_secs(90), "it is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.expect("the server stops");
    }
}
