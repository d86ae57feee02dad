//! The order in which Confluent's registry tells differences: for each message first what happened to its oneofs, then its fields,
//! then the messages in it. Names and numbers come in the order of Java's hash sets.

use std::collections::HashMap;

use eventpact_contract::formats::protobuf::Message;

use crate::java_hash::{numbers_of_both, texts_of_both};
use crate::report::Finding;

use super::walk::named;

/// Sorts findings by the walk of the registry. What it does not know comes last, as it was.
pub(super) fn sort(reader: &[Message], writer: &[Message], findings: &mut [Finding]) {
    if findings.len() < 2 {
        return;
    }
    let mut places = Places::default();
    places.add("#/".to_owned());
    places.messages(reader, writer, "#");
    let rank = |finding: &Finding| finding.peer.as_ref().and_then(|peer| places.ranks.get(&peer.location)).copied();
    findings.sort_by_key(|finding| rank(finding).unwrap_or(usize::MAX));
}

/// The paths of the registry, each with its place in the walk.
#[derive(Default)]
struct Places {
    ranks: HashMap<String, usize>,
}

impl Places {
    fn add(&mut self, path: String) {
        let next = self.ranks.len();
        self.ranks.entry(path).or_insert(next);
    }

    fn messages(&mut self, reader: &[Message], writer: &[Message], path: &str) {
        let names = |messages: &'_ [Message]| messages.iter().map(|m| m.element.name.clone()).collect::<Vec<_>>();
        let (readers, writers) = (names(reader), names(writer));
        let (reader, writer) = (named(reader), named(writer));
        for name in texts_of_both(writers.iter().map(String::as_str), readers.iter().map(String::as_str)) {
            let path = format!("{path}/{name}");
            self.add(path.clone());
            if let (Some(r), Some(w)) = (reader.get(name), writer.get(name)) {
                self.oneofs(r, w, &path);
                self.fields(&numbers(r), &numbers(w), None, &path);
                self.messages(&r.messages, &w.messages, &path);
            }
        }
    }

    fn oneofs(&mut self, reader: &Message, writer: &Message, path: &str) {
        for oneof in &reader.oneofs {
            self.add(format!("{path}/{}", oneof.element.name));
        }
        let names = |message: &'_ Message| message.oneofs.iter().map(|o| o.element.name.clone()).collect::<Vec<_>>();
        let (readers, writers) = (names(reader), names(writer));
        let (reader, writer) = (numbers(reader), numbers(writer));
        for name in texts_of_both(writers.iter().map(String::as_str), readers.iter().map(String::as_str)) {
            self.fields(&reader, &writer, Some(name), &format!("{path}/{name}"));
        }
    }

    /// The fields of a oneof, or those outside of all.
    fn fields(&mut self, reader: &Numbers<'_>, writer: &Numbers<'_>, oneof: Option<&str>, path: &str) {
        let of = |numbers: &Numbers<'_>| numbers.get(&oneof).cloned().unwrap_or_default();
        for number in numbers_of_both(of(writer), of(reader)) {
            self.add(format!("{path}/{number}"));
        }
    }
}

/// The numbers of fields by the name of their oneof; `None` for those outside of all.
type Numbers<'m> = HashMap<Option<&'m str>, Vec<i32>>;

fn numbers(message: &Message) -> Numbers<'_> {
    let mut numbers = Numbers::new();
    for field in &message.fields {
        let oneof = field.oneof.map(|index| message.oneofs.get(index).map(|oneof| oneof.element.name.as_str()));
        // A oneof that is not there has no fields that are told.
        if let Some(oneof) = oneof.map_or(Some(None), |name| name.map(Some)) {
            numbers.entry(oneof).or_default().push(field.number);
        }
    }
    numbers
}
