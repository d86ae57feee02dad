//! What the specification names in an object, found in one pass over its entries.

use super::super::kept::Place;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node};

/// Attributes of a type that the specification names; everything else is a property.
const OF_TYPES: [&str; 10] = ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"];
/// Attributes of a field that the specification names.
const OF_FIELDS: [&str; 6] = ["default", "doc", "name", "order", "type", "aliases"];

impl Place {
    /// Whether the specification names a key in it.
    pub(in super::super) fn names(self, key: &str) -> bool {
        match self {
            Self::Type => OF_TYPES.contains(&key),
            Self::Enum => OF_TYPES.contains(&key) || key == "default",
            Self::Field => OF_FIELDS.contains(&key),
        }
    }
}

/// The attributes of a type.
pub(super) struct OfType<'a> {
    entries: &'a Mapping,
    pub(super) ty: Option<&'a Node>,
    pub(super) name: Option<&'a Node>,
    pub(super) namespace: Option<&'a Node>,
    pub(super) aliases: Option<&'a Node>,
    pub(super) doc: Option<&'a Node>,
    pub(super) fields: Option<&'a Node>,
    pub(super) items: Option<&'a Node>,
    pub(super) values: Option<&'a Node>,
    pub(super) size: Option<&'a Node>,
    pub(super) symbols: Option<&'a Node>,
    /// Of an enum; a property of all other types.
    pub(super) default: Option<&'a Node>,
    has_others: bool,
}

impl<'a> OfType<'a> {
    /// It has a part that only a definition needs.
    pub(super) fn defines(&self) -> bool {
        [self.name, self.fields, self.symbols, self.size, self.items, self.values].iter().any(Option::is_some)
    }

    /// Takes the entries of an object apart.
    pub(super) fn new(entries: &'a Mapping) -> Self {
        let mut found = Self {
            entries,
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
        for Entry { key, value, .. } in &entries.entries {
            let place = match key.as_str() {
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
        let place = if is_enum { Place::Enum } else { Place::Type };
        others(self.entries, |key| place.names(key))
    }
}

/// The attributes of a field.
pub(super) struct OfField<'a> {
    entries: &'a Mapping,
    pub(super) name: Option<&'a Node>,
    pub(super) ty: Option<&'a Node>,
    pub(super) aliases: Option<&'a Node>,
    pub(super) doc: Option<&'a Node>,
    pub(super) default: Option<&'a Node>,
    pub(super) order: Option<&'a Node>,
    /// The key of a logical type, which does not belong here.
    pub(super) logical_type: Option<Span>,
    has_others: bool,
}

impl<'a> OfField<'a> {
    /// Takes the entries of an object apart.
    pub(super) fn new(entries: &'a Mapping) -> Self {
        let mut found = Self {
            entries,
            name: None,
            ty: None,
            aliases: None,
            doc: None,
            default: None,
            order: None,
            logical_type: None,
            has_others: false,
        };
        for Entry { key, key_span, value } in &entries.entries {
            let place = match key.as_str() {
                "name" => &mut found.name,
                "type" => &mut found.ty,
                "aliases" => &mut found.aliases,
                "doc" => &mut found.doc,
                "default" => &mut found.default,
                "order" => &mut found.order,
                _ => {
                    found.has_others = true;
                    if key == "logicalType" {
                        found.logical_type = Some(*key_span);
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
        if self.has_others { others(self.entries, |key| Place::Field.names(key)) } else { Vec::new() }
    }
}

/// The entries of an object that are not reserved.
pub(super) fn others(entries: &Mapping, is_reserved: impl Fn(&str) -> bool) -> Vec<Entry> {
    entries.entries.iter().filter(|entry| !is_reserved(&entry.key)).cloned().collect()
}
