//! A difference as lines for people, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use eventpact_compat::diff::{Bump, Change, Claim, Difference, Kind};
use eventpact_compat::mode::Direction;
use eventpact_contract::diagnostic::{Severity, printable};
use eventpact_contract::source::{Sources, Span};
use serde_json::{Value, json};

/// One document in two versions.
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) state: State,
    pub(super) difference: Difference,
    /// What an AsyncAPI document says of its version.
    pub(super) claim: Option<Claim>,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Added,
    Removed,
    /// It is written in another format.
    Replaced,
    Changed,
    Same,
}

impl State {
    pub(super) fn of(difference: &Difference) -> Self {
        if difference.changes.is_empty() && difference.unknown.is_empty() { Self::Same } else { Self::Changed }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Replaced => "written in another format",
            Self::Changed => "changed",
            Self::Same => "unchanged",
        }
    }
}

impl Compared {
    /// A document that is new, gone or of another format.
    pub(super) fn whole(name: String, state: State) -> Self {
        Self { name, state, difference: Difference::default(), claim: None }
    }

    pub(super) fn bump(&self) -> Bump {
        match self.state {
            State::Added => Bump::Minor,
            State::Removed | State::Replaced => Bump::Major,
            State::Changed | State::Same => self.difference.bump(),
        }
    }

    /// `major: 2 breaking, 1 compatible, 1 for people only`, or what became of the whole.
    pub(super) fn headline(&self) -> String {
        match self.state {
            State::Changed => {}
            State::Same => return self.state.as_str().to_owned(),
            state => return format!("{}: {}", self.bump(), state.as_str()),
        }
        let changes = &self.difference.changes;
        let breaking = changes.iter().filter(|c| c.breaks()).count();
        let people = changes.iter().filter(|c| c.metadata && !c.breaks()).count();
        let counts = [(breaking, "breaking"), (changes.len() - breaking - people, "compatible"), (people, "for people only")];
        let parts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
        format!("{}: {}", self.bump(), parts.collect::<Vec<_>>().join(", "))
    }

    /// What the document's own version should be; `None` where it is right.
    pub(super) fn advice(&self) -> Option<String> {
        let claim = self.claim.as_ref().filter(|claim| claim.too_low || claim.too_high)?;
        let now = if claim.old == claim.new {
            format!("info.version is still {}", claim.new)
        } else {
            format!("info.version is {}, after {}", claim.new, claim.old)
        };
        Some(match &claim.wanted {
            Some(wanted) if claim.too_high => format!("{now}: for these changes {wanted} would do"),
            Some(wanted) => format!("{now}: these changes ask for {wanted}"),
            None => format!("{now}: these changes ask for another"),
        })
    }
}

/// Of a folder, more documents than this that came, went or stayed are told as one.
const FEW: usize = 3;

/// The documents as people are told of them: what has changes by itself, and what only came, went or stayed together with the
/// others of its folder, when they are many.
pub(super) fn told(documents: &[Compared]) -> Vec<(String, &Compared)> {
    let folder = |document: &Compared| document.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut together: BTreeMap<(&str, String), Vec<&Compared>> = BTreeMap::new();
    for document in documents.iter().filter(|document| matches!(document.state, State::Added | State::Removed | State::Same)) {
        together.entry((document.state.as_str(), folder(document))).or_default().push(document);
    }
    let mut out = Vec::new();
    for document in documents {
        let group = together.get(&(document.state.as_str(), folder(document))).filter(|group| group.len() > FEW);
        match group {
            None => out.push((document.name.clone(), document)),
            Some(group) if group.first().is_some_and(|first| std::ptr::eq(*first, document)) => {
                let names = group.iter().take(FEW).map(|d| d.name.rsplit('/').next().unwrap_or(&d.name)).collect::<Vec<_>>();
                let within = if folder(document).is_empty() { String::new() } else { format!("{}: ", folder(document)) };
                let title = format!("{within}{} and {} more documents", names.join(", "), group.len() - FEW);
                out.push((title, document));
            }
            Some(_) => {}
        }
    }
    out
}

/// `+`, `-`, `~`; a dot for what only people read.
pub(super) fn sign(change: &Change) -> char {
    match change.kind {
        _ if change.metadata => '·',
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
    }
}

/// What it was and what it is.
fn values(change: &Change) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!(": {before} → {after}"),
        (None, Some(after)) if change.kind == Kind::Changed => format!(": (none) → {after}"),
        (Some(before), None) if change.kind == Kind::Changed => format!(": {before} → (none)"),
        (None, Some(value)) | (Some(value), None) => format!(": {value}"),
        (None, None) => String::new(),
    }
}

/// `breaks`, `warning`, `safe` in a direction.
fn word(change: &Change, direction: Direction) -> &'static str {
    match change.worst(direction).map(|effect| effect.severity) {
        Some(Severity::Error) => "breaks",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) | None => "safe",
    }
}

pub(super) fn text(documents: &[Compared], sources: &Sources) -> String {
    let mut out = String::new();
    for (name, document) in told(documents) {
        let _ = writeln!(out, "{}  {}", printable(&name), document.headline());
        if let Some(advice) = document.advice() {
            let _ = writeln!(out, "  {}", printable(&advice));
        }
        let mut path: Option<&[String]> = None;
        for change in &document.difference.changes {
            if path != Some(change.path.as_slice()) {
                let way = shown(&change.path);
                let _ = if way.is_empty() { writeln!(out) } else { writeln!(out, "\n  {}", printable(&way)) };
            }
            path = Some(&change.path);
            let line = printable(&format!("{}{}", change.what, values(change)));
            let _ = writeln!(out, "    {} {line}", sign(change));
            for direction in [Direction::Backward, Direction::Forward] {
                if let Some(effect) = change.worst(direction).filter(|effect| effect.severity < Severity::Info) {
                    let who = if direction == Direction::Backward { "new reads old" } else { "old reads new" };
                    let aside = if effect.counts { "" } else { ", not asked for in this mode" };
                    let _ = writeln!(out, "      {who}: {} ({}{aside})", word(change, direction), effect.rule);
                }
            }
            if let Some(at) = change.new.or(change.old).filter(|_| !change.metadata) {
                let file = sources.file(at.file);
                let _ = writeln!(out, "      at {}:{}", printable(file.name()), file.line_column(at.start));
            }
        }
        for why in &document.difference.unknown {
            let _ = writeln!(out, "    ? not decided: {}", printable(why));
        }
        out.push('\n');
    }
    let bump = documents.iter().map(Compared::bump).max().unwrap_or(Bump::None);
    let _ = writeln!(out, "version: {bump}");
    out
}

/// The way to a change: names, with what stands between them.
pub(super) fn shown(path: &[String]) -> String {
    path.join(" / ")
}

/// `{"version", "documents": [{"document", "state", "version", "info_version", "changes", "unknown"}]}`.
pub(super) fn json(documents: &[Compared], sources: &Sources) -> Result<String> {
    let bump = documents.iter().map(Compared::bump).max().unwrap_or(Bump::None);
    let list: Vec<Value> = documents.iter().map(|document| object(document, sources)).collect();
    Ok(serde_json::to_string_pretty(&json!({ "version": bump.as_str(), "documents": list }))? + "\n")
}

fn object(document: &Compared, sources: &Sources) -> Value {
    let claim = document
        .claim
        .as_ref()
        .map(|claim| json!({ "old": claim.old, "new": claim.new, "wanted": claim.wanted, "too_low": claim.too_low, "too_high": claim.too_high }));
    let place = |span: Option<Span>| {
        let at = span.map(|span| (sources.file(span.file).name(), sources.line_column(span)));
        at.map(|(file, at)| json!({ "file": file, "line": at.line, "column": at.column }))
    };
    let change = |change: &Change| {
        let effects = change.effects.iter().map(|effect| {
            json!({
                "direction": effect.direction.as_str(),
                "rule": effect.rule,
                "severity": effect.severity.as_str(),
                "message": effect.message,
                "counts": effect.counts,
            })
        });
        json!({
            "kind": change.kind.as_str(),
            "path": change.path,
            "what": change.what,
            "before": change.before,
            "after": change.after,
            "metadata": change.metadata,
            "backward": word(change, Direction::Backward),
            "forward": word(change, Direction::Forward),
            "effects": effects.collect::<Vec<_>>(),
            "old": place(change.old),
            "new": place(change.new),
        })
    };
    json!({
        "document": document.name,
        "state": document.state.as_str(),
        "version": document.bump().as_str(),
        "info_version": claim,
        "changes": document.difference.changes.iter().map(change).collect::<Vec<_>>(),
        "unknown": document.difference.unknown,
    })
}
