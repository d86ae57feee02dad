//! The shapes with a name: records, enums, fixed; and what happens when a name is defined twice.

use smol_str::SmolStr;

use super::super::kept::Text;
use super::super::tree::{EnumType, Field, Fixed, Kind, Name, Named, Order, Record, Symbol, Type, TypeId};
use super::attributes::{OfField, OfType};
use super::shape::primitive;
use super::twice::Seen;
use super::{Known, MAX_FIXED_SIZE, Parser, name};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::Span;
use crate::yaml::{Node, Value};

impl Parser {
    /// Reads `name`, `namespace`, `aliases` and `doc`.
    fn named(&mut self, node: &Node, own: &OfType<'_>, namespace: &str) -> Option<Named> {
        let Some((text, name_span)) = own.name.and_then(with_place) else {
            self.error("avro/name-missing", node.span, "this type has no \"name\"").help =
                Some("Records, enums and fixed types need a \"name\" (a string).".to_owned());
            return None;
        };
        let namespace = own.namespace.and_then(Node::as_str).unwrap_or(namespace);
        if !self.takes_namespace(namespace, name_span) {
            return None;
        }
        let full = name::full(text, namespace);
        if let Err(why) = name::check(&full.name).and_then(|()| name::check_namespace(&full.namespace))
            && !self.takes_name(&full.name, "avro/name-invalid", name_span, format!("'{text}' cannot be a name: {why}"))
        {
            return None;
        }
        if full.namespace.is_empty() && primitive(&full.name).is_some() {
            self.error("avro/name-primitive", name_span, format!("a type cannot be named '{text}': that is a primitive type"));
            return None;
        }
        let aliases = self.aliases(own.aliases, true)?;
        let aliases = aliases.into_iter().map(|a| name::full(&a, &full.namespace)).collect();
        Some(Named { name: full, name_span, aliases, doc: doc(own.doc) })
    }

    /// The aliases of a type or of a field. One that can be no name is an error for a type, as in Avro Java, and without effect
    /// on a field.
    fn aliases(&mut self, node: Option<&Node>, of_type: bool) -> Option<Vec<SmolStr>> {
        let Some(node) = node else { return Some(Vec::new()) };
        let Some(items) = node.as_sequence() else {
            self.error("avro/alias-invalid", node.span, format!("\"aliases\" must be a list of names, not {}", node.kind()));
            return None;
        };
        let mut aliases: Vec<SmolStr> = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = item.as_str() else {
                self.error("avro/alias-invalid", item.span, format!("an alias must be a name, not {}", item.kind()));
                return None;
            };
            if let Err(why) = name::check(text.rsplit('.').next().unwrap_or(text)) {
                let text = format!("'{text}' cannot be an alias: {why}");
                let severity = if of_type && !self.any_name { Severity::Error } else { Severity::Warning };
                self.diagnostics.push(Diagnostic::new("avro/alias-invalid", severity, item.span, text));
            }
            aliases.push(text.into());
        }
        let mut seen = std::collections::HashSet::new();
        aliases.retain(|a| seen.insert(a.clone()));
        Some(aliases)
    }

    /// Takes the place of a name: the one that earlier references wanted, or a new one. The second definition of a name gets no
    /// place yet: [`Parser::define`] compares it with the first one.
    fn declare(&mut self, named: &Named, span: Span) -> (TypeId, bool) {
        let full = named.name.full();
        match self.names.get(&full).copied() {
            Some(Known::Defined(_)) => (self.add(span, Kind::Null, Vec::new()), true),
            Some(Known::Wanted(id)) => {
                self.names.insert(full, Known::Defined(id));
                (id, false)
            }
            None => {
                let id = self.add(span, Kind::Null, Vec::new());
                self.full_names.insert(id, full.clone());
                self.names.insert(full, Known::Defined(id));
                (id, false)
            }
        }
    }

    /// Puts a definition into its place. A second one must say the same as the first.
    fn define(&mut self, id: TypeId, again: bool, ty: Type) -> Option<TypeId> {
        let Some(named) = ty.kind.named() else { return Some(id) };
        let (full, span) = (named.name.full(), named.name_span);
        self.types[id.0 as usize] = ty;
        self.set_logical(id);
        if !again {
            return Some(id);
        }
        let Some(Known::Defined(first)) = self.names.get(&full).copied() else { return Some(id) };
        let at = self.get(first).kind.named().map(|n| n.name_span);
        if self.same(first, id) {
            let found = self.warning("avro/name-redefined", span, format!("'{full}' is defined twice, with the same content"));
            found.related.extend(at.map(|at| Label::new(at, "the first definition")));
            found.help = Some("Refer to it by its name instead of repeating it.".to_owned());
            return Some(first);
        }
        let found = self.error("avro/name-redefined", span, format!("'{full}' is defined twice, with different content"));
        found.related.extend(at.map(|at| Label::new(at, "the first definition")));
        found.help = Some("Give one of the two another name or namespace.".to_owned());
        None
    }

    pub(super) fn record(
        &mut self,
        node: &Node,
        own: &OfType<'_>,
        namespace: &str,
        depth: usize,
        is_error: bool,
    ) -> Option<TypeId> {
        let named = self.named(node, own, namespace)?;
        let Some(items) = own.fields.and_then(Node::as_sequence) else {
            let text = format!("the record '{}' has no list of \"fields\"", named.name.full());
            self.error("avro/fields-missing", node.span, text);
            return None;
        };
        let (id, again) = self.declare(&named, node.span);
        let fields = self.field_list(items, &named.name, depth)?;
        let kind = Kind::Record(Box::new(Record { named, is_error, fields }));
        self.define(id, again, Type { span: node.span, kind, logical: None, props: own.props(false).into() })
    }

    /// The fields of a record, or the parameters of a message; `None` when one of them is wrong.
    pub(super) fn field_list(&mut self, items: &[Node], record: &Name, depth: usize) -> Option<Vec<Field>> {
        let all = items.len();
        let mut fields: Vec<Field> = Vec::with_capacity(all);
        let mut seen: Seen<&str, Span> = Seen::with_capacity(all);
        self.types.reserve(all);
        for item in items {
            let Some((name, field)) = self.field(item, record, depth) else { continue };
            if let Some(first) = seen.insert(name, field.name_span) {
                let text = format!("the record '{}' has two fields named '{name}'", record.full());
                self.error("avro/field-duplicate", field.name_span, text).related.push(Label::new(first, "the first one"));
            }
            fields.push(field);
        }
        (fields.len() == all).then_some(fields)
    }

    /// A field and its name.
    fn field<'a>(&mut self, node: &'a Node, record: &Name, depth: usize) -> Option<(&'a str, Field)> {
        let Some(entries) = node.as_mapping() else {
            self.error("avro/field-invalid", node.span, format!("a field is an object, not {}", node.kind()));
            return None;
        };
        let own = OfField::new(entries);
        let Some((name, name_span)) = own.name.and_then(with_place) else {
            self.error("avro/name-missing", node.span, "this field has no \"name\"");
            return None;
        };
        if let Err(why) = name::check(name)
            && !self.takes_name(name, "avro/name-invalid", name_span, format!("'{name}' cannot be the name of a field: {why}"))
        {
            return None;
        }
        let Some(ty) = own.ty else {
            self.error("avro/type-missing", node.span, format!("the field '{name}' has no \"type\""));
            return None;
        };
        let ty = self.ty(ty, &record.namespace, depth + 1)?;
        let order = self.order(own.order)?;
        let aliases = self.aliases(own.aliases, false)?;
        if let Some(key_span) = own.logical_type
            && self.get(ty).logical.is_none()
        {
            self.warning("avro/logical-invalid", key_span, "\"logicalType\" on a field has no effect").help =
                Some("Write it inside of the field's \"type\": {\"type\": …, \"logicalType\": …}.".to_owned());
        }
        let (doc, default, props) = (doc(own.doc), own.default.cloned(), own.props().into());
        Some((name, Field { name: name.into(), name_span, span: node.span, aliases, doc, ty, default, order, props }))
    }

    fn order(&mut self, node: Option<&Node>) -> Option<Order> {
        let Some(node) = node else { return Some(Order::Ascending) };
        match node.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("ascending") => Some(Order::Ascending),
            Some("descending") => Some(Order::Descending),
            Some("ignore") => Some(Order::Ignore),
            _ => {
                self.error("avro/field-order", node.span, "\"order\" is one of ascending, descending, ignore");
                None
            }
        }
    }

    pub(super) fn enumeration(&mut self, node: &Node, own: &OfType<'_>, namespace: &str) -> Option<TypeId> {
        let named = self.named(node, own, namespace)?;
        let full = named.name.full();
        let Some(items) = own.symbols.and_then(Node::as_sequence) else {
            self.error("avro/symbols-missing", node.span, format!("the enum '{full}' has no list of \"symbols\""));
            return None;
        };
        let symbols = self.symbols(&full, items)?;
        let default = match own.default.and_then(with_place) {
            None => None,
            Some((name, span)) if symbols.iter().any(|s| s.name == name) => Some(Symbol { name: name.into(), span }),
            Some((name, span)) => {
                let text = format!("the default '{name}' of the enum '{full}' is not one of its symbols");
                let all: Vec<&str> = symbols.iter().take(20).map(|s| s.name.as_str()).collect();
                self.error("avro/enum-default", span, text).help = Some(format!("The symbols are {}.", all.join(", ")));
                return None;
            }
        };
        let (id, again) = self.declare(&named, node.span);
        let kind = Kind::Enum(Box::new(EnumType { named, symbols, default }));
        self.define(id, again, Type { span: node.span, kind, logical: None, props: own.props(true).into() })
    }

    fn symbols(&mut self, full: &str, items: &[Node]) -> Option<Vec<Symbol>> {
        let mut symbols = Vec::with_capacity(items.len());
        let mut seen: Seen<&str, Span> = Seen::with_capacity(items.len());
        let mut good = true;
        for item in items {
            let Some(text) = item.as_str() else {
                self.error("avro/symbol-invalid", item.span, format!("a symbol is a string, not {}", item.kind()));
                good = false;
                continue;
            };
            if let Err(why) = name::check(text) {
                good &= self.takes_name(text, "avro/symbol-invalid", item.span, format!("'{text}' cannot be a symbol: {why}"));
            }
            if let Some(first) = seen.insert(text, item.span) {
                let message = format!("the enum '{full}' lists the symbol '{text}' twice");
                self.error("avro/symbol-duplicate", item.span, message).related.push(Label::new(first, "the first one"));
                good = false;
            }
            symbols.push(Symbol { name: text.into(), span: item.span });
        }
        good.then_some(symbols)
    }

    pub(super) fn fixed(&mut self, node: &Node, own: &OfType<'_>, namespace: &str) -> Option<TypeId> {
        let named = self.named(node, own, namespace)?;
        let full = named.name.full();
        let Some(size_node) = own.size else {
            self.error("avro/size-invalid", node.span, format!("the fixed '{full}' has no \"size\""));
            return None;
        };
        let size_span = size_node.span;
        let number = if let Value::Number(text) = &size_node.value { text.parse::<i64>().ok() } else { None };
        let Some(size) = number.and_then(|n| usize::try_from(n).ok()) else {
            self.error("avro/size-invalid", size_span, "\"size\" is a number of bytes: a whole number, zero or more");
            return None;
        };
        if size > MAX_FIXED_SIZE {
            let text = format!("the fixed '{full}' has {size} bytes; the limit is {MAX_FIXED_SIZE}");
            self.error("avro/size-limit", size_span, text).help = Some("Use bytes for large values.".to_owned());
            return None;
        }
        let (id, again) = self.declare(&named, node.span);
        let kind = Kind::Fixed(Box::new(Fixed { named, size, size_span }));
        self.define(id, again, Type { span: node.span, kind, logical: None, props: own.props(false).into() })
    }
}

/// The documentation, when it is a text.
fn doc(node: Option<&Node>) -> Option<Text> {
    node.and_then(Node::as_str).map(Text::from)
}

/// A text and its place.
fn with_place(node: &Node) -> Option<(&str, Span)> {
    Some((node.as_str()?, node.span))
}
