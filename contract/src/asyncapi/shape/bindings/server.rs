//! The bindings of a server.

use super::super::{Binding, COUNT, INTEGER, Object, Type, Version, may, must, object, open};
use super::{SCHEMA, UP_TO_32_BITS, VERSION, binding, free};

pub(in crate::asyncapi::shape) static SERVER: &[Binding] = &[
    free("http"),
    free("ws"),
    free("amqp"),
    free("amqp1"),
    free("anypointmq"),
    free("nats"),
    free("sns"),
    free("sqs"),
    free("stomp"),
    free("redis"),
    free("googlepubsub"),
    binding("kafka", &[("0.5.0", KAFKA_SERVER), ("0.4.0", KAFKA_SERVER), ("0.3.0", KAFKA_SERVER)]),
    binding(
        "mqtt",
        &[(
            "0.2.0",
            object(
                "MQTT server binding",
                &[
                    may("clientId", Type::Text),
                    may("cleanSession", Type::Bool),
                    may("lastWill", Type::Object(&LAST_WILL)),
                    may("keepAlive", INTEGER),
                    may("sessionExpiryInterval", Type::Either(&COUNT, &SCHEMA)),
                    may("maximumPacketSize", Type::Either(&Type::Integer(1, UP_TO_32_BITS), &SCHEMA)),
                    VERSION,
                ],
            ),
        )],
    ),
    binding("pulsar", &[("0.1.0", object("Pulsar server binding", &[may("tenant", Type::Text), VERSION]))]),
    binding(
        "solace",
        &[
            (
                "0.4.0",
                object(
                    "Solace server binding",
                    &[may("msgVpn", Type::Text), may("clientName", Type::SizedText(1, 160)), VERSION],
                ),
            ),
            ("0.3.0", object("Solace server binding", &[may("msgVpn", Type::Text), VERSION])),
            // Spelled so in the schema of that version.
            ("0.2.0", object("Solace server binding", &[may("msvVpn", Type::Text), VERSION])),
        ],
    ),
    binding(
        "ibmmq",
        &[(
            "0.1.0",
            object(
                "IBM MQ server binding",
                &[
                    may("groupId", Type::Text),
                    may("ccdtQueueManagerName", Type::Text),
                    may("cipherSpec", Type::Text),
                    may("multiEndpointServer", Type::Bool),
                    may("heartBeatInterval", Type::Integer(0, 999_999)),
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
                "JMS server binding",
                &[
                    must("jmsConnectionFactory", Type::Text),
                    may("properties", Type::List(&Type::Object(&JMS_PROPERTY))),
                    may("clientID", Type::Text),
                    VERSION,
                ],
            ),
        )],
    ),
    Binding {
        since: Version::V3_1,
        ..binding(
            "ros2",
            &[(
                "0.1.0",
                open(
                    "ROS 2 server binding",
                    &[may("rmwImplementation", Type::Text), may("domainId", Type::Integer(0, 231)), VERSION],
                ),
            )],
        )
    },
];

const KAFKA_SERVER: Object =
    object("Kafka server binding", &[may("schemaRegistryUrl", Type::Text), may("schemaRegistryVendor", Type::Text), VERSION]);

static LAST_WILL: Object = open(
    "MQTT last will",
    &[may("topic", Type::Text), may("qos", Type::OneInteger(&[0, 1, 2])), may("message", Type::Text), may("retain", Type::Bool)],
);

static JMS_PROPERTY: Object = open("JMS property", &[must("name", Type::Text), must("value", Type::Scalar)]);
