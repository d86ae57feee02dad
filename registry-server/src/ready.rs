//! Answers to `GET /schemas/ids/{id}`, ready to be sent. Of all that a read costs here, putting the text into JSON costs most.
//!
//! What an id means never changes, but which of its versions is named does, and who may see it. So an answer is looked for when it
//! is known what it says, and taken only when it says just that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwapOption;
use axum::body::Bytes;

use crate::registry::lookup::Found;

/// How many are kept; the id says at which place. They are few because what helps some reads must not hide what all others cost.
/// For the same reason one is kept when its id is asked for twice, with none between that has the same place: who reads all ids
/// in turn pays nothing for what is never used.
const PLACES: usize = 128;

/// Longer ones are made each time, so that the memory is bounded.
const MAX_ANSWER: usize = 8 * 1024;

/// An answer, and what it says.
struct Ready {
    /// Held, so that no other schema can have its address.
    found: Found,
    json: Bytes,
}

impl Ready {
    fn says(&self, found: &Found) -> bool {
        let Found { subject, number, version, schema, .. } = &self.found;
        Arc::ptr_eq(schema, &found.schema) && *number == found.number && *version == found.version && *subject == found.subject
    }
}

#[derive(Default)]
struct Place {
    ready: ArcSwapOption<Ready>,
    /// The id that was asked for last and was not here; 0 for none.
    missed: AtomicU32,
}

/// The answers.
pub(crate) struct ReadyAnswers(Box<[Place]>);

impl Default for ReadyAnswers {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Place::default()).collect())
    }
}

impl ReadyAnswers {
    /// The one that says this, if it is kept.
    pub(crate) fn find(&self, found: &Found) -> Option<Bytes> {
        let ready = self.place(found)?.ready.load();
        ready.as_ref().filter(|ready| ready.says(found)).map(|ready| ready.json.clone())
    }

    /// An answer that was not found. It is kept, in the place of another, if that is not the first time.
    pub(crate) fn missed(&self, found: &Found, json: &Bytes) {
        let Some(place) = self.place(found).filter(|_| json.len() <= MAX_ANSWER) else { return };
        let id = found.version.id;
        if place.missed.load(Ordering::Relaxed) == id {
            place.ready.store(Some(Arc::new(Ready { found: found.clone(), json: json.clone() })));
        } else {
            place.missed.store(id, Ordering::Relaxed);
        }
    }

    fn place(&self, found: &Found) -> Option<&Place> {
        self.0.get(usize::try_from(found.version.id).ok()? % PLACES)
    }
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::SchemaType;

    use super::*;
    use crate::identity::Identity;
    use crate::state::{Schema, Version};
    use crate::subject::SubjectName;

    fn found(id: u32) -> Found {
        let text: Arc<str> = "\"string\"".into();
        let identity = Identity::of(&text, &[], None, None);
        let schema = Schema {
            identity,
            format: SchemaType::Avro,
            text,
            references: Vec::new(),
            metadata: None,
            rules: None,
            foreign: None,
        };
        let version = Version { id, deleted: false, ts: 1 };
        Found { subject: SubjectName::new(".", "a"), number: 1, version, schema: Arc::new(schema), by_content: false }
    }

    #[test]
    fn only_what_says_the_same_is_taken() {
        let (ready, first) = (ReadyAnswers::default(), found(7));
        assert_eq!(ready.find(&first), None);
        let json = Bytes::from_static(b"{}");
        ready.missed(&first, &json);
        assert_eq!(ready.find(&first), None, "asked for once");
        ready.missed(&first, &json);
        assert_eq!(ready.find(&first), Some(json));
        let deleted = Found { version: Version { deleted: true, ..first.version }, ..first.clone() };
        let later = Found { version: Version { ts: 2, ..first.version }, ..first.clone() };
        let second = Found { number: 2, ..first.clone() };
        let elsewhere = Found { subject: SubjectName::new(".", "b"), ..first.clone() };
        let in_context = Found { subject: SubjectName::new(".x", "a"), ..first.clone() };
        let of_another_schema = Found { schema: Arc::new(Schema::clone(&first.schema)), ..first.clone() };
        for other in [deleted, later, second, elsewhere, in_context, of_another_schema] {
            assert_eq!(ready.find(&other), None, "{other:?}");
        }
    }

    #[test]
    fn a_newer_one_takes_the_place() {
        let (ready, first) = (ReadyAnswers::default(), found(7));
        let second = found(7 + u32::try_from(PLACES).unwrap());
        let twice = |found: &Found, json: &Bytes| (0..2).for_each(|_| ready.missed(found, json));
        twice(&first, &Bytes::from_static(b"1"));
        ready.missed(&second, &Bytes::from_static(b"2"));
        ready.missed(&first, &Bytes::from_static(b"1"));
        ready.missed(&second, &Bytes::from_static(b"2"));
        assert!(ready.find(&first).is_some() && ready.find(&second).is_none(), "in turn");
        twice(&second, &Bytes::from_static(b"2"));
        assert_eq!((ready.find(&first), ready.find(&second)), (None, Some(Bytes::from_static(b"2"))));
        twice(&first, &Bytes::from(vec![b'x'; MAX_ANSWER + 1]));
        assert_eq!(ready.find(&first), None, "too long");
    }
}
