//! Two combined schemas: their branches are paired by a maximum matching on compatibility, as Confluent's registry does it.

use std::collections::HashSet;

use super::diff::{Diff, Difference, Done, Found, Stop};
use super::part::{Body, Criterion, Part, PartId};

/// Compares the branches of two.
pub(super) fn both(diff: &mut Diff<'_>, found: &mut Found, o: &Part, u: &Part) -> Done {
    let (Body::Combined(before, old, _), Body::Combined(now, new, _)) = (&o.body, &u.body) else { return Ok(()) };
    if before != now {
        let single = (old.len() == 1, new.len() == 1);
        let extended = *now == Criterion::Any
            || single == (true, true)
            || (single.0 && *now == Criterion::One)
            || (single.1 && *before == Criterion::All);
        found.add(if extended { "COMBINED_TYPE_EXTENDED" } else { "COMBINED_TYPE_CHANGED" });
        if !extended {
            return Ok(());
        }
    }
    let (old, new) = (distinct(diff, old), distinct(diff, new));
    match old.len().cmp(&new.len()) {
        std::cmp::Ordering::Less if *now == Criterion::All => found.add("PRODUCT_TYPE_EXTENDED"),
        std::cmp::Ordering::Less => found.add("SUM_TYPE_EXTENDED"),
        std::cmp::Ordering::Greater if *before == Criterion::All => found.add("PRODUCT_TYPE_NARROWED"),
        std::cmp::Ordering::Greater => found.add("SUM_TYPE_NARROWED"),
        std::cmp::Ordering::Equal => {}
    }
    let edges = edges(diff, found, *before, &old, &new)?;
    let mut taken: Vec<Option<usize>> = vec![None; new.len()];
    let matched = (0..old.len()).filter(|o| augment(*o, &edges, &mut taken, &mut vec![false; new.len()])).count();
    for (u, o) in taken.iter().enumerate().filter_map(|(u, o)| Some((u, (*o)?))) {
        found.differences.extend(edges[o][u].iter().flatten().cloned());
    }
    if matched < old.len().min(new.len()) {
        found.add("COMBINED_TYPE_SUBSCHEMAS_CHANGED");
    }
    Ok(())
}

/// Branches with different texts: equal ones count once.
fn distinct(diff: &mut Diff<'_>, branches: &[PartId]) -> Vec<PartId> {
    let mut seen = HashSet::new();
    branches.iter().copied().filter(|id| seen.insert(diff.parts.content(*id))).collect()
}

/// The differences of a pair of branches, where they are compatible.
type Edges = Vec<Vec<Option<Vec<Difference>>>>;

fn edges(diff: &mut Diff<'_>, found: &mut Found, before: Criterion, old: &[PartId], new: &[PartId]) -> Result<Edges, Stop> {
    let mut edges = Vec::new();
    for (index, o) in old.iter().enumerate() {
        found.inside(&format!("{}/{index}", before.as_str()), |found| {
            let row: Result<Vec<_>, Stop> = new.iter().map(|u| diff.try_pair(found, *o, *u)).collect();
            edges.push(row?);
            Ok(())
        })?;
    }
    Ok(edges)
}

/// Looks for a free partner, moving others along; bounded by the number of branches.
fn augment(o: usize, edges: &Edges, taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for (u, edge) in edges[o].iter().enumerate() {
        if edge.is_none() || std::mem::replace(&mut seen[u], true) {
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
