//! Bytes to a value, with the schema that wrote them.

use super::wire::Input;
use super::{MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::{Kind, Schema, TypeId};

/// Decodes a value with the schema it was written with. All bytes must belong to it.
pub fn decode(writer: &Schema, bytes: &[u8]) -> Result<Value> {
    let mut input = Input::new(bytes);
    let value = read(writer, writer.root, &mut input, 0)?;
    end(&input, bytes)?;
    Ok(value)
}

/// Refuses bytes behind the value.
pub(super) fn end(input: &Input<'_>, bytes: &[u8]) -> Result<()> {
    let rest = bytes.len().saturating_sub(input.offset());
    if rest == 0 { Ok(()) } else { Err(input.fail(format!("{rest} bytes follow after the value"))) }
}

pub(super) fn read(schema: &Schema, id: TypeId, input: &mut Input<'_>, depth: usize) -> Result<Value> {
    if depth > MAX_VALUE_DEPTH {
        return Err(input.fail(format!("values are nested deeper than {MAX_VALUE_DEPTH} levels")));
    }
    input.count()?;
    Ok(match &schema.get(id).kind {
        Kind::Null => Value::Null,
        Kind::Boolean => Value::Boolean(input.boolean()?),
        Kind::Int => Value::Int(input.int()?),
        Kind::Long => Value::Long(input.long()?),
        Kind::Float => Value::Float(f32::from_le_bytes(input.array()?)),
        Kind::Double => Value::Double(f64::from_le_bytes(input.array()?)),
        Kind::Bytes => Value::Bytes(input.bytes()?.to_vec()),
        Kind::String => Value::String(input.string()?.to_owned()),
        Kind::Fixed(fixed) => Value::Fixed(input.take(fixed.size)?.to_vec()),
        Kind::Enum(e) => Value::Enum(input.index(e.symbols.len(), "symbol")?),
        Kind::Record(record) => {
            let mut values = Vec::with_capacity(record.fields.len());
            for field in &record.fields {
                values.push(read(schema, field.ty, input, depth + 1).map_err(|e| e.in_field(&field.name))?);
            }
            Value::Record(values)
        }
        Kind::Array(items) => {
            let mut values = Vec::new();
            items_of(input, |input| {
                let value = read(schema, *items, input, depth + 1).map_err(|e| e.in_item(values.len()))?;
                values.push(value);
                Ok(())
            })?;
            Value::Array(values)
        }
        Kind::Map(inner) => {
            let mut entries = Vec::new();
            items_of(input, |input| {
                let key = input.string()?.to_owned();
                let value = read(schema, *inner, input, depth + 1).map_err(|e| e.in_item(format_args!("{key:?}")))?;
                entries.push((key, value));
                Ok(())
            })?;
            Value::Map(entries)
        }
        Kind::Union(branches) => {
            let index = input.index(branches.len(), "branch")?;
            let branch = branches.get(index).copied().unwrap_or(id);
            Value::Union(index, Box::new(read(schema, branch, input, depth + 1)?))
        }
    })
}

/// Calls `item` for each item of all blocks.
pub(super) fn items_of<'b>(input: &mut Input<'b>, mut item: impl FnMut(&mut Input<'b>) -> Result<()>) -> Result<()> {
    loop {
        let count = input.block()?;
        if count == 0 {
            return Ok(());
        }
        for _ in 0..count {
            item(input)?;
        }
    }
}
