//! Protocol Buffers: the tree of `.proto` files, their parser and linker, descriptors and canonical text.

mod tree;

pub use tree::{
    Element, Enum, EnumValue, Field, FieldType, File, Import, ImportKind, Label, Message, Method, Oneof, OptionEntry, Range,
    Scalar, Schema, Service, Syntax,
};
