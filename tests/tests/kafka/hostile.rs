//! Messages that no decent client writes, spoken to the broker byte by byte: they must not end a consumer.

use std::io::{Read, Write};
use std::net::TcpStream;

use eventpact_runtime::message::Record;
use eventpact_runtime::transport::{Consumer, Subscription, Transport};

use crate::support::{ack, address, bodies, broker, consumer, kafka, send, take, topic, unique};

#[tokio::test(flavor = "multi_thread")]
async fn a_header_whose_name_is_not_text_is_survived_and_told() {
    let _broker = broker().await;
    let topic = topic("hostile-header", 1).await;
    produce(&topic, &record(b"hostile", &[(b"good", b"1"), (&[0xff, 0xfe], b"2"), (b"last", b"3")]));
    let producer = kafka().producer().await.unwrap();
    send(&producer, &Record::new(topic.clone(), "after")).await.unwrap();
    let mut consumer = consumer(&Subscription::new(topic, unique("group"))).await;
    let got = take(&mut consumer, 2).await;
    assert_eq!(bodies(&got), ["hostile", "after"]);
    let headers = &got[0].record.headers;
    assert_eq!((headers.text("good"), headers.text("last")), (Some("1"), Some("3")));
    assert_eq!(headers.text("eventpact-unreadable-headers"), Some("1"));
    ack(&mut consumer, &got);
    consumer.close(std::time::Duration::from_secs(10)).await.unwrap();
}

/// A signed number as the record format writes it.
fn varint(out: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint(out, i64::try_from(bytes.len()).unwrap());
    out.extend_from_slice(bytes);
}

/// A batch of one record (format 2), without a key.
fn record(value: &[u8], headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    // Attributes, and no distance from the batch's time and offset; no key.
    let mut record = vec![0, 0, 0];
    varint(&mut record, -1);
    bytes(&mut record, value);
    varint(&mut record, i64::try_from(headers.len()).unwrap());
    for (name, value) in headers {
        bytes(&mut record, name);
        bytes(&mut record, value);
    }
    // Attributes, last offset delta, first and last time, producer id, epoch and sequence (none), count.
    let mut checked = vec![0; 2 + 4];
    checked.extend([1_700_000_000_000_i64, 1_700_000_000_000, -1].into_iter().flat_map(i64::to_be_bytes));
    checked.extend([0xff; 2 + 4]);
    checked.extend(1_i32.to_be_bytes());
    bytes(&mut checked, &record);
    // Base offset; length of what follows: leader epoch, format, checksum and the rest.
    let mut batch = vec![0; 8];
    batch.extend(i32::try_from(4 + 1 + 4 + checked.len()).unwrap().to_be_bytes());
    batch.extend((-1_i32).to_be_bytes());
    batch.push(2);
    batch.extend(crc32c(&checked).to_be_bytes());
    batch.extend(checked);
    batch
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// One Produce request (version 3) for partition 0; the broker must accept it.
fn produce(topic: &str, batch: &[u8]) {
    // Key 0, version 3, correlation id 7, no client id; no transaction, acks=all, 10 s.
    let mut request = vec![0, 0, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    request.extend(10_000_i32.to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    text(&mut request, topic);
    request.extend(1_i32.to_be_bytes());
    request.extend(0_i32.to_be_bytes());
    request.extend(i32::try_from(batch.len()).unwrap().to_be_bytes());
    request.extend_from_slice(batch);
    let mut stream = TcpStream::connect(address()).unwrap();
    stream.write_all(&i32::try_from(request.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(&request).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    // Correlation id, one topic with its name, one partition with its index; then the error code.
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    assert_eq!(answer[at..at + 2], [0, 0], "the broker refused the record: {answer:?}");
}
