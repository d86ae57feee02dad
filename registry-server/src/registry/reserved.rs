//! Reserved fields: names that a subject has promised not to use, kept as the metadata property `confluent:reserved`, with commas.

use eventpact_compat::java_hash;
use eventpact_registry_client::Metadata;

use crate::schema::{Parsed, has_field};

const PROPERTY: &str = "confluent:reserved";

/// A name that was reserved must stay so, and no field may have it.
pub(super) fn check(parsed: &Parsed, new: Option<&Metadata>, old: Option<&Metadata>) -> Vec<String> {
    let (new, old) = (names(new), names(old));
    let gone = old.iter().filter(|name| !new.contains(name)).map(|name| {
        format!(
            "The new schema has reserved field {name} removed from its metadata which is present in the old schema's metadata."
        )
    });
    let used = new.iter().filter(|name| has_field(parsed, name));
    let used = used.map(|name| format!("The new schema has field that conflicts with the reserved field {name}."));
    gone.chain(used).collect()
}

/// The names without doubles, in the order in which the original tells them.
fn names(metadata: Option<&Metadata>) -> Vec<&str> {
    let list = metadata.and_then(|m| m.properties.get(PROPERTY)).map_or("", String::as_str);
    java_hash::texts(list.split(',').map(str::trim).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_once() {
        let mut metadata = Metadata::default();
        metadata.properties.insert(PROPERTY.into(), "l, k,, kg ,k".into());
        assert_eq!(names(Some(&metadata)), ["k", "l", "kg"]);
    }
}
