//! Runs a plan over the bytes of one message.

use super::{Op, OpId, Piece, Plan, RecordOp, Skip, SkipId, Step};
use crate::codec::DecodeError;
use crate::codec::avro::wire::{self, Reader};

pub(super) struct Runner<'p> {
    pub plan: &'p Plan,
    pub input: &'p [u8],
    /// How long the output may become.
    pub limit: usize,
    /// Room for the fields of records whose order differs.
    pub spare: Vec<u8>,
}

impl Runner<'_> {
    pub(super) fn op(&mut self, id: OpId, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let plan = self.plan;
        match &plan.ops[id] {
            Op::Copy(skip) => {
                let start = reader.offset();
                self.skip(*skip, reader)?;
                out.extend_from_slice(self.input.get(start..reader.offset()).unwrap_or_default());
            }
            #[allow(clippy::cast_precision_loss)] // the promotions of the specification round
            Op::IntToFloat => wire::write_float(out, reader.int()? as f32),
            Op::IntToDouble => wire::write_double(out, f64::from(reader.int()?)),
            #[allow(clippy::cast_precision_loss)] // the promotions of the specification round
            Op::LongToFloat => wire::write_float(out, reader.long()? as f32),
            #[allow(clippy::cast_precision_loss)] // the promotions of the specification round
            Op::LongToDouble => wire::write_double(out, reader.long()? as f64),
            Op::FloatToDouble => wire::write_double(out, f64::from(reader.float()?)),
            Op::Enum { name, symbols } => match index(reader, symbols, name)? {
                Ok(symbol) => wire::write_length(out, *symbol),
                Err(symbol) => {
                    let found = format!("found symbol {symbol}, which the reader's enum {name} does not have");
                    return Err(reader.error(found).because_of_schemas());
                }
            },
            Op::Record(record) => self.record(record, reader, out)?,
            Op::Array(item, least) => self.array(*item, *least, reader, out)?,
            Op::Map(value, least) => self.map(*value, *least, reader, out)?,
            Op::FromUnion(branches) => {
                let branch = *index(reader, branches, "the union")?;
                self.op(branch, reader, out)?;
            }
            Op::ToUnion(branch, value) => {
                wire::write_length(out, *branch);
                self.op(*value, reader, out)?;
            }
            Op::Fail(why) => return Err(reader.error(why.clone()).because_of_schemas()),
        }
        Ok(())
    }

    fn record(&mut self, record: &RecordOp, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        reader.enter()?;
        let start = out.len();
        let mut ends = Vec::new();
        for step in &record.steps {
            match step {
                Step::Skip(skip, name) => self.skip(*skip, reader).map_err(|e| e.in_field(name.clone()))?,
                Step::Write(op, name) => {
                    self.op(*op, reader, out).map_err(|e| e.in_field(name.clone()))?;
                    if record.order.is_some() {
                        ends.push(out.len());
                    }
                }
                Step::Bytes(bytes) => out.extend_from_slice(bytes),
            }
        }
        if let Some(order) = &record.order {
            self.reorder(order, start, &ends, out);
        }
        reader.leave();
        if out.len() > self.limit {
            return Err(reader.error(format!("the message grows beyond {} bytes by its defaults", super::MAX_OUTPUT)));
        }
        Ok(())
    }

    /// Puts the fields that were written from `start` on into the reader's order.
    fn reorder(&mut self, order: &[Piece], start: usize, ends: &[usize], out: &mut Vec<u8>) {
        self.spare.clear();
        self.spare.extend_from_slice(out.get(start..).unwrap_or_default());
        out.truncate(start);
        for piece in order {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Written(step) => {
                    let from = step.checked_sub(1).and_then(|i| ends.get(i)).copied().unwrap_or(start) - start;
                    let to = ends.get(*step).copied().unwrap_or(start) - start;
                    out.extend_from_slice(self.spare.get(from..to).unwrap_or_default());
                }
            }
        }
    }

    fn array(&mut self, item: OpId, least: usize, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let mut done = 0;
        loop {
            let count = reader.block(least)?;
            wire::write_length(out, count);
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count {
                self.op(item, reader, out).map_err(|e| e.in_index(done))?;
                done += 1;
            }
        }
    }

    fn map(&mut self, value: OpId, least: usize, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        loop {
            let count = reader.block(least.saturating_add(1))?;
            wire::write_length(out, count);
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count {
                let key = reader.bytes()?;
                wire::write_bytes(out, key);
                self.op(value, reader, out).map_err(|e| e.in_key(&String::from_utf8_lossy(key)))?;
            }
        }
    }

    fn skip(&self, id: SkipId, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let plan = self.plan;
        match &plan.skips[id] {
            Skip::Nothing => {}
            Skip::Boolean => {
                reader.boolean()?;
            }
            Skip::Number => {
                reader.long()?;
            }
            Skip::Symbol(count) => {
                let index = reader.long()?;
                if usize::try_from(index).is_ok_and(|i| i >= *count) || index < 0 {
                    return Err(reader.bad_index("the enum", index, *count));
                }
            }
            Skip::Bytes(count) => reader.skip(*count)?,
            Skip::Sized => {
                reader.bytes()?;
            }
            Skip::Record(fields) => {
                reader.enter()?;
                for field in fields {
                    self.skip(*field, reader)?;
                }
                reader.leave();
            }
            Skip::Array(item, least) => loop {
                let count = reader.block(*least)?;
                if count == 0 {
                    break;
                }
                for _ in 0..count {
                    self.skip(*item, reader)?;
                }
            },
            Skip::Map(value, least) => loop {
                let count = reader.block(least.saturating_add(1))?;
                if count == 0 {
                    break;
                }
                for _ in 0..count {
                    reader.bytes()?;
                    self.skip(*value, reader)?;
                }
            },
            Skip::Union(branches) => {
                let branch = *index(reader, branches, "the union")?;
                self.skip(branch, reader)?;
            }
        }
        Ok(())
    }
}

/// Reads the index of a symbol or branch and gives what stands there.
fn index<'t, T>(reader: &mut Reader<'_>, all: &'t [T], what: &str) -> Result<&'t T, DecodeError> {
    let index = reader.long()?;
    let found = usize::try_from(index).ok().and_then(|i| all.get(i));
    found.ok_or_else(|| reader.bad_index(what, index, all.len()))
}
