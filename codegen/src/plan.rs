//! What will be generated, as plain data: which messages become types, which channels become clients, and all names.

use eventpact_contract::diagnostic::Diagnostic;
use eventpact_contract::model::{Action, Binding, Channel, Contract, Message, Operation};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;
use eventpact_contract::yaml::{Node, Value};

use crate::error::{CodegenError, unsupported};
use crate::imports;
use crate::names::Scope;

/// Everything that a target needs to know.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) messages: Vec<MessagePlan<'a>>,
    pub(crate) channels: Vec<ChannelPlan<'a>>,
    /// The types of the messages.
    types: Scope,
}

/// A message type: one module below `schemas`.
#[derive(Debug)]
pub(crate) struct MessagePlan<'a> {
    pub(crate) message: &'a Message,
    pub(crate) schema: &'a Schema,
    pub(crate) span: Span,
    pub(crate) module: String,
    pub(crate) type_name: String,
    /// The type that borrows from the payload, as it is called beside the other messages; see [`Plan::name_twins`].
    pub(crate) twin: Option<String>,
}

/// A client: one module below `channels`.
#[derive(Debug)]
pub(crate) struct ChannelPlan<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) module: String,
    /// The start of its types' names: `Orders` of `OrdersProducer`.
    pub(crate) prefix: String,
    /// Where it is on the broker, with `{parameters}`.
    pub(crate) address: String,
    pub(crate) parameters: Vec<ParameterPlan<'a>>,
    /// `kafka`, `amqp`, …; of its first server or binding.
    pub(crate) protocol: Option<String>,
    /// Indexes into [`Plan::messages`], in the order of the channel.
    pub(crate) messages: Vec<usize>,
    /// Indexes into [`Plan::messages`] and the key, for the messages that are sent.
    pub(crate) sends: Vec<&'a Operation>,
    pub(crate) receives: Vec<&'a Operation>,
}

/// A `{parameter}` of an address.
#[derive(Debug)]
pub(crate) struct ParameterPlan<'a> {
    pub(crate) name: &'a str,
    pub(crate) argument: String,
    pub(crate) description: String,
}

/// The type of a message key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Text,
    Integer,
    Bytes,
}

/// Makes the plan, or says what stands in its way.
pub(crate) fn plan(contract: &Contract) -> Result<Plan<'_>, CodegenError> {
    let mut planner = Planner {
        plan: Plan { contract, messages: Vec::new(), channels: Vec::new(), types: Scope::types() },
        modules: Scope::modules(),
        findings: Vec::new(),
    };
    for name in imports::IN_SCHEMA_MODULES {
        planner.plan.types.reserve(name);
    }
    let mut channel_modules = Scope::modules();
    for name in ["channels", "schemas", "types"] {
        channel_modules.reserve(name);
    }
    let mut prefixes = Scope::types();
    // `EventProducer` is a type of the runtime.
    prefixes.reserve("Event");
    for (index, channel) in contract.channels.iter().enumerate() {
        let operations: Vec<&Operation> = contract.operations.iter().filter(|o| o.channel == index).collect();
        if operations.is_empty() && !contract.operations.is_empty() {
            continue;
        }
        let names = (channel_modules.claim(&channel.key, "channel"), prefixes.claim(&channel.key, "Channel"));
        planner.channel(channel, &operations, names);
    }
    if planner.findings.is_empty() { Ok(planner.plan) } else { Err(CodegenError::Unsupported(planner.findings)) }
}

struct Planner<'a> {
    plan: Plan<'a>,
    modules: Scope,
    findings: Vec<Diagnostic>,
}

impl<'a> Planner<'a> {
    fn channel(&mut self, channel: &'a Channel, operations: &[&'a Operation], (module, prefix): (String, String)) {
        let of = |action| operations.iter().copied().filter(|o| o.action == action).collect::<Vec<_>>();
        for operation in operations {
            if let Some(retry) = operation.retry.as_ref().filter(|r| r.channel.is_some()) {
                self.findings.push(*unsupported(
                    retry.span,
                    format!("`{}` sends its retries to another channel: not supported yet", operation.key),
                    "leave `channel` out of `x-retry`: the message is then tried again in its own place",
                ));
            }
        }
        let address = kafka_topic(channel).or_else(|| channel.address.clone());
        let Some(address) = address.filter(|a| !a.is_empty()) else {
            self.findings.push(*unsupported(
                channel.span,
                format!("the channel `{}` has no address: not supported yet", channel.key),
                "give it an `address`; a client cannot be generated for one that is only known at run time",
            ));
            return;
        };
        let mut arguments = Scope::values();
        for taken in ["producer", "schemas", "transport", "config", "key", "event", "address"] {
            arguments.reserve(taken);
        }
        let parameter = |p: &'a eventpact_contract::model::Parameter, scope: &mut Scope| ParameterPlan {
            name: &p.name,
            argument: scope.claim(&p.name, "parameter"),
            description: p.description.clone().unwrap_or_default(),
        };
        let used = channel.parameters.iter().filter(|p| address.contains(&format!("{{{}}}", p.name)));
        let parameters = used.map(|p| parameter(p, &mut arguments)).collect();
        let messages = channel.messages.iter().filter_map(|message| self.message(message)).collect::<Vec<_>>();
        let protocol = self.protocol(channel);
        let (sends, receives) = (of(Action::Send), of(Action::Receive));
        self.plan.channels.push(ChannelPlan {
            channel,
            module,
            prefix,
            address,
            parameters,
            protocol,
            messages,
            sends,
            receives,
        });
    }

    /// The index of a message; one that several channels share is planned once.
    fn message(&mut self, message: &'a Message) -> Option<usize> {
        let Some(payload) = &message.payload else {
            self.findings.push(*unsupported(
                message.span,
                format!("the message `{}` has no payload: not supported yet", message.name()),
                "give it a `payload` in Avro, Protobuf or JSON Schema",
            ));
            return None;
        };
        let Some(schema) = &payload.schema else {
            self.findings.push(*unsupported(
                payload.span,
                format!("the payload of `{}` is `{}`: not supported yet", message.name(), payload.schema_format),
                "Avro, Protobuf and JSON Schema can be generated",
            ));
            return None;
        };
        let known = self.plan.messages.iter().position(|m| (m.message.span, m.message.name()) == (message.span, message.name()));
        if known.is_some() {
            return known;
        }
        let module = self.modules.claim(message.name(), "message");
        let type_name = self.plan.types.claim(message.name(), "Message");
        self.plan.messages.push(MessagePlan { message, schema, span: payload.span, module, type_name, twin: None });
        Some(self.plan.messages.len() - 1)
    }

    fn protocol(&self, channel: &Channel) -> Option<String> {
        let servers = &self.plan.contract.servers;
        let of_server = servers.iter().find(|s| channel.servers.is_empty() || channel.servers.contains(&s.key));
        of_server.map(|s| s.protocol.clone()).or_else(|| channel.bindings.first().map(|b| b.protocol.clone()))
    }
}

impl Plan<'_> {
    /// Names the borrowed twins of the messages that have one, after all messages have their own names.
    pub(crate) fn name_twins(&mut self, has_twin: impl Iterator<Item = bool>) {
        for (message, has_twin) in self.messages.iter_mut().zip(has_twin) {
            if has_twin {
                message.twin = Some(self.types.claim(&format!("{}_ref", message.type_name), "Ref"));
            }
        }
    }
}

impl ChannelPlan<'_> {
    /// The name of a type of this channel.
    pub(crate) fn type_name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix.trim_end_matches('_'))
    }

    /// Kafka, also when it is written as a variant of it.
    pub(crate) fn is_kafka(&self) -> bool {
        self.protocol.as_deref().is_some_and(|p| p.starts_with("kafka"))
    }
}

/// The binding of a protocol.
fn binding<'b>(bindings: &'b [Binding], protocol: &str) -> Option<&'b Node> {
    bindings.iter().find(|b| b.protocol == protocol).map(|b| &b.node)
}

/// Where a channel is on its broker; its key when the contract does not say.
pub(crate) fn channel_address(channel: &Channel) -> String {
    kafka_topic(channel).or_else(|| channel.address.clone()).unwrap_or_else(|| channel.key.clone())
}

/// `topic` of the Kafka binding, which stands above the address.
fn kafka_topic(channel: &Channel) -> Option<String> {
    binding(&channel.bindings, "kafka")?.get("topic")?.as_str().map(str::to_owned)
}

/// The consumer group of an operation's Kafka binding.
pub(crate) fn kafka_group(operation: &Operation) -> Option<String> {
    one_text(binding(&operation.bindings, "kafka")?.get("groupId")?)
}

/// The text that a schema allows: its `const`, its only `enum`, or its `default`.
fn one_text(schema: &Node) -> Option<String> {
    let only = schema.get("enum").and_then(Node::as_sequence).and_then(|s| if let [one] = s { Some(one) } else { None });
    let text = schema.get("const").or(only).or_else(|| schema.get("default")).unwrap_or(schema);
    text.as_str().map(str::to_owned)
}

/// The type of the key in the message's Kafka binding; `None` when messages have none.
pub(crate) fn kafka_key(message: &Message) -> Option<KeyType> {
    let key = binding(&message.bindings, "kafka")?.get("key")?;
    Some(match key.get("type").map(|t| &t.value) {
        Some(Value::String(name)) if name == "string" => KeyType::Text,
        Some(Value::String(name)) if name == "integer" => KeyType::Integer,
        _ => KeyType::Bytes,
    })
}

/// What the Kafka binding says about the key, for the documentation.
pub(crate) fn kafka_key_doc(message: &Message) -> Option<String> {
    binding(&message.bindings, "kafka")?.get("key")?.get("description")?.as_str().map(str::to_owned)
}
