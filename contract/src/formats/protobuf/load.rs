//! The files of a schema: those that were asked for, and breadth first everything that they import.
//!
//! Lives here: paths that leave the roots, missing files, circles, limits. Does not live here: names (`link`).

use std::collections::{HashMap, HashSet, VecDeque};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources, Span};

use super::builtin;
use super::link::ImportFn;
use super::parse::parse_text;
use super::tree::File;

/// How much one schema may hold, the files of its imports included.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files.
    pub files: usize,
    /// Bytes of text.
    pub bytes: usize,
}

impl Limits {
    /// For a payload: what one team writes, or what somebody sends to a registry.
    pub const PAYLOAD: Self = Self { files: 1000, bytes: 64 << 20 };
    /// For a folder of the user's own files.
    pub const FOLDER: Self = Self { files: 50_000, bytes: 1 << 30 };
}

/// Loads files and everything that they import; each path once.
pub(super) fn load(
    sources: &mut Sources,
    roots: &[(FileId, String)],
    import: &mut ImportFn<'_>,
    limits: Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    let mut known: HashSet<String> = roots.iter().map(|(_, path)| path.clone()).collect();
    let mut waiting: VecDeque<(FileId, String, bool)> = roots.iter().map(|(id, path)| (*id, path.clone(), false)).collect();
    let mut bytes = 0;
    while let Some((id, path, built_in)) = waiting.pop_front() {
        bytes += sources.file(id).text().len();
        if bytes > limits.bytes {
            let message = format!("the schema has more than {} bytes of text, that of its imports included", limits.bytes);
            diagnostics.push(Diagnostic::error("protobuf/too-large", Span::start_of(id), message));
            return files;
        }
        let (parsed, mut found) = parse_text(sources.file(id).text(), id, &path);
        diagnostics.append(&mut found);
        let Some(mut parsed) = parsed else { continue };
        if built_in {
            parsed.source = None;
        }
        for entry in &parsed.imports {
            if !known.insert(entry.path.clone()) {
                continue;
            }
            if known.len() > limits.files {
                let message = format!("the schema has more than {} files", limits.files);
                diagnostics.push(Diagnostic::error("protobuf/too-large", entry.span, message));
                return files;
            }
            match fetch(sources, &entry.path, import) {
                Ok((id, built_in)) => waiting.push_back((id, entry.path.clone(), built_in)),
                Err(why) => {
                    let message = format!("cannot import {:?}: {why}", entry.path);
                    let mut found = Diagnostic::error("protobuf/import", entry.span, message);
                    if why.starts_with("no such file") {
                        found =
                            found.with_help("if it lies in another folder, name that: --include, or `include` in eventpact.toml");
                    }
                    diagnostics.push(found);
                }
            }
        }
        report_repeated(&parsed, diagnostics);
        files.push(parsed);
    }
    report_cycle(&files, diagnostics);
    files
}

/// The text of an import as a file of the run, and whether it is built in.
fn fetch(sources: &mut Sources, path: &str, import: &mut ImportFn<'_>) -> Result<(FileId, bool), String> {
    if path.contains('\0') {
        return Err("a path cannot hold the character NUL".to_owned());
    }
    let escapes = path.starts_with('/') || path.contains(['\\', ':']) || path.split('/').any(|p| matches!(p, "" | "." | ".."));
    if escapes {
        return Err("an import is a plain path below the folder of the schemas, without '.', '..' or a leading '/'".to_owned());
    }
    if let Some(text) = builtin::text(path) {
        return Ok((sources.add(path, text), true));
    }
    match (import(path), builtin::fallback(path)) {
        (Ok((name, text)), _) => Ok((sources.add(name, text), false)),
        (Err(_), Some(text)) => Ok((sources.add(path, text), true)),
        (Err(why), None) => Err(why),
    }
}

fn report_repeated(file: &File, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for import in &file.imports {
        if let Some(first) = seen.insert(&import.path, import.span) {
            let problem = Diagnostic::error("protobuf/import", import.span, format!("\"{}\" is imported twice", import.path));
            diagnostics.push(problem.with_help("remove one of the two lines").with_related(first, "first imported here"));
        }
    }
}

/// Reports the first circle of imports, with the whole way round. A walk without recursion: a chain may be long.
fn report_cycle(files: &[File], diagnostics: &mut Vec<Diagnostic>) {
    let by_path: HashMap<&str, usize> = files.iter().enumerate().map(|(n, f)| (f.path.as_str(), n)).collect();
    let mut done = vec![false; files.len()];
    let mut open = vec![false; files.len()];
    for start in 0..files.len() {
        let mut stack = vec![(start, 0)];
        while let Some((file, next)) = stack.pop() {
            let Some(one) = files.get(file).filter(|_| !done.get(file).copied().unwrap_or(true)) else { continue };
            if let Some(flag) = open.get_mut(file) {
                *flag = true;
            }
            let Some(import) = one.imports.get(next) else {
                if let (Some(open), Some(done)) = (open.get_mut(file), done.get_mut(file)) {
                    (*open, *done) = (false, true);
                }
                continue;
            };
            stack.push((file, next + 1));
            let Some(&target) = by_path.get(import.path.as_str()) else { continue };
            if open.get(target).copied().unwrap_or(false) {
                let from = stack.iter().position(|(f, _)| *f == target).unwrap_or(0);
                let way = stack.iter().skip(from).filter_map(|(f, _)| files.get(*f)).map(|f| f.path.as_str());
                let chain: Vec<&str> = way.chain([import.path.as_str()]).collect();
                let message = format!("these imports lead in a circle: {}", chain.join(" → "));
                let help = "move what both files need into a third file that imports neither";
                diagnostics.push(Diagnostic::error("protobuf/import-cycle", import.span, message).with_help(help));
                return;
            }
            stack.push((target, 0));
        }
    }
}
