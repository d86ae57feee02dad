//! How two versions are judged, and where each setting comes from: a flag, the environment, `eventpact.toml`, or the default.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, anyhow};
use clap::ValueEnum as _;
use eventpact_compat::mode::Mode;
use eventpact_compat::options::{ContentModel, Options, Policy};
use eventpact_compat::rule::Profile;
use eventpact_contract::source::Span;
use glob::{MatchOptions, Pattern};

use crate::output::FailOn;

/// The flags that say how two versions are judged. Each goes before `EVENTPACT_…` of the environment, and that before
/// `eventpact.toml`.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SettingArgs {
    /// Which versions must understand each other [default: backward for schemas; for AsyncAPI full, within which each payload is
    /// checked in the direction of its operations].
    #[arg(long, value_name = "MODE", value_parser = Mode::from_str)]
    mode: Option<Mode>,
    /// `sound`: what the data says. `confluent`: what a Confluent schema registry would answer. `buf:FILE`, `buf:PACKAGE`,
    /// `buf:WIRE_JSON`, `buf:WIRE`, `buf:CSR`: what `buf breaking` finds in Protobuf by the rules of that category, all `.proto`
    /// files of a folder taken together; other formats as in `sound`. buf looks backward; `--mode forward` swaps the versions
    /// [default: sound].
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_str)]
    profile: Option<Profile>,
    /// `strict` or `lenient`: the `compatibilityPolicy` of the registry, for JSON Schema in the profile `confluent`
    /// [default: strict].
    #[arg(long, value_name = "POLICY", value_parser = Policy::from_str)]
    policy: Option<Policy>,
    /// For JSON Schema in the profile `sound`. `as-written`: a writer may send any property that its schema does not forbid.
    /// `closed-writer`: a writer sends only the properties that its schema names; readers stay as open as they are written
    /// [default: as-written].
    #[arg(long, value_name = "MODEL", value_parser = ContentModel::from_str)]
    content_model: Option<ContentModel>,
    /// Also print notes: changes that are good to know and break nothing.
    #[arg(long)]
    notes: bool,
    /// Exit 0 although something could not be decided.
    #[arg(long)]
    allow_unknown: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of `eventpact.toml`.
    File(Span),
    /// A variable.
    Environment(&'static str),
    /// The command line.
    Flag(&'static str),
}

/// A value and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Set<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// What a table of `eventpact.toml` says.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) profile: Option<(Profile, Span)>,
    pub(crate) policy: Option<(Policy, Span)>,
    pub(crate) content_model: Option<(ContentModel, Span)>,
    pub(crate) mode: Option<(Mode, Span)>,
    pub(crate) fail_on: Option<(FailOn, Span)>,
    pub(crate) notes: Option<(bool, Span)>,
    pub(crate) allow_unknown: Option<(bool, Span)>,
    pub(crate) include: Vec<(PathBuf, Span)>,
}

/// What `[[subject]]` says of the documents and messages whose names match.
#[derive(Debug)]
pub(crate) struct SubjectWishes {
    pub(crate) names: Vec<Pattern>,
    pub(crate) wishes: Wishes,
}

/// Every setting of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// `None`: backward for schemas, full for AsyncAPI.
    pub(crate) mode: Set<Option<Mode>>,
    pub(crate) profile: Set<Profile>,
    pub(crate) policy: Set<Policy>,
    pub(crate) content_model: Set<ContentModel>,
    pub(crate) notes: Set<bool>,
    pub(crate) allow_unknown: Set<bool>,
    pub(crate) fail_on: Set<FailOn>,
}

impl Settings {
    /// What the check takes.
    pub(crate) fn options(&self) -> Options {
        Options {
            profile: self.profile.value,
            policy: self.policy.value,
            content_model: self.content_model.value,
            ..Options::default()
        }
    }
}

impl SettingArgs {
    /// Every setting, from the nearest that says it.
    pub(super) fn resolve(&self, fail_on: Option<FailOn>, file: &Wishes) -> Result<Settings> {
        let no_word = |text: &str| text.parse::<bool>().map_err(|_| "write true or false".to_owned());
        let notes = pick(self.notes.then_some(true), ("--notes", "EVENTPACT_NOTES"), file.notes, false, no_word)?;
        let allow = ("--allow-unknown", "EVENTPACT_ALLOW_UNKNOWN");
        let policy = pick(self.policy, ("--policy", "EVENTPACT_POLICY"), file.policy, Policy::default(), Policy::from_str)?;
        let model = ("--content-model", "EVENTPACT_CONTENT_MODEL");
        let mode = file.mode.map(|(mode, at)| (Some(mode), at));
        Ok(Settings {
            mode: pick(self.mode.map(Some), ("--mode", "EVENTPACT_MODE"), mode, None, |text| text.parse().map(Some))?,
            profile: pick(self.profile, ("--profile", "EVENTPACT_PROFILE"), file.profile, Profile::Sound, Profile::from_str)?,
            policy,
            content_model: pick(self.content_model, model, file.content_model, ContentModel::default(), ContentModel::from_str)?,
            notes,
            allow_unknown: pick(self.allow_unknown.then_some(true), allow, file.allow_unknown, false, no_word)?,
            fail_on: pick(fail_on, ("--fail-on", "EVENTPACT_FAIL_ON"), file.fail_on, FailOn::Error, parse_fail_on)?,
        })
    }
}

/// The word of a severity.
pub(super) fn parse_fail_on(text: &str) -> Result<FailOn, String> {
    FailOn::from_str(text, true).map_err(|_| "write error, warning or info".to_owned())
}

fn pick<T>(
    flag: Option<T>,
    (flag_name, variable): (&'static str, &'static str),
    file: Option<(T, Span)>,
    default: T,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Set<T>> {
    if let Some(value) = flag {
        return Ok(Set { value, origin: Origin::Flag(flag_name) });
    }
    if let Some(text) = std::env::var(variable).ok().filter(|text| !text.is_empty()) {
        let value = parse(&text).map_err(|why| anyhow!("{variable} is `{text}`: {why}"))?;
        return Ok(Set { value, origin: Origin::Environment(variable) });
    }
    Ok(match file {
        Some((value, at)) => Set { value, origin: Origin::File(at) },
        None => Set { value: default, origin: Origin::Default },
    })
}

/// The settings for something of these names: what a flag or the environment says stays, else the last `[[subject]]` that knows
/// one of the names decides.
pub(super) fn narrow(settings: &Settings, subjects: &[SubjectWishes], names: &[&str]) -> Settings {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let knows = |subject: &&SubjectWishes| {
        subject.names.iter().any(|pattern| names.iter().any(|name| pattern.matches_with(name, options)))
    };
    let mut narrowed = *settings;
    for subject in subjects.iter().filter(knows) {
        let wishes = &subject.wishes;
        narrowed.mode.yield_to(wishes.mode.map(|(mode, at)| (Some(mode), at)));
        narrowed.profile.yield_to(wishes.profile);
        narrowed.policy.yield_to(wishes.policy);
        narrowed.content_model.yield_to(wishes.content_model);
    }
    narrowed
}

impl<T> Set<T> {
    /// Takes what a line of the file says, unless somebody nearer said something.
    fn yield_to(&mut self, wish: Option<(T, Span)>) {
        if let (Some((value, at)), Origin::Default | Origin::File(_)) = (wish, self.origin) {
            *self = Self { value, origin: Origin::File(at) };
        }
    }
}

/// A folder that the configuration names, as short as the configuration itself is shown.
pub(super) fn beside(config: &Path, folder: &str) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join(folder)
}
