//! What a finding reaches: the subjects that it breaks, and what went away together.

use std::collections::HashMap;

use eventpact_compat::report::Finding;
use eventpact_contract::diagnostic::{Diagnostic, Gone};
use eventpact_contract::formats::protobuf;
use eventpact_contract::source::{FileId, Sources};

use super::removed::Folders;

/// The most subjects that one finding names.
const MAX_SUBJECTS: usize = 1000;

/// The files of a module, and who imports whom.
pub(super) struct Module<'s> {
    paths: Vec<&'s str>,
    /// The place of each file among all, sorted by their paths.
    ranks: Vec<usize>,
    of_source: HashMap<FileId, usize>,
    /// Of each file those that import it.
    importers: Vec<Vec<usize>>,
    folders: Folders<'s>,
}

impl<'s> Module<'s> {
    pub(super) fn new(schema: &'s protobuf::Schema) -> Self {
        let paths: Vec<&str> = schema.files.iter().map(|f| f.path.as_str()).collect();
        let by_path: HashMap<&str, usize> = paths.iter().enumerate().map(|(n, path)| (*path, n)).collect();
        let mut importers = vec![Vec::new(); paths.len()];
        for (n, file) in schema.files.iter().enumerate() {
            for import in &file.imports {
                if let Some(list) = by_path.get(import.path.as_str()).and_then(|imported| importers.get_mut(*imported)) {
                    list.push(n);
                }
            }
        }
        let of_source = schema.files.iter().enumerate().filter_map(|(n, file)| Some((file.source?, n))).collect();
        let mut sorted: Vec<usize> = (0..paths.len()).collect();
        sorted.sort_by_key(|n| paths.get(*n));
        let mut ranks = vec![0; paths.len()];
        for (rank, n) in sorted.into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(n) {
                *slot = rank;
            }
        }
        Self { folders: Folders::new(paths.iter().copied()), paths, ranks, of_source, importers }
    }

    /// A file and all that import it, directly or not, sorted.
    fn reached(&self, file: FileId) -> Vec<String> {
        let mut seen = vec![false; self.paths.len()];
        let mut found = Vec::new();
        let mut open: Vec<usize> = self.of_source.get(&file).copied().into_iter().collect();
        while let Some(one) = open.pop() {
            let Some(seen) = seen.get_mut(one) else { continue };
            if found.len() < MAX_SUBJECTS && !std::mem::replace(seen, true) {
                found.push(one);
                open.extend(self.importers.get(one).into_iter().flatten());
            }
        }
        // A base file is reached by hundreds, in each of its findings: numbers are sorted, not texts.
        found.sort_unstable_by_key(|n| self.ranks.get(*n));
        found.into_iter().filter_map(|n| self.paths.get(n)).map(|path| (*path).to_owned()).collect()
    }
}

/// A finding of a rule of buf: what it affects are the files that use the one that changed.
pub(super) fn of_module(found: &mut Diagnostic, finding: &Finding, module: &Module<'_>, sources: &Sources) {
    let id = finding.rule.id;
    if id == "FILE_NO_DELETE" {
        found.gone = Some(Gone { name: finding.path.clone(), with: module.folders.gone(&finding.path) });
        found.affects = vec![finding.path.clone()];
        return;
    }
    if id.ends_with("_NO_DELETE") {
        let with = sources.file(found.primary.span.file).name().to_owned();
        found.gone = Some(Gone { name: finding.path.clone(), with });
    }
    let reached = module.reached(found.primary.span.file);
    if !reached.is_empty() {
        found.affects = reached;
    }
}

/// A finding on an AsyncAPI document: parts that went away did so with their document.
pub(super) fn of_contract(found: &mut Diagnostic, name: &str, document: &str) {
    if matches!(found.id.as_str(), "asyncapi/channel-removed" | "asyncapi/message-removed" | "asyncapi/operation-removed") {
        found.gone = Some(Gone { name: name.to_owned(), with: document.to_owned() });
    }
}
