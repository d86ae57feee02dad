//! Which finding comes from which change: the one whose places fit best, on both sides where it has both.

use eventpact_contract::source::Span;

use super::{Change, Effect, Kind};
use crate::mode::Direction;
use crate::report::{Finding, Place};

/// Puts each finding to its change. One that belongs to none becomes a change of its own: nothing that breaks is left out.
pub(super) fn attribute(
    changes: &mut Vec<Change>,
    findings: Vec<(Direction, Finding)>,
    counts: impl Fn(Direction, &Finding) -> bool,
) {
    let own = changes.len();
    for (direction, finding) in findings {
        let (new, old) = match direction {
            Direction::Backward => (&finding.reader, &finding.writer),
            Direction::Forward => (&finding.writer, &finding.reader),
        };
        let effect = Effect {
            direction,
            rule: finding.rule.id,
            severity: finding.severity,
            message: finding.message.clone(),
            counts: counts(direction, &finding),
        };
        let known = changes.get(..own).unwrap_or_default();
        let index = nearest(known, new, old).or_else(|| beside(known, direction, finding.rule.id, new, old)).or_else(|| {
            let same = |c: &Change| c.new == Some(new.span) && c.old == Some(old.span);
            changes.iter().skip(own).position(same).map(|n| n + own)
        });
        let index = index.unwrap_or_else(|| {
            changes.push(alone(&finding, new, old));
            changes.len() - 1
        });
        if let Some(change) = changes.get_mut(index).filter(|change| !change.effects.contains(&effect)) {
            change.effects.push(effect);
        }
    }
}

/// How far a side is off that has nothing to do with the place of the finding.
const UNRELATED: u64 = 1 << 40;
/// How far a side is off that the change does not have.
const ABSENT: u64 = 1 << 20;

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

fn size(span: Span) -> u64 {
    u64::from(span.end.saturating_sub(span.start))
}

/// How well a side of a change fits the place of a finding: by how much the one is larger than the other, which holds it.
fn distance(side: Option<Span>, place: Span) -> u64 {
    match side {
        None => ABSENT,
        Some(side) if covers(side, place) || covers(place, side) => size(side).abs_diff(size(place)),
        Some(_) => UNRELATED,
    }
}

/// The change whose places fit best; one side at least must.
fn nearest(changes: &[Change], new: &Place, old: &Place) -> Option<usize> {
    let held = changes.iter().enumerate().filter(|(_, change)| !change.metadata && !change.shared);
    let fits = held.map(|(n, change)| (distance(change.new, new.span), distance(change.old, old.span), n));
    let related = fits.filter(|(new, old, _)| (*new).min(*old) < ABSENT);
    related.min_by_key(|(new, old, n)| (new + old, *n)).map(|(.., n)| n)
}

/// Rules that look at a whole list have their place at its keyword: the addition or removal is meant that stands in the same item.
fn beside(changes: &[Change], direction: Direction, rule: &str, new: &Place, old: &Place) -> Option<usize> {
    let ends = |words: &[&str]| words.iter().any(|word| rule.ends_with(word));
    let gone = match direction {
        Direction::Backward => Kind::Removed,
        Direction::Forward => Kind::Added,
    };
    let kind = match gone {
        kind if ends(&["-removed", "-narrowed"]) => kind,
        Kind::Removed if ends(&["-added"]) => Kind::Added,
        _ if ends(&["-added"]) => Kind::Removed,
        _ => return None,
    };
    let within = |change: &Change| {
        let (now, before) = change.around?;
        let holds = covers(now, new.span) && covers(before, old.span) && change.kind == kind;
        holds.then(|| size(now) + size(before))
    };
    let held = changes.iter().enumerate().filter_map(|(n, change)| Some((within(change)?, n)));
    held.min().map(|(_, n)| n)
}

/// What a rule sees and no item shows.
fn alone(finding: &Finding, new: &Place, old: &Place) -> Change {
    Change {
        kind: Kind::Changed,
        path: Vec::new(),
        what: if finding.path.is_empty() { finding.rule.summary.to_owned() } else { finding.path.clone() },
        before: Some(old.text.clone()).filter(|text| !text.is_empty()),
        after: Some(new.text.clone()).filter(|text| !text.is_empty()),
        old: Some(old.span),
        new: Some(new.span),
        around: None,
        shared: false,
        metadata: false,
        effects: Vec::new(),
    }
}
