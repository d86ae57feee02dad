//! The identity of a schema: an MD5 over everything that makes it what it is. The guid is the same 16 bytes in writing.
//!
//! MD5 because the original uses it and the guid is public; nothing here relies on it against an attacker: equal hashes are
//! compared again by their content where it matters.

use std::fmt;

use eventpact_registry_client::wire::{Rule, RuleSet};
use eventpact_registry_client::{Metadata, Reference};
use md5::{Digest, Md5};

/// 16 bytes that are equal for equal schemas in every registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Identity(pub(crate) [u8; 16]);

impl Identity {
    /// Hashes the canonical text, the references in order, and the metadata and the rules when there are any (empty ones count).
    pub(crate) fn of(text: &str, references: &[Reference], metadata: Option<&Metadata>, rules: Option<&RuleSet>) -> Self {
        let mut hash = Md5::new();
        hash.update(text);
        for reference in references {
            hash.update(&reference.name);
            hash.update(&reference.subject);
            if reference.version != 0 {
                hash.update(reference.version.to_be_bytes());
            }
        }
        if let Some(metadata) = metadata {
            hash.update([1]);
            for (path, tags) in &metadata.tags {
                hash.update(path);
                for tag in tags {
                    hash.update(tag);
                }
            }
            for (name, value) in &metadata.properties {
                hash.update(name);
                hash.update(value);
            }
            for name in &metadata.sensitive {
                hash.update(name);
            }
        }
        if let Some(rules) = rules {
            hash.update([1]);
            rules.rules().for_each(|rule| add_rule(&mut hash, rule));
            hash.update(rules.enable_at.as_ref().map_or("", |place| place.as_str()));
        }
        Self(hash.finalize().into())
    }

    /// Reads a guid in any case, with or without dashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text).ok().map(|guid| Self(guid.into_bytes()))
    }
}

fn add_rule(hash: &mut Md5, rule: &Rule) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    hash.update(text(&rule.name));
    hash.update(text(&rule.doc));
    hash.update(rule.kind.as_str());
    hash.update(rule.mode.as_str());
    hash.update(text(&rule.rule_type));
    rule.tags.iter().for_each(|tag| hash.update(tag));
    for (name, value) in &rule.params {
        hash.update(name);
        hash.update(value);
    }
    for part in [&rule.expr, &rule.on_success, &rule.on_failure] {
        hash.update(text(part));
    }
    if rule.disabled {
        hash.update([1]);
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guids_of_a_live_registry_come_out() {
        assert_eq!(Identity::of("\"int\"", &[], None, None).to_string(), "ef524ea1-b91e-7317-3d93-8ade36c1db32");
        let city = r#"{"type":"record","name":"City","namespace":"geo","fields":[{"name":"addr","type":"Address"}]}"#;
        let reference = Reference::new("geo.Address", ":.refs-avro:addr", 1);
        assert_eq!(Identity::of(city, &[reference], None, None).to_string(), "63b22d0d-6a52-1266-3a84-99eae5e3b783");
        let parcel = r#"{"type":"record","name":"Parcel","namespace":"post","fields":[{"name":"id","type":"long"}]}"#;
        let mut metadata = Metadata::default();
        for (name, value) in [("a", "def"), ("b", "def"), ("c", "over")] {
            metadata.properties.insert(name.into(), value.into());
        }
        assert_eq!(Identity::of(parcel, &[], Some(&metadata), None).to_string(), "2e431263-ee75-c76c-5096-4f579ee5c274");
    }

    #[test]
    fn guids_are_read_in_any_case() {
        let one = Identity::of("x", &[], None, None);
        let text = one.to_string();
        assert_eq!(Identity::parse(&text.to_uppercase()), Some(one));
        assert_eq!(Identity::parse(&text.replace('-', "")), Some(one));
        assert_eq!(Identity::parse("nonsense"), None);
    }
}
