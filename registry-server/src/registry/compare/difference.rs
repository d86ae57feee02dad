//! What changed between two versions, compatible changes too, with what each of them means.

use std::sync::Arc;

use eventpact_compat::diff::{self, Bump, Change};
use eventpact_contract::diagnostic::Label;
use eventpact_registry_client::wire::verdict::{ChangeEffect, DiffReport, DiffSide, SchemaChange};

use super::gather::place;
use super::{
    ApiError, Direction, Effective, Level, Profile, Registry, SchemaType, Severity, Sources, Span, State, SubjectName,
    VersionRef, options, read_again,
};
use crate::registry::lookup::Found;

/// What is asked of a difference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) old: VersionRef,
    pub(crate) new: VersionRef,
    pub(crate) profile: Profile,
    /// Says which directions count; else the level of the subject.
    pub(crate) level: Option<Level>,
    /// Soft-deleted versions too.
    pub(crate) deleted: bool,
    /// Texts in JSON are indented before they are compared, so that places are told for people.
    pub(crate) pretty: bool,
}

impl Registry {
    /// What changed between two versions of a subject? A name without a context may be found in another one that is readable.
    pub(crate) async fn difference(
        &self,
        subject: &SubjectName,
        wanted: Wanted,
        readable: impl Fn(&SubjectName) -> bool,
    ) -> Result<DiffReport, ApiError> {
        let old = self.version(subject, wanted.old, wanted.deleted, &readable)?;
        let new = self.version(subject, wanted.new, wanted.deleted, &readable)?;
        let state = self.snapshot();
        let bytes = old.schema.text.len() + new.schema.text.len();
        self.work(bytes, move || difference(&state, &old, &new, wanted)).await
    }
}

fn difference(state: &State, old: &Found, new: &Found, wanted: Wanted) -> Result<DiffReport, ApiError> {
    let effective = Effective::of(state, &new.subject);
    let level = wanted.level.unwrap_or(effective.level);
    let (old_side, new_side) = (side(old, wanted.pretty), side(new, wanted.pretty));
    let mut sources = Sources::new();
    let mut read = |found: &Found, text: &str| {
        let name = format!("{} version {}", found.subject, found.number);
        let place = (text, found.schema.references.as_slice());
        let tree = read_again(&mut sources, state, &found.subject, name, &found.schema.format, place);
        tree.map_err(|why| ApiError::invalid_schema(format!("version {} cannot be read: {why}", found.number)))
    };
    let (old_tree, new_tree) = (read(old, &old_side.text)?, read(new, &new_side.text)?);
    let same_format = old_tree.format() == new_tree.format();
    let found = if same_format {
        diff::schemas(&new_tree, &old_tree, level, options(wanted.profile, &effective), true)
    } else {
        diff::Difference::default()
    };
    let (state, bump) = match (same_format, found.changes.is_empty() && found.unknown.is_empty()) {
        (false, _) => ("written in another format", Bump::Major),
        (true, true) => ("unchanged", Bump::None),
        (true, false) => ("changed", found.bump()),
    };
    Ok(DiffReport {
        subject: new.subject.to_string(),
        profile: wanted.profile.to_string(),
        level: level.to_string(),
        state: state.to_owned(),
        semver: bump.to_string(),
        old: old_side,
        new: new_side,
        changes: found.changes.iter().map(|change| wire(change, &sources)).collect(),
        unknown: found.unknown,
    })
}

fn side(found: &Found, pretty: bool) -> DiffSide {
    let schema = &found.schema;
    let text = if pretty { indented(&schema.format, &schema.text) } else { Arc::clone(&schema.text) };
    let format = schema.format.to_string();
    DiffSide { version: found.number, id: found.version.id, format, text: text.to_string() }
}

/// The text for people: JSON on many lines; what is no JSON as it is.
fn indented(format: &SchemaType, text: &Arc<str>) -> Arc<str> {
    if *format == SchemaType::Protobuf {
        return Arc::clone(text);
    }
    let value = serde_json::from_str::<serde_json::Value>(text);
    let pretty = value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.map_or_else(|| Arc::clone(text), Into::into)
}

fn wire(change: &Change, sources: &Sources) -> SchemaChange {
    let at = |span: Option<Span>| span.map(|span| place(&Label::new(span, ""), sources));
    let word = |direction: Direction| match change.worst(direction).map(|effect| effect.severity) {
        Some(Severity::Error) => "breaks".to_owned(),
        Some(Severity::Warning) => "warning".to_owned(),
        Some(Severity::Info) | None => "safe".to_owned(),
    };
    let effects = change.effects.iter().map(|effect| ChangeEffect {
        direction: effect.direction.as_str().to_owned(),
        rule: effect.rule.to_owned(),
        severity: effect.severity.as_str().to_owned(),
        message: effect.message.clone(),
        counts: effect.counts,
    });
    SchemaChange {
        kind: change.kind.as_str().to_owned(),
        path: change.path.clone(),
        what: change.what.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        metadata: change.metadata,
        breaks: change.breaks(),
        backward: word(Direction::Backward),
        forward: word(Direction::Forward),
        effects: effects.collect(),
        old: at(change.old),
        new: at(change.new),
    }
}
