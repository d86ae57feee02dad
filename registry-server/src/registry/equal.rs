//! Is this schema there already? By its identity, which costs the same for any number of versions, else by comparing with the
//! versions that look alike.

use std::sync::Arc;

use eventpact_registry_client::wire::RuleSet;
use eventpact_registry_client::{Metadata, RegisterRequest};

use super::lookup::Found;
use super::settings::Effective;
use super::{Incoming, parse_stored};
use crate::deadline;
use crate::parsed::ParsedCache;
use crate::rules;
use crate::schema::{comparison_text, shape};
use crate::state::{Context, Schema, State, Subject, VERSION_PROPERTY};
use crate::subject::SubjectName;

/// A schema that is looked for, as it would be stored.
pub(super) struct Wanted<'a> {
    pub(super) incoming: &'a Incoming,
    pub(super) schema: &'a Schema,
    /// Soft-deleted versions count.
    pub(super) deleted: bool,
}

/// The newest version of exactly this subject that has the schema.
pub(super) fn find(cache: &ParsedCache, state: &State, subject: &SubjectName, wanted: &Wanted<'_>) -> Option<Found> {
    by_identity(state, subject, wanted).or_else(|| by_content(cache, state, subject, wanted))
}

/// The latest version of the subject, if it has the schema.
pub(super) fn find_latest(cache: &ParsedCache, state: &State, subject: &SubjectName, wanted: &Wanted<'_>) -> Option<Found> {
    let (number, _) = state.subject(subject)?.latest()?;
    let found = Found::at(state, subject, number)?;
    is_equal(cache, state, wanted, &found).then_some(Found { by_content: true, ..found })
}

pub(super) fn by_identity(state: &State, subject: &SubjectName, wanted: &Wanted<'_>) -> Option<Found> {
    let context = state.context(&subject.context)?;
    let id = state.id_of(&subject.context, wanted.schema.identity)?;
    let mut versions = context.uses_in(id, &subject.name).rev();
    let (number, _) = versions.find(|(_, version)| wanted.deleted || !version.deleted)?;
    Found::at(state, subject, number)
}

pub(super) fn by_content(cache: &ParsedCache, state: &State, subject: &SubjectName, wanted: &Wanted<'_>) -> Option<Found> {
    let context = state.context(&subject.context)?;
    let known = context.subject(&subject.name)?;
    let mut numbers = lookalikes(context, known, subject, wanted.schema);
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    let candidates = numbers.into_iter().filter_map(|number| Found::at(state, subject, number));
    let mut candidates = candidates.filter(|found| wanted.deleted || !found.version.deleted);
    let equal = |found: &Found| !deadline::is_over() && is_equal(cache, state, wanted, found);
    candidates.find(equal).map(|found| Found { by_content: true, ..found })
}

/// The versions that can be equal at all.
fn lookalikes(context: &Context, known: &Subject, subject: &SubjectName, schema: &Schema) -> Vec<i32> {
    let same_shape = context.lookalikes(shape(&schema.text)).flat_map(|id| context.uses_in(id, &subject.name));
    let mut numbers: Vec<i32> = same_shape.map(|(number, _)| number).collect();
    if known.has_references && schema.references.is_empty() {
        let refers = |id: u32| context.schema(id).is_some_and(|schema| !schema.references.is_empty());
        numbers.extend(known.versions().filter(|(_, version)| refers(version.id)).map(|(number, _)| number));
        numbers.sort_unstable();
        numbers.dedup();
    }
    numbers
}

fn is_equal(cache: &ParsedCache, state: &State, wanted: &Wanted<'_>, found: &Found) -> bool {
    let (new, old) = (wanted.schema, &*found.schema);
    // A text that has all that it refers to written out needs no references.
    let same_references = new.references == old.references || new.references.is_empty();
    if new.format != old.format || new.rules != old.rules || !same_references || !has_same_metadata(new, found) {
        return false;
    }
    if new.text == old.text {
        return true;
    }
    let parsed = parse_stored(cache, state, &found.subject.context, found.version.id, old);
    parsed.is_ok_and(|parsed| comparison_text(&parsed) == comparison_text(&wanted.incoming.parsed))
}

/// The same metadata; a version property on one side only is left aside, if it names the version.
fn has_same_metadata(new: &Schema, found: &Found) -> bool {
    let bare = |metadata: &Option<Metadata>| {
        let mut bare = metadata.clone().unwrap_or_default();
        bare.properties.remove(VERSION_PROPERTY);
        bare
    };
    let (new, old) = (&new.metadata, &found.schema.metadata);
    match (version_property(new.as_ref()), version_property(old.as_ref())) {
        (None, Some(_)) => bare(new) == bare(old),
        (Some(number), None) => number == found.number && bare(new) == bare(old),
        _ => new == old,
    }
}

/// The version that metadata names.
pub(super) fn version_property(metadata: Option<&Metadata>) -> Option<i32> {
    metadata?.properties.get(VERSION_PROPERTY)?.parse().ok()
}

/// What a registration stores beside the text: without metadata or rules of its own, those of the latest version; the defaults of
/// the configuration under it, its overrides over it.
pub(super) fn merged(
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    effective: &Effective,
) -> (Option<Metadata>, Option<RuleSet>) {
    let latest = state.subject(subject).and_then(Subject::latest).and_then(|(number, _)| state.version(subject, number));
    let latest: Option<&Arc<Schema>> = latest.map(|(_, schema)| schema);
    let config = &effective.config;
    let metadata = request.metadata.clone().or_else(|| latest?.metadata.clone());
    let metadata = [config.default_metadata.clone(), metadata, config.override_metadata.clone()];
    let rules = request.rule_set.clone().or_else(|| latest?.rules.clone());
    let rules = [config.default_rule_set.clone(), rules, config.override_rule_set.clone()];
    (metadata.into_iter().flatten().reduce(merge_metadata), rules.into_iter().flatten().reduce(rules::merge))
}

fn merge_metadata(mut under: Metadata, over: Metadata) -> Metadata {
    under.tags.extend(over.tags);
    under.properties.extend(over.properties);
    under.sensitive.extend(over.sensitive);
    under
}
