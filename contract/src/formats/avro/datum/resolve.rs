//! A writer's bytes as a reader sees them: the schema resolution of the specification.
//!
//! Names must match: the reader's unqualified name or one of its aliases. Of a reader's union, the branch of the same type is
//! taken, else the first that can read every value of the writer's type, else the first that matches at all.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use smol_str::SmolStr;

use super::decode::{end, items_of, read};
use super::default::counted;
use super::wire::Input;
use super::{DatumError, MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::{EnumType, Kind, Record, Schema, TypeId};

/// How many fields of a record are looked for one by one.
const FEW_SEARCHES: usize = 4;

/// Decodes bytes that `writer` wrote into a value of `reader`. The error speaks like a reader: `found null, expecting int`; its
/// path uses the writer's names of fields.
pub fn resolve(writer: &Schema, reader: &Schema, bytes: &[u8]) -> Result<Value> {
    let mut resolver = Resolver::new(writer, reader);
    let mut input = Input::new(bytes);
    let value = resolver.value(writer.root, reader.root, &mut input, 0)?;
    end(&input, bytes)?;
    Ok(value)
}

/// The same as [`resolve`], with everything in the message that the reader refuses, where that stops at the first: after each
/// refusal the writer's value is passed over.
pub fn resolve_all(writer: &Schema, reader: &Schema, bytes: &[u8]) -> std::result::Result<Value, Vec<DatumError>> {
    // Most messages that this is asked about are refused: what the reader makes of them is of no interest then.
    let mut resolver = Resolver { refused: Some(Vec::new()), keep: false, ..Resolver::new(writer, reader) };
    let mut input = Input::new(bytes);
    let result = resolver.value(writer.root, reader.root, &mut input, 0);
    let mut refused = resolver.refused.unwrap_or_default();
    refused.extend(result.and_then(|_| end(&input, bytes)).err());
    if refused.is_empty() { resolve(writer, reader, bytes).map_err(|error| vec![error]) } else { Err(refused) }
}

/// A part of the way to a value.
enum Part<'s> {
    Field(&'s str),
    Item(usize),
    Entry(String),
}

/// The way to a value as errors show it: `items[0].price`.
fn way(parts: &[Part<'_>]) -> String {
    let mut way = String::new();
    for part in parts {
        match part {
            Part::Field(name) => {
                way.push_str(if way.is_empty() { "" } else { "." });
                way.push_str(name);
            }
            Part::Item(index) => {
                write!(way, "[{index}]").ok();
            }
            Part::Entry(key) => {
                write!(way, "[{key:?}]").ok();
            }
        }
    }
    way
}

/// How the fields of two records belong together.
struct Fields {
    /// For each field of the writer: the field of the reader that takes it.
    targets: Vec<Option<usize>>,
    /// The reader's fields that get their default.
    defaults: Vec<usize>,
    /// Why the reader cannot take the record at all.
    problems: Vec<String>,
}

/// What is known of pairs of types.
type OfPairs<T> = HashMap<(TypeId, TypeId), T, foldhash::fast::RandomState>;

struct Resolver<'s> {
    writer: &'s Schema,
    reader: &'s Schema,
    records: OfPairs<Rc<Fields>>,
    readable: OfPairs<bool>,
    /// The branch of the reader's union for a type of the writer.
    branches: OfPairs<Option<usize>>,
    /// Where all refusals are wanted: those so far, and the way to the current value.
    refused: Option<Vec<DatumError>>,
    path: Vec<Part<'s>>,
    /// Whether the value is wanted; else `null` stands for all of its parts.
    keep: bool,
}

impl<'s> Resolver<'s> {
    fn new(writer: &'s Schema, reader: &'s Schema) -> Self {
        let (records, readable, branches) = (OfPairs::default(), OfPairs::default(), OfPairs::default());
        Self { writer, reader, records, readable, branches, refused: None, path: Vec::new(), keep: true }
    }

    /// The error; or, where all are wanted, notes it.
    fn refuse(&mut self, input: &Input<'_>, message: String) -> Result<()> {
        let error = input.fail(message);
        let Some(refused) = &mut self.refused else { return Err(error) };
        refused.push(DatumError { path: way(&self.path), ..error });
        Ok(())
    }

    /// Refuses a value that has not been read, and passes over it.
    fn refuse_whole(&mut self, w: TypeId, input: &mut Input<'_>, depth: usize, message: String) -> Result<Value> {
        self.refuse(input, message)?;
        read(self.writer, w, input, depth)?;
        Ok(Value::Null)
    }

    /// Reads a value inside of another one.
    fn inside(
        &mut self,
        (w, r): (TypeId, TypeId),
        input: &mut Input<'_>,
        depth: usize,
        part: impl FnOnce() -> Part<'s>,
    ) -> Result<Value> {
        if self.refused.is_none() {
            return self.value(w, r, input, depth);
        }
        self.path.push(part());
        let value = self.value(w, r, input, depth);
        self.path.pop();
        value
    }

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
                let message = format!("found {}, expecting {}", self.shown(w), self.union_shown(branches));
                return self.refuse_whole(w, input, depth, message);
            };
            let branch = branches.get(index).copied().unwrap_or(r);
            let value = self.value(w, branch, input, depth + 1)?;
            return Ok(if self.keep { Value::Union(index, Box::new(value)) } else { Value::Null });
        }
        if let Some(value) = promoted(wk, rk, input, self.keep)? {
            return Ok(value);
        }
        match (wk, rk) {
            (Kind::Record(from), Kind::Record(to)) => {
                if !to.named.reads(&from.named.name) {
                    self.refuse(input, format!("found {}, expecting {}", self.shown(w), shown(reader, r)))?;
                }
                self.record(w, r, (from, to), input, depth)
            }
            (Kind::Enum(from), Kind::Enum(to)) if to.named.reads(&from.named.name) => self.symbol(from, to, input),
            (Kind::Fixed(from), Kind::Fixed(to)) if to.named.reads(&from.named.name) && from.size == to.size => {
                Ok(Value::Fixed(input.take(from.size)?.to_vec()))
            }
            (Kind::Fixed(from), Kind::Fixed(to)) if to.named.reads(&from.named.name) => {
                let (name, from, to) = (to.named.name.full(), from.size, to.size);
                self.refuse_whole(w, input, depth, format!("found {from} bytes, expecting fixed {name} of {to} bytes"))
            }
            (Kind::Array(from), Kind::Array(to)) => {
                let (mut values, mut count) = (Vec::new(), 0);
                items_of(input, |input| {
                    let index = count;
                    count += 1;
                    let value = self.inside((*from, *to), input, depth + 1, || Part::Item(index));
                    let value = value.map_err(|e| e.in_item(index))?;
                    values.extend(self.keep.then_some(value));
                    Ok(())
                })?;
                Ok(Value::Array(values))
            }
            (Kind::Map(from), Kind::Map(to)) => {
                let mut entries = Vec::new();
                items_of(input, |input| {
                    let key = input.string()?.to_owned();
                    let value = self.inside((*from, *to), input, depth + 1, || Part::Entry(key.clone()));
                    let value = value.map_err(|e| e.in_item(format_args!("{key:?}")))?;
                    entries.extend(self.keep.then_some((key, value)));
                    Ok(())
                })?;
                Ok(Value::Map(entries))
            }
            _ => {
                let message = format!("found {}, expecting {}", self.shown(w), shown(reader, r));
                self.refuse_whole(w, input, depth, message)
            }
        }
    }

    fn record(
        &mut self,
        w: TypeId,
        r: TypeId,
        (from, to): (&'s Record, &'s Record),
        input: &mut Input<'_>,
        depth: usize,
    ) -> Result<Value> {
        let fields = Rc::clone(self.records.entry((w, r)).or_insert_with(|| Rc::new(fields_of(from, to))));
        for problem in &fields.problems {
            self.refuse(input, problem.clone())?;
        }
        let mut values: Vec<Option<Value>> = if self.keep { vec![None; to.fields.len()] } else { Vec::new() };
        let mut keep = |index: usize, value: Value| {
            if let Some(slot) = values.get_mut(index) {
                *slot = Some(value);
            }
        };
        for (field, target) in from.fields.iter().zip(&fields.targets) {
            match target.and_then(|t| Some((t, to.fields.get(t)?))) {
                None => {
                    read(self.writer, field.ty, input, depth + 1).map_err(|e| e.in_field(&field.name))?;
                }
                Some((index, own)) => {
                    let value = self.inside((field.ty, own.ty), input, depth + 1, || Part::Field(&field.name));
                    keep(index, value.map_err(|e| e.in_field(&field.name))?);
                }
            }
        }
        for index in &fields.defaults {
            if let Some(field) = to.fields.get(*index)
                && let Some(default) = &field.default
            {
                let made = counted(self.reader, field.ty, default);
                let (value, values) = made.map_err(|e| input.fail(e.to_string()).in_field(&field.name))?;
                input.count_many(values)?;
                keep(*index, value);
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
        let kind = &self.writer.get(w).kind;
        // Most branches of a large union are types of other names.
        let meant = |r: &TypeId| kind.named().zip(self.reader.get(*r).kind.named()).is_none_or(|(w, r)| r.reads(&w.name));
        let likely: Vec<(usize, TypeId)> = branches.iter().copied().enumerate().filter(|(_, r)| meant(r)).collect();
        let name = branch_name(kind);
        let same = likely.iter().find(|(_, r)| branch_name(&self.reader.get(*r).kind) == name).copied();
        if let Some((index, r)) = same
            && self.readable(w, r)
        {
            return Some(index);
        }
        let readable = likely.iter().find(|(_, r)| self.readable(w, *r));
        let found = readable.copied().or(same).or_else(|| likely.iter().find(|(_, r)| self.matches(w, *r)).copied());
        found.map(|(index, _)| index)
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
                fields.problems.is_empty()
                    && to.named.reads(&from.named.name)
                    && from.fields.iter().zip(&fields.targets).all(pair)
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

    fn symbol(&mut self, from: &EnumType, to: &EnumType, input: &mut Input<'_>) -> Result<Value> {
        let index = input.index(from.symbols.len(), "symbol")?;
        let name = from.symbols.get(index).map_or("", |s| s.name.as_str());
        let position = |name: &str| to.symbols.iter().position(|s| s.name == name);
        if let Some(own) = position(name).or_else(|| position(&to.default.as_ref()?.name)) {
            return Ok(Value::Enum(own));
        }
        self.refuse(input, format!("found symbol {name}, which the reader's enum {} does not have", to.named.name.full()))?;
        Ok(Value::Null)
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

/// Namespace and name that a union knows a type by.
fn branch_name(kind: &Kind) -> (&str, &str) {
    kind.named().map_or(("", kind.name()), |named| (&named.name.namespace, &named.name.name))
}

fn fields_of(from: &Record, to: &Record) -> Fields {
    let mut by_name: Option<HashMap<&str, usize, foldhash::fast::RandomState>> = None;
    // Where the order is the same, the field that comes next is the one.
    let mut next = 0;
    let mut searches = 0;
    let mut sources = Vec::new();
    let mut fields = Fields { targets: vec![None; from.fields.len()], defaults: Vec::new(), problems: Vec::new() };
    for (index, field) in to.fields.iter().enumerate() {
        let is_next = field.aliases.is_empty() && from.fields.get(next).is_some_and(|sent| sent.name == field.name);
        let own = [next];
        sources.clear();
        if !is_next {
            let index = || from.fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
            let find = |name: &SmolStr| {
                searches += 1;
                // A field or two were added or moved: looking for them costs less than a map.
                if searches <= FEW_SEARCHES {
                    return from.fields.iter().position(|f| f.name == *name);
                }
                by_name.get_or_insert_with(index).get(name.as_str()).copied()
            };
            sources.extend(std::iter::once(&field.name).chain(&field.aliases).filter_map(find));
            sources.sort_unstable();
            sources.dedup();
        }
        let sources: &[usize] = if is_next { &own } else { &sources };
        next = sources.last().map_or(next, |last| last + 1);
        match *sources {
            [] if field.default.is_some() => fields.defaults.push(index),
            [] => {
                let text = format!("missing required field {}: the writer does not send it and it has no default", field.name);
                fields.problems.push(text);
            }
            [source] => {
                let taken = fields.targets.get_mut(source).and_then(|t| t.replace(index));
                if taken.is_some() {
                    fields
                        .problems
                        .push(format!("two fields of the reader take the writer's field {}", from.fields[source].name));
                }
            }
            _ => {
                fields.problems.push(format!("the field {} and its aliases match several fields of the writer", field.name));
            }
        }
    }
    fields
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

/// Reads a primitive, promoted where the specification says so; `None` for every other pair. What is not to be kept is read
/// all the same.
fn promoted(writer: &Kind, reader: &Kind, input: &mut Input<'_>, keep: bool) -> Result<Option<Value>> {
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
        (Kind::String | Kind::Bytes, Kind::String) => {
            let text = input.string()?;
            if keep { Value::String(text.to_owned()) } else { Value::Null }
        }
        (Kind::String | Kind::Bytes, Kind::Bytes) => {
            let bytes = input.bytes()?;
            if keep { Value::Bytes(bytes.to_vec()) } else { Value::Null }
        }
        _ => return Ok(None),
    }))
}
