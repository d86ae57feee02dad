//! The guard of the topic: what is written to it must not get lost. Confluent's registries lost schemas to retention and to
//! partition leaders that were behind; so we refuse what only warns elsewhere.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;
use tokio::runtime::Handle;

use super::failed;
use super::spec::KafkaSpec;
use crate::store::StoreError;

const ASK: Duration = Duration::from_secs(20);

/// Schemas are up to 1 MiB; as text within JSON they may take more.
const MAX_MESSAGE: &str = "4194304";

/// A topic as the cluster has it.
struct Found {
    partitions: usize,
    replicas: usize,
}

/// Makes sure that the topic is there and can be used. Gives what may lose acknowledged writes, when the user has allowed it.
/// Asks the cluster, and blocks.
pub(super) fn guard<C: ConsumerContext>(
    spec: &KafkaSpec,
    consumer: &BaseConsumer<C>,
    runtime: &Handle,
) -> Result<Vec<String>, StoreError> {
    let (mut found, brokers) = find(spec, consumer)?;
    if found.is_none() && !spec.follower {
        if brokers < 3 && !spec.allow_unsafe_topic {
            let text = format!(
                "the topic {} does not exist, and {brokers} broker cannot keep three copies of it; add brokers, or \
                 ?allow-unsafe-topic=true if schemas may be lost",
                spec.topic
            );
            return Err(StoreError::Refused(text));
        }
        runtime.block_on(create(spec, brokers))?;
        found = find(spec, consumer)?.0;
    }
    let topic = &spec.topic;
    let Some(found) = found else {
        return Err(StoreError::Refused(format!("the topic {topic} does not exist; name another one, or create it")));
    };
    if found.partitions != 1 {
        let text = format!("the topic {topic} has {} partitions, and schemas need an order: use one with 1", found.partitions);
        return Err(StoreError::Refused(text));
    }
    if spec.follower {
        return Ok(Vec::new());
    }
    let dangers = runtime.block_on(dangers(spec, &found))?;
    if !dangers.is_empty() && !spec.allow_unsafe_topic {
        let text = format!(
            "the topic {topic} may lose schemas: {}; alter the topic, or add ?allow-unsafe-topic=true if they may be lost",
            dangers.join(", ")
        );
        return Err(StoreError::Refused(text));
    }
    Ok(dangers.into_iter().map(|danger| format!("the topic {topic} may lose acknowledged schemas: {danger}")).collect())
}

/// The topic, and how many brokers there are. Asks for all topics, since asking for one may create it.
fn find<C: ConsumerContext>(spec: &KafkaSpec, consumer: &BaseConsumer<C>) -> Result<(Option<Found>, usize), StoreError> {
    let metadata = metadata(spec, consumer)?;
    let topic = metadata.topics().iter().find(|topic| topic.name() == spec.topic);
    let found = topic.map(|topic| Found {
        partitions: topic.partitions().len(),
        replicas: topic.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0),
    });
    Ok((found, metadata.brokers().len()))
}

/// What the cluster says of itself. Wrong credentials are told at once: waiting does not make them right.
fn metadata<C: ConsumerContext>(spec: &KafkaSpec, consumer: &BaseConsumer<C>) -> Result<Metadata, StoreError> {
    let until = Instant::now() + ASK;
    loop {
        let cause = match consumer.fetch_metadata(None, Duration::from_secs(3)) {
            Ok(metadata) => return Ok(metadata),
            Err(cause) => cause,
        };
        // The library tells why it has no connection to who polls.
        let told = std::iter::from_fn(|| consumer.poll(Duration::ZERO)).take(100).filter_map(Result::err);
        let mut denied = told.filter(|error| error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication));
        if let Some(error) = denied.next() {
            let text = format!("{spec}: the broker does not accept who we say we are ({error}); look at the sasl.… settings");
            return Err(StoreError::Refused(text));
        }
        if Instant::now() >= until {
            return Err(failed(spec, &cause));
        }
    }
}

fn admin(spec: &KafkaSpec) -> Result<AdminClient<DefaultClientContext>, StoreError> {
    spec.client(&[]).create().map_err(|cause| failed(spec, &cause))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ASK)).operation_timeout(Some(ASK))
}

async fn create(spec: &KafkaSpec, brokers: usize) -> Result<(), StoreError> {
    let replicas = i32::try_from(brokers.clamp(1, 3)).unwrap_or(3);
    let topic = NewTopic::new(&spec.topic, 1, TopicReplication::Fixed(replicas))
        .set("cleanup.policy", "compact")
        .set("min.insync.replicas", if replicas < 3 { "1" } else { "2" })
        .set("unclean.leader.election.enable", "false")
        .set("max.message.bytes", MAX_MESSAGE);
    let results = admin(spec)?.create_topics(&[topic], &options()).await.map_err(|cause| failed(spec, &cause))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(failed(spec, &format!("the topic {name} cannot be created: {code}"))),
        }
    }
    Ok(())
}

async fn dangers(spec: &KafkaSpec, found: &Found) -> Result<Vec<String>, StoreError> {
    let resource = [ResourceSpecifier::Topic(&spec.topic)];
    let answers = admin(spec)?.describe_configs(&resource, &options()).await.map_err(|cause| failed(spec, &cause))?;
    let described = answers.into_iter().next().ok_or_else(|| failed(spec, &"the cluster does not describe the topic"))?;
    let described = described.map_err(|code| failed(spec, &format!("the cluster does not describe the topic: {code}")))?;
    let setting = |name: &str| described.get(name).and_then(|entry| entry.value.clone()).unwrap_or_default();
    let mut dangers = Vec::new();
    let policy = setting("cleanup.policy");
    if policy != "compact" {
        dangers.push(format!("cleanup.policy is {policy}, not compact"));
    }
    if found.replicas < 3 {
        dangers.push(format!("{} replica(s), not 3", found.replicas));
    }
    let insync = setting("min.insync.replicas");
    if insync.parse::<u32>().unwrap_or(0) < 2 {
        dangers.push(format!("min.insync.replicas is {insync}, not 2"));
    }
    if setting("unclean.leader.election.enable") == "true" {
        dangers.push("unclean.leader.election.enable is true".to_owned());
    }
    Ok(dangers)
}
