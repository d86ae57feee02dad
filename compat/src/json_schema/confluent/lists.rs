//! Lists: all items, items by position, further items.

use serde_json::Value;

use super::diff::{Diff, Done, Found};
use super::objects::{covered, further, is_boolean, unevaluated};
use super::part::{Array, Extra, PartId};
use super::values::{MAX_CONTAINS, MAX_ITEMS, MIN_CONTAINS, MIN_ITEMS, limit};

/// A list with the keywords that it does not know.
type Whole<'p> = (&'p Array, &'p Extra);

const ADDITIONAL: [&str; 4] =
    ["ADDITIONAL_ITEMS_ADDED", "ADDITIONAL_ITEMS_REMOVED", "ADDITIONAL_ITEMS_EXTENDED", "ADDITIONAL_ITEMS_NARROWED"];
const UNEVALUATED: [&str; 4] =
    ["UNEVALUATED_ITEMS_ADDED", "UNEVALUATED_ITEMS_REMOVED", "UNEVALUATED_ITEMS_EXTENDED", "UNEVALUATED_ITEMS_NARROWED"];

/// Compares two lists.
pub(super) fn compare(diff: &mut Diff<'_>, found: &mut Found, o: Whole<'_>, u: Whole<'_>) -> Done {
    found.inside("items", |found| diff.compare_any(found, o.0.all, u.0.all))?;
    for index in 0..o.0.tuple.len().max(u.0.tuple.len()) {
        let (before, now) = (o.0.tuple.get(index), u.0.tuple.get(index));
        found.inside(&format!("items/{index}"), |found| match (before, now) {
            (Some(before), Some(now)) => diff.compare(found, *before, *now),
            (Some(before), None) => removed(diff, found, *before, u),
            (None, Some(now)) => added(diff, found, *now, o),
            (None, None) => Ok(()),
        })?;
    }
    further(diff, found, "additionalItems", &ADDITIONAL, (o.0.permits(), o.0.rest), (u.0.permits(), u.0.rest))?;
    unevaluated(diff, found, "unevaluatedItems", &UNEVALUATED, o.1.items, u.1.items)?;
    limit(found, &MAX_ITEMS, o.0.max, u.0.max);
    limit(found, &MIN_ITEMS, o.0.min, u.0.min);
    match (o.0.unique, u.0.unique) {
        (true, false) => found.add_at("uniqueItems", "UNIQUE_ITEMS_REMOVED"),
        (false, true) => found.add_at("uniqueItems", "UNIQUE_ITEMS_ADDED"),
        _ => {}
    }
    let value = |extra: &Extra, keyword: &str| extra.values.get(keyword).and_then(Value::as_f64);
    for one in [MAX_CONTAINS, MIN_CONTAINS] {
        limit(found, &one, value(o.1, one.keyword), value(u.1, one.keyword));
    }
    Ok(())
}

fn removed(diff: &mut Diff<'_>, found: &mut Found, before: PartId, u: Whole<'_>) -> Done {
    if is_open(diff, u) {
        found.add("ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL");
    } else if let Some(covering) = covering(diff, u) {
        covered(
            diff,
            found,
            (before, covering),
            "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        )?;
    } else if diff.parts.get(before).is_false() {
        found.add("ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL");
    } else {
        found.add("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL");
    }
    Ok(())
}

fn added(diff: &mut Diff<'_>, found: &mut Found, now: PartId, o: Whole<'_>) -> Done {
    if is_open(diff, o) {
        let empty = diff.parts.get(now).is_empty();
        found.add(if empty { "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL" } else { "ITEM_ADDED_TO_OPEN_CONTENT_MODEL" });
    } else if let Some(covering) = covering(diff, o) {
        covered(
            diff,
            found,
            (covering, now),
            "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        )?;
    } else {
        found.add("ITEM_ADDED_TO_CLOSED_CONTENT_MODEL");
    }
    Ok(())
}

fn is_open(diff: &Diff<'_>, (array, extra): Whole<'_>) -> bool {
    array.permits() && array.rest.is_none() && extra.items.is_none_or(|id| diff.parts.get(id).is_empty())
}

/// The schema of further items, in a model that is neither open nor closed.
fn covering(diff: &Diff<'_>, (array, extra): Whole<'_>) -> Option<PartId> {
    array.rest.or_else(|| extra.items.filter(|id| array.permits() && !is_boolean(diff, *id)))
}
