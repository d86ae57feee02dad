//! The client: which address, which path, which limits.

mod eventpact;
mod listing;
#[cfg(feature = "tls")]
pub(crate) mod tls;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::{Method, Url, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use eventpact::AuditQuery;

use crate::cache::SchemaCache;
use crate::error::Error;
use crate::wire::{
    CONTENT_TYPE, CompatibilityAnswer, Config, ConfigUpdate, EXPLANATION, ModeBody, Reference, RegisterRequest, RegisterResponse,
    SchemaObject, SchemaString,
};

/// What may stand unescaped in a path segment: the unreserved characters of RFC 3986 and the colons of a context.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// How many schemas one schema may pull in through references.
const MAX_REFERENCES: usize = 1000;

/// The environment variable with `user:password` for registries whose address carries none.
const AUTH_VARIABLE: &str = "EVENTPACT_REGISTRY_AUTH";

/// The environment variable with a bearer token (RFC 6750), which goes before `user:password`.
const TOKEN_VARIABLE: &str = "EVENTPACT_REGISTRY_TOKEN";

/// A client of one registry, which may have several addresses. Cheap to clone; clones share their cache.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    addresses: Vec<Address>,
    max_body: usize,
    cache: SchemaCache,
    #[cfg(all(feature = "tls", feature = "grpc"))]
    tls: tls::Tls,
}

struct Address {
    /// Without credentials, without a slash at the end.
    base: String,
    auth: Option<Auth>,
}

/// What a request proves itself with.
#[derive(PartialEq, Eq)]
enum Auth {
    Basic { user: String, password: String },
    Bearer(String),
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<&str> = self.inner.addresses.iter().map(|a| a.base.as_str()).collect();
        f.debug_struct("Client").field("addresses", &addresses).finish_non_exhaustive()
    }
}

/// Settings of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    urls: Vec<String>,
    connect_timeout: Duration,
    timeout: Duration,
    max_body: usize,
    files: Files,
}

/// Files in PEM.
#[derive(Debug, Clone, Default)]
struct Files {
    authorities: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl ClientBuilder {
    /// The addresses of one registry, tried in this order.
    pub fn new<U: Into<String>>(urls: impl IntoIterator<Item = U>) -> Self {
        Self {
            urls: urls.into_iter().map(Into::into).collect(),
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_body: 16 * 1024 * 1024,
            files: Files::default(),
        }
    }

    /// How long a connection may take (default 3 s).
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long one request to one address may take, from connecting to the last byte (default 10 s).
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The longest answer that is read, in bytes (default 16 MiB).
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// A file with the authorities to trust, in PEM, instead of the system's (default: the file that `EVENTPACT_REGISTRY_CA` names,
    /// if it does).
    #[must_use]
    pub fn authorities(mut self, file: impl Into<PathBuf>) -> Self {
        self.files.authorities = Some(file.into());
        self
    }

    /// A file with the certificate that the client shows, then those between it and the root, in PEM (default: the file that
    /// `EVENTPACT_REGISTRY_CERT` names, if it does).
    #[must_use]
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.files.certificate = Some(file.into());
        self
    }

    /// A file with the key of that certificate, in PEM and not encrypted. Without one it stands in the file of the certificate
    /// (default: the file that `EVENTPACT_REGISTRY_KEY` names, if that of the certificate came from there too).
    #[must_use]
    pub fn key(mut self, file: impl Into<PathBuf>) -> Self {
        self.files.key = Some(file.into());
        self
    }

    /// Checks the addresses and makes the client; nothing is contacted yet. Files are read when an address is `https://`.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read or used.
    pub fn build(self) -> Result<Client, Error> {
        let addresses = self.urls.iter().map(|url| Address::parse(url)).collect::<Result<Vec<_>, _>>()?;
        if addresses.is_empty() {
            return Err(Error::Usage("a registry client needs at least one address, for example http://localhost:8081".into()));
        }
        // The first one that is chosen holds for the process; another choice of the program stays.
        #[cfg(feature = "tls")]
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("eventpact/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "tls")]
        let tls = if addresses.iter().any(|address| address.base.starts_with("https://")) {
            tls::Tls::read(&self.files)?
        } else {
            tls::Tls::default()
        };
        #[cfg(feature = "tls")]
        let http = tls.apply(http)?;
        let http = http.build().map_err(|error| cannot_start(&error))?;
        let inner = Inner {
            http,
            addresses,
            max_body: self.max_body,
            cache: SchemaCache::default(),
            #[cfg(all(feature = "tls", feature = "grpc"))]
            tls,
        };
        Ok(Client { inner: Arc::new(inner) })
    }
}

impl Address {
    fn parse(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| Error::Usage(format!("'{}' is not the address of a registry: {why}", without_password(text)));
        let mut url = Url::parse(text.trim()).map_err(|e| bad(&e.to_string()))?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err(bad("this build has no TLS; build with the feature 'tls'")),
            _ => return Err(bad("it must begin with http:// or https://")),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("it must not have a query or a fragment"));
        }
        let auth = credentials(&url);
        // Both fail only for addresses without a host, which http(s) addresses always have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), auth })
    }
}

/// What the address says, else what the environment has.
fn credentials(url: &Url) -> Option<Auth> {
    if !url.username().is_empty() {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        return Some(Auth::Basic { user: decode(url.username()), password: decode(url.password().unwrap_or("")) });
    }
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(token) = given(TOKEN_VARIABLE) {
        return Some(Auth::Bearer(token));
    }
    let given = given(AUTH_VARIABLE)?;
    let (user, password) = given.split_once(':')?;
    Some(Auth::Basic { user: user.to_owned(), password: password.to_owned() })
}

fn cannot_start(error: &reqwest::Error) -> Error {
    let why = chain(error);
    let mismatch = why.contains("KeyMismatch"); // as rustls names it
    let text = if mismatch {
        "the key does not belong to the certificate".into()
    } else {
        format!("the HTTP client cannot start: {why}")
    };
    Error::Usage(text)
}

/// An address that cannot be parsed may still hold a password: shows nothing before the last `@`.
fn without_password(text: &str) -> &str {
    text.rsplit('@').next().unwrap_or("")
}

/// A request without its address.
struct Call {
    method: Method,
    path: String,
    body: Option<Vec<u8>>,
}

impl Call {
    fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: None }
    }

    fn send<T: Serialize>(method: Method, path: String, body: &T) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|e| Error::Usage(format!("the request cannot be written as JSON: {e}")))?;
        Ok(Self { method, path, body: Some(body) })
    }
}

impl Client {
    /// A client with the default limits. Several addresses are separated by commas.
    pub fn new(urls: &str) -> Result<Self, Error> {
        ClientBuilder::new(urls.split(',').map(str::trim).filter(|u| !u.is_empty())).build()
    }

    /// Follows what changes under subjects that begin with `prefix`; empty for all. From now on, or after `from`: a
    /// [`position`](crate::grpc::Watch::position) of an earlier watch, or `0` for everything that there is. Nothing is contacted yet.
    ///
    /// The registry must be one of ours: Confluent's has no such call.
    #[cfg(feature = "grpc")]
    pub fn watch(&self, prefix: &str, from: Option<String>) -> crate::grpc::Watch {
        crate::grpc::Watch::new(self.clone(), prefix.to_owned(), from)
    }

    /// The addresses, and what `Authorization` says at each.
    #[cfg(feature = "grpc")]
    pub(crate) fn endpoints(&self) -> Vec<(String, Option<String>)> {
        use base64::Engine as _;
        let value = |auth: &Auth| match auth {
            Auth::Basic { user, password } => {
                let pair = format!("{user}:{password}");
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
            Auth::Bearer(token) => format!("Bearer {token}"),
        };
        self.inner.addresses.iter().map(|a| (a.base.clone(), a.auth.as_ref().map(value))).collect()
    }

    /// What is trusted and shown.
    #[cfg(all(feature = "tls", feature = "grpc"))]
    pub(crate) fn tls(&self) -> &tls::Tls {
        &self.inner.tls
    }

    /// Keeps a schema of the default context that came by itself.
    #[cfg(feature = "grpc")]
    pub(crate) fn keep(&self, version: &crate::grpc::messages::SchemaVersion) {
        let Some(schema) = version.schema.as_ref().filter(|_| !version.subject.starts_with(":.")) else { return };
        let reference = |r: &crate::grpc::messages::Reference| Reference::new(&r.name, &r.subject, r.version);
        self.inner.cache.keep(version.id, || SchemaString {
            subject: Some(version.subject.clone()),
            version: Some(version.version),
            guid: Some(version.guid.clone()),
            schema_type: Some(schema.schema_type.as_str().into()),
            schema: schema.schema.clone(),
            references: schema.references.iter().map(reference).collect(),
            metadata: serde_json::from_str(&schema.metadata).ok(),
            rule_set: serde_json::from_str(&schema.rule_set).ok(),
            ..SchemaString::default()
        });
    }

    /// Registers a schema under a subject, or finds that it is there already: the same call twice gives the same id.
    pub async fn register(&self, subject: &str, request: &RegisterRequest) -> Result<RegisterResponse, Error> {
        let path = format!("/subjects/{}/versions", segment(subject)?);
        self.call(&Call::send(Method::POST, path, request)?).await
    }

    /// The schema of an id: from memory after the first time.
    pub async fn schema_by_id(&self, id: u32) -> Result<Arc<SchemaString>, Error> {
        let fetch = async || self.call(&Call::get(format!("/schemas/ids/{id}"))).await;
        self.inner.cache.get_or_fetch(id, fetch).await
    }

    /// The schema of an id, and everything it refers to as (name, text), each before whoever needs it, no name twice.
    pub async fn schema_with_references(&self, id: u32) -> Result<(Arc<SchemaString>, Vec<(String, String)>), Error> {
        let schema = self.schema_by_id(id).await?;
        let found = self.resolve(&schema.references, schema.subject.as_deref().unwrap_or("")).await?;
        Ok((schema, found.into_iter().map(|(reference, text)| (reference.name, text)).collect()))
    }

    /// Everything that a version refers to, with its text, each before whoever needs it, no name twice.
    pub async fn references(&self, version: &SchemaObject) -> Result<Vec<(Reference, String)>, Error> {
        self.resolve(&version.references, &version.subject).await
    }

    /// Which version of the subject has this schema; [`Error::NotFound`] when none has.
    pub async fn lookup(&self, subject: &str, request: &RegisterRequest) -> Result<SchemaObject, Error> {
        let path = format!("/subjects/{}", segment(subject)?);
        self.call(&Call::send(Method::POST, path, request)?).await
    }

    /// The latest version of a subject. Never cached: it changes.
    pub async fn latest(&self, subject: &str) -> Result<SchemaObject, Error> {
        self.call(&Call::get(format!("/subjects/{}/versions/latest", segment(subject)?))).await
    }

    /// One version of a subject, soft-deleted or not.
    pub async fn version(&self, subject: &str, version: i32) -> Result<SchemaObject, Error> {
        self.call(&Call::get(format!("/subjects/{}/versions/{version}?deleted=true", segment(subject)?))).await
    }

    /// Every version of a subject that is there, soft-deleted ones too, oldest first.
    pub async fn all_versions(&self, subject: &str) -> Result<Vec<i32>, Error> {
        self.call(&Call::get(format!("/subjects/{}/versions?deleted=true", segment(subject)?))).await
    }

    /// The versions of a subject, oldest first.
    pub async fn versions(&self, subject: &str) -> Result<Vec<i32>, Error> {
        self.call(&Call::get(format!("/subjects/{}/versions", segment(subject)?))).await
    }

    /// All subjects, sorted.
    pub async fn subjects(&self) -> Result<Vec<String>, Error> {
        self.call(&Call::get("/subjects".into())).await
    }

    /// The subjects whose names begin with `prefix`, sorted; with `deleted` the soft-deleted ones too. Without a prefix, those of
    /// every context, qualified with its name.
    pub async fn subjects_with(&self, prefix: &str, deleted: bool) -> Result<Vec<String>, Error> {
        let prefix = if prefix.is_empty() { String::new() } else { format!("&subjectPrefix={}", escaped(prefix)) };
        self.call(&Call::get(format!("/subjects?deleted={deleted}{prefix}"))).await
    }

    /// The contexts, the default one as `.`.
    pub async fn contexts(&self) -> Result<Vec<String>, Error> {
        self.call(&Call::get("/contexts".into())).await
    }

    /// Would this schema be accepted? Against one version, or with `None` against those that the subject's level asks for.
    pub async fn check(
        &self,
        subject: &str,
        version: Option<i32>,
        request: &RegisterRequest,
    ) -> Result<CompatibilityAnswer, Error> {
        let version = version.map(|v| format!("/{v}")).unwrap_or_default();
        let path = format!("/compatibility/subjects/{}/versions{version}?verbose=true", segment(subject)?);
        self.call(&Call::send(Method::POST, path, request)?).await
    }

    /// The configuration that holds for a subject, or with `None` for the whole registry.
    pub async fn config(&self, subject: Option<&str>) -> Result<Config, Error> {
        self.call(&Call::get(format!("{}?defaultToGlobal=true", config_path(subject)?))).await
    }

    /// Changes the configuration of a subject, or with `None` of the whole registry.
    pub async fn set_config(&self, subject: Option<&str>, update: &ConfigUpdate) -> Result<(), Error> {
        let call = Call::send(Method::PUT, config_path(subject)?, update)?;
        self.call::<serde_json::Value>(&call).await.map(drop)
    }

    /// What is configured for a scope itself, as the registry writes it: a subject, a context (`:.name:`), or with `None` the whole
    /// registry. `None` when nothing is.
    pub async fn own_config(&self, scope: Option<&str>) -> Result<Option<serde_json::Value>, Error> {
        present(self.call(&Call::get(config_path(scope)?)).await)
    }

    /// Changes the configuration of a scope by the fields of a JSON object; `null` clears a field.
    pub async fn put_config(&self, scope: Option<&str>, fields: &serde_json::Value) -> Result<(), Error> {
        let call = Call::send(Method::PUT, config_path(scope)?, fields)?;
        self.call::<serde_json::Value>(&call).await.map(drop)
    }

    /// Takes the configuration of a scope away, so that the wider one holds; nothing happens when there is none.
    pub async fn delete_config(&self, scope: Option<&str>) -> Result<(), Error> {
        let call = Call { method: Method::DELETE, path: config_path(scope)?, body: None };
        present(self.call::<serde_json::Value>(&call).await).map(drop)
    }

    /// The mode that holds for a scope, for example `READWRITE`.
    pub async fn mode(&self, scope: Option<&str>) -> Result<String, Error> {
        let answer: ModeBody = self.call(&Call::get(format!("{}?defaultToGlobal=true", mode_path(scope)?))).await?;
        Ok(answer.mode.unwrap_or_default())
    }

    /// The mode that is set for a scope itself; `None` when none is.
    pub async fn own_mode(&self, scope: Option<&str>) -> Result<Option<String>, Error> {
        let answer: Option<ModeBody> = present(self.call(&Call::get(mode_path(scope)?)).await)?;
        Ok(answer.and_then(|body| body.mode))
    }

    /// Sets the mode of a scope. `force` allows IMPORT where schemas are already.
    pub async fn set_mode(&self, scope: Option<&str>, mode: &str, force: bool) -> Result<(), Error> {
        let body = ModeBody { mode: Some(mode.to_owned()) };
        let call = Call::send(Method::PUT, format!("{}?force={force}", mode_path(scope)?), &body)?;
        self.call::<serde_json::Value>(&call).await.map(drop)
    }

    /// Takes the mode of a scope away; nothing happens when there is none.
    pub async fn delete_mode(&self, scope: Option<&str>) -> Result<(), Error> {
        let call = Call { method: Method::DELETE, path: mode_path(scope)?, body: None };
        present(self.call::<serde_json::Value>(&call).await).map(drop)
    }

    /// The ids of the schemas that refer to a version.
    pub async fn referenced_by(&self, subject: &str, version: i32) -> Result<Vec<u32>, Error> {
        self.call(&Call::get(format!("/subjects/{}/versions/{version}/referencedby", segment(subject)?))).await
    }

    /// Soft-deletes a version; `permanent` removes a soft-deleted one for good.
    pub async fn delete_version(&self, subject: &str, version: i32, permanent: bool) -> Result<i32, Error> {
        let path = format!("/subjects/{}/versions/{version}?permanent={permanent}", segment(subject)?);
        self.call(&Call { method: Method::DELETE, path, body: None }).await
    }

    /// Soft-deletes a subject; `permanent` removes a soft-deleted one for good. Answers with the versions concerned.
    pub async fn delete_subject(&self, subject: &str, permanent: bool) -> Result<Vec<i32>, Error> {
        let path = format!("/subjects/{}?permanent={permanent}", segment(subject)?);
        self.call(&Call { method: Method::DELETE, path, body: None }).await
    }

    /// Walks the references depth first, without recursion, each subject and version once.
    async fn resolve(&self, references: &[Reference], subject: &str) -> Result<Vec<(Reference, String)>, Error> {
        enum Step {
            Fetch(Reference),
            Emit(Reference, String),
        }
        let mut steps: Vec<Step> = references.iter().rev().map(|r| Step::Fetch(in_context_of(r, subject))).collect();
        let mut seen = HashSet::new();
        let mut texts = Vec::new();
        while let Some(step) = steps.pop() {
            let reference = match step {
                Step::Emit(reference, text) => {
                    texts.push((reference, text));
                    continue;
                }
                Step::Fetch(reference) if !seen.insert(reference.name.clone()) => continue,
                Step::Fetch(reference) => reference,
            };
            if seen.len() > MAX_REFERENCES {
                return Err(Error::Usage(format!("the schema refers to more than {MAX_REFERENCES} others")));
            }
            let found = self.version(&reference.subject, reference.version).await?;
            steps.push(Step::Emit(reference, found.schema));
            steps.extend(found.references.iter().rev().map(|r| Step::Fetch(in_context_of(r, &found.subject))));
        }
        Ok(texts)
    }

    /// Tries each address until one answers; a refusal that could change elsewhere (5xx) goes on to the next.
    async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let mut last = None;
        for address in &self.inner.addresses {
            match self.call_one(address, call).await {
                Err(error) if error.is_retryable() => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| Error::Usage("the client has no address".into())))
    }

    async fn call_one<T: DeserializeOwned>(&self, address: &Address, call: &Call) -> Result<T, Error> {
        let url = format!("{}{}", address.base, call.path);
        let mut request = self.inner.http.request(call.method.clone(), &url).header(header::ACCEPT, CONTENT_TYPE);
        if let Some(body) = &call.body {
            request = request.header(header::CONTENT_TYPE, CONTENT_TYPE).body(body.clone());
        }
        request = match &address.auth {
            Some(Auth::Basic { user, password }) => request.basic_auth(user, Some(password)),
            Some(Auth::Bearer(token)) => request.bearer_auth(token),
            None => request,
        };
        let unreachable = |e: &reqwest::Error| Error::Unreachable { url: address.base.clone(), cause: chain(e) };
        let mut response = request.send().await.map_err(|e| unreachable(&e))?;
        let status = response.status();
        let explanation = response.headers().get(EXPLANATION).and_then(|words| words.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| unreachable(&e))? {
            if body.len() + chunk.len() > self.inner.max_body {
                let cause = format!("the answer is longer than {} bytes", self.inner.max_body);
                return Err(Error::Malformed { url, cause });
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(Error::of_answer(status.as_u16(), &body).explained(explanation));
        }
        serde_json::from_slice(&body).map_err(|e| Error::Malformed { url, cause: e.to_string() })
    }
}

fn config_path(subject: Option<&str>) -> Result<String, Error> {
    Ok(match subject {
        Some(subject) => format!("/config/{}", segment(subject)?),
        None => "/config".to_owned(),
    })
}

fn mode_path(scope: Option<&str>) -> Result<String, Error> {
    Ok(match scope {
        Some(scope) => format!("/mode/{}", segment(scope)?),
        None => "/mode".to_owned(),
    })
}

/// Nothing configured is an answer, not an error: `40401` for a subject that has nothing, `40408` and `40409` for configuration and
/// mode.
fn present<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. } | Error::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A subject as one path segment. `.` and `..` would be taken for folders on the way, however they are escaped.
fn segment(subject: &str) -> Result<String, Error> {
    if matches!(subject, "" | "." | "..") {
        return Err(Error::Usage(format!("'{subject}' cannot be used as a subject")));
    }
    Ok(escaped(subject))
}

/// A reference without a context means the context of whoever refers.
fn in_context_of(reference: &Reference, subject: &str) -> Reference {
    let context = subject.strip_prefix(":.").and_then(|rest| rest.split_once(':')).map(|(context, _)| context);
    match context {
        Some(context) if !reference.subject.starts_with(":.") => {
            Reference { subject: format!(":.{context}:{}", reference.subject), ..reference.clone() }
        }
        _ => reference.clone(),
    }
}

/// An error with its causes: `reqwest` alone says only "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_address_and_never_show() {
        let address = Address::parse("http://al%40ice:s%3Acret@registry:8081/base/").unwrap();
        assert_eq!(address.base, "http://registry:8081/base");
        assert!(address.auth == Some(Auth::Basic { user: "al@ice".into(), password: "s:cret".into() }));
        let client = Client::new("http://alice:secret@a:1, http://b:2").unwrap();
        assert_eq!(format!("{client:?}"), r#"Client { addresses: ["http://a:1", "http://b:2"], .. }"#);
        let error = Client::new("ftp://alice:secret@a").unwrap_err().to_string();
        assert!(error.contains("http://") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn subjects_are_one_segment() {
        assert_eq!(segment("a/b c").unwrap(), "a%2Fb%20c");
        assert_eq!(segment(":.ctx:orders-value").unwrap(), ":.ctx:orders-value");
        assert!(segment("..").is_err());
    }

    #[test]
    fn references_inherit_the_context() {
        let plain = Reference::new("n", "s", 1);
        assert_eq!(in_context_of(&plain, ":.c:x").subject, ":.c:s");
        assert_eq!(in_context_of(&plain, "x").subject, "s");
    }

    #[tokio::test]
    async fn an_unreachable_registry_says_so() {
        let client = Client::new("http://127.0.0.1:1").unwrap();
        let error = client.subjects().await.unwrap_err();
        assert!(error.is_retryable());
        assert!(error.to_string().contains("http://127.0.0.1:1"), "{error}");
    }
}
