//! AsyncAPI: servers, channels by address, their messages with payload and headers, and operations.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::model::{Binding, Channel, Contract, Message, Operation, Server};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;

use super::Item;

/// How many items all payloads of a contract may have; of those beyond it is only said whether they changed. A schema that many
/// messages share is written out for each of them.
const MAX_ITEMS: usize = 300_000;

pub(super) fn items(contract: &Contract) -> Vec<Item> {
    let mut info = Item::new("document", "info", contract.info.span);
    info.name.clear();
    info.note("title", Some(&contract.info.title), contract.info.span);
    info.note("version", Some(&contract.info.version), contract.info.span);
    info.note("description", contract.info.description.as_deref(), contract.info.span);
    info.note("asyncapi", Some(&contract.asyncapi), Span::start_of(contract.file));
    if let Some(id) = &contract.id {
        info.say("id", id, Span::start_of(contract.file));
    }
    let mut items = vec![info];
    items.extend(contract.servers.iter().map(server));
    let mut left = MAX_ITEMS;
    items.extend(contract.channels.iter().map(|found| channel(found, &mut left)));
    items.extend(contract.operations.iter().map(|found| operation(contract, found)));
    items
}

fn server(server: &Server) -> Item {
    let mut item = Item::new("server", format!("server {}", server.key), server.span);
    item.name.clone_from(&server.key);
    item.summary = format!("{} {}", server.protocol, server.host);
    item.say("host", &server.host, server.span);
    item.say("protocol", &server.protocol, server.span);
    item.note("description", server.description.as_deref(), server.span);
    bindings(&mut item, &server.bindings);
    item
}

fn channel(channel: &Channel, left: &mut usize) -> Item {
    let address = channel.address.as_deref().unwrap_or(&channel.key);
    let mut item = Item::new("channel", format!("channel {address}"), channel.span);
    item.also.push(format!("channel key {}", channel.key));
    item.name.clone_from(&channel.key);
    address.clone_into(&mut item.summary);
    item.say("address", address, channel.span);
    if !channel.servers.is_empty() {
        item.say("servers", channel.servers.join(", "), channel.span);
    }
    people(&mut item, [&channel.title, &channel.summary, &channel.description], channel.span);
    bindings(&mut item, &channel.bindings);
    for parameter in &channel.parameters {
        let mut child = Item::new("parameter", format!("parameter {}", parameter.name), parameter.span);
        child.name.clone_from(&parameter.name);
        if !parameter.allowed.is_empty() {
            child.say("values", parameter.allowed.join(", "), parameter.span);
        }
        if let Some(default) = &parameter.default {
            child.say("default", default, parameter.span);
        }
        child.note("description", parameter.description.as_deref(), parameter.span);
        item.children.push(child);
    }
    item.children.extend(channel.messages.iter().map(|found| message(found, left)));
    item
}

fn message(message: &Message, left: &mut usize) -> Item {
    let mut item = Item::new("message", format!("message {}", message.name()), message.span);
    item.also.push(format!("message key {}", message.key));
    message.name().clone_into(&mut item.name);
    if let Some(content_type) = &message.content_type {
        item.say("content type", content_type, message.span);
    }
    people(&mut item, [&message.title, &message.summary, &message.description], message.span);
    let examples: Vec<String> = message.examples.iter().map(|example| example.to_json().to_string()).collect();
    item.note("examples", Some(examples.join("\n").as_str()).filter(|text| !text.is_empty()), message.span);
    bindings(&mut item, &message.bindings);
    for (part, payload) in [("payload", &message.payload), ("headers", &message.headers)] {
        let Some(payload) = payload else { continue };
        let mut child = Item::new("part", part, payload.span);
        // Versions of a format are many names for one thing: what counts is which format it is.
        let format = payload.schema.as_ref().map_or(payload.schema_format.as_str(), |schema| schema.format().as_str());
        child.say("schema format", format, payload.span);
        if let Some(schema) = &payload.schema {
            child.children = super::items(schema);
            let size = child.children.iter().map(Item::size).sum::<usize>();
            if size > *left {
                child.children.clear();
                child.say("schema", digest(schema), payload.span);
            }
            *left = left.saturating_sub(size);
        }
        item.children.push(child);
    }
    item
}

/// The same for schemas that say the same.
fn digest(schema: &Schema) -> String {
    let text = match schema {
        Schema::Avro(schema) => avro::canonical_text(schema),
        Schema::Protobuf(schema) => protobuf::canonical_text(schema),
        Schema::JsonSchema(schema) => json_schema::canonical_text(&schema.document),
    };
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    format!("digest {:016x}", hash.finish())
}

fn operation(contract: &Contract, operation: &Operation) -> Item {
    let channel = contract.channels.get(operation.channel);
    let address = channel.map_or("", |channel| channel.address.as_deref().unwrap_or(&channel.key));
    let action = operation.action.as_str();
    let mut item = Item::new("operation", format!("operation {}", operation.key), operation.span);
    item.also.push(format!("operation {action} {address}"));
    item.name.clone_from(&operation.key);
    item.summary = format!("{action} {address}");
    item.say("action", action, operation.span);
    item.say("channel", channel.map_or("", |channel| channel.key.as_str()), operation.span);
    let names = |of: Option<&Channel>, messages: &[usize]| {
        let named = messages.iter().filter_map(|n| of?.messages.get(*n)).map(|message| message.name().to_owned());
        named.collect::<Vec<_>>().join(", ")
    };
    item.say("messages", names(channel, &operation.messages), operation.span);
    if let Some(reply) = &operation.reply {
        let channel = reply.channel.and_then(|n| contract.channels.get(n));
        let to = channel.map_or("an address of its own", |channel| channel.address.as_deref().unwrap_or(&channel.key));
        item.say("reply", format!("{} on {to}", names(channel, &reply.messages)), operation.span);
    }
    people(&mut item, [&operation.title, &operation.summary, &operation.description], operation.span);
    bindings(&mut item, &operation.bindings);
    item
}

fn people(item: &mut Item, [title, summary, description]: [&Option<String>; 3], span: Span) {
    item.note("title", title.as_deref(), span);
    item.note("summary", summary.as_deref(), span);
    item.note("description", description.as_deref(), span);
}

/// The bindings belong to the place of the item, where they stand behind it.
fn bindings(item: &mut Item, bindings: &[Binding]) {
    for binding in bindings {
        item.span = item.span.to(binding.span).to(binding.node.span);
        let entries = binding.node.as_mapping().map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
        for entry in entries {
            let name = format!("{} {}", binding.protocol, entry.key);
            let value = entry.value.to_json().to_string();
            let span = entry.key_span.to(entry.value.span);
            if entry.key == "bindingVersion" {
                item.note(name, Some(&value), span);
            } else {
                item.say(name, value, span);
            }
        }
    }
}
