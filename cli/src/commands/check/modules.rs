//! Protobuf in a profile of buf: all `.proto` files of a tree are one module, compared with that of each baseline as a whole.

use std::sync::Arc;

use eventpact_contract::load::{self, Document};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::{Sources, Span};

use super::documents::{Subject, Subjects, Version};
use super::read::stopping;
use crate::input::{Entry, Tree};

/// Adds the module of the new tree with its earlier versions; nothing when there is no Protobuf in one of the two.
pub(super) fn pair(
    sources: &mut Sources,
    (new, history): (&Tree, &[Tree]),
    is_protobuf: impl Fn(&Entry) -> bool,
    subjects: &mut Subjects,
) {
    let of = |tree: &'_ Tree| -> Vec<Entry> { tree.entries.iter().filter(|e| is_protobuf(e)).cloned().collect() };
    let files = of(new);
    // One file has a counterpart of any name, and of a folder only the file of its name counts.
    let only = files.first().filter(|_| new.single);
    let mut versions = Vec::new();
    for tree in history {
        let mut old = of(tree);
        if let Some(only) = only {
            old.retain(|e| tree.single || e.name == only.name);
            for entry in &mut old {
                entry.name.clone_from(&only.name);
            }
        }
        if !old.is_empty() {
            versions.extend(module(sources, tree, &old, None, subjects));
        }
    }
    let Some(at) = versions.first().map(|v| v.at).filter(|_| !new.single || only.is_some()) else { return };
    if let Some(version) = module(sources, new, &files, Some(at), subjects) {
        let name = only.map_or("protobuf", |e| e.name.as_str()).to_owned();
        subjects.list.push(Subject { name, new: version, history: versions });
    }
}

/// Reads some files of a tree. `at` stands for a module without files.
fn module(sources: &mut Sources, tree: &Tree, files: &[Entry], at: Option<Span>, subjects: &mut Subjects) -> Option<Version> {
    let first = sources.iter().count();
    let folder = files.first().and_then(|e| {
        let beside = e.path.rsplit_once('/').map(|(folder, _)| folder);
        let above = || e.path.strip_suffix(e.name.as_str()).map(|folder| folder.trim_end_matches('/'));
        if tree.single { beside } else { above() }
    });
    let folder = folder.unwrap_or("");
    let below = |e: &Entry| e.path.strip_prefix(folder).unwrap_or(&e.path).trim_start_matches('/').to_owned();
    let paths: Vec<String> = files.iter().map(below).collect();
    let (mut schema, found) = load::load_protobuf_folder(sources, &*tree.reader, folder, &paths);
    // A single file may have another name than its counterpart.
    if let (true, Some(schema), Some(only)) = (tree.single, &mut schema, files.first())
        && let Some(file) = Arc::make_mut(&mut Arc::make_mut(schema).files).first_mut()
    {
        file.path.clone_from(&only.name);
    }
    subjects.problems.extend(stopping(found, schema.is_some()));
    let at = sources.iter().nth(first).map(|(id, _)| Span::start_of(id)).or(at)?;
    Some(Version { document: Document::Schema(Schema::Protobuf(schema?)), at })
}
