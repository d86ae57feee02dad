//! The wire format, driven by schemas: just enough to encode a witness as the writer would and to read it as the reader would.
//!
//! Fields are known by number here, never by name, as on the wire. Not for user data: no speed, small messages only.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::rc::Rc;

use eventpact_contract::formats::protobuf::{Field, FieldType, Label, Message, Scalar, Schema};

/// Messages in a witness are nested at most this deep.
pub(super) const MAX_DEPTH: usize = 64;

/// One value, without names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// An integer, a boolean (0 or 1) or the number of an enum value.
    Int(i128),
    /// `float` and `double`.
    Float(f64),
    /// `string` and `bytes`.
    Bytes(Vec<u8>),
    /// A message, also the entry of a map.
    Message(Fields),
}

/// The fields of a message by number; more than one value only for repeated fields.
pub(super) type Fields = BTreeMap<i32, Vec<Value>>;

/// A schema with the fields that messages get from outside.
#[derive(Debug)]
pub(super) struct View<'a> {
    schema: &'a Schema,
    /// The `extend` blocks, by the message that they extend.
    extensions: HashMap<&'a str, Vec<&'a Field>>,
    /// By the full name of a message, made when the message is first met: many witnesses are made with one view.
    layouts: RefCell<HashMap<String, Rc<Layout>>>,
}

/// Where the fields of a message are, so that what one costs does not depend on how many the message has.
#[derive(Debug, Default)]
struct Layout {
    /// From the number to the place among [`View::fields`]; of two with one number the first.
    places: HashMap<i32, usize>,
    /// The numbers of the required ones.
    required: Vec<i32>,
}

impl Deref for View<'_> {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        self.schema
    }
}

impl<'a> View<'a> {
    /// A schema with its `extend` blocks, wherever they stand.
    pub(super) fn new(schema: &'a Schema) -> Self {
        let mut extensions: HashMap<&str, Vec<&Field>> = HashMap::new();
        let mut open: Vec<&Message> = Vec::new();
        for file in schema.files.iter() {
            let mut blocks: Vec<_> = file.extends.iter().collect();
            open.extend(&file.messages);
            while let Some(message) = open.pop() {
                blocks.extend(&message.extends);
                open.extend(&message.messages);
            }
            for block in blocks {
                extensions.entry(block.extendee.as_str()).or_default().extend(&block.fields);
            }
        }
        Self { schema, extensions, layouts: RefCell::default() }
    }

    /// The fields of a message, its own first.
    pub(super) fn fields<'v>(&'v self, message: &'v Message) -> impl Iterator<Item = &'v Field> {
        let more = self.extensions.get(message.element.full_name.as_str());
        message.fields.iter().chain(more.into_iter().flatten().copied())
    }

    fn layout(&self, message: &Message) -> Rc<Layout> {
        let name = &message.element.full_name;
        if let Some(known) = self.layouts.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut layout = Layout::default();
        for (place, field) in self.fields(message).enumerate() {
            layout.places.entry(field.number).or_insert(place);
            if field.label == Label::Required {
                layout.required.push(field.number);
            }
        }
        let layout = Rc::new(layout);
        self.layouts.borrow_mut().insert(name.clone(), Rc::clone(&layout));
        layout
    }

    /// The field of a number.
    fn field<'v>(&'v self, message: &'v Message, number: i32) -> Option<&'v Field> {
        let place = *self.layout(message).places.get(&number)?;
        let more = || self.extensions.get(message.element.full_name.as_str())?.get(place - message.fields.len()).copied();
        message.fields.get(place).or_else(more)
    }
}

/// The fields of a message type or of the entry of a map.
pub(super) enum Shape<'a> {
    /// A message type.
    Message(&'a Message),
    /// The entry of a map: key 1, value 2; and whether texts in it are checked.
    Entry(Scalar, &'a FieldType, bool),
}

impl<'a> Shape<'a> {
    /// What the values of a field are made of; `None` for scalars and enums. The last flag says whether texts are checked.
    pub(super) fn of(schema: &'a Schema, ty: &'a FieldType, utf8: bool) -> Option<Self> {
        match ty {
            FieldType::Message(name) => schema.message(name).map(Self::Message),
            FieldType::Map { key, value } => Some(Self::Entry(*key, value, utf8)),
            FieldType::Scalar(_) | FieldType::Enum(_) => None,
        }
    }
}

/// The kinds of encoding on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

fn wire_type(ty: &FieldType) -> WireType {
    match ty {
        FieldType::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => WireType::Fixed64,
        FieldType::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => WireType::Fixed32,
        FieldType::Scalar(Scalar::String | Scalar::Bytes) | FieldType::Message(_) | FieldType::Map { .. } => WireType::Length,
        FieldType::Scalar(_) | FieldType::Enum(_) => WireType::Varint,
    }
}

/// The numbers that an enum reads; `None` when it is open and reads all.
fn closed_numbers(schema: &Schema, name: &str) -> Option<Vec<i32>> {
    let one = schema.enumeration(name).filter(|e| !e.features.open_enum)?;
    Some(one.values.iter().map(|v| v.number).collect())
}

// ---- writing ----

/// Encodes fields as the owner of the schema would: what is required and missing is added. `None` when it cannot be.
pub(super) fn encode(schema: &View<'_>, shape: &Shape<'_>, fields: &Fields, depth: usize) -> Option<Vec<u8>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    match shape {
        Shape::Entry(key, value, _) => {
            let key = FieldType::Scalar(*key);
            for (number, ty) in [(1, &key), (2, *value)] {
                // Both are always written; a message that is left out would lack what it requires.
                let one = fields.get(&number).and_then(|values| values.first()).cloned();
                tagged(schema, number, ty, &one.or_else(|| least(schema, ty))?, depth, &mut out)?;
            }
        }
        Shape::Message(message) => {
            let numbers: BTreeSet<i32> = fields.keys().chain(&schema.layout(message).required).copied().collect();
            for field in numbers.into_iter().filter_map(|number| schema.field(message, number)) {
                let values: Vec<Value> = match fields.get(&field.number) {
                    Some(values) => values.clone(),
                    None if field.label == Label::Required => vec![least(schema, &field.ty)?],
                    None => continue,
                };
                if packed(field) {
                    let mut packed = Vec::new();
                    for one in &values {
                        bare(schema, &field.ty, one, depth, &mut packed)?;
                    }
                    varint(u64::try_from(field.number).ok()? << 3 | 2, &mut out);
                    varint(packed.len() as u64, &mut out);
                    out.append(&mut packed);
                    continue;
                }
                for one in &values {
                    match one {
                        Value::Message(inner) if field.features.delimited => {
                            group(schema, field, inner, depth, &mut out)?;
                        }
                        one => tagged(schema, field.number, &field.ty, one, depth, &mut out)?,
                    }
                }
            }
        }
    }
    Some(out)
}

/// A message between two tags, as groups and delimited fields have it.
fn group(schema: &View<'_>, field: &Field, fields: &Fields, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let number = u64::try_from(field.number).ok()?;
    let inner = encode(schema, &Shape::of(schema, &field.ty, true)?, fields, depth + 1)?;
    varint(number << 3 | 3, out);
    out.extend(inner);
    varint(number << 3 | 4, out);
    Some(())
}

fn packed(field: &Field) -> bool {
    field.label == Label::Repeated && wire_type(&field.ty) != WireType::Length && field.features.packed
}

/// The smallest value of a type.
fn least(schema: &View<'_>, ty: &FieldType) -> Option<Value> {
    Some(match ty {
        FieldType::Scalar(Scalar::Double | Scalar::Float) => Value::Float(0.0),
        FieldType::Scalar(Scalar::String | Scalar::Bytes) => Value::Bytes(Vec::new()),
        FieldType::Scalar(_) => Value::Int(0),
        FieldType::Enum(name) => Value::Int(i128::from(schema.enumeration(name)?.values.first()?.number)),
        FieldType::Message(_) | FieldType::Map { .. } => Value::Message(Fields::new()),
    })
}

fn tagged(schema: &View<'_>, number: i32, ty: &FieldType, value: &Value, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    varint(u64::try_from(number).ok()? << 3 | wire_type(ty) as u64, out);
    bare(schema, ty, value, depth, out)
}

/// A value without its tag.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // cutting to the width of the type is the encoding
fn bare(schema: &View<'_>, ty: &FieldType, value: &Value, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    match (ty, value) {
        (FieldType::Scalar(Scalar::Double), Value::Float(f)) => out.extend(f.to_le_bytes()),
        (FieldType::Scalar(Scalar::Float), Value::Float(f)) => out.extend((*f as f32).to_le_bytes()),
        (FieldType::Scalar(Scalar::Fixed64 | Scalar::Sfixed64), Value::Int(n)) => out.extend((*n as u64).to_le_bytes()),
        (FieldType::Scalar(Scalar::Fixed32 | Scalar::Sfixed32), Value::Int(n)) => out.extend((*n as u32).to_le_bytes()),
        (FieldType::Scalar(Scalar::Sint32 | Scalar::Sint64), Value::Int(n)) => {
            let n = *n as i64;
            varint(((n << 1) ^ (n >> 63)) as u64, out);
        }
        // Negative numbers of 32 bits are written with all 64.
        (FieldType::Scalar(_) | FieldType::Enum(_), Value::Int(n)) => varint(*n as u64, out),
        (FieldType::Scalar(Scalar::String | Scalar::Bytes), Value::Bytes(bytes)) => {
            varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        (_, Value::Message(fields)) => {
            let inner = encode(schema, &Shape::of(schema, ty, true)?, fields, depth + 1)?;
            varint(inner.len() as u64, out);
            out.extend(inner);
        }
        _ => return None,
    }
    Some(())
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

// ---- reading ----

/// What stands behind a tag, before its type is known.
enum Raw<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Length(&'a [u8]),
    /// What stands between the two tags of a group.
    Group(&'a [u8]),
    Fixed32([u8; 4]),
}

struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or("the message ends in the middle of a field")?;
        self.bytes = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or(0);
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number has more than ten bytes".to_owned())
    }

    /// What stands in front of the tag that ends a group.
    fn group(&mut self, number: i32, depth: usize) -> Result<&'a [u8], String> {
        if depth > MAX_DEPTH {
            return Err(format!("groups are nested more than {MAX_DEPTH} deep"));
        }
        let start = self.bytes;
        loop {
            let here = self.bytes;
            let tag = self.varint()?;
            if tag & 7 == 4 {
                let ends = i32::try_from(tag >> 3) == Ok(number);
                let inner = start.get(..start.len() - here.len()).filter(|_| ends);
                return inner.ok_or_else(|| format!("group {number} ends with the tag of another"));
            }
            self.bytes = here;
            self.field(depth + 1)?;
        }
    }

    fn field(&mut self, depth: usize) -> Result<(i32, Raw<'a>), String> {
        let tag = self.varint()?;
        let number = i32::try_from(tag >> 3).ok().filter(|n| *n > 0).ok_or("a field has no valid number")?;
        let raw = match tag & 7 {
            0 => Raw::Varint(self.varint()?),
            1 => Raw::Fixed64(self.take(8)?.try_into().map_err(|_| "eight bytes are missing")?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| "a length is too large")?;
                Raw::Length(self.take(length)?)
            }
            3 => Raw::Group(self.group(number, depth)?),
            5 => Raw::Fixed32(self.take(4)?.try_into().map_err(|_| "four bytes are missing")?),
            other => return Err(format!("field {number} has the unknown wire type {other}")),
        };
        Ok((number, raw))
    }
}

/// Decodes bytes as the owner of the schema would, or says why it refuses them.
pub(super) fn decode(schema: &View<'_>, shape: &Shape<'_>, bytes: &[u8], depth: usize) -> Result<Fields, String> {
    if depth > MAX_DEPTH {
        return Err(format!("messages are nested more than {MAX_DEPTH} deep"));
    }
    let mut fields = Fields::new();
    let mut input = Input { bytes };
    while !input.bytes.is_empty() {
        let (number, raw) = input.field(0)?;
        match shape {
            Shape::Entry(key, value, utf8) => {
                let key = FieldType::Scalar(*key);
                let ty = if number == 1 { &key } else { *value };
                if number <= 2
                    && let Some(found) = value_of(schema, (ty, *utf8), number, &raw, depth)?
                {
                    fields.insert(number, vec![found]);
                }
            }
            Shape::Message(message) => {
                if let Some(field) = schema.field(message, number) {
                    store(schema, message, field, &raw, depth, &mut fields)?;
                }
            }
        }
    }
    if let Shape::Message(message) = shape {
        let missing = schema.layout(message).required.iter().copied().find(|number| !fields.contains_key(number));
        if let Some(field) = missing.and_then(|number| schema.field(message, number)) {
            return Err(format!("the required field {} `{}` is missing", field.number, field.element.name));
        }
    }
    Ok(fields)
}

/// Puts one occurrence of a field among the fields: last wins, messages merge, a oneof keeps its last member.
fn store(
    schema: &View<'_>,
    message: &Message,
    field: &Field,
    raw: &Raw<'_>,
    depth: usize,
    fields: &mut Fields,
) -> Result<(), String> {
    let mut found = Vec::new();
    let kind = (&field.ty, field.features.utf8);
    match (raw, wire_type(&field.ty)) {
        (Raw::Group(bytes), WireType::Length) if field.features.delimited => {
            found.extend(value_of(schema, kind, field.number, &Raw::Length(bytes), depth)?);
        }
        // To a reader of groups a message with a length is an unknown field.
        (Raw::Length(_), WireType::Length) if field.features.delimited => {}
        (Raw::Length(bytes), width) if width != WireType::Length => {
            if field.label == Label::Repeated {
                let mut input = Input { bytes };
                while !input.bytes.is_empty() {
                    let raw = match width {
                        WireType::Varint => Raw::Varint(input.varint()?),
                        WireType::Fixed64 => Raw::Fixed64(input.take(8)?.try_into().map_err(|_| "eight bytes are missing")?),
                        _ => Raw::Fixed32(input.take(4)?.try_into().map_err(|_| "four bytes are missing")?),
                    };
                    found.extend(value_of(schema, kind, field.number, &raw, depth)?);
                }
            }
        }
        _ => found.extend(value_of(schema, kind, field.number, raw, depth)?),
    }
    if found.is_empty() {
        return Ok(());
    }
    if let Some(oneof) = field.oneof {
        let member = |number: i32| schema.field(message, number).is_some_and(|other| other.oneof == Some(oneof));
        fields.retain(|number, _| *number == field.number || !member(*number));
    }
    let slot = fields.entry(field.number).or_default();
    if let FieldType::Map { key, .. } = &field.ty {
        // A map has each key once, and keeps the last.
        let zero = least(schema, &FieldType::Scalar(*key)).map(|zero| vec![zero]);
        let key = |entry: &Value| if let Value::Message(parts) = entry { parts.get(&1).cloned().or(zero.clone()) } else { None };
        let new: Vec<_> = found.iter().map(key).collect();
        slot.retain(|entry| !new.contains(&key(entry)));
        slot.extend(found);
    } else if field.label == Label::Repeated {
        slot.extend(found);
    } else if let (Some(Value::Message(old)), [Value::Message(new)]) = (slot.first_mut(), found.as_slice()) {
        old.extend(new.clone());
    } else {
        *slot = found;
    }
    Ok(())
}

/// The value of a field; `None` when the reader takes it for an unknown field.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // cutting to the width of the type is the decoding
fn value_of(
    schema: &View<'_>,
    (ty, utf8): (&FieldType, bool),
    number: i32,
    raw: &Raw<'_>,
    depth: usize,
) -> Result<Option<Value>, String> {
    let value = match (ty, raw) {
        (FieldType::Enum(name), Raw::Varint(n)) => {
            let value = *n as i32;
            if closed_numbers(schema, name).is_some_and(|known| !known.contains(&value)) {
                return Ok(None);
            }
            Value::Int(i128::from(value))
        }
        (FieldType::Scalar(scalar), Raw::Varint(n)) => match scalar {
            Scalar::Bool => Value::Int(i128::from(*n != 0)),
            Scalar::Int32 => Value::Int(i128::from(*n as i32)),
            Scalar::Uint32 => Value::Int(i128::from(*n as u32)),
            Scalar::Int64 => Value::Int(i128::from(*n as i64)),
            Scalar::Uint64 => Value::Int(i128::from(*n)),
            Scalar::Sint32 => Value::Int(i128::from(zigzag(u64::from(*n as u32)) as i32)),
            Scalar::Sint64 => Value::Int(i128::from(zigzag(*n))),
            _ => return Ok(None),
        },
        (FieldType::Scalar(scalar), Raw::Fixed32(bytes)) => match scalar {
            Scalar::Float => Value::Float(f64::from(f32::from_le_bytes(*bytes))),
            Scalar::Fixed32 => Value::Int(i128::from(u32::from_le_bytes(*bytes))),
            Scalar::Sfixed32 => Value::Int(i128::from(i32::from_le_bytes(*bytes))),
            _ => return Ok(None),
        },
        (FieldType::Scalar(scalar), Raw::Fixed64(bytes)) => match scalar {
            Scalar::Double => Value::Float(f64::from_le_bytes(*bytes)),
            Scalar::Fixed64 => Value::Int(i128::from(u64::from_le_bytes(*bytes))),
            Scalar::Sfixed64 => Value::Int(i128::from(i64::from_le_bytes(*bytes))),
            _ => return Ok(None),
        },
        (FieldType::Scalar(Scalar::Bytes), Raw::Length(bytes)) => Value::Bytes(bytes.to_vec()),
        (FieldType::Scalar(Scalar::String), Raw::Length(bytes)) => {
            if utf8 && std::str::from_utf8(bytes).is_err() {
                return Err(format!("the string in field {number} is not UTF-8"));
            }
            Value::Bytes(bytes.to_vec())
        }
        (FieldType::Message(_) | FieldType::Map { .. }, Raw::Length(bytes)) => {
            let Some(shape) = Shape::of(schema, ty, utf8) else { return Ok(None) };
            let fields = decode(schema, &shape, bytes, depth + 1)?;
            // An entry whose value a closed enum does not know is put aside as a whole.
            if matches!(shape, Shape::Entry(_, FieldType::Enum(_), _)) && !fields.contains_key(&2) && has_field(bytes, 2)? {
                return Ok(None);
            }
            Value::Message(fields)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// The encoded message has a field of that number.
fn has_field(bytes: &[u8], number: i32) -> Result<bool, String> {
    let mut input = Input { bytes };
    while !input.bytes.is_empty() {
        if input.field(0)?.0 == number {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::cast_possible_wrap)] // zigzag is defined on the bits
fn zigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

// ---- for people ----

/// Fields as JSON with the names of a schema.
pub(super) fn to_json(schema: &View<'_>, shape: &Shape<'_>, fields: &Fields) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    match shape {
        Shape::Entry(key, value, _) => {
            let key = FieldType::Scalar(*key);
            for (number, name, ty) in [(1, "key", &key), (2, "value", *value)] {
                if let Some(found) = fields.get(&number).and_then(|v| v.first()) {
                    object.insert(name.to_owned(), value_json(schema, ty, found));
                }
            }
        }
        Shape::Message(message) => {
            let layout = schema.layout(message);
            let mut present: Vec<&Field> = fields.keys().filter_map(|number| schema.field(message, *number)).collect();
            // As the schema has them.
            present.sort_by_key(|field| layout.places.get(&field.number));
            for field in present {
                let Some(values) = fields.get(&field.number) else { continue };
                let mut all: Vec<serde_json::Value> = values.iter().map(|v| value_json(schema, &field.ty, v)).collect();
                let json = if field.label == Label::Repeated { all.into() } else { all.pop().unwrap_or_default() };
                let own = layout.places.get(&field.number).is_some_and(|place| *place < message.fields.len());
                let name = &field.element;
                object.insert(if own { name.name.clone() } else { format!("[{}]", name.full_name) }, json);
            }
        }
    }
    object.into()
}

fn value_json(schema: &View<'_>, ty: &FieldType, value: &Value) -> serde_json::Value {
    match (ty, value) {
        (FieldType::Scalar(Scalar::Bool), Value::Int(n)) => (*n != 0).into(),
        (FieldType::Enum(name), Value::Int(n)) => {
            let known = schema.enumeration(name).and_then(|e| e.values.iter().find(|v| i128::from(v.number) == *n));
            known.map_or_else(|| n.to_string().into(), |v| v.element.name.clone().into())
        }
        (_, Value::Int(n)) => i64::try_from(*n).map_or_else(|_| n.to_string().into(), Into::into),
        (_, Value::Float(f)) => serde_json::Number::from_f64(*f).map_or_else(|| f.to_string().into(), Into::into),
        (FieldType::Scalar(Scalar::String), Value::Bytes(bytes)) if std::str::from_utf8(bytes).is_ok() => {
            String::from_utf8_lossy(bytes).into_owned().into()
        }
        (_, Value::Bytes(bytes)) => format!("bytes {}", hex(bytes)).into(),
        (_, Value::Message(fields)) => {
            Shape::of(schema, ty, true).map_or(serde_json::Value::Null, |shape| to_json(schema, &shape, fields))
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
