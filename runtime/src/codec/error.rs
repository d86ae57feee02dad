//! Why bytes could not be read, or a value not be written: the place in the value, the place in the bytes, the reason.

use std::borrow::Cow;
use std::fmt;

/// One step on the way from the whole message to the value that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(Cow<'static, str>),
    Index(usize),
    Key(String),
}

/// The steps, innermost first: they are added while the error travels outwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Path(Vec<Step>);

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().rev().enumerate() {
            match step {
                Step::Field(name) if n == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

macro_rules! path_methods {
    () => {
        /// Adds the field that the failed value belongs to; called from the inside outwards.
        #[must_use]
        #[cold]
        pub fn in_field(mut self, name: impl Into<Cow<'static, str>>) -> Self {
            self.0.path.0.push(Step::Field(name.into()));
            self
        }

        /// Adds the position in an array.
        #[must_use]
        #[cold]
        pub fn in_index(mut self, index: usize) -> Self {
            self.0.path.0.push(Step::Index(index));
            self
        }

        /// Adds the key in a map, cut to 64 characters.
        #[must_use]
        #[cold]
        pub fn in_key(mut self, key: &str) -> Self {
            self.0.path.0.push(Step::Key(key.chars().take(64).collect()));
            self
        }

        /// The way to the value that failed, like `items[3].price`; empty when it is the message itself.
        pub fn path(&self) -> String {
            self.0.path.to_string()
        }

        /// The reason alone.
        pub fn reason(&self) -> &str {
            &self.0.reason
        }
    };
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct DecodeDetail {
    path: Path,
    offset: Option<usize>,
    reason: String,
    mismatch: bool,
}

/// The bytes are not what the schema promises.
///
/// One pointer wide, so that the `Result`s of a decoder stay in registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(Box<DecodeDetail>);

impl DecodeError {
    /// A reason without a place.
    #[cold]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(Box::new(DecodeDetail { path: Path::default(), offset: None, reason: reason.into(), mismatch: false }))
    }

    /// A reason and the offset of the byte at which reading stopped, counted from the start of the payload.
    #[cold]
    pub fn at(offset: usize, reason: impl Into<String>) -> Self {
        let detail = DecodeDetail { path: Path::default(), offset: Some(offset), reason: reason.into(), mismatch: false };
        Self(Box::new(detail))
    }

    /// The same error, when the bytes are right and it is our schema that cannot take what the writer's allows.
    #[cold]
    #[must_use]
    pub fn because_of_schemas(mut self) -> Self {
        self.0.mismatch = true;
        self
    }

    /// True when the two schemas are at odds, not the bytes.
    pub fn is_because_of_schemas(&self) -> bool {
        self.0.mismatch
    }

    /// The offset of the byte at which reading stopped, counted from the start of the payload; `None` when not known.
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    path_methods!();
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.0.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.reason)?;
        match self.0.offset {
            Some(offset) => write!(f, " (at byte {offset} of the payload)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DecodeError {}

#[derive(Debug, Clone, PartialEq, Eq)]
struct EncodeDetail {
    path: Path,
    reason: String,
}

/// A value does not fit its schema; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError(Box<EncodeDetail>);

impl EncodeError {
    /// A reason without a place.
    #[cold]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(Box::new(EncodeDetail { path: Path::default(), reason: reason.into() }))
    }

    path_methods!();
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.0.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_reads_from_the_outside_in() {
        let e = DecodeError::at(17, "the payload ends here").in_field("price").in_index(3).in_field("items");
        assert_eq!(e.to_string(), "items[3].price: the payload ends here (at byte 17 of the payload)");
        let e = EncodeError::new("too long").in_key("a\"b").in_field("labels");
        assert_eq!(e.to_string(), "labels[\"a\\\"b\"]: too long");
    }
}
