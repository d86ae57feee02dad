//! `eventpact config show [PATH]`

use std::fmt::{Display, Write as _};

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use eventpact_contract::diagnostic::printable;
use eventpact_contract::source::{Sources, Span};
use serde_json::{Value, json};

use crate::config::{Config, ConfigArgs, Origin, Set, SettingArgs, Settings, Wishes, today};
use crate::exit::Exit;
use crate::output::{self, FailOn, OutputArgs};

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every value that holds, and where it comes from: a flag, a variable, a line of eventpact.toml, or the default.
    Show(ShowArgs),
}

/// Arguments of `config show`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A flag goes before a variable (EVENTPACT_MODE, EVENTPACT_PROFILE, EVENTPACT_POLICY, EVENTPACT_CONTENT_MODEL, \
EVENTPACT_FAIL_ON, EVENTPACT_NOTES, EVENTPACT_ALLOW_UNKNOWN), that before a [[subject]] whose names match, and that before [check].\n\n\
Example: eventpact config show specs/orders.avsc --profile confluent"
)]
struct ShowArgs {
    /// A document or a folder: what holds there.
    #[arg(default_value = ".")]
    path: String,
    /// A part of a document, `channel/message` of AsyncAPI: what holds for that.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    /// Exit 1 from this severity on [default: error].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    config: ConfigArgs,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// The formats of the list.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// One value and where it comes from.
struct Line {
    name: String,
    value: String,
    origin: &'static str,
    /// The flag, the variable, or `eventpact.toml:3`.
    at: Option<String>,
}

/// Lines that belong together, in the words of the file.
struct Group {
    title: String,
    key: &'static str,
    lines: Vec<Line>,
}

/// Shows what holds.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let Command::Show(args) = &args.command;
    let (mut sources, mut mistakes) = (Sources::new(), Vec::new());
    let Some(config) = args.config.load(&args.path, &mut sources, &mut mistakes)? else {
        OutputArgs::text().print("invalid", &mut mistakes, &sources)?;
        return Ok(Exit::CouldNotRun);
    };
    let general = config.settings(&args.settings, args.fail_on)?;
    let file = config.below(&args.path).unwrap_or_default();
    let names: Vec<&str> = [args.path.as_str(), &file].into_iter().chain(args.subject.as_deref()).collect();
    let settings = config.narrow(&general, &names);
    let groups = groups(&config, &settings, &sources)?;
    let path = config.path.as_ref().map(|path| path.display().to_string());
    let shown = match args.format {
        Format::Text => text(path.as_deref(), &groups),
        Format::Json => serde_json::to_string_pretty(&object(path.as_deref(), &groups))? + "\n",
    };
    if !mistakes.is_empty() {
        output::to_stderr("read, with mistakes", &mut mistakes, &sources)?;
    }
    output::print(&shown)?;
    Ok(Exit::Clean)
}

fn groups(config: &Config, settings: &Settings, sources: &Sources) -> Result<Vec<Group>> {
    let place = |span: Span| format!("{}:{}", sources.file(span.file).name(), sources.line_column(span).line);
    let line = |name: &str, value: &dyn Display, span: Span| Line {
        name: name.to_owned(),
        value: value.to_string(),
        origin: "file",
        at: Some(place(span)),
    };
    let mut check = judged(settings, &place);
    check.extend(config.include().iter().map(|(folder, at)| line("include", &folder.display(), *at)));
    let mut groups = vec![Group { title: "[check]".to_owned(), key: "check", lines: check }];
    let level = |setting: &crate::config::Setting| line(setting.pattern.as_str(), &setting.level.as_str(), setting.at);
    let join = |patterns: &[glob::Pattern]| patterns.iter().map(glob::Pattern::as_str).collect::<Vec<_>>().join(", ");
    if !config.rules.is_empty() {
        groups.push(Group { title: "[rules]".to_owned(), key: "rules", lines: config.rules.iter().map(level).collect() });
    }
    for entry in &config.overrides {
        let title = format!("[[override]] {}", join(&entry.paths));
        groups.push(Group { title, key: "override", lines: entry.rules.iter().map(level).collect() });
    }
    for subject in &config.subjects {
        let Wishes { mode, profile, policy, content_model, .. } = &subject.wishes;
        let mut lines = Vec::new();
        lines.extend(mode.map(|(value, at)| line("mode", &value, at)));
        lines.extend(profile.map(|(value, at)| line("profile", &value, at)));
        lines.extend(policy.map(|(value, at)| line("policy", &value, at)));
        lines.extend(content_model.map(|(value, at)| line("content-model", &value, at)));
        groups.push(Group { title: format!("[[subject]] {}", join(&subject.names)), key: "subject", lines });
    }
    let now = today()?;
    for entry in &config.accepted {
        let until = match entry.expires {
            Some(day) if !entry.holds(now) => format!(" (until {day}, which is over)"),
            Some(day) => format!(" (until {day})"),
            None => String::new(),
        };
        let value = format!("{}{until}", entry.reason);
        let lines = vec![line(&entry.fingerprint, &value, entry.at)];
        groups.push(Group { title: "[[accept]]".to_owned(), key: "accept", lines });
    }
    Ok(groups)
}

/// How versions are judged.
fn judged(settings: &Settings, place: &impl Fn(Span) -> String) -> Vec<Line> {
    fn one<T>(name: &str, set: &Set<T>, value: &dyn Display, place: &impl Fn(Span) -> String) -> Line {
        let (origin, at) = match set.origin {
            Origin::Default => ("default", None),
            Origin::File(span) => ("file", Some(place(span))),
            Origin::Environment(variable) => ("environment", Some(variable.to_owned())),
            Origin::Flag(flag) => ("flag", Some(flag.to_owned())),
        };
        Line { name: name.to_owned(), value: value.to_string(), origin, at }
    }
    let Settings { mode, profile, policy, content_model, notes, allow_unknown, fail_on } = settings;
    let words = "BACKWARD for schemas, FULL for AsyncAPI".to_owned();
    vec![
        one("mode", mode, &mode.value.map_or(words, |mode| mode.to_string()), place),
        one("profile", profile, &profile.value, place),
        one("policy", policy, &policy.value, place),
        one("content-model", content_model, &content_model.value, place),
        one("fail-on", fail_on, &eventpact_contract::diagnostic::Severity::from(fail_on.value).as_str(), place),
        one("notes", notes, &notes.value, place),
        one("allow-unknown", allow_unknown, &allow_unknown.value, place),
    ]
}

fn text(path: Option<&str>, groups: &[Group]) -> String {
    let mut out = format!("configuration: {}\n", path.map_or_else(|| "none was found".to_owned(), printable));
    let lines = || groups.iter().flat_map(|group| &group.lines);
    let width = |part: fn(&Line) -> &str| lines().map(|line| part(line).chars().count()).max().unwrap_or(0).min(40);
    let (names, values) = (width(|line| &line.name), width(|line| &line.value));
    for group in groups {
        let _ = writeln!(out, "\n{}", printable(&group.title));
        for line in &group.lines {
            let (name, value) = (printable(&line.name), printable(&line.value));
            let _ = writeln!(out, "  {name:names$}  {value:values$}  {}", printable(line.at.as_deref().unwrap_or(line.origin)));
        }
    }
    out
}

fn object(path: Option<&str>, groups: &[Group]) -> Value {
    let line = |line: &Line| json!({ "name": line.name, "value": line.value, "origin": line.origin, "at": line.at });
    let group = |group: &Group| json!({ "table": group.key, "title": group.title, "values": group.lines.iter().map(line).collect::<Vec<_>>() });
    json!({ "file": path, "tables": groups.iter().map(group).collect::<Vec<_>>() })
}
