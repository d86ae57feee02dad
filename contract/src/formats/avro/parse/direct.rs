//! The shortest way to a schema: its text is read once, straight into the arena, without a token in between.
//!
//! It goes as long as the text is as most are: no mistake, no warning, no comment, no name before its definition, and in each
//! object the keys in an order in which every value can be read where it stands (`type`, `name` and `namespace` before `fields`).
//! All others get `None`, and are read the longer way, which finds out what is the matter.

use std::collections::HashMap;

use super::super::tree::{EnumType, Field, Fixed, Kind, Name, Named, Order, Record, Schema, Symbol, Type, TypeId};
use super::shape::primitive;
use super::twice::{Names, Quick};
use super::{MAX_DEPTH, MAX_FIXED_SIZE, Parser, check_levels, logical, name};
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Pull, add};

/// The most branches of a union and the most aliases of a name: each is compared with all before it.
const MAX_COMPARED: usize = 256;
/// What stands for a named type while its definition is being read; no branch of a union and no reference is a union.
const UNFINISHED: Kind = Kind::Union(Vec::new());

/// Reads the text of a file that is a schema with nothing to say about and nothing rare in it.
pub(super) fn read(file: FileId, text: &str) -> Option<Schema> {
    let mut direct = Direct {
        text: Pull::new(file, text)?,
        // Rather too many than a copy of all on the way.
        types: Vec::with_capacity(text.len() / 64 + 4),
        names: HashMap::default(),
        has_references: false,
        has_defaults: false,
    };
    let root = direct.ty("", 0)?;
    if !direct.text.is_done() || (direct.has_references && check_levels(&direct.types, root).is_some()) {
        return None;
    }
    let Direct { types, has_defaults, .. } = direct;
    if !has_defaults {
        return Some(Schema { types, root });
    }
    let mut parser = Parser { types, ..Parser::default() };
    parser.check_defaults(true);
    parser.diagnostics.is_empty().then_some(Schema { types: parser.types, root })
}

/// A text and its place.
type Placed<'t> = (&'t str, Span);
/// Namespace and simple name.
type Full<'t> = (&'t str, &'t str);

struct Direct<'t> {
    text: Pull<'t>,
    types: Vec<Type>,
    /// What has been defined, or is being defined.
    names: HashMap<Full<'t>, TypeId, Quick>,
    /// Some type is used by its name.
    has_references: bool,
    has_defaults: bool,
}

/// What stands in the object of a type.
#[derive(Default)]
struct Own<'t> {
    /// Bits of the keys so far.
    keys: u16,
    ty: Option<&'t str>,
    name: Option<Placed<'t>>,
    namespace: Option<&'t str>,
    aliases: Vec<&'t str>,
    doc: Option<String>,
    /// The type of the items or values.
    inner: Option<TypeId>,
    /// A record that has been declared, with its fields.
    record: Option<(TypeId, Full<'t>, Vec<Field>)>,
    size: Option<(usize, Span)>,
    symbols: Option<Vec<Symbol>>,
    default: Option<Placed<'t>>,
    props: Vec<Entry>,
}

impl<'t> Own<'t> {
    /// The full name; `outer` is the namespace around.
    fn full(&self, outer: &'t str) -> Option<Full<'t>> {
        let text = self.name?.0;
        let outer = self.namespace.unwrap_or(outer);
        let (namespace, simple) = text.rsplit_once('.').unwrap_or((outer, text));
        name::check(simple).and_then(|()| name::check_namespace(namespace)).ok()?;
        let is_primitive = namespace.is_empty() && primitive(simple).is_some();
        (!is_primitive).then_some((namespace, simple))
    }

    fn named(&mut self, (namespace, simple): Full<'t>) -> Option<Named> {
        let aliases = self.aliases.iter().map(|alias| name::full(alias, namespace)).collect();
        let name = Name { namespace: namespace.to_owned(), name: simple.to_owned() };
        Some(Named { name, name_span: self.name?.1, aliases, doc: self.doc.take() })
    }
}

/// Marks the key with a number as seen; `None` when it was.
fn once(keys: &mut u16, number: u16) -> Option<()> {
    let bit = 1 << number;
    let is_new = *keys & bit == 0;
    *keys |= bit;
    is_new.then_some(())
}

/// The number of a kind that a union may have once.
fn number_of(kind: &Kind) -> Option<u16> {
    Some(match kind {
        Kind::Null => 0,
        Kind::Boolean => 1,
        Kind::Int => 2,
        Kind::Long => 3,
        Kind::Float => 4,
        Kind::Double => 5,
        Kind::Bytes => 6,
        Kind::String => 7,
        Kind::Array(_) => 8,
        Kind::Map(_) => 9,
        Kind::Record(_) | Kind::Enum(_) | Kind::Fixed(_) | Kind::Union(_) => return None,
    })
}

impl<'t> Direct<'t> {
    fn add(&mut self, span: Span, kind: Kind, props: Vec<Entry>) -> Option<TypeId> {
        let id = TypeId(u32::try_from(self.types.len()).ok()?);
        let mut ty = Type { span, kind, logical: None, props };
        set_logical(&mut ty)?;
        self.types.push(ty);
        Some(id)
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
                let (word, span) = self.text.plain()?;
                match primitive(word) {
                    Some(kind) => self.add(span, kind, Vec::new()),
                    None => self.reference(word, namespace),
                }
            }
            b'{' => self.object(namespace, depth),
            b'[' => self.union(namespace, depth),
            _ => None,
        }
    }

    /// As [`Parser::reference`], for names that have been defined.
    fn reference(&mut self, written: &'t str, namespace: &'t str) -> Option<TypeId> {
        self.has_references = true;
        let full = written.rsplit_once('.').unwrap_or((namespace, written));
        if let Some(id) = self.names.get(&full) {
            return Some(*id);
        }
        let id = *self.names.get(&("", written))?;
        let is_finished = !matches!(self.get(id)?.kind, Kind::Union(_));
        is_finished.then_some(id)
    }

    fn union(&mut self, namespace: &'t str, depth: usize) -> Option<TypeId> {
        let start = self.text.at();
        self.text.enter()?;
        let mut branches: Vec<TypeId> = Vec::with_capacity(2);
        let mut kinds = 0;
        while self.text.more(b']', branches.is_empty())? {
            if self.text.peek()? == b'[' || branches.len() >= MAX_COMPARED {
                return None;
            }
            let id = self.ty(namespace, depth + 1)?;
            match number_of(&self.get(id)?.kind) {
                Some(number) => once(&mut kinds, number)?,
                None if branches.contains(&id) => return None,
                None => {}
            }
            branches.push(id);
        }
        self.add(self.text.span_from(start), Kind::Union(branches), Vec::new())
    }

    fn object(&mut self, namespace: &'t str, depth: usize) -> Option<TypeId> {
        let start = self.text.at();
        self.text.enter()?;
        let mut own = Own::default();
        let mut is_first = true;
        while self.text.more(b'}', is_first)? {
            is_first = false;
            self.attribute(&mut own, (namespace, start), depth)?;
        }
        self.finish(own, self.text.span_from(start), namespace)
    }

    /// One key of a type, and its value. `outer` are the namespace around the type and the place where it starts.
    fn attribute(&mut self, own: &mut Own<'t>, outer: (&'t str, usize), depth: usize) -> Option<()> {
        let (key, key_span) = self.text.key()?;
        match key {
            // By these a record is declared before its fields are read.
            "type" | "name" | "namespace" if own.record.is_some() => return None,
            "type" => {
                once(&mut own.keys, 0)?;
                own.ty = Some(self.text.plain()?.0);
            }
            "name" => {
                once(&mut own.keys, 1)?;
                own.name = Some(self.text.plain()?);
            }
            "namespace" => {
                once(&mut own.keys, 2)?;
                own.namespace = Some(self.text.plain()?.0);
            }
            "aliases" => {
                once(&mut own.keys, 3)?;
                own.aliases = self.aliases()?;
            }
            "doc" => {
                once(&mut own.keys, 4)?;
                own.doc = Some(self.text.string()?.0.into_owned());
            }
            "fields" => {
                once(&mut own.keys, 5)?;
                if !matches!(own.ty?, "record" | "error") {
                    return None;
                }
                let full = own.full(outer.0)?;
                let id = self.declare(full)?;
                own.record = Some((id, full, self.fields(full.0, depth)?));
            }
            "items" | "values" => {
                once(&mut own.keys, 6)?;
                if own.ty? != if key == "items" { "array" } else { "map" } {
                    return None;
                }
                own.inner = Some(self.ty(outer.0, depth + 1)?);
            }
            "size" => {
                once(&mut own.keys, 7)?;
                let (number, span) = self.text.number()?;
                own.size = Some((number.parse().ok()?, span));
            }
            "symbols" => {
                once(&mut own.keys, 8)?;
                own.symbols = Some(self.symbols()?);
            }
            "default" if own.ty? == "enum" => {
                once(&mut own.keys, 9)?;
                own.default = Some(self.text.plain()?);
            }
            _ => add(&mut own.props, Entry { key: key.to_owned(), key_span, value: self.text.node()? })?,
        }
        Some(())
    }

    /// The type of an object that has been read to its end.
    fn finish(&mut self, mut own: Own<'t>, span: Span, namespace: &'t str) -> Option<TypeId> {
        let word = own.ty?;
        // What belongs to another kind is not looked at by the longer way, so it may be anything there.
        let is_odd = (own.symbols.is_some() && word != "enum") || (own.size.is_some() && word != "fixed");
        if is_odd {
            return None;
        }
        if let Some(kind) = primitive(word) {
            return self.add(span, kind, own.props);
        }
        let (id, kind) = match word {
            "array" => return self.add(span, Kind::Array(own.inner?), own.props),
            "map" => return self.add(span, Kind::Map(own.inner?), own.props),
            "record" | "error" => {
                let (id, full, fields) = own.record.take()?;
                (id, Kind::Record(Box::new(Record { named: own.named(full)?, is_error: word == "error", fields })))
            }
            "enum" => {
                let full = own.full(namespace)?;
                let symbols = own.symbols.take()?;
                let default = match own.default {
                    Some((text, span)) => {
                        let name = symbols.iter().find(|symbol| symbol.name == text)?.name.clone();
                        Some(Symbol { name, span })
                    }
                    None => None,
                };
                (self.declare(full)?, Kind::Enum(Box::new(EnumType { named: own.named(full)?, symbols, default })))
            }
            "fixed" => {
                let full = own.full(namespace)?;
                let (size, size_span) = own.size.filter(|(size, _)| *size <= MAX_FIXED_SIZE)?;
                (self.declare(full)?, Kind::Fixed(Box::new(Fixed { named: own.named(full)?, size, size_span })))
            }
            _ => return None,
        };
        let mut ty = Type { span, kind, logical: None, props: own.props };
        set_logical(&mut ty)?;
        *self.types.get_mut(id.0 as usize)? = ty;
        Some(id)
    }

    /// Takes a place for a name that nothing has so far.
    fn declare(&mut self, full: Full<'t>) -> Option<TypeId> {
        let id = self.add(self.text.span_from(self.text.at()), UNFINISHED, Vec::new())?;
        self.names.insert(full, id).is_none().then_some(id)
    }

    fn fields(&mut self, namespace: &'t str, depth: usize) -> Option<Vec<Field>> {
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        // Most of a text are the fields of its outermost record.
        let expected = if depth == 0 { self.text.left() / 96 + 1 } else { 2 };
        let mut fields = Vec::with_capacity(expected);
        let mut names = Names::expecting(expected);
        while self.text.more(b']', fields.is_empty())? {
            let (name, field) = self.field(namespace, depth)?;
            names.add(name)?;
            fields.push(field);
        }
        Some(fields)
    }

    /// A field and its name.
    fn field(&mut self, namespace: &'t str, depth: usize) -> Option<(&'t str, Field)> {
        if self.text.peek()? != b'{' {
            return None;
        }
        let start = self.text.at();
        self.text.enter()?;
        let (mut keys, mut is_first) = (0, true);
        let (mut placed, mut ty, mut doc, mut default) = (None, None, None, None);
        let (mut order, mut aliases, mut props) = (Order::Ascending, Vec::new(), Vec::new());
        while self.text.more(b'}', is_first)? {
            is_first = false;
            let (key, key_span) = self.text.key()?;
            match key {
                "name" => {
                    once(&mut keys, 0)?;
                    placed = Some(self.text.plain()?);
                }
                "type" => {
                    once(&mut keys, 1)?;
                    ty = Some(self.ty(namespace, depth + 1)?);
                }
                "doc" => {
                    once(&mut keys, 2)?;
                    doc = Some(self.text.string()?.0.into_owned());
                }
                "default" => {
                    once(&mut keys, 3)?;
                    self.has_defaults = true;
                    default = Some(self.text.node()?);
                }
                "order" => {
                    once(&mut keys, 4)?;
                    order = self.order()?;
                }
                "aliases" => {
                    once(&mut keys, 5)?;
                    aliases = self.aliases()?.into_iter().map(str::to_owned).collect();
                }
                // It has no effect here, which is worth a warning.
                "logicalType" => return None,
                _ => add(&mut props, Entry { key: key.to_owned(), key_span, value: self.text.node()? })?,
            }
        }
        let (name, name_span) = placed?;
        name::check(name).ok()?;
        let span = self.text.span_from(start);
        Some((name, Field { name: name.to_owned(), name_span, span, aliases, doc, ty: ty?, default, order, props }))
    }

    fn order(&mut self) -> Option<Order> {
        let word = self.text.plain()?.0;
        let orders = [("ascending", Order::Ascending), ("descending", Order::Descending), ("ignore", Order::Ignore)];
        orders.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, order)| order)
    }

    /// The aliases of a type or a field, each there once.
    fn aliases(&mut self) -> Option<Vec<&'t str>> {
        let mut aliases = Vec::new();
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        while self.text.more(b']', aliases.is_empty())? {
            let alias = self.text.plain()?.0;
            name::check(alias.rsplit('.').next()?).ok()?;
            if aliases.len() >= MAX_COMPARED || aliases.contains(&alias) {
                return None;
            }
            aliases.push(alias);
        }
        Some(aliases)
    }

    fn symbols(&mut self) -> Option<Vec<Symbol>> {
        if self.text.peek()? != b'[' {
            return None;
        }
        self.text.enter()?;
        let mut symbols = Vec::with_capacity(4);
        let mut names = Names::expecting(0);
        while self.text.more(b']', symbols.is_empty())? {
            let (text, span) = self.text.plain()?;
            name::check(text).ok()?;
            names.add(text)?;
            symbols.push(Symbol { name: text.to_owned(), span });
        }
        Some(symbols)
    }
}

/// As [`Parser::set_logical`]; `None` where that has a warning.
fn set_logical(ty: &mut Type) -> Option<()> {
    let Some(entry) = ty.props.iter().find(|entry| entry.key == "logicalType") else { return Some(()) };
    if let Some(word) = entry.value.as_str() {
        ty.logical = Some(logical::read(word, &ty.kind, &ty.props).ok()?);
    }
    Some(())
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
        let direct = super::read(file, text);
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
            r#"{"items": "int", "type": "array"}"#,
            r#"{"type": "array", "items": "int", "items": "int"}"#,
            r#"{"type": "int", "x": 1, "x": 2}"#,
            r#"{"type": "int", "symbols": 3}"#,
            r#"{"type": "string", "logicalType": "date"}"#,
            r#"{"type": "fixed", "name": "F", "size": -1}"#,
            r#"{"type": "fixed", "name": "F", "size": 99999999}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A", "A"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A-"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}"#,
            r#"{"type": "enum", "name": "int", "symbols": ["A"]}"#,
            r#"{"name": "R", "fields": [], "type": "record"}"#,
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
