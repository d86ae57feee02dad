//! The bindings of a channel.

use super::super::{
    ANY_SIZE, Also, Binding, COUNT, INTEGER, MAP, Object, Others, Special, TEXTS, Type, closed, may, must, object, open,
};
use super::{POSITIVE, SCHEMA, VERSION, binding, free};

pub(in crate::asyncapi::shape) static CHANNEL: &[Binding] = &[
    free("http"),
    free("amqp1"),
    free("mqtt"),
    free("nats"),
    free("stomp"),
    free("redis"),
    free("solace"),
    binding(
        "kafka",
        &[
            (
                "0.5.0",
                object(
                    "Kafka channel binding",
                    &[
                        may("topic", Type::Text),
                        may("partitions", POSITIVE),
                        may("replicas", POSITIVE),
                        may("topicConfiguration", Type::Object(&KAFKA_TOPIC)),
                        VERSION,
                    ],
                ),
            ),
            (
                "0.4.0",
                object(
                    "Kafka channel binding",
                    &[
                        may("topic", Type::Text),
                        may("partitions", POSITIVE),
                        may("replicas", POSITIVE),
                        may("topicConfiguration", Type::Object(&KAFKA_TOPIC_0_4)),
                        VERSION,
                    ],
                ),
            ),
            (
                "0.3.0",
                object(
                    "Kafka channel binding",
                    &[may("topic", Type::Text), may("partitions", POSITIVE), may("replicas", POSITIVE), VERSION],
                ),
            ),
        ],
    ),
    binding(
        "amqp",
        &[(
            "0.3.0",
            Object {
                name: "AMQP channel binding",
                fields: &[
                    may("is", Type::Enum(&["queue", "routingKey"])),
                    may("exchange", Type::Object(&AMQP_EXCHANGE)),
                    may("queue", Type::Object(&AMQP_QUEUE)),
                    VERSION,
                ],
                others: Others::Extensions,
                also: &[Also::Special(Special::AmqpChannel)],
            },
        )],
    ),
    binding(
        "sqs",
        &[(
            "0.2.0",
            object(
                "SQS channel binding",
                &[must("queue", Type::Object(&SQS_QUEUE)), may("deadLetterQueue", Type::Object(&SQS_QUEUE)), VERSION],
            ),
        )],
    ),
    binding(
        "sns",
        &[(
            "0.1.0",
            object(
                "SNS channel binding",
                &[
                    must("name", Type::Text),
                    may("ordering", Type::Object(&SNS_ORDERING)),
                    may("policy", Type::Object(&POLICY)),
                    may("tags", MAP),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "googlepubsub",
        &[(
            "0.2.0",
            object(
                "Google Pub/Sub channel binding",
                &[
                    may("labels", MAP),
                    may("messageRetentionDuration", Type::Text),
                    may("messageStoragePolicy", Type::Object(&STORAGE_POLICY)),
                    must("schemaSettings", Type::Object(&PUBSUB_SCHEMA)),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "pulsar",
        &[(
            "0.1.0",
            object(
                "Pulsar channel binding",
                &[
                    must("namespace", Type::Text),
                    must("persistence", Type::Enum(&["persistent", "non-persistent"])),
                    may("compaction", COUNT),
                    may("geo-replication", TEXTS),
                    may("retention", Type::Object(&PULSAR_RETENTION)),
                    may("ttl", INTEGER),
                    may("deduplication", Type::Bool),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "ibmmq",
        &[(
            "0.1.0",
            Object {
                name: "IBM MQ channel binding",
                fields: &[
                    may("destinationType", Type::Enum(&["topic", "queue"])),
                    may("queue", Type::Object(&IBMMQ_QUEUE)),
                    may("topic", Type::Object(&IBMMQ_TOPIC)),
                    may("maxMsgLength", Type::Integer(0, 104_857_600)),
                    VERSION,
                ],
                others: Others::Extensions,
                also: &[Also::Special(Special::IbmMqChannel)],
            },
        )],
    ),
    binding(
        "anypointmq",
        &[(
            "0.0.1",
            object(
                "Anypoint MQ channel binding",
                &[
                    may("destination", Type::Text),
                    may("destinationType", Type::Enum(&["exchange", "queue", "fifo-queue"])),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "jms",
        &[(
            "0.0.1",
            object(
                "JMS channel binding",
                &[may("destination", Type::Text), may("destinationType", Type::Enum(&["queue", "fifo-queue"])), VERSION],
            ),
        )],
    ),
    binding(
        "ws",
        &[(
            "0.1.0",
            object(
                "WebSockets channel binding",
                &[may("method", Type::Enum(&["GET", "POST"])), may("query", SCHEMA), may("headers", SCHEMA), VERSION],
            ),
        )],
    ),
];

const CLEANUP: Type = Type::List(&Type::Enum(&["compact", "delete"]));

static KAFKA_TOPIC: Object = open(
    "Kafka topic configuration",
    &[
        may("cleanup.policy", CLEANUP),
        may("retention.ms", Type::Integer(-1, ANY_SIZE)),
        may("retention.bytes", Type::Integer(-1, ANY_SIZE)),
        may("delete.retention.ms", COUNT),
        may("max.message.bytes", COUNT),
        may("confluent.key.schema.validation", Type::Bool),
        may("confluent.key.subject.name.strategy", Type::Text),
        may("confluent.value.schema.validation", Type::Bool),
        may("confluent.value.subject.name.strategy", Type::Text),
    ],
);

static KAFKA_TOPIC_0_4: Object = closed(
    "Kafka topic configuration",
    &[
        may("cleanup.policy", CLEANUP),
        may("retention.ms", Type::Integer(-1, ANY_SIZE)),
        may("retention.bytes", Type::Integer(-1, ANY_SIZE)),
        may("delete.retention.ms", COUNT),
        may("max.message.bytes", COUNT),
    ],
);

static AMQP_EXCHANGE: Object = open(
    "AMQP exchange",
    &[
        may("name", Type::SizedText(0, 255)),
        may("type", Type::Enum(&["topic", "direct", "fanout", "default", "headers"])),
        may("durable", Type::Bool),
        may("autoDelete", Type::Bool),
        may("vhost", Type::Text),
    ],
);

static AMQP_QUEUE: Object = open(
    "AMQP queue",
    &[
        may("name", Type::SizedText(0, 255)),
        may("durable", Type::Bool),
        may("exclusive", Type::Bool),
        may("autoDelete", Type::Bool),
        may("vhost", Type::Text),
    ],
);

static SQS_QUEUE: Object = open(
    "SQS queue",
    &[
        must("name", Type::Text),
        must("fifoQueue", Type::Bool),
        may("deduplicationScope", Type::Enum(&["queue", "messageGroup"])),
        may("fifoThroughputLimit", Type::Enum(&["perQueue", "perMessageGroupId"])),
        may("deliveryDelay", Type::Integer(0, 900)),
        may("visibilityTimeout", Type::Integer(0, 43_200)),
        may("receiveMessageWaitTime", INTEGER),
        may("messageRetentionPeriod", Type::Integer(60, 1_209_600)),
        may("redrivePolicy", Type::Object(&REDRIVE)),
        may("policy", Type::Object(&POLICY)),
        may("tags", MAP),
    ],
);

pub(super) static REDRIVE: Object =
    open("redrive policy", &[must("deadLetterQueue", Type::Object(&QUEUE_NAME)), may("maxReceiveCount", INTEGER)]);

static QUEUE_NAME: Object = open("dead-letter queue", &[may("arn", Type::Text), may("name", Type::Text)]);

pub(super) static POLICY: Object = open("policy", &[must("statements", Type::List(&Type::Object(&STATEMENT)))]);

static STATEMENT: Object = open(
    "policy statement",
    &[
        must("effect", Type::Enum(&["Allow", "Deny"])),
        must("principal", Type::Either(&TEXTS, &Type::Text)),
        must("action", Type::Either(&TEXTS, &Type::Text)),
    ],
);

static SNS_ORDERING: Object =
    open("SNS ordering", &[must("type", Type::Enum(&["standard", "FIFO"])), may("contentBasedDeduplication", Type::Bool)]);

static STORAGE_POLICY: Object = closed("Google Pub/Sub message storage policy", &[may("allowedPersistenceRegions", TEXTS)]);

static PUBSUB_SCHEMA: Object = open(
    "Google Pub/Sub schema settings",
    &[
        must("encoding", Type::Text),
        must("name", Type::Text),
        may("firstRevisionId", Type::Text),
        may("lastRevisionId", Type::Text),
    ],
);

static PULSAR_RETENTION: Object = closed("Pulsar retention", &[may("time", COUNT), may("size", COUNT)]);

static IBMMQ_QUEUE: Object = open(
    "IBM MQ queue",
    &[must("objectName", Type::SizedText(0, 48)), may("isPartitioned", Type::Bool), may("exclusive", Type::Bool)],
);

static IBMMQ_TOPIC: Object = open(
    "IBM MQ topic",
    &[
        may("string", Type::SizedText(0, 10_240)),
        may("objectName", Type::SizedText(0, 48)),
        may("durablePermitted", Type::Bool),
        may("lastMsgRetained", Type::Bool),
    ],
);
