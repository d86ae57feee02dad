//! Works out a plan from two schemas: the schema resolution of the specification.
//!
//! Names must match: the reader's simple name or one of its aliases. Of a reader's union, the branch of the same type is taken,
//! else the first that can read every value of the writer's type, else the first that matches at all.

use std::collections::HashMap;

use super::schema::{EnumType, Field, Id, Model, Type};
use super::{Op, OpId, Pairs, Piece, Plan, PlanError, RecordOp, Skip, SkipId, Step, default};

/// How deep pairs of types may nest.
const MAX_DEPTH: usize = 200;
/// How many pairs of types a plan may have.
const MAX_PAIRS: usize = 200_000;

/// The plan of two schemas.
pub(super) fn plan(writer: &Model, reader: &Model) -> Result<Plan, PlanError> {
    let mut builder = Builder {
        writer,
        reader,
        ops: Vec::new(),
        skips: Vec::new(),
        pairs: Pairs::new(),
        skipped: HashMap::new(),
        leasts: HashMap::new(),
        readable: HashMap::new(),
        same: HashMap::new(),
        depth: 0,
    };
    let root = builder.op(writer.root, reader.root)?;
    Ok(Plan { ops: builder.ops, skips: builder.skips, root })
}

struct Builder<'m> {
    writer: &'m Model,
    reader: &'m Model,
    ops: Vec<Op>,
    skips: Vec<Skip>,
    pairs: Pairs,
    skipped: HashMap<Id, SkipId>,
    leasts: HashMap<Id, usize>,
    readable: HashMap<(Id, Id), bool>,
    same: HashMap<(Id, Id), bool>,
    depth: usize,
}

/// How the fields of two records belong together.
struct Fields {
    /// For each field of the writer, the field of the reader that takes it.
    targets: Vec<Option<usize>>,
    /// The reader's fields that the writer does not send.
    absent: Vec<usize>,
}

impl<'m> Builder<'m> {
    fn deeper(&mut self) -> Result<(), PlanError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(PlanError(format!("types refer to each other more than {MAX_DEPTH} levels deep")));
        }
        if self.pairs.len() + self.readable.len() + self.same.len() > MAX_PAIRS {
            return Err(PlanError(format!("the schemas have more than {MAX_PAIRS} pairs of types to compare")));
        }
        Ok(())
    }

    fn op(&mut self, w: Id, r: Id) -> Result<OpId, PlanError> {
        if let Some(id) = self.pairs.get(&(w, r)) {
            return Ok(*id);
        }
        self.deeper()?;
        let id = self.ops.len();
        self.ops.push(Op::Fail(String::new()));
        self.pairs.insert((w, r), id);
        let op = if self.same(w, r)? { Op::Copy(self.skip(w)?) } else { self.resolve(w, r)? };
        self.ops[id] = op;
        self.depth -= 1;
        Ok(id)
    }

    fn resolve(&mut self, w: Id, r: Id) -> Result<Op, PlanError> {
        let (writer, reader) = (self.writer, self.reader);
        let (wt, rt) = (writer.get(w), reader.get(r));
        Ok(match (wt, rt) {
            (Type::Union(branches), _) => {
                let ops: Result<_, _> = branches.iter().map(|b| self.op(*b, r)).collect();
                Op::FromUnion(ops?)
            }
            (_, Type::Union(branches)) => match self.branch(w, branches)? {
                None => Op::Fail(format!("found {}, expecting {}", wt.shown(), union_shown(reader, branches))),
                Some((index, branch)) => Op::ToUnion(index, self.op(w, branch)?),
            },
            (Type::Int, Type::Float) => Op::IntToFloat,
            (Type::Int, Type::Double) => Op::IntToDouble,
            (Type::Long, Type::Float) => Op::LongToFloat,
            (Type::Long, Type::Double) => Op::LongToDouble,
            (Type::Float, Type::Double) => Op::FloatToDouble,
            (Type::Array(from), Type::Array(to)) => Op::Array(self.op(*from, *to)?, self.least(*from, 0)),
            (Type::Map(from), Type::Map(to)) => Op::Map(self.op(*from, *to)?, self.least(*from, 0)),
            (Type::Enum(theirs, from), Type::Enum(own, to)) if own.reads(theirs) => {
                Op::Enum { name: own.full.clone(), symbols: symbols(from, to) }
            }
            (Type::Record(theirs, from), Type::Record(own, to)) if own.reads(theirs) => self.record(from, to)?,
            (Type::Fixed(theirs, from), Type::Fixed(own, to)) if own.reads(theirs) && from != to => {
                Op::Fail(format!("found {from} bytes, expecting fixed {} of {to} bytes", own.full))
            }
            _ => Op::Fail(format!("found {}, expecting {}", wt.shown(), rt.shown())),
        })
    }

    fn record(&mut self, from: &'m [Field], to: &'m [Field]) -> Result<Op, PlanError> {
        let fields = match fields(from, to) {
            Ok(fields) => fields,
            Err(problem) => return Ok(Op::Fail(problem)),
        };
        let mut defaults: HashMap<usize, Vec<u8>> = HashMap::new();
        for index in &fields.absent {
            let Some((field, json)) = to.get(*index).and_then(|f| Some((f, f.default.as_ref()?))) else { continue };
            match default::encode(self.reader, field.ty, json) {
                Ok(bytes) => defaults.insert(*index, bytes),
                Err(why) => return Ok(Op::Fail(format!("the default of the field {} cannot be used: {why}", field.name))),
            };
        }
        let mut steps = Vec::with_capacity(from.len());
        let mut written = Vec::new();
        for (field, target) in from.iter().zip(&fields.targets) {
            match target.and_then(|t| Some((t, to.get(t)?))) {
                None => steps.push(Step::Skip(self.skip(field.ty)?, field.name.clone())),
                Some((index, own)) => {
                    steps.push(Step::Write(self.op(field.ty, own.ty)?, own.name.clone()));
                    written.push(index);
                }
            }
        }
        if written.is_sorted() {
            return Ok(Op::Record(Box::new(RecordOp { steps: interleave(steps, &written, defaults, to.len()), order: None })));
        }
        let steps_of: HashMap<usize, usize> = written.iter().enumerate().map(|(step, index)| (*index, step)).collect();
        let mut piece = |index: usize| match steps_of.get(&index) {
            Some(step) => Piece::Written(*step),
            None => Piece::Bytes(defaults.remove(&index).unwrap_or_default()),
        };
        let order: Vec<Piece> = (0..to.len()).map(&mut piece).collect();
        Ok(Op::Record(Box::new(RecordOp { steps, order: Some(order) })))
    }

    /// The branch of the reader's union that takes a type of the writer.
    fn branch(&mut self, w: Id, branches: &[Id]) -> Result<Option<(usize, Id)>, PlanError> {
        let ty = self.writer.get(w);
        let reader = self.reader;
        let same_name = |r: &Id| match (ty.name(), reader.get(*r).name()) {
            (Some(theirs), Some(own)) => theirs.full == own.full,
            (None, None) => ty.word() == reader.get(*r).word(),
            _ => false,
        };
        let all = || branches.iter().copied().enumerate();
        let same = all().find(|(_, r)| same_name(r));
        if let Some(found) = same
            && self.readable(w, found.1)?
        {
            return Ok(same);
        }
        for found in all() {
            if self.readable(w, found.1)? {
                return Ok(Some(found));
            }
        }
        Ok(same.or_else(|| all().find(|(_, r)| matches(ty, reader.get(*r)))))
    }

    /// Whether the reader can read every value of the writer's type. A pair in progress counts as readable.
    fn readable(&mut self, w: Id, r: Id) -> Result<bool, PlanError> {
        if let Some(known) = self.readable.get(&(w, r)) {
            return Ok(*known);
        }
        self.deeper()?;
        self.readable.insert((w, r), true);
        let (writer, reader) = (self.writer, self.reader);
        let good = match (writer.get(w), reader.get(r)) {
            (Type::Union(branches), _) => {
                let mut all = true;
                for branch in branches {
                    all = all && self.readable(*branch, r)?;
                }
                all
            }
            (_, Type::Union(branches)) => {
                let mut any = false;
                for branch in branches {
                    any = any || self.readable(w, *branch)?;
                }
                any
            }
            (Type::Array(from), Type::Array(to)) | (Type::Map(from), Type::Map(to)) => self.readable(*from, *to)?,
            (Type::Record(theirs, from), Type::Record(own, to)) => match fields(from, to) {
                Ok(fields) => own.reads(theirs) && self.readable_fields(&fields, from, to)?,
                Err(_) => false,
            },
            (Type::Enum(theirs, from), Type::Enum(own, to)) => own.reads(theirs) && symbols(from, to).iter().all(Result::is_ok),
            (Type::Fixed(theirs, from), Type::Fixed(own, to)) => own.reads(theirs) && from == to,
            (from, to) => matches(from, to),
        };
        self.readable.insert((w, r), good);
        self.depth -= 1;
        Ok(good)
    }

    fn readable_fields(&mut self, fields: &Fields, from: &[Field], to: &[Field]) -> Result<bool, PlanError> {
        for (field, target) in from.iter().zip(&fields.targets) {
            if let Some(own) = target.and_then(|t| to.get(t))
                && !self.readable(field.ty, own.ty)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether both types are the same bytes for every value. A pair in progress counts as different, so that a recursive type
    /// is rewritten rather than copied: slower, never wrong.
    fn same(&mut self, w: Id, r: Id) -> Result<bool, PlanError> {
        if let Some(known) = self.same.get(&(w, r)) {
            return Ok(*known);
        }
        self.deeper()?;
        self.same.insert((w, r), false);
        let (writer, reader) = (self.writer, self.reader);
        let same = match (writer.get(w), reader.get(r)) {
            (Type::Int, Type::Long) | (Type::String | Type::Bytes, Type::String | Type::Bytes) => true,
            (Type::Array(from), Type::Array(to)) | (Type::Map(from), Type::Map(to)) => self.same(*from, *to)?,
            (Type::Fixed(theirs, from), Type::Fixed(own, to)) => own.reads(theirs) && from == to,
            (Type::Enum(theirs, from), Type::Enum(own, to)) => own.reads(theirs) && to.symbols.starts_with(&from.symbols),
            (Type::Record(theirs, from), Type::Record(own, to)) => {
                let in_place = |f: &Fields| f.absent.is_empty() && f.targets.iter().enumerate().all(|(i, t)| *t == Some(i));
                own.reads(theirs) && fields(from, to).is_ok_and(|f| in_place(&f)) && self.same_each(from, to)?
            }
            (Type::Union(from), Type::Union(to)) if from.len() == to.len() => {
                let mut all = true;
                for (index, (a, b)) in from.iter().zip(to).enumerate() {
                    all = all && self.same(*a, *b)? && self.branch(*a, to)?.is_some_and(|(i, _)| i == index);
                }
                all
            }
            (from, to) => from.name().is_none() && from.word() == to.word() && !matches!(from, Type::Union(_)),
        };
        self.same.insert((w, r), same);
        self.depth -= 1;
        Ok(same)
    }

    fn same_each(&mut self, from: &[Field], to: &[Field]) -> Result<bool, PlanError> {
        for (a, b) in from.iter().zip(to) {
            if !self.same(a.ty, b.ty)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn skip(&mut self, w: Id) -> Result<SkipId, PlanError> {
        if let Some(id) = self.skipped.get(&w) {
            return Ok(*id);
        }
        self.deeper()?;
        let id = self.skips.len();
        self.skips.push(Skip::Nothing);
        self.skipped.insert(w, id);
        let skip = match self.writer.get(w) {
            Type::Null | Type::Wanted(_) => Skip::Nothing,
            Type::Boolean => Skip::Boolean,
            Type::Int | Type::Long => Skip::Number,
            Type::Enum(_, e) => Skip::Symbol(e.symbols.len()),
            Type::Float => Skip::Bytes(4),
            Type::Double => Skip::Bytes(8),
            Type::Fixed(_, size) => Skip::Bytes(*size),
            Type::Bytes | Type::String => Skip::Sized,
            Type::Array(items) => Skip::Array(self.skip(*items)?, self.least(*items, 0)),
            Type::Map(values) => Skip::Map(self.skip(*values)?, self.least(*values, 0)),
            Type::Record(_, fields) => {
                let skips: Result<_, _> = fields.iter().map(|f| self.skip(f.ty)).collect();
                Skip::Record(skips?)
            }
            Type::Union(branches) => {
                let skips: Result<_, _> = branches.iter().map(|b| self.skip(*b)).collect();
                Skip::Union(skips?)
            }
        };
        self.skips[id] = skip;
        self.depth -= 1;
        Ok(id)
    }

    /// How many bytes a value of the writer takes at least; a type in progress counts as none.
    fn least(&mut self, w: Id, depth: usize) -> usize {
        if let Some(known) = self.leasts.get(&w) {
            return *known;
        }
        if depth > MAX_DEPTH {
            return 0;
        }
        self.leasts.insert(w, 0);
        let writer = self.writer;
        let least = match writer.get(w) {
            Type::Null | Type::Wanted(_) => 0,
            Type::Float => 4,
            Type::Double => 8,
            Type::Fixed(_, size) => *size,
            Type::Record(_, fields) => fields.iter().fold(0, |sum: usize, f| sum.saturating_add(self.least(f.ty, depth + 1))),
            Type::Union(branches) => 1 + branches.iter().map(|b| self.least(*b, depth + 1)).min().unwrap_or(0).min(1 << 30),
            _ => 1,
        };
        self.leasts.insert(w, least);
        least
    }
}

/// Puts the defaults between the steps so that the reader's order comes out.
fn interleave(steps: Vec<Step>, written: &[usize], mut defaults: HashMap<usize, Vec<u8>>, count: usize) -> Vec<Step> {
    let mut out = Vec::with_capacity(steps.len() + defaults.len());
    let mut next = 0;
    let mut fill = |from: usize, to: usize, out: &mut Vec<Step>| {
        for index in from..to {
            out.extend(defaults.remove(&index).map(Step::Bytes));
        }
    };
    let mut written = written.iter();
    for step in steps {
        if let Step::Write(..) = step {
            let index = written.next().copied().unwrap_or(next);
            fill(next, index, &mut out);
            next = index + 1;
        }
        out.push(step);
    }
    fill(next, count, &mut out);
    out
}

/// Pairs the fields of two records by name and alias.
fn fields(from: &[Field], to: &[Field]) -> Result<Fields, String> {
    let by_name: HashMap<&str, usize> = from.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
    let mut fields = Fields { targets: vec![None; from.len()], absent: Vec::new() };
    for (index, field) in to.iter().enumerate() {
        let names = std::iter::once(&field.name).chain(&field.aliases);
        let mut sources: Vec<usize> = names.filter_map(|n| by_name.get(n.as_str()).copied()).collect();
        sources.sort_unstable();
        sources.dedup();
        match sources[..] {
            [] if field.default.is_some() => fields.absent.push(index),
            [] => {
                return Err(format!("missing required field {}: the writer does not send it and it has no default", field.name));
            }
            [source] => {
                let taken = fields.targets.get_mut(source).and_then(|t| t.replace(index));
                if taken.is_some() {
                    return Err(format!("two fields of the reader take the same field of the writer, one is {}", field.name));
                }
            }
            _ => return Err(format!("the field {} and its aliases match several fields of the writer", field.name)),
        }
    }
    Ok(fields)
}

/// The reader's index of each symbol of the writer, or the symbol that it lacks.
fn symbols(from: &EnumType, to: &EnumType) -> Vec<Result<usize, String>> {
    let own: HashMap<&str, usize> = to.symbols.iter().enumerate().map(|(i, s)| (s.as_str(), i)).collect();
    let default = to.default.as_deref().and_then(|d| own.get(d).copied());
    let index = |symbol: &String| own.get(symbol.as_str()).copied().or(default).ok_or_else(|| symbol.clone());
    from.symbols.iter().map(index).collect()
}

/// Whether two types match, without a look at what they contain.
fn matches(writer: &Type, reader: &Type) -> bool {
    match (writer, reader) {
        (Type::Int, Type::Long | Type::Float | Type::Double)
        | (Type::Long, Type::Float | Type::Double)
        | (Type::Float, Type::Double)
        | (Type::String, Type::Bytes)
        | (Type::Bytes, Type::String) => true,
        _ => {
            let names = writer.name().zip(reader.name());
            writer.word() == reader.word() && names.is_none_or(|(theirs, own)| own.reads(theirs))
        }
    }
}

fn union_shown(reader: &Model, branches: &[Id]) -> String {
    let names: Vec<String> = branches.iter().take(10).map(|b| reader.get(*b).shown()).collect();
    let more = if branches.len() > 10 { ", …" } else { "" };
    format!("one of [{}{more}]", names.join(", "))
}
