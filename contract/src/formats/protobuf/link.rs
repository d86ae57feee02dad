//! Files that import each other become one [`Schema`]: imports are loaded, names resolved as protoc does it.
//!
//! Does not live here: the grammar (`parse`), what may stand where (`validate`).

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, has_errors};
use crate::source::{FileId, Sources, Span};

use super::parse::parse_text;
use super::tree::{Enum, Extend, Field, FieldType, File, ImportKind, Message, Schema};
use super::{builtin, validate};

/// A schema may have so many files, those of its imports included.
const MAX_FILES: usize = 1000;

/// Gives the file of an import: the name to show and the text, or in plain words why there is none.
pub type ImportFn<'a> = dyn FnMut(&str) -> Result<(String, String), String> + 'a;

/// Reads a `.proto` file with everything that it imports, and picks the message that is the payload.
///
/// `file` holds the text, `path` is what others would import it by. `import` is asked for every import that is not built in
/// (`google/protobuf/*.proto` are). `root` names the message by full or simple name; without it, it is the only top-level
/// message of the file that no other message of the file refers to.
///
/// Gives a schema also when there are errors that do not prevent reading it (a number used twice), so that a caller that is
/// more lenient can go on; a syntax error, a missing import or an unknown type gives `None`.
pub fn parse(
    sources: &mut Sources,
    file: FileId,
    path: &str,
    import: &mut ImportFn<'_>,
    root: Option<&str>,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let (schema, mut diagnostics) = parse_files(sources, file, path, import);
    let Some(mut schema) = schema else { return (None, diagnostics) };
    match choose_root(&schema, file, root) {
        Ok(name) => schema.root = name,
        Err(problem) => {
            diagnostics.push(*problem);
            return (None, diagnostics);
        }
    }
    (Some(schema), diagnostics)
}

/// Like [`parse`], for callers that treat a file as a whole, as a schema registry does: the root is the first message of the
/// file, or empty when it has none.
pub fn parse_files(
    sources: &mut Sources,
    file: FileId,
    path: &str,
    import: &mut ImportFn<'_>,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut files = load(sources, file, path, import, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let symbols = collect_symbols(&files);
    report_clashes(&symbols, &mut diagnostics);
    let mut unresolved = Vec::new();
    for index in 0..files.len() {
        // Taken out while its names are resolved: the linker looks at the other files' imports only.
        let visible = visible_files(&files, index);
        let Some(file) = files.get_mut(index) else { continue };
        Resolver { symbols: &symbols, visible: &visible, diagnostics: &mut unresolved }.file(file);
    }
    let failed = has_errors(&unresolved);
    diagnostics.append(&mut unresolved);
    if failed {
        return (None, diagnostics);
    }
    let root = files.first().and_then(|f| f.messages.first()).map(|m| m.element.full_name.clone()).unwrap_or_default();
    let schema = Schema { files, root };
    validate::validate(&schema, &mut diagnostics);
    (Some(schema), diagnostics)
}

/// Loads the file and, breadth first, everything that it imports; each path once.
fn load(
    sources: &mut Sources,
    file: FileId,
    path: &str,
    import: &mut ImportFn<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    let mut known: HashSet<String> = HashSet::from([path.to_owned()]);
    let mut waiting = std::collections::VecDeque::from([(file, path.to_owned(), false)]);
    while let Some((id, path, built_in)) = waiting.pop_front() {
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
            match fetch(sources, &entry.path, import) {
                Ok((id, built_in)) if known.len() <= MAX_FILES => waiting.push_back((id, entry.path.clone(), built_in)),
                Ok(_) => {
                    let message = format!("the schema has more than {MAX_FILES} files");
                    diagnostics.push(Diagnostic::error("protobuf/too-large", entry.span, message));
                    return files;
                }
                Err(why) => {
                    let message = format!("cannot import \"{}\": {why}", entry.path);
                    diagnostics.push(Diagnostic::error("protobuf/import", entry.span, message));
                }
            }
        }
        files.push(parsed);
    }
    report_cycles(&files, diagnostics);
    files
}

/// The text of an import as a file of the run, and whether it is built in.
fn fetch(sources: &mut Sources, path: &str, import: &mut ImportFn<'_>) -> Result<(FileId, bool), String> {
    let escapes = path.starts_with('/') || path.contains(['\\', ':']) || path.split('/').any(|p| matches!(p, "" | "." | ".."));
    if escapes {
        return Err("an import is a plain path below the folder of the schemas, without '.', '..' or a leading '/'".to_owned());
    }
    if let Some(text) = builtin::text(path) {
        return Ok((sources.add(path, text), true));
    }
    let (name, text) = import(path)?;
    Ok((sources.add(name, text), false))
}

/// Reports imports that lead back to their own file: what is left when files without open imports are taken away.
fn report_cycles(files: &[File], diagnostics: &mut Vec<Diagnostic>) {
    let mut left: Vec<&File> = files.iter().collect();
    loop {
        let paths: HashSet<&str> = left.iter().map(|f| f.path.as_str()).collect();
        let before = left.len();
        left.retain(|f| f.imports.iter().any(|i| paths.contains(i.path.as_str())));
        if left.is_empty() {
            return;
        }
        if left.len() == before {
            break;
        }
    }
    let paths: HashSet<&str> = left.iter().map(|f| f.path.as_str()).collect();
    let start = left.first().and_then(|f| f.imports.iter().find(|i| paths.contains(i.path.as_str())));
    if let Some(entry) = start {
        let message = format!("the import of \"{}\" leads in a circle back to this file", entry.path);
        diagnostics.push(Diagnostic::error("protobuf/import-cycle", entry.span, message));
    }
}

/// The indexes of the files whose names a file may use: itself, its imports, and what those import publicly.
fn visible_files(files: &[File], index: usize) -> HashSet<usize> {
    let by_path: HashMap<&str, usize> = files.iter().enumerate().map(|(n, f)| (f.path.as_str(), n)).collect();
    let mut visible = HashSet::from([index]);
    let mut open: Vec<usize> = files.get(index).map(|f| direct(f, &by_path)).unwrap_or_default();
    while let Some(next) = open.pop() {
        if visible.insert(next) {
            let Some(file) = files.get(next) else { continue };
            let public = file.imports.iter().filter(|i| i.kind == ImportKind::Public);
            open.extend(public.filter_map(|i| by_path.get(i.path.as_str()).copied()));
        }
    }
    visible
}

fn direct(file: &File, by_path: &HashMap<&str, usize>) -> Vec<usize> {
    file.imports.iter().filter_map(|i| by_path.get(i.path.as_str()).copied()).collect()
}

/// What a full name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Package,
    Message,
    Enum,
    /// A field, an enum value, a oneof, a service, a method: it hides nothing that is looked for.
    Other,
    Service,
}

/// One definition of a full name.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    what: What,
    file: usize,
    span: Span,
}

type Symbols = HashMap<String, Vec<Symbol>>;

/// The names of all files.
fn collect_symbols(files: &[File]) -> Symbols {
    let mut collector = Collector { symbols: HashMap::new() };
    for (index, file) in files.iter().enumerate() {
        collector.file(index, file);
    }
    collector.symbols
}

struct Collector {
    symbols: Symbols,
}

impl Collector {
    fn add(&mut self, name: &str, what: What, file: usize, span: Span) {
        self.symbols.entry(name.to_owned()).or_default().push(Symbol { what, file, span });
    }

    fn file(&mut self, index: usize, file: &File) {
        let span = file.package_span.or(file.syntax_span);
        let mut package = file.package.as_str();
        while !package.is_empty() {
            if let Some(span) = span {
                self.add(package, What::Package, index, span);
            }
            package = package.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        self.enums(index, &file.enums);
        self.messages(index, &file.messages);
        self.extends(index, &file.extends);
        for service in &file.services {
            self.add(&service.element.full_name, What::Service, index, service.element.name_span);
            for method in &service.methods {
                self.add(&method.element.full_name, What::Other, index, method.element.name_span);
            }
        }
    }

    fn messages(&mut self, file: usize, messages: &[Message]) {
        for message in messages {
            self.add(&message.element.full_name, What::Message, file, message.element.name_span);
            self.messages(file, &message.messages);
            self.enums(file, &message.enums);
            self.extends(file, &message.extends);
            let fields = message.fields.iter().map(|f| &f.element);
            for element in fields.chain(message.oneofs.iter().map(|o| &o.element)) {
                self.add(&element.full_name, What::Other, file, element.name_span);
            }
        }
    }

    fn enums(&mut self, file: usize, enums: &[Enum]) {
        for one in enums {
            self.add(&one.element.full_name, What::Enum, file, one.element.name_span);
            for value in &one.values {
                self.add(&value.element.full_name, What::Other, file, value.element.name_span);
            }
        }
    }

    fn extends(&mut self, file: usize, extends: &[Extend]) {
        for field in extends.iter().flat_map(|e| &e.fields) {
            self.add(&field.element.full_name, What::Other, file, field.element.name_span);
        }
    }
}

/// Reports full names that are defined twice. A package may be opened by many files.
fn report_clashes(symbols: &Symbols, diagnostics: &mut Vec<Diagnostic>) {
    let mut names: Vec<(&String, &Vec<Symbol>)> = symbols.iter().filter(|(_, found)| found.len() > 1).collect();
    names.sort_by_key(|(name, _)| *name);
    for (name, found) in names {
        let mut found = found.iter();
        let Some(first) = found.next() else { continue };
        for other in found.filter(|o| !(o.what == What::Package && first.what == What::Package)) {
            let problem = Diagnostic::error("protobuf/duplicate-name", other.span, format!("'{name}' is defined twice"));
            diagnostics.push(problem.with_related(first.span, "first defined here"));
        }
    }
}

/// Replaces the names of types in one file with full names.
struct Resolver<'a> {
    symbols: &'a Symbols,
    visible: &'a HashSet<usize>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn file(&mut self, file: &mut File) {
        let package = file.package.clone();
        file.messages.iter_mut().for_each(|m| self.message(m));
        file.extends.iter_mut().for_each(|e| self.extend(e, &package));
        for service in &mut file.services {
            let scope = service.element.full_name.clone();
            for method in &mut service.methods {
                method.input = self.message_name(&method.input_text.0, method.input_text.1, &scope);
                method.output = self.message_name(&method.output_text.0, method.output_text.1, &scope);
            }
        }
    }

    fn message(&mut self, message: &mut Message) {
        let scope = message.element.full_name.clone();
        message.fields.iter_mut().for_each(|f| self.field(f, &scope));
        message.messages.iter_mut().for_each(|m| self.message(m));
        message.extends.iter_mut().for_each(|e| self.extend(e, &scope));
    }

    fn extend(&mut self, extend: &mut Extend, scope: &str) {
        extend.extendee = self.message_name(&extend.extendee_text, extend.span, scope);
        extend.fields.iter_mut().for_each(|f| self.field(f, scope));
    }

    fn field(&mut self, field: &mut Field, scope: &str) {
        let ty = match &mut field.ty {
            FieldType::Map { value, .. } => value,
            other => other,
        };
        if let FieldType::Message(name) = ty
            && let Some((full_name, what)) = self.resolve(name, field.type_span, scope)
        {
            *ty = if what == What::Enum { FieldType::Enum(full_name) } else { FieldType::Message(full_name) };
        }
    }

    /// The full name of a message; reports when it is something else.
    fn message_name(&mut self, name: &str, span: Span, scope: &str) -> String {
        match self.resolve(name, span, scope) {
            Some((full_name, What::Message)) => full_name,
            Some((full_name, _)) => {
                let message = format!("'{full_name}' is an enum; a message is needed here");
                self.diagnostics.push(Diagnostic::error("protobuf/unknown-type", span, message));
                full_name
            }
            None => name.trim_start_matches('.').to_owned(),
        }
    }

    /// Looks a name up from the innermost scope outward; the first part of the name decides the scope, as in protoc.
    fn resolve(&mut self, name: &str, span: Span, scope: &str) -> Option<(String, What)> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.known_type(absolute).or_else(|| self.unknown(name, span, None));
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(f, r)| (f, Some(r)));
        let mut scope = scope;
        loop {
            let candidate = if scope.is_empty() { first.to_owned() } else { format!("{scope}.{first}") };
            match rest {
                None => {
                    if let Some(found) = self.known_type(&candidate) {
                        return Some(found);
                    }
                }
                Some(rest) if self.is_scope(&candidate) => {
                    let full_name = format!("{candidate}.{rest}");
                    return self.known_type(&full_name).or_else(|| self.unknown(name, span, Some(&full_name)));
                }
                Some(_) => {}
            }
            if scope.is_empty() {
                return self.unknown(name, span, None);
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn visible(&self, name: &str) -> impl Iterator<Item = &Symbol> {
        self.symbols.get(name).into_iter().flatten().filter(|s| self.visible.contains(&s.file))
    }

    fn known_type(&self, name: &str) -> Option<(String, What)> {
        let found = self.visible(name).find(|s| matches!(s.what, What::Message | What::Enum))?;
        Some((name.to_owned(), found.what))
    }

    /// A name in which other names can lie.
    fn is_scope(&self, name: &str) -> bool {
        self.visible(name).any(|s| s.what != What::Other)
    }

    /// Reports a name that stands for nothing; always `None`.
    fn unknown(&mut self, name: &str, span: Span, tried: Option<&str>) -> Option<(String, What)> {
        let plain = name.trim_start_matches('.');
        let mut problem = Diagnostic::error("protobuf/unknown-type", span, format!("the type '{name}' is not defined"));
        if let Some(tried) = tried {
            let text = format!("the innermost scope decides: it is read as '{tried}'; write '.{plain}' to start outside");
            problem = problem.with_help(text);
        }
        let elsewhere = self.symbols.get(plain).into_iter().flatten().find(|s| matches!(s.what, What::Message | What::Enum));
        if let Some(symbol) = elsewhere {
            problem = problem.with_help("import the file that defines it").with_related(symbol.span, "defined here");
        }
        self.diagnostics.push(problem);
        None
    }
}

/// The full name of the payload's message.
fn choose_root(schema: &Schema, file: FileId, root: Option<&str>) -> Result<String, Box<Diagnostic>> {
    let top: &[Message] = schema.main().map_or(&[], |f| &f.messages);
    let package = schema.main().map_or("", |f| f.package.as_str());
    if let Some(wanted) = root {
        let wanted = wanted.trim_start_matches('.');
        let in_package = if package.is_empty() { wanted.to_owned() } else { format!("{package}.{wanted}") };
        let found = [wanted, in_package.as_str()].into_iter().find(|n| schema.message(n).is_some());
        return found.map(str::to_owned).ok_or_else(|| {
            let message = format!("there is no message '{wanted}'; {}", candidates(top));
            Box::new(Diagnostic::error("protobuf/root", Span::start_of(file), message))
        });
    }
    let mut used = HashSet::new();
    for message in top {
        referred(message, &mut used);
    }
    let open: Vec<&Message> = top.iter().filter(|m| !used.contains(m.element.full_name.as_str())).collect();
    match open.as_slice() {
        [one] => Ok(one.element.full_name.clone()),
        [] if top.len() == 1 => Ok(top.first().map(|m| m.element.full_name.clone()).unwrap_or_default()),
        [] if top.is_empty() => {
            let message = "the file defines no message, so there is no payload";
            Err(Box::new(Diagnostic::error("protobuf/root", Span::start_of(file), message)))
        }
        _ => {
            let message = format!("more than one message could be the payload; {}", candidates(top));
            let problem = Diagnostic::error("protobuf/root", Span::start_of(file), message);
            let help = "name the message behind the file: `payments.proto#shop.payments.v1.PaymentAuthorized`";
            Err(Box::new(problem.with_help(help)))
        }
    }
}

fn candidates(top: &[Message]) -> String {
    let names: Vec<&str> = top.iter().map(|m| m.element.full_name.as_str()).take(20).collect();
    if names.is_empty() { "the file defines none".to_owned() } else { format!("the file defines {}", names.join(", ")) }
}

/// The messages that the fields of a message and of those nested in it refer to, the message itself apart.
fn referred<'a>(message: &'a Message, used: &mut HashSet<&'a str>) {
    collect(message, message.element.full_name.as_str(), used);
}

fn collect<'a>(message: &'a Message, apart: &str, used: &mut HashSet<&'a str>) {
    for field in &message.fields {
        let ty = if let FieldType::Map { value, .. } = &field.ty { value } else { &field.ty };
        if let FieldType::Message(name) = ty
            && name != apart
        {
            used.insert(name);
        }
    }
    message.messages.iter().for_each(|m| collect(m, apart, used));
}
