//! The description of the API (OpenAPI 3.1), served at `/openapi.json`.
//!
//! [`operations`] is the table of all that can be asked; the objects are described where they are defined, in
//! `eventpact-registry-client`. Tests hold the table against the routes, and the answers of a running server against the document.

mod operations;

use std::sync::OnceLock;

use eventpact_registry_client::wire;
use utoipa::OpenApi as _;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, Info, OpenApi, Paths, Ref, RefOr, Required, Response, ResponseBuilder, Responses, ResponsesBuilder,
};

use operations::{OPERATIONS, parameter};

/// The content types of answers in JSON, best first.
const JSON: [&str; 3] = [wire::CONTENT_TYPE, "application/vnd.schemaregistry+json", "application/json"];

/// The content type of the metrics.
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What every request may be answered with: a path or parameter that cannot be read, no or wrong credentials, no right, too many
/// requests, a mistake of ours, a store that is away or a registry that is busy.
const ALWAYS: [u16; 6] = [400, 401, 403, 429, 500, 503];

/// What a request with a body may be answered with beside: too slow, too long, of another type, not what is expected.
const WITH_BODY: [u16; 4] = [408, 413, 415, 422];

/// The objects that travel.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    wire::Association,
    wire::AssociationBatch,
    wire::AssociationBatchGet,
    wire::AssociationBatchResponse,
    wire::AssociationRequest,
    wire::AssociationResponse,
    wire::CompatibilityAnswer,
    wire::Config,
    wire::ConfigUpdate,
    wire::Conflict,
    wire::ContextId,
    wire::ErrorBody,
    wire::ModeBody,
    wire::RegisterRequest,
    wire::RegisterResponse,
    wire::SchemaObject,
    wire::SchemaString,
    wire::ScopeSettings,
    wire::SubjectVersion,
    wire::TagRequest,
    wire::audit::AuditPage,
    wire::documents::DocumentObject,
    wire::documents::DocumentReport,
    wire::documents::DocumentRequest,
    wire::documents::DocumentSummary,
    wire::plan::PlanReport,
    wire::plan::PlanRequest,
    wire::usage::UsageReport,
    wire::verdict::CheckReport,
    wire::verdict::DiffReport,
)))]
struct Objects;

/// The document, as it is served.
pub(crate) fn document() -> &'static [u8] {
    static DOCUMENT: OnceLock<Vec<u8>> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::to_vec(&build()).unwrap_or_default())
}

fn build() -> OpenApi {
    let mut paths = Paths::new();
    for entry in OPERATIONS {
        paths.add_path_operation(entry.path, vec![entry.method.into()], operation(entry));
    }
    let mut info = Info::new("Eventpact schema registry", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The REST API of a Confluent schema registry, and what goes beyond it under /eventpact/v1. Before each path that begins \
         with /subjects, /schemas, /compatibility, /config, /mode or /eventpact, /contexts/{context} may stand: subjects are then \
         those of that context. Every answer carries X-Request-ID."
            .to_owned(),
    );
    let mut document = OpenApi::new(info, paths);
    let mut components = Objects::openapi().components.unwrap_or_default();
    let http = |scheme| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).build());
    components.add_security_scheme("basic", http(HttpAuthScheme::Basic));
    components.add_security_scheme("bearer", http(HttpAuthScheme::Bearer));
    document.components = Some(components);
    let by = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    document.security = Some(vec![SecurityRequirement::default(), by("basic"), by("bearer")]);
    document
}

fn operation(entry: &operations::Entry) -> Operation {
    let mut operation = Operation::new();
    operation.operation_id = Some(entry.id.to_owned());
    operation.summary = Some(entry.summary.to_owned());
    operation.tags = Some(vec![entry.tag().to_owned()]);
    let in_path = entry.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<RefOr<Parameter>> = Vec::new();
    for (name, place) in in_path.map(|n| (n, ParameterIn::Path)).chain(entry.query.iter().map(|n| (*n, ParameterIn::Query))) {
        let (schema, description) = parameter(name, place == ParameterIn::Path);
        let required = if place == ParameterIn::Path { Required::True } else { Required::False };
        let described = ParameterBuilder::new().name(name).parameter_in(place).required(required);
        parameters.push(described.schema(Some(schema)).description(Some(description)).build().into());
    }
    operation.parameters = Some(parameters).filter(|all| !all.is_empty());
    operation.request_body = entry.body.map(|name| {
        let content = || Content::new(Some(Ref::from_schema_name(name)));
        let body = JSON.iter().rev().fold(RequestBodyBuilder::new(), |body, kind| body.content(*kind, content()));
        body.required(Some(Required::True)).build().into()
    });
    operation.responses = responses(entry);
    operation
}

fn responses(entry: &operations::Entry) -> Responses {
    let mut responses = ResponsesBuilder::new().response(entry.reply.status(), success(entry));
    let body: &[u16] = if entry.body.is_some() { &WITH_BODY } else { &[] };
    let mut refusals: Vec<u16> = ALWAYS.iter().chain(body).chain(entry.refusals).copied().collect();
    refusals.sort_unstable();
    refusals.dedup();
    for status in refusals {
        let content = || Content::new(Some(Ref::from_schema_name("ErrorBody")));
        let response = ResponseBuilder::new().description(reason(status));
        let response = JSON.iter().fold(response, |response, kind| response.content(*kind, content()));
        responses = responses.response(status.to_string(), response.build());
    }
    if entry.reply.is_negotiated() {
        responses = responses.response("406", Response::new(reason(406)));
    }
    responses.build()
}

fn success(entry: &operations::Entry) -> Response {
    let mut response = ResponseBuilder::new().description(entry.summary);
    if let Some(schema) = entry.reply.schema() {
        for kind in entry.reply.kinds() {
            response = response.content(*kind, Content::new(Some(schema.clone())));
        }
    } else {
        for kind in entry.reply.kinds() {
            response = response.content(*kind, Content::new(None::<Schema>));
        }
    }
    for (name, target, pairs) in entry.links {
        let link = Link::builder().operation_id(*target);
        let link = pairs.iter().fold(link, |link, (name, value)| link.parameter(*name, *value));
        response = response.link(*name, link.build());
    }
    response.build()
}

/// What a refusal means, whatever was asked.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "The path, a parameter or the body cannot be read",
        401 => "Credentials are missing or wrong",
        403 => "The caller has no right to do this",
        404 => "There is no such subject, version, schema or setting",
        406 => "The client takes no content type that there is",
        408 => "The body took too long to arrive",
        409 => "It does not go with what is there: an incompatible schema, a plan that is out of date",
        413 => "The body is too long",
        415 => "The body has a content type that is not understood",
        422 => "The request is understood and cannot be done: an invalid schema, level, mode or version",
        429 => "Too many requests; Retry-After says when to come back",
        503 => "The store is away, or too many requests wait; try again",
        _ => "A mistake of the server, or a store that failed",
    }
}

/// A schema that is one of the objects.
fn object(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn of_type(kind: Type) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(kind).into()
}

fn list(items: RefOr<Schema>) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes::PATHS;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut ids: Vec<&str> = OPERATIONS.iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), OPERATIONS.len());
    }

    #[test]
    fn the_document_and_the_routes_have_the_same_methods() {
        let document: serde_json::Value = serde_json::from_slice(document()).unwrap();
        let described = document["paths"].as_object().unwrap();
        assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), PATHS.iter().copied().collect());
        for (path, item) in described {
            let filled: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
            let (endpoint, _) = crate::routes::find(&filled.join("/"), "").unwrap();
            let methods: BTreeSet<String> = endpoint.methods().iter().map(|method| method.as_str().to_lowercase()).collect();
            assert_eq!(item.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), methods, "{path}");
        }
    }

    #[test]
    fn what_is_referred_to_is_there() {
        let document: serde_json::Value = serde_json::from_slice(document()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let text = document.to_string();
        let names = text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
        for name in names {
            assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not described");
        }
    }
}
