//! Protocol Buffers: the tree of `.proto` files, their parser and linker, descriptors and canonical text.

mod builtin;
mod canonical;
mod cursor;
mod descriptor;
mod lex;
mod link;
mod normalize;
mod options;
mod parse;
mod tree;
mod validate;

pub use canonical::canonical_text;
pub use descriptor::to_file_descriptor_set;
pub use link::{ImportFn, parse, parse_files};
pub use normalize::normalized_text;

pub use tree::{
    Element, Enum, EnumValue, Extend, Field, FieldType, File, Import, ImportKind, Label, Message, Method, Oneof, OptionEntry,
    Range, Scalar, Schema, Service, Syntax,
};
