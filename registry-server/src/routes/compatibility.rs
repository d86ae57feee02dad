//! `/compatibility/subjects/{s}/versions…`: would this schema be accepted?

use eventpact_registry_client::{CompatibilityAnswer, RegisterRequest};

use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::registry::check::Against;
use crate::registry::lookup::VersionRef;
use crate::subject::SubjectName;

/// The code of a schema that cannot be read.
const INVALID_SCHEMA: i32 = 42201;

/// Against the versions that the level of the subject asks for.
pub(super) async fn with_level(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    check(registry, request, subject, Against::Level).await
}

/// Against one version.
pub(super) async fn with_version(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let against = match VersionRef::parse(version)? {
        VersionRef::Latest => Against::Latest,
        VersionRef::Number(number) => Against::Version(number),
    };
    check(registry, request, subject, against).await
}

async fn check(registry: &Registry, request: &Request, subject: &SubjectName, against: Against) -> Result<Answer, ApiError> {
    let body: RegisterRequest = request.json()?;
    request.may_refer(subject, &body.references)?;
    let (verbose, normalize) = (request.query.is("verbose"), request.query.is("normalize"));
    let messages = match registry.check(subject, against, body, normalize).await.map_err(ApiError::in_its_words) {
        Ok(messages) => messages,
        // Who asks for the reasons is told, instead of refused.
        Err(error) if verbose && error.code == INVALID_SCHEMA => vec![error.message],
        Err(error) => return Err(error),
    };
    Answer::json(&CompatibilityAnswer { is_compatible: messages.is_empty(), messages: verbose.then_some(messages) })
}
