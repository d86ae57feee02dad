//! A protocol (`.avpr`) or an IDL file (`.avdl`): named types, perhaps messages; and the schema of one of its types.

use super::idl;
use super::kept::Props;
use super::parse::{self, check_levels};
use super::tree::{Kind, Name, Schema, Type, TypeId};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Reader, Sources, Span};
use crate::yaml::{Entry, Node};

/// The types of a file and the messages between a client and a server.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// The name; `None` for an IDL file without `protocol`.
    pub name: Option<Name>,
    /// The place of the name, or the start of the file.
    pub span: Span,
    /// The documentation.
    pub doc: Option<String>,
    /// All named types, those of imported files among them.
    pub types: Vec<TypeId>,
    /// The messages in the order of the text.
    pub messages: Vec<Message>,
    /// The type that an IDL file names with `schema`.
    pub main: Option<TypeId>,
    pub(super) file: FileId,
    pub(super) all: Vec<Type>,
}

/// A call, or a one-way message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The name.
    pub name: String,
    /// The place of the name.
    pub name_span: Span,
    /// The documentation.
    pub doc: Option<String>,
    /// The parameters, as the fields of a record.
    pub request: TypeId,
    /// What is answered; `null` for nothing.
    pub response: TypeId,
    /// The errors that may be thrown.
    pub errors: Vec<TypeId>,
    /// Nothing is answered, not even that it arrived.
    pub one_way: bool,
    /// Attributes that the specification does not name.
    pub props: Vec<Entry>,
}

/// Reads the JSON of a protocol.
pub fn parse_protocol(node: &Node, strict: bool) -> (Option<Protocol>, Vec<Diagnostic>) {
    let (parts, mut found) = parse::parts_of_protocol(node);
    let broken = crate::diagnostic::has_errors(&found);
    let protocol = parts.and_then(|parts| {
        let (protocol, more) = parse::build(parts, strict, false);
        found.extend(more);
        protocol
    });
    (protocol.filter(|_| !broken), found)
}

/// Reads an IDL file that is among the sources, with what it imports; `path` is where `reader` found it.
///
/// ```
/// use eventpact_contract::{formats::avro, source::{Memory, Sources}};
/// let mut sources = Sources::new();
/// let text = "namespace shop; schema Order; record Order { uuid id; string? note = null; }";
/// let file = sources.add("order.avdl", text);
/// let (protocol, problems) = avro::parse_idl(&mut sources, &Memory::default(), file, "order.avdl", true);
/// assert!(problems.is_empty());
/// let (schema, _) = protocol.unwrap().schema(None);
/// assert_eq!(schema.unwrap().root().branch_name(), "shop.Order");
/// ```
pub fn parse_idl(
    sources: &mut Sources,
    reader: &dyn Reader,
    file: FileId,
    path: &str,
    strict: bool,
) -> (Option<Protocol>, Vec<Diagnostic>) {
    let (parts, mut found) = idl::read(sources, reader, file, path);
    let broken = crate::diagnostic::has_errors(&found);
    let protocol = parts.and_then(|parts| {
        let (protocol, more) = parse::build(parts, strict, true);
        found.extend(more);
        protocol
    });
    (protocol.filter(|_| !broken), found)
}

impl Protocol {
    /// A type of this protocol.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.all[id.0 as usize]
    }

    /// The types that can be a payload, when none is named: the one that `schema` names, else the records that the file itself
    /// defines and that no other type contains; errors, enums and fixed types only where there is nothing else.
    pub fn roots(&self) -> Vec<TypeId> {
        if let Some(main) = self.main {
            return vec![main];
        }
        let contained = self.contained();
        let own: Vec<TypeId> = self.types.iter().copied().filter(|id| self.get(*id).span.file == self.file).collect();
        let own = if own.is_empty() { self.types.clone() } else { own };
        let is_payload = |id: &TypeId| matches!(&self.get(*id).kind, Kind::Record(record) if !record.is_error);
        let top = |id: &TypeId| !contained.get(id.0 as usize).copied().unwrap_or(false);
        let records: Vec<TypeId> = own.iter().copied().filter(is_payload).collect();
        // Records that contain each other have no top.
        let choices = [records.iter().copied().filter(top).collect(), records, own.iter().copied().filter(top).collect(), own];
        choices.into_iter().find(|choice: &Vec<TypeId>| !choice.is_empty()).unwrap_or_default()
    }

    /// For each type, whether another named type contains it, directly or in lists, maps and unions. A type that contains itself
    /// does not count.
    fn contained(&self) -> Vec<bool> {
        let mut contained = vec![false; self.all.len()];
        for id in &self.types {
            let mut open = children(&self.get(*id).kind);
            while let Some(child) = open.pop() {
                let kind = &self.get(child).kind;
                if kind.named().is_none() {
                    open.extend(children(kind));
                } else if child != *id
                    && let Some(slot) = contained.get_mut(child.0 as usize)
                {
                    *slot = true;
                }
            }
        }
        contained
    }

    /// The schema of the type with this name, full or simple. Without a name: that of the only root, or a union of all roots
    /// ([`Protocol::roots`]), so that the schema stands for the whole file.
    pub fn schema(&self, name: Option<&str>) -> (Option<Schema>, Vec<Diagnostic>) {
        let roots = match name {
            Some(name) => match self.find(name) {
                Ok(id) => vec![id],
                Err(problem) => return (None, vec![*problem]),
            },
            None => self.roots(),
        };
        match roots.as_slice() {
            [] => {
                let text = "this file defines no type, so it is no schema for a payload";
                let found = Diagnostic::error("avro/protocol-empty", self.span, text);
                (None, vec![found.with_help("Define a record, or name the file that does.")])
            }
            [only] => rooted(&self.all, *only),
            several => {
                let mut all = self.all.clone();
                let root = TypeId(u32::try_from(all.len()).unwrap_or(u32::MAX));
                all.push(Type { span: self.span, kind: Kind::Union(several.into()), logical: None, props: Props::default() });
                rooted(&all, root)
            }
        }
    }

    /// The records that the file itself defines, by their full names; without any, its other types.
    pub fn records(&self) -> Vec<(String, TypeId)> {
        let own = self.types.iter().filter(|id| self.get(**id).span.file == self.file);
        let own: Vec<(String, TypeId)> = own.map(|id| (self.get(*id).branch_name(), *id)).collect();
        let is_payload = |id: TypeId| matches!(&self.get(id).kind, Kind::Record(record) if !record.is_error);
        let records: Vec<(String, TypeId)> = own.iter().filter(|(_, id)| is_payload(*id)).cloned().collect();
        if records.is_empty() { own } else { records }
    }

    /// The schema of one of the types.
    pub fn schema_of(&self, id: TypeId) -> (Option<Schema>, Vec<Diagnostic>) {
        rooted(&self.all, id)
    }

    fn find(&self, name: &str) -> Result<TypeId, Box<Diagnostic>> {
        let named = |id: &&TypeId, full: bool| {
            let own = self.get(**id).kind.named().map(|named| &named.name);
            own.is_some_and(|own| if full { own.full() == name } else { own.name == name })
        };
        if let Some(id) = self.types.iter().find(|id| named(id, true)) {
            return Ok(*id);
        }
        let same: Vec<&TypeId> = self.types.iter().filter(|id| named(id, false)).collect();
        if let [only] = same.as_slice() {
            return Ok(**only);
        }
        let text = match same.len() {
            0 => format!("this file has no type named '{name}'"),
            _ => format!("several types of this file are named '{name}'"),
        };
        let list = if same.is_empty() { self.types.iter().collect() } else { same };
        let names: Vec<String> = list.iter().take(20).map(|id| self.get(**id).branch_name()).collect();
        let found = Diagnostic::error("avro/name-undefined", self.span, text);
        Err(Box::new(found.with_help(format!("Name one of {}.", names.join(", ")))))
    }
}

/// The types that a type contains directly.
fn children(kind: &Kind) -> Vec<TypeId> {
    match kind {
        Kind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        Kind::Array(inner) | Kind::Map(inner) => vec![*inner],
        Kind::Union(branches) => branches.to_vec(),
        _ => Vec::new(),
    }
}

fn rooted(all: &[Type], root: TypeId) -> (Option<Schema>, Vec<Diagnostic>) {
    match check_levels(all, root) {
        Some(problem) => (None, vec![problem]),
        None => (Some(reached(all, root)), Vec::new()),
    }
}

/// A schema with the types that the root reaches, and no others.
fn reached(all: &[Type], root: TypeId) -> Schema {
    let mut numbers: Vec<Option<TypeId>> = vec![None; all.len()];
    let mut order: Vec<TypeId> = Vec::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let (Some(slot), Some(ty)) = (numbers.get_mut(id.0 as usize), all.get(id.0 as usize)) else { continue };
        if slot.is_none() {
            *slot = Some(TypeId(u32::try_from(order.len()).unwrap_or(u32::MAX)));
            order.push(id);
            open.extend(children(&ty.kind).into_iter().rev());
        }
    }
    let number = |id: TypeId| numbers.get(id.0 as usize).copied().flatten().unwrap_or(TypeId(0));
    let mut types: Vec<Type> = order.iter().filter_map(|id| all.get(id.0 as usize).cloned()).collect();
    for ty in &mut types {
        match &mut ty.kind {
            Kind::Record(record) => record.fields.iter_mut().for_each(|field| field.ty = number(field.ty)),
            Kind::Array(inner) | Kind::Map(inner) => *inner = number(*inner),
            Kind::Union(branches) => branches.iter_mut().for_each(|branch| *branch = number(*branch)),
            _ => {}
        }
    }
    Schema { types, root: TypeId(0), source: None }
}
