//! Spans by the SDK of OpenTelemetry, in batches; a collector that is away costs nothing but its spans.

use std::time::Duration;

use axum::http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use sha2::{Digest, Sha256};

use super::Seen;

/// Where the environment says that spans go (OpenTelemetry Protocol Exporter, "Configuration Options").
const VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The last spans must be out within this time at the end of the process.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Where spans go. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    context: TraceContextPropagator,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Span {
    span: opentelemetry_sdk::trace::Span,
    method: Method,
}

impl Traces {
    /// Begins to send to an endpoint, else to the one that the environment names; `None` when there is none. Needs a running Tokio.
    pub(crate) fn start(endpoint: Option<&str>) -> Result<Option<Self>, String> {
        let named = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if endpoint.is_none() && !VARIABLES.iter().any(named) {
            return Ok(None);
        }
        let builder = SpanExporter::builder().with_tonic();
        let builder = match endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        let exporter = builder.build().map_err(|cause| cause.to_string())?;
        // The name is a default: OTEL_SERVICE_NAME goes before it.
        let resource = Resource::builder();
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => resource,
            None => resource.with_service_name("eventpact-registry"),
        };
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = resource.with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let tracer = provider.tracer("eventpact-registry");
        Ok(Some(Self { provider, tracer, context: TraceContextPropagator::new() }))
    }

    /// A request has come.
    pub(crate) fn begin(&self, method: &Method, headers: &HeaderMap) -> Span {
        let parent = self.context.extract_with_context(&Context::new(), &Headers(headers));
        let builder = self.tracer.span_builder(method.to_string()).with_kind(SpanKind::Server);
        Span { span: self.tracer.build_with_context(builder, &parent), method: method.clone() }
    }

    /// Sends what is left; blocks.
    pub(crate) fn stop(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(STOP_TIME) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

impl Span {
    /// The request is answered. Names are those of OpenTelemetry's conventions for HTTP servers.
    pub(crate) fn end(mut self, seen: &Seen, status: u16) {
        let span = &mut self.span;
        span.set_attribute(KeyValue::new("http.request.method", self.method.to_string()));
        if let Some(route) = seen.route {
            span.update_name(format!("{} {route}", self.method));
            span.set_attribute(KeyValue::new("http.route", route));
        }
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        if let Some(name) = seen.caller.as_ref().map(crate::auth::Caller::name).filter(|name| !name.is_empty()) {
            span.set_attribute(KeyValue::new("enduser.pseudo.id", pseudonym(name)));
        }
        span.end();
    }
}

/// The same for the same principal, and not their name.
fn pseudonym(name: &str) -> String {
    let hash = Sha256::new().chain_update("eventpact principal\0").chain_update(name).finalize();
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{number:016x}")
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        // Of two, nobody can tell which is meant.
        let mut all = self.0.get_all(key).iter();
        all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
