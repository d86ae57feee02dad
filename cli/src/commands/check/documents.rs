//! Which documents of the new tree are compared with which of the baselines.

use std::collections::HashSet;

use anyhow::Result;
use clap::ValueEnum;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::{self, Document};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::{Sources, Span};

use super::counterparts::{self, Counterpart};
use super::read::stopping;
use super::roles::{self, Role};
use super::{modules, registered, removed};
use crate::input::{Entry, ReadArgs, Tree};
use crate::progress::Progress;

/// What a file is, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An Avro schema.
    Avro,
    /// A .proto file.
    Protobuf,
    /// A JSON Schema.
    JsonSchema,
    /// An AsyncAPI document.
    Asyncapi,
}

/// One document and its history.
pub(in crate::commands) struct Subject {
    /// The path below the folder that the user named.
    pub(in crate::commands) name: String,
    /// The new version.
    pub(in crate::commands) new: Version,
    /// Earlier versions, oldest first.
    pub(in crate::commands) history: Vec<Version>,
}

/// One version of a document.
#[derive(Clone)]
pub(in crate::commands) struct Version {
    pub(in crate::commands) document: Document,
    /// A place that stands for the whole of it.
    pub(in crate::commands) at: Span,
}

/// Everything that is to be compared, and what is wrong with the input.
#[derive(Default)]
pub(in crate::commands) struct Subjects {
    pub(in crate::commands) list: Vec<Subject>,
    pub(in crate::commands) problems: Vec<Diagnostic>,
}

impl Subjects {
    /// Something could not be read, so that a comparison would say nothing.
    pub(in crate::commands) fn broken(&self) -> bool {
        self.problems.iter().any(|d| d.id != REMOVED && d.severity == Severity::Error)
    }

    /// What is wrong with the input, alone.
    pub(in crate::commands) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_iter().filter(|d| d.id != REMOVED).collect()
    }
}

pub(in crate::commands) const REMOVED: &str = "check/document-removed";

/// How documents are read.
pub(in crate::commands) struct Pairing<'a> {
    pub(in crate::commands) kind: Option<Kind>,
    pub(in crate::commands) message: Option<&'a str>,
    pub(in crate::commands) read: &'a ReadArgs,
    pub(in crate::commands) profile: Profile,
}

/// The new version of a document and where its earlier ones are.
struct Root<'t> {
    entry: &'t Entry,
    role: Role,
    found: Vec<Counterpart<'t>>,
}

impl Pairing<'_> {
    /// Reads every document of the new tree with its counterparts.
    pub(in crate::commands) fn load(&self, sources: &mut Sources, new: &Tree, history: &[Tree]) -> Result<Subjects> {
        let mut subjects = Subjects::default();
        // Of registries, each subject is a module of its own.
        let registry = new.is_registry() || history.iter().any(Tree::is_registry);
        let whole = matches!(self.profile, Profile::Buf(_)) && !registry;
        if whole {
            modules::pair(sources, (new, history), |entry| self.is_protobuf(entry), &mut subjects);
        }
        let roots = self.roots(new, history, whole)?;
        self.refuse_message(new, roots.iter().map(|root| root.entry))?;
        let used: HashSet<&str> =
            roots.iter().flat_map(|r| &r.found).filter(|c| c.tree + 1 == history.len()).map(|c| c.entry.path.as_str()).collect();
        // Files that a contract reaches are checked there, in the direction of its operations.
        let (mut reached, mut reached_before) = (HashSet::new(), HashSet::new());
        let progress = Progress::new("reading", roots.len());
        for root in &roots {
            progress.step();
            let taken = root.role != Role::Contract && reached.contains(&new.reader.display_name(&root.entry.path));
            let in_registry = registry && matches!(root.role, Role::Contract | Role::Types) && !new.is_registry();
            if taken || (root.found.is_empty() && !in_registry) {
                continue; // a new document breaks nobody
            }
            if root.role == Role::Types && self.message.is_none() {
                self.types(sources, (new, root), history, &mut subjects);
                continue;
            }
            let Some(version) = self.read(sources, new, root.entry, &mut subjects.problems) else { continue };
            reached.extend(files(&version.document, sources));
            if let (true, Document::Contract(contract)) = (in_registry, &version.document) {
                let payloads = registered::payloads(contract);
                self.registered(sources, payloads, history, &mut subjects);
            }
            if root.found.is_empty() {
                continue;
            }
            let before = self.with_history(sources, root, version, history, &mut subjects);
            reached_before.extend(before);
        }
        if let (Some(latest), false) = (history.last(), new.single || registry) {
            let known = |entry: &Entry| {
                let apart = whole && self.is_protobuf(entry);
                apart || used.contains(entry.path.as_str()) || reached_before.contains(&latest.reader.display_name(&entry.path))
            };
            removed::find(sources, (new, latest), known, self.kind.is_some(), &mut subjects.problems)?;
        }
        Ok(subjects)
    }

    /// The documents of the new tree, contracts first, with their counterparts.
    fn roots<'t>(&self, new: &'t Tree, history: &'t [Tree], whole: bool) -> Result<Vec<Root<'t>>> {
        let mut roots: Vec<Root<'t>> = Vec::new();
        for entry in new.entries.iter().filter(|entry| !whole || !self.is_protobuf(entry)) {
            let role = roles::role(new, entry)?;
            if new.single || role != Role::Part {
                roots.push(Root { entry, role, found: Vec::new() });
            }
        }
        roots.sort_by_key(|root| (root.role != Role::Contract, root.entry.path.as_str()));
        let entries: Vec<&Entry> = roots.iter().map(|root| root.entry).collect();
        for tree in history.iter().enumerate() {
            let found = counterparts::in_tree((new, &entries), tree, self.kind.is_some())?;
            for (root, found) in roots.iter_mut().zip(found) {
                // Of a contract, each message has a subject of its own.
                if root.role != Role::Contract || !tree.1.is_registry() {
                    root.found.extend(found);
                }
            }
        }
        Ok(roots)
    }

    /// Adds a document with its earlier versions, once for each subject that it is registered under; gives the files that earlier
    /// contracts reach.
    fn with_history(
        &self,
        sources: &mut Sources,
        root: &Root<'_>,
        new: Version,
        history: &[Tree],
        subjects: &mut Subjects,
    ) -> Vec<String> {
        let mut names: Vec<Option<&str>> = root.found.iter().map(|c| c.subject).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > 1 {
            names.retain(Option::is_some); // what has no subject belongs to each of them
        }
        let mut reached = Vec::new();
        // A contract is large: the last subject, which mostly is the only one, gets it without a copy.
        let mut left = names.len();
        let mut new = Some(new);
        for subject in names {
            left -= 1;
            let version = if left == 0 { new.take() } else { new.clone() };
            let Some(new) = version else { continue };
            let found = root.found.iter().filter(|c| c.subject.is_none() || c.subject == subject);
            let mut versions = Vec::new();
            for counterpart in found {
                let Some(tree) = history.get(counterpart.tree) else { continue };
                let Some(mut old) = self.read(sources, tree, counterpart.entry, &mut subjects.problems) else { continue };
                reached.extend(files(&old.document, sources));
                registered::align(&new.document, &mut old.document);
                if counterpart.moved {
                    subjects.problems.push(moved(&root.entry.name, &counterpart.entry.name, new.at, old.at));
                }
                versions.push(old);
            }
            let name = subject.unwrap_or(&root.entry.name).to_owned();
            subjects.list.push(Subject { name, new, history: versions });
        }
        reached
    }

    /// Schemas of a document against what is registered under their subjects.
    fn registered(&self, sources: &mut Sources, payloads: Vec<registered::Payload>, history: &[Tree], subjects: &mut Subjects) {
        for (name, new) in payloads {
            let mut versions = Vec::new();
            for tree in history.iter().filter(|tree| tree.is_registry()) {
                for entry in tree.entries.iter().filter(|entry| name.is(tree, entry)) {
                    versions.extend(self.read(sources, tree, entry, &mut subjects.problems));
                }
            }
            for old in &mut versions {
                registered::align(&new.document, &mut old.document);
            }
            if !versions.is_empty() {
                subjects.list.push(Subject { name: name.to_string(), new, history: versions });
            }
        }
    }

    /// An Avro protocol or IDL file: each of its records is a subject of its own, paired by its full name.
    fn types(&self, sources: &mut Sources, (tree, root): (&Tree, &Root<'_>), history: &[Tree], subjects: &mut Subjects) {
        let mut read = |tree: &Tree, entry: &Entry| {
            let (types, found) = load::load_avro_types(sources, &*tree.reader, &entry.path);
            subjects.problems.extend(stopping(found, !types.is_empty()));
            types
        };
        let new = read(tree, root.entry);
        let files = root.found.iter().filter(|c| c.subject.is_none());
        let files = files.filter_map(|c| Some((history.get(c.tree)?, c.entry)));
        let old: Vec<Vec<(String, Schema)>> = files.map(|(tree, entry)| read(tree, entry)).collect();
        let mut registered = Vec::new();
        for (name, schema) in &new {
            let same = old.iter().filter_map(|types| types.iter().find(|(known, _)| known == name));
            let history: Vec<Version> = same.filter_map(|(_, schema)| version(schema)).collect();
            if let (Some(new), false) = (version(schema), history.is_empty()) {
                subjects.list.push(Subject { name: format!("{} {name}", root.entry.name), new, history });
            }
            registered.extend(version(schema).map(|new| (registered::Name::Type(name.clone()), new)));
        }
        if history.iter().any(Tree::is_registry) {
            self.registered(sources, registered, history, subjects);
        }
        let latest = old.last().filter(|_| !new.is_empty());
        for (name, schema) in latest.into_iter().flatten().filter(|(name, _)| !new.iter().any(|(known, _)| known == name)) {
            let Some(version) = version(schema) else { continue };
            let message = format!("{name} is gone from {}: whoever sends or reads it has no contract any more", root.entry.name);
            let found = Diagnostic::warning(REMOVED, version.at, message).with_about(name);
            subjects.problems.push(found.with_help("keep the type until none of its clients is left"));
        }
    }
}

/// An Avro type on its own.
fn version(schema: &Schema) -> Option<Version> {
    let Schema::Avro(avro) = schema else { return None };
    Some(Version { at: avro.root().span, document: Document::Schema(schema.clone()) })
}

/// Says which file was taken for the earlier version of another.
fn moved(new: &str, old: &str, at: Span, before: Span) -> Diagnostic {
    let message = format!("{new} has no earlier version of its path; it is compared with {old}, which says the same and is gone");
    let found = Diagnostic::new("check/renamed", Severity::Info, at, message).with_about(format!("{old} {new}"));
    found.with_related(before, "the earlier version")
}

/// The names of the files that a document was read from.
fn files(document: &Document, sources: &Sources) -> Vec<String> {
    match document {
        Document::Contract(contract) => contract.files.iter().map(|f| sources.file(*f).name().to_owned()).collect(),
        Document::Schema(_) => Vec::new(),
    }
}
