//! Objects and lists: what is inside, and what may be added.

use eventpact_contract::formats::json_schema::{Dependency, SchemaId, Sub};

use super::super::accepts::property_schemas;
use super::{Diff, Sides, shape::Kind, shape::shape};

/// Whether more than what is described may stand in an object or a list.
enum Model {
    Open,
    Closed,
    Partly,
}

fn model(diff: &Diff<'_>, writer: bool, rest: Option<SchemaId>, patterns: bool) -> Model {
    let schema = if writer { diff.pair.writer } else { diff.pair.reader };
    match rest.map(|id| shape(schema, id).kind) {
        None | Some(Kind::Empty) if !patterns => Model::Open,
        Some(Kind::False) if !patterns => Model::Closed,
        _ => Model::Partly,
    }
}

pub(super) fn object(diff: &mut Diff<'_>, sides: Sides, o: &Sub, u: &Sub) {
    removed_properties(diff, sides, o, u);
    added_properties(diff, sides, o, u);
    for p in &u.properties {
        let Some(before) = o.properties.iter().find(|b| b.name == p.name) else { continue };
        diff.inside(&["properties", &p.name], |d| d.compare(Some(before.schema), Some(p.schema)));
        let requires = |s: &Sub| s.required.iter().any(|(n, _)| *n == p.name);
        if requires(u) && !requires(o) && diff.pair.reader.get(p.schema).default.is_none() {
            diff.inside(&["required", &p.name], |d| d.add("REQUIRED_ATTRIBUTE_ADDED", sides));
        }
    }
    let rest = |s: &Sub| s.additional_properties.map(|a| a.schema);
    leftover(diff, sides, "additionalProperties", rest(o), rest(u));
    dependencies(diff, sides, o, u);
}

fn removed_properties(diff: &mut Diff<'_>, sides: Sides, o: &Sub, u: &Sub) {
    let rest = u.additional_properties.map(|a| a.schema);
    for p in o.properties.iter().filter(|p| !u.properties.iter().any(|n| n.name == p.name)) {
        let kind = match model(diff, false, rest, !u.pattern_properties.is_empty()) {
            Model::Open => continue,
            Model::Closed if shape(diff.pair.writer, p.schema).kind == Kind::False => continue,
            Model::Closed => "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
            Model::Partly => {
                let covering = property_schemas(u, &p.name);
                if covering.first().is_some_and(|c| diff.compatible(p.schema, *c)) {
                    continue;
                }
                "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
            }
        };
        diff.inside(&["properties", &p.name], |d| d.add(kind, sides));
    }
}

fn added_properties(diff: &mut Diff<'_>, sides: Sides, o: &Sub, u: &Sub) {
    let rest = o.additional_properties.map(|a| a.schema);
    for p in u.properties.iter().filter(|p| !o.properties.iter().any(|b| b.name == p.name)) {
        let required = u.required.iter().any(|(n, _)| *n == p.name);
        let with_default = diff.pair.reader.get(p.schema).default.is_some();
        let kind = match model(diff, true, rest, !o.pattern_properties.is_empty()) {
            Model::Open if shape(diff.pair.reader, p.schema).kind == Kind::Empty => continue,
            Model::Open if required && with_default => "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
            Model::Open if required => "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
            Model::Open => "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
            Model::Partly if !property_schemas(o, &p.name).first().is_none_or(|c| diff.compatible(*c, p.schema)) => {
                "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
            }
            Model::Partly | Model::Closed if required && !with_default => "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
            Model::Partly | Model::Closed => continue,
        };
        diff.inside(&["properties", &p.name], |d| d.add(kind, sides));
    }
}

/// `additionalProperties` and `additionalItems`.
fn leftover(diff: &mut Diff<'_>, sides: Sides, keyword: &'static str, o: Option<SchemaId>, u: Option<SchemaId>) {
    let kind = |schema, id: Option<SchemaId>| id.map_or(Kind::Empty, |id| shape(schema, id).kind);
    let (before, now) = (kind(diff.pair.writer, o), kind(diff.pair.reader, u));
    let properties = keyword == "additionalProperties";
    match (before, now) {
        (Kind::False, _) | (_, Kind::Empty) => {}
        (_, Kind::False) => {
            let kind = if properties { "ADDITIONAL_PROPERTIES_REMOVED" } else { "ADDITIONAL_ITEMS_REMOVED" };
            diff.inside(&[keyword], |d| d.add(kind, sides));
        }
        (Kind::Empty, _) => {
            let kind = if properties { "ADDITIONAL_PROPERTIES_NARROWED" } else { "ADDITIONAL_ITEMS_NARROWED" };
            diff.inside(&[keyword], |d| d.add(kind, sides));
        }
        _ => diff.inside(&[keyword], |d| d.compare(o, u)),
    }
}

fn dependencies(diff: &mut Diff<'_>, sides: Sides, o: &Sub, u: &Sub) {
    for (name, now) in &u.dependencies {
        let before = o.dependencies.iter().find(|(n, _)| n == name).map(|(_, d)| d);
        let kind = match (before, now) {
            (Some(Dependency::Required(a)), Dependency::Required(b)) => {
                let (keeps, only) = (a.iter().all(|n| b.contains(n)), b.iter().all(|n| a.contains(n)));
                match (keeps, only) {
                    (_, true) => continue,
                    (true, false) => "DEPENDENCY_ARRAY_EXTENDED",
                    (false, false) => "DEPENDENCY_ARRAY_CHANGED",
                }
            }
            (Some(Dependency::Schema(a)), Dependency::Schema(b)) => {
                diff.inside(&["dependencies", name], |d| d.compare(Some(*a), Some(*b)));
                continue;
            }
            (_, Dependency::Required(_)) => "DEPENDENCY_ARRAY_ADDED",
            (_, Dependency::Schema(_)) => "DEPENDENCY_SCHEMA_ADDED",
        };
        diff.inside(&["dependencies", name], |d| d.add(kind, sides));
    }
}

pub(super) fn array(diff: &mut Diff<'_>, sides: Sides, o: &Sub, u: &Sub) {
    let prefix = |s: &Sub| s.items.as_ref().map(|i| i.prefix.clone()).unwrap_or_default();
    let rest = |s: &Sub| s.items.as_ref().and_then(|i| i.rest);
    let (before, now) = (prefix(o), prefix(u));
    if before.is_empty() && now.is_empty() {
        diff.inside(&["items"], |d| d.compare(rest(o), rest(u)));
        return;
    }
    for n in 0..before.len().max(now.len()) {
        let index = n.to_string();
        let kind = match (before.get(n), now.get(n)) {
            (Some(a), Some(b)) => {
                diff.inside(&["items", &index], |d| d.compare(Some(*a), Some(*b)));
                continue;
            }
            (None, Some(b)) => match model(diff, true, rest(o), false) {
                Model::Open if shape(diff.pair.reader, *b).kind == Kind::Empty => continue,
                Model::Open => "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
                Model::Partly if !rest(o).is_some_and(|c| diff.compatible(c, *b)) => {
                    "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
                }
                Model::Partly | Model::Closed => continue,
            },
            (Some(a), None) => match model(diff, false, rest(u), false) {
                Model::Open => continue,
                Model::Closed if shape(diff.pair.writer, *a).kind == Kind::False => continue,
                Model::Closed => "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                Model::Partly if rest(u).is_some_and(|c| diff.compatible(*a, c)) => continue,
                Model::Partly => "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            },
            (None, None) => continue,
        };
        diff.inside(&["items", &index], |d| d.add(kind, sides));
    }
    leftover(diff, sides, "additionalItems", rest(o), rest(u));
}
