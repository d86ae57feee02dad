//! The bindings of a message.

use super::super::{Also, Binding, COUNT, Field, Form, MAP, Object, Others, Special, Type, may, must, object, open};
use super::{SCHEMA, VERSION, binding, free};

pub(in crate::asyncapi::shape) static MESSAGE: &[Binding] = &[
    free("ws"),
    free("amqp1"),
    free("nats"),
    free("sns"),
    free("sqs"),
    free("stomp"),
    free("redis"),
    free("solace"),
    binding(
        "kafka",
        &[
            ("0.5.0", object("Kafka message binding", &[may("key", SCHEMA), ID_LOCATION, ID_ENCODING, LOOKUP, VERSION])),
            ("0.4.0", object("Kafka message binding", &[may("key", Type::AnyKey), ID_LOCATION, ID_ENCODING, LOOKUP, VERSION])),
            ("0.3.0", object("Kafka message binding", &[may("key", SCHEMA), ID_LOCATION, ID_ENCODING, LOOKUP, VERSION])),
        ],
    ),
    binding(
        "amqp",
        &[(
            "0.3.0",
            object("AMQP message binding", &[may("contentEncoding", Type::Text), may("messageType", Type::Text), VERSION]),
        )],
    ),
    binding(
        "mqtt",
        &[(
            "0.2.0",
            object(
                "MQTT message binding",
                &[
                    may("payloadFormatIndicator", Type::OneInteger(&[0, 1])),
                    may("correlationData", SCHEMA),
                    may("contentType", Type::Text),
                    may("responseTopic", Type::Either(&Type::Form(Form::Template), &SCHEMA)),
                    VERSION,
                ],
            ),
        )],
    ),
    binding(
        "http",
        &[
            ("0.3.0", object("HTTP message binding", &[may("headers", SCHEMA), may("statusCode", Type::Number), VERSION])),
            ("0.2.0", object("HTTP message binding", &[may("headers", SCHEMA), VERSION])),
        ],
    ),
    binding("jms", &[("0.0.1", object("JMS message binding", &[may("headers", SCHEMA), VERSION]))]),
    binding("anypointmq", &[("0.0.1", object("Anypoint MQ message binding", &[may("headers", SCHEMA), VERSION]))]),
    binding(
        "ibmmq",
        &[(
            "0.1.0",
            Object {
                name: "IBM MQ message binding",
                fields: &[
                    may("type", Type::Enum(&["string", "jms", "binary"])),
                    may("headers", Type::Text),
                    may("description", Type::Text),
                    may("expiry", COUNT),
                    VERSION,
                ],
                others: Others::Extensions,
                also: &[Also::Special(Special::IbmMqMessage)],
            },
        )],
    ),
    binding(
        "googlepubsub",
        &[(
            "0.2.0",
            object(
                "Google Pub/Sub message binding",
                &[
                    may("attributes", MAP),
                    may("orderingKey", Type::Text),
                    may("schema", Type::Object(&PUBSUB_MESSAGE_SCHEMA)),
                    VERSION,
                ],
            ),
        )],
    ),
];

const ID_LOCATION: Field = may("schemaIdLocation", Type::Enum(&["header", "payload"]));
const ID_ENCODING: Field = may("schemaIdPayloadEncoding", Type::Text);
const LOOKUP: Field = may("schemaLookupStrategy", Type::Text);

static PUBSUB_MESSAGE_SCHEMA: Object = open("Google Pub/Sub schema", &[must("name", Type::Text)]);
