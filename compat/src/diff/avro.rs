//! Avro: each named type is an item, its fields and symbols are below it.

use eventpact_contract::describe::logical_name;
use eventpact_contract::formats::avro::{Field, Kind, Logical, Named, Order, Schema, Type, TypeId};
use eventpact_contract::yaml::Entry;

use super::Item;

/// The key of the payload's type, whatever its name.
const ROOT: &str = "the payload";
/// How deep a type is written out within lists and maps.
const MAX_DEPTH: usize = 8;

pub(super) fn items(schema: &Schema) -> Vec<Item> {
    let mut items = Vec::new();
    if schema.root().kind.named().is_none() {
        let mut item = Item::new("type", ROOT, schema.root().span);
        item.name.clear();
        item.say("type", type_text(schema, schema.root, 0), schema.root().span);
        items.push(item);
    }
    for (n, ty) in schema.types.iter().enumerate() {
        if let Some(named) = ty.kind.named() {
            let is_root = u32::try_from(n).is_ok_and(|n| TypeId(n) == schema.root);
            let mut item = named_type(schema, ty, named, is_root);
            item.shared = !is_root;
            items.push(item);
        }
    }
    items
}

fn named_type(schema: &Schema, ty: &Type, named: &Named, is_root: bool) -> Item {
    let full = named.name.full();
    let mut item = Item::new(ty.kind.name(), if is_root { ROOT } else { &full }, ty.span);
    item.name.clone_from(&full);
    item.also = named.aliases.iter().map(eventpact_contract::formats::avro::Name::full).collect();
    item.also.push(named.name.name.to_string());
    item.say("name", full, named.name_span);
    item.say("kind", ty.kind.name(), ty.span);
    if !named.aliases.is_empty() {
        let aliases: Vec<String> = named.aliases.iter().map(eventpact_contract::formats::avro::Name::full).collect();
        item.say("aliases", aliases.join(", "), named.name_span);
    }
    item.note("doc", schema.doc(named.doc.as_ref()), named.name_span);
    props(&mut item, &schema.props(&ty.props));
    match &ty.kind {
        Kind::Record(record) => item.children.extend(record.fields.iter().map(|f| field(schema, f))),
        Kind::Enum(found) => {
            item.children.extend(found.symbols.iter().map(|symbol| Item::new("symbol", symbol.name.as_str(), symbol.span)));
            if let Some(default) = &found.default {
                item.say("default", default.name.as_str(), default.span);
            }
        }
        Kind::Fixed(fixed) => item.say("size", format!("{} bytes", fixed.size), fixed.size_span),
        _ => {}
    }
    if let Some(logical) = ty.logical.as_ref().map(logical_text) {
        item.say("logical type", logical, ty.span);
    }
    item
}

fn field(schema: &Schema, field: &Field) -> Item {
    let mut item = Item::new("field", field.name.as_str(), field.span);
    item.also = field.aliases.iter().map(ToString::to_string).collect();
    let ty = type_text(schema, field.ty, 0);
    let default = field.default.as_ref().map(|default| default.to_json().to_string());
    item.summary = default.as_ref().map_or_else(|| ty.clone(), |default| format!("{ty} = {default}"));
    item.say("name", field.name.as_str(), field.name_span);
    item.say("type", ty, schema.get(field.ty).span);
    if let (Some(text), Some(default)) = (default, &field.default) {
        item.say("default", text, default.span);
    }
    if !field.aliases.is_empty() {
        item.say("aliases", field.aliases.join(", "), field.name_span);
    }
    let order = match field.order {
        Order::Ascending => None,
        Order::Descending => Some("descending"),
        Order::Ignore => Some("ignore"),
    };
    item.note("order", order, field.name_span);
    item.note("doc", schema.doc(field.doc.as_ref()), field.name_span);
    props(&mut item, &schema.props(&field.props));
    item
}

/// Attributes that the specification does not name.
fn props(item: &mut Item, props: &[Entry]) {
    for prop in props.iter().filter(|prop| !matches!(prop.key.as_str(), "precision" | "scale" | "logicalType")) {
        item.note(&prop.key, Some(&prop.value.to_json().to_string()), prop.value.span);
    }
}

fn logical_text(logical: &Logical) -> String {
    match logical {
        Logical::Unknown(name) => name.clone(),
        logical => logical_name(logical).unwrap_or_default(),
    }
}

/// A type in a few words; a named type by its name, as it is an item of its own.
fn type_text(schema: &Schema, id: TypeId, depth: usize) -> String {
    let ty = schema.get(id);
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    let text = match &ty.kind {
        Kind::Array(inner) => format!("array of {}", type_text(schema, *inner, depth + 1)),
        Kind::Map(inner) => format!("map of {}", type_text(schema, *inner, depth + 1)),
        Kind::Union(branches) => {
            let branches: Vec<String> = branches.iter().map(|branch| type_text(schema, *branch, depth + 1)).collect();
            format!("[{}]", branches.join(", "))
        }
        kind => kind.named().map_or_else(|| kind.name().to_owned(), |named| named.name.full()),
    };
    match ty.logical.as_ref().filter(|_| ty.kind.named().is_none()) {
        Some(logical) => format!("{text} ({})", logical_text(logical)),
        None => text,
    }
}
