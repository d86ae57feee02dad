//! A running server, and requests as raw as strangers send them.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eventpact_registry::{Options, Server, StoreSpec};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The values of a header, in order.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).collect()
    }
}

/// A server that stops when this goes.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    _stop: tokio::sync::oneshot::Sender<()>,
}

pub(crate) async fn start(change: impl FnOnce(&mut Options)) -> Running {
    try_start(change).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A server with a store in memory, or the text of the error.
pub(crate) async fn try_start(change: impl FnOnce(&mut Options)) -> Result<Running, String> {
    let mut options = Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Memory);
    change(&mut options);
    let server = Server::bind(&options).await.map_err(|error| error.to_string())?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let address = server.address();
    tokio::spawn(server.run(async move { drop(stopped.await) }));
    Ok(Running { address, _stop: stop })
}

/// A file in a folder.
pub(crate) fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    // In one step, as careful operators do: nobody reads half of it.
    let other = folder.path().join(format!("{name}.new"));
    std::fs::write(&other, text).unwrap();
    std::fs::rename(other, &path).unwrap();
    path
}

/// A request with these lines of headers.
pub(crate) fn request(method: &str, path: &str, headers: &[&str], body: &str) -> String {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Host: registry".to_owned(), "Connection: close".to_owned()];
    lines.extend(headers.iter().map(|line| (*line).to_owned()));
    if !body.is_empty() {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

/// Sends a text and reads until the other side closes.
pub(crate) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, text: &str) -> io::Result<Reply> {
    // A server that refuses early closes its end: what it said is read all the same.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes)).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(read.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()));
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Reply { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) async fn send(address: SocketAddr, text: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.expect("the server takes connections");
    talk(&mut stream, text).await.unwrap_or_else(|error| panic!("{error} instead of an answer to {text}"))
}

pub(crate) async fn get(address: SocketAddr, path: &str, headers: &[&str]) -> Reply {
    send(address, &request("GET", path, headers, "")).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> Reply {
    send(address, &request("POST", path, &["Content-Type: application/json"], body)).await
}

/// Waits until something holds, for a minute at most.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never came to this: {what}");
}

/// The line of a user with a hash that costs next to nothing.
pub(crate) fn user(name: &str, password: &str) -> String {
    use argon2::password_hash::PasswordHasher;
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    format!("{name}:{}\n", argon2.hash_password(password.as_bytes()).unwrap())
}

/// The header of a name and a password.
pub(crate) fn basic(name: &str, password: &str) -> String {
    use base64::Engine;
    format!("Authorization: Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{name}:{password}")))
}

/// A shared counter.
pub(crate) type Count = Arc<std::sync::atomic::AtomicUsize>;
