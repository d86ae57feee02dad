//! The payload schemas of a contract, under the subjects that its clients use.

use anyhow::{Context, Result, bail};
use eventpact_contract::model::{Channel, Contract};
use eventpact_contract::registrable::{Registrable, registrable};
use eventpact_contract::schema::Format;
use eventpact_contract::source::Sources;
use eventpact_registry_client::{Client, Reference, RegisterRequest, SchemaType};

use super::register::Args;
use crate::exit::Exit;
use crate::output;

/// Registers every payload schema of a contract.
pub(super) fn register(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let Some(contract) = output::contract(&args.input, &args.read, &mut sources)? else { return Ok(Exit::CouldNotRun) };
    let subjects = subjects(&contract, &sources);
    if subjects.is_empty() {
        bail!("{} has no operation with a payload that a registry can hold", args.input);
    }
    super::wait(async {
        let client = args.target.client()?;
        for (subject, schema) in &subjects {
            if args.dry_run {
                say!("{subject}  {}  would be registered", schema.format.registry_type());
                continue;
            }
            let done = put(&client, subject, schema).await.with_context(|| format!("{subject} was not registered"))?;
            say!("{subject}  {}  id {}, version {}", schema.format.registry_type(), done.0, done.1);
        }
        Ok(Exit::Clean)
    })
}

/// Subject and schema of each message that an operation names, each subject once.
fn subjects(contract: &Contract, sources: &Sources) -> Vec<(String, Registrable)> {
    let mut found: Vec<(String, Registrable)> = Vec::new();
    for operation in &contract.operations {
        let Some(channel) = contract.channels.get(operation.channel) else { continue };
        for message in operation.messages.iter().filter_map(|m| channel.messages.get(*m)) {
            let Some(schema) = message.payload.as_ref().and_then(|p| p.schema.as_ref()) else { continue };
            let subject = subject(channel, message.name());
            if !found.iter().any(|(s, _)| *s == subject) {
                found.push((subject, registrable(schema, sources)));
            }
        }
    }
    found
}

/// What generated clients use: the topic for a channel with one message, topic and message for one with several.
pub(crate) fn subject(channel: &Channel, message: &str) -> String {
    let kafka = channel.bindings.iter().find(|b| b.protocol == "kafka");
    let topic = kafka.and_then(|b| b.node.get("topic")?.as_str()).or(channel.address.as_deref()).unwrap_or(&channel.key);
    if channel.messages.len() == 1 { format!("{topic}-value") } else { format!("{topic}-{message}") }
}

/// Registers what a schema refers to, then the schema: id and version (0 when the server does not tell).
async fn put(client: &Client, subject: &str, schema: &Registrable) -> Result<(u32, i32)> {
    let kind = registry_type(schema.format);
    let mut versions: Vec<Reference> = Vec::new();
    let request = |text: &str, names: &[String], versions: &[Reference]| RegisterRequest {
        schema_type: Some(kind.clone()),
        references: versions.iter().filter(|r| names.contains(&r.name)).cloned().collect(),
        schema: Some(text.to_owned()),
        ..RegisterRequest::default()
    };
    for reference in &schema.references {
        let body = request(&reference.text, &reference.direct, &versions);
        client.register(&reference.name, &body).await.with_context(|| format!("its import {}", reference.name))?;
        // Servers before 8 do not tell the version in their answer.
        let stored = client.lookup(&reference.name, &body).await?;
        versions.push(Reference { name: reference.name.clone(), subject: reference.name.clone(), version: stored.version });
    }
    let answer = client.register(subject, &request(&schema.text, &schema.direct, &versions)).await?;
    Ok((answer.id, answer.version.unwrap_or(0)))
}

/// The name of a format in the registry.
pub(super) fn registry_type(format: Format) -> SchemaType {
    match format {
        Format::Avro => SchemaType::Avro,
        Format::Protobuf => SchemaType::Protobuf,
        Format::JsonSchema => SchemaType::Json,
    }
}
