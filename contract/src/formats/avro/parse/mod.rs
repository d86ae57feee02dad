//! From nodes to a [`Schema`]: names and references are resolved here, shapes are read in [`named`] and [`shape`], logical types in
//! [`logical`], defaults in [`defaults`].
//!
//! The rules are those of the Avro 1.12 specification as Avro Java 1.12 enforces them; where Java is laxer than the specification
//! (a default that fits no type, when its validation is off) `strict` decides.

mod attributes;
mod defaults;
mod direct;
mod logical;
mod name;
mod named;
mod protocol;
mod same;
mod shape;
mod twice;

pub(super) use defaults::java_double;
pub(super) use protocol::{Definition, Parts, build, parts_of_protocol};

use std::collections::HashMap;

use super::tree::{Kind, Schema, Type, TypeId};
use crate::diagnostic::{self, Diagnostic};
use crate::source::{FileId, Sources, Span};
use crate::yaml::{Entry, Node};

/// How deep types may be written into each other.
pub const MAX_DEPTH: usize = 64;

/// The largest `fixed`, in bytes. Larger ones are refused: every reader would have to set that much aside.
pub const MAX_FIXED_SIZE: usize = 1024 * 1024;

/// How deep the JSON text of a schema may nest when every type is written where it is first used (a record takes three levels, a
/// list, map or union one). Readers of JSON stop at 128, and whoever walks a schema goes that deep.
pub const MAX_LEVELS: usize = 120;

/// How many documents a schema may pull in through names that it does not define.
const MAX_DOCUMENTS: usize = 1000;

/// Bytes of the namespaces of all names together: one long namespace makes every name in it long.
const MAX_NAMESPACES: usize = 16 << 20;

/// Names that nobody defines for which one of another namespace is looked for.
const MAX_ADVICE: usize = 20;

/// Reads a schema from its node.
///
/// `resolve` gets the full name of a named type that this text does not define, and gives the document that does; it is asked at
/// most once per name. With `strict`, a field default that does not fit its type is an error, else a warning (as in Avro Java
/// with `setValidateDefaults(false)`; registries hold such schemas). A schema is given when no diagnostic is an error.
pub fn parse(node: &Node, resolve: &mut dyn FnMut(&str) -> Option<Node>, strict: bool) -> (Option<Schema>, Vec<Diagnostic>) {
    read(Parser::default(), node, resolve, strict)
}

/// The same for a schema as registries keep them (Avro Java without validation of names and defaults): what is wrong with a name
/// or a default is a warning. Such names can hold any character: not for whoever writes code from them.
pub fn parse_kept(node: &Node, resolve: &mut dyn FnMut(&str) -> Option<Node>) -> (Option<Schema>, Vec<Diagnostic>) {
    read(Parser { any_name: true, ..Parser::default() }, node, resolve, false)
}

fn read(
    mut parser: Parser,
    node: &Node,
    resolve: &mut dyn FnMut(&str) -> Option<Node>,
    strict: bool,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let root = parser.ty(node, "", 0);
    parser.resolve_pending(resolve);
    if !diagnostic::has_errors(&parser.diagnostics) {
        let too_deep = root.and_then(|root| check_levels(&parser.types, root));
        parser.diagnostics.extend(too_deep);
        parser.check_defaults(strict);
    }
    let Parser { types, diagnostics, .. } = parser;
    let schema = root.filter(|_| !diagnostic::has_errors(&diagnostics)).map(|root| Schema { types, root, source: None });
    (schema, diagnostics)
}

/// Reads the text of a file that is a schema with nothing to say about and nothing rare in it: JSON without a mistake, with every
/// name defined before its use and no warning. It takes a fraction of the time of a tree and [`parse`], which read all others.
pub fn parse_clean(sources: &Sources, file: FileId) -> Option<Schema> {
    direct::read(file, sources.file(file).shared_text())
}

/// What is known of a full name.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Somebody refers to it; nobody has defined it yet.
    Wanted(TypeId),
    /// Its definition is being read, or has been.
    Defined(TypeId),
}

/// A reference to a name that was not defined before it.
#[derive(Debug)]
struct Pending {
    id: TypeId,
    full: String,
    written: String,
    span: Span,
}

#[derive(Debug, Default)]
struct Parser {
    types: Vec<Type>,
    names: HashMap<String, Known>,
    pending: Vec<Pending>,
    /// The full name of each named type: its place in `types` is empty until the definition has been read.
    full_names: HashMap<TypeId, String>,
    /// Bytes of the namespaces so far.
    namespaces: usize,
    /// Names that nobody defines.
    undefined: usize,
    /// The text was IDL: advice is given in its terms.
    is_idl: bool,
    /// Names may hold any character.
    any_name: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Parser {
    fn error(&mut self, id: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(id, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    fn warning(&mut self, id: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::warning(id, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Puts a type into the arena.
    fn add(&mut self, span: Span, kind: Kind, props: Vec<Entry>) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(Type { span, kind, logical: None, props: props.into() });
        id
    }

    /// The full name of a type whose definition has not been read to its end.
    fn unfinished(&self, id: TypeId) -> Option<&String> {
        self.full_names.get(&id).filter(|_| matches!(self.get(id).kind, Kind::Null))
    }

    fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The type that a name stands for: a primitive, one that is known, or one that is still to come.
    fn reference(&mut self, written: &str, span: Span, namespace: &str) -> Option<TypeId> {
        if let Some(kind) = shape::primitive(written) {
            return Some(self.add(span, kind, Vec::new()));
        }
        if let Err(why) = name::check_full(written)
            && !self.takes_name(written, "avro/name-invalid", span, format!("'{written}' is not the name of a type: {why}"))
        {
            return None;
        }
        if !self.takes_namespace(namespace, span) {
            return None;
        }
        let full = name::qualify(written, namespace);
        if let Some(Known::Wanted(id) | Known::Defined(id)) = self.names.get(&full) {
            return Some(*id);
        }
        // A simple name that its own namespace does not define may be one without a namespace, when that has been read to its
        // end: Avro Java does not find a record without a namespace from a namespace inside of it.
        if let Some(Known::Defined(id)) = self.names.get(written)
            && self.unfinished(*id).is_none()
        {
            return Some(*id);
        }
        let id = self.add(span, Kind::Null, Vec::new());
        self.names.insert(full.clone(), Known::Wanted(id));
        self.full_names.insert(id, full.clone());
        self.pending.push(Pending { id, full, written: written.to_owned(), span });
        Some(id)
    }

    /// Tells what is wrong with a name; `true` where it is taken all the same.
    fn takes_name(&mut self, name: &str, id: &str, span: Span, text: String) -> bool {
        let taken = self.any_name && !name.is_empty() && !name.ends_with('.');
        if taken {
            self.warning(id, span, text);
        } else {
            self.error(id, span, text);
        }
        taken
    }

    /// Counts one more name in a namespace; `false`, and told once, when they are too long together.
    fn takes_namespace(&mut self, namespace: &str, span: Span) -> bool {
        let before = self.namespaces;
        self.namespaces = before.saturating_add(namespace.len());
        if before <= MAX_NAMESPACES && self.namespaces > MAX_NAMESPACES {
            let text = format!("the namespaces of all names together are longer than {} MiB", MAX_NAMESPACES >> 20);
            self.error("avro/name-invalid", span, text).help = Some("Use a shorter namespace.".to_owned());
        }
        self.namespaces <= MAX_NAMESPACES
    }

    /// Asks for the documents that define the names which the text does not.
    fn resolve_pending(&mut self, resolve: &mut dyn FnMut(&str) -> Option<Node>) {
        let mut next = 0;
        let mut documents = 0;
        while next < self.pending.len() {
            let Pending { id, full, written, span } = &self.pending[next];
            let (id, full, written, span) = (*id, full.clone(), written.clone(), *span);
            next += 1;
            if matches!(self.names.get(&full), Some(Known::Defined(_))) {
                continue;
            }
            documents += 1;
            if documents > MAX_DOCUMENTS {
                let text = format!("more than {MAX_DOCUMENTS} names are defined in other documents");
                self.error("avro/reference-limit", span, text).help = Some("Put the types into fewer files.".to_owned());
                return;
            }
            if let Some(node) = resolve(&full) {
                self.ty(&node, "", 0);
                if matches!(self.names.get(&full), Some(Known::Defined(_))) {
                    continue;
                }
                let text = format!("the document for '{full}' defines other types, but not this one");
                self.error("avro/name-undefined", span, text).related.push(diagnostic::Label::new(node.span, "looked here"));
                continue;
            }
            // A simple name may also stand for a type without a namespace that a document defines.
            if written != full
                && let Some(node) = resolve(&written)
                && let Some(found) = self.ty(&node, "", 0)
                && self.get(found).branch_name() == written
            {
                self.types[id.0 as usize] = self.get(found).clone();
                continue;
            }
            self.undefined(&full, span);
        }
    }

    fn undefined(&mut self, full: &str, span: Span) {
        let simple = full.rsplit('.').next().unwrap_or(full);
        let same = |n: &&String| n.rsplit('.').next() == Some(simple) && matches!(self.names[*n], Known::Defined(_));
        self.undefined += 1;
        let names = self.names.keys().take(if self.undefined > MAX_ADVICE { 0 } else { usize::MAX });
        let mut near: Vec<&String> = names.filter(same).collect();
        near.sort();
        let help = match near.first() {
            Some(other) => format!("There is a type '{other}'. Write its full name, or define '{full}'."),
            None if self.is_idl => format!("Define '{full}' in this file, or import the file that does: import idl \"….avdl\";"),
            None => {
                format!("Define '{full}' in this schema, or give the schema that defines it as a reference or a file next to it.")
            }
        };
        self.error("avro/name-undefined", span, format!("no type is named '{full}'")).help = Some(help);
    }
}

/// Refuses schemas that are too deep to be printed and walked: names can chain thousands of types that are flat in the text.
/// Goes the way that every walk goes: each type once, in the order of the text.
pub(super) fn check_levels(types: &[Type], root: TypeId) -> Option<Diagnostic> {
    let mut seen = vec![false; types.len()];
    let mut open: Vec<(TypeId, usize)> = vec![(root, 0)];
    let mut level = 0;
    while let Some((id, next)) = open.last_mut() {
        let (id, n) = (*id, *next);
        *next += 1;
        let kind = &types[id.0 as usize].kind;
        let levels = if matches!(kind, Kind::Record(_)) { 3 } else { 1 };
        let Some(child) = child(kind, n) else {
            level -= if n > 0 { levels } else { 0 };
            open.pop();
            continue;
        };
        level += if n == 0 { levels } else { 0 };
        if level > MAX_LEVELS {
            let text = format!("types are nested so deep that the text of the schema has more than {MAX_LEVELS} levels");
            let span = types[child.0 as usize].span;
            return Some(Diagnostic::error("avro/depth-limit", span, text).with_help("Make the schema flatter."));
        }
        if seen.get_mut(child.0 as usize).is_some_and(|seen| !std::mem::replace(seen, true)) {
            open.push((child, 0));
        }
    }
    None
}

/// The n-th type that a type contains.
fn child(kind: &Kind, n: usize) -> Option<TypeId> {
    match kind {
        Kind::Record(record) => record.fields.get(n).map(|f| f.ty),
        Kind::Array(inner) | Kind::Map(inner) => (n == 0).then_some(*inner),
        Kind::Union(branches) => branches.get(n).copied(),
        _ => None,
    }
}
