//! `/eventpact/v1/…`: what goes beyond Confluent's API. One file for each family.

pub(crate) mod audit;
pub(crate) mod documents;
mod plan;
pub(crate) mod usage;
mod verdict;

use axum::http::Method;

use super::access::{Need, may_see_settings};
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
    /// `audit`: who changed what.
    Audit,
    /// `documents`: AsyncAPI documents. Holds the prefix of the context of the path.
    Documents(String),
    /// `documents/{d}`
    Document(String),
    /// `documents/{d}/versions`
    DocumentVersions(String),
    /// `documents/{d}/versions/{v}`
    DocumentVersion(String, String),
    /// `documents/{d}/versions/{v}/text`
    DocumentText(String, String),
    /// `conflicts`: versions that the store holds and that are left out, as far as the caller may read them.
    Conflicts,
    /// `settings`: what is configured anywhere. Holds the prefix of the context of the path.
    Settings(String),
}

impl Route {
    /// Finds the route; `subject` decodes and qualifies a segment.
    pub(super) fn find(path: &[&str], subject: impl Fn(&str) -> Result<String, ApiError>) -> Result<Self, ApiError> {
        Ok(match path {
            ["subjects", s, "check"] => Self::Check(subject(s)?),
            ["subjects", s, "versions", a, "diff", b] => Self::Diff(subject(s)?, decode(a)?, decode(b)?),
            ["plan"] => Self::Plan(subject("")?),
            ["documents"] => Self::Documents(subject("")?),
            ["documents", d] => Self::Document(subject(d)?),
            ["documents", d, "versions"] => Self::DocumentVersions(subject(d)?),
            ["documents", d, "versions", v] => Self::DocumentVersion(subject(d)?, decode(v)?),
            ["documents", d, "versions", v, "text"] => Self::DocumentText(subject(d)?, decode(v)?),
            ["audit"] => Self::Audit,
            ["usage"] => Self::Usage(subject("")?),
            ["apply"] => Self::Apply(subject("")?),
            ["conflicts"] => Self::Conflicts,
            ["settings"] => Self::Settings(subject("")?),
            _ => return Err(ApiError::no_such_route()),
        })
    }

    /// The methods that the route has; HEAD and OPTIONS are understood.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Check(_) | Self::Plan(_) | Self::Apply(_) => &[Method::POST],
            Self::Diff(..)
            | Self::Usage(_)
            | Self::Audit
            | Self::Documents(_)
            | Self::DocumentVersions(_)
            | Self::DocumentText(..)
            | Self::Conflicts
            | Self::Settings(_) => &[Method::GET],
            Self::Document(_) => &[Method::GET, Method::POST, Method::PUT, Method::DELETE],
            Self::DocumentVersion(..) => &[Method::GET, Method::DELETE],
        }
    }

    /// What a request needs. There is no `_` here: a new route does not compile until it is said who may use it.
    pub(super) fn need(&self, method: &Method) -> Need {
        match self {
            Self::Check(s) | Self::Diff(s, ..) => Need::Right(Verb::Read, SubjectName::parse(s)),
            Self::Audit => Need::Global(Verb::Admin),
            Self::Document(d) | Self::DocumentVersion(d, _) => {
                let verb = match *method {
                    Method::POST | Method::PUT => Verb::Write,
                    Method::DELETE => Verb::Delete,
                    _ => Verb::Read,
                };
                Need::Right(verb, SubjectName::parse(d))
            }
            Self::DocumentVersions(d) | Self::DocumentText(d, _) => Need::Right(Verb::Read, SubjectName::parse(d)),
            // The subjects are in the body, or in the query and what is found.
            Self::Plan(_) | Self::Apply(_) | Self::Usage(_) | Self::Documents(_) | Self::Conflicts | Self::Settings(_) => {
                Need::Entry
            }
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
            Self::Audit => "/eventpact/v1/audit",
            Self::Documents(_) => "/eventpact/v1/documents",
            Self::Document(_) => "/eventpact/v1/documents/{document}",
            Self::DocumentVersions(_) => "/eventpact/v1/documents/{document}/versions",
            Self::DocumentVersion(..) => "/eventpact/v1/documents/{document}/versions/{version}",
            Self::DocumentText(..) => "/eventpact/v1/documents/{document}/versions/{version}/text",
            Self::Conflicts => "/eventpact/v1/conflicts",
            Self::Settings(_) => "/eventpact/v1/settings",
        }
    }
}

/// Answers a request whose method the route has.
pub(super) async fn answer(registry: &Registry, request: &Request, route: &Route) -> Result<Answer, ApiError> {
    match route {
        Route::Check(s) => verdict::check(registry, request, &SubjectName::parse(s)).await,
        Route::Plan(context) => plan::plan(registry, request, context).await,
        Route::Apply(context) => plan::apply(registry, request, context).await,
        Route::Documents(context) => documents::list(registry, request, context),
        Route::Document(d) => documents::document(registry, request, &SubjectName::parse(d)).await,
        Route::DocumentVersions(d) => documents::versions(registry, request, &SubjectName::parse(d)),
        Route::DocumentVersion(d, v) => documents::version(registry, request, &SubjectName::parse(d), v).await,
        Route::DocumentText(d, v) => documents::text(registry, request, &SubjectName::parse(d), v),
        Route::Audit => audit::audit(registry, request).await,
        Route::Usage(context) => usage::usage(registry, request, context).await,
        Route::Settings(context) => {
            let visible = |scope: &str| scope.starts_with(context.as_str()) && may_see_settings(&request.caller, scope);
            Answer::json(&registry.settings(visible))
        }
        Route::Conflicts => Answer::json(&registry.conflicts(|subject| request.caller.may_read(subject))),
        Route::Diff(s, a, b) => verdict::diff(registry, request, &SubjectName::parse(s), (a, b)).await,
    }
}
