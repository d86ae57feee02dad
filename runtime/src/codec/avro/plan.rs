//! Plans: from the bytes of a writer's schema to the bytes of the reader's schema.

use std::convert::Infallible;

use crate::codec::DecodeError;

/// How bytes written with one schema become bytes of another, worked out once per writer's schema.
#[derive(Debug)]
pub struct Plan {
    never: Infallible,
}

/// The reader's schema cannot read what the writer's schema writes, or one of them cannot be understood.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub String);

impl Plan {
    /// Works out the plan. Each schema comes with the schemas that it refers to as (name, text), each before whoever needs it.
    pub fn new(
        _writer: &str,
        _writer_references: &[(String, String)],
        _reader: &str,
        _reader_references: &[(&str, &str)],
    ) -> Result<Self, PlanError> {
        Err(PlanError("resolving a different writer's schema is not supported yet".into()))
    }

    /// Appends to `out` the bytes of the reader's schema for `input`, a whole body without the wire prefix.
    pub fn transcode(&self, _input: &[u8], _out: &mut Vec<u8>) -> Result<(), DecodeError> {
        match self.never {}
    }
}
