//! A change in words: what was there, and what is there now.

use eventpact_registry_client::wire::audit::{AuditChange, PRUNED};
use eventpact_registry_client::wire::{Association, Config, Lifecycle};
use eventpact_registry_client::{Metadata, SchemaType};

use super::hex;
use crate::documents::Document;
use crate::state::{Schema, State, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// Changes that one entry names; the rest is counted.
const MOST: usize = 200;

/// The longest description, in characters.
const LONGEST: usize = 2000;

/// The changes of a request.
#[derive(Default)]
pub(super) struct Described {
    pub(super) changes: Vec<AuditChange>,
    pub(super) more: u64,
}

impl Described {
    /// Adds a change to a state that does not have it yet.
    pub(super) fn add(&mut self, state: &State, change: &Change) {
        match describe(state, change) {
            Some(_) if self.changes.len() >= MOST => self.more += 1,
            described => self.changes.extend(described),
        }
    }
}

/// `None` for what follows from other changes: the counter of ids.
fn describe(state: &State, change: &Change) -> Option<AuditChange> {
    Some(match change {
        Change::PutContext { context, listed, .. } => {
            let was = state.context(context).map(|known| known.listed);
            if was.unwrap_or(false) == *listed {
                return None;
            }
            let word = |listed: bool| if listed { "listed" } else { "not listed" };
            changed("context", context, None, was.map(|was| word(was).to_owned()), Some(word(*listed).to_owned()))
        }
        Change::PutSchema { context, id, schema, .. } => {
            let before = state.context(context).and_then(|c| c.schema(*id)).map(|known| of_schema(known));
            changed("schema", context, Some((*id).into()), before, Some(of_schema(schema)))
        }
        Change::DropSchema { context, id } => {
            let before = state.context(context).and_then(|c| c.schema(*id)).map(|known| of_schema(known));
            changed("schema", context, Some((*id).into()), before, None)
        }
        Change::PutVersion { subject, number, version } => {
            let before = version_before(state, subject, *number);
            changed("version", &subject.to_string(), Some((*number).into()), before, Some(of_version(*version)))
        }
        Change::DropVersion { subject, number } => {
            changed("version", &subject.to_string(), Some((*number).into()), version_before(state, subject, *number), None)
        }
        Change::Config { scope, config } => {
            let before = state.config(scope).map(|known| of_config(known));
            changed("config", scope, None, before, config.as_deref().map(of_config))
        }
        Change::Mode { scope, mode } => {
            let text = |mode: &std::sync::Arc<str>| mode.to_string();
            changed("mode", scope, None, state.mode(scope).map(text), mode.as_ref().map(text))
        }
        Change::PutAssociation { association } => {
            let before = state.associations.get(&association.guid).map(|known| of_association(known));
            changed("association", &association.subject, None, before, Some(of_association(association)))
        }
        Change::DropAssociation { association } => {
            changed("association", &association.subject, None, Some(of_association(association)), None)
        }
        Change::PutDocument { name, number, document } => {
            let before = state.documents.get(name).and_then(|known| known.get(*number)).map(of_document);
            changed("document", name, Some((*number).into()), before, Some(of_document(document)))
        }
        Change::DropDocument { name, number } => {
            let before = state.documents.get(name).and_then(|known| known.get(*number)).map(of_document);
            changed("document", name, Some((*number).into()), before, None)
        }
        Change::PruneAudit { through, .. } => {
            let number = i64::try_from(through.number).ok();
            changed("audit", "", number, Some("kept".to_owned()), Some(format!("{PRUNED}{}", hex(&through.hash))))
        }
        Change::LeaveOut { .. } | Change::Audit { .. } => return None,
    })
}

fn changed(what: &str, name: &str, number: Option<i64>, before: Option<String>, after: Option<String>) -> AuditChange {
    let cut = |text: String| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text,
    };
    AuditChange { what: what.to_owned(), name: name.to_owned(), number, before: before.map(cut), after: after.map(cut) }
}

/// A schema by its guid: the text is in the registry, and longer than a log can be.
fn of_schema(schema: &Schema) -> String {
    let format = match &schema.format {
        SchemaType::Other(name) => name.as_str(),
        known => known.as_str(),
    };
    format!("{format} {}", schema.identity)
}

fn version_before(state: &State, subject: &SubjectName, number: i32) -> Option<String> {
    state.subject(subject).and_then(|known| known.get(number)).map(of_version)
}

fn of_version(version: Version) -> String {
    format!("id {}{}", version.id, if version.deleted { ", deleted" } else { "" })
}

fn of_document(document: &Document) -> String {
    format!("sha256 {}{}", document.sha256(), if document.deleted { ", deleted" } else { "" })
}

/// As JSON, without what is secret.
fn of_config(config: &Config) -> String {
    let mut shown = config.clone();
    for metadata in [&mut shown.default_metadata, &mut shown.override_metadata].into_iter().flatten() {
        hide(metadata);
    }
    serde_json::to_string(&shown).unwrap_or_default()
}

fn hide(metadata: &mut Metadata) {
    for (name, value) in &mut metadata.properties {
        if metadata.sensitive.contains(name) {
            "***".clone_into(value);
        }
    }
}

fn of_association(association: &Association) -> String {
    let Association { resource_type, resource_id, association_type, lifecycle, frozen, .. } = association;
    let frozen = if *frozen { ", frozen" } else { "" };
    let lifecycle = match lifecycle {
        Lifecycle::Strong => "STRONG",
        Lifecycle::Weak => "WEAK",
    };
    format!("{association_type} of {resource_type} {resource_id}, {lifecycle}{frozen}")
}
