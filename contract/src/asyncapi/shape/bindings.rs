//! The bindings: per place and protocol, the fields that the binding specifications know.

use super::document::ANY_SIZE;
use super::{Field, Object, Type, may, must, object};

type Protocols = &'static [(&'static str, Object)];

/// Every protocol that may carry bindings, also those without fields of their own.
pub(super) const PROTOCOLS: &[&str] = &[
    "http",
    "ws",
    "amqp",
    "amqp1",
    "mqtt",
    "mqtt5",
    "kafka",
    "anypointmq",
    "nats",
    "jms",
    "sns",
    "sqs",
    "stomp",
    "redis",
    "mercure",
    "ibmmq",
    "solace",
    "googlepubsub",
    "pulsar",
    "ros2",
];

const COUNT: Type = Type::Integer(0, ANY_SIZE);
const POSITIVE: Type = Type::Integer(1, ANY_SIZE);
const TEXTS: Type = Type::List(&Type::Text);

const fn version(known: &'static [&'static str]) -> Field {
    may("bindingVersion", Type::Enum(known))
}

const KAFKA: &[&str] = &["0.3.0", "0.4.0", "0.5.0", "latest"];
const AMQP: &[&str] = &["0.3.0", "latest"];
const MQTT: &[&str] = &["0.2.0", "latest"];
const HTTP: &[&str] = &["0.2.0", "0.3.0", "latest"];
const SOLACE: &[&str] = &["0.2.0", "0.3.0", "0.4.0", "latest"];
const FIRST: &[&str] = &["0.1.0", "latest"];
const ALPHA: &[&str] = &["0.0.1", "latest"];
const SECOND: &[&str] = &["0.2.0", "latest"];

pub(super) static SERVER: Protocols = &[
    (
        "kafka",
        object(
            "Kafka server binding",
            &[may("schemaRegistryUrl", Type::Uri), may("schemaRegistryVendor", Type::Text), version(KAFKA)],
        ),
    ),
    (
        "mqtt",
        object(
            "MQTT server binding",
            &[
                may("clientId", Type::Text),
                may("cleanSession", Type::Bool),
                may("lastWill", Type::Object(&LAST_WILL)),
                may("keepAlive", COUNT),
                may("sessionExpiryInterval", Type::IntegerOrSchema(0, ANY_SIZE)),
                may("maximumPacketSize", Type::IntegerOrSchema(1, 4_294_967_295)),
                version(MQTT),
            ],
        ),
    ),
    ("pulsar", object("Pulsar server binding", &[may("tenant", Type::Text), version(FIRST)])),
    (
        "solace",
        object("Solace server binding", &[may("msgVpn", Type::Text), may("clientName", Type::ShortText(160)), version(SOLACE)]),
    ),
    (
        "ibmmq",
        object(
            "IBM MQ server binding",
            &[
                may("groupId", Type::Text),
                may("ccdtQueueManagerName", Type::Text),
                may("cipherSpec", Type::Text),
                may("multiEndpointServer", Type::Bool),
                may("heartBeatInterval", Type::Integer(0, 999_999)),
                version(FIRST),
            ],
        ),
    ),
    (
        "jms",
        object(
            "JMS server binding",
            &[
                must("jmsConnectionFactory", Type::Text),
                may("properties", Type::List(&Type::Any)),
                may("clientID", Type::Text),
                version(ALPHA),
            ],
        ),
    ),
    (
        "ros2",
        object(
            "ROS 2 server binding",
            &[may("rmwImplementation", Type::Text), may("domainId", Type::Integer(0, 231)), version(FIRST)],
        ),
    ),
];

static LAST_WILL: Object = object(
    "MQTT last will",
    &[may("topic", Type::Text), may("qos", Type::OneInteger(&[0, 1, 2])), may("message", Type::Text), may("retain", Type::Bool)],
);

pub(super) static CHANNEL: Protocols = &[
    (
        "kafka",
        object(
            "Kafka channel binding",
            &[
                may("topic", Type::Text),
                may("partitions", POSITIVE),
                may("replicas", POSITIVE),
                may("topicConfiguration", Type::Object(&KAFKA_TOPIC)),
                version(KAFKA),
            ],
        ),
    ),
    (
        "amqp",
        object(
            "AMQP channel binding",
            &[
                may("is", Type::Enum(&["queue", "routingKey"])),
                may("exchange", Type::Object(&AMQP_EXCHANGE)),
                may("queue", Type::Object(&AMQP_QUEUE)),
                version(AMQP),
            ],
        ),
    ),
    (
        "sqs",
        object(
            "SQS channel binding",
            &[must("queue", Type::Object(&SQS_QUEUE)), may("deadLetterQueue", Type::Object(&SQS_QUEUE)), version(SECOND)],
        ),
    ),
    (
        "sns",
        object(
            "SNS channel binding",
            &[
                must("name", Type::Text),
                may("ordering", Type::Object(&SNS_ORDERING)),
                may("policy", Type::Any),
                may("tags", Type::Any),
                version(FIRST),
            ],
        ),
    ),
    (
        "googlepubsub",
        object(
            "Google Pub/Sub channel binding",
            &[
                may("labels", Type::Any),
                may("messageRetentionDuration", Type::Text),
                may("messageStoragePolicy", Type::Any),
                must("schemaSettings", Type::Object(&PUBSUB_SCHEMA)),
                version(SECOND),
            ],
        ),
    ),
    (
        "pulsar",
        object(
            "Pulsar channel binding",
            &[
                must("namespace", Type::Text),
                must("persistence", Type::Enum(&["persistent", "non-persistent"])),
                may("compaction", COUNT),
                may("geo-replication", TEXTS),
                may("retention", Type::Any),
                may("ttl", Type::Integer(i64::MIN, ANY_SIZE)),
                may("deduplication", Type::Bool),
                version(FIRST),
            ],
        ),
    ),
    (
        "ibmmq",
        object(
            "IBM MQ channel binding",
            &[
                may("destinationType", Type::Enum(&["topic", "queue"])),
                may("queue", Type::Any),
                may("topic", Type::Any),
                may("maxMsgLength", Type::Integer(0, 104_857_600)),
                version(FIRST),
            ],
        ),
    ),
    (
        "anypointmq",
        object(
            "Anypoint MQ channel binding",
            &[
                may("destination", Type::Text),
                may("destinationType", Type::Enum(&["exchange", "queue", "fifo-queue"])),
                version(ALPHA),
            ],
        ),
    ),
    (
        "jms",
        object(
            "JMS channel binding",
            &[
                may("destination", Type::Text),
                may("destinationType", Type::Enum(&["queue", "topic", "fifo-queue"])),
                version(ALPHA),
            ],
        ),
    ),
    (
        "ws",
        object(
            "WebSockets channel binding",
            &[
                may("method", Type::Enum(&["GET", "POST"])),
                may("query", Type::Schema),
                may("headers", Type::Schema),
                version(FIRST),
            ],
        ),
    ),
];

static KAFKA_TOPIC: Object = object(
    "Kafka topic configuration",
    &[
        may("cleanup.policy", Type::List(&Type::Enum(&["compact", "delete"]))),
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

static AMQP_EXCHANGE: Object = object(
    "AMQP exchange",
    &[
        may("name", Type::ShortText(255)),
        may("type", Type::Enum(&["topic", "direct", "fanout", "default", "headers"])),
        may("durable", Type::Bool),
        may("autoDelete", Type::Bool),
        may("vhost", Type::Text),
    ],
);

static AMQP_QUEUE: Object = object(
    "AMQP queue",
    &[
        may("name", Type::ShortText(255)),
        may("durable", Type::Bool),
        may("exclusive", Type::Bool),
        may("autoDelete", Type::Bool),
        may("vhost", Type::Text),
    ],
);

static SQS_QUEUE: Object = object(
    "SQS queue",
    &[
        must("name", Type::Text),
        must("fifoQueue", Type::Bool),
        may("deduplicationScope", Type::Enum(&["queue", "messageGroup"])),
        may("fifoThroughputLimit", Type::Enum(&["perQueue", "perMessageGroupId"])),
        may("deliveryDelay", Type::Integer(0, 900)),
        may("visibilityTimeout", Type::Integer(0, 43_200)),
        may("receiveMessageWaitTime", Type::Integer(0, ANY_SIZE)),
        may("messageRetentionPeriod", Type::Integer(60, 1_209_600)),
        may("redrivePolicy", Type::Object(&REDRIVE)),
        may("policy", Type::Any),
        may("tags", Type::Any),
    ],
);

static REDRIVE: Object = object(
    "redrive policy",
    &[must("deadLetterQueue", Type::Object(&DEAD_LETTER_QUEUE)), may("maxReceiveCount", Type::Integer(0, ANY_SIZE))],
);

static DEAD_LETTER_QUEUE: Object = object("dead-letter queue", &[may("arn", Type::Text), may("name", Type::Text)]);

static SNS_ORDERING: Object =
    object("SNS ordering", &[must("type", Type::Enum(&["standard", "FIFO"])), may("contentBasedDeduplication", Type::Bool)]);

static PUBSUB_SCHEMA: Object = object(
    "Google Pub/Sub schema settings",
    &[
        must("encoding", Type::Text),
        must("name", Type::Text),
        may("firstRevisionId", Type::Text),
        may("lastRevisionId", Type::Text),
    ],
);

pub(super) static OPERATION: Protocols = &[
    ("kafka", object("Kafka operation binding", &[may("groupId", Type::Schema), may("clientId", Type::Schema), version(KAFKA)])),
    (
        "amqp",
        object(
            "AMQP operation binding",
            &[
                may("expiration", COUNT),
                may("userId", Type::Text),
                may("cc", TEXTS),
                may("priority", COUNT),
                may("deliveryMode", Type::OneInteger(&[1, 2])),
                may("mandatory", Type::Bool),
                may("bcc", TEXTS),
                may("timestamp", Type::Bool),
                may("ack", Type::Bool),
                version(AMQP),
            ],
        ),
    ),
    (
        "mqtt",
        object(
            "MQTT operation binding",
            &[
                may("qos", Type::OneInteger(&[0, 1, 2])),
                may("retain", Type::Bool),
                may("messageExpiryInterval", Type::IntegerOrSchema(0, 4_294_967_295)),
                version(MQTT),
            ],
        ),
    ),
    ("nats", object("NATS operation binding", &[may("queue", Type::ShortText(255)), version(FIRST)])),
    (
        "http",
        object(
            "HTTP operation binding",
            &[
                may("method", Type::Enum(&["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"])),
                may("query", Type::Schema),
                version(HTTP),
            ],
        ),
    ),
    ("sqs", object("SQS operation binding", &[must("queues", Type::List(&Type::Any)), version(SECOND)])),
    (
        "sns",
        object(
            "SNS operation binding",
            &[
                may("topic", Type::Any),
                must("consumers", Type::List(&Type::Any)),
                may("deliveryPolicy", Type::Any),
                version(FIRST),
            ],
        ),
    ),
    (
        "solace",
        object(
            "Solace operation binding",
            &[
                may("destinations", Type::List(&Type::Any)),
                may("timeToLive", Type::Integer(0, ANY_SIZE)),
                may("priority", Type::Integer(0, 255)),
                may("dmqEligible", Type::Bool),
                version(SOLACE),
            ],
        ),
    ),
    (
        "ros2",
        object(
            "ROS 2 operation binding",
            &[must("role", Type::Text), must("node", Type::Text), may("qosPolicies", Type::Any), version(FIRST)],
        ),
    ),
];

pub(super) static MESSAGE: Protocols = &[
    (
        "kafka",
        object(
            "Kafka message binding",
            &[
                may("key", Type::Schema),
                may("schemaIdLocation", Type::Enum(&["header", "payload"])),
                may("schemaIdPayloadEncoding", Type::Text),
                may("schemaLookupStrategy", Type::Text),
                version(KAFKA),
            ],
        ),
    ),
    (
        "amqp",
        object("AMQP message binding", &[may("contentEncoding", Type::Text), may("messageType", Type::Text), version(AMQP)]),
    ),
    (
        "mqtt",
        object(
            "MQTT message binding",
            &[
                may("payloadFormatIndicator", Type::OneInteger(&[0, 1])),
                may("correlationData", Type::Schema),
                may("contentType", Type::Text),
                may("responseTopic", Type::Any),
                version(MQTT),
            ],
        ),
    ),
    (
        "http",
        object(
            "HTTP message binding",
            &[may("headers", Type::Schema), may("statusCode", Type::Integer(100, 599)), version(HTTP)],
        ),
    ),
    (
        "ibmmq",
        object(
            "IBM MQ message binding",
            &[
                may("type", Type::Enum(&["string", "jms", "binary"])),
                may("headers", Type::Text),
                may("description", Type::Text),
                may("expiry", COUNT),
                version(FIRST),
            ],
        ),
    ),
    (
        "googlepubsub",
        object(
            "Google Pub/Sub message binding",
            &[may("attributes", Type::Any), may("orderingKey", Type::Text), may("schema", Type::Any), version(SECOND)],
        ),
    ),
    ("jms", object("JMS message binding", &[may("headers", Type::Schema), version(ALPHA)])),
    ("anypointmq", object("Anypoint MQ message binding", &[may("headers", Type::Schema), version(ALPHA)])),
];
