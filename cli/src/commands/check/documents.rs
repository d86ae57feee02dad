//! Which documents of the new tree are compared with which of the baselines.

use anyhow::Result;
use clap::ValueEnum;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::{self, Document};
use eventpact_contract::rule;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Sources, Span};

use super::modules;
use crate::input::{Entry, ReadArgs, Tree};

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

impl Pairing<'_> {
    /// Reads every document of the new tree with its counterparts.
    pub(in crate::commands) fn load(&self, sources: &mut Sources, new: &Tree, history: &[Tree]) -> Result<Subjects> {
        let mut subjects = Subjects::default();
        let mut reached = Vec::new();
        let mut roots: Vec<&Entry> = Vec::new();
        let apart = |entry: &Entry| matches!(self.profile, Profile::Buf(_)) && self.is_protobuf(entry);
        if matches!(self.profile, Profile::Buf(_)) {
            modules::pair(sources, (new, history), |entry| self.is_protobuf(entry), &mut subjects);
        }
        for entry in new.entries.iter().filter(|e| !apart(e)) {
            if new.single || is_root(new, entry)? {
                roots.push(entry);
            }
        }
        // Contracts first: a schema file that one of them reaches is checked there, in the direction of its operations.
        roots.sort_by_key(|e| (!is_contract(new, e), e.path.clone()));
        for entry in roots {
            if reached.contains(&new.reader.display_name(&entry.path)) {
                continue;
            }
            let counterparts: Vec<(&Tree, &Entry)> =
                history.iter().filter_map(|t| t.matching(entry, new.single).map(|e| (t, e))).collect();
            if counterparts.is_empty() {
                continue; // a new document breaks nobody
            }
            if self.message.is_none() && matches!(ending(&entry.path), "avpr" | "avdl") {
                types(sources, (new, entry), &counterparts, &mut subjects);
                continue;
            }
            let Some(version) = self.read(sources, new, entry, &mut subjects.problems) else { continue };
            reached.extend(files(&version.document, sources));
            let mut versions = Vec::new();
            for (tree, old) in counterparts {
                versions.extend(self.read(sources, tree, old, &mut subjects.problems));
            }
            subjects.list.push(Subject { name: entry.name.clone(), new: version, history: versions });
        }
        if let Some(latest) = history.last().filter(|_| !new.single) {
            self.removed(sources, new, latest, &mut subjects)?;
        }
        Ok(subjects)
    }

    /// A `.proto` file, also by what the user says.
    fn is_protobuf(&self, entry: &Entry) -> bool {
        self.kind.map_or(ending(&entry.path) == "proto", |kind| kind == Kind::Protobuf)
    }

    fn read(&self, sources: &mut Sources, tree: &Tree, entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<Version> {
        let before = sources.iter().count();
        let format = match self.kind {
            Some(Kind::Avro) => Some(Format::Avro),
            Some(Kind::Protobuf) => Some(Format::Protobuf),
            Some(Kind::JsonSchema) => Some(Format::JsonSchema),
            Some(Kind::Asyncapi) | None => None,
        };
        let (document, found) = if let Some(format) = format {
            let (schema, found) = load::load_schema(sources, &*tree.reader, &entry.path, Some(format), self.message);
            (schema.map(Document::Schema), found)
        } else if self.kind == Some(Kind::Asyncapi) {
            let (contract, found) = load::load_contract_with(sources, &*tree.reader, &entry.path, self.read.options());
            (contract.map(|c| Document::Contract(Box::new(c))), found)
        } else if self.message.is_some() && matches!(ending(&entry.path), "proto" | "avpr" | "avdl") {
            let (schema, found) = load::load_schema(sources, &*tree.reader, &entry.path, None, self.message);
            (schema.map(Document::Schema), found)
        } else {
            load::load_with(sources, &*tree.reader, &entry.path, self.read.options())
        };
        problems.extend(stopping(found, document.is_some()));
        // The document itself is the first file that is read.
        let file = sources.iter().nth(before).map(|(id, _)| Span::start_of(id))?;
        document.map(|document| Version { at: place(&document, file), document })
    }

    /// Documents of the latest baseline that the new tree no longer has.
    fn removed(&self, sources: &mut Sources, new: &Tree, latest: &Tree, subjects: &mut Subjects) -> Result<()> {
        for entry in &latest.entries {
            if new.entries.iter().any(|e| e.name == entry.name) || !is_contract(latest, entry) && self.kind.is_none() {
                continue;
            }
            let found_by_rules = matches!(self.profile, Profile::Buf(_)) && self.is_protobuf(entry);
            if found_by_rules || !is_root(latest, entry)? {
                continue;
            }
            let text = latest.reader.read(&entry.path).unwrap_or_default();
            let old = Span::start_of(sources.add(latest.reader.display_name(&entry.path), text));
            let message = format!("{} is gone: whoever relies on it has no contract any more", entry.name);
            let found = Diagnostic::error(REMOVED, old, message).with_about(&entry.name);
            subjects.problems.push(found.with_help("keep the document until none of its clients is left"));
        }
        Ok(())
    }
}

/// What stops a comparison; `validate` is the command for the rest. A default that does not fit its type does not stop it:
/// registries hold such schemas.
pub(super) fn stopping(found: Vec<Diagnostic>, readable: bool) -> impl Iterator<Item = Diagnostic> {
    found.into_iter().filter(rule::stops).map(move |mut problem| {
        if readable && problem.id == "avro/default-invalid" {
            problem.severity = Severity::Warning;
        }
        problem
    })
}

/// An Avro protocol or IDL file: each of its records is a subject of its own, paired by its full name.
fn types(sources: &mut Sources, (tree, entry): (&Tree, &Entry), history: &[(&Tree, &Entry)], subjects: &mut Subjects) {
    let mut read = |tree: &Tree, entry: &Entry| {
        let (types, found) = load::load_avro_types(sources, &*tree.reader, &entry.path);
        subjects.problems.extend(stopping(found, !types.is_empty()));
        types
    };
    let new = read(tree, entry);
    let old: Vec<Vec<(String, Schema)>> = history.iter().map(|(tree, entry)| read(tree, entry)).collect();
    let version = |schema: &Schema| {
        let document = Document::Schema(schema.clone());
        let Schema::Avro(avro) = schema else { return None };
        Some(Version { at: avro.root().span, document })
    };
    for (name, schema) in &new {
        let same = old.iter().filter_map(|types| types.iter().find(|(known, _)| known == name));
        let history: Vec<Version> = same.filter_map(|(_, schema)| version(schema)).collect();
        if let (Some(new), false) = (version(schema), history.is_empty()) {
            subjects.list.push(Subject { name: format!("{} {name}", entry.name), new, history });
        }
    }
    let latest = old.last().filter(|_| !new.is_empty());
    for (name, schema) in latest.into_iter().flatten().filter(|(name, _)| !new.iter().any(|(known, _)| known == name)) {
        let Some(version) = version(schema) else { continue };
        let message = format!("{name} is gone from {}: whoever sends or reads it has no contract any more", entry.name);
        let found = Diagnostic::warning(REMOVED, version.at, message).with_about(name);
        subjects.problems.push(found.with_help("keep the type until none of its clients is left"));
    }
}

/// The names of the files that a document was read from.
fn files(document: &Document, sources: &Sources) -> Vec<String> {
    match document {
        Document::Contract(contract) => contract.files.iter().map(|f| sources.file(*f).name().to_owned()).collect(),
        Document::Schema(_) => Vec::new(),
    }
}

/// A document that stands for itself: an AsyncAPI document or a schema. Of YAML and JSON files, others are left out.
pub(crate) fn is_root(tree: &Tree, entry: &Entry) -> Result<bool> {
    let ending = ending(&entry.path);
    if matches!(ending, "avsc" | "avpr" | "avdl" | "proto") || is_contract(tree, entry) {
        return Ok(true);
    }
    let text = tree
        .reader
        .read(&entry.path)
        .map_err(|why| anyhow::anyhow!("cannot read {}: {why}", tree.reader.display_name(&entry.path)))?;
    Ok(ending == "json" && (text.contains("\"$schema\"") || entry.path.ends_with(".schema.json")))
}

fn ending(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or("")
}

/// Looks for an `asyncapi` key at the start of the text.
fn is_contract(tree: &Tree, entry: &Entry) -> bool {
    let Ok(text) = tree.reader.read(&entry.path) else { return false };
    let head: String = text.chars().take(4096).collect();
    head.lines().any(|l| l.starts_with("asyncapi:") || l.starts_with("\"asyncapi\"") || l.starts_with("'asyncapi'"))
        || (head.trim_start().starts_with('{') && head.contains("\"asyncapi\""))
}

/// The place that stands for a whole document: where its title, its type or its message is, else the start of its file.
fn place(document: &Document, file: Span) -> Span {
    match document {
        Document::Contract(contract) => contract.info.span,
        Document::Schema(Schema::Avro(schema)) => schema.root().span,
        Document::Schema(Schema::JsonSchema(schema)) => schema.root().span,
        Document::Schema(Schema::Protobuf(schema)) => schema.message(&schema.root).map_or(file, |m| m.element.name_span),
    }
}
