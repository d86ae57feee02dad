//! How parts from 2019-09 on become one: keywords of one kind are merged, those of several kinds are an `allOf`.

use super::part::{Array, Body, Criterion, Number, Object, Part, PartId, Parts, Text};

/// What the parts stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// `allOf`
    All,
    /// `anyOf`
    Any,
    /// `oneOf`
    One,
    /// A schema with keywords.
    Other,
}

/// Two parts of one schema, or the branches so far and the next one.
pub(super) fn join(parts: &mut Parts<'_>, parent: Parent, a: Part, b: Part) -> Part {
    if let Some(merged) = merged(&a, &b) {
        return merged;
    }
    let (side, schema) = (a.side, a.schema);
    let of = |body| Part::new(side, schema, body);
    for (list, other) in [(&a, &b), (&b, &a)] {
        if let Body::Combined(Criterion::Any, branches, true) = &list.body
            && branches.iter().any(|id| parts.get(*id).same_kind(other))
        {
            let mut branches = branches.clone();
            accumulate(parts, &mut branches, other.clone());
            return of(Body::Combined(Criterion::Any, branches, true));
        }
    }
    let criterion = match parent {
        Parent::All => Some(Criterion::All),
        Parent::Any => Some(Criterion::Any),
        Parent::One => Some(Criterion::One),
        Parent::Other => None,
    };
    let a = match (criterion, a) {
        (Some(criterion), Part { body: Body::Combined(_, mut branches, _), .. }) => {
            branches.extend(flatten(parts, b));
            return of(Body::Combined(criterion, branches, false));
        }
        (_, a) => a,
    };
    let mut branches = Vec::new();
    for id in flatten(parts, a).into_iter().chain(flatten(parts, b)) {
        let part = parts.get(id).clone();
        if !accumulate_in_place(parts, &mut branches, &part) {
            branches.push(id);
        }
    }
    of(Body::Combined(Criterion::All, branches, true))
}

/// The branches of an `allOf` that no keyword says; any other part is one branch.
fn flatten(parts: &mut Parts<'_>, part: Part) -> Vec<PartId> {
    match part.body {
        Body::Combined(Criterion::All, branches, true) => branches,
        _ => vec![parts.push(part)],
    }
}

fn accumulate(parts: &mut Parts<'_>, branches: &mut Vec<PartId>, next: Part) {
    if !accumulate_in_place(parts, branches, &next) {
        branches.push(parts.push(next));
    }
}

/// Merges a part into the first branch of its kind; `false` when there is none.
fn accumulate_in_place(parts: &mut Parts<'_>, branches: &mut [PartId], next: &Part) -> bool {
    let found = branches.iter_mut().find_map(|id| Some((merged(parts.get(*id), next)?, id)));
    let Some((merged, id)) = found else { return false };
    *id = parts.push(merged);
    true
}

/// Two parts of one kind as one; the later keyword wins. `None` for kinds that are not merged.
fn merged(a: &Part, b: &Part) -> Option<Part> {
    let body = match (&a.body, &b.body) {
        (Body::String(a), Body::String(b)) => Body::String(text(a, b)),
        (Body::Number(a), Body::Number(b)) => Body::Number(number(a, b)),
        (Body::Array(a), Body::Array(b)) => Body::Array(array(a, b)),
        (Body::Object(a), Body::Object(b)) => Body::Object(Box::new(object(a, b))),
        _ => return None,
    };
    let mut part = Part::new(a.side, a.schema, body);
    part.title = b.title.clone().or_else(|| a.title.clone());
    part.description = b.description.clone().or_else(|| a.description.clone());
    part.default = b.default.clone().or_else(|| a.default.clone());
    part.extra = a.extra.clone();
    part.extra.values.extend(b.extra.values.clone());
    part.extra.properties = b.extra.properties.or(part.extra.properties);
    part.extra.items = b.extra.items.or(part.extra.items);
    Some(part)
}

fn text(a: &Text, b: &Text) -> Text {
    Text {
        required: a.required || b.required,
        min: b.min.or(a.min),
        max: b.max.or(a.max),
        pattern: b.pattern.clone().or_else(|| a.pattern.clone()),
    }
}

fn number(a: &Number, b: &Number) -> Number {
    Number {
        required: a.required || b.required,
        integer: a.integer || b.integer,
        min: b.min.or(a.min),
        max: b.max.or(a.max),
        above: b.above.or(a.above),
        below: b.below.or(a.below),
        multiple_of: b.multiple_of.clone().or_else(|| a.multiple_of.clone()),
    }
}

fn array(a: &Array, b: &Array) -> Array {
    Array {
        required: a.required || b.required,
        min: b.min.or(a.min),
        max: b.max.or(a.max),
        unique: a.unique || b.unique,
        all: b.all.or(a.all),
        tuple: a.tuple.iter().chain(&b.tuple).copied().collect(),
        permits: a.permits() && b.permits(),
        rest: b.rest.or(a.rest),
        contains: b.contains.or(a.contains),
    }
}

fn object(a: &Object, b: &Object) -> Object {
    let mut properties = a.properties.clone();
    for (name, id) in &b.properties {
        properties.retain(|(n, _)| n != name);
        properties.push((name.clone(), *id));
    }
    Object {
        required: a.required || b.required,
        properties,
        names: a.names.iter().chain(&b.names).cloned().collect(),
        permits: a.permits && b.permits,
        rest: b.rest.or(a.rest),
        patterns: a.patterns.iter().chain(&b.patterns).cloned().collect(),
        min: b.min.or(a.min),
        max: b.max.or(a.max),
        dependent_names: a.dependent_names.iter().chain(&b.dependent_names).cloned().collect(),
        dependent_schemas: a.dependent_schemas.iter().chain(&b.dependent_schemas).cloned().collect(),
        property_names: b.property_names.or(a.property_names),
    }
}
