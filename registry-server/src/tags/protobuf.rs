//! Messages and fields of a `.proto` text. Their paths have no package: `Order.id`, `Order.Item.id`.
//!
//! The tags are a part of the option `(confluent.message_meta)` or `(confluent.field_meta)`.

use eventpact_contract::formats::protobuf::{
    File, Literal, LiteralField, LiteralName, Message, OptionEntry, OptionName, read_alone,
};
use eventpact_contract::source::{Sources, Span};
use eventpact_registry_client::wire::EntityType;

use crate::meta;

/// The field of the option that holds the tags.
const TAGS: &str = "tags";

/// Is shown an entity: its path, its kind, its options.
type See<'a> = dyn FnMut(&str, EntityType, &mut Vec<OptionEntry>) + 'a;

/// Reads a text.
pub(super) fn read(text: &str) -> Result<File, String> {
    read_alone(text).ok_or_else(|| "the text cannot be read".to_owned())
}

/// Shows all entities in the order of the text.
pub(super) fn visit(file: &mut File, see: &mut See<'_>) {
    file.messages.iter_mut().for_each(|message| visit_message(message, "", see));
}

/// Nesting is bounded by the parser.
fn visit_message(message: &mut Message, outer: &str, see: &mut See<'_>) {
    let path = format!("{outer}{}", message.element.name);
    see(&path, EntityType::Record, &mut message.options);
    for field in &mut message.fields {
        see(&format!("{path}.{}", field.element.name), EntityType::Field, &mut field.options);
    }
    let inner = format!("{path}.");
    message.messages.iter_mut().for_each(|nested| visit_message(nested, &inner, see));
}

fn option_of(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Record => meta::MESSAGE,
        EntityType::Field => meta::FIELD,
    }
}

/// The tags that an entity has.
pub(super) fn tags_of(options: &[OptionEntry], kind: EntityType) -> Vec<String> {
    let fields = meta::merged(options, option_of(kind)).unwrap_or_default();
    fields.iter().filter(|field| meta::is(field, TAGS)).flat_map(|field| meta::texts(&field.value)).collect()
}

/// Gives an entity other tags. Its other metadata stays, as one option.
pub(super) fn set_tags(options: &mut Vec<OptionEntry>, kind: EntityType, tags: &[String]) {
    let name = option_of(kind);
    let mut fields = meta::merged(options, name).unwrap_or_default();
    let list = Literal::List(tags.iter().map(|tag| Literal::Text(tag.as_bytes().to_vec())).collect());
    let at = options.iter().position(|option| meta::sets(option, name)).unwrap_or(options.len());
    // Only the text of the option counts from here on.
    let span = options.first().map_or_else(|| Span::start_of(Sources::new().add("", "")), |option| option.span);
    options.retain(|option| !meta::sets(option, name));
    match fields.iter().position(|field| meta::is(field, TAGS)) {
        Some(known) if tags.is_empty() => drop(fields.remove(known)),
        Some(known) => fields[known].value = list,
        None if tags.is_empty() => {}
        None => fields.push(LiteralField { name: LiteralName::Field(TAGS.to_owned()), value: list, span }),
    }
    if !fields.is_empty() {
        let literal = Literal::Message(fields);
        let parts = vec![OptionName { name: name.to_owned(), is_extension: true, span }];
        options.insert(at, OptionEntry { name: format!("({name})"), value: literal.to_string(), span, parts, literal });
    }
}
