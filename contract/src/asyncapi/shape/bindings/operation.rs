//! The bindings of a operation.

use super::super::{
    Also, Binding, COUNT, INTEGER, MAP, Object, Others, Special, TEXTS, Type, Version, closed, may, must, object, open,
};
use super::channel::{POLICY, REDRIVE};
use super::{SCHEMA, UP_TO_32_BITS, VERSION, binding, free};

pub(in crate::asyncapi::shape) static OPERATION: &[Binding] = &[
    free("ws"),
    free("amqp1"),
    free("anypointmq"),
    free("jms"),
    free("stomp"),
    free("redis"),
    free("ibmmq"),
    Binding { until: Version::V3_0, ..free("googlepubsub") },
    binding("kafka", &[("0.5.0", KAFKA_OPERATION), ("0.4.0", KAFKA_OPERATION), ("0.3.0", KAFKA_OPERATION)]),
    binding(
        "amqp",
        &[(
            "0.3.0",
            object(
                "AMQP operation binding",
                &[
                    may("expiration", COUNT),
                    may("userId", Type::Text),
                    may("cc", TEXTS),
                    may("priority", INTEGER),
                    may("deliveryMode", Type::OneInteger(&[1, 2])),
                    may("mandatory", Type::Bool),
                    may("bcc", TEXTS),
                    may("timestamp", Type::Bool),
                    may("ack", Type::Bool),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "mqtt",
        &[(
            "0.2.0",
            object(
                "MQTT operation binding",
                &[
                    may("qos", Type::OneInteger(&[0, 1, 2])),
                    may("retain", Type::Bool),
                    may("messageExpiryInterval", Type::Either(&Type::Integer(0, UP_TO_32_BITS), &SCHEMA)),
                    VERSION,
                ],
            ),
        )],
    ),
    binding("nats", &[("0.1.0", object("NATS operation binding", &[may("queue", Type::SizedText(0, 255)), VERSION]))]),
    binding("http", &[("0.3.0", HTTP_OPERATION), ("0.2.0", HTTP_OPERATION)]),
    binding(
        "sqs",
        &[("0.2.0", object("SQS operation binding", &[must("queues", Type::List(&Type::Object(&SQS_NAMED_QUEUE))), VERSION]))],
    ),
    binding(
        "sns",
        &[(
            "0.1.0",
            object(
                "SNS operation binding",
                &[
                    may("topic", Type::Object(&SNS_NAME)),
                    must("consumers", Type::FullList(&Type::Object(&SNS_CONSUMER))),
                    may("deliveryPolicy", Type::Object(&DELIVERY_POLICY)),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "solace",
        &[
            (
                "0.4.0",
                closed(
                    "Solace operation binding",
                    &[
                        may("destinations", Type::List(&Type::Object(&SOLACE_DESTINATION))),
                        may("timeToLive", INTEGER),
                        may("priority", Type::Integer(0, 255)),
                        may("dmqEligible", Type::Bool),
                        VERSION,
                    ],
                ),
            ),
            (
                "0.3.0",
                closed(
                    "Solace operation binding",
                    &[may("destinations", Type::List(&Type::Object(&SOLACE_DESTINATION))), VERSION],
                ),
            ),
            (
                "0.2.0",
                closed(
                    "Solace operation binding",
                    &[may("destinations", Type::List(&Type::Object(&SOLACE_DESTINATION))), VERSION],
                ),
            ),
        ],
    ),
    Binding {
        since: Version::V3_1,
        ..binding(
            "ros2",
            &[(
                "0.1.0",
                object(
                    "ROS 2 operation binding",
                    &[
                        must(
                            "role",
                            Type::Enum(&[
                                "publisher",
                                "action_client",
                                "service_client",
                                "subscriber",
                                "action_server",
                                "service_server",
                            ]),
                        ),
                        must("node", Type::Text),
                        may("qosPolicies", Type::Object(&ROS2_QOS)),
                        VERSION,
                    ],
                ),
            )],
        )
    },
];

/// A queue that an operation uses: it may be named alone.
static SQS_NAMED_QUEUE: Object = open(
    "SQS queue",
    &[
        may("$ref", Type::Text),
        must("name", Type::Text),
        may("fifoQueue", Type::Bool),
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

const KAFKA_OPERATION: Object = object("Kafka operation binding", &[may("groupId", SCHEMA), may("clientId", SCHEMA), VERSION]);

const HTTP_OPERATION: Object = object(
    "HTTP operation binding",
    &[
        may("method", Type::Enum(&["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"])),
        may("query", SCHEMA),
        VERSION,
    ],
);

static SNS_NAME: Object = open(
    "SNS identifier",
    &[
        may("url", Type::Text),
        may("email", Type::Text),
        may("phone", Type::Text),
        may("arn", Type::Text),
        may("name", Type::Text),
    ],
);

static SNS_CONSUMER: Object = open(
    "SNS consumer",
    &[
        must(
            "protocol",
            Type::Enum(&["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"]),
        ),
        must("endpoint", Type::Object(&SNS_NAME)),
        may("filterPolicy", Type::Map(&Type::Either(&TEXTS, &Type::Either(&MAP, &Type::Text)))),
        may("filterPolicyScope", Type::Enum(&["MessageAttributes", "MessageBody"])),
        must("rawMessageDelivery", Type::Bool),
        may("redrivePolicy", Type::Object(&REDRIVE)),
        may("deliveryPolicy", Type::Object(&DELIVERY_POLICY)),
        may("displayName", Type::Text),
    ],
);

static DELIVERY_POLICY: Object = open(
    "delivery policy",
    &[
        may("minDelayTarget", INTEGER),
        may("maxDelayTarget", INTEGER),
        may("numRetries", INTEGER),
        may("numNoDelayRetries", INTEGER),
        may("numMinDelayRetries", INTEGER),
        may("numMaxDelayRetries", INTEGER),
        may("backoffFunction", Type::Enum(&["arithmetic", "exponential", "geometric", "linear"])),
        may("maxReceivesPerSecond", INTEGER),
    ],
);

static SOLACE_DESTINATION: Object = Object {
    name: "Solace destination",
    fields: &[may("deliveryMode", Type::Enum(&["direct", "persistent"]))],
    others: Others::Everything,
    also: &[Also::Special(Special::SolaceDestination)],
};

/// What a destination of the type `queue` may hold.
pub(in crate::asyncapi::shape) static SOLACE_QUEUE_DESTINATION: Object =
    open("Solace destination", &[may("queue", Type::Object(&SOLACE_QUEUE))]);
/// What a destination of the type `topic` may hold.
pub(in crate::asyncapi::shape) static SOLACE_TOPIC_DESTINATION: Object =
    open("Solace destination", &[may("topicSubscriptions", TEXTS)]);

static SOLACE_QUEUE: Object = open(
    "Solace queue",
    &[
        may("name", Type::Text),
        may("topicSubscriptions", TEXTS),
        may("accessType", Type::Enum(&["exclusive", "nonexclusive"])),
        may("maxTtl", Type::Text),
        may("maxMsgSpoolUsage", Type::Text),
    ],
);

static ROS2_QOS: Object = open(
    "ROS 2 quality of service",
    &[
        // `realiable` is spelled so in the specification of the binding.
        may("reliability", Type::Enum(&["best_effort", "realiable"])),
        may("history", Type::Enum(&["keep_last", "keep_all", "unknown"])),
        may("durability", Type::Enum(&["transient_local", "volatile"])),
        may("lifespan", INTEGER),
        may("deadline", INTEGER),
        may("liveliness", Type::Enum(&["automatic", "manual"])),
        may("leaseDuration", INTEGER),
    ],
);
