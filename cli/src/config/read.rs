//! From the text of `eventpact.toml` to a [`Config`]: each mistake is told at its line.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use eventpact_compat::mode::Mode;
use eventpact_compat::options::{ContentModel, Policy};
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Diagnostic;
use eventpact_contract::source::{FileId, Span};
use glob::Pattern;
use toml::Spanned;

use super::accept::Accepted;
use super::date::Date;
use super::file::{self, File, Level, Rules};
use super::settings::{SubjectWishes, Wishes, beside, parse_fail_on};
use super::{Config, Override, Setting, is_fixed};
use crate::catalogue;

const HELP: &str = "it holds [check] with `profile`, `mode`, `policy`, `content-model`, `fail-on`, `notes`, `allow-unknown` and \
    `include`; [rules] with lines `\"rule\" = \"off\" | \"info\" | \"warning\" | \"error\"`; [[override]] with `paths` and `rules`; \
    [[subject]] with `names` and what [check] has; [[accept]] with `fingerprint`, `reason`, `expires`, `rule` and `file`";

/// A mistake at a place.
type Wrong = (Range<usize>, String);

/// Reads a text; `None` when it cannot be used.
pub(super) fn read(text: &str, (path, folder): (PathBuf, PathBuf), file: FileId, found: &mut Vec<Diagnostic>) -> Option<Config> {
    let span = |range: Range<usize>| Span::new(file, range.start, range.end);
    let raw: File = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let at = error.span().map_or(Span::start_of(file), span);
            let message = error.message().trim().replace('\n', ", ");
            found.push(Diagnostic::error("config/invalid", at, message).with_help(HELP));
            return None;
        }
    };
    let mut config = Config { path: Some(path), folder, ..Config::default() };
    match values(&raw, &mut config, &span) {
        Ok(()) => {}
        Err((at, message)) => {
            found.push(Diagnostic::error("config/invalid", span(at), message));
            return None;
        }
    }
    for entry in raw.overrides {
        let paths = entry.paths.iter().map(|path| pattern(path, "paths")).collect();
        let paths = match paths {
            Ok(paths) => paths,
            Err((at, message)) => {
                found.push(Diagnostic::error("config/invalid", span(at), message));
                return None;
            }
        };
        config.overrides.push(Override { paths, rules: settings(entry.rules, &span, found)? });
    }
    config.rules = settings(raw.rules, &span, found)?;
    for rule in raw.accepted.iter().filter_map(|entry| entry.rule.as_ref()).filter(|rule| !catalogue::has_page(rule.get_ref())) {
        found.push(unknown_rule(rule.get_ref(), span(rule.span())));
    }
    Some(config)
}

/// All but the levels of rules.
fn values(raw: &File, config: &mut Config, span: &impl Fn(Range<usize>) -> Span) -> Result<(), Wrong> {
    let check = &raw.check;
    let shown = config.path.clone().unwrap_or_default();
    let include = check.include.iter().flatten();
    config.check = Wishes {
        fail_on: word(&check.fail_on, parse_fail_on, span)?,
        notes: check.notes.as_ref().map(|notes| (*notes.get_ref(), span(notes.span()))),
        allow_unknown: check.allow_unknown.as_ref().map(|allow| (*allow.get_ref(), span(allow.span()))),
        include: include.map(|folder| (beside(&shown, folder.get_ref()), span(folder.span()))).collect(),
        ..judged(&check.profile, &check.policy, &check.content_model, &check.mode, span)?
    };
    for subject in &raw.subjects {
        let names: Result<Vec<Pattern>, Wrong> = subject.names.iter().map(|name| pattern(name, "names")).collect();
        let wishes = judged(&subject.profile, &subject.policy, &subject.content_model, &subject.mode, span)?;
        config.subjects.push(SubjectWishes { names: names?, wishes });
    }
    config.accepted = raw.accepted.iter().map(|entry| accepted(entry, span)).collect::<Result<_, _>>()?;
    Ok(())
}

fn judged(
    profile: &file::Word,
    policy: &file::Word,
    content_model: &file::Word,
    mode: &file::Word,
    span: &impl Fn(Range<usize>) -> Span,
) -> Result<Wishes, Wrong> {
    Ok(Wishes {
        profile: word(profile, Profile::from_str, span)?,
        policy: word(policy, Policy::from_str, span)?,
        content_model: word(content_model, ContentModel::from_str, span)?,
        mode: word(mode, Mode::from_str, span)?,
        ..Wishes::default()
    })
}

fn word<T>(
    text: &file::Word,
    parse: impl Fn(&str) -> Result<T, String>,
    span: &impl Fn(Range<usize>) -> Span,
) -> Result<Option<(T, Span)>, Wrong> {
    let Some(text) = text else { return Ok(None) };
    let value = parse(text.get_ref()).map_err(|why| (text.span(), why))?;
    Ok(Some((value, span(text.span()))))
}

fn pattern(text: &Spanned<String>, what: &str) -> Result<Pattern, Wrong> {
    Pattern::new(text.get_ref()).map_err(|e| (text.span(), format!("`{}` is no pattern for {what}: {}", text.get_ref(), e.msg)))
}

fn accepted(entry: &file::Accept, span: &impl Fn(Range<usize>) -> Span) -> Result<Accepted, Wrong> {
    let fingerprint = entry.fingerprint.get_ref();
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if fingerprint.len() != 16 || !fingerprint.bytes().all(digit) {
        let message =
            format!("`{fingerprint}` is no fingerprint: those have 16 hexadecimal digits; `check --format json` shows them");
        return Err((entry.fingerprint.span(), message));
    }
    let reason = entry.reason.get_ref().trim();
    if reason.is_empty() {
        return Err((entry.reason.span(), "say why the team lives with this finding".to_owned()));
    }
    let day = |value: &Spanned<toml::Value>| {
        let text = match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(day) => day.to_string(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(truth) => truth.to_string(),
            other => other.type_str().to_owned(),
        };
        text.parse::<Date>().map_err(|why| (value.span(), why))
    };
    let expires = entry.expires.as_ref().map(day).transpose()?;
    let at = span(entry.fingerprint.span());
    Ok(Accepted { fingerprint: fingerprint.clone(), reason: reason.to_owned(), expires, file: entry.file.clone(), at })
}

fn unknown_rule(name: &str, at: Span) -> Diagnostic {
    let message = format!("there is no rule `{name}`, so this line does nothing");
    let near = catalogue::similar(name);
    let help = match near.as_slice() {
        [] => "`eventpact rules` lists them".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    };
    Diagnostic::warning("config/unknown-rule", at, message).with_help(help)
}

/// The settings of one table; a name that no rule has is a warning, a pattern that is none stops.
fn settings(rules: Rules, span: &impl Fn(Range<usize>) -> Span, found: &mut Vec<Diagnostic>) -> Option<Vec<Setting>> {
    let mut settings = Vec::new();
    for (name, level) in rules {
        let at = span(name.span());
        let pattern = match Pattern::new(name.get_ref()) {
            Ok(pattern) => pattern,
            Err(error) => {
                let message = format!("`{}` is no pattern for rules: {}", name.get_ref(), error.msg);
                found.push(Diagnostic::error("config/invalid", at, message));
                return None;
            }
        };
        let hits: Vec<&catalogue::Entry> = catalogue::matching(&pattern).collect();
        if hits.is_empty() {
            found.push(unknown_rule(name.get_ref(), at));
        } else if level != Level::Error && hits.iter().all(|rule| is_fixed(rule.id())) {
            let message = format!("`{}` stays an error: nothing behind such a place was read", name.get_ref());
            found.push(Diagnostic::warning("config/fixed-severity", at, message).with_help("remove this line"));
        }
        settings.push(Setting { pattern, level, at });
    }
    Some(settings)
}
