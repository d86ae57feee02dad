//! `eventpact check NEW --against OLD …`

mod content;
mod counterparts;
mod documents;
mod findings;
mod identity;
mod impact;
mod judged;
mod judgement;
pub(super) mod limit;
mod modules;
mod profiles;
mod read;
mod registered;
mod removed;
mod roles;
mod rollouts;
mod uncompared;

use anyhow::{Context as _, Result, bail};
use eventpact_compat::check::Verdict;
use eventpact_compat::mode::Mode;
use eventpact_compat::rule::Profile;
use eventpact_contract::source::Sources;

pub(super) use documents::{Kind, Pairing, REMOVED, Subject};
use findings::Findings;
use identity::Names;
use judged::Judged;
use judgement::{AcceptArgs, Judgement};
use profiles::Profiles;
pub(crate) use roles::is_root;
use uncompared::Uncompared;

use crate::config::{ConfigArgs, SettingArgs, today};
use crate::exit::Exit;
use crate::input::{self, ReadArgs, Tree};
use crate::output::{FailOn, OutputArgs, Summary};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each side is a file, a folder, a pattern ('specs/**/*.avsc'), git:REF[:PATH], a descriptor set or buf image (.binpb, .pb, \
.desc, .json, .txtpb, each also with .gz or .zst), or a schema registry: registry:URL for all subjects that have a counterpart, registry:URL#SUBJECT for one, \
registry:URL?version=3#SUBJECT for one version. User and password of a registry are read from EVENTPACT_REGISTRY_AUTH (USER:PASSWORD), \
a token from EVENTPACT_REGISTRY_TOKEN, the files of a client certificate and of the authorities to trust from EVENTPACT_REGISTRY_CERT, \
EVENTPACT_REGISTRY_KEY and EVENTPACT_REGISTRY_CA. \
git-tags:PATTERN[:PATH] is all matching tags in the order of their versions: with --mode *-transitive each of them counts, and so does \
each version in a registry; else the latest.\n\n\
Of a folder, AsyncAPI documents are checked with all that they refer to, and schema files that none of them reaches by themselves; old \
and new are paired by their path, and a file that was renamed by what it says. In a registry, a file is paired with the subject of its \
name (orders-value.avsc, or orders.avsc with orders-value), else with those under which the same type is registered; the messages of \
an AsyncAPI document with the subjects of their topics.\n\n\
Examples:\n  eventpact check specs/shop --against git:main\n  eventpact check orders.avsc --against registry:http://localhost:8081#orders-value\n  \
eventpact check specs --against 'git-tags:v[0-9]*' --mode full-transitive\n  eventpact check proto --against main.binpb --profile buf:FILE"
)]
pub(crate) struct Args {
    /// The new version: a file, a folder, a pattern, git:REF:PATH, registry:URL#SUBJECT, a descriptor set.
    new: String,
    /// An earlier version; repeat it for a history, oldest first: the last one is the latest.
    #[arg(long = "against", required = true, value_name = "BASELINE")]
    against: Vec<String>,
    /// What the files are, when their names do not tell.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// The Protobuf message, or the type of an Avro protocol or IDL file, that is the payload, when a file has several; files of
    /// other formats are checked as they are.
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

/// The new version and its history, oldest first; of tags and registries `all` versions or only the latest.
fn open(args: &Args, read: &ReadArgs, all: bool) -> Result<(Tree, Vec<Tree>)> {
    // A descriptor set is read as files, unless one of its messages is the payload.
    let images = args.message.is_none();
    input::refuse_twice(args.against.iter().chain([&args.new]).map(String::as_str))?;
    let new = input::versions(&args.new, None, read, false, images)?.pop().context("there is no new version")?;
    let default_path = (!input::is_elsewhere(&args.new)).then_some(args.new.as_str());
    let mut history = Vec::new();
    for baseline in &args.against {
        history.extend(input::versions(baseline, default_path, read, all, images)?);
    }
    Ok((new, history))
}

/// The new tree has the first documents of all: the earlier ones are there and hold none.
fn is_first(new: &Tree, history: &[Tree]) -> Result<bool> {
    let has_documents = |tree: &Tree| -> Result<bool> {
        for entry in &tree.entries {
            if tree.single || is_root(tree, entry)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    for tree in history {
        if has_documents(tree)? {
            return Ok(false);
        }
    }
    has_documents(new)
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
    let read = args.read.with_include(&config, &sources);
    let all = config.has_subjects() || settings.mode.value.is_some_and(Mode::is_transitive);
    let (new, history) = open(args, &read, all)?;
    let profile = settings.profile.value;
    let pairing = Pairing { kind: args.kind, message: args.message.as_deref(), read: &read, profile };
    let subjects = pairing.load(&mut sources, &new, &history)?;
    if subjects.broken() {
        let mut found = subjects.into_problems();
        args.output.print(Verdict::Unknown.as_str(), &mut found, &sources)?;
        complain!("error: the input has mistakes, so nothing was compared; `eventpact validate` shows all that is wrong with it");
        return Ok(Exit::CouldNotRun);
    }
    let first = subjects.list.is_empty() && subjects.problems.is_empty();
    if first && !is_first(&new, &history)? {
        bail!(
            "nothing to check: no document of {} has a counterpart in {}; they are paired by their path below what is named, by what \
             they define, and with a registry by the name of the subject",
            new.label,
            args.against.join(", ")
        );
    }
    if first {
        complain!("note: there is no document in {} yet, so there is nothing to break", args.against.join(", "));
    }
    let names = Names::new(&config, &args.new);
    let mut findings = Findings::new(subjects.problems, args.message.is_none());
    let judged = Judged { config: &config, settings: &settings, names: &names, sources: &sources };
    let mut profiles = Profiles::new(&args.also, args.message.is_none());
    let (mut documents, mut uncompared) = (Vec::new(), Uncompared::default());
    for subject in &subjects.list {
        findings.check(subject, &judged, &sources);
        if judged.compares(subject) {
            documents.push(sources.file(subject.new.at.file).name().to_owned());
        } else {
            uncompared.add(&subject.name);
        }
        findings.compare_profiles(&mut profiles, subject, judged.of(subject, None));
    }
    let mut further = std::mem::take(&mut findings.rollouts).finish();
    uncompared.tell(documents.is_empty(), &mut further);
    let mut judgement = Judgement::new(findings.finish(), &judged);
    judgement.accept(&args.accept, &args.new, today()?)?;
    judgement.found.extend(mistakes);
    let (verdict, exit) = judgement.verdict();
    let verdict = uncompared.verdict(verdict, documents.is_empty());
    documents.dedup();
    let fails = settings.fail_on.value.into();
    let summary = Summary { verdict, documents: &documents, fails, exit, further: Some(&further) };
    args.output.report(summary, &mut judgement.found, &sources)?;
    // The process ends here. Giving back a large tree piece by piece takes a tenth of all its time.
    std::mem::forget((subjects.list, sources));
    Ok(exit)
}
