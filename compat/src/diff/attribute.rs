//! Which finding comes from which change: the one whose places fit best, on both sides where it has both.

use eventpact_contract::deadline;
use eventpact_contract::source::Span;

use super::{Change, Effect, Kind};
use crate::mode::Direction;
use crate::report::{Finding, Place};

/// A finding of a comparison in one direction.
pub(super) struct Found {
    pub(super) direction: Direction,
    /// The new version stands in the place of the reader.
    pub(super) new_reads: bool,
    pub(super) finding: Finding,
}

/// Puts each finding to its change. One that belongs to none becomes a change of its own: nothing that breaks is left out.
pub(super) fn attribute(changes: &mut Vec<Change>, findings: Vec<Found>, counts: impl Fn(Direction, &Finding) -> bool) {
    let own = changes.len();
    // Each is held against every change.
    for Found { direction, new_reads, finding } in findings.into_iter().take_while(|_| !deadline::is_over_now()) {
        let sides = (&finding.reader, &finding.writer);
        let (new, old) = if new_reads { sides } else { (sides.1, sides.0) };
        let effect = Effect {
            direction,
            rule: finding.rule.id,
            severity: finding.severity,
            message: finding.message.clone(),
            counts: counts(direction, &finding),
        };
        let known = changes.get(..own).unwrap_or_default();
        let index = nearest(known, new, old).or_else(|| beside(known, direction, &finding, (new, old))).or_else(|| {
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

/// Rules that look at a list or at a keyword have their place there, beside what changed: the change is meant that is the only one
/// in the same item, or the only one there that has the name of the finding's path or is of the kind that the rule is about.
fn beside(changes: &[Change], direction: Direction, finding: &Finding, (new, old): (&Place, &Place)) -> Option<usize> {
    let room = |change: &Change| {
        let (now, before) = change.around.filter(|_| !change.metadata && !change.shared)?;
        (covers(now, new.span) && covers(before, old.span)).then(|| size(now) + size(before))
    };
    let rooms: Vec<(u64, usize)> = changes.iter().enumerate().filter_map(|(n, change)| Some((room(change)?, n))).collect();
    let smallest = rooms.iter().map(|(size, _)| *size).min()?;
    let near: Vec<usize> = rooms.iter().filter(|(size, _)| *size == smallest).map(|(_, n)| *n).collect();
    let only = |test: &dyn Fn(&Change) -> bool| {
        let mut meant = near.iter().filter(|n| changes.get(**n).is_some_and(test));
        meant.next().filter(|_| meant.next().is_none()).copied()
    };
    let name = finding.path.rsplit('/').next().filter(|name| !name.is_empty());
    let named = |change: &Change| name.is_some_and(|name| change.what.split(' ').any(|word| word == name));
    let of_kind = |change: &Change| Some(change.kind) == kind_of(finding.rule.id, direction);
    only(&|_| true).or_else(|| only(&named)).or_else(|| only(&of_kind))
}

/// What a rule is about: something that the reader no longer has, or has in addition.
fn kind_of(rule: &str, direction: Direction) -> Option<Kind> {
    let ends = |words: &[&str]| words.iter().any(|word| rule.ends_with(word));
    let of_reader = match () {
        () if ends(&["-removed", "-narrowed"]) => Kind::Removed,
        () if ends(&["-added", "-required"]) => Kind::Added,
        () => return None,
    };
    Some(match (of_reader, direction) {
        (Kind::Removed, Direction::Forward) => Kind::Added,
        (Kind::Added, Direction::Forward) => Kind::Removed,
        (kind, _) => kind,
    })
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
