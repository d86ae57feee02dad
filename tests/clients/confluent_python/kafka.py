"""confluent-kafka-python, unmodified, over Kafka: `kafka.py produce|consume BROKER REGISTRY SCHEMA_FOLDER TOPIC`.

`produce` sends one order of the shop with the client's own AvroSerializer. `consume` reads the topic from its beginning with its
AvroDeserializer until it has one order, and prints it as JSON.
"""

import json
import pathlib
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from round_trip import order


def produce(broker, client, folder, topic):
    client.register_schema("money", Schema((folder / "Money.avsc").read_text(), "AVRO"))
    text = (folder / "OrderPlaced.avsc").read_text()
    schema = Schema(text, "AVRO", [SchemaReference("shop.common.v1.Money", "money", 1)])
    value = AvroSerializer(client, schema)(order(), SerializationContext(topic, MessageField.VALUE))
    failed = []
    producer = Producer({"bootstrap.servers": broker, "acks": "all"})
    producer.produce(topic, value, key="o-1", on_delivery=lambda error, _: error and failed.append(error))
    left = producer.flush(30)
    assert left == 0 and not failed, (left, failed)


def consume(broker, client, topic):
    consumer = Consumer({"bootstrap.servers": broker, "group.id": f"{topic}-python", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    message = consumer.poll(30)
    assert message is not None, "no message within 30 s"
    assert message.error() is None, message.error()
    value = AvroDeserializer(client)(message.value(), SerializationContext(topic, MessageField.VALUE))
    consumer.close()
    print(json.dumps({"key": message.key().decode(), "order": value}, default=str))


def main(what, broker, registry, folder, topic):
    client = SchemaRegistryClient({"url": registry})
    if what == "produce":
        produce(broker, client, pathlib.Path(folder), topic)
    else:
        consume(broker, client, topic)


main(*sys.argv[1:])
