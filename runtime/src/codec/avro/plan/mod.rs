//! Plans: from the bytes of a writer's schema to the bytes of the reader's schema.
//!
//! Schema resolution is worked out once per writer's schema ([`build`]): which field goes where, what is skipped, which default
//! is put in, already encoded. Rewriting a message is then one walk over its bytes ([`run`]), and generated code, which knows
//! only its own schema, reads the result. Where the two schemas are the same on the wire, bytes are copied.
//!
//! Lives here: a small model of a schema text, for names and shapes. Does not live here: the checking of schemas (a registry has
//! done that), values, logical types (they do not change the bytes).

mod build;
mod default;
mod run;
mod schema;

use std::collections::HashMap;

use super::wire::Reader;
use crate::codec::DecodeError;
use schema::Model;

/// How many bytes a rewritten message may have: defaults can make it much larger than the original.
const MAX_OUTPUT: usize = 64 * 1024 * 1024;

/// How bytes written with one schema become bytes of another, worked out once per writer's schema.
///
/// ```
/// use eventpact_runtime::codec::avro::Plan;
/// let writer = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"gone","type":"string"}]}"#;
/// let reader = r#"{"type":"record","name":"R","fields":[{"name":"b","type":"boolean","default":true},{"name":"a","type":"long"}]}"#;
/// let plan = Plan::new(writer, &[], reader, &[])?;
/// let mut out = Vec::new();
/// plan.transcode(&[6, 2, b'x'], &mut out)?;
/// assert_eq!(out, [1, 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    ops: Vec<Op>,
    skips: Vec<Skip>,
    root: OpId,
}

/// The reader's schema cannot read what the writer's schema writes, or one of them cannot be understood.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub String);

type OpId = usize;
type SkipId = usize;

/// What is done with a value of the writer.
#[derive(Debug)]
enum Op {
    /// The same bytes on both sides.
    Copy(SkipId),
    IntToFloat,
    IntToDouble,
    LongToFloat,
    LongToDouble,
    FloatToDouble,
    /// The reader's index for each symbol of the writer, or the symbol that it does not have.
    Enum {
        name: String,
        symbols: Vec<Result<usize, String>>,
    },
    Record(Box<RecordOp>),
    /// Items, and how many bytes one takes at least.
    Array(OpId, usize),
    Map(OpId, usize),
    /// The writer's union: what is done with each branch.
    FromUnion(Vec<OpId>),
    /// The reader's union: the index, then the value.
    ToUnion(usize, OpId),
    /// A value that the reader cannot take: `found null, expecting int`.
    Fail(String),
}

/// How the fields of a record are rewritten.
#[derive(Debug)]
struct RecordOp {
    /// In the order of the writer's fields, with defaults between them where the orders agree.
    steps: Vec<Step>,
    /// When the orders differ: the reader's fields, each the number of a written step or a default.
    order: Option<Vec<Piece>>,
}

#[derive(Debug)]
enum Step {
    /// The reader has no such field.
    Skip(SkipId, String),
    /// The field goes to the reader.
    Write(OpId, String),
    /// The default of a field that the writer does not send.
    Bytes(Vec<u8>),
}

#[derive(Debug)]
enum Piece {
    /// What the n-th [`Step::Write`] wrote.
    Written(usize),
    Bytes(Vec<u8>),
}

/// How to get past a value of the writer.
#[derive(Debug)]
enum Skip {
    Nothing,
    Boolean,
    Number,
    /// The index of one of so many symbols.
    Symbol(usize),
    Bytes(usize),
    /// A length and as many bytes.
    Sized,
    Record(Vec<SkipId>),
    Array(SkipId, usize),
    Map(SkipId, usize),
    Union(Vec<SkipId>),
}

impl Plan {
    /// Works out the plan. Each schema comes with the schemas that it refers to as (name, text), each before whoever needs it.
    ///
    /// # Errors
    /// When a text is no Avro schema, or the reader can take no message of the writer at all. What only some messages do (an
    /// unknown symbol, a branch that the reader lacks) is an error of [`Plan::transcode`].
    pub fn new(
        writer: &str,
        writer_references: &[(String, String)],
        reader: &str,
        reader_references: &[(&str, &str)],
    ) -> Result<Self, PlanError> {
        let writer_texts = writer_references.iter().map(|(_, text)| text.as_str());
        let writer = Model::parse(writer, writer_texts).map_err(|e| PlanError(format!("the writer's schema: {e}")))?;
        let reader_texts = reader_references.iter().map(|(_, text)| *text);
        let reader = Model::parse(reader, reader_texts).map_err(|e| PlanError(format!("the reader's schema: {e}")))?;
        let plan = build::plan(&writer, &reader)?;
        match &plan.ops[plan.root] {
            Op::Fail(why) => Err(PlanError(format!("the reader's schema takes no message of the writer's: {why}"))),
            _ => Ok(plan),
        }
    }

    /// Appends to `out` the bytes of the reader's schema for `input`, a whole body without the wire prefix.
    ///
    /// # Errors
    /// When `input` is not of the writer's schema, or holds something that the reader cannot take; with the way to the field and
    /// the offset in `input`. `out` may then hold a part.
    pub fn transcode(&self, input: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let mut reader = Reader::new(input);
        let mut runner = run::Runner { plan: self, input, limit: out.len().saturating_add(MAX_OUTPUT), spare: Vec::new() };
        runner.op(self.root, &mut reader, out)?;
        reader.finish()
    }
}

/// The memory of a build: what is done with a pair of types.
type Pairs = HashMap<(schema::Id, schema::Id), OpId>;
