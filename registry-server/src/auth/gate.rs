//! The gate: makes a caller of every request, or refuses it.

use std::collections::BTreeMap;

use axum::http::HeaderMap;

use super::caller::{Caller, Principal};
use super::policy::{Policy, PolicyError, Rule};
use crate::error::ApiError;

/// How a registry is protected.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Security {
    /// Who may do what; without a rule everybody who was let in may do everything.
    pub rules: Vec<Rule>,
    /// Role → names of principals.
    pub roles: BTreeMap<String, Vec<String>>,
}

/// Lets callers in.
pub(crate) struct Gate {
    anonymous: Caller,
}

impl Gate {
    /// Reads what the settings name. Anything that cannot be used is an error: a gate is never open by mistake.
    pub(crate) fn new(security: &Security) -> Result<Self, PolicyError> {
        let policy = Policy::new(&security.rules, &security.roles)?;
        Ok(Self { anonymous: policy.caller(Principal::anonymous()) })
    }

    /// Who sends a request with these headers?
    #[expect(clippy::unused_async, reason = "passwords and tokens come with the next change")]
    pub(crate) async fn caller(&self, _headers: &HeaderMap) -> Result<Caller, ApiError> {
        Ok(self.anonymous.clone())
    }
}
