//! The index of a module: everything in its files by name.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use eventpact_contract::formats::protobuf::{
    Enum, Extend, Features, FieldType, File, Message, Method, Schema, Service, map_entry_name,
};
use eventpact_contract::source::Span;

use super::field::{FieldNode, Part};

/// What can be deleted from a file or a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Message,
    Enum,
    Extension,
    Service,
}

impl Kind {
    /// The word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Enum => "enum",
            Self::Extension => "extension",
            Self::Service => "service",
        }
    }
}

/// A named element of a file.
#[derive(Debug, Clone)]
pub(super) struct Named<'m> {
    pub(super) kind: Kind,
    /// The name without the package: `Order.Item`.
    pub(super) nested: Cow<'m, str>,
    pub(super) span: Span,
}

/// A file and the elements in it.
#[derive(Debug)]
pub(super) struct FileNode<'m> {
    pub(super) file: &'m File,
    /// The start of the file, for what has no place in it.
    pub(super) start: Span,
    /// In the order of the file.
    pub(super) elements: Vec<Named<'m>>,
    by_name: HashMap<(Kind, Cow<'m, str>), Span>,
}

impl FileNode<'_> {
    /// The place of an element; `None` when the file has none of that name.
    pub(super) fn place_of(&self, kind: Kind, nested: &str) -> Option<Span> {
        self.by_name.get(&(kind, Cow::Borrowed(nested))).copied()
    }

    /// The message that an element of another version would stand in, or the start of the file.
    pub(super) fn place_around(&self, nested: &str) -> Span {
        let mut around = nested;
        while let Some((outer, _)) = around.rsplit_once('.') {
            if let Some(span) = self.place_of(Kind::Message, outer) {
                return span;
            }
            around = outer;
        }
        self.start
    }
}

/// A message: one that is written, or the entry of a map.
#[derive(Debug)]
pub(super) struct MessageNode<'m> {
    /// `None` for the entry of a map.
    pub(super) message: Option<&'m Message>,
    pub(super) full_name: Cow<'m, str>,
    pub(super) span: Span,
    pub(super) features: Features,
    pub(super) fields: Vec<FieldNode<'m>>,
}

/// An enum.
#[derive(Debug)]
pub(super) struct EnumNode<'m> {
    pub(super) one: &'m Enum,
}

/// A service.
#[derive(Debug)]
pub(super) struct ServiceNode<'m> {
    pub(super) service: &'m Service,
}

/// A method.
#[derive(Debug)]
pub(super) struct MethodNode<'m> {
    pub(super) method: &'m Method,
}

/// The index of all files of a module, those that are imported among them.
#[derive(Debug, Default)]
pub(super) struct Module<'m> {
    pub(super) files: Vec<FileNode<'m>>,
    files_by_path: HashMap<&'m str, usize>,
    pub(super) messages: Vec<MessageNode<'m>>,
    messages_by_name: HashMap<Cow<'m, str>, usize>,
    pub(super) enums: Vec<EnumNode<'m>>,
    enums_by_name: HashMap<&'m str, usize>,
    pub(super) services: Vec<ServiceNode<'m>>,
    services_by_name: HashMap<&'m str, usize>,
    pub(super) extensions: Vec<FieldNode<'m>>,
    extensions_by_number: HashMap<(&'m str, i32), usize>,
    /// Each package with what it holds.
    packages: HashMap<&'m str, HashMap<(Kind, Cow<'m, str>), Span>>,
    /// The kinds of elements that each package has.
    kinds: HashSet<(&'m str, Kind)>,
}

impl<'m> Module<'m> {
    /// Goes through the files once.
    pub(super) fn new(schema: &'m Schema) -> Self {
        let mut module = Self::default();
        for file in schema.files.iter() {
            let Some(start) = start_of(file) else { continue };
            let mut collect = Collect { file, module: &mut module, elements: Vec::new() };
            collect.all();
            let elements = collect.elements;
            let by_name: HashMap<_, _> = elements.iter().map(|e| ((e.kind, e.nested.clone()), e.span)).collect();
            let package = module.packages.entry(&file.package).or_default();
            // buf knows a package by its services also when it has none.
            module.kinds.insert((&file.package, Kind::Service));
            module.kinds.extend(elements.iter().map(|e| (file.package.as_str(), e.kind)));
            package.extend(by_name.iter().map(|(name, span)| (name.clone(), *span)));
            module.files_by_path.entry(&file.path).or_insert(module.files.len());
            module.files.push(FileNode { file, start, elements, by_name });
        }
        module
    }

    /// The file of a path.
    pub(super) fn file(&self, path: &str) -> Option<&FileNode<'m>> {
        self.files.get(*self.files_by_path.get(path)?)
    }

    /// The message of a full name.
    pub(super) fn message(&self, full_name: &str) -> Option<&MessageNode<'m>> {
        self.messages.get(*self.messages_by_name.get(full_name)?)
    }

    /// The enum of a full name.
    pub(super) fn enumeration(&self, full_name: &str) -> Option<&EnumNode<'m>> {
        self.enums.get(*self.enums_by_name.get(full_name)?)
    }

    /// The service of a full name.
    pub(super) fn service(&self, full_name: &str) -> Option<&ServiceNode<'m>> {
        self.services.get(*self.services_by_name.get(full_name)?)
    }

    /// The extension of a message with a number.
    pub(super) fn extension(&self, extendee: &str, number: i32) -> Option<&FieldNode<'m>> {
        self.extensions.get(*self.extensions_by_number.get(&(extendee, number))?)
    }

    /// Some file is in the package.
    pub(super) fn has_package(&self, package: &str) -> bool {
        self.packages.contains_key(package)
    }

    /// buf looks for elements of this kind in the package: some are left.
    pub(super) fn package_has(&self, package: &str, kind: Kind) -> bool {
        self.kinds.contains(&(package, kind))
    }

    /// The place of an element of a package.
    pub(super) fn in_package(&self, package: &str, kind: Kind, nested: &str) -> Option<Span> {
        self.packages.get(package)?.get(&(kind, Cow::Borrowed(nested))).copied()
    }
}

/// The start of a file: for what has no place in it. `None` for a built-in file without a statement, which there is not.
fn start_of(file: &File) -> Option<Span> {
    let imports = file.imports.first().map(|i| i.span);
    let messages = file.messages.first().map(|m| m.element.span);
    let enums = file.enums.first().map(|e| e.element.span);
    let services = file.services.first().map(|s| s.element.span);
    let extends = file.extends.first().map(|e| e.block);
    let options = file.options.first().map(|o| o.span);
    let spans = [file.syntax_span, file.package_span, imports, messages, enums, services, extends, options];
    file.source.or_else(|| spans.into_iter().flatten().next().map(|s| s.file)).map(Span::start_of)
}

/// Fills the index from one file.
struct Collect<'c, 'm> {
    file: &'m File,
    module: &'c mut Module<'m>,
    elements: Vec<Named<'m>>,
}

impl<'m> Collect<'_, 'm> {
    fn all(&mut self) {
        let file = self.file;
        file.messages.iter().for_each(|m| self.message(m));
        file.enums.iter().for_each(|e| self.enumeration(e));
        file.extends.iter().for_each(|e| self.extend(e));
        for service in &file.services {
            self.named(Kind::Service, Cow::Borrowed(&service.element.full_name), service.element.span);
            let index = self.module.services.len();
            self.module.services_by_name.entry(&service.element.full_name).or_insert(index);
            self.module.services.push(ServiceNode { service });
        }
    }

    fn named(&mut self, kind: Kind, full_name: Cow<'m, str>, span: Span) {
        let package = self.file.package.len();
        let behind = if package == 0 { 0 } else { package + 1 };
        let nested = match full_name {
            Cow::Borrowed(name) => Cow::Borrowed(name.get(behind..).unwrap_or(name)),
            Cow::Owned(name) => Cow::Owned(name.get(behind..).unwrap_or(&name).to_owned()),
        };
        self.elements.push(Named { kind, nested, span });
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &'m Message) {
        let element = &message.element;
        let file = self.file;
        self.add(MessageNode {
            message: Some(message),
            full_name: Cow::Borrowed(&element.full_name),
            span: element.span,
            features: message.features,
            fields: message.fields.iter().map(|field| FieldNode::of_message(file, field, message)).collect(),
        });
        for field in message.fields.iter().filter(|f| matches!(f.ty, FieldType::Map { .. })) {
            let name = map_entry_name(&field.element.name);
            let part = |part| FieldNode::new(self.file, field, part, Cow::Owned(name.clone()));
            self.add(MessageNode {
                message: None,
                full_name: Cow::Owned(format!("{}.{name}", element.full_name)),
                span: field.type_span,
                features: message.features,
                fields: vec![part(Part::Key), part(Part::Value)],
            });
        }
        message.messages.iter().for_each(|m| self.message(m));
        message.enums.iter().for_each(|e| self.enumeration(e));
        message.extends.iter().for_each(|e| self.extend(e));
    }

    fn add(&mut self, node: MessageNode<'m>) {
        self.named(Kind::Message, node.full_name.clone(), node.span);
        let index = self.module.messages.len();
        self.module.messages_by_name.entry(node.full_name.clone()).or_insert(index);
        self.module.messages.push(node);
    }

    fn enumeration(&mut self, one: &'m Enum) {
        self.named(Kind::Enum, Cow::Borrowed(&one.element.full_name), one.element.span);
        let index = self.module.enums.len();
        self.module.enums_by_name.entry(&one.element.full_name).or_insert(index);
        self.module.enums.push(EnumNode { one });
    }

    fn extend(&mut self, extend: &'m Extend) {
        for field in &extend.fields {
            self.named(Kind::Extension, Cow::Borrowed(&field.element.full_name), field.element.span);
            let index = self.module.extensions.len();
            self.module.extensions_by_number.entry((&extend.extendee, field.number)).or_insert(index);
            let node = FieldNode::new(self.file, field, Part::Extension, Cow::Borrowed(extend.extendee.as_str()));
            self.module.extensions.push(node);
        }
    }
}
