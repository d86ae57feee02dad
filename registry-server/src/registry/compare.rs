//! A check and a difference in full: every finding with its places and its witness, at every level, and who can move first.
//!
//! Texts are read here once more, so that places can be told in them: the new one as it was sent, the old ones as they are stored.

mod difference;
mod gather;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_compat::asyncapi::{Holds, Order, Role, Rollout, Sides, steps};
use eventpact_compat::check::{self, Verdict};
use eventpact_compat::mode::{Direction, Mode as Level};
use eventpact_compat::options::{Options, Policy};
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::{self, Registered, load_registered};
use eventpact_contract::schema::{Format, Schema as Tree};
use eventpact_contract::source::{Sources, Span};
use eventpact_registry_client::wire::verdict::{CheckReport, Deploy, LevelVerdict, Undecided};
use eventpact_registry_client::{Metadata, RegisterRequest, SchemaType};

use super::check::{asked_for, compatibility, live};
use super::lookup::VersionRef;
use super::settings::Effective;
use super::{Registry, length, read, resolve};
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::schema::Reading;
use crate::state::{Schema, State, Subject, Version};
use crate::subject::SubjectName;
pub(crate) use difference::Wanted;
pub(super) use gather::{Gathered, place};

/// Pairs of versions that are not begun after this time are told as not compared.
const BUDGET: Duration = Duration::from_secs(7);

/// The path that every `.proto` file has: a registry knows none, and paths of two versions must be equal to be compared.
const PROTO_PATH: &str = "schema.proto";

/// What is asked of a check.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) request: RegisterRequest,
    pub(crate) profile: Profile,
    /// Of one level only; else of all.
    pub(crate) level: Option<Level>,
    /// Against one version only; else against those that each level asks for.
    pub(crate) version: Option<VersionRef>,
    pub(crate) normalize: bool,
}

impl Registry {
    /// How does a schema stand to what a subject has, at every level?
    pub(crate) async fn verdicts(&self, subject: &SubjectName, question: Question) -> Result<CheckReport, ApiError> {
        let (state, cache, subject) = (self.snapshot(), Arc::clone(&self.parsed), subject.clone());
        self.work(length(&state, &subject, &question.request), move || verdicts(&cache, &state, &subject, &question)).await
    }
}

/// An old version: number and schema.
type Old = (i32, Arc<Schema>);

/// The same without a registry around it, against one snapshot.
pub(super) fn verdicts(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    question: &Question,
) -> Result<CheckReport, ApiError> {
    let effective = Effective::of(state, subject);
    let request = &question.request;
    let text = request.schema.as_deref().unwrap_or("");
    if text.trim().is_empty() {
        return Err(ApiError::invalid_schema("Empty schema"));
    }
    let history = history(state, subject, question, &effective)?;
    let how = Reading { strict: true, normalize: question.normalize || effective.normalize, ..Reading::LENIENT };
    let incoming = read(cache, state, subject, &request.format(), text, &request.references, how)?;
    let metadata = request.metadata.as_ref();
    let refused = compatibility(cache, state, subject, &incoming, metadata, &asked_for(state, subject, &effective), &effective);
    let mut sources = Sources::new();
    let new = read_again(&mut sources, state, subject, subject.to_string(), &incoming.format, (text, &incoming.references));
    let new = new.map_err(ApiError::invalid_schema)?;
    let levels = question.level.map_or_else(|| Level::ALL.into_iter().skip(1).collect(), |level| vec![level]);
    let mut gathered = Gathered::new(subject.to_string(), options(question.profile, &effective), levels, sources);
    let holds = gathered.compare(state, subject, &new, &history);
    let level = question.level.unwrap_or(effective.level);
    let verdict = gathered.verdict(level);
    let levels = gathered.level_verdicts();
    let (findings, unknown) = gathered.finish();
    Ok(CheckReport {
        subject: subject.to_string(),
        profile: question.profile.to_string(),
        level: level.to_string(),
        verdict: verdict.as_str().to_owned(),
        accepted: refused.is_empty(),
        levels,
        versions: history.iter().map(|(number, _)| *number).collect(),
        findings,
        unknown,
        deploy: holds.map(|holds| deploy(subject, holds)),
    })
}

/// How the rules are to judge.
fn options(profile: Profile, effective: &Effective) -> Options {
    let policy = if effective.lenient { Policy::Lenient } else { Policy::Strict };
    Options { policy, ..Options::from(profile) }
}

/// The versions to compare with, newest first; those of another compatibility group are left aside.
fn history(state: &State, subject: &SubjectName, question: &Question, effective: &Effective) -> Result<Vec<Old>, ApiError> {
    let known = state.subject(subject);
    let versions: Vec<(i32, Version)> = match question.version {
        None => live(state, subject),
        Some(VersionRef::Latest) => known.and_then(Subject::latest).into_iter().collect(),
        Some(VersionRef::Number(number)) => {
            let version = known.and_then(|s| s.get(number)).filter(|version| !version.deleted);
            vec![(number, version.ok_or_else(|| ApiError::version_not_found(number))?)]
        }
    };
    let group = |metadata: Option<&Metadata>, name: &str| metadata.and_then(|m| m.properties.get(name)).cloned();
    let own = question.request.metadata.as_ref();
    let comparable = |(number, version): &(i32, Version)| {
        let schema = state.context(&subject.context)?.schema(version.id)?;
        let same =
            effective.config.compatibility_group.as_deref().is_none_or(|g| group(own, g) == group(schema.metadata.as_ref(), g));
        same.then(|| (*number, Arc::clone(schema)))
    };
    let all: Vec<Old> = versions.iter().rev().filter_map(comparable).collect();
    let only_latest = question.level.is_some_and(|level| !level.is_transitive());
    Ok(all.into_iter().take(if only_latest { 1 } else { usize::MAX }).collect())
}

/// A text with all that it refers to, with places that can be told. The error says why it cannot be read.
fn read_again(
    sources: &mut Sources,
    state: &State,
    home: &SubjectName,
    name: String,
    format: &SchemaType,
    (text, references): (&str, &[eventpact_registry_client::Reference]),
) -> Result<Tree, String> {
    let format = match format {
        SchemaType::Avro => Format::Avro,
        SchemaType::Json => Format::JsonSchema,
        SchemaType::Protobuf => Format::Protobuf,
        SchemaType::Other(other) => return Err(format!("unknown type {other}")),
    };
    let references = resolve(state, home, references)?.into_iter();
    let references = references.map(|r| load::Referenced { shown: r.name.clone(), name: r.name, text: r.text.to_string() });
    let registered =
        Registered { format, name, path: PROTO_PATH.to_owned(), text: text.to_owned(), references: references.collect() };
    let (schema, problems) = load_registered(sources, &registered);
    schema.ok_or_else(|| {
        let first = problems.iter().find(|problem| problem.severity == Severity::Error);
        first.map_or_else(|| "the text could not be read".to_owned(), |problem| problem.message.clone())
    })
}

/// Who moves first, when new and old get along like this.
fn deploy(subject: &SubjectName, (backward, forward): (Verdict, Verdict)) -> Deploy {
    let order = Order::of(Holds { backward, forward, clients_first: false });
    let rollout = Rollout { subject: subject.to_string(), role: Role::Both, breaks: Sides::default(), order };
    let step = steps(std::slice::from_ref(&rollout)).pop().map(|step| format!("deploy {}", step.text));
    let text = step.unwrap_or_else(|| "deploy in any order: old and new understand each other".to_owned());
    Deploy { order: order.as_str().to_owned(), text }
}
