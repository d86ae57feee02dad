//! Many schemas and settings at once: what would become of them, and all of it in one transaction.
//!
//! A plan is made on a copy of the state, to which each step is applied before the next is looked at: so a schema finds those that
//! it refers to, and ids and versions are those that it will get. Applying runs the same steps again on the newest state, after
//! asking whether everything that the plan looked at is still as it was.

mod references;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use eventpact_registry_client::wire::plan::{PlanFile, PlanReport, PlanRequest, PlanSetting, PlannedSchema, PlannedSetting};
use eventpact_registry_client::{Reference, RegisterRequest, SchemaType};
use sha2::{Digest, Sha256};

use super::Registry;
use super::register::{self, Prepared};
use super::settings::{checked_config, checked_mode, merged_config, mode_changes, refuse_read_only};
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::rules::{self, Rulesets};
use crate::state::State;
use crate::store::Change;
use crate::subject::{SubjectName, scope};
use references::Sorted;

/// A file of a plan in its place: behind those that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its path, as the plan has it.
    pub path: String,
    /// Its subject, as the plan has it or as the text gives it.
    pub subject: String,
    /// Its format.
    pub format: SchemaType,
    /// What the text refers to in other files of the plan: the name that it calls it, and the path.
    pub inside: Vec<(String, String)>,
    /// What the text refers to and no file of the plan has.
    pub outside: Vec<String>,
}

/// The files of a plan in the order in which they can be registered one by one.
///
/// # Errors
/// A sentence: two files of one path, or files that refer to each other in a circle.
pub fn in_order(files: &[PlanFile]) -> Result<Vec<Placed>, String> {
    let sorted = references::sort("", files).map_err(|error| error.to_string())?;
    let placed = sorted.into_iter().map(|Sorted { file, subject, format, inside, outside }| Placed {
        path: file.path.clone(),
        subject: subject.to_string(),
        format,
        inside,
        outside,
    });
    Ok(placed.collect())
}

/// The most files and settings of a plan.
const MAX_PARTS: usize = 1000;

/// How often a plan is made again because what it looked at changed meanwhile.
const ATTEMPTS: usize = 5;

/// A step that changes something.
#[derive(Debug, Clone)]
enum Step {
    Change(Change),
    Schema { index: usize, subject: SubjectName, plan: Arc<register::Plan> },
}

/// A plan, and what it relied on.
struct Draft {
    report: PlanReport,
    steps: Vec<Step>,
    /// Subjects with their revisions, 0 for none.
    subjects: Vec<(SubjectName, u64)>,
    settings_revision: u64,
}

impl Registry {
    /// What would become of all this?
    pub(crate) async fn plan(&self, context: &str, request: PlanRequest) -> Result<PlanReport, ApiError> {
        let (state, context, how) = (self.snapshot(), context.to_owned(), self.dialect.rulesets);
        self.work(bytes(&request), move || Ok(draft(&state, &context, &request, how)?.report)).await
    }

    /// Does all of it, or nothing. Doing it twice changes nothing the second time.
    pub(crate) async fn apply(&self, context: &str, request: PlanRequest) -> Result<PlanReport, ApiError> {
        let request = Arc::new(request);
        let mut turns = Vec::new();
        for attempt in 0..ATTEMPTS {
            if attempt == 1 {
                // Somebody else changes the same: those who apply plans take turns from here on.
                turns.push(self.turn(&SubjectName::parse(context)).lock().await);
            }
            let (state, asked, place) = (self.snapshot(), Arc::clone(&request), context.to_owned());
            let how = self.dialect.rulesets;
            let draft = self.work(bytes(&request), move || draft(&state, &place, &asked, how)).await?;
            if let Some(error) = refusal(&draft.report, request.digest.as_deref()) {
                return Err(error);
            }
            if request.dry_run || draft.report.changes == 0 {
                return Ok(draft.report);
            }
            let draft = Arc::new(draft);
            if let Some(report) = self.writer.submit(move |state| decide(state, &draft)).await? {
                return Ok(report);
            }
        }
        Err(ApiError::contended())
    }
}

/// The length of its texts together.
fn bytes(request: &PlanRequest) -> usize {
    request.files.iter().map(|file| file.schema.len()).sum()
}

/// Why a plan cannot be applied.
fn refusal(report: &PlanReport, wanted: Option<&str>) -> Option<ApiError> {
    let schemas = report.schemas.iter().filter_map(|s| s.error.as_ref().map(|e| (s.path.as_str(), e)));
    let settings = report.settings.iter().filter_map(|s| s.error.as_ref().map(|e| (s.subject.as_str(), e)));
    if let Some((name, error)) = schemas.chain(settings).next() {
        return Some(ApiError::plan_refused(report.refused, name, &error.message));
    }
    // Who applies twice finds nothing left to do, whatever was agreed to.
    let drifted = wanted.is_some_and(|wanted| wanted != report.digest) && report.changes > 0;
    drifted.then(|| ApiError::plan_drifted(&report.digest))
}

/// Runs the steps on the newest state, if what the plan looked at is as it was; `None` asks for another plan.
fn decide(state: &State, draft: &Draft) -> Result<(Vec<Change>, Option<PlanReport>), ApiError> {
    let same = |(subject, revision): &(SubjectName, u64)| state.subject(subject).map_or(0, |s| s.revision) == *revision;
    if state.settings_revision != draft.settings_revision || !draft.subjects.iter().all(same) {
        return Ok((Vec::new(), None));
    }
    let mut report = draft.report.clone();
    let (mut scratch, mut changes) = (state.clone(), Vec::new());
    for step in &draft.steps {
        let more = match step {
            Step::Change(change) => vec![change.clone()],
            Step::Schema { index, subject, plan } => {
                let (more, registered) = register::place(&scratch, subject, plan)?;
                let Some(registered) = registered else { return Ok((Vec::new(), None)) };
                if let Some(planned) = report.schemas.get_mut(*index) {
                    (planned.id, planned.version) = (Some(registered.id), Some(registered.number));
                }
                more
            }
        };
        for change in &more {
            scratch.apply(change);
        }
        changes.extend(more);
    }
    report.applied = true;
    Ok((changes, Some(report)))
}

/// Of two settings of one kind for one subject nobody knows which is meant.
fn refuse_twice(context: &str, settings: &[PlanSetting]) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    for setting in settings {
        let at = SubjectName::parse(&crate::routes::qualify_scope(context, &setting.subject));
        for (kind, is_set) in [("configuration", setting.config.is_some()), ("mode", setting.mode.is_some())] {
            if is_set && !seen.insert((kind, at.clone())) {
                return Err(ApiError::bad_request(format!("the {kind} of '{}' is there more than once", setting.subject)));
            }
        }
    }
    Ok(())
}

/// Looks at every part on a copy of the state.
fn draft(state: &State, context: &str, request: &PlanRequest, how: Rulesets) -> Result<Draft, ApiError> {
    if request.files.len() + request.settings.len() > MAX_PARTS {
        return Err(ApiError::bad_request(format!("a plan has at most {MAX_PARTS} files and settings")));
    }
    refuse_twice(context, &request.settings)?;
    let sorted = references::sort(context, &request.files)?;
    let mut drafting = Drafting {
        scratch: state.clone(),
        cache: ParsedCache::default(),
        steps: Vec::new(),
        subjects: Vec::new(),
        base: state,
        normalize: request.normalize,
        how,
    };
    // What opens comes first, what closes last: so a plan can register into a subject that it then locks.
    let closes = |setting: &PlanSetting| setting.mode.as_deref().is_some_and(|m| m.to_ascii_uppercase().starts_with("READONLY"));
    let mut settings: Vec<Option<PlannedSetting>> = vec![None; request.settings.len()];
    let mut set = |drafting: &mut Drafting<'_>, closing: bool| {
        for (setting, planned) in request.settings.iter().zip(&mut settings).filter(|(s, _)| closes(s) == closing) {
            *planned = Some(drafting.setting(context, setting));
        }
    };
    set(&mut drafting, false);
    let mut schemas: Vec<PlannedSchema> = Vec::new();
    for sorted in &sorted {
        let planned = drafting.schema(sorted, &schemas);
        schemas.push(planned);
    }
    set(&mut drafting, true);
    let settings: Vec<PlannedSetting> = settings.into_iter().flatten().collect();
    let actions = || schemas.iter().map(|s| s.action.as_str()).chain(settings.iter().map(|s| s.action.as_str()));
    let (changes, refused) = (actions().filter(|a| *a != "unchanged").count(), actions().filter(|a| *a == "refuse").count());
    let Drafting { steps, subjects, .. } = drafting;
    let digest = digest(&schemas, &settings);
    let report = PlanReport { digest, applied: false, changes, refused, schemas, settings };
    Ok(Draft { report, steps, subjects, settings_revision: state.settings_revision })
}

/// A plan in the making.
struct Drafting<'s> {
    base: &'s State,
    scratch: State,
    /// Of its own: the ids in the copy are not yet those of anybody.
    cache: ParsedCache,
    steps: Vec<Step>,
    subjects: Vec<(SubjectName, u64)>,
    normalize: bool,
    how: Rulesets,
}

impl Drafting<'_> {
    fn step(&mut self, step: Step, changes: &[Change]) {
        for change in changes {
            self.scratch.apply(change);
        }
        self.steps.push(step);
    }

    /// `earlier` are the schemas before this one.
    fn schema(&mut self, sorted: &Sorted<'_>, earlier: &[PlannedSchema]) -> PlannedSchema {
        let Sorted { file, subject, .. } = sorted;
        let mut planned = PlannedSchema {
            path: file.path.clone(),
            subject: subject.to_string(),
            action: "unchanged".to_owned(),
            version: None,
            id: None,
            guid: None,
            references: self.references(sorted, earlier),
            error: None,
        };
        let revision = self.base.subject(subject).map_or(0, |s| s.revision);
        if !self.subjects.iter().any(|(known, _)| known == subject) {
            self.subjects.push((subject.clone(), revision));
        }
        if let Err(error) = self.register(sorted.file, subject, sorted.format.clone(), earlier.len(), &mut planned) {
            "refuse".clone_into(&mut planned.action);
            planned.error = Some(error.body());
        }
        planned
    }

    fn register(
        &mut self,
        file: &PlanFile,
        subject: &SubjectName,
        format: SchemaType,
        index: usize,
        planned: &mut PlannedSchema,
    ) -> Result<(), ApiError> {
        if !subject.is_valid() || subject.name.is_empty() {
            return Err(ApiError::invalid_subject(subject));
        }
        let request = RegisterRequest {
            schema_type: Some(format),
            schema: Some(file.schema.clone()),
            references: planned.references.clone(),
            metadata: file.metadata.clone(),
            rule_set: rules::admit(file.rule_set.clone(), self.how)?,
            ..RegisterRequest::default()
        };
        match register::prepare(&self.cache, &self.scratch, subject, &request, self.normalize, false)? {
            Prepared::Known(known) => {
                planned.version = Some(known.number);
                planned.guid = Some(known.schema.identity.to_string());
                // A schema that the plan itself registers under the same subject has no id yet.
                let base = self.base.version(subject, known.number);
                planned.id = base.filter(|(_, schema)| schema.identity == known.schema.identity).map(|(version, _)| version.id);
                planned.references.clone_from(&known.schema.references);
            }
            Prepared::New(plan) => {
                let plan = Arc::new(*plan);
                let (changes, registered) = register::place(&self.scratch, subject, &plan)?;
                let registered = registered.ok_or_else(ApiError::internal)?;
                "register".clone_into(&mut planned.action);
                planned.version = Some(registered.number);
                planned.guid = Some(registered.schema.identity.to_string());
                planned.references.clone_from(&registered.schema.references);
                self.step(Step::Schema { index, subject: subject.clone(), plan }, &changes);
            }
        }
        Ok(())
    }

    /// What the file refers to: as it says, else files of the plan, else a subject that has the name.
    fn references(&self, sorted: &Sorted<'_>, earlier: &[PlannedSchema]) -> Vec<Reference> {
        let mut all = sorted.file.references.clone();
        for (name, provider) in &sorted.inside {
            let planned = earlier.iter().find(|planned| planned.path == *provider);
            if let Some((planned, version)) = planned.and_then(|planned| Some((planned, planned.version?))) {
                all.push(Reference::new(name.as_str(), planned.subject.as_str(), version));
            }
        }
        for name in &sorted.outside {
            let target = SubjectName::parse_in(name, &sorted.subject);
            if let Some((version, _)) = self.scratch.subject(&target).and_then(crate::state::Subject::latest) {
                all.push(Reference::new(name.as_str(), target.to_string(), version));
            }
        }
        all
    }

    fn setting(&mut self, context: &str, setting: &PlanSetting) -> PlannedSetting {
        let at = crate::routes::qualify_scope(context, &setting.subject);
        let key: Arc<str> = scope(&at).into();
        let config = self.scratch.config(&key).map(|config| (**config).clone());
        let mode = self.scratch.mode(&key).map(ToString::to_string);
        let mut planned = PlannedSetting {
            subject: key.to_string(),
            action: "unchanged".to_owned(),
            config_before: config.clone(),
            config_after: config,
            mode_before: mode.clone(),
            mode_after: mode,
            error: None,
        };
        if let Err(error) = self.set(&at, &key, setting, &mut planned) {
            "refuse".clone_into(&mut planned.action);
            planned.error = Some(error.body());
        }
        planned
    }

    fn set(&mut self, at: &str, key: &Arc<str>, setting: &PlanSetting, planned: &mut PlannedSetting) -> Result<(), ApiError> {
        let mut changes = Vec::new();
        let mode = setting.mode.as_deref().map(|mode| checked_mode(at, Some(mode))).transpose()?.flatten();
        if let Some(mode) = mode.filter(|mode| planned.mode_before.as_ref() != Some(mode)) {
            changes.extend(mode_changes(&self.scratch, key, Some(&mode), false)?);
            planned.mode_after = Some(mode);
        }
        if let Some(update) = &setting.config {
            let update = checked_config(at, update.clone(), self.how)?;
            let after = merged_config(&self.scratch, key, &update);
            // What is set already is no change, also where nothing may be changed.
            if planned.config_before.as_ref() != Some(&after) {
                refuse_read_only(&self.scratch, &SubjectName::parse(at))?;
                changes.push(Change::Config { scope: Arc::clone(key), config: Some(Arc::new(after.clone())) });
                planned.config_after = Some(after);
            }
        }
        for change in changes {
            "set".clone_into(&mut planned.action);
            self.step(Step::Change(change.clone()), &[change]);
        }
        Ok(())
    }
}

/// Of what would be done: neither ids nor sequence numbers, which others move.
fn digest(schemas: &[PlannedSchema], settings: &[PlannedSetting]) -> String {
    let schemas: Vec<PlannedSchema> = schemas.iter().map(|s| PlannedSchema { id: None, ..s.clone() }).collect();
    let text = serde_json::to_vec(&(schemas, settings)).unwrap_or_default();
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
