//! One document over http or https.

use std::time::Duration;

use eventpact_contract::source::resolve_address;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::address::{self, Host};

/// The most bytes of a document, the longest time for one answer, the most redirects.
const MAX_BYTES: u64 = 4 << 20;
const MAX_TIME: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;

/// The bytes behind an address; redirects are followed to allowed hosts only.
pub(super) fn get(uri: &Uri, allowed: &[Host], left: Duration) -> Result<Vec<u8>, String> {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Config::builder()
        .tls_config(tls)
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(left.min(MAX_TIME)))
        .user_agent(concat!("eventpact/", env!("CARGO_PKG_VERSION")))
        .accept("application/yaml, application/json, text/plain, */*;q=0.1")
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Checked(DefaultResolver::default()));
    let mut uri = uri.clone();
    for _ in 0..=MAX_REDIRECTS {
        let mut response = agent.get(uri.clone()).call().map_err(|error| plain(&error))?;
        let status = response.status().as_u16();
        if status == 200 {
            let body = response.body_mut().with_config().limit(MAX_BYTES);
            return body.read_to_vec().map_err(|error| plain(&error));
        }
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Err(format!("the host answers {status}"));
        }
        let location = response.headers().get("location").and_then(|location| location.to_str().ok());
        let location = location.ok_or_else(|| format!("the host answers {status} without a place to go"))?;
        let next = resolve_address(&uri.to_string(), location);
        let next = address::parse(&next).map_err(|why| format!("it is redirected to {next}: {why}"))?;
        if uri.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
            return Err(format!("it is redirected to {next}, from https to http"));
        }
        address::permitted(&next, allowed).map_err(|why| format!("it is redirected to {next}: {why}"))?;
        uri = next;
    }
    Err(format!("it is redirected more than {MAX_REDIRECTS} times"))
}

fn plain(error: &Error) -> String {
    match error {
        Error::BodyExceedsLimit(_) => format!("it has more than {MAX_BYTES} bytes"),
        Error::Timeout(_) => format!("there is no answer within {} seconds", MAX_TIME.as_secs()),
        Error::HostNotFound => "the host is not found".to_owned(),
        Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Looks addresses up, and leaves out those that a name must not lead to: the connection goes to an address that was checked.
#[derive(Debug)]
struct Checked(DefaultResolver);

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let all = self.0.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        let mut checked = self.empty();
        for at in all.iter().filter(|at| address::may_lead_to(host, at.ip())) {
            checked.push(*at);
        }
        if checked.is_empty() {
            let why =
                "the name leads to this machine or to a link-local address, which only `localhost` or the address itself may";
            return Err(Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why)));
        }
        Ok(checked)
    }
}
