//! The fields of messages by name, for options that name many fields of a large message.

use std::cell::RefCell;
use std::collections::HashMap;

use super::tree::{Field, Message};

/// Up to so many fields are looked through.
const FEW: usize = 32;

/// Filled as messages are asked for.
#[derive(Debug, Default)]
pub(super) struct FieldIndex<'a> {
    by_message: RefCell<HashMap<&'a str, HashMap<&'a str, &'a Field>>>,
}

impl<'a> FieldIndex<'a> {
    /// The field of a name. A group is also called by the name of its message.
    pub(super) fn named(&self, message: &'a Message, name: &str) -> Option<&'a Field> {
        let is_group = |field: &&Field| field.is_group && field.type_text == name;
        if message.fields.len() <= FEW {
            let known = message.fields.iter().find(|field| field.element.name == name);
            return known.or_else(|| message.fields.iter().find(is_group));
        }
        let mut by_message = self.by_message.borrow_mut();
        let fields = by_message.entry(&message.element.full_name).or_insert_with(|| {
            let groups = message.fields.iter().filter(|field| field.is_group).map(|field| (field.type_text.as_str(), field));
            let named = message.fields.iter().map(|field| (field.element.name.as_str(), field));
            // Of several with one name the first counts, and a name before that of a group.
            groups.rev().chain(named.rev()).collect()
        });
        fields.get(name).copied()
    }
}
