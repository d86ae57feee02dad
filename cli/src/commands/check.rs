//! `eventpact check NEW --against OLD …`

mod documents;
mod findings;
mod modules;
mod rollouts;

use anyhow::{Result, bail};
use eventpact_compat::check::Verdict;
use eventpact_compat::mode::Mode;
use eventpact_compat::options::{ContentModel, Options, Policy};
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::source::Sources;

pub(crate) use documents::is_root;
use documents::{Kind, Pairing};
use findings::Findings;

use crate::config::ConfigArgs;
use crate::exit::Exit;
use crate::input::{ReadArgs, Tree};
use crate::output::{OutputArgs, Summary};

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
    /// Which versions must understand each other [default: backward for schemas; for AsyncAPI full, within which each payload is
    /// checked in the direction of its operations].
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<Mode>,
    /// What the files are, when their names do not tell.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// The Protobuf message, or the type of an Avro protocol or IDL file, that is the payload, when a file has several.
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    /// `sound`: what the data says. `confluent`: what a Confluent schema registry would answer. `buf:FILE`, `buf:PACKAGE`,
    /// `buf:WIRE_JSON`, `buf:WIRE`, `buf:CSR`: what `buf breaking` finds in Protobuf by the rules of that category, all `.proto`
    /// files of a folder taken together; other formats as in `sound`. buf looks backward; `--mode forward` swaps the versions.
    #[arg(long, default_value = "sound", value_name = "PROFILE", value_parser = parse_profile)]
    profile: Profile,
    /// `strict` or `lenient`: the `compatibilityPolicy` of the registry, for JSON Schema in the profile `confluent`.
    #[arg(long, default_value_t, value_name = "POLICY")]
    policy: Policy,
    /// For JSON Schema in the profile `sound`. `as-written`: a writer may send any property that its schema does not forbid.
    /// `closed-writer`: a writer sends only the properties that its schema names; readers stay as open as they are written.
    #[arg(long, default_value_t, value_name = "MODEL")]
    content_model: ContentModel,
    /// Also print notes: changes that are good to know and break nothing.
    #[arg(long)]
    notes: bool,
    /// Exit 0 although something could not be decided.
    #[arg(long)]
    allow_unknown: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    text.parse()
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    text.parse()
}

/// Compares the new version with each baseline that the mode asks for.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let mut mistakes = Vec::new();
    let Some(config) = args.config.load(&args.new, &mut sources, &mut mistakes)? else {
        args.output.print(Verdict::Unknown.as_str(), &mut mistakes, &sources)?;
        return Ok(Exit::CouldNotRun);
    };
    let new = Tree::open_with(&args.new, None, &args.read)?;
    let default_path = (!args.new.starts_with("git:")).then_some(args.new.as_str());
    let history: Result<Vec<Tree>> = args.against.iter().map(|b| Tree::open_with(b, default_path, &args.read)).collect();
    let history = history?;
    let profile = args.profile;
    let options = Options { profile, policy: args.policy, content_model: args.content_model };
    let pairing = Pairing { kind: args.kind, message: args.message.as_deref(), read: &args.read, profile };
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
    let mut findings = Findings::new(subjects.problems, args.message.is_none());
    for subject in &subjects.list {
        findings.check(subject, args.mode, options, &sources);
    }
    let further = std::mem::take(&mut findings.rollouts).finish();
    let (verdict, mut found) = findings.finish(&config, &sources);
    found.extend(mistakes);
    found.retain(|d| args.notes || d.severity != Severity::Info);
    let exit = match verdict {
        Verdict::Compatible => Exit::Clean,
        Verdict::Unknown if args.allow_unknown => Exit::Clean,
        Verdict::Incompatible | Verdict::Unknown => Exit::Findings,
    };
    let mut documents: Vec<String> =
        subjects.list.iter().map(|subject| sources.file(subject.new.at.file).name().to_owned()).collect();
    documents.dedup();
    let further = Some(&further);
    let summary = Summary { verdict: verdict.as_str(), documents: &documents, fails: Severity::Error, exit, further };
    args.output.report(summary, &mut found, &sources)?;
    Ok(exit)
}
