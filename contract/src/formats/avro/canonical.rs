//! The texts of a schema: as the Avro library prints it (a Confluent registry's identity), normalised as that registry does it,
//! with references resolved, and the Parsing Canonical Form of the specification.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::java_json::{comma, utf16_order, write_double, write_node, write_string};
use super::normalize;
use super::parse::java_double;
use super::tree::{Field, Kind, Named, Order, Record, Schema, Type, TypeId};
use crate::yaml::{Entry, Node, Value};

/// The text that a Confluent registry stores and compares: the Avro library's own print. Spaces are gone, keys are in a fixed
/// order, names are shortened against the enclosing namespace, types that other documents define stay names.
pub fn canonical_text(schema: &Schema) -> String {
    print(schema, Style::default())
}

/// The same with every type written out where it is first used: what a reader without the other documents needs.
pub fn resolved_text(schema: &Schema) -> String {
    print(schema, Style { resolved: true, ..Style::default() })
}

/// The text that a Confluent registry stores when `normalize` is on: properties sorted, logical types first, empty docs and
/// defaults that fit no first branch dropped, `error` written as `record`.
pub fn normalized_text(schema: &Schema) -> String {
    print(schema, Style { sorted: true, normalize: true, ..Style::default() })
}

/// A text that is the same for two schemas if, and only if, the Avro library takes them for equal, docs and aliases included: the
/// order of properties and of aliases does not count, nor whether a record is an `error`, nor where a type was defined.
pub fn comparison_text(schema: &Schema) -> String {
    print(schema, Style { resolved: true, sorted: true, ..Style::default() })
}

fn print(schema: &Schema, style: Style) -> String {
    let mut printer = Printer { schema, out: String::new(), known: HashSet::new(), home: schema.root().span.file, style };
    printer.ty(schema.root, "");
    printer.out
}

/// What is changed while a schema is printed.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    /// Types of other documents are written out.
    resolved: bool,
    /// Properties and aliases come in order, an `error` is a `record`.
    sorted: bool,
    /// What a Confluent registry drops when it normalises is dropped.
    normalize: bool,
}

struct Printer<'s> {
    schema: &'s Schema,
    out: String,
    known: HashSet<String>,
    home: crate::source::FileId,
    style: Style,
}

impl Printer<'_> {
    /// Writes a type; `namespace` is the enclosing one, empty outside of any.
    fn ty(&mut self, id: TypeId, namespace: &str) {
        let schema = self.schema;
        let ty = schema.get(id);
        match &ty.kind {
            Kind::Record(record) => self.record(ty, record, namespace),
            Kind::Enum(e) => {
                let Some(own) = self.open("enum", ty, &e.named, namespace) else { return };
                self.list("symbols", e.symbols.iter().map(|s| s.name.as_str()));
                if let Some(default) = &e.default {
                    self.text("default", &default.name);
                }
                self.close(ty, &e.named, &own);
            }
            Kind::Fixed(fixed) => {
                let Some(own) = self.open("fixed", ty, &fixed.named, namespace) else { return };
                self.key("size");
                self.out.push_str(&fixed.size.to_string());
                self.close(ty, &fixed.named, &own);
            }
            Kind::Array(items) => self.container("array", "items", ty, *items, namespace),
            Kind::Map(values) => self.container("map", "values", ty, *values, namespace),
            Kind::Union(branches) => {
                self.out.push('[');
                for (i, branch) in branches.iter().enumerate() {
                    comma(&mut self.out, i);
                    self.ty(*branch, namespace);
                }
                self.out.push(']');
            }
            primitive if ty.props.is_empty() => write_string(&mut self.out, primitive.name()),
            primitive => {
                self.out.push_str("{\"type\":");
                write_string(&mut self.out, primitive.name());
                self.props(ty);
                self.out.push('}');
            }
        }
    }

    fn container(&mut self, word: &str, key: &str, ty: &Type, inner: TypeId, namespace: &str) {
        self.out.push_str("{\"type\":");
        write_string(&mut self.out, word);
        self.key(key);
        self.ty(inner, namespace);
        self.props(ty);
        self.out.push('}');
    }

    fn record(&mut self, ty: &Type, record: &Record, namespace: &str) {
        let word = if record.is_error && !self.style.sorted { "error" } else { "record" };
        let Some(own) = self.open(word, ty, &record.named, namespace) else { return };
        self.key("fields");
        self.out.push('[');
        for (i, field) in record.fields.iter().enumerate() {
            comma(&mut self.out, i);
            self.field(field, &own);
        }
        self.out.push(']');
        self.close(ty, &record.named, &own);
    }

    /// Writes the head of a named type and gives its namespace, or just its name when it was written before.
    fn open(&mut self, word: &str, ty: &Type, named: &Named, namespace: &str) -> Option<String> {
        let name = &named.name;
        // The normalised text of the peer has lost "no namespace" inside of a namespace, so the type takes the outer one.
        let own = if name.namespace.is_empty() && self.style.normalize { namespace } else { &name.namespace };
        let foreign = !self.style.resolved && ty.span.file != self.home;
        if !self.known.insert(name.full()) || foreign {
            let text = qualified(own, &name.name, namespace);
            write_string(&mut self.out, &text);
            return None;
        }
        self.out.push_str("{\"type\":");
        write_string(&mut self.out, word);
        self.text("name", &name.name);
        if own != namespace {
            self.text("namespace", own);
        }
        if let Some(doc) = self.schema.doc(named.doc.as_ref()).filter(|d| !self.style.normalize || !d.is_empty()) {
            self.text("doc", doc);
        }
        Some(own.to_owned())
    }

    fn close(&mut self, ty: &Type, named: &Named, own: &str) {
        self.props(ty);
        let mut aliases = named.aliases.clone();
        if self.style.sorted {
            aliases.sort_by(|a, b| utf16_order(&a.full(), &b.full()));
        }
        let texts: Vec<String> = aliases.iter().map(|a| qualified(&a.namespace, &a.name, own)).collect();
        if !texts.is_empty() {
            self.list("aliases", texts.iter().map(String::as_str));
        }
        self.out.push('}');
    }

    fn field(&mut self, field: &Field, namespace: &str) {
        self.out.push_str("{\"name\":");
        write_string(&mut self.out, &field.name);
        self.key("type");
        self.ty(field.ty, namespace);
        if let Some(doc) = self.schema.doc(field.doc.as_ref()) {
            self.text("doc", doc);
        }
        if let Some(default) = &field.default {
            self.default(field, default);
        }
        match field.order {
            Order::Ascending => {}
            Order::Descending => self.text("order", "descending"),
            Order::Ignore => self.text("order", "ignore"),
        }
        if !field.aliases.is_empty() {
            let mut aliases: Vec<&str> = field.aliases.iter().map(SmolStr::as_str).collect();
            if self.style.sorted {
                aliases.sort_by(|a, b| utf16_order(a, b));
            }
            self.list("aliases", aliases.into_iter());
        }
        let mut props = self.schema.props(&field.props);
        if self.style.sorted {
            props.to_mut().sort_by(|a, b| utf16_order(&a.key, &b.key));
        }
        self.entries(&props);
        self.out.push('}');
    }

    fn default(&mut self, field: &Field, default: &Node) {
        if self.style.normalize {
            if let Some(text) = normalize::default(self.schema, field.ty, default) {
                self.key("default");
                self.out.push_str(&text);
            }
            return;
        }
        self.key("default");
        let float = matches!(self.schema.get(field.ty).kind, Kind::Float | Kind::Double);
        match &default.value {
            // The library's parser has turned this text into a number.
            Value::String(text) if float => write_double(&mut self.out, java_double(text).unwrap_or(f64::NAN)),
            _ => write_node(&mut self.out, default, self.style.sorted),
        }
    }

    fn props(&mut self, ty: &Type) {
        let mut props = self.schema.props(&ty.props);
        if self.style.normalize {
            normalize::sort_props(ty, props.to_mut());
        } else if self.style.sorted {
            props.to_mut().sort_by(|a, b| utf16_order(&a.key, &b.key));
        }
        self.entries(&props);
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.key(&entry.key);
            write_node(&mut self.out, &entry.value, self.style.sorted);
        }
    }

    fn key(&mut self, key: &str) {
        self.out.push(',');
        write_string(&mut self.out, key);
        self.out.push(':');
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_string(&mut self.out, value);
    }

    fn list<'t>(&mut self, key: &str, items: impl Iterator<Item = &'t str>) {
        self.key(key);
        self.out.push('[');
        for (i, item) in items.enumerate() {
            comma(&mut self.out, i);
            write_string(&mut self.out, item);
        }
        self.out.push(']');
    }
}

/// A name as it is written inside of `namespace`: short where that is the same one, unless it would be taken for a keyword.
fn qualified(own: &str, name: &str, namespace: &str) -> String {
    const WORDS: [&str; 14] = [
        "record", "enum", "array", "map", "union", "fixed", "string", "bytes", "int", "long", "float", "double", "boolean",
        "null",
    ];
    let short = own.is_empty() || (own == namespace && !WORDS.contains(&name));
    if short { name.to_owned() } else { format!("{own}.{name}") }
}

/// The Parsing Canonical Form of the specification, as Avro Java prints it: a logical type on a primitive leaves no braces.
pub fn parsing_canonical_form(schema: &Schema) -> String {
    let mut out = String::new();
    parsing_form(schema, schema.root, &mut HashSet::new(), &mut out);
    out
}

fn parsing_form(schema: &Schema, id: TypeId, known: &mut HashSet<String>, out: &mut String) {
    let kind = &schema.get(id).kind;
    let full = kind.named().map(|n| n.name.full());
    if let Some(full) = &full {
        if !known.insert(full.clone()) {
            return quoted(out, full);
        }
        out.push_str("{\"name\":");
        quoted(out, full);
        out.push_str(",\"type\":");
        quoted(out, kind.name());
    }
    match kind {
        Kind::Record(record) => {
            out.push_str(",\"fields\":[");
            for (i, field) in record.fields.iter().enumerate() {
                comma(out, i);
                out.push_str("{\"name\":");
                quoted(out, &field.name);
                out.push_str(",\"type\":");
                parsing_form(schema, field.ty, known, out);
                out.push('}');
            }
            out.push_str("]}");
        }
        Kind::Enum(e) => {
            out.push_str(",\"symbols\":[");
            for (i, symbol) in e.symbols.iter().enumerate() {
                comma(out, i);
                quoted(out, &symbol.name);
            }
            out.push_str("]}");
        }
        Kind::Fixed(fixed) => {
            out.push_str(",\"size\":");
            out.push_str(&fixed.size.to_string());
            out.push('}');
        }
        Kind::Array(inner) | Kind::Map(inner) => {
            out.push_str("{\"type\":");
            quoted(out, kind.name());
            out.push_str(if matches!(kind, Kind::Array(_)) { ",\"items\":" } else { ",\"values\":" });
            parsing_form(schema, *inner, known, out);
            out.push('}');
        }
        Kind::Union(branches) => {
            out.push('[');
            for (i, branch) in branches.iter().enumerate() {
                comma(out, i);
                parsing_form(schema, *branch, known, out);
            }
            out.push(']');
        }
        primitive => quoted(out, primitive.name()),
    }
}

fn quoted(out: &mut String, name: &str) {
    write_string(out, name);
}
