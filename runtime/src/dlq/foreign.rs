//! Dead letters that others wrote. Spring writes numbers as big-endian bytes, older versions and others as text: both are read.

use super::{DeadLetter, Dialect, FailureFacts, Origin, letter};
use crate::message::Headers;
use crate::transport::Delivery;
use crate::types::TimestampMillis;

/// How a framework names its headers.
struct Names {
    dialect: Dialect,
    /// Headers with these beginnings are the framework's.
    prefixes: &'static [&'static str],
    topic: &'static str,
    partition: &'static str,
    offset: &'static str,
    timestamp: &'static str,
    group: Option<&'static str>,
    class: &'static str,
    message: &'static str,
    causes: &'static str,
}

const KNOWN: [Names; 2] = [
    Names {
        dialect: Dialect::SpringKafka,
        prefixes: &["kafka_dlt-"],
        topic: "kafka_dlt-original-topic",
        partition: "kafka_dlt-original-partition",
        offset: "kafka_dlt-original-offset",
        timestamp: "kafka_dlt-original-timestamp",
        group: Some("kafka_dlt-original-consumer-group"),
        class: "kafka_dlt-exception-fqcn",
        message: "kafka_dlt-exception-message",
        causes: "kafka_dlt-exception-stacktrace",
    },
    Names {
        dialect: Dialect::SpringCloudStream,
        prefixes: &["x-original-", "x-exception-"],
        topic: "x-original-topic",
        partition: "x-original-partition",
        offset: "x-original-offset",
        timestamp: "x-original-timestamp",
        group: None,
        class: "x-exception-fqcn",
        message: "x-exception-message",
        causes: "x-exception-stacktrace",
    },
];

/// Reads a record as a framework writes it; `None` when it does not name a topic that way.
fn letter_of(delivery: &Delivery, names: &Names) -> Option<DeadLetter> {
    let headers = &delivery.record.headers;
    let topic = headers.text(names.topic)?;
    let partition = number(headers, names.partition).and_then(|number| i32::try_from(number).ok());
    let offset = number(headers, names.offset);
    let group = names.group.and_then(|name| headers.text(name));
    let id = match (partition, offset) {
        (Some(partition), Some(offset)) => format!("{}:{topic}:{partition}:{offset}", group.unwrap_or("-")),
        _ => place(delivery),
    };
    let text = |name: &str| headers.text(name).map(str::to_owned);
    let failure = FailureFacts {
        group: group.map(str::to_owned),
        timestamp: number(headers, names.timestamp).map(|at| TimestampMillis(at).to_string()),
        class: text(names.class),
        message: text(names.message),
        causes: text(names.causes),
        ..FailureFacts::default()
    };
    let origin = Some(Origin { topic: topic.into(), partition, offset });
    Some(DeadLetter { failure, ..letter(delivery, id, names.dialect, origin, names.prefixes) })
}

/// Reads a record that is not one of ours; of a stranger's only its place is known.
pub(super) fn letter_or_stranger(delivery: &Delivery) -> DeadLetter {
    let known = KNOWN.iter().find_map(|names| letter_of(delivery, names));
    known.unwrap_or_else(|| letter(delivery, place(delivery), Dialect::Unknown, None, &[]))
}

/// The id of a letter that names no origin: its place in the queue.
fn place(delivery: &Delivery) -> String {
    format!("-:{}:{}:{}", delivery.record.topic, delivery.partition(), delivery.offset)
}

fn number(headers: &Headers, name: &str) -> Option<i64> {
    if let Some(number) = headers.number(name) {
        return Some(number);
    }
    match headers.get(name)?.as_ref() {
        [a, b, c, d] => Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
        bytes => bytes.try_into().ok().map(i64::from_be_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Record;
    use crate::transport::Token;

    fn delivery(headers: Headers) -> Delivery {
        let record = Record { headers, ..Record::new("orders.DLT", "body") };
        Delivery { record, offset: 9, delivery_count: None, token: Token { topic: 0, partition: 1, offset: 9, epoch: 0 } }
    }

    #[test]
    fn a_letter_of_spring_kafka_is_read_from_its_binary_numbers() {
        let mut headers = Headers::new();
        headers.push("own", "stays");
        headers.push("kafka_dlt-original-topic", "orders");
        headers.push("kafka_dlt-original-partition", 7_i32.to_be_bytes().to_vec());
        headers.push("kafka_dlt-original-offset", 1_000_000_000_000_i64.to_be_bytes().to_vec());
        headers.push("kafka_dlt-original-timestamp", 0_i64.to_be_bytes().to_vec());
        headers.push("kafka_dlt-original-consumer-group", "billing");
        headers.push("kafka_dlt-exception-fqcn", "java.lang.IllegalStateException");
        headers.push("kafka_dlt-exception-message", "no such order");
        let letter = letter_or_stranger(&delivery(headers));
        assert_eq!(letter.id, "billing:orders:7:1000000000000");
        assert_eq!((letter.dialect, letter.message.topic.as_ref()), (Dialect::SpringKafka, "orders"));
        assert_eq!(letter.message.headers.len(), 1);
        assert_eq!(letter.failure.class.as_deref(), Some("java.lang.IllegalStateException"));
        assert_eq!(letter.failure.timestamp.as_deref(), Some("1970-01-01T00:00:00.000Z"));
    }

    #[test]
    fn hostile_and_missing_numbers_leave_the_place_as_the_id() {
        for value in [vec![], vec![1; 1 << 16], b"-".to_vec(), b"99999999999999999999".to_vec()] {
            let mut headers = Headers::new();
            headers.push("x-original-topic", "orders");
            headers.push("x-original-partition", "0");
            headers.push("x-original-offset", value);
            let letter = letter_or_stranger(&delivery(headers));
            assert_eq!((letter.id.as_str(), letter.dialect), ("-:orders.DLT:1:9", Dialect::SpringCloudStream));
        }
        let stranger = letter_or_stranger(&delivery(Headers::new()));
        assert_eq!((stranger.dialect, stranger.origin), (Dialect::Unknown, None));
    }
}
