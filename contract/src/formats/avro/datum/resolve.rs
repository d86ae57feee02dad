//! A writer's bytes as a reader sees them: the schema resolution of the specification.
//!
//! Names must match: the reader's unqualified name or one of its aliases. Of a reader's union, the branch of the same type is
//! taken, else the first that can read every value of the writer's type, else the first that matches at all.

use std::collections::HashMap;
use std::rc::Rc;

use super::decode::{end, items_of, read};
use super::default::counted;
use super::wire::Input;
use super::{MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::{EnumType, Kind, Record, Schema, TypeId};

/// Decodes bytes that `writer` wrote into a value of `reader`. The error speaks like a reader: `found null, expecting int`.
pub fn resolve(writer: &Schema, reader: &Schema, bytes: &[u8]) -> Result<Value> {
    let mut resolver = Resolver { writer, reader, records: HashMap::new(), readable: HashMap::new(), branches: HashMap::new() };
    let mut input = Input::new(bytes);
    let value = resolver.value(writer.root, reader.root, &mut input, 0)?;
    end(&input, bytes)?;
    Ok(value)
}

/// How the fields of two records belong together.
struct Fields {
    /// For each field of the writer: the field of the reader that takes it.
    targets: Vec<Option<usize>>,
    /// The reader's fields that get their default.
    defaults: Vec<usize>,
    /// Why the reader cannot take the record at all.
    problem: Option<String>,
}

struct Resolver<'s> {
    writer: &'s Schema,
    reader: &'s Schema,
    records: HashMap<(TypeId, TypeId), Rc<Fields>>,
    readable: HashMap<(TypeId, TypeId), bool>,
    /// The branch of the reader's union for a type of the writer.
    branches: HashMap<(TypeId, TypeId), Option<usize>>,
}

impl Resolver<'_> {
    fn value(&mut self, w: TypeId, r: TypeId, input: &mut Input<'_>, depth: usize) -> Result<Value> {
        if depth > MAX_VALUE_DEPTH {
            return Err(input.fail(format!("values are nested deeper than {MAX_VALUE_DEPTH} levels")));
        }
        input.count()?;
        let (writer, reader) = (self.writer, self.reader);
        let (wk, rk) = (&writer.get(w).kind, &reader.get(r).kind);
        if let Kind::Union(branches) = wk {
            let index = input.index(branches.len(), "branch")?;
            return self.value(branches.get(index).copied().unwrap_or(w), r, input, depth + 1);
        }
        if let Kind::Union(branches) = rk {
            let known = self.branches.get(&(w, r)).copied();
            let Some(index) = known.unwrap_or_else(|| self.branch(w, r, branches)) else {
                return Err(input.fail(format!("found {}, expecting {}", self.shown(w), self.union_shown(branches))));
            };
            let branch = branches.get(index).copied().unwrap_or(r);
            return Ok(Value::Union(index, Box::new(self.value(w, branch, input, depth + 1)?)));
        }
        if let Some(value) = promoted(wk, rk, input)? {
            return Ok(value);
        }
        match (wk, rk) {
            (Kind::Record(from), Kind::Record(to)) if to.named.reads(&from.named.name) => {
                self.record(w, r, (from, to), input, depth)
            }
            (Kind::Enum(from), Kind::Enum(to)) if to.named.reads(&from.named.name) => symbol(from, to, input),
            (Kind::Fixed(from), Kind::Fixed(to)) if to.named.reads(&from.named.name) => {
                if from.size != to.size {
                    let (name, from, to) = (to.named.name.full(), from.size, to.size);
                    return Err(input.fail(format!("found {from} bytes, expecting fixed {name} of {to} bytes")));
                }
                Ok(Value::Fixed(input.take(from.size)?.to_vec()))
            }
            (Kind::Array(from), Kind::Array(to)) => {
                let mut values = Vec::new();
                items_of(input, |input| {
                    let value = self.value(*from, *to, input, depth + 1).map_err(|e| e.in_item(values.len()))?;
                    values.push(value);
                    Ok(())
                })?;
                Ok(Value::Array(values))
            }
            (Kind::Map(from), Kind::Map(to)) => {
                let mut entries = Vec::new();
                items_of(input, |input| {
                    let key = input.string()?.to_owned();
                    let value = self.value(*from, *to, input, depth + 1).map_err(|e| e.in_item(format_args!("{key:?}")))?;
                    entries.push((key, value));
                    Ok(())
                })?;
                Ok(Value::Map(entries))
            }
            _ => Err(input.fail(format!("found {}, expecting {}", self.shown(w), shown(reader, r)))),
        }
    }

    fn record(
        &mut self,
        w: TypeId,
        r: TypeId,
        (from, to): (&Record, &Record),
        input: &mut Input<'_>,
        depth: usize,
    ) -> Result<Value> {
        let fields = Rc::clone(self.records.entry((w, r)).or_insert_with(|| Rc::new(fields_of(from, to))));
        if let Some(problem) = &fields.problem {
            return Err(input.fail(problem.clone()));
        }
        let mut values: Vec<Option<Value>> = vec![None; to.fields.len()];
        for (field, target) in from.fields.iter().zip(&fields.targets) {
            match target.and_then(|t| Some((to.fields.get(t)?, values.get_mut(t)?))) {
                None => {
                    read(self.writer, field.ty, input, depth + 1).map_err(|e| e.in_field(&field.name))?;
                }
                Some((own, slot)) => {
                    *slot = Some(self.value(field.ty, own.ty, input, depth + 1).map_err(|e| e.in_field(&own.name))?);
                }
            }
        }
        for index in &fields.defaults {
            if let (Some(field), Some(slot)) = (to.fields.get(*index), values.get_mut(*index))
                && let Some(default) = &field.default
            {
                let made = counted(self.reader, field.ty, default);
                let (value, values) = made.map_err(|e| input.fail(e.to_string()).in_field(&field.name))?;
                input.count_many(values)?;
                *slot = Some(value);
            }
        }
        Ok(Value::Record(values.into_iter().map(|v| v.unwrap_or(Value::Null)).collect()))
    }

    /// The branch of the reader's union that takes a type of the writer: the same type before a similar one, as in Avro Java.
    fn branch(&mut self, w: TypeId, r: TypeId, branches: &[TypeId]) -> Option<usize> {
        let found = self.find_branch(w, branches);
        self.branches.insert((w, r), found);
        found
    }

    fn find_branch(&mut self, w: TypeId, branches: &[TypeId]) -> Option<usize> {
        let name = self.writer.get(w).branch_name();
        let same = branches.iter().position(|r| self.reader.get(*r).branch_name() == name);
        if let Some(index) = same
            && branches.get(index).is_some_and(|r| self.readable(w, *r))
        {
            return same;
        }
        let readable = branches.iter().position(|r| self.readable(w, *r));
        readable.or(same).or_else(|| branches.iter().position(|r| self.matches(w, *r)))
    }

    /// Whether the two types match, without a look at what they contain.
    fn matches(&self, w: TypeId, r: TypeId) -> bool {
        let (wk, rk) = (&self.writer.get(w).kind, &self.reader.get(r).kind);
        match (wk, rk) {
            (Kind::Record(_), Kind::Record(_)) | (Kind::Enum(_), Kind::Enum(_)) | (Kind::Fixed(_), Kind::Fixed(_)) => {
                wk.named().zip(rk.named()).is_some_and(|(w, r)| r.reads(&w.name))
            }
            _ => wk.name() == rk.name() || promotes(wk, rk),
        }
    }

    /// Whether the reader can read every value of the writer's type. A pair in progress counts as readable.
    fn readable(&mut self, w: TypeId, r: TypeId) -> bool {
        if let Some(known) = self.readable.get(&(w, r)) {
            return *known;
        }
        self.readable.insert((w, r), true);
        let (writer, reader) = (self.writer, self.reader);
        let (wk, rk) = (&writer.get(w).kind, &reader.get(r).kind);
        let good = match (wk, rk) {
            (Kind::Union(branches), _) => branches.iter().all(|b| self.readable(*b, r)),
            (_, Kind::Union(branches)) => branches.iter().any(|b| self.readable(w, *b)),
            (Kind::Array(from), Kind::Array(to)) | (Kind::Map(from), Kind::Map(to)) => self.readable(*from, *to),
            (Kind::Record(from), Kind::Record(to)) => {
                let fields = fields_of(from, to);
                let pair = |(field, target): (&crate::formats::avro::Field, &Option<usize>)| {
                    target.and_then(|t| to.fields.get(t)).is_none_or(|own| self.readable(field.ty, own.ty))
                };
                fields.problem.is_none() && to.named.reads(&from.named.name) && from.fields.iter().zip(&fields.targets).all(pair)
            }
            (Kind::Enum(from), Kind::Enum(to)) => {
                let known = |s: &crate::formats::avro::Symbol| to.symbols.iter().any(|own| own.name == s.name);
                self.matches(w, r) && (to.default.is_some() || from.symbols.iter().all(known))
            }
            (Kind::Fixed(from), Kind::Fixed(to)) => self.matches(w, r) && from.size == to.size,
            _ => self.matches(w, r),
        };
        self.readable.insert((w, r), good);
        good
    }

    fn shown(&self, w: TypeId) -> String {
        shown(self.writer, w)
    }

    fn union_shown(&self, branches: &[TypeId]) -> String {
        let names: Vec<String> = branches.iter().take(10).map(|b| shown(self.reader, *b)).collect();
        let more = if branches.len() > 10 { ", …" } else { "" };
        format!("one of [{}{more}]", names.join(", "))
    }
}

/// A type in an error: its word, and its name when it has one.
fn shown(schema: &Schema, id: TypeId) -> String {
    let kind = &schema.get(id).kind;
    kind.named().map_or_else(|| kind.name().to_owned(), |n| format!("{} {}", kind.name(), n.name.full()))
}

fn fields_of(from: &Record, to: &Record) -> Fields {
    let by_name: HashMap<&str, usize> = from.fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
    let mut fields = Fields { targets: vec![None; from.fields.len()], defaults: Vec::new(), problem: None };
    for (index, field) in to.fields.iter().enumerate() {
        let names = std::iter::once(&field.name).chain(&field.aliases);
        let mut sources: Vec<usize> = names.filter_map(|n| by_name.get(n.as_str()).copied()).collect();
        sources.sort_unstable();
        sources.dedup();
        match sources[..] {
            [] if field.default.is_some() => fields.defaults.push(index),
            [] => {
                let problem =
                    || format!("missing required field {}: the writer does not send it and it has no default", field.name);
                fields.problem.get_or_insert_with(problem);
            }
            [source] => {
                let taken = fields.targets.get_mut(source).and_then(|t| t.replace(index));
                if taken.is_some() {
                    let problem = || format!("two fields of the reader take the writer's field {}", from.fields[source].name);
                    fields.problem.get_or_insert_with(problem);
                }
            }
            _ => {
                let problem = || format!("the field {} and its aliases match several fields of the writer", field.name);
                fields.problem.get_or_insert_with(problem);
            }
        }
    }
    fields
}

fn symbol(from: &EnumType, to: &EnumType, input: &mut Input<'_>) -> Result<Value> {
    let index = input.index(from.symbols.len(), "symbol")?;
    let name = from.symbols.get(index).map_or("", |s| s.name.as_str());
    let position = |name: &str| to.symbols.iter().position(|s| s.name == name);
    let found = position(name).or_else(|| position(&to.default.as_ref()?.name));
    found
        .map(Value::Enum)
        .ok_or_else(|| input.fail(format!("found symbol {name}, which the reader's enum {} does not have", to.named.name.full())))
}

/// Whether the specification promotes the writer's primitive to the reader's.
fn promotes(writer: &Kind, reader: &Kind) -> bool {
    matches!(
        (writer, reader),
        (Kind::Int, Kind::Long | Kind::Float | Kind::Double)
            | (Kind::Long, Kind::Float | Kind::Double)
            | (Kind::Float, Kind::Double)
            | (Kind::String, Kind::Bytes)
            | (Kind::Bytes, Kind::String)
    )
}

/// Reads a primitive, promoted where the specification says so; `None` for every other pair.
fn promoted(writer: &Kind, reader: &Kind, input: &mut Input<'_>) -> Result<Option<Value>> {
    #[allow(clippy::cast_precision_loss)] // the promotions of the specification round
    Ok(Some(match (writer, reader) {
        (Kind::Null, Kind::Null) => Value::Null,
        (Kind::Boolean, Kind::Boolean) => Value::Boolean(input.boolean()?),
        (Kind::Int, Kind::Int) => Value::Int(input.int()?),
        (Kind::Int, Kind::Long) => Value::Long(i64::from(input.int()?)),
        (Kind::Int, Kind::Float) => Value::Float(input.int()? as f32),
        (Kind::Int, Kind::Double) => Value::Double(f64::from(input.int()?)),
        (Kind::Long, Kind::Long) => Value::Long(input.long()?),
        (Kind::Long, Kind::Float) => Value::Float(input.long()? as f32),
        (Kind::Long, Kind::Double) => Value::Double(input.long()? as f64),
        (Kind::Float, Kind::Float) => Value::Float(f32::from_le_bytes(input.array()?)),
        (Kind::Float, Kind::Double) => Value::Double(f64::from(f32::from_le_bytes(input.array()?))),
        (Kind::Double, Kind::Double) => Value::Double(f64::from_le_bytes(input.array()?)),
        (Kind::String | Kind::Bytes, Kind::String) => Value::String(input.string()?.to_owned()),
        (Kind::String | Kind::Bytes, Kind::Bytes) => Value::Bytes(input.bytes()?.to_vec()),
        _ => return Ok(None),
    }))
}
