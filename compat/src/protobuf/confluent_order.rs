//! The order in which Confluent's registry tells differences: for each message first what happened to its oneofs, then its fields,
//! then the messages in it. Names and numbers come in the order of Java's hash sets.

use std::collections::HashMap;

use eventpact_contract::formats::protobuf::Message;

use crate::java_hash::{numbers_of_both, texts_of_both};
use crate::report::Finding;

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
        for name in texts_of_both(writers.iter().map(String::as_str), readers.iter().map(String::as_str)) {
            let path = format!("{path}/{name}");
            let find = |messages: &'_ [Message]| messages.iter().position(|m| m.element.name == name);
            self.add(path.clone());
            if let (Some(r), Some(w)) = (find(reader), find(writer)) {
                let (r, w) = (&reader[r], &writer[w]);
                self.oneofs(r, w, &path);
                self.fields(r, w, None, &path);
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
        for name in texts_of_both(writers.iter().map(String::as_str), readers.iter().map(String::as_str)) {
            self.fields(reader, writer, Some(name), &format!("{path}/{name}"));
        }
    }

    /// The fields of a oneof, or those outside of all.
    fn fields(&mut self, reader: &Message, writer: &Message, oneof: Option<&str>, path: &str) {
        let numbers = |message: &Message| -> Vec<i32> {
            let index = oneof.map(|name| message.oneofs.iter().position(|o| o.element.name == name));
            let inside = |of: Option<usize>| if let Some(index) = index { index.is_some() && of == index } else { of.is_none() };
            message.fields.iter().filter(|field| inside(field.oneof)).map(|field| field.number).collect()
        };
        for number in numbers_of_both(numbers(writer), numbers(reader)) {
            self.add(format!("{path}/{number}"));
        }
    }
}
