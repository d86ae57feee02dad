//! Messages as the wire has them, built field by field: interpreted options and descriptors.

use std::collections::BTreeMap;

/// A message: the values of each field by number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) fields: BTreeMap<i32, Vec<Entry>>,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) value: Wire,
    /// Compilers see it, descriptors that are handed on do not (`retention = RETENTION_SOURCE`).
    pub(super) source_only: bool,
}

/// A value on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wire {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
    Message(Node),
    Group(Node),
}

impl Node {
    /// Adds a value to a field.
    pub(super) fn push(&mut self, number: i32, value: Wire, source_only: bool) {
        self.fields.entry(number).or_default().push(Entry { value, source_only });
    }

    /// The bytes; nesting is bounded by the parser.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for (number, entries) in &self.fields {
            for entry in entries {
                entry.value.encode(*number, out);
            }
        }
    }

    /// Takes away what stays in the source. `false` when nothing but that was there.
    pub(super) fn strip(&mut self) -> bool {
        let before = self.fields.len();
        for entries in self.fields.values_mut() {
            entries.retain(|e| !e.source_only);
            for entry in entries {
                if let Wire::Message(node) | Wire::Group(node) = &mut entry.value {
                    node.strip();
                }
            }
        }
        self.fields.retain(|_, entries| !entries.is_empty());
        before == 0 || !self.fields.is_empty()
    }
}

impl Wire {
    fn encode(&self, number: i32, out: &mut Vec<u8>) {
        match self {
            Self::Varint(value) => {
                tag(number, 0, out);
                varint(*value, out);
            }
            Self::Fixed64(value) => {
                tag(number, 1, out);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Self::Bytes(bytes) => length_delimited(number, bytes, out),
            Self::Message(node) => {
                let mut inner = Vec::new();
                node.encode(&mut inner);
                length_delimited(number, &inner, out);
            }
            Self::Group(node) => {
                tag(number, 3, out);
                node.encode(out);
                tag(number, 4, out);
            }
            Self::Fixed32(value) => {
                tag(number, 5, out);
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
    }
}

/// The tag of a field.
pub(super) fn tag(number: i32, wire_type: u64, out: &mut Vec<u8>) {
    varint(u64::from(number.unsigned_abs()) << 3 | wire_type, out);
}

/// A field of bytes.
pub(super) fn length_delimited(number: i32, bytes: &[u8], out: &mut Vec<u8>) {
    tag(number, 2, out);
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A number of seven bits a byte.
pub(super) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}
