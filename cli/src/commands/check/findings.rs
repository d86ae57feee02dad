//! From the findings of each pair to what is printed: one finding for one change, however many pairs it breaks.

use std::collections::HashMap;

use eventpact_compat::check;
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::options::Options;
use eventpact_compat::pair::Pair;
use eventpact_compat::protobuf::buf;
use eventpact_compat::report::{Finding, Report};
use eventpact_compat::{asyncapi, mode};
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::Document;
use eventpact_contract::model::Contract;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::{Sources, Span};

use super::documents::{Subject, Version};
use super::identity::Names;
use super::parts::{Parts, parts};
use super::profiles::{Opinion, Profiles};
use super::rollouts::Rollouts;
use crate::config::{Config, Settings};

/// Rule, place, place on the other side; of a rule of buf also the path, as the two halves of a map have one place.
type Key = (String, Span, Span, String);

/// The findings so far; those of one change are joined.
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    seen: HashMap<Key, (usize, Vec<Direction>)>,
    unknown: bool,
    /// Protobuf files stand for themselves: no message was named.
    whole: bool,
    /// What follows for the deployment of the AsyncAPI documents.
    pub(super) rollouts: Rollouts,
    /// What was decided on the document at hand.
    opinion: Opinion,
}

impl Findings {
    pub(super) fn new(list: Vec<Diagnostic>, whole: bool) -> Self {
        let (rollouts, opinion) = (Rollouts::default(), Opinion::new());
        Self { list, seen: HashMap::new(), unknown: false, whole, rollouts, opinion }
    }

    /// Compares a document with the versions that its mode asks for.
    pub(super) fn check(&mut self, subject: &Subject, judged: &Judged<'_>, sources: &Sources) {
        let (mode, options) = judged.of(subject, None);
        self.opinion = Opinion::new();
        match &subject.new.document {
            Document::Contract(new) => {
                let ways = judged.ways(subject, new);
                for way in &ways {
                    self.contract(subject, new, (judged, *way, ways.len() == 1), sources);
                }
            }
            Document::Schema(new) => {
                let mode = mode.unwrap_or_default();
                for (index, direction) in mode.pairs(subject.history.len()) {
                    let Some(version) = subject.history.get(index) else { continue };
                    let Document::Schema(old) = &version.document else {
                        self.different(subject, version, "a schema", sources);
                        continue;
                    };
                    if old.format() != new.format() {
                        self.different(subject, version, new.format().as_str(), sources);
                        continue;
                    }
                    let Parts { pairs, gone } = parts(new, old, options.profile, self.whole);
                    for (new, old) in pairs {
                        let report = self.schemas(&new, &old, direction, options, subject);
                        self.opinion.schema(&subject.name, index, direction, &report);
                    }
                    self.gone(new, gone);
                }
                self.earlier(new, mode, options, subject);
            }
        }
    }

    /// What was lost of the versions that the mode does not look at.
    fn earlier(&mut self, new: &Schema, mode: Mode, options: Options, subject: &Subject) {
        let schema = |version: &'_ Version| match &version.document {
            Document::Schema(schema) => Some(schema.clone()),
            Document::Contract(_) => None,
        };
        let history: Option<Vec<Schema>> = subject.history.iter().map(schema).collect();
        let history = history.unwrap_or_default();
        for lost in check::lost(new, &history, mode, options) {
            for finding in &lost.report.findings {
                self.add(finding, lost.direction, &subject.name, false);
            }
        }
    }

    /// A contract with its earlier versions, for those of its parts that are judged in one way.
    fn contract(&mut self, subject: &Subject, new: &Contract, (judged, way, only): (&Judged<'_>, Way, bool), sources: &Sources) {
        let (mode, options) = (way.0.unwrap_or(Mode::Full), way.1);
        let is_own = judged.of(subject, None) == way;
        for index in versions(mode, subject.history.len()) {
            let Some(version) = subject.history.get(index) else { continue };
            let Document::Contract(old) = &version.document else {
                if is_own {
                    self.different(subject, version, "an AsyncAPI document", sources);
                }
                continue;
            };
            let report = asyncapi::compare(new, old, mode, options);
            if is_own {
                self.opinion.contract(index, &report, only);
            }
            for found in report.findings.iter().filter(|found| judged.of(subject, Some(&found.subject)) == way) {
                self.add(&found.finding, found.direction, &found.subject, true);
            }
            let part = |why: &String| why.split_once(": ").map(|(part, _)| part.to_owned());
            for why in report.unknown.iter().filter(|why| judged.of(subject, part(why).as_deref()) == way) {
                self.undecided(subject, why);
            }
            let rollouts = report.rollouts.into_iter().filter(|rollout| judged.of(subject, Some(&rollout.subject)) == way);
            self.rollouts.add(&subject.name, rollouts.collect());
        }
    }

    /// One schema with another, in one direction.
    fn schemas(&mut self, new: &Schema, old: &Schema, direction: Direction, options: Options, subject: &Subject) -> Report {
        let pair = match direction {
            Direction::Backward => Pair::new(new, old),
            Direction::Forward => Pair::new(old, new),
        };
        let report = check::compare(pair, options);
        for finding in &report.findings {
            self.add(finding, direction, &subject.name, false);
        }
        if let Some(why) = &report.unknown {
            self.undecided(subject, why);
        }
        report
    }

    /// The messages of a file that are gone, where messages stand for themselves.
    fn gone(&mut self, new: &Schema, messages: Vec<(String, Span)>) {
        let Schema::Protobuf(newer) = new else { return };
        for (name, span) in messages {
            if self.list.iter().any(|d| d.related.iter().any(|r| r.span == span)) {
                continue;
            }
            let at = newer.main().and_then(|f| f.source).map_or(span, Span::start_of);
            let found = Diagnostic::warning("protobuf/message-removed", at, format!("the message {name} is gone from the file"));
            let found = found.with_related(span, "it was here").with_about(name);
            self.list.push(found.with_help("keep the message until nobody sends or reads it"));
        }
    }

    /// `is_part`: the subject is a part of its document, and not just the name of the file.
    fn add(&mut self, finding: &Finding, direction: Direction, subject: &str, is_part: bool) {
        let mut diagnostic = check::diagnostic(finding, direction, subject);
        diagnostic.identity = format!("{} {}", if is_part { subject } else { "" }, finding.path);
        let other = diagnostic.related.first().map_or(diagnostic.primary.span, |l| l.span);
        let of_buf = !buf::categories(finding.rule.id).is_empty();
        let path = if of_buf { finding.path.clone() } else { String::new() };
        let key = (diagnostic.id.clone(), diagnostic.primary.span, other, path);
        if let Some((index, directions)) = self.seen.get_mut(&key) {
            if let Some(first) = self.list.get_mut(*index) {
                first.peers.append(&mut diagnostic.peers);
            }
            if !directions.contains(&direction) {
                directions.push(direction);
                if let Some(first) = self.list.get_mut(*index) {
                    first.message = format!("{} [{}]", bare(&first.message), both());
                    first.severity = first.severity.min(diagnostic.severity);
                    if first.witness.is_none() {
                        first.witness = diagnostic.witness.take();
                    }
                }
            }
            return;
        }
        if of_buf && direction == Direction::Forward {
            diagnostic.message = format!("{} [the versions swapped]", diagnostic.message);
        } else if !of_buf && !finding.rule.id.starts_with("asyncapi/") {
            diagnostic.message = format!("{} [{}]", diagnostic.message, who(direction));
        }
        self.seen.insert(key, (self.list.len(), vec![direction]));
        self.list.push(diagnostic);
    }

    fn different(&mut self, subject: &Subject, old: &Version, now: &str, sources: &Sources) {
        let message = format!("it is {now} now, and was something else before: no old message can be read");
        let found = Diagnostic::error("check/format-changed", subject.new.at, message).with_about(now);
        let before = format!("the earlier version, {}", sources.file(old.at.file).name());
        self.list.push(found.with_related(old.at, before).with_help("publish the new format under another name"));
    }

    fn undecided(&mut self, subject: &Subject, why: &str) {
        self.unknown = true;
        let message = format!("not decided: {why}");
        let found = Diagnostic::new("check/unknown", Severity::Warning, subject.new.at, message).with_about(why);
        if !self.list.iter().any(|d| d.id == found.id && d.message == found.message) {
            self.list.push(found.with_help("look at this change yourself; --allow-unknown accepts what cannot be decided"));
        }
    }

    /// Holds the document that was just checked against other profiles.
    pub(super) fn compare_profiles(&mut self, profiles: &mut Profiles<'_>, subject: &Subject, way: Way) {
        self.list.extend(profiles.differences(subject, way, &self.opinion));
    }

    /// Everything that was found, and whether something could not be decided.
    pub(super) fn finish(self) -> (Vec<Diagnostic>, bool) {
        (self.list, self.unknown)
    }
}

/// A mode, when one is asked for, and the options of a comparison.
pub(super) type Way = (Option<Mode>, Options);

/// How each document and each of its parts is judged.
pub(super) struct Judged<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: &'a Settings,
    pub(super) names: &'a Names<'a>,
    pub(super) sources: &'a Sources,
}

impl Judged<'_> {
    /// How a document is judged, or a part of it: `channel/message`.
    pub(super) fn of(&self, subject: &Subject, part: Option<&str>) -> Way {
        if !self.config.has_subjects() {
            return (self.settings.mode.value, self.settings.options());
        }
        let file = self.names.of(self.sources.file(subject.new.at.file).name()).unwrap_or_default();
        let names = [subject.name.as_str(), file.as_str(), part.unwrap_or(&subject.name)];
        let own = self.config.narrow(self.settings, &names);
        (own.mode.value, own.options())
    }

    /// Every way in which a part of a contract is judged.
    fn ways(&self, subject: &Subject, new: &Contract) -> Vec<Way> {
        let mut ways = vec![self.of(subject, None)];
        if !self.config.has_subjects() {
            return ways;
        }
        let old = subject.history.iter().filter_map(|version| match &version.document {
            Document::Contract(old) => Some(&**old),
            Document::Schema(_) => None,
        });
        for contract in old.chain([new]) {
            let messages =
                contract.channels.iter().flat_map(|c| c.messages.iter().map(move |m| format!("{}/{}", c.key, m.name())));
            let channels = contract.channels.iter().map(|c| c.key.clone());
            for part in messages.chain(channels).chain(contract.operations.iter().map(|o| o.key.clone())) {
                let way = self.of(subject, Some(&part));
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
        ways
    }
}

pub(super) fn versions(mode: mode::Mode, count: usize) -> impl Iterator<Item = usize> {
    let oldest = if mode.is_transitive() { 0 } else { count.saturating_sub(1) };
    (oldest..count).rev()
}

fn who(direction: Direction) -> &'static str {
    match direction {
        Direction::Backward => "the new version reads the old one's messages",
        Direction::Forward => "the old version reads the new one's messages",
    }
}

fn both() -> &'static str {
    "both ways between the old and the new version"
}

fn bare(message: &str) -> &str {
    message.rsplit_once(" [").map_or(message, |(head, _)| head)
}
