//! A registry as a process over a store.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use eventpact_tests::program;

use crate::http::send;

/// A running registry. Killed when it goes out of scope.
pub(crate) struct Replica {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Replica {
    pub(crate) fn start(store: &str) -> Self {
        Self::start_in(&[], store, "127.0.0.1:0")
    }

    /// Started by other words (`ip netns exec …`), on another address.
    pub(crate) fn start_in(prefix: &[&str], store: &str, listen: &str) -> Self {
        let eventpact = program("eventpact");
        let mut words = prefix.iter().map(ToString::to_string).chain([eventpact.display().to_string()]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).args(["serve", "--listen", listen, "--store", store]);
        if !listen.starts_with("127.") {
            let help = Command::new(&eventpact).args(["serve", "--help"]).output().expect("it helps").stdout;
            // Nobody else reaches the namespace.
            command.args(String::from_utf8_lossy(&help).contains("--insecure").then_some("--insecure"));
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("the registry starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it has a stdout")).lines();
        let address = lines
            .find_map(|line| line.ok()?.split("http://").nth(1)?.split(&[' ', ','][..]).next()?.parse().ok())
            .expect("it says where it listens");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// What one says that does not start.
    pub(crate) fn start_refused(store: &str) -> String {
        let mut command = Command::new(program("eventpact"));
        let out = command.args(["serve", "--listen", "127.0.0.1:0", "--store", store]).output().expect("the registry runs");
        assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    }

    /// `count` of them over one store.
    pub(crate) fn several(count: usize, store: &str) -> Vec<Self> {
        (0..count).map(|_| Self::start(store)).collect()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `-STOP`, `-CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("sh").args(["-c", &format!("kill {name} {}", self.child.id())]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) async fn is_ready(&self) -> bool {
        send(self.address, "GET", "/readyz", "", Duration::from_secs(6)).await.is_some_and(|answer| answer.status == 200)
    }

    /// Waits until it says that it is ready; gives how long that took.
    pub(crate) async fn ready_within(&self, limit: Duration) -> Duration {
        let start = Instant::now();
        while !self.is_ready().await {
            assert!(start.elapsed() < limit, "it is not ready after {limit:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        start.elapsed()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
