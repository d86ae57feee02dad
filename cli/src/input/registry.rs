//! Schema registries: `registry:URL`, `registry:URL#SUBJECT`, `registry:URL?version=3#SUBJECT`. User and password come from the
//! environment, never from the command line, where other users of the machine and the logs of CI could read them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use eventpact_contract::load::{Referenced, Registered};
use eventpact_contract::schema::Format;
use eventpact_registry_client::{Client, ClientBuilder, Error, SchemaObject, SchemaType};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Entry, Tree};
use crate::progress::Progress;

/// How many subjects, and versions of them all, are taken from one registry; how long that may take.
const MAX_SUBJECTS: usize = 10_000;
const MAX_VERSIONS: usize = 100_000;
const MAX_BYTES: usize = 512 << 20;
const MAX_TIME: Duration = Duration::from_secs(300);
/// Requests under way at once.
const REQUESTS: usize = 16;

/// What the user named.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    url: String,
    subject: Option<String>,
    version: Option<i32>,
}

/// One version with what it refers to, as the registry gave it.
struct Version {
    object: SchemaObject,
    references: Vec<Referenced>,
}

/// The versions that a registry has, oldest first; the last tree has the latest version of every subject, the one before the
/// version before it. With `all`, every version, else the latest (or the one that the address names).
pub(super) fn open(label: &str, rest: &str, all: bool) -> Result<Vec<Tree>> {
    let address = Address::parse(rest)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fetched = runtime.block_on(async {
        let work = address.fetch(all && address.version.is_none());
        tokio::time::timeout(MAX_TIME, work).await.unwrap_or_else(|_| {
            let seconds = MAX_TIME.as_secs();
            bail!(
                "{} did not give all subjects within {seconds} seconds; name one: registry:{}#SUBJECT",
                address.url,
                address.url
            )
        })
    })?;
    trees(label, &address, fetched)
}

impl Address {
    fn parse(rest: &str) -> Result<Self> {
        let (front, fragment) = match rest.split_once('#') {
            Some((front, subject)) => (front, Some(subject)),
            None => (rest, None),
        };
        // The version may stand behind the URL, as in any address, or behind the subject.
        let (url, query) = front.split_once('?').map_or((front, None), |(url, query)| (url, Some(query)));
        let (subject, behind) = match fragment.map(|f| f.split_once("?version=").map_or((f, None), |(s, v)| (s, Some(v)))) {
            Some((subject, version)) => (Some(subject), version),
            None => (None, None),
        };
        let asked = match query {
            Some(query) => Some(query.strip_prefix("version=").context("the only parameter of a registry is ?version=")?),
            None => behind,
        };
        let version = asked.filter(|text| !text.eq_ignore_ascii_case("latest"));
        let version = version.map(|text| text.parse::<i32>().ok().filter(|v| *v > 0));
        let Some(version) = version.map_or(Some(None), |v| v.map(Some)) else {
            bail!("the version is a number from 1 on, or `latest`");
        };
        let authority = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().map(str::to_owned);
        if url.split(',').filter_map(authority).any(|authority| authority.contains('@')) {
            bail!("user and password do not belong on a command line; put USER:PASSWORD into EVENTPACT_REGISTRY_AUTH");
        }
        if url.is_empty() {
            bail!("write registry:URL or registry:URL#SUBJECT, for example registry:http://localhost:8081#orders-value");
        }
        if !url.contains("://") {
            bail!("`{url}` has no http:// or https:// in front; write registry:http://{url}");
        }
        let subject = subject.filter(|s| !s.is_empty()).map(decoded);
        Ok(Self { url: url.trim_end_matches('/').to_owned(), subject, version })
    }

    async fn fetch(&self, all: bool) -> Result<Vec<(String, Vec<Version>)>> {
        let urls = self.url.split(',').map(str::trim).filter(|url| !url.is_empty());
        let client = ClientBuilder::new(urls).timeout(Duration::from_secs(30)).build()?;
        let subjects = match &self.subject {
            Some(subject) => vec![subject.clone()],
            None => client.subjects().await.map_err(unauthorized)?,
        };
        if subjects.is_empty() {
            bail!("the registry at {} has no subjects", self.url);
        }
        if subjects.len() > MAX_SUBJECTS {
            bail!("{} has {} subjects (the limit is {MAX_SUBJECTS}); name one: #SUBJECT", self.url, subjects.len());
        }
        let progress = Progress::new("fetching subjects", subjects.len());
        let permits = Arc::new(Semaphore::new(REQUESTS));
        let mut tasks = JoinSet::new();
        for (place, subject) in subjects.iter().enumerate() {
            let (client, permits, subject, version) = (client.clone(), Arc::clone(&permits), subject.clone(), self.version);
            tasks.spawn(async move {
                let _permit = permits.acquire().await;
                (place, versions(&client, &subject, version, all).await)
            });
        }
        let mut found: BTreeMap<usize, Vec<Version>> = BTreeMap::new();
        let (mut count, mut bytes) = (0, 0);
        while let Some(done) = tasks.join_next().await {
            let (place, result) = done?;
            progress.step();
            let versions = match result {
                Ok(versions) => versions,
                // Of all subjects, some have no version of this number, and some go away meanwhile.
                Err(Error::NotFound { .. }) if self.subject.is_none() => continue,
                Err(error) => return Err(self.explain(error, &client).await),
            };
            count += versions.len();
            bytes += versions.iter().map(Version::size).sum::<usize>();
            if count > MAX_VERSIONS || bytes > MAX_BYTES {
                bail!("{} has more than {MAX_VERSIONS} versions or {} MiB of schemas; name a subject", self.url, MAX_BYTES >> 20);
            }
            found.insert(place, versions);
        }
        let name = |place: usize| subjects.get(place).cloned().unwrap_or_default();
        Ok(found.into_iter().map(|(place, versions)| (name(place), versions)).collect())
    }

    /// Why a subject could not be fetched; of one that is not there, which there are.
    async fn explain(&self, error: Error, client: &Client) -> anyhow::Error {
        let (Error::NotFound { error_code, .. }, Some(subject)) = (&error, &self.subject) else { return unauthorized(error) };
        let url = &self.url;
        if *error_code == 40402 {
            let known = client.versions(subject).await.unwrap_or_default();
            let known: Vec<String> = known.iter().map(i32::to_string).collect();
            let asked = self.version.unwrap_or(0);
            return anyhow!("the subject `{subject}` of {url} has no version {asked}; it has {}", known.join(", "));
        }
        let mut known = client.subjects().await.unwrap_or_default();
        let likeness = |name: &String| similar::TextDiff::from_chars(name.as_str(), subject.as_str()).ratio();
        known.truncate(1000);
        known.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        let hint = known.first().map(|name| format!("; the nearest name is `{name}`")).unwrap_or_default();
        anyhow!("the registry at {url} has no subject `{subject}`{hint}")
    }
}

/// Says where a user and a password go, when the registry asks for one.
fn unauthorized(error: Error) -> anyhow::Error {
    let asked = matches!(error, Error::Refused { status: 401, .. });
    let error = anyhow::Error::from(error);
    if !asked {
        return error;
    }
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let why = match (given("EVENTPACT_REGISTRY_TOKEN"), given("EVENTPACT_REGISTRY_AUTH")) {
        (Some(_), _) => "it does not take the token in EVENTPACT_REGISTRY_TOKEN",
        (None, Some(pair)) if pair.contains(':') => "it does not take the user and password in EVENTPACT_REGISTRY_AUTH",
        (None, Some(_)) => "EVENTPACT_REGISTRY_AUTH is set, but not to USER:PASSWORD",
        (None, None) => "put USER:PASSWORD into EVENTPACT_REGISTRY_AUTH, or a token into EVENTPACT_REGISTRY_TOKEN",
    };
    anyhow!("{error}; {why}")
}

impl Version {
    fn size(&self) -> usize {
        self.object.schema.len() + self.references.iter().map(|r| r.text.len()).sum::<usize>()
    }
}

/// A subject may hold characters that an address does not.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| behind.get(at).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The versions of a subject, oldest first.
async fn versions(client: &Client, subject: &str, version: Option<i32>, all: bool) -> Result<Vec<Version>, Error> {
    let mut objects = Vec::new();
    match version {
        Some(version) => objects.push(client.version(subject, version).await?),
        None if all => {
            for version in client.versions(subject).await? {
                objects.push(client.version(subject, version).await?);
            }
        }
        None => objects.push(client.latest(subject).await?),
    }
    let mut found = Vec::with_capacity(objects.len());
    for object in objects {
        let references = if object.references.is_empty() { Vec::new() } else { client.references(&object).await? };
        let shown = |subject: &str, version: i32| format!("{subject} version {version}");
        let texts = references.into_iter().map(|(reference, text)| Referenced {
            shown: shown(&reference.subject, reference.version),
            name: reference.name,
            text,
        });
        found.push(Version { references: texts.collect(), object });
    }
    Ok(found)
}

fn trees(label: &str, address: &Address, subjects: Vec<(String, Vec<Version>)>) -> Result<Vec<Tree>> {
    let base = address.url.split(',').next().unwrap_or_default();
    let most = subjects.iter().map(|(_, versions)| versions.len()).max().unwrap_or(0);
    let mut trees: Vec<Tree> = (0..most).map(|_| Tree { single: address.subject.is_some(), ..Tree::empty(label) }).collect();
    for (subject, versions) in subjects {
        // The latest of all subjects stand together.
        let first = most - versions.len();
        for (version, tree) in versions.into_iter().zip(trees.iter_mut().skip(first)) {
            let path = resource(base, &subject, version.object.version);
            let Some(schema) = registered(version, base, &path, &subject)? else { continue };
            tree.entries.push(Entry { path: path.clone(), name: subject.clone() });
            tree.registered.insert(path, schema);
        }
    }
    trees.retain(|tree| !tree.entries.is_empty());
    if trees.is_empty() {
        bail!("{label} has no schema of a known format");
    }
    Ok(trees)
}

/// The address of a version, which findings show: it can be opened.
fn resource(base: &str, subject: &str, version: i32) -> String {
    let mut segment = String::new();
    for byte in subject.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => segment.push(char::from(byte)),
            other => {
                let _ = write!(segment, "%{other:02X}");
            }
        }
    }
    format!("{base}/subjects/{segment}/versions/{version}")
}

/// `None` for a format that this program does not know: of all subjects, it is left out.
fn registered(version: Version, base: &str, path: &str, subject: &str) -> Result<Option<Registered>> {
    let format = match version.object.format() {
        SchemaType::Avro => Format::Avro,
        SchemaType::Protobuf => Format::Protobuf,
        SchemaType::Json => Format::JsonSchema,
        SchemaType::Other(name) => {
            complain!("warning: the subject {subject} is {name}, which is not checked");
            return Ok(None);
        }
    };
    let mut references = version.references;
    for reference in &mut references {
        if let Some((subject, version)) = reference.shown.rsplit_once(" version ") {
            reference.shown = resource(base, subject, version.parse().context("a version is a number")?);
        }
    }
    let text = version.object.schema;
    Ok(Some(Registered { format, name: path.to_owned(), path: format!("{subject}.proto"), text, references }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_registry_a_subject_and_a_version() {
        let parse = |text: &str| Address::parse(text).map_err(|e| e.to_string());
        let address = |url: &str, subject: Option<&str>, version| {
            Ok(Address { url: url.to_owned(), subject: subject.map(str::to_owned), version })
        };
        assert_eq!(parse("http://a:1"), address("http://a:1", None, None));
        assert_eq!(parse("http://a:1/x/#orders-value"), address("http://a:1/x", Some("orders-value"), None));
        assert_eq!(parse("http://a?version=3#s%2Ft"), address("http://a", Some("s/t"), Some(3)));
        assert_eq!(parse("http://a#:.ctx:s?version=3"), address("http://a", Some(":.ctx:s"), Some(3)));
        assert_eq!(parse("http://a#100%?version=latest"), address("http://a", Some("100%"), None));
        for wrong in [
            "",
            "#s",
            "http://me:secret@a#s",
            "http://a,http://me:secret@b",
            "http://a?x=1",
            "http://a?version=0#s",
            "localhost:8081#s",
        ] {
            let error = parse(wrong).expect_err(wrong);
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
