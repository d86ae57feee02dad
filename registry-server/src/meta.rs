//! The metadata in `.proto` files: the options `(confluent.…_meta)`, which carry documentation, parameters, tags and rules.

use std::collections::BTreeMap;

use eventpact_contract::formats::protobuf::{Distinct, Literal, LiteralField, LiteralName, OptionEntry};
use indexmap::IndexMap;
use indexmap::map::Entry;
use prost::Message as _;

/// The option of a file.
pub(crate) const FILE: &str = "confluent.file_meta";

/// The option of a message.
pub(crate) const MESSAGE: &str = "confluent.message_meta";

/// The option of a field.
pub(crate) const FIELD: &str = "confluent.field_meta";

/// The option of an enum.
pub(crate) const ENUM: &str = "confluent.enum_meta";

/// The option of a value of an enum.
pub(crate) const ENUM_VALUE: &str = "confluent.enum_value_meta";

/// The number of all of these extensions.
pub(crate) const NUMBER: u32 = 1088;

/// Does the option set some of this metadata?
pub(crate) fn sets(option: &OptionEntry, name: &str) -> bool {
    option.parts.first().is_some_and(|part| part.is_extension && part.name.strip_prefix('.').unwrap_or(&part.name) == name)
}

/// Is this the field of this name?
pub(crate) fn is(field: &LiteralField, name: &str) -> bool {
    matches!(&field.name, LiteralName::Field(known) if known == name)
}

/// All that options set of this metadata, whether as `(x) = { a: 1 }` or as `(x).a = 1`. `None` when they set nothing. A field that
/// is there twice is a list, each value once.
pub(crate) fn merged(options: &[OptionEntry], name: &str) -> Option<Vec<LiteralField>> {
    let mut all: Option<IndexMap<LiteralName, (LiteralField, Option<Distinct>)>> = None;
    for option in options.iter().filter(|option| sets(option, name)) {
        let mut literal = option.literal.clone();
        for part in option.parts.iter().skip(1).rev() {
            let name = LiteralName::Field(part.name.clone());
            literal = Literal::Message(vec![LiteralField { name, value: literal, span: part.span }]);
        }
        let Literal::Message(fields) = literal else { continue };
        let all = all.get_or_insert_default();
        for field in fields {
            match all.entry(field.name.clone()) {
                Entry::Occupied(mut known) => {
                    let (known, values) = known.get_mut();
                    let first = || Distinct::of(std::mem::replace(&mut known.value, Literal::List(Vec::new())));
                    values.get_or_insert_with(first).add(field.value);
                }
                Entry::Vacant(new) => {
                    new.insert((field, None));
                }
            }
        }
    }
    let field = |(field, values): (LiteralField, Option<Distinct>)| match values {
        Some(values) => LiteralField { value: values.into_list(), ..field },
        None => field,
    };
    all.map(|all| all.into_values().map(field).collect())
}

/// The texts of a value: itself, or those of the list that it is.
pub(crate) fn texts(value: &Literal) -> Vec<String> {
    items(value).iter().filter_map(text).collect()
}

fn items(value: &Literal) -> &[Literal] {
    if let Literal::List(items) = value { items } else { std::slice::from_ref(value) }
}

fn text(value: &Literal) -> Option<String> {
    if let Literal::Text(bytes) = value { String::from_utf8(bytes.clone()).ok() } else { None }
}

/// `confluent.Meta` of `confluent/meta.proto`.
#[derive(Clone, PartialEq, prost::Message)]
struct Meta {
    #[prost(string, tag = "1")]
    doc: String,
    #[prost(btree_map = "string, string", tag = "2")]
    params: BTreeMap<String, String>,
    #[prost(string, repeated, tag = "3")]
    tags: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    rules: Vec<Rule>,
}

/// `confluent.Rule`
#[derive(Clone, PartialEq, prost::Message)]
struct Rule {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    doc: String,
    #[prost(string, tag = "3")]
    expr: String,
    #[prost(string, tag = "4")]
    sql: String,
}

/// The bytes of the metadata that options set; `None` when they set nothing.
pub(crate) fn encoded(options: &[OptionEntry], name: &str) -> Option<Vec<u8>> {
    let fields = merged(options, name)?;
    let mut meta = Meta::default();
    for LiteralField { name, value, .. } in &fields {
        let LiteralName::Field(name) = name else { continue };
        match name.as_str() {
            "doc" => meta.doc = text(value).unwrap_or_default(),
            "tags" => meta.tags.extend(texts(value)),
            "params" => {
                let one = |item| Some((part(item, "key")?, part(item, "value").unwrap_or_default()));
                meta.params.extend(items(value).iter().filter_map(one));
            }
            "rules" => meta.rules.extend(items(value).iter().map(|item| {
                let part = |name| part(item, name).unwrap_or_default();
                Rule { name: part("name"), doc: part("doc"), expr: part("expr"), sql: part("sql") }
            })),
            _ => {}
        }
    }
    (meta != Meta::default()).then(|| meta.encode_to_vec())
}

fn part(item: &Literal, name: &str) -> Option<String> {
    let Literal::Message(fields) = item else { return None };
    text(&fields.iter().find(|field| is(field, name))?.value)
}
