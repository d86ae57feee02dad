//! The ceiling: a bare axum route that answers with the same bytes from memory, and a loop that appends the same bytes to a file
//! and syncs it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use super::Failed;
use super::http::Outcome;

/// Serves the lines of a file as the schemas 1, 2, …, with as many threads as the registry has.
pub(crate) fn serve(address: &str, file: &str) -> Result<(), Failed> {
    let text = std::fs::read_to_string(file)?;
    let bodies: Arc<Vec<Bytes>> = Arc::new(text.lines().map(|line| Bytes::from(line.to_owned())).collect());
    let routes = Router::new().route("/schemas/ids/{id}", get(by_id)).with_state(bodies);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener =
            axum::serve::ListenerExt::tap_io(tokio::net::TcpListener::bind(address.parse::<SocketAddr>()?).await?, |stream| {
                let _ = stream.set_nodelay(true);
            });
        axum::serve(listener, routes).await?;
        Ok(())
    })
}

async fn by_id(State(bodies): State<Arc<Vec<Bytes>>>, UrlPath(id): UrlPath<usize>) -> impl IntoResponse {
    match bodies.get(id.wrapping_sub(1)) {
        Some(body) => Ok(([(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json")], body.clone())),
        None => Err(StatusCode::NOT_FOUND),
    }
}

/// Appends these bytes again and again, each time with a sync of the data.
pub(crate) fn append(folder: &Path, bytes: &[u8], time: Duration) -> Result<Outcome, Failed> {
    let path = folder.join("appended");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut outcome = Outcome::default();
    let start = Instant::now();
    while start.elapsed() < time {
        let begun = Instant::now();
        file.write_all(bytes)?;
        file.sync_data()?;
        outcome.times.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    outcome.took = start.elapsed();
    drop(file);
    std::fs::remove_file(&path)?;
    Ok(outcome)
}
