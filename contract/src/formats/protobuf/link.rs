//! Files that import each other become one [`Schema`]: names are resolved as protoc does it, features are inherited.
//!
//! Does not live here: loading (`load`), the grammar (`parse`), what may stand where (`validate`).

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, has_errors};
use crate::source::{FileId, Sources, Span};

use super::inherit;
use super::load::{Limits, load};
use super::parse::parse_text;
use super::symbols::{Graph, Symbol, Symbols, What, report_clashes};
use super::tree::{Extend, Field, FieldType, File, Message, Schema};
use super::validate;

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
    parse_set(sources, &[(file, path.to_owned())], import, Limits::PAYLOAD)
}

/// Reads many files at once, each with the path that others import it by: they come first in the schema, in this order, and
/// what they import behind them. The root is the first message of the first file.
pub fn parse_set(
    sources: &mut Sources,
    roots: &[(FileId, String)],
    import: &mut ImportFn<'_>,
    limits: Limits,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut files = load(sources, roots, import, limits, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    report_clashes(&files, &mut diagnostics);
    let symbols = Symbols::collect(&files);
    let mut unresolved = Vec::new();
    let (resolved, used) = resolve(&files, &symbols, &mut unresolved);
    let failed = unresolved.iter().any(|d| d.id == "protobuf/unknown-type");
    diagnostics.append(&mut unresolved);
    if failed {
        return (None, diagnostics);
    }
    for (file, names) in files.iter_mut().zip(resolved) {
        inherit::apply(file, names);
    }
    let root = files.first().and_then(|f| f.messages.first()).map(|m| m.element.full_name.clone()).unwrap_or_default();
    let schema = Schema::new(files, root);
    validate::validate(&schema, symbols, used, &mut diagnostics);
    (Some(schema), diagnostics)
}

/// A text by itself, for whoever edits it: what it imports is not looked at, and no type in it is resolved. `None` for a text that
/// cannot be read.
pub fn read_alone(text: &str) -> Option<File> {
    parse_text(text, Sources::new().add("", ""), "").0
}

/// The full names of the messages, enums and services of a text that are not inside of another; what it imports is not looked
/// at. Empty for a text that cannot be read.
///
/// ```
/// use eventpact_contract::formats::protobuf::defined_names;
/// assert_eq!(defined_names("package shop; message Order { message Item {} } enum State { NONE = 0; }"), ["shop.Order", "shop.State"]);
/// ```
pub fn defined_names(text: &str) -> Vec<String> {
    let Some(file) = read_alone(text) else { return Vec::new() };
    let messages = file.messages.iter().map(|m| &m.element);
    let enums = file.enums.iter().map(|e| &e.element);
    let services = file.services.iter().map(|s| &s.element);
    messages.chain(enums).chain(services).map(|element| element.full_name.clone()).collect()
}

/// A built-in file on its own, which needs no checks.
pub(super) fn built_in(sources: &mut Sources, file: FileId, path: &str) -> Schema {
    let mut files = load(sources, &[(file, path.to_owned())], &mut |_| Err(String::new()), Limits::PAYLOAD, &mut Vec::new());
    let symbols = Symbols::collect(&files);
    let (resolved, _) = resolve(&files, &symbols, &mut Vec::new());
    for (file, names) in files.iter_mut().zip(resolved) {
        inherit::apply(file, names);
    }
    Schema::new(files, String::new())
}

/// The type behind a name as written, in the order of [`Resolver::file`].
pub(super) type Resolved = (String, What);

/// The types that each file names, and the files that it uses by that.
fn resolve(
    files: &[File],
    symbols: &Symbols,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<std::vec::IntoIter<Resolved>>, Vec<HashSet<usize>>) {
    let graph = Graph::new(files);
    let mut all = Vec::with_capacity(files.len());
    let mut used = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let visible = graph.visible(index, false);
        let mut packages = HashSet::new();
        for package in visible.iter().filter_map(|f| files.get(*f)).map(|f| f.package.as_str()) {
            let mut package = package;
            while !package.is_empty() && packages.insert(package) {
                package = package.rsplit_once('.').map_or("", |(outer, _)| outer);
            }
        }
        let (found, file_used) = (Vec::new(), HashSet::new());
        let candidate = String::new();
        let mut resolver =
            Resolver { symbols, index, visible, packages, diagnostics, found, used: file_used, unknown: 0, candidate };
        resolver.file(file);
        all.push(resolver.found.into_iter());
        used.push(resolver.used);
    }
    (all, used)
}

/// Names of one file that stand for nothing and are told; each is looked for in every scope around it.
const MAX_UNKNOWN: usize = 1000;

/// Finds the types that one file names.
struct Resolver<'a> {
    symbols: &'a Symbols,
    index: usize,
    visible: HashSet<usize>,
    /// The packages of the visible files, and those around them.
    packages: HashSet<&'a str>,
    diagnostics: &'a mut Vec<Diagnostic>,
    found: Vec<Resolved>,
    used: HashSet<usize>,
    /// How many names stand for nothing.
    unknown: usize,
    /// The name that is tried; kept, so that it is not allocated for each name.
    candidate: String,
}

impl Resolver<'_> {
    fn file(&mut self, file: &File) {
        file.messages.iter().for_each(|m| self.message(m));
        file.extends.iter().for_each(|e| self.extend(e, &file.package));
        for service in &file.services {
            let scope = &service.element.full_name;
            for method in &service.methods {
                self.message_name(&method.input_text.0, method.input_text.1, scope);
                self.message_name(&method.output_text.0, method.output_text.1, scope);
            }
        }
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &Message) {
        let scope = &message.element.full_name;
        message.fields.iter().for_each(|f| self.field(f, scope));
        message.messages.iter().for_each(|m| self.message(m));
        message.extends.iter().for_each(|e| self.extend(e, scope));
    }

    fn extend(&mut self, extend: &Extend, scope: &str) {
        self.message_name(&extend.extendee_text, extend.span, scope);
        extend.fields.iter().for_each(|f| self.field(f, scope));
    }

    fn field(&mut self, field: &Field, scope: &str) {
        let ty = match &field.ty {
            FieldType::Map { value, .. } => value,
            other => other,
        };
        if let FieldType::Message(name) = ty {
            match self.resolve(name, field.type_span, scope) {
                Some(found) => self.found.push(found),
                None => self.found.push((name.trim_start_matches('.').to_owned(), What::Message)),
            }
        }
    }

    /// The full name of a message; reports when it is something else.
    fn message_name(&mut self, name: &str, span: Span, scope: &str) {
        let full_name = match self.resolve(name, span, scope) {
            Some((full_name, What::Message)) => full_name,
            Some((full_name, _)) => {
                let message = format!("'{full_name}' is an enum; a message is needed here");
                self.diagnostics.push(Diagnostic::error("protobuf/unknown-type", span, message));
                full_name
            }
            None => name.trim_start_matches('.').to_owned(),
        };
        self.found.push((full_name, What::Message));
    }

    /// Looks a name up from the innermost scope outward; the first part of the name decides the scope, as in protoc.
    fn resolve(&mut self, name: &str, span: Span, scope: &str) -> Option<Resolved> {
        if self.unknown > MAX_UNKNOWN {
            return None;
        }
        if let Some(absolute) = name.strip_prefix('.') {
            return self.known_type(absolute, span).or_else(|| self.unknown(name, span, None));
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(f, r)| (f, Some(r)));
        let mut scope = scope;
        let mut candidate = std::mem::take(&mut self.candidate);
        loop {
            candidate.clear();
            if !scope.is_empty() {
                candidate.push_str(scope);
                candidate.push('.');
            }
            candidate.push_str(first);
            let found = match rest {
                None => self.known_type(&candidate, span),
                Some(rest) if self.is_scope(&candidate) => {
                    candidate.push('.');
                    candidate.push_str(rest);
                    let found = self.known_type(&candidate, span);
                    return found.or_else(|| self.unknown(name, span, Some(&candidate)));
                }
                Some(_) => None,
            };
            if found.is_some() || scope.is_empty() {
                self.candidate = candidate;
                return found.or_else(|| self.unknown(name, span, None));
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn visible(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(name).filter(|s| self.visible.contains(&s.file))
    }

    fn known_type(&mut self, name: &str, span: Span) -> Option<Resolved> {
        let found = self.visible(name).filter(|s| matches!(s.what, What::Message | What::Enum))?;
        self.used.insert(found.file);
        if found.local && found.file != self.index {
            let message = format!("'{name}' is local to its file");
            let problem = Diagnostic::error("protobuf/visibility", span, message);
            let help = "write `export` in front of its definition, or use another type";
            self.diagnostics.push(problem.with_help(help).with_related(found.span, "defined here"));
        }
        Some((name.to_owned(), found.what))
    }

    /// A name in which other names can lie.
    fn is_scope(&self, name: &str) -> bool {
        self.packages.contains(name) || self.visible(name).is_some()
    }

    /// Reports a name that stands for nothing; always `None`.
    fn unknown(&mut self, name: &str, span: Span, tried: Option<&str>) -> Option<Resolved> {
        let plain = name.trim_start_matches('.');
        let mut problem = Diagnostic::error("protobuf/unknown-type", span, format!("the type '{name}' is not defined"));
        if let Some(tried) = tried {
            let text = format!("the innermost scope decides: it is read as '{tried}'; write '.{plain}' to start outside");
            problem = problem.with_help(text);
        }
        let elsewhere = self.symbols.get(plain).filter(|s| matches!(s.what, What::Message | What::Enum));
        if let Some(symbol) = elsewhere {
            problem = problem.with_help("import the file that defines it").with_related(symbol.span, "defined here");
        }
        self.diagnostics.push(problem);
        self.unknown += 1;
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
