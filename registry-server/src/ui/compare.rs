//! Two versions beside each other: what changed in meaning, with a verdict for each change, and what changed in the text.

use askama::Template;
use eventpact_compat::rule::Profile;
use eventpact_registry_client::SchemaType;
use eventpact_registry_client::wire::verdict::{DiffReport, Place, SchemaChange};
use similar::{DiffOp, TextDiff};

use super::code::{self, Piece};
use super::settings::level_of;
use super::shell::{Shell, encode, subject_link, version_link};
use super::subject::{subject_of, version_of};
use super::{Asked, Reply};
use crate::error::ApiError;
use crate::registry::compare::Wanted;
use crate::registry::lookup::VersionRef;
use crate::subject::SubjectName;

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// The text is compared line by line for at most this time; after it the difference is right, but not the smallest.
const TEXT_TIME: std::time::Duration = std::time::Duration::from_millis(500);

struct VersionOption {
    number: i32,
    deleted: bool,
    is_old: bool,
    is_new: bool,
}

/// A change, in words and with links into the text.
struct ChangeRow {
    change: SchemaChange,
    /// Where, without the name of what changed.
    place: String,
    line: String,
}

/// A line of the difference of the texts.
struct TextLine {
    /// `same`, `removed`, `added`, `gap`.
    class: &'static str,
    sign: &'static str,
    /// For screen readers.
    word: &'static str,
    old: String,
    new: String,
    pieces: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Page {
    shell: Shell,
    subject: String,
    href: String,
    old: i32,
    new: i32,
    old_href: String,
    new_href: String,
    versions: Vec<VersionOption>,
    profile: &'static str,
    level: String,
    level_from: String,
    semver: String,
    state: String,
    changes: Vec<ChangeRow>,
    breaking: usize,
    /// By the rules of this registry, at the level that holds.
    refused: bool,
    unknown: Vec<String>,
    text: Vec<TextLine>,
    swap: String,
}

/// `GET /ui/compare?name=…&from=…&to=…&rules=…`; without numbers the last two.
pub(super) async fn show(asked: &Asked) -> Result<Reply, ApiError> {
    let subject = subject_of(asked, "name")?;
    asked.caller.require_read(&subject)?;
    let state = asked.registry.snapshot();
    let (known, latest, ..) = version_of(&state, &subject, None)?;
    let number = |name: &str| -> Result<Option<i32>, ApiError> {
        let Some(text) = asked.query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        Ok(Some(version_of(&state, &subject, Some(text))?.1))
    };
    let new = number("to")?.unwrap_or(latest);
    let before = || known.versions().map(|(number, _)| number).rfind(|number| *number < new);
    let old = number("from")?.or_else(before).unwrap_or(new);
    for number in [old, new] {
        // Changes of what a version refers to show in it.
        let (_, schema) = state.version(&subject, number).ok_or_else(|| ApiError::version_not_found(number))?;
        let referred = asked.registry.referred_subjects(&subject.context, schema);
        referred.iter().try_for_each(|subject| asked.caller.require_read(subject))?;
    }
    let (profile, rules) = match asked.query.get("rules") {
        Some("registry") => (Profile::Confluent, "registry"),
        _ => (Profile::Sound, "strict"),
    };
    let wanted =
        Wanted { old: VersionRef::Number(old), new: VersionRef::Number(new), profile, level: None, deleted: true, pretty: true };
    let readable = |subject: &SubjectName| asked.caller.may_read(subject);
    let report = asked.registry.difference(&subject, wanted, readable).await?;
    let by_registry = Wanted { profile: Profile::Confluent, ..wanted };
    // It may take half a second, in which others are answered.
    let lines = tokio::task::spawn_blocking(move || (text_lines(&report), report));
    let (text, report) = lines.await.map_err(|_| ApiError::internal())?;
    let refused = refuses(&asked.registry.difference(&subject, by_registry, readable).await?);
    let level = level_of(&state, &subject);
    let option = |(number, version): (i32, crate::state::Version)| VersionOption {
        number,
        deleted: version.deleted,
        is_old: number == old,
        is_new: number == new,
    };
    let name = encode(&subject.to_string());
    Reply::page(&Page {
        shell: asked.shell(format!("{subject}: version {old} and {new}"), "subjects"),
        href: subject_link(&subject),
        old_href: version_link(&subject, old),
        new_href: version_link(&subject, new),
        versions: known.versions().rev().map(option).collect(),
        profile: rules,
        text,
        changes: report.changes.iter().map(row).collect(),
        breaking: report.changes.iter().filter(|change| change.breaks).count(),
        refused,
        level: level.value,
        level_from: level.from,
        semver: report.semver,
        state: report.state,
        unknown: report.unknown,
        swap: format!("compare?name={name}&from={new}&to={old}&rules={rules}"),
        subject: subject.to_string(),
        old,
        new,
    })
}

/// Would the registry have refused the new version, with the old one as the latest?
fn refuses(report: &DiffReport) -> bool {
    report.level != "NONE" && (report.old.format != report.new.format || report.changes.iter().any(|change| change.breaks))
}

fn row(change: &SchemaChange) -> ChangeRow {
    let line = |place: &Option<Place>, side: &str| place.as_ref().map(|place| format!("line {} of the {side}", place.line));
    ChangeRow {
        place: change.path.join(" › "),
        line: line(&change.new, "new").or_else(|| line(&change.old, "old")).unwrap_or_default(),
        change: change.clone(),
    }
}

/// The texts line by line, with a few lines around each change.
fn text_lines(report: &DiffReport) -> Vec<TextLine> {
    let format = |name: &str| SchemaType::from(name);
    let (old_text, new_text) = (report.old.text.trim_end(), report.new.text.trim_end());
    let old = code::lines(&format(&report.old.format), old_text);
    let new = code::lines(&format(&report.new.format), new_text);
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (old_text.split('\n').collect(), new_text.split('\n').collect());
    let diff = TextDiff::configure().timeout(TEXT_TIME).diff_slices(&old_lines, &new_lines);
    let mut lines = Vec::new();
    let same = |lines: &mut Vec<TextLine>, old_at: usize, new_at: usize| {
        let pieces = new.get(new_at).cloned().unwrap_or_default();
        lines.push(TextLine { class: "same", sign: " ", word: "", old: shown(old_at), new: shown(new_at), pieces });
    };
    for group in diff.grouped_ops(AROUND) {
        if let Some(first) = group.first().filter(|first| first.old_range().start > 0 || first.new_range().start > 0) {
            let (old_at, new_at) = (first.old_range().start + 1, first.new_range().start + 1);
            let text = format!("from line {old_at}, now {new_at}");
            let pieces = vec![Piece { class: "", text }];
            lines.push(TextLine { class: "gap", sign: "⋯", word: "", old: String::new(), new: String::new(), pieces });
        }
        for op in &group {
            if let DiffOp::Equal { .. } = op {
                for (old_at, new_at) in op.old_range().zip(op.new_range()) {
                    same(&mut lines, old_at, new_at);
                }
                continue;
            }
            for at in op.old_range() {
                let pieces = old.get(at).cloned().unwrap_or_default();
                lines.push(TextLine {
                    class: "removed",
                    sign: "−",
                    word: "removed: ",
                    old: shown(at),
                    new: String::new(),
                    pieces,
                });
            }
            for at in op.new_range() {
                let pieces = new.get(at).cloned().unwrap_or_default();
                lines.push(TextLine { class: "added", sign: "+", word: "added: ", old: String::new(), new: shown(at), pieces });
            }
        }
    }
    lines
}

fn shown(index: usize) -> String {
    (index + 1).to_string()
}
