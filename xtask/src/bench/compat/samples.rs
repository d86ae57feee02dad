//! Pairs of documents of any size, the same each time.

use std::fmt::Write as _;

/// An Avro record of so many fields, and the version after it: a field more, a symbol more, wider numbers, a new text. With
/// `breaks` also types that changed and a field without a default, in every tenth group of ten fields.
pub(super) fn avro_pair(fields: usize, breaks: bool) -> (String, String) {
    (avro(fields, Some(breaks)), avro(fields, None))
}

fn avro(fields: usize, new: Option<bool>) -> String {
    let mut out = String::from(
        "{\n  \"type\": \"record\",\n  \"name\": \"OrderPlaced\",\n  \"namespace\": \"shop.orders\",\n  \"doc\": \"A large event.\",\n  \"fields\": [\n",
    );
    for n in 0..fields {
        let ty = match n % 10 {
            0 => "\"string\"".to_owned(),
            1 if new.is_some() && n < 10 => "\"long\"".to_owned(),
            1 => "\"int\"".to_owned(),
            2 => "[\"null\", \"string\"]".to_owned(),
            3 => "{ \"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 12, \"scale\": 2 }".to_owned(),
            4 => "{ \"type\": \"long\", \"logicalType\": \"timestamp-millis\" }".to_owned(),
            5 => {
                let more = if new.is_some() && n < 10 { ", \"RETURNED\"" } else { "" };
                format!("{{ \"type\": \"enum\", \"name\": \"Status{n}\", \"symbols\": [\"PLACED\", \"PAID\", \"SENT\"{more}] }}")
            }
            6 => "{ \"type\": \"array\", \"items\": \"string\" }".to_owned(),
            7 => "{ \"type\": \"map\", \"values\": \"long\" }".to_owned(),
            8 => format!(
                "{{ \"type\": \"record\", \"name\": \"Part{n}\", \"fields\": [{{ \"name\": \"amount\", \"type\": \"long\" }}, {{ \"name\": \"currency\", \"type\": \"string\" }}] }}"
            ),
            _ if new == Some(true) && n % 100 == 9 => "\"boolean\"".to_owned(),
            _ => "\"double\"".to_owned(),
        };
        let default = if n % 10 == 2 { ", \"default\": null" } else { "" };
        let comma = if n + 1 == fields && new.is_none() { "" } else { "," };
        writeln!(
            out,
            "    {{ \"name\": \"field{n}\", \"type\": {ty}, \"doc\": \"Field number {n} of the order.\"{default} }}{comma}"
        )
        .ok();
    }
    match new {
        Some(true) => out.push_str("    { \"name\": \"added\", \"type\": \"string\" }\n"),
        Some(false) => out.push_str("    { \"name\": \"added\", \"type\": [\"null\", \"string\"], \"default\": null }\n"),
        None => {}
    }
    out.push_str("  ]\n}\n");
    out
}

/// An AsyncAPI document of so many channels, each with an operation and a message with a payload of its own, and the version
/// after it, with a change in every tenth channel.
pub(super) fn asyncapi_pair(channels: usize) -> (String, String) {
    (asyncapi(channels, true), asyncapi(channels, false))
}

fn asyncapi(channels: usize, new: bool) -> String {
    // The kind of change that a channel has.
    let change = |channel: usize| (new && channel.is_multiple_of(10)).then_some(channel / 10 % 5);
    let mut out = String::from(
        "asyncapi: 3.0.0\ninfo:\n  title: Large\n  version: 1.0.0\n  description: A contract that grew.\ndefaultContentType: application/json\nchannels:\n",
    );
    for n in 0..channels {
        let address = if change(n) == Some(0) { format!("shop.{n}.moved") } else { format!("shop.{n}.orders") };
        write!(
            out,
            "  orders{n}:\n    address: {address}\n    description: Orders of region {n}.\n    messages:\n      m{n}:\n        $ref: '#/components/messages/m{n}'\n"
        )
        .ok();
    }
    out.push_str("operations:\n");
    for n in (0..channels).filter(|n| change(*n) != Some(1)) {
        let action = if n % 2 == 0 { "send" } else { "receive" };
        write!(
            out,
            "  {action}{n}:\n    action: {action}\n    channel:\n      $ref: '#/channels/orders{n}'\n    messages:\n      - $ref: '#/channels/orders{n}/messages/m{n}'\n"
        )
        .ok();
    }
    out.push_str("components:\n  messages:\n");
    for n in 0..channels {
        let total = if change(n) == Some(2) { "string" } else { "number" };
        let required = if change(n) == Some(3) { "[id, total, note]" } else { "[id, total]" };
        let status = if change(n) == Some(4) { "[PLACED, PAID, SENT, LOST]" } else { "[PLACED, PAID, SENT]" };
        write!(
            out,
            "    m{n}:\n      name: OrderPlaced{n}\n      title: An order was placed\n      headers:\n        $ref: '#/components/schemas/Headers'\n      payload:\n        type: object\n        required: {required}\n        properties:\n          id:\n            type: string\n            format: uuid\n            description: Identifies the order number {n}.\n          total:\n            type: {total}\n          note:\n            type: string\n          status:\n            type: string\n            enum: {status}\n          lines:\n            type: array\n            items:\n              type: object\n              properties:\n                sku: {{ type: string, maxLength: 40 }}\n                count: {{ type: integer, minimum: 1 }}\n"
        )
        .ok();
    }
    out.push_str(
        "  schemas:\n    Headers:\n      type: object\n      properties:\n        traceparent:\n          type: string\n",
    );
    out
}
