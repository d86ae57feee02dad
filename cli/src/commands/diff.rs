//! `eventpact diff NEW --against OLD`

mod markdown;
mod report;

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail};
use clap::{Parser as _, ValueEnum};
use eventpact_compat::diff::{self, Change, Difference};
use eventpact_compat::mode::Mode;
use eventpact_compat::options::Options;
use eventpact_contract::diagnostic::Diagnostic;
use eventpact_contract::load::Document;
use eventpact_contract::source::Sources;

use super::check::{Kind, Pairing, REMOVED, Subject, is_root, limit};
use crate::config::{ConfigArgs, SettingArgs};
use crate::exit::Exit;
use crate::input::{self, ReadArgs};
use crate::output::{self, OutputArgs};
use report::{Compared, State};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Compatible changes are shown too, each with what it means when the new version reads messages of the old one \
(backward) and when the old version reads those of the new one (forward). The hint for a version number: major when something breaks in \
the mode, minor when something else changed, patch when only people read what changed.\n\n\
Example: eventpact diff specs/shop --against git:main --format markdown"
)]
pub(crate) struct Args {
    /// The new version: a file, a folder, git:REF or git:REF:PATH.
    new: String,
    /// The earlier version.
    #[arg(long, value_name = "BASELINE")]
    against: String,
    /// What the files are, when their names do not tell.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// The Protobuf message, or the type of an Avro protocol or IDL file, that is the payload, when a file has several.
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    /// Exit 1 when there is such a change.
    #[arg(long, value_enum, default_value = "none", value_name = "CHANGE")]
    fail_on: FailOn,
    /// How the changes are printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Which change makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// One that breaks in the mode.
    Breaking,
    /// One that breaks, or that is worth a look.
    Warning,
    /// Any, also one that only people read.
    Any,
    /// None.
    None,
}

/// The formats of a difference.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
    /// Markdown, for a comment on a pull request.
    Markdown,
}

/// Shows what changed between two inputs, with every other option at its default.
pub(crate) fn between(new: &str, old: &str, format: Format) -> Result<Exit> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let mut line = Line::try_parse_from(["diff", "--against", old, "--", new])?;
    line.args.format = format;
    run(&line.args)
}

/// Shows what changed.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let (mut sources, mut mistakes) = (Sources::new(), Vec::new());
    let Some(config) = args.config.load(&args.new, &mut sources, &mut mistakes)? else {
        OutputArgs::text().print("unknown", &mut mistakes, &sources)?;
        return Ok(Exit::CouldNotRun);
    };
    let settings = config.settings(&args.settings, None)?;
    let read = args.read.with_include(&config, &sources);
    let images = args.message.is_none();
    input::refuse_twice([args.new.as_str(), args.against.as_str()])?;
    let new = input::versions(&args.new, None, &read, false, images)?.pop().context("there is no new version")?;
    let default_path = (!input::is_elsewhere(&args.new)).then_some(args.new.as_str());
    let old = input::versions(&args.against, default_path, &read, false, images)?;
    let pairing = Pairing { kind: args.kind, message: args.message.as_deref(), read: &read, profile: settings.profile.value };
    let mut subjects = pairing.load(&mut sources, &new, &old)?;
    if subjects.broken() {
        OutputArgs::text().print("unknown", &mut subjects.into_problems(), &sources)?;
        complain!("error: the input has mistakes, so nothing was compared; `eventpact validate` shows all that is wrong with it");
        return Ok(Exit::CouldNotRun);
    }
    let mut documents = Vec::new();
    for subject in &subjects.list {
        let name = sources.file(subject.new.at.file).name();
        let own = config.narrow(&settings, &[&subject.name, &config.below(name).unwrap_or_default()]);
        let compared = || compare(subject, own.mode.value, own.options(), args.message.is_none());
        documents.extend(limit::within(compared));
    }
    let removed = subjects.problems.extract_if(.., |problem| problem.id == REMOVED);
    documents.extend(removed.map(|gone: Diagnostic| Compared::whole(gone.about, State::Removed)));
    if !new.single {
        let known = old.iter().flat_map(|tree| &tree.entries).map(|entry| entry.name.as_str());
        let known: HashSet<&str> = known.chain(subjects.list.iter().map(|subject| subject.name.as_str())).collect();
        for entry in new.entries.iter().filter(|entry| !known.contains(entry.name.as_str())) {
            if is_root(&new, entry)? {
                documents.push(Compared::whole(entry.name.clone(), State::Added));
            }
        }
    }
    if documents.is_empty() {
        bail!("nothing to compare: no document of {} has a counterpart in {}", new.label, args.against);
    }
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    output::print(&match args.format {
        Format::Text => report::text(&documents, &sources),
        Format::Json => report::json(&documents, &sources)?,
        Format::Markdown => markdown::render(&documents, &sources),
    })?;
    Ok(if documents.iter().any(|document| args.fail_on.hits(document)) { Exit::Findings } else { Exit::Clean })
}

/// A document and its latest version; nothing without one.
fn compare(subject: &Subject, mode: Option<Mode>, options: Options, whole: bool) -> Option<Compared> {
    let old = subject.history.last()?;
    let mut claim = None;
    let difference = match (&subject.new.document, &old.document) {
        (Document::Contract(new), Document::Contract(old)) => {
            let difference = diff::contracts(new, old, mode.unwrap_or(Mode::Full), options);
            claim = Some(diff::claim(&old.info.version, &new.info.version, difference.bump()));
            difference
        }
        (Document::Schema(new), Document::Schema(old)) if new.format() == old.format() => {
            diff::schemas(new, old, mode.unwrap_or_default(), options, whole)
        }
        _ => return Some(Compared::whole(subject.name.clone(), State::Replaced)),
    };
    Some(Compared { name: subject.name.clone(), state: State::of(&difference), difference, claim })
}

impl FailOn {
    fn hits(self, document: &Compared) -> bool {
        let whole = matches!(document.state, State::Removed | State::Replaced);
        let any = |test: fn(&Change) -> bool| document.difference.changes.iter().any(test);
        let Difference { unknown, .. } = &document.difference;
        match self {
            Self::None => false,
            Self::Breaking => whole || any(Change::breaks),
            Self::Warning => whole || !unknown.is_empty() || any(Change::warns),
            Self::Any => document.state != State::Same,
        }
    }
}
