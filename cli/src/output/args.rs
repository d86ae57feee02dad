//! The options of every command that prints findings.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use eventpact_contract::diagnostic::Severity;

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Source lines with the findings at them.
    Text,
    /// One JSON object with `verdict` and `findings`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions: annotations at the lines.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Markdown, for a comment on a pull request or the summary of a job.
    Markdown,
}

/// Stands for the summary of the step, where no file is named.
pub(super) const OF_STEP: &str = "$GITHUB_STEP_SUMMARY";

/// The options of every command that prints findings.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How findings are printed [default: text; in GitHub Actions, text and annotations].
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,
    /// Also write a report to a file, for example sarif=eventpact.sarif or gitlab=gl-code-quality-report.json; may be repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse_report)]
    pub(super) output: Vec<Report>,
    /// Also append the report as Markdown to a file; without FILE, to the summary of the step in GitHub Actions.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = OF_STEP)]
    pub(super) summary: Option<PathBuf>,
    /// When to use colour; `auto` obeys NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR, and looks whether a person reads.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) color: Color,
}

impl OutputArgs {
    /// Text for people, nothing else.
    pub(crate) fn text() -> Self {
        Self { format: Some(Format::Text), output: Vec::new(), summary: None, color: Color::Auto }
    }
}

/// From which severity on a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors only.
    Error,
    /// Errors and warnings.
    Warning,
    /// Any finding.
    Info,
}

impl From<FailOn> for Severity {
    fn from(severity: FailOn) -> Self {
        match severity {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Info => Self::Info,
        }
    }
}

/// A report in a file.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

fn parse_report(text: &str) -> Result<Report, String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE, for example sarif=eventpact.sarif")?;
    if path.is_empty() {
        return Err("no file is named behind the `=`".to_owned());
    }
    let format = Format::from_str(format, false).map_err(|_| {
        let known: Vec<String> =
            Format::value_variants().iter().filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned())).collect();
        format!("`{format}` is no format; there are {}", known.join(", "))
    })?;
    Ok(Report { format, path: path.into() })
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    pub(super) fn wanted(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => automatic(|name| std::env::var(name).ok(), std::io::stdout().is_terminal()),
        }
    }
}

/// NO_COLOR wins over all, then what forces colour, then what turns it off, then whether a person reads.
fn automatic(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if set("NO_COLOR") {
        return false;
    }
    if on("FORCE_COLOR") || on("CLICOLOR_FORCE") {
        return true;
    }
    let off = variable("CLICOLOR").as_deref() == Some("0")
        || variable("FORCE_COLOR").as_deref() == Some("0")
        || variable("TERM").as_deref() == Some("dumb");
    is_terminal && !off
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_on_colour() {
        let colour = |set: &[(&str, &str)], is_terminal| {
            automatic(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()), is_terminal)
        };
        assert!(colour(&[], true) && !colour(&[], false));
        assert!(!colour(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true));
        assert!(colour(&[("NO_COLOR", ""), ("FORCE_COLOR", "1")], false));
        assert!(colour(&[("CLICOLOR_FORCE", "1")], false) && !colour(&[("CLICOLOR_FORCE", "0")], false));
        assert!(
            !colour(&[("CLICOLOR", "0")], true) && !colour(&[("FORCE_COLOR", "0")], true) && !colour(&[("TERM", "dumb")], true)
        );
    }

    #[test]
    fn reports_are_named_with_their_format() {
        let report = parse_report("junit=out/a=b.xml").expect("a report");
        assert_eq!((report.format, report.path), (Format::Junit, PathBuf::from("out/a=b.xml")));
        assert!(parse_report("out.xml").is_err() && parse_report("sarif=").is_err() && parse_report("xml=a").is_err());
    }
}
