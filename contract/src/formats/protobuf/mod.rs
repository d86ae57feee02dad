//! Protocol Buffers: the tree of `.proto` files, their parser and linker, descriptors and canonical text.

mod builtin;
mod canonical;
mod comments;
mod cursor;
mod default;
mod descriptor;
mod features;
mod field;
mod field_index;
mod inherit;
mod interpret;
mod known;
mod lex;
mod link;
mod literal;
mod load;
mod locations;
mod naming;
mod node;
mod normal_options;
mod normalize;
mod option;
mod parse;
mod pool;
mod print;
mod print_options;
mod raw;
mod recorder;
mod symbols;
mod tree;
mod validate;
mod validate_field;

pub use builtin::has_fallback;
pub use canonical::{canonical_text, file_text};
pub use descriptor::{DescriptorOptions, descriptor_set, map_entry_name, to_file_descriptor_set};
pub use features::{CppString, DefaultVisibility, Features, Presence, feature_place};
pub use link::{ImportFn, defined_names, parse, parse_files, parse_set, read_alone};
pub use load::Limits;
pub use normalize::normalized_text;
pub use print::{descriptor_texts, imported_files};

pub use tree::{
    Distinct, Element, Enum, EnumValue, Extend, Field, FieldType, File, Import, ImportKind, Label, Literal, LiteralField,
    LiteralName, Message, Method, Oneof, OptionEntry, OptionName, Range, Scalar, Schema, Service, Syntax, Visibility,
};
