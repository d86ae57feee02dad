//! Who asks, with all that they may do.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::pattern::shown;
use super::policy::{Grant, Verb};
use crate::error::ApiError;
use crate::subject::{ABOVE_ALL, DEFAULT_CONTEXT, SubjectName, split};

/// How somebody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Not at all.
    Anonymous,
    /// Name and password.
    Basic,
    /// A signed token.
    Bearer,
    /// A client certificate.
    Certificate,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Empty for anonymous callers.
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) roles: BTreeSet<String>,
}

impl Principal {
    pub(crate) fn new(name: impl Into<String>, method: Method) -> Self {
        Self { name: name.into(), method, roles: BTreeSet::new() }
    }

    pub(crate) fn anonymous() -> Self {
        Self::new("", Method::Anonymous)
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.method == Method::Anonymous
    }
}

/// Who asks, and what they may do. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    principal: Arc<Principal>,
    /// `None`: there are no rules.
    grants: Option<Arc<[Grant]>>,
}

static ANYBODY: LazyLock<Caller> = LazyLock::new(|| Caller::new(Arc::new(Principal::anonymous()), None));

impl Caller {
    pub(super) fn new(principal: Arc<Principal>, grants: Option<Vec<Grant>>) -> Self {
        Self { principal, grants: grants.map(Into::into) }
    }

    /// Somebody unknown, where there are no rules.
    pub(crate) fn anybody() -> Self {
        ANYBODY.clone()
    }

    /// The name, for the audit log and for limits; empty for anonymous callers.
    pub(crate) fn name(&self) -> &str {
        &self.principal.name
    }

    /// How they were recognised, for the audit log.
    pub(crate) fn method(&self) -> &'static str {
        match self.principal.method {
            Method::Anonymous => "none",
            Method::Basic => "basic",
            Method::Bearer => "bearer",
            Method::Certificate => "certificate",
        }
    }

    /// `true` when there is nothing that they may not do.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.grants.is_none()
    }

    /// May they do this to a subject? An empty name stands for the context itself.
    pub(crate) fn may(&self, verb: Verb, context: &str, name: &str) -> bool {
        let Some(grants) = &self.grants else { return true };
        grants.iter().any(|grant| grant.verbs.contains(&verb) && grant.pattern.matches(context, name))
    }

    /// May they see this subject?
    pub(crate) fn may_read(&self, subject: &SubjectName) -> bool {
        self.may(Verb::Read, &subject.context, &subject.name)
    }

    /// May they do anything at all in this context?
    pub(crate) fn may_enter(&self, context: &str) -> bool {
        let Some(grants) = &self.grants else { return true };
        grants.iter().any(|grant| grant.pattern.enters(context))
    }

    /// A refusal, unless they may do this to a subject, or to a context where the name is empty.
    pub(crate) fn require(&self, verb: Verb, subject: &SubjectName) -> Result<(), ApiError> {
        if self.may(verb, &subject.context, &subject.name) {
            return Ok(());
        }
        Err(ApiError::denied(verb.as_str(), &shown(&subject.context, &subject.name)))
    }

    /// A refusal, unless they may see this subject.
    pub(crate) fn require_read(&self, subject: &SubjectName) -> Result<(), ApiError> {
        self.require(Verb::Read, subject)
    }

    /// A refusal, unless they may do this to the registry as a whole.
    pub(crate) fn require_globally(&self, verb: Verb) -> Result<(), ApiError> {
        let global = split(ABOVE_ALL).map_or(DEFAULT_CONTEXT, |(context, _)| context);
        if self.may(verb, global, "") { Ok(()) } else { Err(ApiError::denied(verb.as_str(), "the whole registry")) }
    }
}
