//! The shape of a document: which objects have which fields of which types. The tables are data: `document3.rs` for AsyncAPI 3,
//! `document2.rs` for 2.x, `security.rs`, `bindings.rs`, and `schema.rs` for what stands inside of schemas. The one walker that
//! holds a document against them is in `walk.rs`; `special.rs` has the few things that no table can say.
//!
//! The tables follow what the official parser accepts and refuses, field by field, so that verdicts agree.

mod avro;
mod bindings;
mod document2;
mod document3;
mod format;
mod scalar;
mod schema;
mod security;
mod special;
mod walk;

use super::version::Version;
use crate::yaml::Node;

pub(super) use format::{is_extension, is_uri_reference};
pub(super) use walk::{bindings_of_2, check};

/// An object of the specification.
#[derive(Debug)]
struct Object {
    /// As the specification calls it.
    name: &'static str,
    fields: &'static [Field],
    /// What may stand beside the fields.
    others: Others,
    /// What must hold beyond the fields.
    also: &'static [Also],
}

/// What an object may hold beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// Extensions, `x-…`.
    Extensions,
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
}

/// A condition on an object as a whole.
#[derive(Debug, Clone, Copy)]
enum Also {
    /// At least one of these fields must be there.
    AnyOf(&'static [&'static str]),
    /// This field must not be there.
    Without(&'static str),
    /// A condition that has its own function.
    Special(Special),
}

#[derive(Debug, Clone, Copy)]
enum Special {
    /// `payload` by `schemaFormat`, in a message of 2.x.
    PayloadByFormat,
    /// `schema` by `schemaFormat`, in a multi-format schema of 3.x.
    SchemaByFormat,
    /// `is` and what goes with it.
    AmqpChannel,
    IbmMqChannel,
    IbmMqMessage,
    SolaceDestination,
    /// `bearerFormat` only for `scheme: bearer`.
    HttpScheme,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    required: bool,
    ty: Type,
    /// The first and the last version that has it.
    versions: (Version, Version),
}

impl Field {
    /// The first version that has the field.
    const fn since(self, first: Version) -> Self {
        Self { versions: (first, self.versions.1), ..self }
    }

    /// The last version that has the field.
    const fn until(self, last: Version) -> Self {
        Self { versions: (self.versions.0, last), ..self }
    }

    fn is_in(&self, version: Version) -> bool {
        (self.versions.0..=self.versions.1).contains(&version)
    }
}

#[derive(Debug)]
enum Type {
    Any,
    /// A string.
    Text,
    /// A string of at least and at most so many characters.
    SizedText(usize, usize),
    /// A string or null.
    NullableText,
    /// A string, number, boolean or null.
    Scalar,
    /// A string with a form.
    Form(Form),
    Enum(&'static [&'static str]),
    Bool,
    /// Any number.
    Number,
    /// A number above zero.
    Positive,
    /// A whole number from … to ….
    Integer(i64, i64),
    /// One of these whole numbers.
    OneInteger(&'static [i64]),
    /// The object, in place.
    Object(&'static Object),
    /// The object, in place, where what is no object passes too: some tables of the specification forget to say so.
    Lax(&'static Object),
    /// The value, or a reference to it.
    OrRef(&'static Type),
    /// A reference to the object; the object in its place is let through here and refused where it matters.
    Ref(&'static Object),
    /// Keys of the document's choice.
    Map(&'static Type),
    /// The same; keys that are no names (`^[\w.-]+$`) may hold anything.
    NamedMap(&'static Type),
    /// The same; each key is an address template.
    AddressMap(&'static Type),
    List(&'static Type),
    /// At least one item.
    FullList(&'static Type),
    /// No item twice.
    Set(&'static Type),
    /// At least one item, none twice.
    FullSet(&'static Type),
    /// The first, or a list of it.
    OneOrList(&'static Type),
    /// The first type where the value is of the kind that it wants, else the second.
    Either(&'static Type, &'static Type),
    /// The fields hang on the text of another field.
    Tagged(&'static str, &'static [Variant]),
    /// The name of a JSON type, or a list of such names.
    SimpleTypes,
    /// A Schema Object of AsyncAPI, in place or behind a reference: an object or a boolean.
    Schema,
    /// A Schema Object whose `type` is `object` where it says one.
    ObjectSchema,
    /// A JSON Schema of draft-07.
    Draft07,
    /// An OpenAPI 3.0 schema.
    OpenApi,
    /// An Avro schema.
    Avro,
    /// A schema of AsyncAPI or Avro.
    AnyKey,
    /// 3.x: a schema, or a schema together with its format.
    Payload,
    /// 2.x: a message, or a list of them under `oneOf`.
    Message,
    /// 3.x: a message trait; also as a pair with an object.
    MessageTrait,
    /// The bindings of a place: protocol → fields.
    Bindings(&'static [Binding]),
}

/// What a string must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An absolute URI.
    Uri,
    /// An e-mail address.
    Email,
    /// `$message.header#/…` or `$message.payload#/…`.
    Expression,
    /// An address on linkedin.com.
    LinkedIn,
    /// A name of Avro without dots.
    AvroName,
    /// Names of Avro with dots between them, or nothing.
    AvroNamespace,
    /// An RFC 6570 template.
    Template,
    /// What an OpenAPI document may refer to.
    UriReference,
    /// A regular expression.
    Regex,
}

/// One of the objects that a [`Type::Tagged`] can be.
#[derive(Debug)]
struct Variant {
    tag: &'static str,
    since: Version,
    object: Object,
}

/// The binding of a protocol in one place.
#[derive(Debug)]
struct Binding {
    protocol: &'static str,
    since: Version,
    until: Version,
    /// By `bindingVersion`, the one that counts where none is written first. Empty: anything goes.
    versions: &'static [(&'static str, Object)],
}

/// A field that may be absent.
const fn may(name: &'static str, ty: Type) -> Field {
    Field { name, required: false, ty, versions: (Version::V2_0, Version::V3_1) }
}

/// A field that must be there.
const fn must(name: &'static str, ty: Type) -> Field {
    Field { name, required: true, ty, versions: (Version::V2_0, Version::V3_1) }
}

/// An object with extensions and without further rules.
const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, others: Others::Extensions, also: &[] }
}

/// An object that holds what it likes beside its fields.
const fn open(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, others: Others::Everything, also: &[] }
}

/// An object that holds nothing beside its fields, not even extensions.
const fn closed(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, others: Others::Nothing, also: &[] }
}

/// No upper bound.
const ANY_SIZE: i64 = i64::MAX;
const TEXTS: Type = Type::List(&Type::Text);
const URI: Type = Type::Form(Form::Uri);
const EXPRESSION: Type = Type::Form(Form::Expression);
const COUNT: Type = Type::Integer(0, ANY_SIZE);
const INTEGER: Type = Type::Integer(i64::MIN, ANY_SIZE);
const MAP: Type = Type::Map(&Type::Any);
static MAP_TYPE: Type = MAP;

/// Whose bindings they are.
#[derive(Debug, Clone, Copy)]
pub(super) enum BindingPlace {
    Server,
    Channel,
    Operation,
    Message,
}

impl BindingPlace {
    fn table(self) -> &'static Type {
        static TABLES: [Type; 4] = [
            Type::Bindings(bindings::SERVER),
            Type::Bindings(bindings::CHANNEL),
            Type::Bindings(bindings::OPERATION),
            Type::Bindings(bindings::MESSAGE),
        ];
        let [server, channel, operation, message] = &TABLES;
        match self {
            Self::Server => server,
            Self::Channel => channel,
            Self::Operation => operation,
            Self::Message => message,
        }
    }
}

/// The table of the root for a version.
fn root(version: Version) -> &'static Object {
    if version.is_2() { &document2::ROOT } else { &document3::ROOT }
}

/// `true` for a value with a `$ref`.
fn is_reference(node: &Node) -> bool {
    node.get("$ref").is_some()
}
