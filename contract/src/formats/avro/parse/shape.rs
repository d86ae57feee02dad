//! The shapes without a name: primitives, arrays, maps, unions, and which shape a node is.

use std::borrow::Cow;

use super::super::tree::{Kind, TypeId};
use super::attributes::OfType;
use super::twice::Seen;
use super::{MAX_DEPTH, Parser};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The kind of a primitive name.
pub(super) fn primitive(name: &str) -> Option<Kind> {
    Some(match name {
        "null" => Kind::Null,
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "string" => Kind::String,
        _ => return None,
    })
}

impl Parser {
    /// Reads a type: a name, an object or a union. `None` when it is invalid; the reason is then among the diagnostics.
    pub(super) fn ty(&mut self, node: &Node, namespace: &str, depth: usize) -> Option<TypeId> {
        if depth >= MAX_DEPTH {
            let text = format!("types are nested deeper than {MAX_DEPTH} levels");
            self.error("avro/depth-limit", node.span, text).help =
                Some("Give the inner types names and refer to them.".to_owned());
            return None;
        }
        match &node.value {
            Value::String(name) => self.reference(name, node.span, namespace),
            Value::Sequence(branches) => self.union(node, branches, namespace, depth),
            Value::Mapping(entries) => self.object(node, &OfType::new(entries), namespace, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let text = format!("a type is a name, an object or a list of types, not {}", node.kind());
                self.error("avro/type-invalid", node.span, text);
                None
            }
        }
    }

    fn object(&mut self, node: &Node, own: &OfType<'_>, namespace: &str, depth: usize) -> Option<TypeId> {
        let Some(ty) = own.ty else {
            self.error("avro/type-missing", node.span, "this object has no \"type\"").help =
                Some("Add \"type\": a primitive type, record, enum, fixed, array or map.".to_owned());
            return None;
        };
        let Some(word) = ty.as_str() else {
            let text = format!("\"type\" is {} here, but must be the name of a type", ty.kind());
            self.error("avro/type-invalid", ty.span, text).help =
                Some("Write the inner type itself in this place, without the object around it.".to_owned());
            return None;
        };
        if let Some(kind) = primitive(word) {
            let id = self.add(node.span, kind, own.props(false));
            self.set_logical(id);
            return Some(id);
        }
        match word {
            "record" | "error" => self.record(node, own, namespace, depth, word == "error"),
            "enum" => self.enumeration(node, own, namespace),
            "fixed" => self.fixed(node, own, namespace),
            "array" => self.container(node, own, namespace, depth, true),
            "map" => self.container(node, own, namespace, depth, false),
            // As in Avro Java up to 1.12.1, with which registries have taken such schemas.
            _ if !own.defines() => {
                let text = format!("'{word}' is not a kind of type, and is taken for the name of one");
                self.warning("avro/type-invalid", ty.span, text).help =
                    Some(format!("Write just \"{word}\" in place of the object: Avro Java 1.12.2 refuses this."));
                self.reference(word, ty.span, namespace)
            }
            _ => {
                let text = format!("'{word}' is not a kind of type");
                self.error("avro/type-invalid", ty.span, text).help =
                    Some("A type is defined as a record, an enum, a fixed, an array or a map.".to_owned());
                None
            }
        }
    }

    fn container(&mut self, node: &Node, own: &OfType<'_>, namespace: &str, depth: usize, is_array: bool) -> Option<TypeId> {
        let inner = if is_array { own.items } else { own.values };
        let Some(inner) = inner else {
            let (word, key) = if is_array { ("array", "items") } else { ("map", "values") };
            self.error("avro/type-missing", node.span, format!("this {word} has no \"{key}\""));
            return None;
        };
        let inner = self.ty(inner, namespace, depth + 1)?;
        let kind = if is_array { Kind::Array(inner) } else { Kind::Map(inner) };
        let id = self.add(node.span, kind, own.props(false));
        self.set_logical(id);
        Some(id)
    }

    fn union(&mut self, node: &Node, branches: &[Node], namespace: &str, depth: usize) -> Option<TypeId> {
        let before = self.diagnostics.len();
        let mut ids = Vec::with_capacity(branches.len());
        let mut seen: Seen<Cow<'static, str>, Span> = Seen::with_capacity(branches.len());
        for branch in branches {
            if branch.as_sequence().is_some() {
                self.error("avro/union-nested", branch.span, "a union must not contain another union directly").help =
                    Some("List the inner branches in the outer union.".to_owned());
                continue;
            }
            let Some(id) = self.ty(branch, namespace, depth + 1) else { continue };
            if let Some(first) = seen.insert(self.branch_name(id), branch.span) {
                let text = format!("the union has two branches of type '{}'", self.branch_name(id));
                let found = self.error("avro/union-duplicate", branch.span, text);
                found.related.push(crate::diagnostic::Label::new(first, "the first one"));
                found.help = Some("Only records, enums and fixed types of different names may stand side by side.".to_owned());
            }
            ids.push(id);
        }
        if self.diagnostics[before..].iter().any(|d| d.severity == crate::diagnostic::Severity::Error) {
            return None;
        }
        Some(self.add(node.span, Kind::Union(ids.as_slice().into()), Vec::new()))
    }

    /// The name of a branch, also when the type is still to be defined.
    fn branch_name(&self, id: TypeId) -> Cow<'static, str> {
        match (self.unfinished(id), &self.get(id).kind) {
            (Some(name), _) => name.clone().into(),
            (None, kind) => kind.named().map_or(Cow::Borrowed(kind.name()), |named| named.name.full().into()),
        }
    }
}
