//! `/eventpact/v1/…`: what goes beyond Confluent's API. One file for each family.

mod plan;
pub(crate) mod usage;
mod verdict;

use axum::http::Method;

use super::access::Need;
use super::{Answer, Request, decode};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::Registry;
use crate::subject::SubjectName;

/// A route below `/eventpact/v1` with what its path says. Subjects are qualified already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `subjects/{s}/check`: a schema against a subject, at every level. Reads only.
    Check(String),
    /// `subjects/{s}/versions/{a}/diff/{b}`: what changed between two versions.
    Diff(String, String, String),
    /// `plan`: what would become of many schemas and settings. Holds the prefix of the context of the path.
    Plan(String),
    /// `apply`: does it, all or nothing.
    Apply(String),
    /// `usage`: who fetched which schema when.
    Usage(String),
}

impl Route {
    /// Finds the route; `subject` decodes and qualifies a segment.
    pub(super) fn find(path: &[&str], subject: impl Fn(&str) -> Result<String, ApiError>) -> Result<Self, ApiError> {
        Ok(match path {
            ["subjects", s, "check"] => Self::Check(subject(s)?),
            ["subjects", s, "versions", a, "diff", b] => Self::Diff(subject(s)?, decode(a)?, decode(b)?),
            ["plan"] => Self::Plan(subject("")?),
            ["usage"] => Self::Usage(subject("")?),
            ["apply"] => Self::Apply(subject("")?),
            _ => return Err(ApiError::no_such_route()),
        })
    }

    /// The methods that the route has; HEAD and OPTIONS are understood.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Check(_) | Self::Plan(_) | Self::Apply(_) => &[Method::POST],
            Self::Diff(..) | Self::Usage(_) => &[Method::GET],
        }
    }

    /// What a request needs. There is no `_` here: a new route does not compile until it is said who may use it.
    pub(super) fn need(&self, _method: &Method) -> Need {
        match self {
            Self::Check(s) | Self::Diff(s, ..) => Need::Right(Verb::Read, SubjectName::parse(s)),
            // The subjects are in the body, or in the query and what is found.
            Self::Plan(_) | Self::Apply(_) | Self::Usage(_) => Need::Entry,
        }
    }

    /// The path of the route, as in `routes::table`.
    pub(super) fn path(&self) -> &'static str {
        match self {
            Self::Check(_) => "/eventpact/v1/subjects/{subject}/check",
            Self::Diff(..) => "/eventpact/v1/subjects/{subject}/versions/{version}/diff/{other}",
            Self::Plan(_) => "/eventpact/v1/plan",
            Self::Apply(_) => "/eventpact/v1/apply",
            Self::Usage(_) => "/eventpact/v1/usage",
        }
    }
}

/// Answers a request whose method the route has.
pub(super) async fn answer(registry: &Registry, request: &Request, route: &Route) -> Result<Answer, ApiError> {
    match route {
        Route::Check(s) => verdict::check(registry, request, &SubjectName::parse(s)).await,
        Route::Plan(context) => plan::plan(registry, request, context).await,
        Route::Apply(context) => plan::apply(registry, request, context).await,
        Route::Usage(context) => usage::usage(registry, request, context).await,
        Route::Diff(s, a, b) => verdict::diff(registry, request, &SubjectName::parse(s), (a, b)).await,
    }
}
