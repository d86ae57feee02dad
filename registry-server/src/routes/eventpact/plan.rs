//! Many schemas and settings at once.

use eventpact_registry_client::wire::plan::{PlanReport, PlanRequest};

use super::{Answer, Request};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::Registry;
use crate::subject::{ABOVE_ALL, SubjectName};

/// `POST plan`
pub(super) async fn plan(registry: &Registry, request: &Request, context: &str) -> Result<Answer, ApiError> {
    let body: PlanRequest = request.json()?;
    let report = registry.plan(context, body).await?;
    permit(request, &report, Verb::Read)?;
    Answer::json(&report)
}

/// `POST apply`
pub(super) async fn apply(registry: &Registry, request: &Request, context: &str) -> Result<Answer, ApiError> {
    request.query.only(&[])?;
    let body: PlanRequest = request.json()?;
    if !request.caller.is_unrestricted() {
        let dry = PlanRequest { dry_run: true, digest: None, ..body.clone() };
        permit(request, &registry.plan(context, dry).await?, Verb::Write)?;
    }
    Answer::json(&registry.apply(context, body).await?)
}

/// The caller needs a right on every subject, on what is set, and to read all that is referred to.
fn permit(request: &Request, report: &PlanReport, schemas: Verb) -> Result<(), ApiError> {
    for planned in &report.schemas {
        let subject = SubjectName::parse(&planned.subject);
        request.caller.require(schemas, &subject)?;
        request.may_refer(&subject, &planned.references)?;
    }
    for planned in &report.settings {
        let changes = schemas == Verb::Write;
        let verbs = [
            (Verb::Config, planned.config_before != planned.config_after),
            (Verb::Mode, planned.mode_before != planned.mode_after),
        ];
        for verb in verbs.into_iter().filter(|(_, set)| *set).map(|(verb, _)| if changes { verb } else { Verb::Read }) {
            if planned.subject.is_empty() || planned.subject == ABOVE_ALL {
                request.caller.require_globally(verb)?;
            } else {
                request.caller.require(verb, &SubjectName::parse(&planned.subject))?;
            }
        }
    }
    Ok(())
}
