//! What full names stand for, and names that are defined twice.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::features::{DefaultVisibility, Features};
use super::tree::{Element, Enum, Extend, File, Import, ImportKind, Message, Visibility};

/// What a full name stands for. Fields, values and methods hide nothing that is looked for, so they are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Message,
    Enum,
    Service,
}

/// The definition of a full name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    pub(super) what: What,
    pub(super) file: usize,
    pub(super) span: Span,
    /// Other files may not use it.
    pub(super) local: bool,
}

/// The types and services of all files by full name; the first definition counts.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    types: HashMap<Box<str>, Symbol>,
}

impl Symbols {
    /// The names of all files.
    pub(super) fn collect(files: &[File]) -> Self {
        let mut symbols = Self::default();
        for (index, file) in files.iter().enumerate() {
            let default = Features::of(&file.syntax).with(&file.options).visibility;
            let nested_default = matches!(default, DefaultVisibility::ExportAll);
            let top_default = nested_default || default == DefaultVisibility::ExportTopLevel;
            symbols.enums(index, &file.enums, top_default);
            symbols.messages(index, &file.messages, top_default, nested_default);
            for service in &file.services {
                symbols.add(&service.element, What::Service, index, false);
            }
        }
        symbols
    }

    pub(super) fn get(&self, name: &str) -> Option<Symbol> {
        self.types.get(name).copied()
    }

    fn add(&mut self, element: &Element, what: What, file: usize, local: bool) {
        let symbol = Symbol { what, file, span: element.name_span, local };
        self.types.entry(element.full_name.as_str().into()).or_insert(symbol);
    }

    /// Nesting is bounded by the parser.
    fn messages(&mut self, file: usize, messages: &[Message], exported: bool, nested_exported: bool) {
        for message in messages {
            self.add(&message.element, What::Message, file, is_local(message.visibility, exported));
            self.messages(file, &message.messages, nested_exported, nested_exported);
            self.enums(file, &message.enums, nested_exported);
        }
    }

    fn enums(&mut self, file: usize, enums: &[Enum], exported: bool) {
        for one in enums {
            self.add(&one.element, What::Enum, file, is_local(one.visibility, exported));
        }
    }
}

fn is_local(written: Option<Visibility>, exported: bool) -> bool {
    match written {
        Some(Visibility::Export) => false,
        Some(Visibility::Local) => true,
        None => !exported,
    }
}

/// For each file, the files whose names it may use.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    files: &'a [File],
    by_path: HashMap<&'a str, usize>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(files: &'a [File]) -> Self {
        let by_path = files.iter().enumerate().map(|(n, f)| (f.path.as_str(), n)).collect();
        Self { files, by_path }
    }

    /// The file of an import.
    pub(super) fn target(&self, import: &Import) -> Option<usize> {
        self.by_path.get(import.path.as_str()).copied()
    }

    /// A file itself, its imports, and what those import publicly; with `options` its option imports too.
    pub(super) fn visible(&self, index: usize, options: bool) -> HashSet<usize> {
        let mut visible = HashSet::from([index]);
        let imports = self.files.get(index).map_or(&[] as &[Import], |f| &f.imports);
        let wanted = imports.iter().filter(|i| options || i.kind != ImportKind::Option);
        for target in wanted.filter_map(|i| self.target(i)) {
            self.public(target, &mut visible);
        }
        visible
    }

    /// Adds a file and what it imports publicly.
    pub(super) fn public(&self, file: usize, found: &mut HashSet<usize>) {
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            if found.insert(next) {
                let imports = self.files.get(next).map_or(&[] as &[Import], |f| &f.imports);
                let public = imports.iter().filter(|i| i.kind == ImportKind::Public);
                open.extend(public.filter_map(|i| self.target(i)));
            }
        }
    }
}

/// Reports full names that are defined twice. A package may be opened by many files.
pub(super) fn report_clashes(files: &[File], diagnostics: &mut Vec<Diagnostic>) {
    let mut clashes = Clashes { diagnostics };
    let mut top: HashMap<&str, Span> = HashMap::new();
    let mut packages: HashMap<&str, Span> = HashMap::new();
    for file in files {
        let mut package = file.package.as_str();
        while let (Some(span), false) = (file.package_span, package.is_empty()) {
            packages.entry(package).or_insert(span);
            package = package.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
    for file in files {
        let services = file.services.iter().map(|s| &s.element);
        let names = members(&[], &file.messages, &file.enums, &file.extends).chain(services);
        for (element, is_value) in names.map(|e| (e, false)).chain(values(&file.enums).map(|e| (e, true))) {
            if let Some(first) = top.insert(&element.full_name, element.name_span) {
                clashes.report(element, first, is_value);
            }
            if let Some(package) = packages.get(element.full_name.as_str()) {
                clashes.report(element, *package, false);
            }
        }
        file.messages.iter().for_each(|m| clashes.message(m));
        for service in &file.services {
            let mut seen = HashMap::new();
            for method in &service.methods {
                if let Some(first) = seen.insert(method.element.name.as_str(), method.element.name_span) {
                    clashes.report(&method.element, first, false);
                }
            }
        }
    }
}

struct Clashes<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Clashes<'_> {
    fn report(&mut self, element: &Element, first: Span, is_value: bool) {
        let message = format!("'{}' is defined twice", element.full_name);
        let mut problem = Diagnostic::error("protobuf/duplicate-name", element.name_span, message);
        if is_value {
            problem =
                problem.with_help("the values of an enum are names beside the enum, not in it: give each a prefix of its own");
        }
        self.diagnostics.push(problem.with_related(first, "first defined here"));
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &Message) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let fields = message.fields.iter().map(|f| &f.element).chain(message.oneofs.iter().map(|o| &o.element));
        let fields: Vec<&Element> = fields.collect();
        let names = members(&fields, &message.messages, &message.enums, &message.extends);
        for (element, is_value) in names.map(|e| (e, false)).chain(values(&message.enums).map(|e| (e, true))) {
            if let Some(first) = seen.insert(&element.name, element.name_span) {
                self.report(element, first, is_value);
            }
        }
        message.messages.iter().for_each(|m| self.message(m));
    }
}

fn members<'a>(
    fields: &[&'a Element],
    messages: &'a [Message],
    enums: &'a [Enum],
    extends: &'a [Extend],
) -> impl Iterator<Item = &'a Element> {
    let types = messages.iter().map(|m| &m.element).chain(enums.iter().map(|e| &e.element));
    let extensions = extends.iter().flat_map(|e| &e.fields).map(|f| &f.element);
    fields.iter().copied().chain(types).chain(extensions)
}

fn values(enums: &[Enum]) -> impl Iterator<Item = &Element> {
    enums.iter().flat_map(|e| &e.values).map(|v| &v.element)
}
