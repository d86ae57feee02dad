//! What the specification names in an object, found in one pass over its entries.

use crate::source::Span;
use crate::yaml::{Entry, Json, Member};

/// Attributes of a type that the specification names; everything else is a property.
const OF_TYPES: [&str; 10] = ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"];
/// Attributes of a field that the specification names.
const OF_FIELDS: [&str; 6] = ["default", "doc", "name", "order", "type", "aliases"];

/// The attributes of a type.
pub(super) struct OfType<J> {
    node: J,
    pub(super) ty: Option<J>,
    pub(super) name: Option<J>,
    pub(super) namespace: Option<J>,
    pub(super) aliases: Option<J>,
    pub(super) doc: Option<J>,
    pub(super) fields: Option<J>,
    pub(super) items: Option<J>,
    pub(super) values: Option<J>,
    pub(super) size: Option<J>,
    pub(super) symbols: Option<J>,
    /// Of an enum; a property of all other types.
    pub(super) default: Option<J>,
    has_others: bool,
}

impl<'a, J: Json<'a>> OfType<J> {
    /// Takes the entries of `node` apart.
    pub(super) fn new(node: J, entries: J::Entries) -> Self {
        let mut found = Self {
            node,
            ty: None,
            name: None,
            namespace: None,
            aliases: None,
            doc: None,
            fields: None,
            items: None,
            values: None,
            size: None,
            symbols: None,
            default: None,
            has_others: false,
        };
        for Member { key, value, .. } in entries {
            let place = match key {
                "type" => &mut found.ty,
                "name" => &mut found.name,
                "namespace" => &mut found.namespace,
                "aliases" => &mut found.aliases,
                "doc" => &mut found.doc,
                "fields" => &mut found.fields,
                "items" => &mut found.items,
                "values" => &mut found.values,
                "size" => &mut found.size,
                "symbols" => &mut found.symbols,
                "default" => &mut found.default,
                _ => {
                    found.has_others = true;
                    continue;
                }
            };
            *place = Some(value);
        }
        found
    }

    /// What the specification does not name; `default` is not for enums.
    pub(super) fn props(&self, is_enum: bool) -> Vec<Entry> {
        let has_default = !is_enum && self.default.is_some();
        if !self.has_others && !has_default {
            return Vec::new();
        }
        others(self.node, |key| OF_TYPES.contains(&key) || (is_enum && key == "default"))
    }
}

/// The attributes of a field.
pub(super) struct OfField<J> {
    node: J,
    pub(super) name: Option<J>,
    pub(super) ty: Option<J>,
    pub(super) aliases: Option<J>,
    pub(super) doc: Option<J>,
    pub(super) default: Option<J>,
    pub(super) order: Option<J>,
    /// The key of a logical type, which does not belong here.
    pub(super) logical_type: Option<Span>,
    has_others: bool,
}

impl<'a, J: Json<'a>> OfField<J> {
    /// Takes the entries of `node` apart.
    pub(super) fn new(node: J, entries: J::Entries) -> Self {
        let mut found = Self {
            node,
            name: None,
            ty: None,
            aliases: None,
            doc: None,
            default: None,
            order: None,
            logical_type: None,
            has_others: false,
        };
        for Member { key, key_span, value } in entries {
            let place = match key {
                "name" => &mut found.name,
                "type" => &mut found.ty,
                "aliases" => &mut found.aliases,
                "doc" => &mut found.doc,
                "default" => &mut found.default,
                "order" => &mut found.order,
                _ => {
                    found.has_others = true;
                    if key == "logicalType" {
                        found.logical_type = Some(key_span);
                    }
                    continue;
                }
            };
            *place = Some(value);
        }
        found
    }

    /// What the specification does not name.
    pub(super) fn props(&self) -> Vec<Entry> {
        if self.has_others { others(self.node, |key| OF_FIELDS.contains(&key)) } else { Vec::new() }
    }
}

/// The entries of an object that are not reserved.
pub(super) fn others<'a, J: Json<'a>>(node: J, is_reserved: impl Fn(&str) -> bool) -> Vec<Entry> {
    node.entries().into_iter().flatten().filter(|entry| !is_reserved(entry.key)).map(Member::into_entry).collect()
}
