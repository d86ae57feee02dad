//! What clients were told, and whether the registry stands by it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use eventpact_registry_client::{Client, ConfigUpdate, Error, RegisterRequest, SchemaType};

/// One acknowledged version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Acknowledged {
    id: u32,
    text: String,
}

/// What one subject went through. A subject has one client, so that its history is known.
#[derive(Debug, Default, Clone)]
struct Subject {
    versions: BTreeMap<i32, Acknowledged>,
    /// Texts that were sent, and of which nobody knows whether they arrived.
    in_doubt: Vec<String>,
    /// A deletion was acknowledged; nothing was registered afterwards.
    deleted: bool,
    /// A deletion was sent, and nobody knows whether it arrived.
    perhaps_deleted: bool,
    /// It was compared with the registry, and nobody works on it any more.
    settled: bool,
}

/// All subjects of a run.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger {
    subjects: Arc<Mutex<BTreeMap<String, Subject>>>,
    next: Arc<AtomicUsize>,
}

fn text(number: usize, version: usize) -> String {
    let field = |n: usize| format!(r#",{{"name":"f{n}","type":"long","default":0}}"#);
    let more = (1..version).map(field).collect::<Vec<_>>().concat();
    format!(r#"{{"type":"record","name":"R{number}","fields":[{{"name":"id","type":"long"}}{more}]}}"#)
}

fn request(text: &str) -> RegisterRequest {
    RegisterRequest::new(SchemaType::Avro, text)
}

impl Ledger {
    fn subjects(&self) -> MutexGuard<'_, BTreeMap<String, Subject>> {
        self.subjects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many versions were acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        self.subjects().values().map(|subject| subject.versions.len()).sum()
    }

    /// Subjects with three versions each, every fourth of them deleted, until the server does not answer any more.
    pub(super) async fn work(self, client: Client) {
        while self.one_subject(&client).await.is_ok() {}
    }

    /// One more subject with its versions.
    pub(super) async fn one_more(&self, client: &Client) {
        self.one_subject(client).await.expect("the registry answers");
    }

    async fn one_subject(&self, client: &Client) -> Result<(), Error> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let name = format!("subject-{number}");
        for version in 1..=3 {
            self.register(client, &name, &text(number, version)).await?;
        }
        // A field without a default: readers of the old schema would fail.
        let broken = text(number, 4).replace(r#","default":0}]"#, "}]");
        match client.register(&name, &request(&broken)).await {
            Err(error) if error.is_incompatible() => {}
            Err(error) => return Err(error),
            Ok(answer) => panic!("{name}: an incompatible version was accepted: {answer:?}"),
        }
        if number.is_multiple_of(4) {
            self.subjects().entry(name.clone()).or_default().perhaps_deleted = true;
            client.delete_subject(&name, false).await?;
            self.subjects().entry(name).or_default().deleted = true;
        }
        Ok(())
    }

    async fn register(&self, client: &Client, name: &str, text: &str) -> Result<(), Error> {
        self.subjects().entry(name.to_owned()).or_default().in_doubt.push(text.to_owned());
        let answer = client.register(name, &request(text)).await?;
        let version = answer.version.expect("this server tells the version");
        {
            let mut subjects = self.subjects();
            let subject = subjects.entry(name.to_owned()).or_default();
            subject.in_doubt.clear();
            let row = Acknowledged { id: answer.id, text: answer.schema.expect("this server tells the text") };
            assert_eq!(subject.versions.insert(version, row), None, "{name}: version {version} was given twice");
        }
        // I5
        let found = client.latest(name).await?;
        assert_eq!((found.version, found.id), (version, answer.id), "{name}: what was acknowledged is not what is read");
        Ok(())
    }

    /// Sets the level of the registry.
    pub(super) async fn level(&self, client: &Client) {
        client.set_config(None, &ConfigUpdate::level("BACKWARD_TRANSITIVE")).await.expect("the level is set");
    }

    /// Compares the subjects that no earlier call has seen with the registry. The number of versions that are there although nobody
    /// was told so.
    pub(super) async fn verify_new(&self, client: &Client) -> usize {
        let fresh: BTreeMap<String, Subject> =
            self.subjects().iter().filter(|(_, s)| !s.settled).map(|(name, s)| (name.clone(), s.clone())).collect();
        let untold = Self::verify(fresh, client).await;
        self.subjects().values_mut().for_each(|subject| subject.settled = true);
        untold
    }

    /// Compares the whole ledger with a registry.
    pub(super) async fn verify_all(&self, client: &Client) {
        let subjects = self.subjects().clone();
        Self::verify(subjects, client).await;
    }

    async fn verify(subjects: BTreeMap<String, Subject>, client: &Client) -> usize {
        let live: Vec<String> = client.subjects().await.expect("the subjects");
        let (mut ids, mut untold) = (HashMap::<u32, String>::new(), 0);
        for (name, subject) in &subjects {
            let there = match client.all_versions(name).await {
                Ok(versions) => versions,
                Err(Error::NotFound { .. }) => Vec::new(),
                Err(error) => panic!("{name}: {error}"),
            };
            let expected: Vec<i32> = (1..=i32::try_from(there.len()).expect("few")).collect();
            assert_eq!(there, expected, "{name}: the versions have gaps (I4)");
            for (version, told) in &subject.versions {
                assert!(there.contains(version), "{name}: version {version} was acknowledged and is lost (I1)");
                let found = client.version(name, *version).await.expect("a version");
                assert_eq!((found.id, &found.schema), (told.id, &told.text), "{name}: version {version} has changed (I2)");
                assert_eq!(client.schema_by_id(told.id).await.expect("an id").schema, told.text, "{name} (I2)");
            }
            for version in there.iter().filter(|version| !subject.versions.contains_key(version)) {
                let found = client.version(name, *version).await.expect("a version");
                assert!(subject.in_doubt.contains(&found.schema), "{name}: version {version} was never sent (I7)");
                untold += 1;
            }
            for version in &there {
                let found = client.version(name, *version).await.expect("a version");
                if let Some(other) = ids.insert(found.id, found.schema.clone()) {
                    assert_eq!(other, found.schema, "{name}: the id {} has two schemas (I3)", found.id);
                }
            }
            if subject.deleted {
                assert!(!live.contains(name), "{name} was deleted and is back (I8)");
            } else if !subject.versions.is_empty() && !subject.perhaps_deleted {
                assert!(live.contains(name), "{name} is gone and nobody deleted it (I1)");
            }
        }
        let texts: std::collections::HashSet<&String> = ids.values().collect();
        assert_eq!(texts.len(), ids.len(), "a schema has two ids (I3)");
        untold
    }
}
