//! Which right each route needs. There is no `_` here: a new route does not compile until it is said who may use it.
//!
//! A right on a subject that the path names is asked for before the handler runs. Where the answer depends on what is found (an id,
//! a name that is looked for in other contexts, a list), the handler asks [`Caller`] again about each subject that it found.

use axum::http::Method;

use super::{Endpoint, Request};
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::subject::{DEFAULT_CONTEXT, GLOBAL_CONTEXT, SubjectName, split};

/// What a caller must be, or be allowed, to use a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: it tells no more than that the process runs.
    Nothing,
    /// To be let in. The handler shows only what the caller may read.
    Entry,
    /// To be let in, and to have any right in this context.
    Context(String),
    /// A right on a subject, or where its name is empty on a context.
    Right(Verb, SubjectName),
    /// A right on the registry as a whole.
    Global(Verb),
}

impl Need {
    /// Does such a request change something? A check and a look-up are sent with POST, and change nothing.
    pub(crate) fn writes(&self, method: &Method) -> bool {
        match self {
            Self::Nothing | Self::Entry | Self::Context(_) | Self::Right(Verb::Read, _) | Self::Global(Verb::Read) => false,
            Self::Right(..) | Self::Global(_) => *method != Method::GET && *method != Method::HEAD,
        }
    }

    /// A refusal, unless the caller has what is needed.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        match self {
            Self::Nothing | Self::Entry => Ok(()),
            Self::Context(context) if caller.may_enter(context) => Ok(()),
            Self::Context(context) => caller.require(Verb::Read, &SubjectName::new(context.as_str(), "")),
            Self::Right(verb, subject) => caller.require(*verb, subject),
            Self::Global(verb) => caller.require_globally(*verb),
        }
    }
}

impl Endpoint {
    /// What a request with this method needs.
    pub(crate) fn need(&self, method: &Method) -> Need {
        let on = |verb, subject: &str| Need::Right(verb, SubjectName::parse(subject));
        let by_method = |get, post, put, delete| match *method {
            Method::POST => post,
            Method::PUT => put,
            Method::DELETE => delete,
            _ => get,
        };
        match self {
            Self::Root | Self::Health | Self::Ready => Need::Nothing,
            // They tell how much is stored and asked for, of every subject together.
            Self::Metrics => Need::Global(Verb::Read),
            Self::OpenApi
            | Self::Subjects
            | Self::Schemas
            | Self::SchemaTypes
            | Self::SchemaId(_)
            | Self::SchemaIdText(_)
            | Self::SchemaIdSubjects(_)
            | Self::SchemaIdVersions(_)
            | Self::Guid(_)
            | Self::GuidIds(_)
            | Self::Contexts
            | Self::Associations
            | Self::AssociationsBatchGet
            | Self::AssociationsBatchMutate
            | Self::AssociationsOfId(_)
            | Self::AssociationsOfName(..)
            | Self::ClusterId
            | Self::ServerVersion
            | Self::Deployment => Need::Entry,
            Self::Subject(s) => on(by_method(Verb::Read, Verb::Read, Verb::Write, Verb::Delete), s),
            Self::Versions(s) | Self::Version(s, _) => on(by_method(Verb::Read, Verb::Write, Verb::Write, Verb::Delete), s),
            Self::Tags(s, _) => on(Verb::Write, s),
            Self::VersionSchema(s, _)
            | Self::ReferencedBy(s, _)
            | Self::VersionWithMetadata(s)
            | Self::CompatibleWithLevel(s)
            | Self::CompatibleWithVersion(s, _)
            | Self::AssociationsOfSubject(s) => on(Verb::Read, s),
            Self::Config(s) if *method == Method::GET => settings(s),
            Self::Config(s) => on(Verb::Config, s),
            Self::Mode(s) if *method == Method::GET => settings(s),
            Self::Mode(s) => on(Verb::Mode, s),
            Self::Eventpact(route) => route.need(method),
            Self::Context(name) => {
                Need::Right(by_method(Verb::Read, Verb::Write, Verb::Write, Verb::Delete), SubjectName::new(name.as_str(), ""))
            }
        }
    }
}

/// Settings of a subject are part of it; those of a context hold for whoever works in it, those of the registry for everyone.
fn settings(scope: &str) -> Need {
    match split(scope) {
        None if scope.is_empty() => Need::Entry,
        Some((DEFAULT_CONTEXT | GLOBAL_CONTEXT, "")) => Need::Entry,
        Some((context, "")) => Need::Context(context.to_owned()),
        _ => Need::Right(Verb::Read, SubjectName::parse(scope)),
    }
}

/// May they see the configuration and the mode of a scope?
pub(crate) fn may_see_settings(caller: &Caller, scope: &str) -> bool {
    settings(scope).check(caller).is_ok()
}

/// Asks for the right that the path and the method of a request need.
pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    if request.caller.is_unrestricted() {
        return Ok(());
    }
    request.endpoint.need(&request.method).check(&request.caller)
}

#[cfg(test)]
mod tests;
