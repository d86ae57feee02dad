//! What the pages show, as plain data for the templates. No markup here.

use std::collections::{BTreeSet, HashMap};

use eventpact_contract::describe::{self, Row};
use eventpact_contract::model::{Action, Binding, Channel, Contract, Message, Operation, Payload};
use eventpact_contract::source::Span;
use eventpact_contract::yaml::Value;
use serde::Serialize;

use super::example::{Example, examples};
use super::failure;
use crate::GENERATOR_VERSION;

/// The whole contract.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) asyncapi: String,
    pub(super) id: Option<String>,
    pub(super) default_content_type: Option<String>,
    pub(super) generator: &'static str,
    pub(super) servers: Vec<ServerView>,
    pub(super) channels: Vec<ChannelView>,
    pub(super) operations: Vec<OperationView>,
    pub(super) messages: Vec<MessageView>,
}

#[derive(Debug, Serialize)]
pub(super) struct ServerView {
    key: String,
    host: String,
    protocol: String,
    description: Option<String>,
    bindings: Vec<BindingView>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChannelView {
    pub(super) slug: String,
    key: String,
    title: Option<String>,
    address: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    protocols: Vec<String>,
    servers: Vec<String>,
    parameters: Vec<ParameterView>,
    bindings: Vec<BindingView>,
    messages: Vec<Link>,
    operations: Vec<OperationView>,
    /// Operations whose dead letters come here.
    dead_letters_of: Vec<String>,
    generator: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Link {
    slug: String,
    name: String,
    summary: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ParameterView {
    name: String,
    allowed: String,
    default: Option<String>,
    description: Option<String>,
    location: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct BindingView {
    protocol: String,
    fields: Vec<BindingField>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct BindingField {
    name: String,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct OperationView {
    slug: String,
    key: String,
    /// `send` or `receive`.
    action: &'static str,
    title: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    channel: Link,
    messages: Vec<Link>,
    reply: Option<ReplyView>,
    bindings: Vec<BindingView>,
    retry: Option<RetryView>,
    dead_letter: Option<Link>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct ReplyView {
    channel: Option<Link>,
    address: Option<String>,
    messages: Vec<Link>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct RetryView {
    max_attempts: u32,
    strategy: String,
    waits: String,
    channel: Option<Link>,
}

#[derive(Debug, Serialize)]
pub(super) struct MessageView {
    pub(super) slug: String,
    name: String,
    title: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    content_type: Option<String>,
    correlation_id: Option<String>,
    payload: Option<SchemaView>,
    headers: Option<SchemaView>,
    examples: Vec<Example>,
    bindings: Vec<BindingView>,
    channels: Vec<Link>,
    generator: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct SchemaView {
    /// `Payload` or `Headers`.
    caption: &'static str,
    format: String,
    name: Option<String>,
    description: Option<String>,
    rows: Vec<RowView>,
    cut: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct RowView {
    path: String,
    /// 0 to 4: the steps of indentation that the style sheet has.
    depth: usize,
    type_name: String,
    required: bool,
    default: Option<String>,
    description: Option<String>,
    constraints: String,
}

/// Everything that the pages need of a contract.
pub(super) fn page(contract: &Contract) -> Page {
    let names = Names::new(contract);
    let operations: Vec<OperationView> =
        contract.operations.iter().map(|operation| self::operation(contract, operation, &names)).collect();
    Page {
        title: contract.info.title.clone(),
        version: contract.info.version.clone(),
        description: contract.info.description.clone(),
        asyncapi: contract.asyncapi.clone(),
        id: contract.id.clone(),
        default_content_type: contract.default_content_type.clone(),
        generator: GENERATOR_VERSION,
        servers: contract
            .servers
            .iter()
            .map(|server| ServerView {
                key: server.key.clone(),
                host: server.host.clone(),
                protocol: server.protocol.clone(),
                description: server.description.clone(),
                bindings: bindings(&server.bindings),
            })
            .collect(),
        channels: contract.channels.iter().enumerate().map(|(n, channel)| self::channel(contract, n, channel, &names)).collect(),
        messages: messages(contract, &names),
        operations,
    }
}

/// The slugs: names of files and anchors, unique also where letter case does not count.
struct Names {
    channels: Vec<String>,
    operations: HashMap<String, String>,
    /// By the place where a message is written: one that travels on several channels has one page.
    messages: HashMap<(Span, String), String>,
}

impl Names {
    fn new(contract: &Contract) -> Self {
        let (mut channels, mut operations, mut messages) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut by_place = HashMap::new();
        for message in contract.channels.iter().flat_map(|channel| &channel.messages) {
            by_place.entry(place(message)).or_insert_with(|| slug(message.name(), &mut messages));
        }
        Self {
            channels: contract.channels.iter().map(|channel| slug(&channel.key, &mut channels)).collect(),
            operations: contract.operations.iter().map(|one| (one.key.clone(), slug(&one.key, &mut operations))).collect(),
            messages: by_place,
        }
    }

    fn channel(&self, contract: &Contract, n: usize) -> Option<Link> {
        let channel = contract.channels.get(n)?;
        let name = channel.key.clone();
        Some(Link {
            slug: self.channels.get(n)?.clone(),
            name,
            summary: channel.summary.clone().or_else(|| channel.title.clone()),
        })
    }

    fn message(&self, message: &Message) -> Link {
        let slug = self.messages.get(&place(message)).cloned().unwrap_or_default();
        Link { slug, name: message.name().to_owned(), summary: message.summary.clone().or_else(|| message.title.clone()) }
    }

    fn some_messages(&self, channel: Option<&Channel>, indexes: &[usize]) -> Vec<Link> {
        let messages = channel.map(|channel| channel.messages.as_slice()).unwrap_or_default();
        indexes.iter().filter_map(|n| messages.get(*n)).map(|message| self.message(message)).collect()
    }
}

fn place(message: &Message) -> (Span, String) {
    (message.span, message.name().to_owned())
}

/// Letters, digits, `-` and `_`; a number is added to what is taken.
fn slug(name: &str, taken: &mut BTreeSet<String>) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let stem: String = name.chars().take(80).map(clean).collect();
    let stem = if stem.is_empty() { "unnamed".to_owned() } else { stem };
    let mut slug = stem.clone();
    let mut n = 2;
    while !taken.insert(slug.to_ascii_lowercase()) {
        slug = format!("{stem}-{n}");
        n += 1;
    }
    slug
}

fn channel(contract: &Contract, n: usize, channel: &Channel, names: &Names) -> ChannelView {
    let used = contract.servers.iter().filter(|server| channel.servers.is_empty() || channel.servers.contains(&server.key));
    let mut protocols: Vec<String> = used.map(|server| server.protocol.clone()).collect();
    protocols.dedup();
    let dead = |operation: &&Operation| operation.dead_letter.as_ref().is_some_and(|dead| dead.channel == n);
    ChannelView {
        slug: names.channels.get(n).cloned().unwrap_or_default(),
        key: channel.key.clone(),
        title: channel.title.clone(),
        address: channel.address.clone(),
        summary: channel.summary.clone(),
        description: channel.description.clone(),
        protocols,
        servers: channel.servers.clone(),
        parameters: channel
            .parameters
            .iter()
            .map(|parameter| ParameterView {
                name: parameter.name.clone(),
                allowed: parameter.allowed.join(", "),
                default: parameter.default.clone(),
                description: parameter.description.clone(),
                location: parameter.location.as_ref().map(ToString::to_string),
            })
            .collect(),
        bindings: bindings(&channel.bindings),
        messages: channel.messages.iter().map(|message| names.message(message)).collect(),
        operations: contract
            .operations
            .iter()
            .filter(|operation| operation.channel == n)
            .map(|operation| self::operation(contract, operation, names))
            .collect(),
        dead_letters_of: contract.operations.iter().filter(dead).map(|operation| operation.key.clone()).collect(),
        generator: GENERATOR_VERSION,
    }
}

fn operation(contract: &Contract, operation: &Operation, names: &Names) -> OperationView {
    let unknown = || Link { slug: String::new(), name: String::new(), summary: None };
    OperationView {
        slug: names.operations.get(&operation.key).cloned().unwrap_or_default(),
        key: operation.key.clone(),
        action: match operation.action {
            Action::Send => "send",
            Action::Receive => "receive",
        },
        title: operation.title.clone(),
        summary: operation.summary.clone(),
        description: operation.description.clone(),
        channel: names.channel(contract, operation.channel).unwrap_or_else(unknown),
        messages: names.some_messages(contract.channels.get(operation.channel), &operation.messages),
        reply: operation.reply.as_ref().map(|reply| ReplyView {
            channel: reply.channel.and_then(|n| names.channel(contract, n)),
            address: reply.address.as_ref().map(ToString::to_string),
            messages: names.some_messages(reply.channel.and_then(|n| contract.channels.get(n)), &reply.messages),
        }),
        bindings: bindings(&operation.bindings),
        retry: operation.retry.as_ref().map(|retry| RetryView {
            max_attempts: retry.max_attempts,
            strategy: failure::strategy(&retry.backoff),
            waits: failure::waits(retry),
            channel: retry.channel.and_then(|n| names.channel(contract, n)),
        }),
        dead_letter: operation.dead_letter.as_ref().and_then(|dead| names.channel(contract, dead.channel)),
    }
}

/// Each message once, in the order of the channels.
fn messages(contract: &Contract, names: &Names) -> Vec<MessageView> {
    let mut views: Vec<MessageView> = Vec::new();
    for (n, channel) in contract.channels.iter().enumerate() {
        for message in &channel.messages {
            let link = names.message(message);
            let at = names.channel(contract, n);
            match views.iter_mut().find(|view| view.slug == link.slug) {
                Some(view) => view.channels.extend(at),
                None => views.push(MessageView { channels: at.into_iter().collect(), ..self::message(message, link) }),
            }
        }
    }
    views
}

fn message(message: &Message, link: Link) -> MessageView {
    MessageView {
        slug: link.slug,
        name: link.name,
        title: message.title.clone(),
        summary: message.summary.clone(),
        description: message.description.clone(),
        content_type: message.content_type.clone(),
        correlation_id: message.correlation_id.as_ref().map(ToString::to_string),
        payload: message.payload.as_ref().map(|payload| schema("Payload", payload)),
        headers: message.headers.as_ref().map(|headers| schema("Headers", headers)),
        examples: examples(message),
        bindings: bindings(&message.bindings),
        channels: Vec::new(),
        generator: GENERATOR_VERSION,
    }
}

fn schema(caption: &'static str, payload: &Payload) -> SchemaView {
    let description = payload.schema.as_ref().map(describe::describe);
    let (name, text, rows, cut) = description.map_or((None, None, Vec::new(), false), |found| {
        (found.name, found.description, found.rows.into_iter().map(row).collect(), found.cut)
    });
    SchemaView { caption, format: payload.schema_format.clone(), name, description: text, rows, cut }
}

fn row(row: Row) -> RowView {
    let path = if row.path.is_empty() { "(the value)".to_owned() } else { row.path };
    RowView {
        path,
        depth: row.depth.min(4),
        type_name: row.type_name,
        required: row.required,
        default: row.default,
        description: row.description,
        constraints: row.constraints.join("; "),
    }
}

fn bindings(bindings: &[Binding]) -> Vec<BindingView> {
    let view = |binding: &Binding| {
        let entries = binding.node.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
        let fields = entries.iter().map(|entry| BindingField {
            name: entry.key.clone(),
            value: match &entry.value.value {
                Value::String(text) | Value::Number(text) => text.clone(),
                _ => entry.value.to_json().to_string(),
            },
        });
        BindingView { protocol: binding.protocol.clone(), fields: fields.collect() }
    };
    bindings.iter().map(view).collect()
}
