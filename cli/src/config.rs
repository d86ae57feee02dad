//! `eventpact.toml`: how versions are judged, how bad the findings of a rule are, and which of them the team lives with.
//!
//! The file is looked for from the input upwards, as far as the repository reaches. What it says on rules is applied to findings by
//! [`Config::apply`], whichever command found them.

mod accept;
mod date;
mod file;
mod read;
mod settings;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::source::{Sources, Span};
use glob::{MatchOptions, Pattern};

use crate::output::FailOn;

pub(crate) use accept::Accepted;
pub(crate) use date::{Date, today};
pub(crate) use file::Level;
use settings::SubjectWishes;
pub(crate) use settings::{Origin, Set, SettingArgs, Settings, Wishes};
pub(crate) use write::{Entry, new_place, write};

/// The name of the file.
pub(crate) const NAME: &str = "eventpact.toml";

/// A larger file is none of ours.
const MAX_BYTES: u64 = 1 << 20;

/// The options of every command that reads the configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration [default: the eventpact.toml next to the input or above it, within the repository].
    #[arg(long, value_name = "FILE", env = "EVENTPACT_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
}

/// What one file says; nothing without a file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The file as it is shown; `None` when there is none.
    pub(crate) path: Option<PathBuf>,
    /// The folder that the paths in it start from.
    folder: PathBuf,
    check: Wishes,
    pub(crate) rules: Vec<Setting>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) subjects: Vec<SubjectWishes>,
    pub(crate) accepted: Vec<Accepted>,
}

/// The level of the rules that a pattern matches.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) pattern: Pattern,
    pub(crate) level: Level,
    pub(crate) at: Span,
}

/// Settings for some files.
#[derive(Debug)]
pub(crate) struct Override {
    pub(crate) paths: Vec<Pattern>,
    pub(crate) rules: Vec<Setting>,
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
            return Ok(read::read(&text, (path, folder), known, &mut Vec::new()));
        }
        let file = sources.add(shown, text.as_str());
        Ok(read::read(&text, (path, folder), file, found))
    }
}

/// The file next to an input or above it; the search ends where the repository does.
pub(crate) fn find(input: &str) -> Option<PathBuf> {
    let start = if input == "-" || input.starts_with("git:") { "" } else { input };
    let fixed = crate::input::fixed_part(start);
    let start = std::path::absolute(if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed }).ok()?;
    for folder in start.ancestors().filter(|folder| folder.is_dir()) {
        let path = folder.join(NAME);
        if path.is_file() {
            return Some(short(path));
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

impl Config {
    /// Every setting of a run, and where it comes from.
    pub(crate) fn settings(&self, flags: &SettingArgs, fail_on: Option<FailOn>) -> Result<Settings> {
        flags.resolve(fail_on, &self.check)
    }

    /// The settings for something of these names: the path of a document, `channel/message`.
    pub(crate) fn narrow(&self, settings: &Settings, names: &[&str]) -> Settings {
        settings::narrow(settings, &self.subjects, names)
    }

    /// Some documents or messages are judged in a way of their own.
    pub(crate) fn has_subjects(&self) -> bool {
        !self.subjects.is_empty()
    }

    /// The folders to look in for what documents refer to, and where each is named.
    pub(crate) fn include(&self) -> &[(PathBuf, Span)] {
        &self.check.include
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

    /// The path of a file as the configuration sees it; `None` without one, and for files elsewhere.
    pub(crate) fn below(&self, name: &str) -> Option<String> {
        self.path.as_ref()?;
        // `git:REF:path` starts at the root of the repository.
        let absolute = match name.strip_prefix("git:").and_then(|rest| rest.split_once(':')) {
            Some((_, path)) => self.folder.ancestors().find(|folder| folder.join(".git").exists())?.join(path),
            None => {
                let path = Path::new(name);
                let folder = path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
                folder.canonicalize().ok()?.join(path.file_name()?)
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

impl Level {
    /// The word in the file.
    pub(crate) fn as_str(self) -> &'static str {
        self.severity().map_or("off", Severity::as_str)
    }

    fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// As short as the user would write it.
fn short(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf)).unwrap_or(path)
}
