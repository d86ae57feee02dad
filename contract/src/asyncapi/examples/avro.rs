//! Examples of Avro values: the JSON encoding of the specification, in which a union's value stands in an object with the name
//! of its branch, and plain JSON without these objects, which is what most documents have.

use std::collections::HashMap;

use super::{Mismatch, What, brief};
use crate::formats::avro::{Kind, Record, Schema, TypeId};
use crate::yaml::{Node, Value};

/// Values are followed this deep.
const MAX_DEPTH: usize = 128;
/// Mismatches of one example.
const MAX_FOUND: usize = 50;

/// What in an example does not fit the schema.
///
/// A value that fits neither form is [`What::Value`], a field that is missing or not known [`What::Unknown`], and a union's
/// value without the name of its branch [`What::Form`].
pub(super) fn check(schema: &Schema, example: &Node) -> Vec<Mismatch> {
    let mut checker = Checker { schema, path: Vec::new(), found: Vec::new(), fitting: HashMap::new() };
    checker.value(schema.root, example, 0);
    checker.found
}

struct Checker<'s> {
    schema: &'s Schema,
    path: Vec<String>,
    found: Vec<Mismatch>,
    /// Which branches a value was tried on, so that unions in unions do not multiply.
    fitting: HashMap<(TypeId, *const Node), bool>,
}

impl<'s> Checker<'s> {
    fn wrong(&mut self, what: What, message: String) {
        if self.found.len() < MAX_FOUND {
            self.found.push(Mismatch { path: self.path.clone(), what, message });
        }
    }

    fn at(&mut self, token: &str, run: impl FnOnce(&mut Self)) {
        self.path.push(token.to_owned());
        run(self);
        self.path.pop();
    }

    fn value(&mut self, id: TypeId, node: &Node, depth: usize) {
        let schema = self.schema;
        if depth > MAX_DEPTH {
            return self.wrong(What::Value, format!("values nest more than {MAX_DEPTH} deep here"));
        }
        let ty = schema.get(id);
        match (&ty.kind, &node.value) {
            (Kind::Array(items), Value::Sequence(list)) => {
                for (n, item) in list.iter().enumerate() {
                    self.at(&n.to_string(), |c| c.value(*items, item, depth + 1));
                }
            }
            (Kind::Map(inner), Value::Mapping(map)) => {
                for entry in &map.entries {
                    self.at(&entry.key, |c| c.value(*inner, &entry.value, depth + 1));
                }
            }
            (Kind::Record(record), Value::Mapping(_)) => self.record(record, node, depth),
            (Kind::Union(branches), _) => self.union(branches, node, depth),
            (kind, _) if is_plain(kind, node) => {}
            (kind, _) => self.wrong(What::Value, format!("{} is expected here, not {}", kind.name(), brief(node))),
        }
    }

    fn record(&mut self, record: &'s Record, node: &Node, depth: usize) {
        let map = node.as_mapping().map(|m| m.entries.as_slice()).unwrap_or_default();
        let known: HashMap<&str, TypeId> = record.fields.iter().map(|f| (f.name.as_str(), f.ty)).collect();
        for entry in map {
            match known.get(entry.key.as_str()) {
                Some(ty) => self.at(&entry.key, |c| c.value(*ty, &entry.value, depth + 1)),
                None => {
                    let text = format!("{} has no field `{}`", record.named.name.full(), entry.key);
                    self.at(&entry.key, |c| c.wrong(What::Unknown, text));
                }
            }
        }
        for field in record.fields.iter().filter(|f| node.get(&f.name).is_none()) {
            let may_be_null = matches!(&self.schema.get(field.ty).kind, Kind::Union(branches)
                if branches.iter().any(|b| matches!(self.schema.get(*b).kind, Kind::Null)));
            let what = if field.default.is_some() || may_be_null { What::Unknown } else { What::Value };
            self.wrong(what, format!("the field `{}` is missing", field.name));
        }
    }

    fn union(&mut self, branches: &'s [TypeId], node: &Node, depth: usize) {
        let schema = self.schema;
        let named = node.as_mapping().filter(|m| m.entries.len() == 1).and_then(|m| m.entries.first());
        let by_name = named.and_then(|e| Some((*branches.iter().find(|b| schema.get(**b).branch_name() == e.key)?, e)));
        if let Some((branch, entry)) = by_name {
            return self.at(&entry.key, |c| c.value(branch, &entry.value, depth + 1));
        }
        let fits = branches.iter().copied().find(|branch| self.fits(*branch, node, depth + 1));
        match fits {
            Some(branch) if matches!(schema.get(branch).kind, Kind::Null) => {}
            Some(branch) => {
                let name = schema.get(branch).branch_name();
                let text = format!("in Avro's JSON encoding a value of a union is named: {{\"{name}\": …}}");
                self.wrong(What::Form, text);
                self.value(branch, node, depth + 1);
            }
            None => {
                let names: Vec<String> = branches.iter().map(|b| schema.get(*b).branch_name()).collect();
                self.wrong(What::Value, format!("{} fits no branch of the union of {}", brief(node), names.join(", ")));
            }
        }
    }

    /// The value has no mismatch of [`What::Value`] as this type.
    fn fits(&mut self, id: TypeId, node: &Node, depth: usize) -> bool {
        let key = (id, std::ptr::from_ref(node));
        if let Some(known) = self.fitting.get(&key) {
            return *known;
        }
        let fitting = std::mem::take(&mut self.fitting);
        let mut inner = Checker { schema: self.schema, path: Vec::new(), found: Vec::new(), fitting };
        inner.value(id, node, depth);
        let fits = !inner.found.iter().any(|m| m.what == What::Value);
        self.fitting = inner.fitting;
        self.fitting.insert(key, fits);
        fits
    }
}

/// A value without parts.
fn is_plain(kind: &Kind, node: &Node) -> bool {
    let latin = |text: &str| text.chars().all(|c| u32::from(c) < 256);
    match (kind, &node.value) {
        (Kind::Null, Value::Null)
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::String, Value::String(_))
        | (Kind::Float | Kind::Double, Value::Number(_)) => true,
        (Kind::Int, Value::Number(text)) => whole(text).is_some_and(|n| i32::try_from(n).is_ok()),
        (Kind::Long, Value::Number(text)) => whole(text).is_some(),
        (Kind::Float | Kind::Double, Value::String(text)) => matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity"),
        (Kind::Bytes, Value::String(text)) => latin(text),
        (Kind::Fixed(fixed), Value::String(text)) => latin(text) && text.chars().count() == fixed.size,
        (Kind::Enum(e), Value::String(text)) => e.symbols.iter().any(|s| s.name == *text),
        _ => false,
    }
}

/// A whole number of 64 bits, also as `5.0`.
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|b| b == b'0') { digits.parse().ok() } else { None }
}
