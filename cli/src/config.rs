//! `eventpact.toml`: how bad the findings of a rule are, for all files or for some.
//!
//! The file is looked for from the input upwards, as far as the repository reaches. What it says is applied to findings by
//! [`Config::apply`], whichever command found them.

mod file;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::source::{FileId, Sources, Span};
use glob::{MatchOptions, Pattern};

use crate::catalogue;

pub(crate) use file::Level;
use file::{File, Rules};

/// The name of the file.
pub(crate) const NAME: &str = "eventpact.toml";

/// A larger file is none of ours.
const MAX_BYTES: u64 = 1 << 20;

/// The options of every command that reads the configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration [default: the eventpact.toml next to the input or above it, within the repository].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What one file says; nothing without a file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The folder that the paths in it start from.
    folder: PathBuf,
    rules: Vec<Setting>,
    overrides: Vec<Override>,
}

/// The level of the rules that a pattern matches.
#[derive(Debug)]
struct Setting {
    pattern: Pattern,
    level: Level,
}

/// Settings for some files.
#[derive(Debug)]
struct Override {
    paths: Vec<Pattern>,
    rules: Vec<Setting>,
}

impl ConfigArgs {
    /// Reads the configuration for an input. Mistakes in it go to `found`; `None` when it cannot be used.
    pub(crate) fn load(&self, input: &str, sources: &mut Sources, found: &mut Vec<Diagnostic>) -> Result<Option<Config>> {
        let path = match &self.config {
            Some(path) => path.clone(),
            None => match find(input) {
                Some(path) => path,
                None => return Ok(Some(Config::default())),
            },
        };
        let shown = path.display().to_string();
        let size = std::fs::metadata(&path).with_context(|| format!("cannot read the configuration {shown}"))?.len();
        if size > MAX_BYTES {
            bail!("{shown} has {size} bytes: that is no configuration (the limit is {MAX_BYTES})");
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read the configuration {shown}"))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().with_context(|| format!("cannot find the folder of {shown}"))?;
        if let Some(known) = sources.iter().find(|(_, file)| file.name() == shown && file.text() == text).map(|(id, _)| id) {
            // Another input had it already, and its mistakes are told.
            return Ok(Config::read(&text, folder, known, &mut Vec::new()));
        }
        let file = sources.add(shown, text.as_str());
        Ok(Config::read(&text, folder, file, found))
    }
}

/// The file next to an input or above it; the search ends where the repository does.
pub(crate) fn find(input: &str) -> Option<PathBuf> {
    let start = if input == "-" || input.starts_with("git:") { "" } else { input };
    let fixed = crate::input::fixed_part(start);
    let start = std::path::absolute(if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed }).ok()?;
    let here = std::env::current_dir().ok();
    for folder in start.ancestors().filter(|folder| folder.is_dir()) {
        let path = folder.join(NAME);
        if path.is_file() {
            // As short as the user would write it.
            let short = here.as_ref().and_then(|here| path.strip_prefix(here).ok()).map(Path::to_path_buf);
            return Some(short.unwrap_or(path));
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

impl Config {
    fn read(text: &str, folder: PathBuf, file: FileId, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
        let raw: File = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().map_or(Span::start_of(file), span);
                let message = error.message().trim().replace('\n', ", ");
                let help = "it holds [rules] with lines `\"rule\" = \"off\" | \"info\" | \"warning\" | \"error\"`, and [[override]] \
                            with `paths` and `rules`";
                found.push(Diagnostic::error("config/invalid", at, message).with_help(help));
                return None;
            }
        };
        let mut overrides = Vec::new();
        for entry in raw.overrides {
            let mut paths = Vec::new();
            for path in entry.paths {
                match Pattern::new(path.get_ref()) {
                    Ok(pattern) => paths.push(pattern),
                    Err(error) => {
                        let message = format!("`{}` is no pattern for paths: {}", path.get_ref(), error.msg);
                        found.push(Diagnostic::error("config/invalid", span(path.span()), message));
                        return None;
                    }
                }
            }
            overrides.push(Override { paths, rules: settings(entry.rules, &span, found)? });
        }
        Some(Self { folder, rules: settings(raw.rules, &span, found)?, overrides })
    }

    /// Gives each finding the level that its rule has in its file, and takes out those that are off.
    pub(crate) fn apply(&self, findings: &mut Vec<Diagnostic>, sources: &Sources) {
        if self.rules.is_empty() && self.overrides.is_empty() {
            return;
        }
        findings.retain_mut(|found| {
            if is_fixed(&found.id) {
                return true;
            }
            match self.level(&found.id, sources.file(found.primary.span.file).name()) {
                None => true,
                Some(Level::Off) => false,
                Some(level) => {
                    found.severity = level.severity().unwrap_or(found.severity);
                    true
                }
            }
        });
    }

    /// The level of a rule in a file: the last override that knows it decides, else the general rules.
    fn level(&self, id: &str, name: &str) -> Option<Level> {
        let path = self.below(name);
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let applies = |entry: &&Override| {
            path.as_deref().is_some_and(|path| entry.paths.iter().any(|pattern| pattern.matches_with(path, options)))
        };
        let special = self.overrides.iter().rev().filter(applies).find_map(|entry| nearest(&entry.rules, id));
        special.or_else(|| nearest(&self.rules, id))
    }

    /// The path of a file as the configuration sees it.
    fn below(&self, name: &str) -> Option<String> {
        // `git:REF:path` starts at the root of the repository.
        let absolute = match name.strip_prefix("git:").and_then(|rest| rest.split_once(':')) {
            Some((_, path)) => self.folder.ancestors().find(|folder| folder.join(".git").exists())?.join(path),
            None => {
                let path = Path::new(name);
                match path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) {
                    Some(folder) => folder.canonicalize().ok()?.join(path.file_name()?),
                    None => return None,
                }
            }
        };
        let below = absolute.strip_prefix(&self.folder).ok()?.to_str()?;
        Some(below.replace('\\', "/"))
    }
}

/// What cannot be read is not judged: no configuration makes that valid.
fn is_fixed(id: &str) -> bool {
    id.starts_with("yaml/") || id.starts_with("source/") || id.starts_with("config/")
}

/// The most specific setting: the id itself, else the longest pattern.
fn nearest(settings: &[Setting], id: &str) -> Option<Level> {
    let hits = settings.iter().filter(|setting| setting.pattern.matches(id));
    hits.max_by_key(|setting| (setting.pattern.as_str() == id, setting.pattern.as_str().len())).map(|setting| setting.level)
}

/// The settings of one table; a name that no rule has is a warning, a pattern that is none stops.
fn settings(rules: Rules, span: &impl Fn(std::ops::Range<usize>) -> Span, found: &mut Vec<Diagnostic>) -> Option<Vec<Setting>> {
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
            let message = format!("there is no rule `{}`, so this line does nothing", name.get_ref());
            let near = catalogue::similar(name.get_ref());
            let help = match near.as_slice() {
                [] => "`eventpact rules` lists them".to_owned(),
                near => format!("did you mean {}?", near.join(", ")),
            };
            found.push(Diagnostic::warning("config/unknown-rule", at, message).with_help(help));
        } else if level != Level::Error && hits.iter().all(|rule| is_fixed(rule.id())) {
            let message = format!("`{}` stays an error: nothing behind such a place was read", name.get_ref());
            found.push(Diagnostic::warning("config/fixed-severity", at, message).with_help("remove this line"));
        }
        settings.push(Setting { pattern, level });
    }
    Some(settings)
}

impl Level {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}
