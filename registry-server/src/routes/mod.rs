//! From paths to answers: which routes there are, and one file for each family of them.
//!
//! The path is split first and decoded after, so that `a%2Fb` is one subject. `/contexts/.eu/…` is the same route with every
//! subject moved into that context.

#[allow(dead_code, reason = "some rights have no route yet")]
mod access;
mod associations;
mod body;
mod compatibility;
mod config;
mod contexts;
pub(crate) mod eventpact;
mod metadata;
mod mode;
mod schemas;
mod subjects;
mod table;

pub(crate) use table::PATHS;

pub(crate) use access::{Need, may_see_settings};
use std::borrow::Cow;

use std::net::IpAddr;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method};
use eventpact_registry_client::Reference;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::associations::Owner;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::forward;
use crate::openapi;
use crate::patience;
use crate::registry::Registry;
use crate::registry::delete::context_name;
use crate::state::State;
use crate::subject::{SubjectName, split};
use crate::usage::{Client, Fetched};

/// A route with what its path says. Subjects are qualified already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/`: answers `{}`.
    Root,
    /// `/healthz`: the process runs.
    Health,
    /// `/readyz`: a registration would be accepted.
    Ready,
    /// `/metrics`: figures for Prometheus.
    Metrics,
    /// `/openapi.json`: the description of all this.
    OpenApi,
    Subjects,
    Subject(String),
    Versions(String),
    Version(String, String),
    VersionSchema(String, String),
    ReferencedBy(String, String),
    Schemas,
    SchemaTypes,
    SchemaId(String),
    SchemaIdText(String),
    SchemaIdSubjects(String),
    SchemaIdVersions(String),
    Guid(String),
    GuidIds(String),
    CompatibleWithLevel(String),
    CompatibleWithVersion(String, String),
    /// Empty for the whole registry.
    Config(String),
    /// Empty for the whole registry.
    Mode(String),
    Contexts,
    Context(String),
    /// `/subjects/{s}/metadata`
    VersionWithMetadata(String),
    /// `/subjects/{s}/versions/{v}/tags`
    Tags(String, String),
    /// `/associations`
    Associations,
    /// `/associations/subjects/{s}`
    AssociationsOfSubject(String),
    /// `/associations/resources/{id}`
    AssociationsOfId(String),
    /// `/associations/resources/{namespace}/{name}`
    AssociationsOfName(String, String),
    /// `/associations:batchGet`
    AssociationsBatchGet,
    /// `/associations:batchMutate`
    AssociationsBatchMutate,
    /// `/v1/metadata/id`
    ClusterId,
    /// `/v1/metadata/version`
    ServerVersion,
    /// `/v1/metadata/deployment`
    Deployment,
    /// `/eventpact/v1/…`
    Eventpact(eventpact::Route),
}

/// What a request asks, without HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) endpoint: Endpoint,
    pub(crate) query: Query,
    pub(crate) body: Bytes,
    /// Who asks. Handlers ask it about every subject that they found otherwise than by the path.
    pub(crate) caller: Caller,
    /// From where, and with what program.
    pub(crate) origin: Origin,
    /// The answer must show the change with this number.
    pub(crate) sequence: Option<u64>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) address: Option<IpAddr>,
    /// The header `User-Agent`.
    pub(crate) agent: Option<HeaderValue>,
}

/// What is answered, without HTTP.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 200 with JSON.
    Json(Bytes),
    /// 200 with a schema text as it is.
    Text(String),
    /// 207 with JSON: each part of a batch has an answer of its own.
    Multi(Vec<u8>),
    /// A refusal that says more than its code and message.
    Refusal(u16, Vec<u8>),
    /// 200 with a content type of its own, whatever the client takes.
    Typed(&'static str, Bytes),
    /// 204.
    Empty,
}

impl Answer {
    /// 200 with this value.
    fn json<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        serde_json::to_vec(value).map(|json| Self::Json(json.into())).map_err(|_| ApiError::internal())
    }

    /// 200 with a value that takes about so many bytes.
    fn json_of_about<T: Serialize>(bytes: usize, value: &T) -> Result<Self, ApiError> {
        let mut json = Vec::with_capacity(bytes);
        serde_json::to_writer(&mut json, value).map_err(|_| ApiError::internal())?;
        Ok(Self::Json(json.into()))
    }

    /// A refusal with this value, which has the code in it.
    fn refusal<T: Serialize>(code: i32, value: &T) -> Result<Self, ApiError> {
        let status = if code > 999 { code / 100 } else { code };
        let body = serde_json::to_vec(value).map_err(|_| ApiError::internal())?;
        Ok(Self::Refusal(u16::try_from(status).unwrap_or(500), body))
    }

    /// 207 with this value.
    fn multi<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        serde_json::to_vec(value).map(Self::Multi).map_err(|_| ApiError::internal())
    }
}

/// The parameters after the question mark.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    /// From the path: narrows `subject` and `subjectPrefix`.
    context: Option<String>,
}

impl Query {
    pub(crate) fn parse(text: &str, context: Option<String>) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self { pairs: pairs.collect(), context }
    }

    /// Parameters that are known already.
    pub(crate) fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), context: None }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters with other names: of a request that changes something, a misspelt word must not be passed over.
    fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        let everywhere = ["consistency", "forward"];
        match self.pairs.iter().find(|(name, _)| !known.iter().chain(&everywhere).any(|known| known == name)) {
            Some((name, _)) => Err(ApiError::bad_request(format!("there is no parameter '{name}' here"))),
            None => Ok(()),
        }
    }

    /// Says only this, if anything.
    fn says_only(&self, names: &[&str]) -> bool {
        self.pairs.iter().all(|(name, _)| names.contains(&name.as_str()))
    }

    /// Every value of a name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `true` in any case; all else is false.
    fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A subject, or its beginning, moved into the context of the path.
    fn subject(&self, name: &str) -> Option<String> {
        match (&self.context, self.get(name)) {
            (None, given) => given.map(str::to_owned),
            (Some(context), given) => Some(qualify(Some(context), given.unwrap_or(""))),
        }
    }

    /// The part of a list that `offset` and `limit` ask for; `max` is the longest answer, and the one without a limit.
    fn page<T>(&self, items: impl IntoIterator<Item = T>, max: usize) -> Result<Vec<T>, ApiError> {
        let number = |name: &str, default: i32| match self.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text.parse::<i32>().map_err(|_| ApiError::bad_parameter()),
        };
        let offset = usize::try_from(number("offset", 0)?).map_err(|_| ApiError::bad_parameter())?;
        let limit = usize::try_from(number("limit", -1)?).unwrap_or(0);
        let limit = if limit == 0 || limit > max { max } else { limit };
        Ok(items.into_iter().skip(offset).take(limit).collect())
    }
}

impl Request {
    /// Notes that the client fetched a schema.
    fn fetched(&self, registry: &Registry, fetched: Fetched<'_>) {
        let agent = self.origin.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or("");
        let client = Client { principal: self.caller.name(), agent, address: self.origin.address };
        registry.usage.record(fetched, client);
    }

    /// A refusal, unless the caller may read all that a schema of this subject would refer to.
    fn may_refer(&self, subject: &SubjectName, references: &[Reference]) -> Result<(), ApiError> {
        let named = references.iter().filter(|reference| !reference.subject.is_empty());
        named.map(|reference| SubjectName::parse_in(&reference.subject, subject)).try_for_each(|s| self.caller.require_read(&s))
    }
}

/// Moves a subject into a context, unless it names one itself.
fn qualify(context: Option<&str>, subject: &str) -> String {
    match context {
        Some(context) if split(subject).is_none() => format!(":{context}:{subject}"),
        _ => subject.to_owned(),
    }
}

/// A subject or scope moved into the context whose prefix this is, unless it names one itself.
pub(crate) fn qualify_scope(prefix: &str, subject: &str) -> String {
    if prefix.is_empty() || split(subject).is_some() { subject.to_owned() } else { format!("{prefix}{subject}") }
}

/// Finds the route of a path and query.
pub(crate) fn find(path: &str, query: &str) -> Result<(Endpoint, Query), ApiError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    // Matrix parameters (`;a=b`) belong to no route.
    let segments: Vec<&str> = path.split('/').map(|s| s.split(';').next().unwrap_or("")).collect();
    if path.is_empty() {
        return Ok((Endpoint::Root, Query::parse(query, None)));
    }
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(ApiError::bad_request("the path has an empty segment"));
    }
    match segments.as_slice() {
        ["contexts", context] => Ok((Endpoint::Context(decode_context(context)?), Query::parse(query, None))),
        ["contexts", context, rest @ ..] => {
            let context = decode_context(context)?;
            let endpoint = endpoint(rest, Some(&context))?;
            Ok((endpoint, Query::parse(query, Some(context))))
        }
        all => Ok((endpoint(all, None)?, Query::parse(query, None))),
    }
}

fn endpoint(path: &[&str], context: Option<&str>) -> Result<Endpoint, ApiError> {
    let subject = |segment: &str| decode(segment).map(|name| qualify(context, &name));
    let scope = || qualify(context, "");
    Ok(match path {
        ["healthz"] => Endpoint::Health,
        ["readyz"] => Endpoint::Ready,
        ["metrics"] => Endpoint::Metrics,
        ["openapi.json"] => Endpoint::OpenApi,
        ["subjects"] => Endpoint::Subjects,
        ["subjects", s] => Endpoint::Subject(subject(s)?),
        ["subjects", s, "metadata"] => Endpoint::VersionWithMetadata(subject(s)?),
        ["subjects", s, "versions", v, "tags"] => Endpoint::Tags(subject(s)?, decode(v)?),
        ["v1", "metadata", "id"] => Endpoint::ClusterId,
        ["v1", "metadata", "version"] => Endpoint::ServerVersion,
        ["v1", "metadata", "deployment"] => Endpoint::Deployment,
        ["subjects", s, "versions"] => Endpoint::Versions(subject(s)?),
        ["subjects", s, "versions", v] => Endpoint::Version(subject(s)?, decode(v)?),
        ["subjects", s, "versions", v, "schema"] => Endpoint::VersionSchema(subject(s)?, decode(v)?),
        ["subjects", s, "versions", v, "referencedby"] => Endpoint::ReferencedBy(subject(s)?, decode(v)?),
        ["eventpact", "v1", rest @ ..] => Endpoint::Eventpact(eventpact::Route::find(rest, subject)?),
        ["schemas"] => Endpoint::Schemas,
        ["schemas", "types"] => Endpoint::SchemaTypes,
        ["schemas", "ids", id] => Endpoint::SchemaId(decode(id)?),
        ["schemas", "ids", id, "schema"] => Endpoint::SchemaIdText(decode(id)?),
        ["schemas", "ids", id, "subjects"] => Endpoint::SchemaIdSubjects(decode(id)?),
        ["schemas", "ids", id, "versions"] => Endpoint::SchemaIdVersions(decode(id)?),
        ["schemas", "guids", guid] => Endpoint::Guid(decode(guid)?),
        ["schemas", "guids", guid, "ids"] => Endpoint::GuidIds(decode(guid)?),
        ["compatibility", "subjects", s, "versions"] => Endpoint::CompatibleWithLevel(subject(s)?),
        ["compatibility", "subjects", s, "versions", v] => Endpoint::CompatibleWithVersion(subject(s)?, decode(v)?),
        ["config"] => Endpoint::Config(scope()),
        ["config", s] => Endpoint::Config(subject(s)?),
        ["mode"] => Endpoint::Mode(scope()),
        ["mode", s] => Endpoint::Mode(subject(s)?),
        ["contexts"] => Endpoint::Contexts,
        ["associations"] => Endpoint::Associations,
        ["associations:batchGet"] => Endpoint::AssociationsBatchGet,
        ["associations:batchMutate"] => Endpoint::AssociationsBatchMutate,
        ["associations", "subjects", s] => Endpoint::AssociationsOfSubject(subject(s)?),
        ["associations", "resources", id] => Endpoint::AssociationsOfId(decode(id)?),
        ["associations", "resources", namespace, name] => Endpoint::AssociationsOfName(decode(namespace)?, decode(name)?),
        _ => return Err(ApiError::no_such_route()),
    })
}

/// A context in a path, where `.` means the default one.
fn decode_context(segment: &str) -> Result<String, ApiError> {
    context_name(&if segment == "." { segment.to_owned() } else { decode(segment)? })
}

/// One segment. Control characters and backslashes are stopped here, as the original's HTTP server does.
fn decode(segment: &str) -> Result<String, ApiError> {
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| ApiError::bad_request("the path is not UTF-8"))?;
    if text.chars().any(|c| c.is_ascii_control() || c == '\\') || matches!(&*text, "." | "..") {
        return Err(ApiError::bad_request("Suspicious Path Character"));
    }
    Ok(text.into_owned())
}

/// How new the state must be for an answer.
enum Freshness {
    /// The answer does not depend on it.
    Any,
    /// Old is good enough where something is found.
    Hit,
    /// It has all that was acknowledged before.
    Newest,
}

impl Request {
    /// The request with the subject that an alias stands for in the place of the alias; one hop, as in the original.
    fn meant(&self, state: &State) -> Cow<'_, Self> {
        let real = |text: &str| Some(state.real_name(SubjectName::parse(text)).to_string()).filter(|real| real != text);
        match &self.endpoint {
            Endpoint::Subject(s)
            | Endpoint::Versions(s)
            | Endpoint::Version(s, _)
            | Endpoint::VersionSchema(s, _)
            | Endpoint::ReferencedBy(s, _)
            | Endpoint::VersionWithMetadata(s)
            | Endpoint::Tags(s, _)
            | Endpoint::CompatibleWithLevel(s)
            | Endpoint::CompatibleWithVersion(s, _)
            | Endpoint::AssociationsOfSubject(s)
            | Endpoint::Eventpact(eventpact::Route::Check(s) | eventpact::Route::Diff(s, ..)) => {
                let Some(real) = real(s) else { return Cow::Borrowed(self) };
                Cow::Owned(Self { endpoint: self.endpoint.with_subject(real), ..self.clone() })
            }
            Endpoint::SchemaId(_) | Endpoint::SchemaIdText(_) | Endpoint::SchemaIdSubjects(_) | Endpoint::SchemaIdVersions(_) => {
                let hint = self.query.subject("subject").filter(|hint| !hint.is_empty());
                let Some(real) = hint.and_then(|hint| real(&hint)) else { return Cow::Borrowed(self) };
                let mut meant = self.clone();
                meant.query.pairs.retain(|(key, _)| key != "subject");
                meant.query.pairs.push(("subject".to_owned(), real));
                Cow::Owned(meant)
            }
            _ => Cow::Borrowed(self),
        }
    }
}

impl Endpoint {
    /// The same route for another subject; routes without one stay as they are.
    fn with_subject(&self, subject: String) -> Self {
        match self.clone() {
            Self::Subject(_) => Self::Subject(subject),
            Self::Versions(_) => Self::Versions(subject),
            Self::Version(_, v) => Self::Version(subject, v),
            Self::VersionSchema(_, v) => Self::VersionSchema(subject, v),
            Self::ReferencedBy(_, v) => Self::ReferencedBy(subject, v),
            Self::VersionWithMetadata(_) => Self::VersionWithMetadata(subject),
            Self::Tags(_, v) => Self::Tags(subject, v),
            Self::CompatibleWithLevel(_) => Self::CompatibleWithLevel(subject),
            Self::CompatibleWithVersion(_, v) => Self::CompatibleWithVersion(subject, v),
            Self::AssociationsOfSubject(_) => Self::AssociationsOfSubject(subject),
            Self::Eventpact(eventpact::Route::Check(_)) => Self::Eventpact(eventpact::Route::Check(subject)),
            Self::Eventpact(eventpact::Route::Diff(_, a, b)) => Self::Eventpact(eventpact::Route::Diff(subject, a, b)),
            other => other,
        }
    }

    fn freshness(&self) -> Freshness {
        match self {
            Self::Root
            | Self::Health
            | Self::Ready
            | Self::Metrics
            | Self::OpenApi
            | Self::SchemaTypes
            | Self::ClusterId
            | Self::ServerVersion
            | Self::Deployment => Freshness::Any,
            Self::SchemaId(_) | Self::SchemaIdText(_) | Self::Guid(_) => Freshness::Hit,
            _ => Freshness::Newest,
        }
    }

    /// The client's `Accept` decides about the content type of the answer.
    pub(crate) fn is_negotiated(&self) -> bool {
        !matches!(self, Self::Metrics | Self::OpenApi | Self::Eventpact(eventpact::Route::DocumentText(..)))
    }

    /// The methods that the route has; HEAD and OPTIONS are understood.
    pub(crate) fn methods(&self) -> &'static [Method] {
        const GET: &[Method] = &[Method::GET];
        match self {
            Self::Root | Self::Versions(_) => &[Method::GET, Method::POST],
            Self::Subject(_) => &[Method::POST, Method::DELETE],
            Self::Version(..) => &[Method::GET, Method::DELETE],
            Self::CompatibleWithLevel(_)
            | Self::CompatibleWithVersion(..)
            | Self::Tags(..)
            | Self::Associations
            | Self::AssociationsBatchGet
            | Self::AssociationsBatchMutate => &[Method::POST],
            Self::Config(_) | Self::Mode(_) | Self::AssociationsOfId(_) => &[Method::GET, Method::PUT, Method::DELETE],
            Self::Context(name) if name == crate::subject::DEFAULT_CONTEXT => &[],
            Self::Context(_) => &[Method::DELETE],
            Self::Eventpact(route) => route.methods(),
            _ => GET,
        }
    }
}

/// Answers a request whose method the route has, from a state that has all that was acknowledged before the request came, unless
/// `?consistency=local` does without.
pub(crate) async fn answer(registry: &Registry, request: Request) -> Result<Answer, ApiError> {
    // Boxed: it is as large as the largest of all answers, and would be part of each future around it.
    patience::counted(Box::pin(answer_now(registry, request))).await
}

async fn answer_now(registry: &Registry, request: Request) -> Result<Answer, ApiError> {
    access::check(&request.meant(&registry.snapshot()))?;
    if let Some(sequence) = request.sequence {
        registry.reached(sequence).await?;
    }
    if request.query.get("consistency") == Some("local") {
        return route(registry, &request).await;
    }
    // The highest id moves, though the id that is asked for does not.
    let freshness = if request.query.is("fetchMaxId") { Freshness::Newest } else { request.endpoint.freshness() };
    match freshness {
        Freshness::Any => route(registry, &request).await,
        Freshness::Newest => {
            registry.newest().await?;
            route(registry, &request).await
        }
        // What an id means never changes, so a hit is as good as new; that there is none is only true of the newest state.
        Freshness::Hit => match route(registry, &request).await {
            Err(error) if error.status == 404 => {
                registry.newest().await?;
                route(registry, &request).await
            }
            answered => answered,
        },
    }
}

async fn route(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    // Rights are those on the subject that is meant, which another process may have changed.
    let meant = request.meant(&registry.snapshot());
    let request = &*meant;
    access::check(request)?;
    let subject = |text: &str| SubjectName::parse(text);
    let get = request.method == Method::GET;
    let post = request.method == Method::POST;
    match &request.endpoint {
        Endpoint::Root => Ok(Answer::Json(Bytes::from_static(b"{}"))),
        Endpoint::Health => Ok(Answer::Json(Bytes::from_static(br#"{"status":"ok"}"#))),
        Endpoint::Ready => ready(registry, request).await,
        Endpoint::Metrics => Ok(Answer::Typed(openapi::OPEN_METRICS, registry.metrics.page(registry).into())),
        Endpoint::OpenApi => Ok(Answer::Typed("application/json", Bytes::from_static(openapi::document()))),
        Endpoint::Subjects => subjects::list(registry, request),
        Endpoint::Subject(s) if post => subjects::lookup(registry, request, &subject(s)).await,
        Endpoint::Subject(s) => subjects::delete(registry, request, &subject(s)).await,
        Endpoint::Versions(s) if get => subjects::versions(registry, request, &subject(s)),
        Endpoint::Versions(s) => subjects::register(registry, request, &subject(s)).await,
        Endpoint::Version(s, v) if get => subjects::version(registry, request, &subject(s), v).await,
        Endpoint::Version(s, v) => subjects::delete_version(registry, request, &subject(s), v).await,
        Endpoint::VersionSchema(s, v) => subjects::version_text(registry, request, &subject(s), v).await,
        Endpoint::ReferencedBy(s, v) => subjects::referenced_by(registry, request, &subject(s), v),
        Endpoint::Schemas => schemas::list(registry, request),
        Endpoint::SchemaTypes => Answer::json(&crate::registry::register::formats()),
        Endpoint::SchemaId(id) => schemas::by_id(registry, request, id).await,
        Endpoint::SchemaIdText(id) => schemas::text_by_id(registry, request, id).await,
        Endpoint::SchemaIdSubjects(id) => schemas::subjects_of_id(registry, request, id),
        Endpoint::SchemaIdVersions(id) => schemas::versions_of_id(registry, request, id),
        Endpoint::Guid(guid) => schemas::by_guid(registry, request, guid).await,
        Endpoint::GuidIds(guid) => schemas::ids_of_guid(registry, request, guid),
        Endpoint::CompatibleWithLevel(s) => compatibility::with_level(registry, request, &subject(s)).await,
        Endpoint::CompatibleWithVersion(s, v) => compatibility::with_version(registry, request, &subject(s), v).await,
        Endpoint::Config(s) => config::answer(registry, request, s).await,
        Endpoint::Mode(s) => mode::answer(registry, request, s).await,
        Endpoint::Contexts => contexts::list(registry, request),
        Endpoint::Context(name) => contexts::delete(registry, name).await,
        Endpoint::Associations => associations::create(registry, request).await,
        Endpoint::AssociationsOfSubject(s) => associations::list(registry, request, Owner::Subject(&subject(s).to_string())),
        Endpoint::AssociationsOfId(id) => associations::resource(registry, request, id).await,
        Endpoint::AssociationsOfName(namespace, name) => associations::list(registry, request, Owner::Resource(namespace, name)),
        Endpoint::AssociationsBatchGet => associations::batch_get(registry, request),
        Endpoint::AssociationsBatchMutate => associations::batch_mutate(registry, request).await,
        Endpoint::VersionWithMetadata(s) => metadata::version_with(registry, request, &subject(s)).await,
        Endpoint::Tags(s, v) => subjects::tag(registry, request, &subject(s), v).await,
        Endpoint::ClusterId => metadata::id(),
        Endpoint::ServerVersion => metadata::version(),
        Endpoint::Deployment => metadata::deployment(),
        Endpoint::Eventpact(route) => eventpact::answer(registry, request, route).await,
    }
}

/// `GET /readyz`: a registration would be accepted, by this process or by the one that it sends it on to, and would be safe.
/// Warnings do not make it fail. With `?forward=false` only this process counts.
async fn ready(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let health = registry.health();
    if let Some(writer) = &health.writer
        && request.query.get("forward") != Some("false")
        && forward::is_ready(writer).await
    {
        registry.newest().await?;
        return Answer::json(&serde_json::json!({ "status": "ready", "writer": &**writer }));
    }
    match health.down.as_ref().or(health.standby.as_ref()) {
        Some(why) => return Err(ApiError::not_ready(why)),
        // A store that does not answer takes no registration either.
        None => registry.newest().await?,
    }
    if health.warnings.is_empty() {
        return Ok(Answer::Json(Bytes::from_static(br#"{"status":"ready"}"#)));
    }
    Answer::json(&serde_json::json!({ "status": "ready", "warnings": health.warnings }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Result<Endpoint, u16> {
        find(path, "").map(|(endpoint, _)| endpoint).map_err(|e| e.status)
    }

    #[test]
    fn paths_are_decoded_after_they_are_split() {
        assert_eq!(found("/subjects/a%2Fb/versions"), Ok(Endpoint::Versions("a/b".into())));
        assert_eq!(found("/subjects/a;x=1/versions/"), Ok(Endpoint::Versions("a".into())));
        assert_eq!(found("/%73ubjects"), Err(404));
        assert_eq!(found("/subjects/a%09b"), Err(400));
        assert_eq!(found("/subjects/%2e%2e"), Err(400));
        assert_eq!(found("/subjects//versions"), Err(400));
        assert_eq!(found("/subjects/%ff"), Err(400));
    }

    #[test]
    fn a_context_in_the_path_moves_subjects() {
        assert_eq!(found("/contexts/eu/subjects/s"), Ok(Endpoint::Subject(":.eu:s".into())));
        assert_eq!(found("/contexts/.eu/subjects/:.us:s"), Ok(Endpoint::Subject(":.us:s".into())));
        assert_eq!(found("/contexts/:.eu:/config"), Ok(Endpoint::Config(":.eu:".into())));
        assert_eq!(found("/contexts/.eu:x/subjects"), Err(400));
        let (_, query) = find("/contexts/.eu/schemas", "limit=2&subjectPrefix=a%20b").unwrap();
        assert_eq!(query.subject("subjectPrefix").as_deref(), Some(":.eu:a b"));
        assert_eq!(query.page(1..9, 100).unwrap(), [1, 2]);
    }
}
