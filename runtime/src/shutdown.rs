//! Stopping: a switch that may be thrown once, and the signals that ask a process to end.

use tokio::sync::watch;

/// A switch that stops consumers. Cheap to clone; clones are one switch.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use eventpact_runtime::shutdown::Shutdown;
/// let shutdown = Shutdown::new();
/// let stop = shutdown.stopped();
/// shutdown.stop();
/// stop.await;
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A switch that has not been thrown.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Throws the switch.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Resolves when the switch is thrown; at once when it was already.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let sender = self.0.clone();
        async move {
            // The sender lives in this future, so the wait cannot fail.
            let _ = sender.subscribe().wait_for(|stopped| *stopped).await;
        }
    }
}

/// Resolves at the first signal that asks this process to end: Ctrl-C, and SIGTERM where there is one.
pub async fn signals() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
