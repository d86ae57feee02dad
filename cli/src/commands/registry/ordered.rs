//! `plan` and `apply` at a registry that knows no plans: the same steps, one request each, in the order that references ask for.
//! What is done before a refusal stays done, so everything that can be asked is asked first.

use std::collections::HashMap;

use anyhow::{Result, bail};
use eventpact_registry::{Placed, in_order};
use eventpact_registry_client::wire::plan::{PlanFile, PlanReport, PlanRequest, PlanSetting, PlannedSchema, PlannedSetting};
use eventpact_registry_client::wire::{Config, ErrorBody, Update};
use eventpact_registry_client::{Client, Error, Reference, RegisterRequest};

/// What would be done, as far as it can be told without doing it.
pub(super) async fn plan(client: &Client, request: &PlanRequest) -> Result<PlanReport> {
    Steps { client, request, act: false, there: HashMap::new(), changing: Vec::new(), stopped: false }.run().await
}

/// Does it, unless something is known to be refused.
pub(super) async fn apply(client: &Client, request: &PlanRequest) -> Result<PlanReport> {
    if request.digest.is_some() {
        bail!("a digest can be kept to only by a registry that knows plans, and this one does not");
    }
    let planned = plan(client, request).await?;
    if planned.refused > 0 || planned.changes == 0 {
        return Ok(PlanReport { applied: planned.refused == 0, ..planned });
    }
    Steps { client, request, act: true, there: HashMap::new(), changing: Vec::new(), stopped: false }.run().await
}

struct Steps<'a> {
    client: &'a Client,
    request: &'a PlanRequest,
    /// Do it, or only ask.
    act: bool,
    /// The subject and version of each file that is registered, by its path.
    there: HashMap<String, (String, i32)>,
    /// Scopes whose compatibility changes on the way.
    changing: Vec<String>,
    /// Something was refused, so the rest is left alone.
    stopped: bool,
}

impl Steps<'_> {
    async fn run(mut self) -> Result<PlanReport> {
        if self.request.normalize {
            bail!("`normalize` in a plan needs a registry that knows plans, and this one does not");
        }
        let placed = in_order(&self.request.files).map_err(anyhow::Error::msg)?;
        // What opens comes first, what closes last: so a plan can register into a subject that it then locks.
        let closes = |s: &PlanSetting| s.mode.as_deref().is_some_and(|mode| mode.to_ascii_uppercase().starts_with("READONLY"));
        let (last, first): (Vec<_>, Vec<_>) = self.request.settings.iter().partition(|setting| closes(setting));
        let (mut settings, mut schemas) = (Vec::new(), Vec::new());
        for setting in first {
            settings.push(self.setting(setting).await?);
        }
        for placed in &placed {
            let file = self.request.files.iter().find(|file| file.path == placed.path);
            schemas.push(self.schema(placed, file.unwrap_or(&PlanFile::default())).await?);
        }
        for setting in last {
            settings.push(self.setting(setting).await?);
        }
        let actions = || schemas.iter().map(|s| s.action.as_str()).chain(settings.iter().map(|s| s.action.as_str()));
        let (changes, refused) = (actions().filter(|a| *a != "unchanged").count(), actions().filter(|a| *a == "refuse").count());
        Ok(PlanReport { digest: String::new(), applied: self.act && refused == 0, changes, refused, schemas, settings })
    }

    async fn schema(&mut self, placed: &Placed, file: &PlanFile) -> Result<PlannedSchema> {
        let mut planned = PlannedSchema {
            path: placed.path.clone(),
            subject: placed.subject.clone(),
            action: "unchanged".to_owned(),
            version: None,
            id: None,
            guid: None,
            references: file.references.clone(),
            error: None,
        };
        let complete = self.refer(placed, &mut planned).await?;
        let body = RegisterRequest {
            schema_type: Some(placed.format.clone()),
            schema: Some(file.schema.clone()),
            references: planned.references.clone(),
            ..RegisterRequest::default()
        };
        if complete {
            match self.client.lookup(&placed.subject, &body).await {
                Ok(found) => {
                    (planned.version, planned.id, planned.guid) = (Some(found.version), Some(found.id), found.guid);
                    self.there.insert(placed.path.clone(), (placed.subject.clone(), found.version));
                    return Ok(planned);
                }
                Err(Error::NotFound { .. }) => {}
                Err(error) => return self.refused(planned, error),
            }
        }
        if self.stopped && self.act {
            return self.refused(planned, left_alone());
        }
        "register".clone_into(&mut planned.action);
        if !self.act {
            return self.asked(placed, &body, complete, planned).await;
        }
        match self.client.register(&placed.subject, &body).await {
            Ok(answer) => {
                // Older registries tell the id alone.
                let version = match answer.version {
                    Some(version) => version,
                    None => self.client.lookup(&placed.subject, &body).await?.version,
                };
                (planned.version, planned.id, planned.guid) = (Some(version), Some(answer.id), answer.guid);
                self.there.insert(placed.path.clone(), (placed.subject.clone(), version));
                Ok(planned)
            }
            Err(error) => self.refused(planned, error),
        }
    }

    /// Finds what a file refers to: files of the plan, else subjects of the name. `false` when some of it is yet to be registered.
    async fn refer(&self, placed: &Placed, planned: &mut PlannedSchema) -> Result<bool> {
        let mut complete = true;
        for (name, path) in &placed.inside {
            match self.there.get(path) {
                Some((subject, version)) => planned.references.push(Reference::new(name, subject, *version)),
                None => complete = false,
            }
        }
        for name in &placed.outside {
            let subject = beside(&placed.subject, name);
            match self.client.latest(&subject).await {
                Ok(found) => planned.references.push(Reference::new(name, subject, found.version)),
                // Then the registry says what it thinks of that.
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(complete)
    }

    /// The registry's own verdict, unless it would be one on another state than the one in which the schema will be registered.
    async fn asked(
        &mut self,
        placed: &Placed,
        body: &RegisterRequest,
        complete: bool,
        mut planned: PlannedSchema,
    ) -> Result<PlannedSchema> {
        let subject = placed.subject.as_str();
        let holds = |scope: &String| scope.is_empty() || scope == subject || (scope.ends_with(':') && subject.starts_with(scope));
        if !complete || self.changing.iter().any(holds) {
            return Ok(planned);
        }
        match self.client.check(&placed.subject, None, body).await {
            Ok(verdict) if !verdict.is_compatible => {
                "refuse".clone_into(&mut planned.action);
                planned.error = Some(ErrorBody { error_code: 40901, message: verdict.messages.unwrap_or_default().join("; ") });
                Ok(planned)
            }
            // Some registries know no such question for a subject that is not there.
            Ok(_) | Err(Error::NotFound { .. }) => Ok(planned),
            Err(error) => self.refused(planned, error),
        }
    }

    fn refused(&mut self, mut planned: PlannedSchema, error: Error) -> Result<PlannedSchema> {
        planned.error = Some(self.reason(error)?);
        "refuse".clone_into(&mut planned.action);
        Ok(planned)
    }

    /// The words of a refusal that concerns the request; everything else ends the run.
    fn reason(&mut self, error: Error) -> Result<ErrorBody> {
        match error {
            Error::Refused { status: 409 | 422, error_code, message } => {
                self.stopped = true;
                Ok(ErrorBody { error_code, message })
            }
            error => Err(error.into()),
        }
    }

    async fn setting(&mut self, setting: &PlanSetting) -> Result<PlannedSetting> {
        let scope = Some(setting.subject.as_str()).filter(|scope| !scope.is_empty());
        let before = self.client.own_config(scope).await?.and_then(|config| serde_json::from_value::<Config>(config).ok());
        let mode = self.client.own_mode(scope).await?;
        let mut planned = PlannedSetting {
            subject: setting.subject.clone(),
            action: "unchanged".to_owned(),
            config_before: before.clone(),
            config_after: before,
            mode_before: mode.clone(),
            mode_after: mode,
            error: None,
        };
        let level = setting.config.as_ref().and_then(|config| match &config.compatibility {
            Update::Set(level) => Some(level.to_ascii_uppercase()),
            _ => None,
        });
        let now = planned.config_before.as_ref().and_then(|config| config.compatibility_level.clone());
        let level = level.filter(|level| now.as_ref() != Some(level));
        if level.is_some() {
            self.changing.push(setting.subject.clone());
        }
        let mode =
            setting.mode.as_ref().map(|mode| mode.to_ascii_uppercase()).filter(|mode| planned.mode_before.as_ref() != Some(mode));
        if level.is_none() && mode.is_none() {
            return Ok(planned);
        }
        "set".clone_into(&mut planned.action);
        let done = if self.stopped && self.act {
            Err(left_alone())
        } else {
            self.set(scope, setting, level.is_some(), mode.as_deref()).await
        };
        if let Err(error) = done {
            planned.error = Some(self.reason(error)?);
            "refuse".clone_into(&mut planned.action);
            return Ok(planned);
        }
        if let Some(level) = level {
            planned.config_after.get_or_insert_default().compatibility_level = Some(level);
        }
        planned.mode_after = mode.or(planned.mode_after);
        Ok(planned)
    }

    async fn set(&self, scope: Option<&str>, setting: &PlanSetting, config: bool, mode: Option<&str>) -> Result<(), Error> {
        if !self.act {
            return Ok(());
        }
        if let Some(update) = setting.config.as_ref().filter(|_| config) {
            self.client.set_config(scope, update).await?;
        }
        match mode {
            Some(mode) => self.client.set_mode(scope, mode, false).await,
            None => Ok(()),
        }
    }
}

/// A subject in the context of another, unless it names one itself.
fn beside(subject: &str, name: &str) -> String {
    let end = subject.strip_prefix(':').and_then(|rest| rest.find(':')).map_or(0, |end| end + 2);
    if name.starts_with(':') { name.to_owned() } else { format!("{}{name}", &subject[..end]) }
}

fn left_alone() -> Error {
    Error::Refused { status: 409, error_code: 409, message: "left alone, because of what was refused".to_owned() }
}
