//! What a new version lost: an earlier version that the latest one still goes along with, and the new one does not.
//!
//! A mode that looks at the latest version only never sees that. It takes three versions to see it, so it is no matter of a
//! reader and a writer alone.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::{Field, Kind, Schema, TypeId};
use eventpact_contract::source::Span;

use super::found::Raw;
use super::rules::{ALIAS_LOST, RULES, lost_alias};
use super::site::{ByName, Check, Lost, Trigger};
use super::walk::{self, Broken};
use super::witness::Prover;
use crate::mode::Direction;
use crate::pair::Pair;
use crate::report::{Finding, Place};
use crate::rule::Profile;

/// How many versions a message names.
const SHOWN_VERSIONS: usize = 3;
/// How many are told.
const MAX_LOSSES: usize = 200;

/// A break with some of the earlier versions, and the newest of them.
struct Loss<'s> {
    raw: Rc<Raw>,
    ways: Vec<String>,
    version: usize,
    schemas: Pair<'s, Schema>,
    /// All of them, counted from 1 on.
    versions: Vec<usize>,
}

/// Compares a new version with the versions before the latest one (`history`, oldest first, the latest at the end). Each finding
/// comes with the index of the newest version that it is about.
pub(super) fn lost(new: &Schema, history: &[&Schema], direction: Direction) -> Vec<(usize, Finding)> {
    let Some((latest, earlier)) = history.split_last() else { return Vec::new() };
    let (now, before) = (by_name(new), by_name(latest));
    let mut losses: Vec<Loss<'_>> = Vec::new();
    let mut known: HashMap<(&'static str, Span, String), usize> = HashMap::new();
    for (version, old) in earlier.iter().enumerate().rev() {
        let pair = |ours| if direction == Direction::Backward { Pair::new(ours, *old) } else { Pair::new(*old, ours) };
        let mut found = only_now(pair(new), pair(latest), direction);
        if direction == Direction::Backward {
            found.extend(dropped(pair(new), &before));
        }
        for (raw, ways) in found {
            if losses.len() >= MAX_LOSSES {
                break;
            }
            let here = place(&raw, direction, true);
            let next = losses.len();
            match losses.get_mut(*known.entry((raw.rule.id, here.span, ways.concat())).or_insert(next)) {
                Some(loss) => loss.versions.push(version + 1),
                None => losses.push(Loss { raw, ways, version, schemas: pair(new), versions: vec![version + 1] }),
            }
        }
    }
    losses.iter().filter_map(|loss| Some((loss.version, loss.finding((&now, &before), direction)?))).collect()
}

/// The errors of the first pair that the second does not have.
fn only_now(now: Pair<'_, Schema>, before: Pair<'_, Schema>, direction: Direction) -> Vec<(Rc<Raw>, Vec<String>)> {
    let errors = |pair| {
        let Broken { found, .. } = walk::compare(pair, Profile::Sound);
        found.into_iter().filter(|(raw, _)| raw.is_error()).collect::<Vec<_>>()
    };
    let found = errors(now);
    if found.is_empty() {
        return found;
    }
    // Both are compared with the same earlier version, so its places tell which findings are the same.
    let key = |raw: &Raw| {
        let there = place(raw, direction, false);
        (raw.rule.id, there.span, there.text.clone())
    };
    let old: HashSet<_> = errors(before).iter().map(|(raw, _)| key(raw)).collect();
    found.into_iter().filter(|(raw, _)| !old.contains(&key(raw))).collect()
}

/// Fields that have their default now, because the alias is gone by which the value of an earlier version was read.
fn dropped(schemas: Pair<'_, Schema>, latest: &ByName<'_>) -> Vec<(Rc<Raw>, Vec<String>)> {
    let earlier = by_name(schemas.writer);
    let mut found = Vec::new();
    for (reader, ty) in (0..).map(TypeId).zip(&schemas.reader.types) {
        let Kind::Record(new) = &ty.kind else { continue };
        let name = new.named.name.full();
        let (Some(before), Some(old)) = (latest.get(&name), earlier.get(&name)) else { continue };
        let (Kind::Record(before), Kind::Record(record)) = (&before.kind, &old.kind) else { continue };
        let latest: HashMap<&str, &Field> = before.fields.iter().map(|field| (field.name.as_str(), field)).collect();
        let sent: HashMap<&str, &Field> = record.fields.iter().map(|field| (field.name.as_str(), field)).collect();
        let writer = schemas.writer.types.iter().position(|other| std::ptr::eq(other, *old));
        let writer = TypeId(writer.and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX));
        for field in new.fields.iter().filter(|field| field.default.is_some()) {
            let is_sent = std::iter::once(&field.name).chain(&field.aliases).any(|name| sent.contains_key(name.as_str()));
            let alias = latest.get(field.name.as_str()).filter(|_| !is_sent).and_then(|latest| lost_alias(field, latest));
            if let Some(value) = alias.and_then(|alias| sent.get(alias.as_str())) {
                found.push((Rc::new(drop_of(field, value, (reader, writer), &name)), Vec::new()));
            }
        }
    }
    found
}

fn drop_of(field: &Field, sent: &Field, types: (TypeId, TypeId), record: &str) -> Raw {
    Raw {
        rule: ALIAS_LOST.info,
        severity: Severity::Warning,
        message: String::new(),
        help: String::new(),
        reader: Place::new(field.name_span, format!("no alias '{}'", sent.name)),
        writer: Place::new(sent.name_span, "its value is dropped"),
        types,
        path: format!("/{record}/{}", field.name),
        peer: None,
        trail: Vec::new(),
        trigger: Trigger::Dropped(field.name.to_string()),
    }
}

/// The place of a finding in the new or in the earlier version.
fn place(raw: &Raw, direction: Direction, new: bool) -> &Place {
    if (direction == Direction::Backward) == new { &raw.reader } else { &raw.writer }
}

fn by_name(schema: &Schema) -> ByName<'_> {
    schema.types.iter().filter_map(|ty| Some((ty.kind.named()?.name.full(), ty))).collect()
}

impl Loss<'_> {
    fn finding(&self, types: (&ByName<'_>, &ByName<'_>), direction: Direction) -> Option<Finding> {
        let raw = &self.raw;
        let (ours, theirs) = (self.schemas.reader.get(raw.types.0), self.schemas.writer.get(raw.types.1));
        let (new, earlier) = if direction == Direction::Backward { (ours, theirs) } else { (theirs, ours) };
        let versions = numbered(&self.versions);
        let lost = Lost {
            message: &raw.message,
            field: if let Trigger::Field(name) | Trigger::Dropped(name) = &raw.trigger { Some(name) } else { None },
            is_dropped: matches!(raw.trigger, Trigger::Dropped(_)),
            new,
            types,
            earlier: earlier.kind.named(),
            direction,
            versions: &versions,
        };
        let worded = RULES.iter().find_map(|rule| match rule.check {
            Check::Lost(check) => check(&lost).map(|wording| (rule.info, wording)),
            Check::LostOtherwise(check) => Some((rule.info, check(&lost))),
            _ => None,
        });
        let (rule, wording) = worded?;
        let mut prover = Prover::new(self.schemas);
        let finding = raw.finding(&self.ways, Some(&mut prover));
        let message = finding.message.strip_suffix(raw.message.as_str()).unwrap_or("").to_owned() + &wording.message;
        Some(Finding { rule, severity: Severity::Warning, message, help: wording.help, peer: None, ..finding })
    }
}

/// `version 1`, `versions 1, 2 and 3`, `versions 1 to 9`, `versions 1, 3, 4 and 7 more`.
fn numbered(versions: &[usize]) -> String {
    let mut sorted = versions.to_vec();
    sorted.sort_unstable();
    let words: Vec<String> = sorted.iter().take(SHOWN_VERSIONS).map(usize::to_string).collect();
    let more = sorted.len() - words.len();
    match (words.as_slice(), &sorted[..]) {
        (_, [first, .., last]) if more > 0 && last - first == sorted.len() - 1 => format!("versions {first} to {last}"),
        (shown, _) if more > 0 => format!("versions {} and {more} more", shown.join(", ")),
        ([only], _) => format!("version {only}"),
        ([head @ .., last], _) => format!("versions {} and {last}", head.join(", ")),
        ([], _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn versions_are_told_in_few_words() {
        assert_eq!(numbered(&[2]), "version 2");
        assert_eq!(numbered(&[3, 1, 2]), "versions 1, 2 and 3");
        assert_eq!(numbered(&[5, 4, 3, 2, 1]), "versions 1 to 5");
        assert_eq!(numbered(&[9, 4, 3, 2, 1]), "versions 1, 2, 3 and 2 more");
    }
}
