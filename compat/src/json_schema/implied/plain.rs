//! Numbers and texts.

use eventpact_contract::formats::json_schema::{Dialect, Sub};
use eventpact_contract::yaml::Node;

use super::super::accepts::{EXACT, Range};
use super::super::language::{Walked, Wanted};
use super::{Known, Proof};

impl Proof<'_> {
    fn values(&self, known: &Known, keyword: &str) -> Vec<f64> {
        known.facts.iter().filter_map(|f| self.sub(*f).node.get(keyword).and_then(Node::as_f64)).collect()
    }

    /// The greatest of the lower limits, if any.
    pub(super) fn least(&self, known: &Known, keyword: &str) -> f64 {
        self.values(known, keyword).into_iter().fold(0.0, f64::max)
    }

    /// The smallest of the upper limits.
    pub(super) fn most(&self, known: &Known, keyword: &str) -> f64 {
        self.values(known, keyword).into_iter().fold(f64::INFINITY, f64::min)
    }

    #[allow(clippy::float_cmp)] // limits as they are written
    pub(super) fn number(&self, known: &Known, sub: &Sub, whole: bool) -> bool {
        let goal = Range::of(sub);
        // Far out, two limits may be told apart by more digits than are kept here; which is the greater is kept.
        let exact = |limit: f64| limit.abs() < EXACT;
        let ranges: Vec<Range> = known.facts.iter().map(|f| Range::of(self.sub(*f))).collect();
        let below = |r: &Range| {
            let (limit, out) = if whole { first_whole(r) } else { (r.least, r.least_out) };
            limit > goal.least || (limit == goal.least && exact(limit) && (out || !goal.least_out))
        };
        let above = |r: &Range| {
            let (limit, out) = if whole { last_whole(r) } else { (r.most, r.most_out) };
            limit < goal.most || (limit == goal.most && exact(limit) && (out || !goal.most_out))
        };
        let low = goal.least == f64::NEG_INFINITY || ranges.iter().any(below);
        let high = goal.most == f64::INFINITY || ranges.iter().any(above);
        low && high && self.steps(known, sub, whole)
    }

    #[allow(clippy::float_cmp)]
    fn steps(&self, known: &Known, sub: &Sub, whole: bool) -> bool {
        let Some(step) = sub.node.get("multipleOf").and_then(Node::as_f64) else { return true };
        let exact = |n: f64| n.fract() == 0.0 && n.abs() < EXACT;
        let within = |own: f64| own == step || (exact(own) && exact(step) && exact(own / step));
        (whole && step == 1.0) || self.values(known, "multipleOf").into_iter().any(within)
    }

    /// The limits leave no number, or no whole one.
    #[allow(clippy::float_cmp)]
    pub(super) fn no_number(&self, known: &Known, whole: bool) -> bool {
        let ranges: Vec<Range> = known.facts.iter().map(|f| Range::of(self.sub(*f))).collect();
        let low = |r: &Range| if whole { first_whole(r) } else { (r.least, r.least_out) };
        let high = |r: &Range| if whole { last_whole(r) } else { (r.most, r.most_out) };
        let known = |limit: f64| limit.abs() < EXACT;
        ranges.iter().map(low).filter(|(least, _)| known(*least)).any(|(least, out)| {
            let upper = ranges.iter().map(high).filter(|(most, _)| known(*most));
            upper.into_iter().any(|(most, also_out)| least > most || (least == most && (out || also_out)))
        })
    }

    /// No text has such a length and matches the patterns.
    pub(super) fn no_text(&self, known: &Known) -> bool {
        let (least, most) = (self.least(known, "minLength"), self.most(known, "maxLength"));
        if least > most {
            return true;
        }
        let patterns: Vec<&str> =
            known.facts.iter().filter_map(|f| self.sub(*f).node.get("pattern").and_then(Node::as_str)).collect();
        let wanted = Wanted { all: &patterns, none: &[], least: size(least), most: most.is_finite().then(|| size(most)) };
        !patterns.is_empty() && self.languages.find(wanted) == Walked::Nothing
    }

    pub(super) fn text(&self, known: &Known, sub: &Sub) -> bool {
        for (keyword, asserted) in [("contentEncoding", "base64"), ("contentMediaType", "application/json")] {
            // Asserted before 2019-09 only, and then it has to be what the writer asserts.
            let Some(wanted) = sub.node.get(keyword).and_then(Node::as_str).filter(|text| *text == asserted) else { continue };
            let same = |f: &super::Fact| {
                self.schema(f.side).dialect < Dialect::Draft201909
                    && self.sub(*f).node.get(keyword).and_then(Node::as_str) == Some(wanted)
            };
            if self.pair.reader.dialect < Dialect::Draft201909 && !known.facts.iter().any(same) {
                return false;
            }
        }
        let limit = |keyword: &str| sub.node.get(keyword).and_then(Node::as_f64);
        let (least, most) = (self.least(known, "minLength"), self.most(known, "maxLength"));
        let pattern = sub.node.get("pattern").and_then(Node::as_str);
        let fits = limit("minLength").is_none_or(|n| least >= n) && limit("maxLength").is_none_or(|n| most <= n);
        if fits && pattern.is_none() {
            return true;
        }
        let own: Vec<&str> = known.facts.iter().filter_map(|f| self.sub(*f).node.get("pattern").and_then(Node::as_str)).collect();
        if fits && pattern.is_some_and(|p| own.contains(&p)) {
            return true;
        }
        let wanted = Wanted { all: &own, none: &[], least: size(least), most: most.is_finite().then(|| size(most)) };
        let nothing = |wanted: Wanted<'_>| self.languages.find(wanted) == Walked::Nothing;
        let matched = pattern.is_none_or(|p| nothing(Wanted { none: &[p], ..wanted }));
        let long = limit("minLength").filter(|n| *n > least).is_none_or(|n| {
            let below = size(n).saturating_sub(1);
            nothing(Wanted { most: Some(wanted.most.map_or(below, |m| m.min(below))), ..wanted })
        });
        let short = limit("maxLength").filter(|n| *n < most).is_none_or(|n| nothing(Wanted { least: size(n) + 1, ..wanted }));
        matched && long && short
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // cut on purpose: a length
fn size(n: f64) -> usize {
    n.clamp(0.0, 1e9) as usize
}

fn first_whole(range: &Range) -> (f64, bool) {
    if range.least.abs() > EXACT {
        return (range.least, range.least_out);
    }
    let first = if range.least_out { range.least.floor() + 1.0 } else { range.least.ceil() };
    (first, false)
}

fn last_whole(range: &Range) -> (f64, bool) {
    if range.most.abs() > EXACT {
        return (range.most, range.most_out);
    }
    let last = if range.most_out { range.most.ceil() - 1.0 } else { range.most.floor() };
    (last, false)
}
