//! Building the message that breaks: encoded as the writer would, read as the reader would, and the two compared.

use std::collections::HashSet;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Witness;
use eventpact_contract::formats::protobuf::{Field, FieldType, Label, Scalar, Schema};

use crate::pair::Pair;

use super::walk::{FieldPair, MessagePair, Step};
use super::wire::{self, Fields, Shape, Value};

/// At most so many values of an enum are tried.
const MAX_ENUM_VALUES: usize = 200;

/// Tries a message of the writer with these fields in the pair's message; gives a witness when the reader refuses it or does
/// not find the same values in the fields `look_at`.
pub(super) fn prove(pair: &MessagePair<'_>, fields: Fields, look_at: &[i32]) -> Option<Witness> {
    let exchange = exchange(pair, fields)?;
    if let Ok(read) = &exchange.read {
        let wanted = at(&exchange.sent, &pair.route)?;
        let found = at(read, &pair.route);
        if look_at.iter().all(|n| found.is_some_and(|f| f.get(n) == wanted.get(n))) {
            return None;
        }
    }
    Some(exchange.witness)
}

/// A message whose values arrive as they were sent, each under its number: what the reader makes of the names is wrong.
pub(super) fn prove_misplaced(pair: &MessagePair<'_>, fields: Fields, numbers: &[i32]) -> Option<Witness> {
    let exchange = exchange(pair, fields)?;
    let read = exchange.read.as_ref().ok()?;
    let (wanted, found) = (at(&exchange.sent, &pair.route)?, at(read, &pair.route)?);
    let arrives = |n: &i32| found.get(n).is_some_and(|value| wanted.get(n) == Some(value));
    numbers.iter().all(arrives).then_some(exchange.witness)
}

/// A message as it was sent and as it was read.
struct Exchange {
    sent: Fields,
    read: Result<Fields, String>,
    witness: Witness,
}

fn exchange(pair: &MessagePair<'_>, fields: Fields) -> Option<Exchange> {
    if deadline::is_over_now() {
        return None;
    }
    let (reader, writer) = (&pair.context.views.0, &pair.context.views.1);
    let wrapped = pair.route.iter().rev().fold(fields, |inner, step| match step {
        Step::Field(number) => Fields::from([(*number, vec![Value::Message(inner)])]),
        Step::Entry(number) => {
            let entry = Fields::from([(2, vec![Value::Message(inner)])]);
            Fields::from([(*number, vec![Value::Message(entry)])])
        }
    });
    let shape = Shape::Message(writer.message(&writer.root)?);
    let bytes = wire::encode(writer, &shape, &wrapped, 0)?;
    let sent = wire::decode(writer, &shape, &bytes, 0).ok()?;
    let reader_shape = Shape::Message(reader.message(&reader.root)?);
    let read = wire::decode(reader, &reader_shape, &bytes, 0);
    let reader_error = match &read {
        Err(why) => why.clone(),
        Ok(read) => format!("it reads {}", wire::to_json(reader, &reader_shape, read)),
    };
    let json = wire::to_json(writer, &shape, &sent).to_string();
    let witness = Witness { json: json.into(), hex: Some(wire::hex(&bytes).into()), reader_error };
    Some(Exchange { sent, read, witness })
}

/// The fields at the end of a route.
fn at<'a>(fields: &'a Fields, route: &[Step]) -> Option<&'a Fields> {
    let mut fields = fields;
    for step in route {
        let number = match step {
            Step::Field(number) | Step::Entry(number) => number,
        };
        let Value::Message(inner) = fields.get(number)?.last()? else { return None };
        fields = inner;
        if let Step::Entry(_) = step {
            let Value::Message(inner) = fields.get(&2)?.last()? else { return None };
            fields = inner;
        }
    }
    Some(fields)
}

/// Tries the values that a writer can send in a field until one is refused or misread.
pub(super) fn of_field(pair: &FieldPair<'_>) -> Option<Witness> {
    let field = pair.pair.writer;
    let number = field.number;
    let samples = samples(pair, field);
    // A list may hold the same twice, a map keeps one of them.
    let into_map = field.label == Label::Repeated && matches!(pair.pair.reader.ty, FieldType::Map { .. });
    let twice = samples.first().filter(|_| into_map).map(|value| vec![value.clone(); 2]);
    let mut values = samples.into_iter().map(|value| vec![value]).chain(twice);
    values.find_map(|values| prove(pair.message, Fields::from([(number, values)]), &[number]))
}

/// A message without a field, which both sides read; `None` when one of them refuses it or finds the field all the same.
pub(super) fn of_absence(pair: &MessagePair<'_>, number: i32) -> Option<Witness> {
    let exchange = exchange(pair, Fields::new())?;
    let read = exchange.read.as_ref().ok()?;
    let absent = |fields: &Fields| at(fields, &pair.route).is_some_and(|f| !f.contains_key(&number));
    (absent(&exchange.sent) && absent(read)).then_some(exchange.witness)
}

/// Tries two values in a repeated field.
pub(super) fn of_list(pair: &FieldPair<'_>) -> Option<Witness> {
    let number = pair.pair.writer.number;
    let values = samples(pair, pair.pair.writer);
    let two = [values.first()?.clone(), values.get(1).or(values.first())?.clone()];
    prove(pair.message, Fields::from([(number, two.to_vec())]), &[number])
}

/// Values at the edges of a field's type.
pub(super) fn samples(pair: &FieldPair<'_>, field: &Field) -> Vec<Value> {
    let Pair { reader, writer: schema } = pair.message.context.pair;
    let known = known_numbers(reader, &pair.pair.reader.ty);
    match &field.ty {
        FieldType::Map { key, value } => {
            let keys = type_samples(schema, &FieldType::Scalar(*key), &known, 0);
            let values = type_samples(schema, value, &known, 0);
            let by_key = keys.iter().map(|k| entry(k.clone(), values.first().cloned()));
            let by_value = values.iter().filter_map(|v| keys.first().map(|k| entry(k.clone(), Some(v.clone()))));
            by_key.chain(by_value).collect()
        }
        ty => type_samples(schema, ty, &known, 0),
    }
}

/// One entry of a map.
fn entry(key: Value, value: Option<Value>) -> Value {
    let mut fields = Fields::from([(1, vec![key])]);
    fields.extend(value.map(|v| (2, vec![v])));
    Value::Message(fields)
}

/// Where a text stands in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// The field itself.
    Field,
    /// The keys of a map.
    Key,
    /// The values of a map.
    Value,
}

/// A message with a text that is not UTF-8 there. A reader that does not check takes it, which is then said in these words.
pub(super) fn of_text(pair: &FieldPair<'_>, spot: Spot, taken: Option<&str>) -> Option<Witness> {
    let writer = pair.pair.writer;
    let bad = Value::Bytes(vec![0xff]);
    let first = |ty: &FieldType| type_samples(pair.message.context.pair.writer, ty, &HashSet::new(), 0).into_iter().next();
    let value = match (spot, &writer.ty) {
        (Spot::Key, FieldType::Map { value, .. }) => entry(bad, first(value)),
        (Spot::Value, FieldType::Map { key, .. }) => entry(first(&FieldType::Scalar(*key))?, Some(bad)),
        _ => bad,
    };
    let found = exchange(pair.message, Fields::from([(writer.number, vec![value])]))?;
    match taken {
        None => found.read.is_err().then_some(found.witness),
        Some(words) => found.read.is_ok().then(|| Witness { reader_error: words.to_owned(), ..found.witness }),
    }
}

/// The numbers of the enum that the reader has in a field, or in the values of a map.
fn known_numbers(reader: &Schema, ty: &FieldType) -> HashSet<i32> {
    match ty {
        FieldType::Enum(name) => reader.enumeration(name).into_iter().flat_map(|e| &e.values).map(|v| v.number).collect(),
        FieldType::Map { value, .. } => known_numbers(reader, value),
        FieldType::Scalar(_) | FieldType::Message(_) => HashSet::new(),
    }
}

fn type_samples(schema: &Schema, ty: &FieldType, known: &HashSet<i32>, depth: usize) -> Vec<Value> {
    let ints = |min: i128, max: i128| -> Vec<Value> {
        let edges = [1, 2, 3, -1, 1 << 31, (1 << 31) - 1, (1 << 32) - 1, (1 << 40) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1];
        let lows = [-(1 << 31), -(1 << 63)];
        edges.into_iter().chain(lows).filter(|n| (min..=max).contains(n)).map(Value::Int).collect()
    };
    match ty {
        FieldType::Scalar(scalar) => match scalar {
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => ints(i128::from(i32::MIN), i128::from(i32::MAX)),
            Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => ints(i128::from(i64::MIN), i128::from(i64::MAX)),
            Scalar::Uint32 | Scalar::Fixed32 => ints(0, i128::from(u32::MAX)),
            Scalar::Uint64 | Scalar::Fixed64 => ints(0, i128::from(u64::MAX)),
            Scalar::Bool => vec![Value::Int(1)],
            Scalar::Float | Scalar::Double => vec![Value::Float(1.5), Value::Float(1e300)],
            Scalar::String => vec![Value::Bytes(b"a".to_vec()), Value::Bytes("é".as_bytes().to_vec())],
            Scalar::Bytes => [&[0xff][..], b"a", b"b"].map(|bytes| Value::Bytes(bytes.to_vec())).into(),
        },
        FieldType::Enum(name) => {
            let values = schema.enumeration(name).map(|e| e.values.as_slice()).unwrap_or_default();
            let mut numbers: Vec<i32> = values.iter().map(|v| v.number).collect();
            // Those that the reader does not know first: of a large enum not all are tried.
            numbers.sort_by_cached_key(|n| known.contains(n));
            numbers.truncate(MAX_ENUM_VALUES);
            // An open enum takes any number.
            let open = schema.enumeration(name).is_some_and(|e| e.features.open_enum);
            let unlisted = values.iter().map(|v| v.number).max().and_then(|most| most.checked_add(1));
            numbers.extend(unlisted.filter(|_| open));
            // Zero last: where presence is not tracked it looks like nothing.
            numbers.sort_by_key(|n| (*n == 0, *n));
            numbers.into_iter().map(|n| Value::Int(i128::from(n))).collect()
        }
        FieldType::Message(name) if depth < 2 => {
            let fields = schema.message(name).map(|m| m.fields.as_slice()).unwrap_or_default();
            let of = |f: &Field| {
                let number = f.number;
                let last = type_samples(schema, &f.ty, known, depth + 1).pop();
                last.map(|value| Value::Message(Fields::from([(number, vec![value])])))
            };
            let mut samples: Vec<Value> = fields.iter().take(20).filter_map(of).collect();
            samples.push(Value::Message(Fields::new()));
            samples
        }
        FieldType::Message(_) | FieldType::Map { .. } => vec![Value::Message(Fields::new())],
    }
}
