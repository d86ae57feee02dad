//! The tree of linked `.proto` files.

use crate::source::{FileId, Span};

use std::collections::HashMap;
use std::sync::Arc;

use super::features::Features;
pub use super::option::{Distinct, Literal, LiteralField, LiteralName, OptionEntry, OptionName};

/// The payload: linked files and the message that is sent.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The file of the payload first (or all files that were asked for), then every file that they import, directly or not.
    pub files: Arc<Vec<File>>,
    /// Full name of the payload's message without a leading dot (`shop.payments.v1.PaymentAuthorized`).
    pub root: String,
    /// Where each message and enum is.
    pub(super) index: Arc<HashMap<Box<str>, Position>>,
}

/// Where a message or an enum is: its file, and the indexes of the messages around it and its own.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) file: u32,
    pub(super) is_enum: bool,
    pub(super) path: Box<[u32]>,
}

/// `syntax` or `edition` of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// `proto2`, also when nothing is written.
    Proto2,
    /// `proto3`
    Proto3,
    /// `edition = "2023"`
    Edition(String),
}

impl Syntax {
    /// The number of `google.protobuf.Edition`: 998 for proto2, 999 for proto3, 1000 for 2023, 1001 for 2024.
    pub fn edition(&self) -> i32 {
        match self {
            Self::Proto2 => 998,
            Self::Proto3 => 999,
            Self::Edition(name) if name == "2023" => EDITION_2023,
            Self::Edition(_) => EDITION_2024,
        }
    }

    /// `true` for `edition = …`.
    pub fn is_edition(&self) -> bool {
        matches!(self, Self::Edition(_))
    }
}

/// The number of edition 2023.
pub(super) const EDITION_2023: i32 = 1000;
/// The number of edition 2024.
pub(super) const EDITION_2024: i32 = 1001;

/// One `.proto` file.
#[derive(Debug, Clone)]
pub struct File {
    /// The path that others import it by.
    pub path: String,
    /// Its text; `None` for a file that is built in (`google/protobuf/timestamp.proto`).
    pub source: Option<FileId>,
    /// Its syntax.
    pub syntax: Syntax,
    /// The package, empty for none.
    pub package: String,
    /// The place of the package statement.
    pub package_span: Option<Span>,
    /// Its imports in order.
    pub imports: Vec<Import>,
    /// Top-level messages in order.
    pub messages: Vec<Message>,
    /// Top-level enums in order.
    pub enums: Vec<Enum>,
    /// Services in order.
    pub services: Vec<Service>,
    /// `extend` blocks in order.
    pub extends: Vec<Extend>,
    /// File options in order.
    pub options: Vec<OptionEntry>,
    /// The place of the syntax statement; `None` when there is none.
    pub syntax_span: Option<Span>,
    /// What holds for the whole file.
    pub features: Features,
}

/// One import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The path as written.
    pub path: String,
    /// The place of the path.
    pub span: Span,
    /// Plain, public or weak.
    pub kind: ImportKind,
}

/// The kinds of imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// `import "x";`
    Plain,
    /// `import public "x";`
    Public,
    /// `import weak "x";`
    Weak,
    /// `import option "x";`, from edition 2024 on: for custom options only.
    Option,
}

/// `export` or `local` in front of a type, from edition 2024 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Other files may use the type.
    Export,
    /// Only this file may.
    Local,
}

/// What every element has: a name, places, a comment.
#[derive(Debug, Clone)]
pub struct Element {
    /// The simple name.
    pub name: String,
    /// The full name without a leading dot.
    pub full_name: String,
    /// The place of the whole element.
    pub span: Span,
    /// The place of the name.
    pub name_span: Span,
    /// The comment in front of it, without comment marks.
    pub doc: Option<String>,
}

/// A message type.
#[derive(Debug, Clone)]
pub struct Message {
    /// Name, places, comment.
    pub element: Element,
    /// The fields in the order of the text, those of oneofs among them.
    pub fields: Vec<Field>,
    /// The oneofs in the order of the text.
    pub oneofs: Vec<Oneof>,
    /// Nested messages.
    pub messages: Vec<Message>,
    /// Nested enums.
    pub enums: Vec<Enum>,
    /// Nested `extend` blocks.
    pub extends: Vec<Extend>,
    /// Numbers that other files may extend the message with.
    pub extension_ranges: Vec<Range>,
    /// Reserved numbers.
    pub reserved_ranges: Vec<Range>,
    /// Reserved names.
    pub reserved_names: Vec<(String, Span)>,
    /// The places of the `reserved` and `extensions` statements, each of which holds one or more of the ranges and names.
    pub range_statements: Vec<Span>,
    /// The options of `extensions` statements: the place of the statement, and its options.
    pub extension_options: Vec<(Span, Vec<OptionEntry>)>,
    /// Options in order.
    pub options: Vec<OptionEntry>,
    /// It is written as a `group`, together with the field that has its name.
    pub is_group: bool,
    /// What is written in front of it.
    pub visibility: Option<Visibility>,
    /// What holds for it.
    pub features: Features,
}

/// A range of field or enum numbers, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub start: i32,
    /// The last number.
    pub end: i32,
    /// The end is written as `max`.
    pub to_max: bool,
    /// The place of the range.
    pub span: Span,
}

/// An `extend` block: fields that another message gets.
#[derive(Debug, Clone)]
pub struct Extend {
    /// Full name of the message that is extended.
    pub extendee: String,
    /// Its name as written.
    pub extendee_text: String,
    /// The place of the name.
    pub span: Span,
    /// The fields.
    pub fields: Vec<Field>,
    /// The place of the whole block.
    pub block: Span,
}

/// A oneof.
#[derive(Debug, Clone)]
pub struct Oneof {
    /// Name, places, comment.
    pub element: Element,
    /// Options in order.
    pub options: Vec<OptionEntry>,
}

/// How often a field may stand: the label as written, and in editions what the features make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// No label and no presence: a proto3 singular field; or a member of a oneof.
    None,
    /// `optional`
    Optional,
    /// `required`
    Required,
    /// `repeated`; maps count as repeated.
    Repeated,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name, places, comment.
    pub element: Element,
    /// The number.
    pub number: i32,
    /// The place of the number.
    pub number_span: Span,
    /// The label.
    pub label: Label,
    /// The type.
    pub ty: FieldType,
    /// The type as written: `Money`, `.shop.Money`, `map<string, Money>`.
    pub type_text: String,
    /// The place of the type.
    pub type_span: Span,
    /// Index into [`Message::oneofs`].
    pub oneof: Option<usize>,
    /// The name in JSON.
    pub json_name: String,
    /// Options in order (`default` and `json_name` among them).
    pub options: Vec<OptionEntry>,
    /// It is written as a `group`.
    pub is_group: bool,
    /// What holds for it.
    pub features: Features,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A scalar.
    Scalar(Scalar),
    /// A message, by its full name without a leading dot.
    Message(String),
    /// An enum, by its full name without a leading dot.
    Enum(String),
    /// A map.
    Map {
        /// The type of the keys.
        key: Scalar,
        /// The type of the values.
        value: Box<FieldType>,
    },
}

/// The scalars of Protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `double`
    Double,
    /// `float`
    Float,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `sint32`
    Sint32,
    /// `sint64`
    Sint64,
    /// `fixed32`
    Fixed32,
    /// `fixed64`
    Fixed64,
    /// `sfixed32`
    Sfixed32,
    /// `sfixed64`
    Sfixed64,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `bytes`
    Bytes,
}

/// An enum type.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Name, places, comment.
    pub element: Element,
    /// The values in order.
    pub values: Vec<EnumValue>,
    /// Reserved numbers.
    pub reserved_ranges: Vec<Range>,
    /// Reserved names.
    pub reserved_names: Vec<(String, Span)>,
    /// The places of the `reserved` statements, each of which holds one or more of the ranges and names.
    pub range_statements: Vec<Span>,
    /// Options in order.
    pub options: Vec<OptionEntry>,
    /// What is written in front of it.
    pub visibility: Option<Visibility>,
    /// Its reserved names stand without quotes, as in editions.
    pub names_unquoted: bool,
    /// What holds for it.
    pub features: Features,
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// Name, places, comment.
    pub element: Element,
    /// The number.
    pub number: i32,
    /// The place of the number.
    pub number_span: Span,
    /// Options in order.
    pub options: Vec<OptionEntry>,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name, places, comment.
    pub element: Element,
    /// Its methods in order.
    pub methods: Vec<Method>,
    /// Options in order.
    pub options: Vec<OptionEntry>,
}

/// A method of a service.
#[derive(Debug, Clone)]
pub struct Method {
    /// Name, places, comment.
    pub element: Element,
    /// Full name of the request.
    pub input: String,
    /// The request as written, and its place.
    pub input_text: (String, Span),
    /// Full name of the response.
    pub output: String,
    /// The response as written, and its place.
    pub output_text: (String, Span),
    /// The request is a stream.
    pub client_streaming: bool,
    /// The response is a stream.
    pub server_streaming: bool,
    /// Options in order.
    pub options: Vec<OptionEntry>,
    /// Braces stand behind it, also when nothing is in them.
    pub has_body: bool,
}

impl Scalar {
    /// All scalars, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::Double,
        Self::Float,
        Self::Int32,
        Self::Int64,
        Self::Uint32,
        Self::Uint64,
        Self::Sint32,
        Self::Sint64,
        Self::Fixed32,
        Self::Fixed64,
        Self::Sfixed32,
        Self::Sfixed64,
        Self::Bool,
        Self::String,
        Self::Bytes,
    ];

    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }

    /// The scalar of a keyword.
    pub fn from_keyword(word: &str) -> Option<Self> {
        Some(match word {
            "double" => Self::Double,
            "float" => Self::Float,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "uint32" => Self::Uint32,
            "uint64" => Self::Uint64,
            "sint32" => Self::Sint32,
            "sint64" => Self::Sint64,
            "fixed32" => Self::Fixed32,
            "fixed64" => Self::Fixed64,
            "sfixed32" => Self::Sfixed32,
            "sfixed64" => Self::Sfixed64,
            "bool" => Self::Bool,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            _ => return None,
        })
    }
}

impl Schema {
    /// The file of the payload; `None` only for a schema without files, which the parser never makes.
    pub fn main(&self) -> Option<&File> {
        self.files.first()
    }

    /// The message of a full name without a leading dot.
    pub fn message(&self, full_name: &str) -> Option<&Message> {
        let at = self.index.get(full_name).filter(|at| !at.is_enum)?;
        message_at(self.files.get(at.file as usize)?, &at.path)
    }

    /// The enum of a full name without a leading dot.
    pub fn enumeration(&self, full_name: &str) -> Option<&Enum> {
        let at = self.index.get(full_name).filter(|at| at.is_enum)?;
        let file = self.files.get(at.file as usize)?;
        let (last, around) = at.path.split_last()?;
        let enums = if around.is_empty() { &file.enums } else { &message_at(file, around)?.enums };
        enums.get(*last as usize)
    }

    /// The file that defines a message or an enum.
    pub fn file_of(&self, full_name: &str) -> Option<&File> {
        self.files.get(self.index.get(full_name)?.file as usize)
    }

    /// The same files with another message as the payload.
    #[must_use]
    pub fn with_root(&self, root: String) -> Self {
        Self { files: Arc::clone(&self.files), root, index: Arc::clone(&self.index) }
    }

    /// Notes where each type is; the first definition of a name counts.
    pub(super) fn new(files: Vec<File>, root: String) -> Self {
        let mut index = HashMap::new();
        for (n, file) in files.iter().enumerate() {
            let mut path = Vec::new();
            index_types(n, &file.messages, &file.enums, &mut path, &mut index);
        }
        Self { files: Arc::new(files), root, index: Arc::new(index) }
    }
}

fn message_at<'a>(file: &'a File, path: &[u32]) -> Option<&'a Message> {
    let (first, rest) = path.split_first()?;
    let top = file.messages.get(*first as usize)?;
    rest.iter().try_fold(top, |message, n| message.messages.get(*n as usize))
}

/// Nesting is bounded by the parser.
fn index_types(file: usize, messages: &[Message], enums: &[Enum], path: &mut Vec<u32>, index: &mut HashMap<Box<str>, Position>) {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (n, one) in enums.iter().enumerate() {
        path.push(number(n));
        let position = Position { file: number(file), is_enum: true, path: path.as_slice().into() };
        index.entry(one.element.full_name.as_str().into()).or_insert(position);
        path.pop();
    }
    for (n, message) in messages.iter().enumerate() {
        path.push(number(n));
        let position = Position { file: number(file), is_enum: false, path: path.as_slice().into() };
        index.entry(message.element.full_name.as_str().into()).or_insert(position);
        index_types(file, &message.messages, &message.enums, path, index);
        path.pop();
    }
}

impl Message {
    /// The options of the statement that an extension range stands in.
    pub(super) fn range_options(&self, range: &Range) -> Option<&[OptionEntry]> {
        let behind = self.extension_options.partition_point(|(span, _)| span.start <= range.span.start);
        let (span, options) = self.extension_options.get(behind.checked_sub(1)?)?;
        (range.span.end <= span.end).then_some(options)
    }
}
