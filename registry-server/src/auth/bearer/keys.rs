//! The issuer's keys: a JWK set (RFC 7517).

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use super::KeySource;
use super::algorithm::{Algorithm, Kind};
use super::json::object;
use crate::auth::read::read_small;

/// The longest JWK set, in bytes, and the longest time to fetch it.
const MAX_BYTES: u64 = 256 * 1024;
const MAX_TIME: Duration = Duration::from_secs(5);

/// The most keys of one set.
const MAX_KEYS: usize = 100;

/// Keys to verify with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::auth) struct Keys(Vec<Key>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    kind: Kind,
    /// RSA: modulus and exponent; else the point and nothing.
    parts: (Vec<u8>, Vec<u8>),
}

impl Keys {
    /// Reads or fetches a set. Blocks.
    pub(in crate::auth) fn load(source: &KeySource) -> Result<Self, String> {
        match source {
            KeySource::File(path) => {
                Self::parse(read_small(path)?.as_bytes()).map_err(|why| format!("{}: {why}", path.display()))
            }
            KeySource::Url(url) => fetch(url).and_then(|bytes| Self::parse(&bytes)).map_err(|why| format!("{url}: {why}")),
        }
    }

    /// Keys that cannot verify a signature that we know are left out; a set without any other, or with a secret in it, is refused.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let set = object(bytes).ok_or("it is not a JSON object, or a key comes twice in it")?;
        let all = set.get("keys").and_then(Value::as_array).ok_or("it has no list 'keys'")?;
        if all.len() > MAX_KEYS {
            return Err(format!("it has more than {MAX_KEYS} keys"));
        }
        if all.iter().any(|key| key.get("d").is_some() || key.get("kty").and_then(Value::as_str) == Some("oct")) {
            return Err("it holds a private or secret key: a set of public keys belongs here".to_owned());
        }
        let keys: Vec<Key> = all.iter().filter_map(Key::parse).collect();
        if keys.is_empty() {
            return Err("it has no key to verify signatures with".to_owned());
        }
        Ok(Self(keys))
    }

    /// The keys that a header may mean. Without an id it must be clear which.
    pub(super) fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<&Key> {
        let fits = |key: &&Key| key.kind == algorithm.kind() && key.algorithm.is_none_or(|only| only == algorithm);
        let fitting: Vec<&Key> = self.0.iter().filter(fits).collect();
        match id {
            Some(id) => fitting.into_iter().filter(|key| key.id.as_deref() == Some(id)).collect(),
            None if fitting.len() == 1 => fitting,
            None => Vec::new(),
        }
    }

    /// Is there a key of this name?
    pub(super) fn knows(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id.as_deref() == Some(id))
    }
}

impl Key {
    fn parse(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok().filter(|bytes| !bytes.is_empty());
        if value.get("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let operations = value.get("key_ops").map(|list| list.as_array().is_some_and(|l| l.iter().any(|o| o == "verify")));
        if operations == Some(false) {
            return None;
        }
        let point = |size: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == size && y.len() == size).then(|| [&[4][..], &x, &y].concat())
        };
        let (kind, parts) = match (text("kty")?, text("crv")) {
            ("RSA", None) => (Kind::Rsa, (bytes("n")?, bytes("e")?)),
            ("EC", Some("P-256")) => (Kind::P256, (point(32)?, Vec::new())),
            ("EC", Some("P-384")) => (Kind::P384, (point(48)?, Vec::new())),
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, (bytes("x").filter(|x| x.len() == 32)?, Vec::new())),
            _ => return None,
        };
        let algorithm = match text("alg") {
            Some(name) => Some(Algorithm::parse(name).filter(|algorithm| algorithm.kind() == kind)?),
            None => None,
        };
        Some(Self { id: text("kid").map(str::to_owned), algorithm, kind, parts })
    }

    /// Has this key signed the message?
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let (first, second) = &self.parts;
        match (algorithm.rsa(), algorithm.other()) {
            (Some(parameters), _) => {
                RsaPublicKeyComponents { n: first, e: second }.verify(parameters, message, signature).is_ok()
            }
            (None, Some(other)) => UnparsedPublicKey::new(other, first).verify(message, signature).is_ok(),
            (None, None) => false,
        }
    }
}

/// One request to a fixed address: no redirects, no proxy, bounded in size and time.
fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let uri: ureq::http::Uri = url.parse().map_err(|_| "it is not an address")?;
    let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if local => {}
        _ => return Err("keys are fetched over https:// only (http:// on this machine)".to_owned()),
    }
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let config = ureq::config::Config::builder()
        .tls_config(tls)
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(MAX_TIME))
        .user_agent(concat!("eventpact/", env!("CARGO_PKG_VERSION")))
        .accept("application/json")
        .build();
    let mut response = config.new_agent().get(uri).call().map_err(|error| error.to_string())?;
    if response.status().as_u16() != 200 {
        return Err(format!("the host answers {}", response.status().as_u16()));
    }
    response.body_mut().with_config().limit(MAX_BYTES).read_to_vec().map_err(|error| error.to_string())
}
