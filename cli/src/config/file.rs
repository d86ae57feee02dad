//! The shape of `eventpact.toml`, with the places of what may be wrong in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `"rule or pattern" = "level"`.
pub(super) type Rules = BTreeMap<Spanned<String>, Level>;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// For all files.
    #[serde(default)]
    pub(super) rules: Rules,
    /// For some files; later ones win.
    #[serde(default, rename = "override")]
    pub(super) overrides: Vec<Override>,
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
