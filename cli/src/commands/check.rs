//! `eventpact check NEW --against OLD …`

mod documents;
mod findings;
mod identity;
mod judgement;
mod modules;
mod parts;
mod profiles;
mod rollouts;

use anyhow::{Result, bail};
use eventpact_compat::check::Verdict;
use eventpact_compat::rule::Profile;
use eventpact_contract::source::Sources;

pub(crate) use documents::is_root;
pub(super) use documents::{Kind, Pairing, REMOVED, Subject};
use findings::{Findings, Judged};
use identity::Names;
use judgement::{AcceptArgs, Judgement};
use profiles::Profiles;

use crate::config::{ConfigArgs, SettingArgs, today};
use crate::exit::Exit;
use crate::input::{ReadArgs, Tree};
use crate::output::{FailOn, OutputArgs, Summary};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A baseline is a file, a folder, or git:REF[:PATH]. Of a folder, AsyncAPI documents are checked with all that \
they refer to, and schema files that none of them reaches by themselves; old and new are paired by their path.\n\n\
Example: eventpact check specs/shop --against git:main"
)]
pub(crate) struct Args {
    /// The new version: a file, a folder, git:REF or git:REF:PATH.
    new: String,
    /// An earlier version; repeat it for a history, oldest first: the last one is the latest.
    #[arg(long = "against", required = true, value_name = "BASELINE")]
    against: Vec<String>,
    /// What the files are, when their names do not tell.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// The Protobuf message, or the type of an Avro protocol or IDL file, that is the payload, when a file has several.
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    /// Also say where this profile decides otherwise; may be repeated [default: sound and confluent are held against each other,
    /// and what a registry refuses without need is a note].
    #[arg(long, value_name = "PROFILE")]
    also: Vec<Profile>,
    /// Exit 1 from this severity on [default: error].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Compares the new version with each baseline that the mode asks for.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let mut mistakes = Vec::new();
    let Some(config) = args.config.load(&args.new, &mut sources, &mut mistakes)? else {
        args.output.print(Verdict::Unknown.as_str(), &mut mistakes, &sources)?;
        return Ok(Exit::CouldNotRun);
    };
    let settings = config.settings(&args.settings, args.fail_on)?;
    let read = args.read.with_include(config.include().iter().map(|(folder, _)| folder.clone()));
    let new = Tree::open_with(&args.new, None, &read)?;
    let default_path = (!args.new.starts_with("git:")).then_some(args.new.as_str());
    let history: Result<Vec<Tree>> = args.against.iter().map(|b| Tree::open_with(b, default_path, &read)).collect();
    let history = history?;
    let profile = settings.profile.value;
    let pairing = Pairing { kind: args.kind, message: args.message.as_deref(), read: &read, profile };
    let subjects = pairing.load(&mut sources, &new, &history)?;
    if subjects.broken() {
        let mut found = subjects.into_problems();
        args.output.print(Verdict::Unknown.as_str(), &mut found, &sources)?;
        eprintln!("error: the input has mistakes, so nothing was compared; `eventpact validate` shows all that is wrong with it");
        return Ok(Exit::CouldNotRun);
    }
    if subjects.list.is_empty() && subjects.problems.is_empty() {
        bail!("nothing to check: no document of {} has a counterpart in {}", new.label, args.against.join(", "));
    }
    let names = Names::new(&config, &args.new);
    let mut findings = Findings::new(subjects.problems, args.message.is_none());
    let judged = Judged { config: &config, settings: &settings, names: &names, sources: &sources };
    let mut profiles = Profiles::new(&args.also, args.message.is_none());
    for subject in &subjects.list {
        findings.check(subject, &judged, &sources);
        findings.compare_profiles(&mut profiles, subject, judged.of(subject, None));
    }
    let further = std::mem::take(&mut findings.rollouts).finish();
    let mut judgement = Judgement::new(findings.finish(), &judged);
    judgement.accept(&args.accept, &args.new, today()?)?;
    judgement.found.extend(mistakes);
    let (verdict, exit) = judgement.verdict();
    let mut documents: Vec<String> =
        subjects.list.iter().map(|subject| sources.file(subject.new.at.file).name().to_owned()).collect();
    documents.dedup();
    let fails = settings.fail_on.value.into();
    let summary = Summary { verdict: verdict.as_str(), documents: &documents, fails, exit, further: Some(&further) };
    args.output.report(summary, &mut judgement.found, &sources)?;
    Ok(exit)
}
