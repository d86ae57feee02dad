//! Checks and differences in full.

use eventpact_compat::mode::Mode as Level;
use eventpact_compat::rule::Profile;
use eventpact_registry_client::RegisterRequest;

use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::registry::compare::{Question, Wanted};
use crate::registry::lookup::VersionRef;
use crate::subject::SubjectName;

/// `POST subjects/{s}/check`
pub(super) async fn check(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let body: RegisterRequest = request.json()?;
    request.may_refer(subject, &body.references)?;
    let question = Question {
        request: body,
        profile: profile(request)?,
        level: level(request)?,
        version: request.query.get("version").map(VersionRef::parse).transpose()?,
        normalize: request.query.is("normalize"),
    };
    Answer::json(&registry.verdicts(subject, question).await?)
}

/// `GET subjects/{s}/versions/{a}/diff/{b}`
pub(super) async fn diff(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    (old, new): (&str, &str),
) -> Result<Answer, ApiError> {
    let wanted = Wanted {
        old: VersionRef::parse(old)?,
        new: VersionRef::parse(new)?,
        profile: profile(request)?,
        level: level(request)?,
        deleted: request.query.is("deleted"),
        pretty: request.query.is("pretty"),
    };
    let readable = |subject: &SubjectName| request.caller.may_read(subject);
    if !request.caller.is_unrestricted() {
        // Both may turn out to be in another context, and what they refer to is compared with them.
        for version in [wanted.old, wanted.new] {
            let found = registry.version(subject, version, wanted.deleted, readable)?;
            request.caller.require_read(&found.subject)?;
            registry
                .referred_subjects(&found.subject.context, &found.schema)
                .iter()
                .try_for_each(|s| request.caller.require_read(s))?;
        }
    }
    Answer::json(&registry.difference(subject, wanted, readable).await?)
}

/// `sound` where nothing is said, as on the command line.
pub(super) fn profile(request: &Request) -> Result<Profile, ApiError> {
    match request.query.get("profile").map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "sound") => Ok(Profile::Sound),
        Some("confluent") => Ok(Profile::Confluent),
        Some(_) => Err(ApiError::bad_request("the parameter profile is sound or confluent")),
    }
}

pub(super) fn level(request: &Request) -> Result<Option<Level>, ApiError> {
    let given = request.query.get("level").filter(|level| !level.is_empty());
    given.map(|level| level.parse().map_err(|_| ApiError::invalid_level())).transpose()
}
