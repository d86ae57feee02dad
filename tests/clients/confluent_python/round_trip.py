"""confluent-kafka-python, unmodified, against our registry: `round_trip.py URL SCHEMA_FOLDER`.

Registers the shop's order with a referenced schema, reads everything back, and sends one message through the client's own Avro
serializer and deserializer. No broker is needed for that. Prints one JSON object: the id and the bytes, for others to decode.
"""

import datetime
import decimal
import json
import pathlib
import sys
import uuid

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

UTC = datetime.timezone.utc


def order():
    """One order with every kind of field set."""
    price = decimal.Decimal("12.50")
    return {
        "eventId": uuid.UUID("0190f3a0-0000-7000-8000-000000000001"),
        "orderId": "o-1",
        "customerId": "c-1",
        "placedAt": datetime.datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=UTC),
        "recordedAt": datetime.datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC),
        "status": "PLACED",
        "source": "APP",
        "total": {"amount": price * 2, "currency": "EUR"},
        "discount": {"amount": decimal.Decimal("-0.01"), "currency": "EUR"},
        "items": [
            {
                "sku": "a/1",
                "title": "Größe 😀",
                "quantity": 2,
                "unitPrice": {"amount": price, "currency": "EUR"},
                "tags": ["new", ""],
            }
        ],
        "shippingAddress": {"name": "A", "street": "B", "postalCode": "1", "city": "C", "country": "DE"},
        "billingAddress": None,
        "payment": ("shop.orders.v1.BankTransfer", {"iban": "DE02120300000000202051"}),
        "attributes": {"channel": "push"},
        "stockLevels": {"a/1": 2**40},
        "deliveryDate": datetime.date(2026, 2, 2),
        "weightKg": 0.75,
        "giftWrapped": True,
        "loyaltyPoints": -1,
        "note": None,
        "basketDigest": bytes(range(16)),
        "coupon": b"\x00\xff",
    }


def refused(call, status, code):
    """The call must be refused with this HTTP status and error code."""
    try:
        call()
    except SchemaRegistryError as error:
        assert (error.http_status_code, error.error_code) == (status, code), error
        return
    raise AssertionError(f"not refused with {code}")


def manage(client, subject, schema, schema_id):
    """Reads back, looks up, checks, configures, deletes: each route that the client has a method for."""
    assert client.get_schema(schema_id).schema_type == "AVRO"
    latest = client.get_latest_version(subject)
    assert (latest.schema_id, latest.version) == (schema_id, 1), latest
    assert latest.guid and client.get_schema_by_guid(latest.guid).schema_str == latest.schema.schema_str
    assert client.get_version(subject, 1).schema_id == schema_id
    assert client.get_versions(subject) == [1]
    assert subject in client.get_subjects()
    assert client.lookup_schema(subject, schema).schema_id == schema_id
    assert client.register_schema(subject, schema) == schema_id
    assert client.test_compatibility(subject, schema)
    assert not client.test_compatibility(subject, Schema('"string"', "AVRO"))
    refused(lambda: client.register_schema(subject, Schema('"string"', "AVRO")), 409, 40901)
    refused(lambda: client.register_schema(subject, Schema("{", "AVRO")), 422, 42201)
    refused(lambda: client.get_latest_version("absent"), 404, 40401)
    client.set_compatibility(subject, "FULL_TRANSITIVE")
    assert client.get_compatibility(subject) == "FULL_TRANSITIVE"
    client.register_schema("scratch", Schema('"int"', "AVRO"))
    assert client.delete_subject("scratch") == [1]
    assert client.delete_subject("scratch", permanent=True) == [1]
    assert "scratch" not in client.get_subjects(deleted=True)


def main(url, folder):
    client = SchemaRegistryClient({"url": url})
    money = (folder / "Money.avsc").read_text()
    client.register_schema("money", Schema(money, "AVRO"))
    text = (folder / "OrderPlaced.avsc").read_text()
    schema = Schema(text, "AVRO", [SchemaReference("shop.common.v1.Money", "money", 1)])

    context = SerializationContext("orders", MessageField.VALUE)
    sent = order()
    data = AvroSerializer(client, schema)(sent, context)
    schema_id = client.get_latest_version("orders-value").schema_id
    assert data[:5] == b"\x00" + schema_id.to_bytes(4, "big"), data[:5]
    received = AvroDeserializer(SchemaRegistryClient({"url": url}), schema)(data, context)
    sent["payment"] = sent["payment"][1]
    assert received == sent, (received, sent)

    manage(client, "orders-value", schema, schema_id)
    print(json.dumps({"id": schema_id, "message": data.hex()}))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
