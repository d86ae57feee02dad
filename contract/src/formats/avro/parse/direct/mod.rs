//! The shortest way to a schema: its text is read once, straight into the arena, without a token in between.
//!
//! It goes as long as the text is as most are: no mistake, no warning, no comment, no name before its definition. All others get
//! `None`, and are read the longer way, by a tree, which finds out what is the matter.

mod fields;
mod own;

use std::collections::HashMap;
use std::sync::Arc;

use own::{Full, Key, Own, Shape, number_of, once};
use smol_str::SmolStr;

use super::super::branches::Branches;
use super::super::kept::{Place, Props, word};
use super::super::tree::{EnumType, Fixed, Kind, Name, Named, Record, Schema, Symbol, Type, TypeId};
use super::logical::Digits;
use super::twice::Quick;
use super::{MAX_DEPTH, MAX_FIXED_SIZE, MAX_NAMESPACES, Parser, check_levels, name};
use crate::source::{FileId, Span};
use crate::yaml::Pull;

/// The most branches of a union and the most aliases of a name: each is compared with all before it.
const MAX_COMPARED: usize = 256;
/// What stands for a named type while its definition is being read; no branch of a union and no reference is a union.
const UNFINISHED: Kind = Kind::Union(Branches::NONE);

/// Reads the text of a file that is a schema with nothing to say about and nothing rare in it.
pub(super) fn read(file: FileId, text: &Arc<str>) -> Option<Schema> {
    let mut direct = Direct {
        text: Pull::new(file, text)?,
        // Rather too many than a copy of all on the way.
        types: Vec::with_capacity(text.len() / 64 + 4),
        branches: Vec::new(),
        names: HashMap::with_capacity_and_hasher(28, Quick::default()),
        namespace: ("", SmolStr::default()),
        has_references: false,
        has_parts: false,
        has_defaults: false,
        passed: 0,
        namespaces: 0,
    };
    let root = direct.ty("", 0)?;
    if !direct.text.is_done() || (direct.has_references && check_levels(&direct.types, root).is_some()) {
        return None;
    }
    let Direct { types, has_defaults, has_parts, .. } = direct;
    let source = has_parts.then(|| (file, Arc::clone(text)));
    if !has_defaults {
        return Some(Schema { types, root, source });
    }
    let mut parser = Parser { types, ..Parser::default() };
    parser.check_defaults(true);
    parser.diagnostics.is_empty().then_some(Schema { types: parser.types, root, source })
}

struct Direct<'t> {
    text: Pull<'t>,
    types: Vec<Type>,
    /// The branches so far of the unions that are being read, those of an inner one behind those of the outer one.
    branches: Vec<TypeId>,
    /// What has been defined, or is being defined.
    names: HashMap<Full<'t>, TypeId, Quick>,
    /// The namespace of the last name: most types of a text have the same.
    namespace: (&'t str, SmolStr),
    /// Some type is used by its name.
    has_references: bool,
    /// Some doc or attribute is a part of the text.
    has_parts: bool,
    /// Some default is not just the `null` of an optional field.
    has_defaults: bool,
    /// How many bytes have been passed over to be read later.
    passed: u32,
    /// Bytes of the namespaces of all names so far.
    namespaces: usize,
}

impl<'t> Direct<'t> {
    fn add(&mut self, ty: Type) -> Option<TypeId> {
        let id = TypeId(u32::try_from(self.types.len()).ok()?);
        self.types.push(ty);
        Some(id)
    }

    /// Adds a type with nothing to it but its kind.
    fn add_bare(&mut self, span: Span, kind: Kind) -> Option<TypeId> {
        self.add(Type { span, kind, logical: None, props: Props::default() })
    }

    fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0 as usize)
    }

    fn ty(&mut self, namespace: &'t str, depth: usize) -> Option<TypeId> {
        if depth >= MAX_DEPTH {
            return None;
        }
        match self.text.peek()? {
            b'"' => {
                let start = self.text.at();
                if let Some(kind) = self.primitive() {
                    return self.add_bare(self.text.span_from(start), kind);
                }
                let word = self.text.plain()?.0;
                self.reference(word, namespace)
            }
            b'{' => self.object(namespace, depth),
            b'[' => self.union(namespace, depth),
            _ => None,
        }
    }

    /// Passes over the name of a primitive type, if one stands here.
    #[inline]
    fn primitive(&mut self) -> Option<Kind> {
        let text = &mut self.text;
        Some(match text.second()? {
            b's' if text.skip("\"string\"") => Kind::String,
            b'n' if text.skip("\"null\"") => Kind::Null,
            b'l' if text.skip("\"long\"") => Kind::Long,
            b'i' if text.skip("\"int\"") => Kind::Int,
            b'd' if text.skip("\"double\"") => Kind::Double,
            b'f' if text.skip("\"float\"") => Kind::Float,
            b'b' if text.skip("\"boolean\"") => Kind::Boolean,
            b'b' if text.skip("\"bytes\"") => Kind::Bytes,
            _ => return None,
        })
    }

    /// As [`Parser::reference`], for names that have been defined.
    fn reference(&mut self, written: &'t str, namespace: &'t str) -> Option<TypeId> {
        self.has_references = true;
        let full = written.rsplit_once('.').unwrap_or((namespace, written));
        self.take_namespace(full.0)?;
        if let Some(id) = self.names.get(&full) {
            return Some(*id);
        }
        let id = *self.names.get(&("", written))?;
        let is_finished = !matches!(self.get(id)?.kind, Kind::Union(_));
        is_finished.then_some(id)
    }

    #[inline(never)]
    fn union(&mut self, namespace: &'t str, depth: usize) -> Option<TypeId> {
        let start = self.text.at();
        self.text.enter()?;
        let first = self.branches.len();
        let mut kinds = 0;
        while self.text.more(b']', self.branches.len() == first)? {
            if self.text.peek()? == b'[' || self.branches.len() - first >= MAX_COMPARED {
                return None;
            }
            let id = self.ty(namespace, depth + 1)?;
            match number_of(&self.get(id)?.kind) {
                Some(number) => once(&mut kinds, number)?,
                None if self.branches.get(first..)?.contains(&id) => return None,
                None => {}
            }
            self.branches.push(id);
        }
        let branches = Branches::from(self.branches.get(first..)?);
        self.branches.truncate(first);
        self.add_bare(self.text.span_from(start), Kind::Union(branches))
    }

    // Most types are words, which need no room for what is read of an object.
    #[inline(never)]
    fn object(&mut self, namespace: &'t str, depth: usize) -> Option<TypeId> {
        let start = self.text.at();
        self.text.enter()?;
        let mut own = Own::default();
        let mut is_first = true;
        while self.text.more(b'}', is_first)? {
            is_first = false;
            self.attribute(&mut own, namespace, depth)?;
        }
        if !own.later.is_empty() {
            let end = self.text.at();
            for start in std::mem::take(&mut own.later) {
                self.text.go_to(start);
                self.attribute(&mut own, namespace, depth)?;
            }
            self.text.go_to(end);
        }
        self.finish(&mut own, self.text.span_from(start), namespace)
    }

    /// One key of a type, and its value. `outer` is the namespace around the type.
    fn attribute(&mut self, own: &mut Own<'t>, outer: &'t str, depth: usize) -> Option<()> {
        let start = self.text.at();
        let key = Key::read(&mut self.text)?;
        match key {
            // By these a record is declared before its fields are read.
            Key::Type | Key::Name | Key::Namespace if own.record.is_some() => return None,
            Key::Fields if own.shape.is_none() || own.name.is_none() => self.put_off(own, start)?,
            Key::Items | Key::Values | Key::Default if own.shape.is_none() => self.put_off(own, start)?,
            Key::Type => {
                once(&mut own.keys, 0)?;
                self.text.peek()?;
                own.shape = Some(match self.primitive() {
                    Some(kind) => Shape::Primitive(kind),
                    None => Shape::of(self.text.plain()?.0)?,
                });
            }
            Key::Name => {
                once(&mut own.keys, 1)?;
                own.name = self.text.word();
                own.is_word = own.name.is_some();
                if !own.is_word {
                    own.name = Some(self.text.plain()?);
                }
            }
            Key::Namespace => {
                once(&mut own.keys, 2)?;
                let namespace = self.text.plain()?.0;
                name::check_namespace(namespace).ok()?;
                own.namespace = Some(namespace);
            }
            Key::Aliases => {
                once(&mut own.keys, 3)?;
                own.aliases = self.aliases()?;
            }
            Key::Doc => {
                once(&mut own.keys, 4)?;
                own.doc = Some(self.doc()?);
            }
            Key::Fields => {
                once(&mut own.keys, 5)?;
                let (Shape::Record | Shape::Error) = own.shape.as_ref()? else { return None };
                let full = own.full(outer)?;
                let id = self.declare(full)?;
                own.record = Some((id, full, self.fields(full.0, depth)?));
            }
            Key::Items | Key::Values => {
                once(&mut own.keys, 6)?;
                match (own.shape.as_ref()?, key) {
                    (Shape::Array, Key::Items) | (Shape::Map, Key::Values) => {}
                    _ => return None,
                }
                own.inner = Some(self.ty(outer, depth + 1)?);
            }
            Key::Size => {
                once(&mut own.keys, 7)?;
                let (number, span) = self.text.number()?;
                own.size = Some((number.parse().ok()?, span));
            }
            Key::Symbols => {
                once(&mut own.keys, 8)?;
                own.symbols = Some(self.symbols()?);
            }
            Key::Default if matches!(own.shape.as_ref()?, Shape::Enum) => {
                once(&mut own.keys, 9)?;
                own.default = Some(self.text.plain()?);
            }
            other => self.other(own, other, start)?,
        }
        Some(())
    }

    /// Passes over the value of the key that starts at a place: it is read at the end of the object.
    fn put_off(&mut self, own: &mut Own<'t>, start: u32) -> Option<()> {
        self.text.pass()?;
        own.later.push(start);
        // Objects in objects are passed over again and again.
        self.passed = self.passed.saturating_add(self.text.at() - start);
        (self.passed as usize / 4 <= self.text.length()).then_some(())
    }

    /// The value of an attribute that the specification does not name, or names for logical types only.
    fn other(&mut self, own: &mut Own<'t>, key: Key<'t>, start: u32) -> Option<()> {
        let first = self.text.peek()?;
        match key {
            Key::LogicalType => {
                once(&mut own.keys, 10)?;
                if first == b'"' {
                    own.logical = Some(self.text.plain()?.0);
                } else {
                    self.text.pass()?;
                }
            }
            Key::Precision => {
                once(&mut own.keys, 11)?;
                own.precision = self.digits(first)?;
            }
            Key::Scale => {
                once(&mut own.keys, 12)?;
                own.scale = self.digits(first)?;
            }
            other => {
                self.text.pass()?;
                return own.others.add(other.written(), start, self.text.at());
            }
        }
        own.others.extend(start, self.text.at());
        Some(())
    }

    fn digits(&mut self, first: u8) -> Option<Digits> {
        if first == b'-' || first.is_ascii_digit() {
            return Some(Digits::of(self.text.number()?.0));
        }
        self.text.pass()?;
        Some(Digits::Odd)
    }

    /// The type of an object that has been read to its end.
    fn finish(&mut self, own: &mut Own<'t>, span: Span, namespace: &'t str) -> Option<TypeId> {
        let shape = own.shape.take()?;
        // What belongs to another kind is not looked at by the longer way, so it may be anything there.
        let is_odd =
            (own.symbols.is_some() && !matches!(shape, Shape::Enum)) || (own.size.is_some() && !matches!(shape, Shape::Fixed));
        if is_odd {
            return None;
        }
        let props = self.props(&own.others, if matches!(shape, Shape::Enum) { Place::Enum } else { Place::Type });
        let is_error = matches!(shape, Shape::Error);
        let (id, kind) = match shape {
            Shape::Primitive(kind) => (None, kind),
            Shape::Array => (None, Kind::Array(own.inner?)),
            Shape::Map => (None, Kind::Map(own.inner?)),
            Shape::Record | Shape::Error => {
                let (id, full, fields) = own.record.take()?;
                (Some(id), Kind::Record(Box::new(Record { named: self.named(own, full)?, is_error, fields })))
            }
            Shape::Enum => {
                let full = own.full(namespace)?;
                let symbols = own.symbols.take()?;
                let default = match own.default {
                    Some((text, span)) => {
                        let name = symbols.iter().find(|symbol| symbol.name == text)?.name.clone();
                        Some(Symbol { name, span })
                    }
                    None => None,
                };
                let named = self.named(own, full)?;
                (Some(self.declare(full)?), Kind::Enum(Box::new(EnumType { named, symbols, default })))
            }
            Shape::Fixed => {
                let full = own.full(namespace)?;
                let (size, size_span) = own.size.filter(|(size, _)| *size <= MAX_FIXED_SIZE)?;
                let named = self.named(own, full)?;
                (Some(self.declare(full)?), Kind::Fixed(Box::new(Fixed { named, size, size_span })))
            }
        };
        let logical = own.logical(&kind).ok()?;
        let ty = Type { span, kind, logical, props };
        let Some(id) = id else { return self.add(ty) };
        *self.types.get_mut(id.0 as usize)? = ty;
        Some(id)
    }

    fn named(&mut self, own: &mut Own<'t>, (namespace, simple): Full<'t>) -> Option<Named> {
        if namespace != self.namespace.0 {
            self.namespace = (namespace, word(namespace));
        }
        let aliases = own.aliases.iter().map(|alias| name::full(alias, namespace)).collect();
        let name = Name { namespace: self.namespace.1.clone(), name: word(simple) };
        Some(Named { name, name_span: own.name?.1, aliases, doc: own.doc.take() })
    }

    /// Counts one more name; the longer way says so when they are too long together.
    fn take_namespace(&mut self, namespace: &str) -> Option<()> {
        self.namespaces += namespace.len();
        (self.namespaces <= MAX_NAMESPACES).then_some(())
    }

    /// Takes a place for a name that nothing has so far.
    fn declare(&mut self, full: Full<'t>) -> Option<TypeId> {
        self.take_namespace(full.0)?;
        let id = self.add_bare(self.text.span_from(self.text.at()), UNFINISHED)?;
        self.names.insert(full, id).is_none().then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parse;
    use crate::source::Sources;
    use crate::yaml;

    /// The text is read here just as by way of its tree, or is not read here.
    fn check(text: &str, is_read: bool) {
        let mut sources = Sources::new();
        let file = sources.add("a.avsc", text);
        let direct = super::read(file, sources.file(file).shared_text());
        assert_eq!(direct.is_some(), is_read, "{text}");
        if let Some(direct) = direct {
            let node = yaml::parse(&sources, file).0.expect("JSON");
            let (schema, found) = parse(&node, &mut |_| None, true);
            assert!(found.is_empty(), "{text}: {found:?}");
            assert_eq!(format!("{direct:?}"), format!("{:?}", schema.expect("a schema")), "{text}");
        }
    }

    #[test]
    fn what_is_usual_is_read_at_once() {
        let many: Vec<String> = (0..300).map(|n| format!(r#"{{"name": "f{n}", "type": "int", "doc": "\"{n}\""}}"#)).collect();
        for text in [
            r#" "string" "#,
            "\u{feff}[\"null\", \"int\"]",
            r#"{"type": "map", "values": {"type": "array", "items": "long", "x": {"y": [1.5, null, true]}}, "default": 1}"#,
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2, "doc": "left out", "name": "too"}"#,
            r#"{"type": "enum", "symbols": ["A", "B"], "name": "a.b.E", "aliases": ["F", "c.G"], "default": "B", "z": "größe"}"#,
            r#"{"size": 12, "type": "fixed", "name": "D", "namespace": "x.y", "logicalType": "duration"}"#,
            r#"{"type": "error", "name": "R", "namespace": "n", "doc": "a\nb", "fields": [
                {"type": ["null", "R", {"type": "enum", "name": "E", "symbols": []}], "name": "r", "default": null},
                {"name": "e", "type": "n.E", "order": "Descending", "aliases": ["old", "older"], "why": []},
                {"name": "o", "type": {"type": "record", "name": "m.O", "fields": [{"name": "e", "type": "n.E"}]}},
                {"name": "again", "type": "m.O"}
            ], "version": 7}"#,
            r#"{"type": "record", "name": "Outer", "fields": [{"name": "a", "type": {"type": "fixed", "name": "F", "size": 1}},
                {"name": "b", "type": {"type": "record", "name": "n.In", "fields": [{"name": "c", "type": ".F"}]}},
                {"name": "d", "type": {"type": "record", "name": "n.Im", "fields": [{"name": "c", "type": "F"}]}}]}"#,
            r#"{"items": {"values": "int", "type": "map"}, "type": "array"}"#,
            r#"{"default": "A", "doc": "sorted", "name": "E", "symbols": ["A"], "type": "enum"}"#,
            r#"{"default": [{}], "items": "int", "type": "array", "x": 1}"#,
            r#"{"fields": [{"name": "r", "type": "n.R"}, {"default": [1], "name": "a", "type": {"items": "int", "type": "array"}}],
                "name": "R", "namespace": "n", "type": "record"}"#,
            &format!(r#"{{"type": "record", "name": "Many", "fields": [{}]}}"#, many.join(",")),
        ] {
            check(text, true);
        }
    }

    #[test]
    fn mistakes_and_rarities_are_left_to_others() {
        let record = |fields: &str| format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#);
        for text in [
            "",
            "7",
            r#""Unknown""#,
            r#"["int", "int"]"#,
            r#"["null", ["int"]]"#,
            r#"{"type": ["null"]}"#,
            r#"{"type": "array"}"#,
            r#"{"type": "strange", "items": "int"}"#,
            r#"{"type": "array", "items": "int", "items": "int"}"#,
            r#"{"items": "int", "items": "int", "type": "array"}"#,
            r#"{"items": "int", "type": "map"}"#,
            r#"{"items": "int"}"#,
            r#"{"type": "int", "x": 1, "x": 2}"#,
            r#"{"type": "int", "symbols": 3}"#,
            r#"{"type": "string", "logicalType": "date"}"#,
            r#"{"type": "fixed", "name": "F", "size": -1}"#,
            r#"{"type": "fixed", "name": "F", "size": 99999999}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A", "A"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A-"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}"#,
            r#"{"type": "enum", "name": "int", "symbols": ["A"]}"#,
            r#"{"type": "record", "name": "R", "fields": [], "namespace": "late"}"#,
            r#"{"type": "record", "name": "1", "fields": []}"#,
            r#"{"type": "record", "name": "R", "aliases": ["a", "a"], "fields": []}"#,
            r#"[{"type": "fixed", "name": "F", "size": 1}, {"type": "fixed", "name": "F", "size": 1}]"#,
            r#"["R", {"type": "record", "name": "R", "fields": []}]"#,
            &record(r#"{"name": "a", "type": "int"}, {"name": "a", "type": "int"}"#),
            &record(r#"{"name": "a", "type": "int", "default": "x"}"#),
            &record(r#"{"name": "a", "type": "int", "order": "x"}"#),
            &record(r#"{"name": "a", "type": "int", "logicalType": "date"}"#),
            &record(r#"{"name": "a"}"#),
            &record(r#"{"type": "int"}"#),
            &record(r#"{"name": "a", "type": ["R", "R"]}"#),
            &record(r#"{"name": "a", "type": "int"} // why"#),
            &(r#"{"type": "array", "items": "#.repeat(70) + "\"int\"" + &"}".repeat(70)),
        ] {
            check(text, false);
        }
    }
}
