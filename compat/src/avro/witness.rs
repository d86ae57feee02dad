//! Makes the message that proves a finding: a value of the writer that reaches the break, encoded with the writer's schema and
//! refused by the reader's.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Witness;
use eventpact_contract::formats::avro::datum::{self, DatumError, Value};
use eventpact_contract::formats::avro::{Kind, Logical, Schema, TypeId};

use super::found::Raw;
use super::site::Trigger;
use crate::pair::Pair;

/// How many values a witness may hold.
const MAX_VALUES: usize = 100_000;
/// How many values all witnesses of one comparison may hold, so that a record of thousands of broken fields takes linear time.
const MAX_VALUES_IN_ALL: usize = 500_000;
/// How many findings of one comparison get a witness.
const MAX_WITNESSES: usize = 1000;
/// How many of them may be no errors.
const MAX_REMARKS: usize = 100;

/// One step on the way to a place in a value of the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Into the field of this index.
    Field(usize),
    /// Into an item of an array.
    Item,
    /// Into an entry of a map.
    Entry,
    /// Into the branch of this index.
    Branch(usize),
}

/// Makes witnesses for the findings of one comparison.
pub(super) struct Prover<'s> {
    schemas: Pair<'s, Schema>,
    heights: Option<Rc<Vec<Option<usize>>>>,
    known: HashMap<(Vec<Step>, Trigger), Option<Witness>>,
    /// The smallest message of the writer: a record with thousands of breaks is encoded and read once. `None`: there is none.
    smallest: OnceCell<Option<Rc<Message>>>,
    /// How many values the witnesses so far hold.
    values: usize,
    remarks: usize,
}

impl<'s> Prover<'s> {
    pub(super) fn new(schemas: Pair<'s, Schema>) -> Self {
        Self { schemas, heights: None, known: HashMap::new(), smallest: OnceCell::new(), values: 0, remarks: 0 }
    }

    /// The witness of a finding; `None` when the writer has no value that gets there, or the reader takes it after all.
    pub(super) fn witness(&mut self, raw: &Raw) -> Option<Witness> {
        let elsewhere = matches!(raw.trigger, Trigger::Dropped(_)) && raw.types.1 != self.schemas.writer.root;
        if raw.trigger == Trigger::None || elsewhere {
            return None;
        }
        let key = (raw.trail.clone(), raw.trigger.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        self.remarks += usize::from(!raw.is_error());
        let enough = self.known.len() >= MAX_WITNESSES || self.values >= MAX_VALUES_IN_ALL || deadline::is_over_now();
        if enough || !raw.is_error() && self.remarks > MAX_REMARKS {
            return None;
        }
        let witness = self.message(raw).and_then(|message| message.prove(self.schemas, raw));
        self.known.insert(key, witness.clone());
        witness
    }

    /// A message with the value in it that brings the break about.
    fn message(&mut self, raw: &Raw) -> Option<Rc<Message>> {
        let writer = self.schemas.writer;
        let heights = Rc::clone(self.heights.get_or_insert_with(|| Rc::new(heights(writer))));
        let mut maker = Maker { schema: writer, heights: &heights, values: 0 };
        if is_in_smallest(writer, raw) {
            let made = || Message::new(self.schemas, &maker.small(writer.root)?, maker.values).map(Rc::new);
            let message = self.smallest.get_or_init(made).clone()?;
            // Each finding shows it again.
            self.values += message.values;
            return Some(message);
        }
        let value = maker.along(writer.root, &raw.trail, &raw.trigger);
        self.values += maker.values;
        Message::new(self.schemas, &value?, maker.values).map(Rc::new)
    }
}

/// The smallest message has the break in it: the way goes through records only, and no other value than the smallest is wanted.
fn is_in_smallest(writer: &Schema, raw: &Raw) -> bool {
    let mut ty = writer.get(writer.root);
    for step in &raw.trail {
        let (Step::Field(index), Kind::Record(record)) = (step, &ty.kind) else { return false };
        let Some(field) = record.fields.get(*index) else { return false };
        ty = writer.get(field.ty);
    }
    match raw.trigger {
        Trigger::Any => !matches!(ty.kind, Kind::Array(_) | Kind::Map(_) | Kind::Long),
        Trigger::Field(_) | Trigger::Dropped(_) => !matches!(ty.kind, Kind::Array(_) | Kind::Map(_)),
        Trigger::None | Trigger::Symbol(_) | Trigger::Bytes(_) | Trigger::Number(_) | Trigger::Meant(..) => false,
    }
}

/// A message of the writer, encoded, and what the reader makes of it.
struct Message {
    json: Arc<str>,
    hex: Arc<str>,
    /// Of how many values it is made.
    values: usize,
    /// What the reader reads, or all that it refuses.
    read: Result<Value, Refusals>,
}

/// What a reader refuses in a message.
struct Refusals {
    /// What it refuses first.
    first: String,
    by_path: HashMap<String, Vec<DatumError>>,
}

impl Refusals {
    fn new(errors: Vec<DatumError>) -> Self {
        let first = errors.first().map_or_else(String::new, DatumError::to_string);
        let mut by_path: HashMap<String, Vec<DatumError>> = HashMap::new();
        for error in errors {
            by_path.entry(error.path.clone()).or_default().push(error);
        }
        Self { first, by_path }
    }

    /// The one that the trigger at the end of a trail brings about, or the first.
    fn of(&self, writer: &Schema, trail: &[Step], trigger: &Trigger) -> String {
        let here = self.by_path.get(&path(writer, trail)).into_iter().flatten();
        here.filter(|error| is_of(error, trigger)).map(DatumError::to_string).next().unwrap_or_else(|| self.first.clone())
    }
}

impl Message {
    /// Encodes and decodes.
    fn new(schemas: Pair<'_, Schema>, value: &Value, values: usize) -> Option<Self> {
        let bytes = datum::encode(schemas.writer, value).ok()?;
        let read = datum::resolve_all(schemas.writer, schemas.reader, &bytes).map_err(Refusals::new);
        let json = datum::json_text(schemas.writer, value).into();
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        let mut hex = String::with_capacity(2 * bytes.len());
        hex.extend(bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]));
        Some(Self { json, hex: hex.into(), values, read })
    }

    /// The witness of a finding, when the reader refused the message or reads something else. A message may hold more than one
    /// break (a missing field breaks them all), so the refusal at the place of the finding is looked for among all of them.
    fn prove(&self, schemas: Pair<'_, Schema>, raw: &Raw) -> Option<Witness> {
        let reader_error = match &self.read {
            Ok(read) => misread(schemas.reader, read, &raw.trigger)?,
            // What is to be shown is another value; this message has some other break in it.
            Err(_) if matches!(raw.trigger, Trigger::Number(_) | Trigger::Meant(..) | Trigger::Dropped(_)) => return None,
            Err(refusals) => refusals.of(schemas.writer, &raw.trail, &raw.trigger),
        };
        Some(Witness { json: Arc::clone(&self.json), hex: Some(Arc::clone(&self.hex)), reader_error })
    }
}

/// What the reader takes the message for, when it does not refuse it.
fn misread(reader: &Schema, read: &Value, trigger: &Trigger) -> Option<String> {
    match trigger {
        Trigger::Number(_) | Trigger::Dropped(_) => Some(format!("no error: it reads {}", datum::to_json(reader, read))),
        Trigger::Meant(_, words) => Some(format!("no error: it {words}")),
        _ => None,
    }
}

/// Whether a refusal at the right place is the one that the trigger brings about.
fn is_of(error: &DatumError, trigger: &Trigger) -> bool {
    match trigger {
        Trigger::None | Trigger::Number(_) | Trigger::Meant(..) | Trigger::Dropped(_) => false,
        Trigger::Any => error.message.starts_with("found "),
        Trigger::Bytes(_) => error.message.contains("UTF-8"),
        Trigger::Symbol(_) => error.message.starts_with("found symbol "),
        Trigger::Field(name) => {
            let tail = error.message.split_once(" field ").map_or("", |(_, tail)| tail);
            tail.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ' ']))
        }
    }
}

/// The way to a value as the decoder writes it: `items[0].price`.
fn path(writer: &Schema, trail: &[Step]) -> String {
    let mut path = String::new();
    let mut ty = writer.root;
    for step in trail {
        let next = match (step, &writer.get(ty).kind) {
            (Step::Field(index), Kind::Record(record)) => record.fields.get(*index).map(|field| {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(&field.name);
                field.ty
            }),
            (Step::Item, Kind::Array(items)) => {
                path.push_str("[0]");
                Some(*items)
            }
            (Step::Entry, Kind::Map(values)) => {
                path.push_str("[\"key\"]");
                Some(*values)
            }
            (Step::Branch(index), Kind::Union(branches)) => branches.get(*index).copied(),
            _ => None,
        };
        let Some(next) = next else { break };
        ty = next;
    }
    path
}

struct Maker<'a> {
    schema: &'a Schema,
    heights: &'a [Option<usize>],
    values: usize,
}

impl Maker<'_> {
    /// A value with the steps in it and the trigger at their end; everything beside the way is as small as can be.
    fn along(&mut self, id: TypeId, steps: &[Step], trigger: &Trigger) -> Option<Value> {
        let Some((step, rest)) = steps.split_first() else {
            return match (trigger, &self.schema.get(id).kind) {
                (Trigger::Symbol(index), Kind::Enum(_)) => Some(Value::Enum(*index)),
                (Trigger::Bytes(bytes), Kind::Bytes) => Some(Value::Bytes(bytes.to_vec())),
                (Trigger::Number(n) | Trigger::Meant(n, _), kind) => number(*n, kind),
                // A long that no int holds shows best what a narrower reader would lose.
                (Trigger::Any, Kind::Long) if self.schema.get(id).logical.is_none() => Some(Value::Long(1 << 31)),
                _ => self.telling(id),
            };
        };
        match (step, &self.schema.get(id).kind) {
            (Step::Field(index), Kind::Record(record)) => {
                let mut values = Vec::with_capacity(record.fields.len());
                for (i, field) in record.fields.iter().enumerate() {
                    values.push(if i == *index { self.along(field.ty, rest, trigger)? } else { self.small(field.ty)? });
                }
                Some(Value::Record(values))
            }
            (Step::Item, Kind::Array(items)) => Some(Value::Array(vec![self.along(*items, rest, trigger)?])),
            (Step::Entry, Kind::Map(values)) => Some(Value::Map(vec![("key".to_owned(), self.along(*values, rest, trigger)?)])),
            (Step::Branch(index), Kind::Union(branches)) => {
                Some(Value::Union(*index, Box::new(self.along(*branches.get(*index)?, rest, trigger)?)))
            }
            _ => None,
        }
    }

    /// A value that shows its type: not an empty list, not the `null` of a union.
    fn telling(&mut self, id: TypeId) -> Option<Value> {
        match &self.schema.get(id).kind {
            Kind::Array(items) => Some(self.small(*items).map_or(Value::Array(Vec::new()), |item| Value::Array(vec![item]))),
            Kind::Map(values) => {
                let entry = self.small(*values).map(|value| ("key".to_owned(), value));
                Some(Value::Map(entry.into_iter().collect()))
            }
            _ => self.small(id),
        }
    }

    /// The smallest value of a type; `None` when it has none, or only huge ones.
    fn small(&mut self, id: TypeId) -> Option<Value> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return None;
        }
        let ty = self.schema.get(id);
        Some(match &ty.kind {
            Kind::Null => Value::Null,
            Kind::Boolean => Value::Boolean(true),
            Kind::Int => Value::Int(1),
            Kind::Long => Value::Long(1),
            Kind::Float => Value::Float(1.5),
            Kind::Double => Value::Double(1.5),
            Kind::Bytes => Value::Bytes(vec![1]),
            Kind::String if ty.logical == Some(Logical::Uuid) => Value::String("00000000-0000-4000-8000-000000000000".to_owned()),
            Kind::String => Value::String("a".to_owned()),
            Kind::Fixed(fixed) => Value::Fixed(vec![0; fixed.size]),
            Kind::Enum(e) if e.symbols.is_empty() => return None,
            Kind::Enum(_) => Value::Enum(0),
            Kind::Array(_) => Value::Array(Vec::new()),
            Kind::Map(_) => Value::Map(Vec::new()),
            Kind::Record(record) => {
                self.height(id)?;
                let mut values = Vec::with_capacity(record.fields.len().min(MAX_VALUES));
                for field in &record.fields {
                    values.push(self.small(field.ty)?);
                }
                Value::Record(values)
            }
            Kind::Union(branches) => {
                let lowest = branches.iter().enumerate().filter_map(|(i, b)| Some((self.height(*b)?, i, *b))).min();
                let (_, index, branch) = lowest?;
                Value::Union(index, Box::new(self.small(branch)?))
            }
        })
    }

    fn height(&self, id: TypeId) -> Option<usize> {
        self.heights.get(id.0 as usize).copied().flatten()
    }
}

/// A number as a value of a type: of bytes and fixed the two's complement that a decimal is written in.
fn number(n: i64, kind: &Kind) -> Option<Value> {
    let bytes = n.to_be_bytes();
    Some(match kind {
        Kind::Int => Value::Int(i32::try_from(n).ok()?),
        Kind::Long => Value::Long(n),
        Kind::Bytes => {
            // One byte of zeros stays: it is the sign.
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            Value::Bytes(bytes.get(zeros.saturating_sub(1)..)?.to_vec())
        }
        Kind::Fixed(fixed) => {
            let mut value = vec![0; fixed.size.saturating_sub(bytes.len())];
            value.extend(bytes.get(bytes.len().saturating_sub(fixed.size)..)?);
            Value::Fixed(value)
        }
        _ => return None,
    })
}

/// How deep the smallest value of each type nests; `None` for a type without a finite value.
fn heights(schema: &Schema) -> Vec<Option<usize>> {
    let mut heights: Vec<Option<usize>> = vec![None; schema.types.len()];
    // Each round settles at least the types of one more height; what is unsettled after that has no finite value.
    for _ in 0..=datum::MAX_VALUE_DEPTH {
        let mut changed = false;
        for index in 0..schema.types.len() {
            if heights[index].is_none() {
                heights[index] = height(&schema.types[index].kind, &heights);
                changed |= heights[index].is_some();
            }
        }
        if !changed {
            break;
        }
    }
    heights
}

fn height(kind: &Kind, heights: &[Option<usize>]) -> Option<usize> {
    let of = |id: &TypeId| heights.get(id.0 as usize).copied().flatten();
    match kind {
        Kind::Enum(e) if e.symbols.is_empty() => None,
        Kind::Union(branches) => branches.iter().filter_map(of).min().map(|h| h + 1),
        Kind::Record(record) => {
            let mut highest = 0;
            for field in &record.fields {
                highest = highest.max(of(&field.ty)? + 1);
            }
            Some(highest)
        }
        _ => Some(0),
    }
}
