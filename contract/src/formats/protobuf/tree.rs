//! The tree of linked `.proto` files.

use crate::source::{FileId, Span};

/// The payload: linked files and the message that is sent.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The file of the payload first, then every file that it imports, directly or not.
    pub files: Vec<File>,
    /// Full name of the payload's message without a leading dot (`shop.payments.v1.PaymentAuthorized`).
    pub root: String,
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
    /// Options in order.
    pub options: Vec<OptionEntry>,
}

/// A range of field or enum numbers, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub start: i32,
    /// The last number.
    pub end: i32,
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
}

/// A oneof.
#[derive(Debug, Clone)]
pub struct Oneof {
    /// Name, places, comment.
    pub element: Element,
    /// Options in order.
    pub options: Vec<OptionEntry>,
}

/// The label as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// No label: a proto3 singular field, or a member of a oneof.
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
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// Name, places, comment.
    pub element: Element,
    /// The number.
    pub number: i32,
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
}

/// An option as written.
#[derive(Debug, Clone)]
pub struct OptionEntry {
    /// The name as written: `packed`, `(my.option).field`.
    pub name: String,
    /// The text of the value as written: `true`, `"x"`, `{ a: 1 }`.
    pub value: String,
    /// The place of the whole option.
    pub span: Span,
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
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

impl Schema {
    /// The file of the payload; `None` only for a schema without files, which the parser never makes.
    pub fn main(&self) -> Option<&File> {
        self.files.first()
    }

    /// The message of a full name without a leading dot.
    pub fn message(&self, full_name: &str) -> Option<&Message> {
        self.files.iter().find_map(|f| find_message(&f.messages, full_name))
    }

    /// The enum of a full name without a leading dot.
    pub fn enumeration(&self, full_name: &str) -> Option<&Enum> {
        self.files.iter().find_map(|f| {
            let top = f.enums.iter().find(|e| e.element.full_name == full_name);
            top.or_else(|| find_enum(&f.messages, full_name))
        })
    }
}

impl OptionEntry {
    /// The value without quotes and escapes, when it is a string.
    pub fn as_string(&self) -> Option<String> {
        String::from_utf8(self.as_bytes()?).ok()
    }

    /// The bytes of the value, when it is a string; adjacent literals are joined.
    pub fn as_bytes(&self) -> Option<Vec<u8>> {
        super::lex::string_value(&self.value)
    }
}

/// `true` when `name` is `scope` or lies in it.
fn within(name: &str, scope: &str) -> bool {
    name.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn find_message<'a>(messages: &'a [Message], full_name: &str) -> Option<&'a Message> {
    let mut level = messages;
    loop {
        let next = level.iter().find(|m| within(full_name, &m.element.full_name))?;
        if next.element.full_name == full_name {
            return Some(next);
        }
        level = &next.messages;
    }
}

fn find_enum<'a>(messages: &'a [Message], full_name: &str) -> Option<&'a Enum> {
    let mut level = messages;
    loop {
        let next = level.iter().find(|m| within(full_name, &m.element.full_name))?;
        if let Some(found) = next.enums.iter().find(|e| e.element.full_name == full_name) {
            return Some(found);
        }
        level = &next.messages;
    }
}
