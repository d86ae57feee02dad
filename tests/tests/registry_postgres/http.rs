//! One request over HTTP/1.1, with the headers of the answer and a limit of time.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) text: String,
    head: String,
}

impl Answer {
    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The number of the change up to which the answer is good.
    pub(crate) fn sequence(&self) -> u64 {
        self.header("x-eventpact-sequence").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// A figure of the page of metrics, as it is written there.
    pub(crate) fn figure(&self, name: &str) -> &str {
        let line = self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not in {}", self.text))
    }

    /// Text of a field.
    pub(crate) fn number(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or(-1)
    }
}

/// Sends a request; `None` when no whole answer came within the time.
pub(crate) async fn send(at: SocketAddr, method: &str, path: &str, body: &str, limit: Duration) -> Option<Answer> {
    send_with(at, method, path, body, "", limit).await
}

/// With more headers, each ended by a line break.
pub(crate) async fn send_with(
    at: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
    headers: &str,
    limit: Duration,
) -> Option<Answer> {
    tokio::time::timeout(limit, exchange(at, method, path, body, headers)).await.ok()?
}

async fn exchange(at: SocketAddr, method: &str, path: &str, body: &str, headers: &str) -> Option<Answer> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}Content-Length: \
         {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(at).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok())?;
    (body.len() == length).then(|| Answer {
        status,
        body: serde_json::from_str(body).unwrap_or(Value::Null),
        text: body.to_owned(),
        head: head.to_owned(),
    })
}
