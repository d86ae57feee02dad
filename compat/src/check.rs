//! The check: every pair of a mode, through the rules of the format.

use std::sync::Arc;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::{Diagnostic, Label, Severity};
use eventpact_contract::rule::Layer;
use eventpact_contract::schema::Schema;

use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::pair::Pair;
use crate::report::{Finding, Report};
use crate::rule::Profile;
use crate::{avro, json_schema, protobuf};

/// One pair of versions and what was found.
#[derive(Debug)]
pub struct Checked {
    /// Index into the history, oldest = 0.
    pub version: usize,
    /// Who read whom.
    pub direction: Direction,
    /// What was found.
    pub report: Report,
}

/// Compares one reader with one writer.
///
/// Two formats never understand each other; the caller reports that, since it knows both files. Within a time
/// ([`eventpact_contract::deadline`]) it stops when that is over: the report then says so.
pub fn compare(pair: Pair<'_, Schema>, options: impl Into<Options>) -> Report {
    let options = options.into();
    let report = match (pair.reader, pair.writer) {
        (Schema::Avro(r), Schema::Avro(w)) => avro::compare(Pair::new(&**r, &**w), options),
        (Schema::Protobuf(r), Schema::Protobuf(w)) => protobuf::compare(Pair::new(&**r, &**w), options.profile),
        (Schema::JsonSchema(r), Schema::JsonSchema(w)) => json_schema::compare(Pair::new(&**r, &**w), options),
        (r, w) => {
            let text = format!("the reader is {} and the writer is {}", r.format().as_str(), w.format().as_str());
            Report { findings: Vec::new(), unknown: Some(text) }
        }
    };
    in_time(report)
}

/// The report; not complete when the time of the thread was over ([`deadline::within`]). What was found by then is true.
pub(crate) fn in_time(report: Report) -> Report {
    let unknown = deadline::why().or(report.unknown);
    Report { unknown, ..report }
}

/// Checks a new version against its history (oldest first) at a level.
pub fn check(new: &Schema, history: &[Schema], mode: Mode, options: impl Into<Options>) -> Vec<Checked> {
    let options = options.into();
    let pairs = mode.pairs(history.len()).into_iter();
    let run = |(version, direction): (usize, Direction)| {
        let old = &history[version];
        let pair = match direction {
            Direction::Backward => Pair::new(new, old),
            Direction::Forward => Pair::new(old, new),
        };
        Checked { version, direction, report: compare(pair, options) }
    };
    pairs.map(run).collect()
}

/// What the pairs of a mode do not show, since it looks at the latest version only: where the new version breaks an earlier one
/// that the latest goes along with. Warnings, for Avro; none in the profile "confluent", as no registry looks there.
///
/// `history` is oldest first.
pub fn lost(new: &Schema, history: &[Schema], mode: Mode, options: impl Into<Options>) -> Vec<Checked> {
    let avro = |schema: &Schema| if let Schema::Avro(schema) = schema { Some(Arc::clone(schema)) } else { None };
    let earlier: Option<Vec<_>> = history.iter().map(avro).collect();
    let (Some(new), Some(earlier)) = (avro(new), earlier) else { return Vec::new() };
    if mode.is_transitive() || options.into().profile == Profile::Confluent {
        return Vec::new();
    }
    let earlier: Vec<_> = earlier.iter().map(|schema| &**schema).collect();
    let one = |&direction: &Direction| {
        avro::lost(&new, &earlier, direction).into_iter().map(move |(version, finding)| Checked {
            version,
            direction,
            report: Report { findings: vec![finding], unknown: None },
        })
    };
    mode.directions().iter().flat_map(one).collect()
}

/// Words a finding for people: the new side first, the old side as the other end.
pub fn diagnostic(finding: &Finding, direction: Direction, subject: &str) -> Diagnostic {
    let (new, old) = match direction {
        Direction::Backward => (&finding.reader, &finding.writer),
        Direction::Forward => (&finding.writer, &finding.reader),
    };
    Diagnostic {
        id: finding.rule.id.to_owned(),
        severity: finding.severity,
        message: finding.message.clone(),
        primary: Label::new(new.span, new.text.clone()),
        related: vec![Label::new(old.span, old.text.clone())],
        help: Some(finding.help.clone()).filter(|h| !h.is_empty()),
        witness: finding.witness.clone(),
        peers: finding.peer.iter().map(|peer| peer.directed(direction)).collect(),
        profiles: Vec::new(),
        about: format!("{subject} {} {}", direction.as_str(), finding.path),
        path: None,
        layer: Layer::Syntax,
        identity: String::new(),
        accepted: None,
        affects: vec![subject.to_owned()],
        gone: None,
    }
}

/// The three verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing of severity error, and everything was compared.
    Compatible,
    /// At least one error.
    Incompatible,
    /// No error, but something could not be compared.
    Unknown,
}

impl Verdict {
    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Incompatible => "incompatible",
            Self::Unknown => "unknown",
        }
    }

    /// The verdict over several reports.
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let mut verdict = Self::Compatible;
        for report in reports {
            if report.findings.iter().any(|f| f.severity == Severity::Error) {
                return Self::Incompatible;
            }
            if report.unknown.is_some() {
                verdict = Self::Unknown;
            }
        }
        verdict
    }
}
