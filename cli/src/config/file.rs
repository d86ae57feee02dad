//! The shape of `eventpact.toml`, with the places of what may be wrong in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `"rule or pattern" = "level"`.
pub(super) type Rules = BTreeMap<Spanned<String>, Level>;

/// A word with its place; what it may be is looked at later.
pub(super) type Word = Option<Spanned<String>>;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What `check` and `diff` do when no flag says otherwise.
    #[serde(default)]
    pub(super) check: Check,
    /// For all files.
    #[serde(default)]
    pub(super) rules: Rules,
    /// For some files; later ones win.
    #[serde(default, rename = "override")]
    pub(super) overrides: Vec<Override>,
    /// How some documents or messages are judged; later ones win.
    #[serde(default, rename = "subject")]
    pub(super) subjects: Vec<Subject>,
    /// Findings that the team lives with.
    #[serde(default, rename = "accept")]
    pub(super) accepted: Vec<Accept>,
}

/// Defaults of `check` and `diff`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Check {
    pub(super) profile: Word,
    pub(super) policy: Word,
    pub(super) content_model: Word,
    pub(super) mode: Word,
    pub(super) fail_on: Word,
    pub(super) notes: Option<Spanned<bool>>,
    pub(super) allow_unknown: Option<Spanned<bool>>,
    /// Folders, seen from that of the configuration.
    pub(super) include: Option<Vec<Spanned<String>>>,
}

/// How the documents and messages are judged whose names match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Subject {
    /// Patterns: paths of documents seen from the folder of the configuration, or `channel/message` of AsyncAPI.
    pub(super) names: Vec<Spanned<String>>,
    pub(super) profile: Word,
    pub(super) policy: Word,
    pub(super) content_model: Word,
    pub(super) mode: Word,
}

/// One finding that the team lives with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accept {
    pub(super) fingerprint: Spanned<String>,
    pub(super) reason: Spanned<String>,
    /// The last day, as a date of TOML or its text.
    pub(super) expires: Option<Spanned<toml::Value>>,
    /// For readers.
    pub(super) rule: Option<Spanned<String>>,
    /// For readers, and to know whether a run looked at it: the path, seen from the folder of the configuration.
    pub(super) file: Option<String>,
}

/// Rules for the files whose paths match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    /// Patterns, seen from the folder of the configuration.
    pub(super) paths: Vec<Spanned<String>>,
    /// What holds there.
    pub(super) rules: Rules,
}

/// How bad the findings of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// They are not shown.
    Off,
    /// For your information.
    Info,
    /// Worth a look.
    Warning,
    /// They make the run fail.
    Error,
}
