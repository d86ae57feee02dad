//! One span for each request, sent to a collector of OpenTelemetry by OTLP over gRPC.
//!
//! A span tells the method, the route (as a pattern, without what stands in it), the status, the time, and who asked, as a hash. Never in
//! it: names of subjects, headers, queries, bodies, addresses, credentials. The trace goes on that `traceparent` names (W3C Trace
//! Context).

#[cfg(feature = "otlp")]
mod otlp;

#[cfg(feature = "otlp")]
pub(crate) use otlp::Traces;

use crate::auth::Caller;

/// What became known of a request while it was answered.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The path of the route, or of the call.
    pub(crate) route: Option<&'static str>,
    /// Who asks.
    pub(crate) caller: Option<Caller>,
}

/// This program was built without traces.
#[cfg(not(feature = "otlp"))]
#[derive(Debug, Clone)]
pub(crate) enum Traces {}

#[cfg(not(feature = "otlp"))]
#[derive(Debug)]
pub(crate) enum Span {}

#[cfg(not(feature = "otlp"))]
impl Traces {
    pub(crate) fn start(endpoint: Option<&str>) -> Result<Option<Self>, String> {
        match endpoint {
            Some(_) => Err("this program was built without traces: build it with the feature otlp".to_owned()),
            None => Ok(None),
        }
    }

    pub(crate) fn begin(&self, _method: &axum::http::Method, _headers: &axum::http::HeaderMap) -> Span {
        match *self {}
    }

    pub(crate) fn stop(&self) {
        match *self {}
    }
}

#[cfg(not(feature = "otlp"))]
impl Span {
    pub(crate) fn end(self, _seen: &Seen, _status: u16) {
        match self {}
    }
}
