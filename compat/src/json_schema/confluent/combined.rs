//! Combined schemas: branches are paired by a maximum matching on pairwise compatibility, as Confluent's registry does it.

use super::Diff;
use super::shape::{Criterion, Kind, Shape};

/// More branches than this are not matched; the pair counts as changed.
const MAX_BRANCHES: usize = 200;

/// A plain schema becomes a combined one.
pub(super) fn wrapped(diff: &mut Diff<'_>, o: &Shape, u: &Shape, criterion: Criterion, branches: &[Shape]) {
    match branches {
        [one] => diff.shapes(o, one),
        many if criterion != Criterion::All && many.iter().any(|b| diff.compatible_shapes(o, b)) => {}
        _ => diff.add("TYPE_CHANGED", (u.id, o.id)),
    }
}

/// A combined schema becomes a plain one.
pub(super) fn unwrapped(diff: &mut Diff<'_>, o: &Shape, u: &Shape, criterion: Criterion, branches: &[Shape]) {
    match branches {
        [one] => diff.shapes(one, u),
        many if criterion == Criterion::All && many.iter().any(|b| diff.compatible_shapes(b, u)) => {}
        _ => diff.add("TYPE_CHANGED", (u.id, o.id)),
    }
}

/// Two combined schemas.
pub(super) fn both(diff: &mut Diff<'_>, o: &Shape, u: &Shape) {
    let (Kind::Combined(before, old), Kind::Combined(now, new)) = (&o.kind, &u.kind) else { return };
    let sides = (u.id, o.id);
    let (old, new) = (distinct(diff, true, old), distinct(diff, false, new));
    if before != now {
        let single = old.len() == 1 && new.len() == 1;
        if !single && *now != Criterion::Any {
            diff.add("COMBINED_TYPE_CHANGED", sides);
            return;
        }
    }
    if *now == Criterion::All && old.len() < new.len() {
        diff.add("PRODUCT_TYPE_EXTENDED", sides);
    } else if *now != Criterion::All && old.len() > new.len() {
        diff.add("SUM_TYPE_NARROWED", sides);
    }
    if matched(diff, &old, &new) < old.len().min(new.len()) {
        diff.add("COMBINED_TYPE_SUBSCHEMAS_CHANGED", sides);
    }
}

/// Branches that are written differently: equal ones count once.
fn distinct<'s>(diff: &Diff<'_>, writer: bool, branches: &'s [Shape]) -> Vec<&'s Shape> {
    let schema = if writer { diff.pair.writer } else { diff.pair.reader };
    let mut found: Vec<&Shape> = Vec::new();
    for branch in branches {
        let same =
            |other: &&Shape| other.kind == branch.kind && super::text_of(schema, other.id) == super::text_of(schema, branch.id);
        if !found.iter().any(same) {
            found.push(branch);
        }
    }
    found
}

/// The size of a maximum matching between branches that are compatible.
fn matched(diff: &Diff<'_>, old: &[&Shape], new: &[&Shape]) -> usize {
    if old.len() > MAX_BRANCHES || new.len() > MAX_BRANCHES {
        return 0;
    }
    let edges: Vec<Vec<bool>> = old.iter().map(|o| new.iter().map(|u| diff.compatible_shapes(o, u)).collect()).collect();
    let mut taken: Vec<Option<usize>> = vec![None; new.len()];
    (0..old.len()).filter(|o| augment(*o, &edges, &mut taken, &mut vec![false; new.len()])).count()
}

/// Looks for a free partner, moving others along; bounded by the number of branches.
fn augment(o: usize, edges: &[Vec<bool>], taken: &mut Vec<Option<usize>>, seen: &mut Vec<bool>) -> bool {
    let row = edges.get(o).map(Vec::as_slice).unwrap_or_default();
    for (u, edge) in row.iter().enumerate() {
        if !edge || std::mem::replace(&mut seen[u], true) {
            continue;
        }
        let free = match taken[u] {
            None => true,
            Some(other) => augment(other, edges, taken, seen),
        };
        if free {
            taken[u] = Some(o);
            return true;
        }
    }
    false
}
