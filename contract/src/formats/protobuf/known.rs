//! What is needed to read options in a descriptor set: the fields of every message, every extension, the values of enums.

use std::collections::HashMap;

use super::pool::definitions;
use super::raw::{Raw, all, fields, int, text};

/// A field of a message, or an extension of it.
#[derive(Debug, Clone)]
pub(super) struct KnownField {
    /// The name; of an extension the full name.
    pub(super) name: String,
    pub(super) is_extension: bool,
    /// The number of `google.protobuf.FieldDescriptorProto.Type`.
    pub(super) kind: i32,
    /// The full name of a message or an enum.
    pub(super) type_name: String,
    pub(super) repeated: bool,
}

/// The definitions of a set by full names without a leading dot.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) fields: HashMap<(String, i32), KnownField>,
    pub(super) values: HashMap<(String, i32), String>,
    /// All messages.
    messages: std::collections::HashSet<String>,
}

impl Known {
    /// Those of a set, and those of `google/protobuf/descriptor.proto` where it does not define them.
    pub(super) fn read(files: &[Vec<(i32, Raw<'_>)>]) -> Result<Self, String> {
        let mut known = Self::default();
        for file in files {
            known.file(file)?;
        }
        if !known.messages.contains("google.protobuf.FieldOptions") {
            let bytes = super::descriptor::descriptor_set(definitions(), super::DescriptorOptions::default());
            for file in all(&fields(&bytes)?, 1) {
                known.file(&fields(file)?)?;
            }
        }
        Ok(known)
    }

    fn file(&mut self, file: &[(i32, Raw<'_>)]) -> Result<(), String> {
        let package = text(file, 2);
        for message in all(file, 4) {
            self.message(&fields(message)?, package, 0)?;
        }
        for one in all(file, 5) {
            self.enumeration(&fields(one)?, package)?;
        }
        for field in all(file, 7) {
            self.field(&fields(field)?, package);
        }
        Ok(())
    }

    fn message(&mut self, message: &[(i32, Raw<'_>)], scope: &str, depth: usize) -> Result<(), String> {
        if depth > super::parse::MAX_DEPTH {
            return Err(format!("messages are nested more than {} deep", super::parse::MAX_DEPTH));
        }
        let name = super::parse::join(scope, text(message, 1));
        for nested in all(message, 3) {
            self.message(&fields(nested)?, &name, depth + 1)?;
        }
        for one in all(message, 4) {
            self.enumeration(&fields(one)?, &name)?;
        }
        for field in all(message, 2).chain(all(message, 6)) {
            self.field(&fields(field)?, &name);
        }
        self.messages.insert(name);
        Ok(())
    }

    fn enumeration(&mut self, one: &[(i32, Raw<'_>)], scope: &str) -> Result<(), String> {
        let name = super::parse::join(scope, text(one, 1));
        for value in all(one, 2) {
            let value = fields(value)?;
            // The first name of a number is the one that is printed.
            self.values.entry((name.clone(), int(&value, 2))).or_insert_with(|| text(&value, 1).to_owned());
        }
        Ok(())
    }

    fn field(&mut self, field: &[(i32, Raw<'_>)], scope: &str) {
        let extendee = text(field, 2).trim_start_matches('.');
        let is_extension = !extendee.is_empty();
        let name = text(field, 1);
        let known = KnownField {
            name: if is_extension { super::parse::join(scope, name) } else { name.to_owned() },
            is_extension,
            kind: int(field, 5),
            type_name: text(field, 6).trim_start_matches('.').to_owned(),
            repeated: int(field, 4) == 3,
        };
        let owner = if is_extension { extendee } else { scope };
        self.fields.insert((owner.to_owned(), int(field, 3)), known);
    }
}

/// The files of a set as bytes; one file is a set of one.
pub(super) fn files_of(bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let set = fields(bytes)?;
    let is_set = set
        .iter()
        .all(|(n, value)| *n == 1 && matches!(value, Raw::Bytes(b) if fields(b).is_ok_and(|f| !text(&f, 1).is_empty())));
    if is_set && !set.is_empty() {
        return Ok(all(&set, 1).collect());
    }
    // The single descriptor that a registry hands out.
    let is_file = set.iter().any(|(n, _)| matches!(n, 3..=8 | 12 | 14));
    if is_file { Ok(vec![bytes]) } else { Err("it holds no descriptors of files".to_owned()) }
}
