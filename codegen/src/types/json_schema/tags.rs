//! Which property tells the branches of a `oneOf` apart.

use eventpact_contract::formats::json_schema::{Schema, SchemaId, Sub};

use super::lower::behind_references;

/// The tag and its value in each branch: a property that every branch requires, with a different text in each.
pub(super) fn find(schema: &Schema, branches: &[SchemaId], discriminator: Option<&str>) -> Option<(String, Vec<String>)> {
    let subs: Vec<&Sub> = branches.iter().map(|id| behind_references(schema, *id)).collect::<Option<_>>()?;
    let first = subs.first()?;
    let candidates = discriminator.into_iter().chain(first.properties.iter().map(|p| p.name.as_str()));
    candidates.into_iter().find_map(|name| {
        let values: Vec<String> = subs.iter().map(|sub| value(schema, sub, name)).collect::<Option<_>>()?;
        let mut different = values.clone();
        different.sort();
        different.dedup();
        (different.len() == values.len()).then(|| (name.to_owned(), values))
    })
}

/// The only text that `name` may have in this object.
fn value(schema: &Schema, sub: &Sub, name: &str) -> Option<String> {
    if !sub.required.iter().any(|(required, _)| required == name) {
        return None;
    }
    let property = sub.properties.iter().find(|p| p.name == name)?;
    let property = behind_references(schema, property.schema)?;
    let only = match property.enumeration.as_deref() {
        Some([one]) => Some(one),
        _ => None,
    };
    property.constant.as_ref().or(only)?.as_str().map(str::to_owned)
}
