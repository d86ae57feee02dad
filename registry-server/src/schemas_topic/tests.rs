//! What a real Confluent 8.2.3 wrote (`tests/registry/schemas-topic.jsonl`), and what others write.

use std::collections::BTreeMap;

use super::*;
use crate::state::{State, Version};
use crate::store::Change;
use crate::subject::SubjectName;

type Message = (Vec<u8>, Option<Vec<u8>>, i64);

/// The recorded topics, by name.
fn recorded() -> BTreeMap<String, Vec<Message>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/registry/schemas-topic.jsonl");
    let mut topics: BTreeMap<String, Vec<Message>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).expect("the recorded topics are there").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let bytes = |name: &str| row[name].as_str().map(|text| text.as_bytes().to_vec());
        let message = (bytes("key").unwrap(), bytes("value"), row["ts"].as_i64().unwrap());
        topics.entry(row["topic"].as_str().unwrap().to_owned()).or_default().push(message);
    }
    topics
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn schema(subject: &str, version: i32, id: i32, text: &str) -> (String, String) {
    let key = format!(r#"{{"keytype":"SCHEMA","subject":"{subject}","version":{version},"magic":1}}"#);
    let value = format!(
        r#"{{"subject":"{subject}","version":{version},"id":{id},"schemaType":"AVRO","schema":"\"{text}\"","deleted":false}}"#
    );
    (key, value)
}

impl Replay {
    fn text(&mut self, key: &str, value: &str) -> Result<(), RecordError> {
        self.take(Some(key.as_bytes()), Some(value.as_bytes()), 5)
    }

    fn schema(&mut self, subject: &str, version: i32, id: i32, text: &str) -> Result<(), RecordError> {
        let (key, value) = schema(subject, version, id, text);
        self.text(&key, &value)
    }

    fn tombstone(&mut self, key: &str) {
        self.take(Some(key.as_bytes()), None, 5).unwrap();
    }

    fn said(&self) -> Vec<(String, String)> {
        let said = |record: Record| {
            let (key, value) = record.encode();
            (text(&key), value.map_or_else(String::new, |value| text(&value)))
        };
        self.records().into_iter().map(said).collect()
    }

    /// Decides, writes, and reads what was written.
    fn decide(&mut self, changes: &[Change]) -> Vec<(String, Option<String>)> {
        let mut expected = self.state.clone();
        for change in changes {
            expected.apply(change);
        }
        let written: Vec<_> =
            self.outgoing(&mut self.state.clone(), changes).into_iter().map(|(record, ts)| (record.encode(), ts)).collect();
        for ((key, value), ts) in &written {
            self.take(Some(key), value.as_deref(), ts.unwrap_or(9)).unwrap();
        }
        assert_eq!(facts(&self.state), facts(&expected), "what was read back is not what was decided");
        written.into_iter().map(|((key, value), _)| (text(&key), value.map(|value| text(&value)))).collect()
    }
}

/// Everything that a state knows, to be compared.
fn facts(state: &State) -> Vec<String> {
    let mut facts = Vec::new();
    for (name, context) in state.contexts() {
        facts.push(format!("{name} {} {}", context.next_id, context.listed));
        for (subject, known) in context.subjects() {
            for (number, version) in known.versions() {
                facts.push(format!("{name} {subject} {number} {version:?} {:?}", context.schema(version.id)));
            }
        }
    }
    let mut settings: Vec<String> = state.configs().map(|(scope, config)| format!("{scope} {config:?}")).collect();
    settings.extend(state.modes().map(|(scope, mode)| format!("{scope} {mode:?}")));
    settings.sort();
    facts.extend(settings);
    facts.extend(state.associations.all().iter().map(|association| format!("{association:?}")));
    for (name, versions) in state.documents.all() {
        facts.extend(versions.all().map(|(number, document)| format!("{name} {number} {document:?}")));
    }
    facts
}

#[test]
fn every_recorded_record_is_written_as_it_was_read() {
    let mut count = 0;
    for (key, value, _) in recorded().into_values().flatten() {
        let record = Record::decode(Some(&key), value.as_deref()).unwrap();
        assert_eq!(record.form, None, "{}", text(&key));
        let (key_again, value_again) = record.encode();
        assert_eq!(text(&key_again), text(&key));
        assert_eq!(value_again.as_deref().map(text), value.as_deref().map(text));
        count += 1;
    }
    assert_eq!(count, 2342);
}

/// What the state says about a key is, byte for byte, what the original wrote last under it.
#[test]
fn the_state_of_a_recorded_topic_says_what_the_original_wrote() {
    let (mut compared, mut left_out) = (0, Vec::new());
    for (topic, messages) in recorded() {
        let mut replay = Replay::default();
        let mut last: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
        for (key, value, ts) in messages {
            match replay.take(Some(&key), value.as_deref(), ts) {
                Ok(()) => drop(last.insert(key.clone(), value.clone())),
                Err(why) => left_out.push(format!("{topic} {why}")),
            }
            if let Record { key: Key::DeleteSubject { subject }, value: Some(value), .. } =
                Record::decode(Some(&key), value.as_deref()).unwrap()
            {
                // Stands for the records of the versions, which are not written again.
                for version in 1..=value["version"].as_i64().unwrap() {
                    let key = Key::Schema { subject: subject.clone(), version: version.try_into().unwrap() }.encode();
                    if let Some(Some(value)) = last.get_mut(&key) {
                        *value = text(value).replace("\"deleted\":false", "\"deleted\":true").into_bytes();
                    }
                }
            }
        }
        let said: BTreeMap<_, _> = replay.records().iter().map(Record::encode).collect();
        for (key, value) in last {
            if matches!(Key::decode(&key).unwrap(), Key::Noop | Key::DeleteSubject { .. } | Key::ClearSubject { .. }) {
                continue;
            }
            let expected = value.as_deref().map(text);
            assert_eq!(said.get(&key).and_then(|value| value.as_deref().map(text)), expected, "{topic} {}", text(&key));
            compared += 1;
        }
        let mut again = Replay::default();
        for record in replay.records() {
            let (key, value) = record.encode();
            again.take(Some(&key), value.as_deref(), 0).unwrap();
        }
        assert_eq!(again.said(), replay.said(), "{topic}: the records of a state give another state");
    }
    println!("{compared} keys, {left_out:#?}");
    assert!(compared > 1200, "{compared}");
    // The ids that ran over; and an import over a version that was in use.
    assert!(left_out.iter().all(|why| why.contains("is negative") || why.contains("bound to another")), "{left_out:#?}");
}

#[test]
fn the_first_binding_of_an_id_stays() {
    let mut replay = Replay::default();
    replay.schema("a", 1, 1, "int").unwrap();
    let refused = replay.schema("b", 1, 1, "long").unwrap_err();
    assert_eq!(refused.to_string(), "version 1 of subject 'b': the id 1 is bound to another schema");
    replay.schema("b", 1, 1, "int").unwrap();
    assert!(replay.schema(":.c:b", 1, 1, "long").is_ok(), "another context has ids of its own");
    assert!(replay.schema("b", 0, 2, "long").is_err() && replay.schema("b", 2, -1, "long").is_err());
    assert_eq!(replay.said().len(), 4);
}

#[test]
fn deleting_softly_and_for_good() {
    let mut replay = Replay::default();
    for (version, text) in (1..).zip(["int", "long", "string"]) {
        replay.schema("s", version, version, text).unwrap();
    }
    replay.text(r#"{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}"#, r#"{"subject":"s","version":2147483647}"#).unwrap();
    assert!(replay.said().iter().all(|(_, value)| value.contains("\"deleted\":true")), "{:?}", replay.said());
    replay.tombstone(&schema("s", 3, 3, "").0);
    assert_eq!(replay.said().len(), 3, "two versions, and that the id 3 was given out");
    replay.text(r#"{"keytype":"CLEAR_SUBJECT","magic":0}"#, "{}").unwrap();
    let counter = (r#"{"keytype":"NOOP","context":".","magic":0}"#.to_owned(), r#"{"context":".","nextId":4}"#.to_owned());
    assert_eq!(replay.said(), [counter]);
}

/// Key order, a null, and spaces as Karapace has them; a configuration without its subject.
#[test]
fn the_form_of_a_key_that_the_topic_has_is_kept() {
    let mut replay = Replay::default();
    let old = r#"{"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}"#;
    replay.text(old, r#"{"subject":"s","version":1,"id":4,"schema":"\"int\"","deleted":false,"md5":"x"}"#).unwrap();
    let global = r#"{"keytype":"CONFIG","subject":null,"magic":0}"#;
    replay.text(global, r#"{"compatibilityLevel":"FULL","later":1}"#).unwrap();
    let subject = SubjectName::parse("s");
    let version = Version { id: 4, deleted: true, ts: 7 };
    let written = replay.decide(&[Change::PutVersion { subject: subject.clone(), number: 1, version }]);
    let value = r#"{"subject":"s","version":1,"id":4,"schemaType":"AVRO","schema":"\"int\"","deleted":true,"md5":"x"}"#;
    assert_eq!(written, [(old.to_owned(), Some(value.to_owned()))]);
    let config = replay.state.config("").unwrap().clone();
    let written = replay.decide(&[Change::Config { scope: "".into(), config: Some(config) }]);
    assert_eq!(written, [(global.to_owned(), Some(r#"{"compatibilityLevel":"FULL","later":1}"#.to_owned()))]);
    // A tombstone in one form alone would bring the other back once compaction has taken the tombstone.
    let drop_all = [Change::DropVersion { subject, number: 1 }, Change::DropSchema { context: ".".into(), id: 4 }];
    let written = replay.decide(&drop_all);
    let plain = schema("s", 1, 4, "").0;
    let counter = (r#"{"keytype":"NOOP","context":".","magic":0}"#.to_owned(), Some(r#"{"context":".","nextId":5}"#.to_owned()));
    assert_eq!(written, [(old.to_owned(), None), (plain, None), counter]);
}

#[test]
fn a_whole_subject_is_deleted_with_one_record() {
    let mut replay = Replay::default();
    replay.schema(":.c:s", 1, 1, "int").unwrap();
    replay.schema(":.c:s", 2, 2, "long").unwrap();
    let subject = SubjectName::parse(":.c:s");
    let soft = |number: i32, id: u32| {
        let version = Version { id, deleted: true, ts: 8 };
        Change::PutVersion { subject: subject.clone(), number, version }
    };
    let mut one = replay.clone();
    assert_eq!(one.decide(&[soft(2, 2)]).len(), 1);
    assert!(one.decide(&[soft(1, 1)])[0].0.contains("SCHEMA"));
    let written = replay.decide(&[soft(1, 1), soft(2, 2)]);
    let key = r#"{"keytype":"DELETE_SUBJECT","subject":":.c:s","magic":0}"#.to_owned();
    assert_eq!(written, [(key, Some(r#"{"subject":":.c:s","version":2}"#.to_owned()))]);
}

#[test]
fn a_context_is_announced_once_and_taken_back() {
    let mut replay = Replay::default();
    let put = |next_id: u32, listed: bool| Change::PutContext { context: ".c".into(), next_id, listed };
    let key = r#"{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}"#.to_owned();
    let value = Some(r#"{"tenant":"default","context":".c"}"#.to_owned());
    assert_eq!(replay.decide(&[put(1, true)]), [(key.clone(), value)]);
    assert_eq!(replay.decide(&[put(1, false)]), [(key, None)]);
    let config = Change::Mode { scope: ":.c:".into(), mode: Some("IMPORT".into()) };
    let written = replay.decide(&[config, Change::Mode { scope: "".into(), mode: None }]);
    assert_eq!(written[0].1.as_deref(), Some(r#"{"subject":":.c:","mode":"IMPORT"}"#));
    assert_eq!(written[1], (r#"{"keytype":"MODE","magic":0}"#.to_owned(), None));
}

/// What an aborted transaction left is overwritten with what is true.
#[test]
fn what_is_true_of_a_key_can_be_written_again() {
    let mut replay = Replay::default();
    replay.schema(":.c:s", 1, 1, "int").unwrap();
    replay.text(r#"{"keytype":"CONFIG","subject":":.c:s","magic":0}"#, r#"{"compatibilityLevel":"FULL"}"#).unwrap();
    let before = replay.said();
    let mut rewrite = |key: &str| {
        let written = replay.rewrite(&Key::decode(key.as_bytes()).unwrap());
        let said: Vec<_> = written.iter().map(|(record, _)| record.encode()).collect();
        for (key, value) in &said {
            replay.take(Some(key), value.as_deref(), 3).unwrap();
        }
        assert_eq!(replay.said(), before, "{key}: what is true has changed");
        said.into_iter().map(|(_, value)| value.map(|value| text(&value))).collect::<Vec<_>>()
    };
    let value = schema(":.c:s", 1, 1, "int").1;
    assert_eq!(rewrite(&schema(":.c:s", 1, 0, "").0), [Some(value.clone())]);
    assert_eq!(rewrite(&schema(":.c:s", 2, 0, "").0), [None]);
    let none = r#"{"subject":":.c:s","version":0}"#.to_owned();
    assert_eq!(rewrite(r#"{"keytype":"DELETE_SUBJECT","subject":":.c:s","magic":0}"#), [Some(none), Some(value)]);
    let config = r#"{"subject":":.c:s","compatibilityLevel":"FULL"}"#.to_owned();
    assert_eq!(rewrite(r#"{"keytype":"CONFIG","subject":":.c:s","magic":0}"#), [Some(config)]);
    assert_eq!(rewrite(r#"{"keytype":"CONFIG","magic":0}"#), [None]);
    assert_eq!(rewrite(r#"{"keytype":"MODE","subject":"s","magic":0}"#), [None]);
    assert_eq!(rewrite(r#"{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}"#).len(), 1);
    assert_eq!(rewrite(r#"{"keytype":"NOOP","magic":0}"#).len(), 0);
}

#[test]
fn documents_are_records_that_say_nothing_to_others() {
    let mut replay = Replay::default();
    let document = |deleted| crate::documents::Document { text: "asyncapi: 3.0.0\n".into(), deleted, ts: 7 };
    let put = |number, deleted| Change::PutDocument { name: ":.eu:d".into(), number, document: document(deleted) };
    let wrote = replay.decide(&[put(1, false), put(2, false)]);
    let key = |number| format!(r#"{{"keytype":"NOOP","document":":.eu:d","version":{number},"magic":0}}"#);
    let value = |deleted| Some(format!(r#"{{"document":"asyncapi: 3.0.0\n","deleted":{deleted}}}"#));
    assert_eq!(wrote, [(key(1), value(false)), (key(2), value(false))]);
    assert_eq!(replay.decide(&[put(1, true)]), [(key(1), value(true))]);
    let rewritten = |replay: &Replay, number| {
        let of = Key::decode(key(number).as_bytes()).unwrap();
        replay.rewrite(&of).into_iter().map(|(record, _)| record.encode().1.map(|value| text(&value))).collect::<Vec<_>>()
    };
    assert_eq!(replay.decide(&[Change::DropDocument { name: ":.eu:d".into(), number: 1 }]), [(key(1), None)]);
    assert_eq!((rewritten(&replay, 1), rewritten(&replay, 2)), (vec![None], vec![value(false)]));
    assert_eq!(replay.said(), [(key(2), value(false).unwrap())]);
    assert!(replay.text(&key(3), r#"{"deleted":true}"#).is_err());
    assert!(replay.text(r#"{"keytype":"NOOP","document":"d","magic":0}"#, r#"{"document":""}"#).is_err());
}
