//! Where the profiles differ: what one of them lets pass and another does not.

use std::sync::Arc;

use eventpact_compat::asyncapi::{self, ContractFinding, ContractReport};
use eventpact_compat::check::{self, Verdict};
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::options::Options;
use eventpact_compat::pair::Pair;
use eventpact_compat::parts::parts;
use eventpact_compat::report::Report;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::Document;
use eventpact_contract::schema::Schema;

use super::documents::Subject;
use super::findings::versions;
use super::judged::Way;
use super::limit;

/// How many documents are held against another profile. The one of Confluent is cheap; what is sound is searched for.
const MAX_SUBJECTS: usize = 2_000;
const MAX_SUBJECTS_SOUND: usize = 200;
/// How many messages of a contract are looked at.
const MAX_PARTS: usize = 1_000;

/// The profiles that a check is held against.
pub(super) struct Profiles<'a> {
    /// Those that were asked for.
    wanted: &'a [Profile],
    /// Protobuf files stand for themselves: no message was named.
    whole: bool,
    /// How many documents were held against another profile.
    done: usize,
}

/// What a profile says on one document.
pub(super) struct Opinion {
    parts: Vec<Decided>,
    /// What it says on parts that are not listed; `None` when nothing was looked at.
    rest: Option<Verdict>,
}

/// What it says on one thing, in one direction.
struct Decided {
    /// The document, or a message of a contract.
    what: String,
    version: usize,
    direction: Direction,
    verdict: Verdict,
    /// The first break.
    why: Option<Diagnostic>,
}

impl Opinion {
    /// Nothing is decided yet.
    pub(super) fn new() -> Self {
        Self { parts: Vec::new(), rest: None }
    }

    fn part(&mut self, what: &str, version: usize, direction: Direction) -> &mut Decided {
        let same = |own: &Decided| own.what == what && own.version == version && own.direction == direction;
        let index = self.parts.iter().position(same).unwrap_or_else(|| {
            self.parts.push(Decided { what: what.to_owned(), version, direction, verdict: Verdict::Compatible, why: None });
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }

    /// Takes in what was found in a schema, or in a part of it.
    pub(super) fn schema(&mut self, what: &str, version: usize, direction: Direction, report: &Report) {
        let part = self.part(what, version, direction);
        let error = report.findings.iter().find(|finding| finding.severity == Severity::Error);
        match (part.verdict, error) {
            (Verdict::Incompatible, _) => {}
            (_, Some(finding)) => {
                part.verdict = Verdict::Incompatible;
                part.why = Some(check::diagnostic(finding, direction, what));
            }
            (_, None) if report.unknown.is_some() => part.verdict = Verdict::Unknown,
            (_, None) => {}
        }
    }

    /// Takes in what was found in the payloads of a contract; its own rules are the same in every profile. The payloads that
    /// nothing was found in are compatible, if nothing was left undecided (`complete`).
    pub(super) fn contract(&mut self, version: usize, report: &ContractReport, complete: bool) {
        let is_complete = complete && report.unknown.is_empty() && self.rest != Some(Verdict::Unknown);
        self.rest = Some(if is_complete { Verdict::Compatible } else { Verdict::Unknown });
        let of_payload = |found: &&ContractFinding| {
            found.finding.severity == Severity::Error && !found.finding.rule.id.starts_with("asyncapi/")
        };
        for found in report.findings.iter().filter(of_payload) {
            if self.parts.len() >= MAX_PARTS {
                self.rest = Some(Verdict::Unknown);
                break;
            }
            let part = self.part(&found.subject, version, found.direction);
            part.verdict = Verdict::Incompatible;
            part.why.get_or_insert_with(|| check::diagnostic(&found.finding, found.direction, &found.subject));
        }
    }

    fn of(&self, other: &Decided) -> (Verdict, Option<&Diagnostic>) {
        let same = |own: &&Decided| (&own.what, own.version, own.direction) == (&other.what, other.version, other.direction);
        self.parts.iter().find(same).map_or((self.rest.unwrap_or(Verdict::Unknown), None), |own| (own.verdict, own.why.as_ref()))
    }
}

impl<'a> Profiles<'a> {
    pub(super) fn new(wanted: &'a [Profile], whole: bool) -> Self {
        Self { wanted, whole, done: 0 }
    }

    /// One finding for each profile that decides otherwise on a document than the check itself did (`own`).
    pub(super) fn differences(&mut self, subject: &Subject, (mode, options): Way, own: &Opinion) -> Vec<Diagnostic> {
        let default = match options.profile {
            Profile::Sound => Some(Profile::Confluent),
            Profile::Confluent => Some(Profile::Sound),
            Profile::Buf(_) => None,
        };
        let others: Vec<Profile> = if self.wanted.is_empty() { default.into_iter().collect() } else { self.wanted.to_vec() };
        let room = |p: &Profile| self.done < if *p == Profile::Sound { MAX_SUBJECTS_SOUND } else { MAX_SUBJECTS };
        let others = others.into_iter().filter(|p| *p != options.profile && may_differ(subject, options.profile, *p) && room(p));
        let others: Vec<Profile> = others.collect();
        self.done += usize::from(!others.is_empty());
        let against = |other: &Profile| {
            let is_file = !matches!(options.profile, Profile::Buf(_));
            let theirs = self.judge(subject, mode, Options { profile: *other, ..options }, is_file);
            self.difference(subject, (options.profile, own), (*other, &theirs))
        };
        others.iter().filter_map(against).collect()
    }

    fn difference(
        &self,
        subject: &Subject,
        (profile, own): (Profile, &Opinion),
        (other, theirs): (Profile, &Opinion),
    ) -> Option<Diagnostic> {
        // One of the two verdicts is "incompatible", and says why.
        let (part, ours, their) = own.parts.iter().chain(&theirs.parts).find_map(|part| {
            let (ours, their) = (own.of(part), theirs.of(part));
            let decided = ours.0 != Verdict::Unknown && their.0 != Verdict::Unknown;
            (decided && ours.0 != their.0).then_some((part, ours, their))
        })?;
        let refused = ours.0 == Verdict::Incompatible;
        let why = if refused { ours.1 } else { their.1 }?;
        let (name, direction) = (&part.what, part.direction.as_str());
        let verb = |refuses: bool| if refuses { "refuses" } else { "accepts" };
        let message = format!(
            "{name}: {profile} {} this change, {other} {} it ({direction}): {}",
            verb(refused),
            verb(!refused),
            why.message
        );
        let (refuses, accepts) = if refused { (profile, other) } else { (other, profile) };
        // What breaks and is let pass must be seen; what was asked for, too.
        let seen = refuses == Profile::Sound || !self.wanted.is_empty();
        let severity = if seen { Severity::Warning } else { Severity::Info };
        let mut found =
            Diagnostic::new("check/profiles-differ", severity, why.primary.span, message).with_help(help(refuses, accepts));
        found.about = format!("{} {direction} {profile} {other}", subject.name);
        found.identity = format!("{direction} {profile} {other}");
        found.profiles = [(profile, ours.0), (other, their.0)].map(|(p, verdict)| (p.to_string(), verdict.as_str())).to_vec();
        if !refused {
            found.primary = why.primary.clone();
            found.related.clone_from(&why.related);
            found.witness.clone_from(&why.witness);
            found.peers.clone_from(&why.peers);
        }
        Some(found)
    }

    /// What a profile says on a document, for each pair of the mode.
    fn judge(&self, subject: &Subject, mode: Option<Mode>, options: Options, is_file: bool) -> Opinion {
        let mut opinion = Opinion::new();
        match &subject.new.document {
            Document::Schema(new) => {
                for (version, direction) in mode.unwrap_or_default().pairs(subject.history.len()) {
                    let Some(Document::Schema(old)) = subject.history.get(version).map(|v| &v.document) else { continue };
                    if old.format() != new.format() {
                        continue;
                    }
                    let renamed = (is_file && matches!(options.profile, Profile::Buf(_))).then(|| under_one_name(new, old));
                    let old = renamed.as_ref().unwrap_or(old);
                    let pairs = parts(new, old, options.profile, self.whole).pairs;
                    let late = limit::each(&pairs, |(new, old)| {
                        let pair = match direction {
                            Direction::Backward => Pair::new(new, old),
                            Direction::Forward => Pair::new(old, new),
                        };
                        opinion.schema(&subject.name, version, direction, &check::compare(pair, options));
                    });
                    if late.is_some() {
                        opinion.schema(&subject.name, version, direction, &Report { unknown: late, ..Report::new() });
                    }
                }
            }
            Document::Contract(new) => {
                let mode = mode.unwrap_or(Mode::Full);
                for version in versions(mode, subject.history.len()) {
                    let Some(Document::Contract(old)) = subject.history.get(version).map(|v| &v.document) else { continue };
                    let report = limit::within(|| asyncapi::compare(new, old, mode, options));
                    opinion.contract(version, &report, true);
                }
            }
        }
        opinion
    }
}

/// Whether another profile can have another verdict: that of Avro is the same in all, and buf only knows Protobuf.
fn may_differ(subject: &Subject, own: Profile, other: Profile) -> bool {
    let of_buf = |profile| matches!(profile, Profile::Buf(_));
    match &subject.new.document {
        Document::Schema(Schema::Avro(_)) => false,
        Document::Contract(_) | Document::Schema(Schema::JsonSchema(_)) => !of_buf(other),
        // In a profile of buf all files are one module, which the others do not know.
        Document::Schema(Schema::Protobuf(_)) => of_buf(other) || !of_buf(own),
    }
}

fn help(refuses: Profile, accepts: Profile) -> String {
    match (refuses, accepts) {
        (Profile::Sound, Profile::Confluent) => {
            "A Confluent schema registry lets this through, so only a check before it keeps the break out.".to_owned()
        }
        (Profile::Confluent, _) => {
            "A Confluent schema registry refuses the new version at this level; --profile confluent shows all that it finds."
                .to_owned()
        }
        _ => format!("`--profile {refuses}` shows all that it finds."),
    }
}

/// The old schema with the name of the new file: for buf, a file of another name would be gone.
fn under_one_name(new: &Schema, old: &Schema) -> Schema {
    let (Schema::Protobuf(new), Schema::Protobuf(older)) = (new, old) else { return old.clone() };
    let mut older = (**older).clone();
    if let (Some(new), Some(old)) = (new.files.first(), Arc::make_mut(&mut older.files).first_mut()) {
        old.path.clone_from(&new.path);
    }
    Schema::Protobuf(Arc::new(older))
}
