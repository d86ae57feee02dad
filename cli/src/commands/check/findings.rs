//! From the findings of each pair to what is printed: one finding for one change, however many pairs it breaks.

use std::collections::{HashMap, HashSet};

use eventpact_compat::check;
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::options::Options;
use eventpact_compat::pair::Pair;
use eventpact_compat::parts::{Parts, parts};
use eventpact_compat::protobuf::buf;
use eventpact_compat::report::{Finding, Report};
use eventpact_compat::rule::Profile;
use eventpact_compat::{asyncapi, mode};
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::Document;
use eventpact_contract::model::Contract;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::{FileId, Sources, Span};

use super::documents::{Subject, Version};
use super::impact::{self, Module};
use super::judged::{Judged, Way};
use super::limit;
use super::profiles::{Opinion, Profiles};
use super::rollouts::Rollouts;

/// Rule, place, place on the other side; of a rule of buf also the path, as the two halves of a map have one place.
type Key = (String, Span, Span, String);

/// Where a finding comes from.
#[derive(Clone, Copy)]
struct From<'a> {
    subject: &'a Subject,
    sources: &'a Sources,
    /// The name in a finding is that of a part of the document, and not just of the file.
    is_part: bool,
    /// In a profile of buf: the files that are compared.
    module: Option<&'a Module<'a>>,
}

/// The findings so far; those of one change are joined.
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    seen: HashMap<Key, usize>,
    /// The directions in which each of them was found.
    directions: HashMap<usize, Vec<Direction>>,
    /// The same without the place on the other side: the finding of one change against each of several versions.
    versions: HashMap<Key, usize>,
    /// The first file of each name: a file that several documents refer to is read for each of them.
    files: HashMap<String, FileId>,
    /// Where messages were that are gone.
    gone: HashSet<Span>,
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
        let (seen, directions, versions, files, gone) = Default::default();
        Self { list, seen, directions, versions, files, gone, unknown: false, whole, rollouts, opinion }
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
                let module = match (new, options.profile) {
                    (Schema::Protobuf(new), Profile::Buf(_)) => Some(Module::new(new)),
                    _ => None,
                };
                let from = From { subject, sources, is_part: false, module: module.as_ref() };
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
                    let late = limit::each(&pairs, |(new, old)| {
                        let report = self.schemas((new, old), direction, options, from);
                        self.opinion.schema(&subject.name, index, direction, &report);
                    });
                    if let Some(why) = late {
                        self.undecided(subject, &why);
                    }
                    self.gone(new, gone);
                }
                self.earlier(new, mode, options, from);
            }
        }
    }

    /// What was lost of the versions that the mode does not look at.
    fn earlier(&mut self, new: &Schema, mode: Mode, options: Options, from: From<'_>) {
        let schema = |version: &'_ Version| match &version.document {
            Document::Schema(schema) => Some(schema.clone()),
            Document::Contract(_) => None,
        };
        let history: Option<Vec<Schema>> = from.subject.history.iter().map(schema).collect();
        let history = history.unwrap_or_default();
        for lost in check::lost(new, &history, mode, options) {
            for finding in &lost.report.findings {
                self.add(finding, lost.direction, &from.subject.name, from);
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
            let report = limit::within(|| asyncapi::compare(new, old, mode, options));
            if is_own {
                self.opinion.contract(index, &report, only);
            }
            for found in report.findings.iter().filter(|found| judged.of(subject, Some(&found.subject)) == way) {
                let from = From { subject, sources, is_part: true, module: None };
                self.add(&found.finding, found.direction, &found.subject, from);
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
    fn schemas(&mut self, (new, old): (&Schema, &Schema), direction: Direction, options: Options, from: From<'_>) -> Report {
        let pair = match direction {
            Direction::Backward => Pair::new(new, old),
            Direction::Forward => Pair::new(old, new),
        };
        let report = check::compare(pair, options);
        for finding in &report.findings {
            self.add(finding, direction, &from.subject.name, from);
        }
        if let Some(why) = &report.unknown {
            self.undecided(from.subject, why);
        }
        report
    }

    /// The messages of a file that are gone, where messages stand for themselves.
    fn gone(&mut self, new: &Schema, messages: Vec<(String, Span)>) {
        let Schema::Protobuf(newer) = new else { return };
        for (name, span) in messages.into_iter().filter(|(_, span)| self.gone.insert(*span)).collect::<Vec<_>>() {
            let at = newer.main().and_then(|f| f.source).map_or(span, Span::start_of);
            let found = Diagnostic::warning("protobuf/message-removed", at, format!("the message {name} is gone from the file"));
            let found = found.with_related(span, "it was here").with_about(name);
            self.list.push(found.with_help("keep the message until nobody sends or reads it"));
        }
    }

    /// Adds a finding, or joins it with that of the same change: in the other direction, in another document that refers to the
    /// same file, or against another version.
    fn add(&mut self, finding: &Finding, direction: Direction, name: &str, from: From<'_>) {
        let mut diagnostic = check::diagnostic(finding, direction, name);
        diagnostic.identity = format!("{} {}", if from.is_part { name } else { "" }, finding.path);
        let (at, sources) = (diagnostic.primary.span, from.sources);
        let other = diagnostic.related.first().map_or(at, |l| l.span);
        let of_buf = !buf::categories(finding.rule.id).is_empty();
        let path = if of_buf { finding.path.clone() } else { String::new() };
        let key = (diagnostic.id.clone(), self.once(at, sources), self.once(other, sources), path);
        // What a module affects is told by its files, not by its name.
        let affected = from.module.is_none().then_some(name);
        if let Some(index) = self.seen.get(&key).copied() {
            return self.join(index, diagnostic, direction, affected);
        }
        // Of a break that is there against each of ten versions, all places are in one finding.
        let any_version = (key.0.clone(), key.1, key.1, format!("{name} {} {}", finding.path, finding.message));
        if let Some(index) = self.versions.get(&any_version).copied().filter(|_| from.subject.history.len() > 1) {
            self.seen.insert(key, index);
            if let Some(first) = self.list.get_mut(index) {
                first.related.append(&mut diagnostic.related);
            }
            return self.join(index, diagnostic, direction, affected);
        }
        if of_buf && direction == Direction::Forward {
            diagnostic.message = format!("{} [the versions swapped]", diagnostic.message);
        } else if !of_buf && !finding.rule.id.starts_with("asyncapi/") {
            diagnostic.message = format!("{} [{}]", diagnostic.message, who(direction));
        }
        match (&from.subject.new.document, from.module) {
            (Document::Contract(_), _) => {
                impact::of_contract(&mut diagnostic, name, sources.file(from.subject.new.at.file).name());
            }
            (_, Some(module)) if of_buf => impact::of_module(&mut diagnostic, finding, module, sources),
            _ => {}
        }
        self.versions.insert(any_version, self.list.len());
        self.seen.insert(key, self.list.len());
        self.directions.insert(self.list.len(), vec![direction]);
        self.list.push(diagnostic);
    }

    /// Adds to a finding what another of the same change says beyond it.
    fn join(&mut self, index: usize, mut other: Diagnostic, direction: Direction, affected: Option<&str>) {
        let Some(first) = self.list.get_mut(index) else { return };
        match affected {
            Some(name) if !first.affects.iter().any(|known| known == name) => first.affects.push(name.to_owned()),
            _ => {
                first.peers.append(&mut other.peers);
            }
        }
        let directions = self.directions.entry(index).or_default();
        if !directions.contains(&direction) {
            directions.push(direction);
            first.message = format!("{} [{}]", bare(&first.message), both());
            first.severity = first.severity.min(other.severity);
            if first.witness.is_none() {
                first.witness = other.witness.take();
            }
        }
    }

    /// The same place in the first file of the same name.
    fn once(&mut self, span: Span, sources: &Sources) -> Span {
        let name = sources.file(span.file).name();
        let file = match self.files.get(name) {
            Some(known) => *known,
            None => *self.files.entry(name.to_owned()).or_insert(span.file),
        };
        Span { file, ..span }
    }

    fn different(&mut self, subject: &Subject, old: &Version, now: &str, sources: &Sources) {
        let message = format!("it is {now} now, and was something else before: no old message can be read");
        let found = Diagnostic::error("check/format-changed", subject.new.at, message).with_about(now);
        let found = found.with_related(old.at, format!("the earlier version, {}", sources.file(old.at.file).name()));
        self.list.push(found.with_help("publish the new format under another name"));
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
