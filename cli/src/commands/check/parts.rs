//! What is compared of two schemas: all of it, or its messages one by one.

use std::sync::Arc;

use eventpact_compat::rule::Profile;
use eventpact_contract::formats::protobuf;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;

/// What is to be compared of two schemas.
pub(super) struct Parts {
    pub(super) pairs: Vec<(Schema, Schema)>,
    /// Messages that only the old one has.
    pub(super) gone: Vec<(String, Span)>,
}

/// What is to be compared: the schemas, or each message of a `.proto` file that stands for itself (`whole`). A registry
/// compares such a file at once.
pub(super) fn parts(new: &Schema, old: &Schema, profile: Profile, whole: bool) -> Parts {
    let (Schema::Protobuf(newer), Schema::Protobuf(older), true) = (new, old, profile == Profile::Sound && whole) else {
        return Parts { pairs: vec![(new.clone(), old.clone())], gone: Vec::new() };
    };
    let messages = |schema: &protobuf::Schema| -> Vec<(String, String, Span)> {
        let own = schema.main().into_iter().flat_map(|f| &f.messages);
        own.map(|m| (m.element.name.clone(), m.element.full_name.clone(), m.element.name_span)).collect()
    };
    let with_root = |schema: &protobuf::Schema, root: String| Schema::Protobuf(Arc::new(schema.with_root(root)));
    let (now, mut parts) = (messages(newer), Parts { pairs: Vec::new(), gone: Vec::new() });
    for (name, before, span) in messages(older) {
        match now.iter().find(|(n, ..)| *n == name) {
            Some((_, after, _)) => parts.pairs.push((with_root(newer, after.clone()), with_root(older, before))),
            None => parts.gone.push((before, span)),
        }
    }
    parts
}

/// The old schema with the name of the new file: for buf, a file of another name would be gone.
pub(super) fn under_one_name(new: &Schema, old: &Schema) -> Schema {
    let (Schema::Protobuf(new), Schema::Protobuf(older)) = (new, old) else { return old.clone() };
    let mut older = (**older).clone();
    if let (Some(new), Some(old)) = (new.files.first(), older.files.first_mut()) {
        old.path.clone_from(&new.path);
    }
    Schema::Protobuf(Arc::new(older))
}
