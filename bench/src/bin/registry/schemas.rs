//! The requests of the loads: Avro records as the table of peers was measured with.

use std::fmt::Write as _;
use std::rc::Rc;

use super::http::Request;

/// Top-level fields of the record that everything is measured with.
pub(crate) const FIELDS: usize = 20;

/// Ids that reads go round.
pub(crate) const IDS: u64 = 50;

/// A record of 20 fields: decimal, timestamp, enum, array, map, nested record, nullable unions, primitives; more for more fields. Its
/// name, and so the schema, is another one for each number; all have the same length.
pub(crate) fn record(number: u64, fields: usize, more: &str) -> String {
    let mut text = format!(r#"{{"type":"record","name":"Order{number:09}","namespace":"shop.orders","fields":["#);
    for index in 0..fields {
        let name = format!("field_{index:03}");
        let kind = match index % 20 {
            0 => r#"{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}"#.to_owned(),
            1 => r#"{"type":"long","logicalType":"timestamp-millis"}"#.to_owned(),
            2 => format!(r#"{{"type":"enum","name":"State{index}","symbols":["NEW","PAID","SHIPPED","RETURNED"]}}"#),
            3 => r#"{"type":"array","items":"string"}"#.to_owned(),
            4 => r#"{"type":"map","values":"long"}"#.to_owned(),
            5 => format!(
                r#"{{"type":"record","name":"Address{index}","fields":[{{"name":"street","type":"string"}},{{"name":"town","type":"string"}},{{"name":"code","type":"int"}}]}}"#
            ),
            6 | 7 => r#"["null","string"],"default":null"#.to_owned(),
            primitive => {
                format!("{:?}", ["string", "int", "long", "double", "boolean"][primitive % 5])
            }
        };
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}{{"name":"{name}","type":{kind}}}"#);
    }
    text.push_str(more);
    text.push_str("]}");
    text
}

/// The body of a registration or a check.
pub(crate) fn body(schema: &str) -> String {
    format!(r#"{{"schema":"{}"}}"#, schema.replace('"', "\\\""))
}

/// A request with a body, or without one when that is empty.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    if !body.is_empty() {
        let _ = write!(text, "Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// The registration of a schema under a subject of its own.
pub(crate) fn registration(number: u64) -> Vec<u8> {
    request("POST", &format!("/subjects/orders-{number:09}-value/versions"), &body(&record(number, FIELDS, "")))
}

/// A request whose text holds the number 999999999 again and again, as a load that puts other numbers there: cheap, so that the
/// load measures the server.
fn numbered(template: Vec<u8>, number: impl Fn(u64) -> u64 + 'static) -> Request {
    const MARK: &[u8] = b"999999999";
    let places: Vec<usize> = (0..template.len()).filter(|at| template[*at..].starts_with(MARK)).collect();
    Rc::new(move |asked, buffer| {
        buffer.extend_from_slice(&template);
        let mut digits = [b'0'; 9];
        let mut rest = number(asked);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        for place in &places {
            if let Some(part) = buffer.get_mut(*place..place + digits.len()) {
                part.copy_from_slice(&digits);
            }
        }
    })
}

/// Registrations, each of a new schema.
pub(crate) fn registrations() -> Request {
    numbered(registration(999_999_999), |number| number)
}

/// Registrations of what is there: the numbers from 1 to [`IDS`].
pub(crate) fn registrations_again() -> Request {
    numbered(registration(999_999_999), |number| number % IDS + 1)
}

/// Reads of ids from 1, all over so many.
pub(crate) fn reads(ids: u64) -> Request {
    let requests: Vec<Vec<u8>> =
        if ids > IDS { Vec::new() } else { (1..=ids).map(|id| request("GET", &format!("/schemas/ids/{id}"), "")).collect() };
    Rc::new(move |number, buffer| {
        if requests.is_empty() {
            // Steps that visit all in no order.
            let id = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % ids + 1;
            buffer.extend_from_slice(&request("GET", &format!("/schemas/ids/{id}"), ""));
        } else if let Some(request) = usize::try_from(number % ids).ok().and_then(|index| requests.get(index)) {
            buffer.extend_from_slice(request);
        }
    })
}

/// The subject that checks are asked of, for records of so many fields, and its registration.
pub(crate) fn checked(fields: usize) -> Vec<u8> {
    request("POST", &format!("/subjects/checked-{fields}/versions"), &body(&record(0, fields, "")))
}

/// Checks of that record with a nullable field more: the same field each time, or another one.
pub(crate) fn checks(fields: usize, same: bool) -> Request {
    let more = r#",{"name":"added_999999999","type":["null","string"],"default":null}"#;
    let path = format!("/compatibility/subjects/checked-{fields}/versions/latest");
    let template = request("POST", &path, &body(&record(0, fields, more)));
    numbered(template, move |number| if same { 0 } else { number })
}
