//! What is compared of two schemas: all of it, or the messages of a `.proto` file one by one.

use std::collections::HashMap;
use std::sync::Arc;

use eventpact_contract::formats::protobuf;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;

use crate::rule::Profile;

/// What is to be compared of two schemas.
#[derive(Debug)]
pub struct Parts {
    /// The new and the old version of each payload.
    pub pairs: Vec<(Schema, Schema)>,
    /// Messages that only the old one has: full name and place.
    pub gone: Vec<(String, Span)>,
}

/// What is to be compared: the schemas, or in the profile `sound` each message of a `.proto` file that stands for itself (`whole`:
/// no message was named). A registry of Confluent compares such a file at once.
pub fn parts(new: &Schema, old: &Schema, profile: Profile, whole: bool) -> Parts {
    let (Schema::Protobuf(newer), Schema::Protobuf(older), true) = (new, old, profile == Profile::Sound && whole) else {
        return Parts { pairs: vec![(new.clone(), old.clone())], gone: Vec::new() };
    };
    let messages = |schema: &protobuf::Schema| -> Vec<(String, String, Span)> {
        let own = schema.main().into_iter().flat_map(|f| &f.messages);
        own.map(|m| (m.element.name.clone(), m.element.full_name.clone(), m.element.name_span)).collect()
    };
    let with_root = |schema: &protobuf::Schema, root: String| Schema::Protobuf(Arc::new(schema.with_root(root)));
    let now = messages(newer);
    let by_name: HashMap<&str, &str> = now.iter().rev().map(|(name, full, _)| (name.as_str(), full.as_str())).collect();
    let mut parts = Parts { pairs: Vec::new(), gone: Vec::new() };
    for (name, before, span) in messages(older) {
        match by_name.get(name.as_str()) {
            Some(after) => parts.pairs.push((with_root(newer, (*after).to_owned()), with_root(older, before))),
            None => parts.gone.push((before, span)),
        }
    }
    parts
}
