//! Objects: what is required, what is described, and what may be added.

use std::collections::{HashMap, HashSet};

use super::diff::{Diff, Done, Found, Stop};
use super::part::{Extra, Object, PartId};
use super::values::{MAX_PROPERTIES, MIN_PROPERTIES, limit};

/// An object with the keywords that it does not know.
type Whole<'p> = (&'p Object, &'p Extra);

/// Compares two objects.
pub(super) fn compare(diff: &mut Diff<'_>, found: &mut Found, o: Whole<'_>, u: Whole<'_>) -> Done {
    let (before, now) = (Names::of(o.0), Names::of(u.0));
    required(diff, found, &before, &now)?;
    properties(diff, found, (o, &before), (u, &now))?;
    dependencies(diff, found, o.0, u.0)?;
    further(diff, found, "additionalProperties", &ADDITIONAL, (o.0.permits, o.0.rest), (u.0.permits, u.0.rest))?;
    unevaluated(diff, found, "unevaluatedProperties", &UNEVALUATED, o.1.properties, u.1.properties)?;
    limit(found, &MAX_PROPERTIES, o.0.max, u.0.max);
    limit(found, &MIN_PROPERTIES, o.0.min, u.0.min);
    Ok(())
}

/// The names of an object; those of a large one are found without a look at the others.
struct Names<'p> {
    object: &'p Object,
    index: Option<(HashMap<&'p str, PartId>, HashSet<&'p str>)>,
}

impl<'p> Names<'p> {
    fn of(object: &'p Object) -> Self {
        let large = object.properties.len() + object.names.len() > 32;
        let properties = || object.properties.iter().rev().map(|(name, id)| (name.as_str(), *id)).collect();
        let required = || object.names.iter().map(String::as_str).collect();
        Self { object, index: large.then(|| (properties(), required())) }
    }

    /// A property by name; of two the first.
    fn property(&self, name: &str) -> Option<PartId> {
        match &self.index {
            Some((properties, _)) => properties.get(name).copied(),
            None => self.object.properties.iter().find(|(n, _)| n == name).map(|(_, id)| *id),
        }
    }

    /// The name is in `required`.
    fn requires(&self, name: &str) -> bool {
        match &self.index {
            Some((_, required)) => required.contains(name),
            None => self.object.names.iter().any(|n| n == name),
        }
    }
}

/// Added, removed, extended, narrowed.
type Content = [&'static str; 4];

const ADDITIONAL: Content = [
    "ADDITIONAL_PROPERTIES_ADDED",
    "ADDITIONAL_PROPERTIES_REMOVED",
    "ADDITIONAL_PROPERTIES_EXTENDED",
    "ADDITIONAL_PROPERTIES_NARROWED",
];
const UNEVALUATED: Content = [
    "UNEVALUATED_PROPERTIES_ADDED",
    "UNEVALUATED_PROPERTIES_REMOVED",
    "UNEVALUATED_PROPERTIES_EXTENDED",
    "UNEVALUATED_PROPERTIES_NARROWED",
];

/// Only properties that both describe are looked at.
fn required(diff: &Diff<'_>, found: &mut Found, o: &Names<'_>, u: &Names<'_>) -> Done {
    for (name, _) in &o.object.properties {
        let Some(now) = u.property(name) else { continue };
        let kind = match (o.requires(name), u.requires(name)) {
            (true, false) => "REQUIRED_ATTRIBUTE_REMOVED",
            (false, true) if diff.parts.get(now).default.is_some() => "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED",
            (false, true) => "REQUIRED_ATTRIBUTE_ADDED",
            _ => continue,
        };
        found.inside("required", |found| {
            found.add_at(name, kind);
            Ok(())
        })?;
    }
    Ok(())
}

fn properties(
    diff: &mut Diff<'_>,
    found: &mut Found,
    (o, before): (Whole<'_>, &Names<'_>),
    (u, now): (Whole<'_>, &Names<'_>),
) -> Done {
    found.inside("properties", |found| {
        for (name, old) in &o.0.properties {
            found.inside(name, |found| match now.property(name) {
                Some(new) => diff.compare(found, *old, new),
                None => removed(diff, found, name, *old, u),
            })?;
        }
        for (name, new) in u.0.properties.iter().filter(|(name, _)| before.property(name).is_none()) {
            found.inside(name, |found| added(diff, found, name, *new, o, now))?;
        }
        Ok(())
    })
}

/// The update decides: it must be open for what it does not describe.
fn removed(diff: &mut Diff<'_>, found: &mut Found, name: &str, before: PartId, u: Whole<'_>) -> Done {
    if is_open(diff, u) {
        found.add("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL");
    } else if let Some(covering) = covering(diff, u, name)? {
        covered(
            diff,
            found,
            (before, covering),
            "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        )?;
    } else if diff.parts.get(before).is_false() {
        found.add("PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL");
    } else {
        found.add("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL");
    }
    Ok(())
}

/// The original decides: what it is open for may have been sent under the name.
fn added(diff: &mut Diff<'_>, found: &mut Found, name: &str, now: PartId, o: Whole<'_>, u: &Names<'_>) -> Done {
    let (required, default) = (u.requires(name), diff.parts.get(now).default.is_some());
    if is_open(diff, o) {
        found.add(match (diff.parts.get(now).is_empty(), required, default) {
            (true, ..) => "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
            (_, true, true) => "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
            (_, true, false) => "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
            (_, false, _) => "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        });
        return Ok(());
    }
    if let Some(covering) = covering(diff, o, name)? {
        covered(
            diff,
            found,
            (covering, now),
            "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        )?;
    }
    found.add(match (required, default) {
        (true, true) => "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
        (true, false) => "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        (false, _) => "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
    });
    Ok(())
}

/// Compares with what a partly open model says of a place, and says whether that covers it.
pub(super) fn covered(
    diff: &mut Diff<'_>,
    found: &mut Found,
    (original, update): (PartId, PartId),
    is: &'static str,
    is_not: &'static str,
) -> Done {
    let mut aside = found.aside();
    diff.compare(&mut aside, original, update)?;
    let compatible = diff.is_compatible(&aside.differences);
    found.differences.extend(aside.differences);
    found.add(if compatible { is } else { is_not });
    Ok(())
}

fn is_open(diff: &Diff<'_>, (object, extra): Whole<'_>) -> bool {
    let unevaluated = extra.properties.is_none_or(|id| diff.parts.get(id).is_empty());
    object.permits && object.rest.is_none() && object.patterns.is_empty() && unevaluated
}

/// The schema of a property that is not described, in a model that is neither open nor closed.
fn covering(diff: &mut Diff<'_>, (object, extra): Whole<'_>, name: &str) -> Result<Option<PartId>, Stop> {
    for (pattern, id) in &object.patterns {
        if diff.matches(pattern, name)? {
            return Ok(Some(*id));
        }
    }
    let unevaluated = || extra.properties.filter(|id| object.permits && !is_boolean(diff, *id));
    Ok(object.rest.or_else(unevaluated))
}

/// Says everything or nothing.
pub(super) fn is_boolean(diff: &Diff<'_>, id: PartId) -> bool {
    let part = diff.parts.get(id);
    part.is_false() || part.is_empty()
}

fn dependencies(diff: &mut Diff<'_>, found: &mut Found, o: &Object, u: &Object) -> Done {
    found.inside("dependencies", |found| {
        let (before, now) = (by_name(&o.dependent_names), by_name(&u.dependent_names));
        for name in all_names(&o.dependent_names, &u.dependent_names, &before) {
            let kind = match (before.get(name), now.get(name)) {
                (Some(a), Some(b)) => match (within(a, b), within(b, a)) {
                    (true, true) => continue,
                    (true, false) => "DEPENDENCY_ARRAY_EXTENDED",
                    (false, true) => "DEPENDENCY_ARRAY_NARROWED",
                    (false, false) => "DEPENDENCY_ARRAY_CHANGED",
                },
                (None, _) => "DEPENDENCY_ARRAY_ADDED",
                (_, None) => "DEPENDENCY_ARRAY_REMOVED",
            };
            found.add_at(name, kind);
        }
        let (before, now) = (by_name(&o.dependent_schemas), by_name(&u.dependent_schemas));
        for name in all_names(&o.dependent_schemas, &u.dependent_schemas, &before) {
            match (before.get(name), now.get(name)) {
                (Some(a), Some(b)) => found.inside(name, |found| diff.compare(found, **a, **b))?,
                (None, _) => found.add_at(name, "DEPENDENCY_SCHEMA_ADDED"),
                (_, None) => found.add_at(name, "DEPENDENCY_SCHEMA_REMOVED"),
            }
        }
        Ok(())
    })
}

fn within(a: &[String], b: &[String]) -> bool {
    let b: HashSet<&str> = b.iter().map(String::as_str).collect();
    a.iter().all(|name| b.contains(name.as_str()))
}

/// What is named; of two with one name the first.
fn by_name<V>(named: &[(String, V)]) -> HashMap<&str, &V> {
    named.iter().rev().map(|(name, value)| (name.as_str(), value)).collect()
}

fn all_names<'v, V>(a: &'v [(String, V)], b: &'v [(String, V)], of_a: &HashMap<&'v str, &'v V>) -> impl Iterator<Item = &'v str> {
    let only = b.iter().filter(|(name, _)| !of_a.contains_key(name.as_str()));
    a.iter().chain(only).map(|(name, _)| name.as_str())
}

/// `additionalProperties` and `additionalItems`: whether they are allowed, and their schema.
pub(super) fn further(
    diff: &mut Diff<'_>,
    found: &mut Found,
    keyword: &str,
    [added, removed, extended, narrowed]: &Content,
    o: (bool, Option<PartId>),
    u: (bool, Option<PartId>),
) -> Done {
    let kind = match (o, u) {
        ((false, _), (true, _)) => added,
        ((true, _), (false, _)) => removed,
        ((_, None), (_, Some(_))) => narrowed,
        ((_, Some(_)), (_, None)) => extended,
        ((_, before), (_, now)) => return found.inside(keyword, |found| diff.compare_any(found, before, now)),
    };
    found.add_at(keyword, kind);
    Ok(())
}

/// `unevaluatedProperties` and `unevaluatedItems`.
pub(super) fn unevaluated(
    diff: &mut Diff<'_>,
    found: &mut Found,
    keyword: &str,
    [added, removed, extended, narrowed]: &Content,
    o: Option<PartId>,
    u: Option<PartId>,
) -> Done {
    let no = |id: Option<PartId>| id.is_some_and(|id| diff.parts.get(id).is_false());
    let any = |id: Option<PartId>| id.is_some_and(|id| diff.parts.get(id).is_empty());
    let kind = match (o, u) {
        (None, None) => return Ok(()),
        _ if no(u) && !no(o) => removed,
        _ if no(o) && !no(u) => added,
        (None, Some(_)) => narrowed,
        (Some(_), None) => extended,
        _ if any(o) && !any(u) => narrowed,
        _ if !any(o) && any(u) => extended,
        _ => return found.inside(keyword, |found| diff.compare_any(found, o, u)),
    };
    found.add_at(keyword, kind);
    Ok(())
}
