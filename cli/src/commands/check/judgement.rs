//! From findings to a verdict: what the configuration makes of them, which of them the team lives with, and how the run ends.

use anyhow::{Result, bail};
use eventpact_compat::check::Verdict;
use eventpact_contract::diagnostic::{self, Acceptance, Diagnostic, Severity, fingerprints, has_errors};
use eventpact_contract::source::Sources;

use super::identity::{self, Names};
use super::judged::Judged;
use crate::config::{self, Config, Date, Entry, Settings};
use crate::exit::Exit;

/// The flags that write acceptances.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AcceptArgs {
    /// Write what makes this run fail as `[[accept]]` into the configuration that was found, or into a new eventpact.toml; its
    /// comments and its order stay.
    #[arg(long, requires = "reason")]
    write_accept: bool,
    /// Why the team lives with these findings.
    #[arg(long, value_name = "TEXT", requires = "write_accept")]
    reason: Option<String>,
    /// The last day on which they are accepted, as 2026-12-31; today is what SOURCE_DATE_EPOCH says, where it is set.
    #[arg(long, value_name = "DATE", requires = "write_accept")]
    expires: Option<Date>,
}

/// The findings of a run, and what is made of them.
pub(super) struct Judgement<'a> {
    /// Sorted.
    pub(super) found: Vec<Diagnostic>,
    undecided: bool,
    config: &'a Config,
    settings: &'a Settings,
    names: &'a Names<'a>,
    sources: &'a Sources,
}

impl<'a> Judgement<'a> {
    /// Gives each finding its severity and what its fingerprint is made of.
    pub(super) fn new((mut found, undecided): (Vec<Diagnostic>, bool), judged: &Judged<'a>) -> Self {
        let Judged { config, settings, names, sources } = *judged;
        config.apply(&mut found, sources);
        found.retain(|d| settings.notes.value || d.severity != Severity::Info);
        identity::complete(&mut found, sources, names);
        diagnostic::sort(&mut found, sources);
        Self { found, undecided, config, settings, names, sources }
    }

    /// Marks what is accepted. Where that is asked for, what still makes the run fail is accepted from now on.
    pub(super) fn accept(&mut self, args: &AcceptArgs, input: &str, today: Date) -> Result<()> {
        let stale = self.config.accept(&mut self.found, self.sources, today);
        if let (true, Some(reason)) = (args.write_accept, &args.reason) {
            self.write(args.expires, reason.trim(), input, today)?;
        }
        self.found.extend(stale);
        Ok(())
    }

    fn write(&mut self, expires: Option<Date>, reason: &str, input: &str, today: Date) -> Result<()> {
        if reason.is_empty() {
            bail!("--reason is empty: say why the team lives with these findings");
        }
        if let Some(past) = expires.filter(|day| *day < today) {
            bail!("--expires {past} is over: today is {today}");
        }
        let fingerprints = fingerprints(&self.found);
        let failing: Vec<bool> = self.found.iter().map(|found| self.fails(found)).collect();
        let mut entries = Vec::new();
        for ((found, fingerprint), _) in self.found.iter_mut().zip(fingerprints).zip(failing).filter(|(_, fails)| *fails) {
            let file = self.names.of(self.sources.file(found.primary.span.file).name());
            entries.push(Entry { fingerprint, rule: found.id.clone(), file, reason: reason.to_owned(), expires });
            // An acceptance that is over was shown as another place.
            found.related.retain(|label| !self.config.accepted.iter().any(|entry| entry.at == label.span));
            found.accepted = Some(Acceptance { reason: reason.to_owned(), expires: expires.map(|day| day.to_string()) });
        }
        if entries.is_empty() {
            complain!("nothing to accept: no finding makes this run fail");
            return Ok(());
        }
        let path = self.config.path.clone().unwrap_or_else(|| config::new_place(input));
        config::write(&path, &entries)?;
        complain!("accepted {} in {}", crate::output::count(entries.len(), "finding"), path.display());
        Ok(())
    }

    /// This finding makes the run fail.
    fn fails(&self, found: &Diagnostic) -> bool {
        let fails = Severity::from(self.settings.fail_on.value);
        let undecided = found.id == "check/unknown";
        found.accepted.is_none() && (found.severity <= fails || undecided) && !(undecided && self.settings.allow_unknown.value)
    }

    /// The verdict over everything, and how the run ends.
    pub(super) fn verdict(&self) -> (Verdict, Exit) {
        let mut undecided = self.found.iter().filter(|found| found.id == "check/unknown").peekable();
        let all_accepted = undecided.peek().is_some() && undecided.all(|found| found.accepted.is_some());
        let verdict = match (has_errors(&self.found), self.undecided && !all_accepted) {
            (true, _) => Verdict::Incompatible,
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Compatible,
        };
        let unknown = verdict == Verdict::Unknown && !self.settings.allow_unknown.value;
        let fails = unknown || self.found.iter().any(|found| self.fails(found));
        (verdict, if fails { Exit::Findings } else { Exit::Clean })
    }
}
