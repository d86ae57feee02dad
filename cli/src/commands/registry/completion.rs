//! Completes subjects on the shell's command line by asking the registry.

use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use eventpact_registry_client::ClientBuilder;

/// A shell that waits longer is worse than one that knows nothing.
const PATIENCE: Duration = Duration::from_millis(800);

/// At most this many candidates.
const MOST: usize = 500;

/// Completes the name of a subject.
pub(super) fn subjects() -> ArgValueCompleter {
    ArgValueCompleter::new(candidates)
}

/// The subjects of the registry in `EVENTPACT_REGISTRY` that begin like this; none when it does not answer at once.
fn candidates(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(prefix) = current.to_str() else { return Vec::new() };
    let urls = std::env::var("EVENTPACT_REGISTRY").unwrap_or_else(|_| "http://127.0.0.1:8081".into());
    let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned);
    let Ok(client) = ClientBuilder::new(urls).connect_timeout(PATIENCE).timeout(PATIENCE).build() else { return Vec::new() };
    let found = super::wait(async { Ok(client.subjects_with(prefix, false).await?) }).unwrap_or_default();
    found.into_iter().take(MOST).map(CompletionCandidate::new).collect()
}
