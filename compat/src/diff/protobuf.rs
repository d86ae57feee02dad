//! Protobuf: each message, enum and service of the files is an item; fields and values are paired by their numbers.

use std::collections::{HashMap, HashSet};

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::{
    Element, Enum, Field, FieldType, File, Label, Message, OptionEntry, Range, Schema, Service, Syntax,
};
use eventpact_contract::source::Span;

use super::{Change, Effect, Item, Kind};
use crate::mode::Direction;

pub(super) fn items(schema: &Schema) -> Vec<Item> {
    let mut items = Vec::new();
    for (file, source) in schema.files.iter().filter_map(|file| Some((file, file.source?))) {
        items.push(about_file(file, Span::start_of(source)));
        for message in &file.messages {
            messages(message, &mut items);
        }
        items.extend(file.enums.iter().map(enumeration));
        items.extend(file.services.iter().map(service));
    }
    items
}

fn about_file(file: &File, start: Span) -> Item {
    let mut item = Item::new("file", &file.path, start);
    // A single file may have another name in the other version.
    item.also.push(format!("package {}", file.package));
    let syntax = match &file.syntax {
        Syntax::Proto2 => "proto2",
        Syntax::Proto3 => "proto3",
        Syntax::Edition(edition) => edition,
    };
    item.say("syntax", syntax, file.syntax_span.unwrap_or(start));
    item.say("package", &file.package, file.package_span.unwrap_or(start));
    options(&mut item, &file.options);
    item
}

fn named(what: &'static str, element: &Element) -> Item {
    let mut item = Item::new(what, &element.full_name, element.span);
    item.also.push(element.name.clone());
    item.note("comment", element.doc.as_deref(), element.name_span);
    item
}

/// The messages of the payload's file.
fn top(schema: &Schema) -> &[Message] {
    schema.main().map_or(&[], |file| &file.messages)
}

/// A payload that is gone is worth a look: no pair of messages says it.
pub(super) fn removed(new: &Schema, old: &Schema, changes: &mut [Change]) {
    let kept: HashSet<&str> = top(new).iter().map(|message| message.element.name.as_str()).collect();
    let gone = top(old).iter().filter(|message| !kept.contains(message.element.name.as_str()));
    let gone: HashMap<Span, &Message> = gone.map(|message| (message.element.span, message)).collect();
    for change in changes.iter_mut().filter(|change| change.kind == Kind::Removed) {
        if let Some(message) = change.old.and_then(|place| gone.get(&place)) {
            change.effects.push(Effect {
                direction: Direction::Backward,
                rule: "protobuf/message-removed",
                severity: Severity::Warning,
                message: format!("the message {} is gone from the file", message.element.full_name),
                counts: true,
            });
        }
    }
}

/// A message, and those in it beside it.
fn messages(message: &Message, items: &mut Vec<Item>) {
    let mut item = named("message", &message.element);
    item.children.extend(message.fields.iter().map(|found| field(message, found)));
    for oneof in &message.oneofs {
        let mut child = Item::new("oneof", format!("oneof {}", oneof.element.name), oneof.element.span);
        child.name.clone_from(&oneof.element.name);
        child.note("comment", oneof.element.doc.as_deref(), oneof.element.name_span);
        options(&mut child, &oneof.options);
        item.children.push(child);
    }
    reserved(&mut item, &message.reserved_ranges, &message.reserved_names);
    options(&mut item, &message.options);
    items.push(item);
    for inner in message.messages.iter().filter(|inner| !is_entry(message, inner)) {
        messages(inner, items);
    }
    items.extend(message.enums.iter().map(enumeration));
}

/// The message that a map field is made of, where it is written out.
fn is_entry(message: &Message, inner: &Message) -> bool {
    inner.options.iter().any(|option| option.name == "map_entry" && option.value == "true") && !message.fields.is_empty()
}

fn field(message: &Message, field: &Field) -> Item {
    let mut item = Item::new("field", field.number.to_string(), field.element.span);
    item.name.clone_from(&field.element.name);
    let label = match field.label {
        Label::Optional => "optional ",
        Label::Required => "required ",
        Label::Repeated if !matches!(field.ty, FieldType::Map { .. }) => "repeated ",
        Label::None | Label::Repeated => "",
    };
    item.summary = format!("{label}{} = {}", field.type_text, field.number);
    item.say("name", &field.element.name, field.element.name_span);
    item.say("type", format!("{label}{}", field.type_text), field.element.span);
    if let Some(oneof) = field.oneof.and_then(|n| message.oneofs.get(n)) {
        item.say("oneof", &oneof.element.name, field.element.span);
    }
    item.note("comment", field.element.doc.as_deref(), field.element.name_span);
    options(&mut item, &field.options);
    item
}

fn enumeration(found: &Enum) -> Item {
    let mut item = named("enum", &found.element);
    let mut numbers = HashSet::new();
    for value in &found.values {
        let number = value.number.to_string();
        let known = !numbers.insert(value.number);
        let mut child =
            Item::new("value", if known { format!("{number} {}", value.element.name) } else { number }, value.element.span);
        child.also.push(value.element.name.clone());
        child.name.clone_from(&value.element.name);
        child.summary = value.number.to_string();
        child.say("name", &value.element.name, value.element.name_span);
        child.say("number", value.number.to_string(), value.number_span);
        child.note("comment", value.element.doc.as_deref(), value.element.name_span);
        options(&mut child, &value.options);
        item.children.push(child);
    }
    reserved(&mut item, &found.reserved_ranges, &found.reserved_names);
    options(&mut item, &found.options);
    item
}

fn service(found: &Service) -> Item {
    let mut item = named("service", &found.element);
    for method in &found.methods {
        let stream = |streams: bool| if streams { "stream " } else { "" };
        let mut child = Item::new("rpc", &method.element.name, method.element.span);
        child.say("request", format!("{}{}", stream(method.client_streaming), method.input), method.input_text.1);
        child.say("response", format!("{}{}", stream(method.server_streaming), method.output), method.output_text.1);
        child.note("comment", method.element.doc.as_deref(), method.element.name_span);
        options(&mut child, &method.options);
        item.children.push(child);
    }
    options(&mut item, &found.options);
    item
}

fn reserved(item: &mut Item, ranges: &[Range], names: &[(String, Span)]) {
    for range in ranges {
        let text = match (range.start, range.end) {
            (start, _) if range.to_max => format!("{start} to max"),
            (start, end) if start == end => start.to_string(),
            (start, end) => format!("{start} to {end}"),
        };
        item.children.push(reservation(text, range.span));
    }
    item.children.extend(names.iter().map(|(name, span)| reservation(format!("{name:?}"), *span)));
}

/// A number may be reserved that a field had: the two are no pair.
fn reservation(text: String, span: Span) -> Item {
    let mut item = Item::new("reserved", format!("reserved {text}"), span);
    item.name = text;
    item
}

fn options(item: &mut Item, options: &[OptionEntry]) {
    for option in options {
        item.say(format!("option {}", option.name), &option.value, option.span);
    }
}
