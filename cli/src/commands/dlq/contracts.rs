//! Would the current contract accept the message of a dead letter?

use std::path::Path;

use anyhow::{Context, Result};
use eventpact_contract::formats::avro;
use eventpact_contract::model::{Channel, Contract};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_runtime::dlq::DeadLetter;

use super::body::{Bodies, Framed, Pools};
use crate::input::ReadArgs;
use crate::output;

/// The contract that messages must fit.
pub(super) struct Contracts {
    contract: Contract,
}

impl Contracts {
    /// Reads it; `None` after its mistakes were printed.
    pub(super) fn load(path: &Path) -> Result<Option<Self>> {
        let path = path.to_str().context("the path of the contract is not UTF-8")?;
        Ok(output::contract(path, &ReadArgs::default(), &mut Sources::new())?.map(|contract| Self { contract }))
    }

    /// `Ok` when one message of the channel that the letter came from accepts its body, else why none does.
    pub(super) async fn accept(&self, letter: &DeadLetter, bodies: &mut Bodies) -> Result<(), String> {
        let topic = letter.origin.as_ref().map_or("", |o| &*o.topic);
        let channel = self.contract.channels.iter().find(|c| address(c) == Some(topic));
        let channel = channel.ok_or_else(|| format!("the contract has no channel with the address `{topic}`"))?;
        let body = letter.message.value.as_deref().unwrap_or_default();
        let framed = bodies.framed(body).await;
        let mut reasons = Vec::new();
        for message in &channel.messages {
            let schema = message.payload.as_ref().and_then(|p| p.schema.as_ref());
            match schema.map(|schema| fits(schema, body, framed.as_ref(), &mut bodies.pools)) {
                None | Some(Ok(())) => return Ok(()),
                Some(Err(why)) => reasons.push(format!("{}: {why}", message.name())),
            }
        }
        Err(if reasons.is_empty() { format!("the channel `{}` carries no message", channel.key) } else { reasons.join("; ") })
    }
}

fn address(channel: &Channel) -> Option<&str> {
    let kafka = channel.bindings.iter().find(|b| b.protocol == "kafka");
    kafka.and_then(|b| b.node.get("topic")?.as_str()).or(channel.address.as_deref())
}

fn fits(reader: &Schema, body: &[u8], framed: Result<&Framed, &String>, pools: &mut Pools) -> Result<(), String> {
    match (reader, framed) {
        (Schema::Avro(reader), Ok(framed)) => {
            let Schema::Avro(writer) = &*framed.schema else { return Err(other(framed, "Avro")) };
            avro::datum::resolve(writer, reader, &framed.payload).map(drop).map_err(|e| e.to_string())
        }
        (Schema::Protobuf(reader), Ok(framed)) => {
            let Schema::Protobuf(_) = &*framed.schema else { return Err(other(framed, "Protobuf")) };
            pools.decode(reader, &reader.root, &framed.payload).map(drop)
        }
        (Schema::JsonSchema(reader), framed) => {
            // JSON is self-describing: it may stand behind a prefix or alone.
            let payload = framed.map_or(body, |f| f.payload.as_slice());
            let value = serde_json::from_slice(payload).map_err(|e| format!("it is not JSON: {e}"))?;
            let validator = jsonschema::validator_for(&reader.document.to_json()).map_err(|e| e.to_string())?;
            validator.validate(&value).map_err(|e| format!("{e} (at {})", e.instance_path()))
        }
        (_, Err(why)) => Err(why.clone()),
    }
}

fn other(framed: &Framed, wanted: &str) -> String {
    format!("schema id {} is {}, not {wanted}", framed.id, framed.schema.format().registry_type())
}
