//! Puts into a file what the linker found: full names of types, and the features that each element inherits.

use std::vec::IntoIter;

use super::features::{Features, Presence};
use super::link::Resolved;
use super::symbols::What;
use super::tree::{Enum, Extend, Field, FieldType, File, Label, Message, Syntax};

/// Goes through the file in the order in which its names were resolved.
pub(super) fn apply(file: &mut File, names: IntoIter<Resolved>) {
    file.features = Features::of(&file.syntax).with(&file.options);
    let mut walk = Walk { names, syntax: file.syntax.clone() };
    let features = file.features;
    file.messages.iter_mut().for_each(|m| walk.message(m, features));
    file.extends.iter_mut().for_each(|e| walk.extend(e, features));
    file.enums.iter_mut().for_each(|e| enumeration(e, features));
    for service in &mut file.services {
        for method in &mut service.methods {
            method.input = walk.message_name();
            method.output = walk.message_name();
        }
    }
}

struct Walk {
    names: IntoIter<Resolved>,
    syntax: Syntax,
}

impl Walk {
    fn message_name(&mut self) -> String {
        self.names.next().map(|(name, _)| name).unwrap_or_default()
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &mut Message, around: Features) {
        message.features = around.with(&message.options);
        let features = message.features;
        for field in &mut message.fields {
            let oneof = field.oneof.and_then(|n| message.oneofs.get(n));
            let around = oneof.map_or(features, |oneof| features.with(&oneof.options));
            self.field(field, around, false);
        }
        message.messages.iter_mut().for_each(|m| self.message(m, features));
        message.extends.iter_mut().for_each(|e| self.extend(e, features));
        message.enums.iter_mut().for_each(|e| enumeration(e, features));
    }

    fn extend(&mut self, extend: &mut Extend, around: Features) {
        extend.extendee = self.message_name();
        extend.fields.iter_mut().for_each(|f| self.field(f, around, true));
    }

    fn field(&mut self, field: &mut Field, around: Features, extension: bool) {
        let ty = match &mut field.ty {
            FieldType::Map { value, .. } => &mut **value,
            other => other,
        };
        if matches!(ty, FieldType::Message(_))
            && let Some((name, what)) = self.names.next()
        {
            *ty = if what == What::Enum { FieldType::Enum(name) } else { FieldType::Message(name) };
        }
        field.features = around.with(&field.options);
        if self.syntax.is_edition() {
            edition(field, extension);
        } else {
            legacy(field, extension);
        }
        if !matches!(field.ty, FieldType::Message(_)) {
            field.features.delimited = false;
        }
    }
}

/// In editions the features say what labels say elsewhere.
fn edition(field: &mut Field, extension: bool) {
    let message = matches!(field.ty, FieldType::Message(_));
    if field.label == Label::Repeated {
        return;
    }
    if field.features.presence != Presence::Required && (message || extension || field.oneof.is_some()) {
        field.features.presence = Presence::Explicit;
    }
    field.label = match field.features.presence {
        Presence::Required => Label::Required,
        Presence::Explicit if field.oneof.is_none() => Label::Optional,
        Presence::Explicit | Presence::Implicit => Label::None,
    };
}

/// In proto2 and proto3 the labels and options say what features say elsewhere.
fn legacy(field: &mut Field, extension: bool) {
    let message = matches!(field.ty, FieldType::Message(_));
    field.features.presence = match field.label {
        Label::Required => Presence::Required,
        Label::Optional => Presence::Explicit,
        _ if message || extension || field.oneof.is_some() => Presence::Explicit,
        _ => field.features.presence,
    };
    field.features.delimited = field.is_group;
    if let Some(packed) = field.options.iter().rev().find(|o| o.name == "packed") {
        field.features.packed = packed.as_word() == Some("true");
    }
}

fn enumeration(one: &mut Enum, around: Features) {
    one.features = around.with(&one.options);
}
