//! A dead letter in words: a line, a page, a JSON object.

use std::fmt::Write as _;

use eventpact_runtime::dlq::DeadLetter;
use serde_json::{Value, json};

use super::body::Decoded;

/// Texts of dead letters come from outside: control characters would steer the terminal.
fn clean(text: &str, max: usize) -> String {
    let mut out: String = text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(max).is_some() {
        out.push('…');
    }
    out
}

fn or_dash(text: Option<&str>, max: usize) -> String {
    text.map_or_else(|| "-".to_owned(), |t| clean(t, max))
}

/// Id, time, attempts, class, message; copies and replays when there are any.
pub(super) fn line(letter: &DeadLetter) -> String {
    let failure = &letter.failure;
    let attempts = failure.attempts.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let mut line = format!(
        "{}  {}  tried {attempts}  {}  {}",
        clean(&letter.id, 200),
        or_dash(failure.last_failed.as_deref().or(failure.timestamp.as_deref()), 40),
        or_dash(failure.class.as_deref(), 60),
        or_dash(failure.message.as_deref(), 120),
    );
    if letter.replayed > 0 {
        let _ = write!(line, "  [replayed {}]", letter.replayed);
    }
    line
}

/// Everything that is known, one thing a line.
pub(super) fn page(letter: &DeadLetter, decoded: &Decoded) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name:18} {value}");
        }
    };
    let failure = &letter.failure;
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let text = |t: &Option<String>, max: usize| t.as_deref().map(|t| clean(t, max)).unwrap_or_default();
    row("id", &clean(&letter.id, 300));
    row("written by", &format!("{:?}", letter.dialect));
    if let Some(origin) = &letter.origin {
        let at = |n: Option<String>| n.unwrap_or_else(|| "?".to_owned());
        let place = format!(
            "{} [{}] @{}",
            origin.topic,
            at(origin.partition.map(|p| p.to_string())),
            at(origin.offset.map(|o| o.to_string()))
        );
        row("came from", &clean(&place, 300));
    }
    row(
        "lies at",
        &format!(
            "partition {}, offset {}, {} cop{}",
            letter.partition,
            letter.offset,
            letter.copies,
            if letter.copies == 1 { "y" } else { "ies" }
        ),
    );
    row("group", &text(&failure.group, 200));
    row("handler", &text(&failure.handler, 200));
    row("tried", &number(failure.attempts));
    row("first failed", &text(&failure.first_failed, 40));
    row("last failed", &text(&failure.last_failed, 40));
    row("class", &text(&failure.class, 100));
    row("code", &text(&failure.code, 100));
    row("error", &text(&failure.message, 1024));
    for cause in failure.causes.iter().flat_map(|c| c.lines()).take(20) {
        row("cause", &clean(cause, 300));
    }
    row("cut", &text(&failure.truncated, 100));
    row("writer schema", &schema(letter));
    row("reader schema", &text(&failure.reader_fingerprint, 100));
    row("replays before", &if letter.replay_count == 0 { String::new() } else { letter.replay_count.to_string() });
    row("replayed from here", &if letter.replayed == 0 { String::new() } else { letter.replayed.to_string() });
    row("key", &letter.message.key.as_deref().map(bytes).unwrap_or_default());
    for header in letter.message.headers.iter().take(50) {
        row("header", &format!("{} = {}", clean(&header.name, 100), header.value.as_deref().map(bytes).unwrap_or_default()));
    }
    match decoded {
        Decoded::Json { kind, value } => {
            row("message", kind);
            out.push_str(&serde_json::to_string_pretty(value).unwrap_or_default());
        }
        Decoded::Raw { why, head } => {
            row("message", &format!("not decoded: {why}"));
            let _ = write!(out, "{head}");
        }
    }
    out
}

fn schema(letter: &DeadLetter) -> String {
    let id = letter.failure.schema_id.map(|id| format!("id {id}")).unwrap_or_default();
    let subject = letter.failure.schema_subject.as_deref().map(|s| format!(" of {}", clean(s, 200))).unwrap_or_default();
    format!("{id}{subject}")
}

/// Bytes as text when they are text, else in hexadecimal.
pub(super) fn bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => clean(text, 200),
        _ => hex(bytes, 64),
    }
}

/// The first bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8], max: usize) -> String {
    let mut out = String::from("0x");
    for byte in bytes.iter().take(max) {
        let _ = write!(out, "{byte:02x}");
    }
    if bytes.len() > max {
        let _ = write!(out, "… ({} bytes)", bytes.len());
    }
    out
}

/// The facts without the body.
pub(super) fn json(letter: &DeadLetter) -> Value {
    let failure = &letter.failure;
    json!({
        "id": letter.id,
        "written_by": format!("{:?}", letter.dialect),
        "partition": letter.partition,
        "offset": letter.offset,
        "origin": letter.origin.as_ref().map(|o| json!({ "topic": &*o.topic, "partition": o.partition, "offset": o.offset })),
        "group": failure.group,
        "attempts": failure.attempts,
        "first_failed": failure.first_failed,
        "last_failed": failure.last_failed,
        "class": failure.class,
        "code": failure.code,
        "error": failure.message,
        "writer_schema_id": failure.schema_id,
        "writer_subject": failure.schema_subject,
        "copies": letter.copies,
        "replay_count": letter.replay_count,
        "replayed": letter.replayed,
    })
}
