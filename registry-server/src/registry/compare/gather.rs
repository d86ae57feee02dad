//! From the findings of each pair of versions to what is answered: one finding for one change, however many versions it breaks.

use std::collections::HashMap;

use super::{
    Arc, BUDGET, Diagnostic, Direction, Duration, Instant, Level, LevelVerdict, Old, Options, Severity, Sources, Span, State,
    SubjectName, Tree, Undecided, Verdict, check, read_again,
};
use eventpact_compat::asyncapi::{self, ContractFinding};
use eventpact_compat::pair::Pair;
use eventpact_compat::parts::parts;
use eventpact_contract::deadline;
use eventpact_contract::diagnostic::{Label, fingerprints};
use eventpact_contract::model::Contract;
use eventpact_registry_client::wire::verdict::{PeerFinding, Place, VersionFinding, Witness};

/// What is left of the time for comparisons that began then.
fn left(started: Instant) -> Duration {
    BUDGET.saturating_sub(started.elapsed())
}

/// A finding, and where it counts.
struct Entry {
    diagnostic: Diagnostic,
    direction: Direction,
    element: String,
    versions: Vec<i32>,
    levels: Vec<Level>,
}

/// What is the same of one change against several versions: direction, place, rule, element, message.
type Key = (Direction, Span, String, String, String);

/// What was found so far.
pub(in crate::registry) struct Gathered {
    subject: String,
    options: Options,
    levels: Vec<Level>,
    sources: Sources,
    entries: Vec<Entry>,
    /// Where among them a change is.
    places: HashMap<Key, usize>,
    unknown: Vec<Undecided>,
    undecided_levels: Vec<Level>,
}

impl Gathered {
    pub(super) fn new(subject: String, options: Options, levels: Vec<Level>, sources: Sources) -> Self {
        let (entries, places, unknown, undecided_levels) = Default::default();
        Self { subject, options, levels, sources, entries, places, unknown, undecided_levels }
    }

    /// For documents, of which everything counts at the level that was asked for.
    pub(in crate::registry) fn of_documents(name: String, level: Level, sources: Sources) -> Self {
        Self::new(name, Options::default(), vec![level], sources)
    }

    /// Compares a document with an earlier version, unless the time that began at `started` is over.
    pub(in crate::registry) fn document(
        &mut self,
        new: &Contract,
        version: i32,
        started: Instant,
        read: impl FnOnce(&mut Sources) -> Result<Contract, String>,
    ) {
        let levels = self.levels.clone();
        let level = levels.first().copied().unwrap_or(Level::None);
        if started.elapsed() > BUDGET {
            return self.undecided(0, version, None, "the time for this request was over before this version".to_owned());
        }
        let old = match read(&mut self.sources) {
            Ok(old) => old,
            Err(why) => return self.undecided(0, version, None, why),
        };
        let (report, _) = deadline::within(left(started), || asyncapi::compare(new, &old, level, self.options));
        for ContractFinding { subject, direction, finding, .. } in &report.findings {
            let diagnostic = check::diagnostic(finding, *direction, subject);
            let element = format!("{subject} {}", finding.path).trim_end().to_owned();
            self.add(diagnostic, element, *direction, version, &levels);
        }
        for why in report.unknown {
            self.undecided(0, version, None, why);
        }
    }

    /// Compares with each version, newest first. Gives how the latest one and the new one get along, backward and forward.
    pub(super) fn compare(
        &mut self,
        state: &State,
        subject: &SubjectName,
        new: &Tree,
        history: &[Old],
    ) -> Option<(Verdict, Verdict)> {
        let started = Instant::now();
        let mut first = None;
        for (position, (number, old)) in history.iter().enumerate() {
            if started.elapsed() > BUDGET {
                self.undecided(position, *number, None, "the time for this request was over before this version".to_owned());
                continue;
            }
            let name = format!("{} version {number}", self.subject);
            let place = (&*old.text, old.references.as_slice());
            let tree = match read_again(&mut self.sources, state, subject, name.clone(), &old.format, place) {
                Ok(tree) if tree.format() == new.format() => tree,
                Ok(_) => {
                    self.another_format(position, *number, new, name, old.text.clone());
                    first.get_or_insert((Verdict::Incompatible, Verdict::Incompatible));
                    continue;
                }
                Err(why) => {
                    self.undecided(position, *number, None, format!("the version cannot be read: {why}"));
                    first.get_or_insert((Verdict::Unknown, Verdict::Unknown));
                    continue;
                }
            };
            // One that is stopped is told as not decided.
            let ((backward, forward), _) = deadline::within(left(started), || {
                let forward = self.pair(new, &tree, Direction::Forward, (position, *number));
                (self.pair(new, &tree, Direction::Backward, (position, *number)), forward)
            });
            first.get_or_insert((backward, forward));
        }
        first
    }

    /// The levels that ask for this direction with the version at this position from the newest.
    fn at(&self, direction: Direction, position: usize) -> Vec<Level> {
        let asks = |level: &&Level| level.directions().contains(&direction) && (position == 0 || level.is_transitive());
        self.levels.iter().filter(asks).copied().collect()
    }

    fn pair(&mut self, new: &Tree, old: &Tree, direction: Direction, (position, number): (usize, i32)) -> Verdict {
        let at = self.at(direction, position);
        if at.is_empty() && position > 0 {
            return Verdict::Unknown;
        }
        let parts = parts(new, old, self.options.profile, true);
        let mut reports = Vec::new();
        // With many messages each pair may take long.
        for (new, old) in parts.pairs.iter().take_while(|_| !deadline::is_over_now()) {
            let pair = match direction {
                Direction::Backward => Pair::new(new, old),
                Direction::Forward => Pair::new(old, new),
            };
            reports.push(check::compare(pair, self.options));
        }
        let mut verdict = Verdict::of(&reports);
        if let Some(why) = deadline::why().filter(|_| reports.len() < parts.pairs.len()) {
            verdict = if verdict == Verdict::Incompatible { verdict } else { Verdict::Unknown };
            self.undecided(position, number, Some(direction), why);
        }
        for report in reports.iter().filter(|_| !at.is_empty()) {
            for finding in &report.findings {
                let diagnostic = check::diagnostic(finding, direction, &self.subject);
                self.add(diagnostic, finding.path.clone(), direction, number, &at);
            }
            if let Some(why) = &report.unknown {
                self.undecided(position, number, Some(direction), why.clone());
            }
        }
        for (name, span) in parts.gone.into_iter().filter(|_| direction == Direction::Backward && !at.is_empty()) {
            let start = self.start();
            let found =
                Diagnostic::warning("protobuf/message-removed", start, format!("the message {name} is gone from the file"));
            let found = found.with_related(span, "it was here").with_about(name.clone());
            self.add(found.with_help("keep the message until nobody sends or reads it"), name, direction, number, &at);
        }
        verdict
    }

    fn another_format(&mut self, position: usize, number: i32, new: &Tree, name: String, text: Arc<str>) {
        let old = self.sources.add(name, text);
        let message = format!("it is {} now, and was something else before: no old message can be read", new.format().as_str());
        let found = Diagnostic::error("check/format-changed", self.start(), message).with_about(new.format().as_str());
        let found = found.with_related(Span::start_of(old), "the earlier version");
        let found = found.with_help("publish the new format under another name");
        for direction in [Direction::Backward, Direction::Forward] {
            let at = self.at(direction, position);
            if !at.is_empty() {
                self.add(found.clone(), String::new(), direction, number, &at);
            }
        }
    }

    /// The start of the new text: it was the first one that was read.
    fn start(&mut self) -> Span {
        let first = self.sources.iter().next().map(|(file, _)| file);
        Span::start_of(first.unwrap_or_else(|| self.sources.add("", "")))
    }

    /// Adds a finding, or joins it with that of the same change against another version.
    fn add(&mut self, diagnostic: Diagnostic, element: String, direction: Direction, version: i32, levels: &[Level]) {
        let key = (direction, diagnostic.primary.span, diagnostic.id.clone(), element.clone(), diagnostic.message.clone());
        if let Some(known) = self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            if !known.versions.contains(&version) {
                known.versions.push(version);
                known.diagnostic.related.extend(diagnostic.related);
            }
            known.levels.extend(levels.iter().filter(|level| !known.levels.contains(level)).copied().collect::<Vec<_>>());
            return;
        }
        self.places.insert(key, self.entries.len());
        self.entries.push(Entry { diagnostic, direction, element, versions: vec![version], levels: levels.to_vec() });
    }

    fn undecided(&mut self, position: usize, version: i32, direction: Option<Direction>, message: String) {
        for each in direction.map_or_else(|| vec![Direction::Backward, Direction::Forward], |one| vec![one]) {
            self.undecided_levels.extend(self.at(each, position));
        }
        let direction = direction.map(|direction| direction.as_str().to_owned());
        self.unknown.push(Undecided { version, direction, message });
    }

    fn count(&self, level: Level, severity: Severity) -> usize {
        let counts = |entry: &&Entry| entry.levels.contains(&level) && entry.diagnostic.severity == severity;
        self.entries.iter().filter(counts).count()
    }

    /// The verdict at one level.
    pub(in crate::registry) fn verdict(&self, level: Level) -> Verdict {
        match (self.count(level, Severity::Error), self.undecided_levels.contains(&level)) {
            (1.., _) => Verdict::Incompatible,
            (0, true) => Verdict::Unknown,
            (0, false) => Verdict::Compatible,
        }
    }

    /// The verdict at each level that was asked for.
    pub(super) fn level_verdicts(&self) -> Vec<LevelVerdict> {
        let one = |level: &Level| LevelVerdict {
            level: level.to_string(),
            verdict: self.verdict(*level).as_str().to_owned(),
            errors: self.count(*level, Severity::Error),
            warnings: self.count(*level, Severity::Warning),
        };
        self.levels.iter().map(one).collect()
    }

    /// Everything that was found, in the order of the new text.
    pub(in crate::registry) fn finish(mut self) -> (Vec<VersionFinding>, Vec<Undecided>) {
        self.entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.diagnostic.primary.span, entry.diagnostic.severity);
            key(a).cmp(&key(b)).then_with(|| a.diagnostic.id.cmp(&b.diagnostic.id))
        });
        let diagnostics: Vec<Diagnostic> = self.entries.iter().map(|entry| entry.diagnostic.clone()).collect();
        let (sources, fingerprints) = (&self.sources, fingerprints(&diagnostics));
        let findings = self.entries.iter().zip(fingerprints);
        (findings.map(|(entry, fingerprint)| wire(entry, fingerprint, sources)).collect(), self.unknown)
    }
}

fn wire(entry: &Entry, fingerprint: String, sources: &Sources) -> VersionFinding {
    let found = &entry.diagnostic;
    let at = place(&found.primary, sources);
    let levels = Level::ALL.iter().filter(|level| entry.levels.contains(level));
    let peers = found.peers.iter().map(|peer| PeerFinding {
        direction: peer.direction.clone(),
        kind: peer.kind.clone(),
        location: peer.location.clone(),
        message: peer.detail.clone(),
    });
    let witness = found.witness.as_ref().map(|witness| Witness {
        json: witness.json.to_string(),
        hex: witness.hex.as_deref().map(str::to_owned),
        reader_error: witness.reader_error.clone(),
    });
    VersionFinding {
        rule: found.id.clone(),
        severity: found.severity.as_str().to_owned(),
        direction: entry.direction.as_str().to_owned(),
        versions: entry.versions.clone(),
        levels: levels.map(ToString::to_string).collect(),
        message: found.message.clone(),
        file: at.file,
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        label: at.message,
        element: entry.element.clone(),
        related: found.related.iter().map(|label| place(label, sources)).collect(),
        help: found.help.clone(),
        witness,
        fingerprint,
        peers: peers.collect(),
    }
}

/// A label as it is answered.
pub(in crate::registry) fn place(label: &Label, sources: &Sources) -> Place {
    let file = sources.file(label.span.file);
    let (start, end) = (file.line_column(label.span.start), file.line_column(label.span.end));
    Place {
        file: file.name().to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        message: label.text.clone(),
    }
}
