//! `eventpact registry plan` and `eventpact registry apply`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use eventpact_contract::diagnostic::printable;
use eventpact_registry_client::wire::plan::{PlanFile, PlanReport, PlanRequest, PlanSetting};
use eventpact_registry_client::wire::{ConfigUpdate, Update};
use eventpact_registry_client::{Error, SchemaType};
use serde::Deserialize;

use super::Target;
#[cfg(feature = "serve")]
use super::ordered;
use crate::exit::Exit;

/// Arguments of `registry plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// The plan: a TOML file.
    #[arg(default_value = "registry.toml")]
    file: PathBuf,
    /// The answer of the registry, as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `registry apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    plan: Args,
    /// Only what a plan with this digest said: when something has changed since, nothing is done.
    #[arg(long)]
    digest: Option<String>,
}

const AFTER: &str = "All of it is done, or nothing. What a schema refers to is found in the plan, or in the registry.\n\n\
A plan, with paths from its own folder:\n  [registry]\n  compatibility = \"FULL\"\n\n  [[subject]]\n  name = \"orders-value\"\n  \
schema = \"schemas/order.avsc\"\n  compatibility = \"FULL_TRANSITIVE\"\n\n\
plan: exit 0 when the registry is as the plan says, 1 when something would change or is refused. A registry that is not one of \
Eventpact gets the same steps one by one: what was done before a refusal stays done there, and --digest cannot be kept to.";

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// Settings of the whole registry.
    #[serde(default)]
    registry: Settings,
    /// Store the normalised texts.
    #[serde(default)]
    normalize: bool,
    #[serde(default, rename = "subject")]
    subjects: Vec<Subject>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// Without a name, the full name of an Avro type, and the path of everything else. A context is `:.name:`.
    name: Option<String>,
    /// The schema file; without it, only settings.
    schema: Option<String>,
    /// `AVRO`, `PROTOBUF` or `JSON`, when the ending of the file does not tell.
    r#type: Option<String>,
    compatibility: Option<String>,
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    compatibility: Option<String>,
    mode: Option<String>,
}

/// The setting of a scope, when there is one.
fn setting(subject: &str, compatibility: Option<&String>, mode: Option<&String>) -> Option<PlanSetting> {
    let config = compatibility.map(|level| ConfigUpdate { compatibility: Update::Set(level.clone()), ..ConfigUpdate::default() });
    let wanted = config.is_some() || mode.is_some();
    wanted.then(|| PlanSetting { subject: subject.to_owned(), config, mode: mode.cloned() })
}

/// Reads the plan and the files that it names.
fn request(path: &Path) -> Result<PlanRequest> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let plan: Plan = toml::from_str(&text).with_context(|| format!("{shown} is not a plan"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut request = PlanRequest { normalize: plan.normalize, ..PlanRequest::default() };
    request.settings.extend(setting("", plan.registry.compatibility.as_ref(), plan.registry.mode.as_ref()));
    for subject in &plan.subjects {
        if let Some(file) = &subject.schema {
            let schema =
                fs::read_to_string(folder.join(file)).with_context(|| format!("cannot read {file}, which {shown} names"))?;
            request.files.push(PlanFile {
                path: file.replace('\\', "/"),
                subject: subject.name.clone(),
                schema_type: subject.r#type.as_deref().map(SchemaType::from),
                schema,
                ..PlanFile::default()
            });
        }
        let own = setting(subject.name.as_deref().unwrap_or(""), subject.compatibility.as_ref(), subject.mode.as_ref());
        match (own, &subject.name) {
            (Some(_), None) => bail!("{shown}: a [[subject]] with settings needs a name"),
            (None, _) if subject.schema.is_none() => bail!("{shown}: a [[subject]] needs a schema or a setting"),
            (own, _) => request.settings.extend(own),
        }
    }
    if request.files.is_empty() && request.settings.is_empty() {
        bail!("{shown} plans nothing; see `eventpact registry plan --help`");
    }
    Ok(request)
}

/// Shows what would be done.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let request = request(&args.file)?;
    let report = super::wait(async {
        let client = args.target.client()?;
        match client.plan(&request).await {
            Err(error) if knows_no_plans(&error) => ordered::plan(&client, &request).await,
            answer => Ok(answer?),
        }
    })?;
    show(&report, args)?;
    Ok(if report.changes + report.refused > 0 { Exit::Findings } else { Exit::Clean })
}

/// Does it.
pub(super) fn apply(args: &ApplyArgs) -> Result<Exit> {
    let mut request = request(&args.plan.file)?;
    request.digest.clone_from(&args.digest);
    let report = super::wait(async {
        let client = args.plan.target.client()?;
        // A refusal says only that there is one; a plan says which.
        match client.plan(&request).await {
            Err(error) if knows_no_plans(&error) => ordered::apply(&client, &request).await,
            Ok(plan) if plan.refused > 0 => Ok(plan),
            Ok(_) => Ok(client.apply(&request).await?),
            Err(error) => Err(error.into()),
        }
    })?;
    show(&report, &args.plan)?;
    Ok(if report.applied { Exit::Clean } else { Exit::Findings })
}

/// A registry that does not know the route answers like one that lacks a schema.
fn knows_no_plans(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. } | Error::Refused { status: 404 | 405, .. })
}

/// What finds the order of the files is in the server.
#[cfg(not(feature = "serve"))]
mod ordered {
    use anyhow::{Result, bail};
    use eventpact_registry_client::Client;
    use eventpact_registry_client::wire::plan::{PlanReport, PlanRequest};

    pub(super) async fn plan(_: &Client, _: &PlanRequest) -> Result<PlanReport> {
        bail!(
            "the registry knows no plans: it is not one of Eventpact, and this build of eventpact, without `serve`, cannot do with less"
        )
    }

    pub(super) use plan as apply;
}

fn show(report: &PlanReport, args: &Args) -> Result<()> {
    if args.json {
        return crate::output::print(&(serde_json::to_string_pretty(report)? + "\n"));
    }
    let mut text = String::new();
    let mut line = |subject: &str, action: &str, more: String, error: Option<&str>| {
        let subject = if subject.is_empty() { "the whole registry" } else { subject };
        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
        text += &printable(&format!("{action:9}  {subject}{more}{error}"));
        text.push('\n');
    };
    for schema in &report.schemas {
        let version = schema.version.map(|version| format!("  version {version}")).unwrap_or_default();
        line(&schema.subject, &schema.action, version, schema.error.as_ref().map(|e| e.message.as_str()));
    }
    for setting in &report.settings {
        line(&setting.subject, &setting.action, "  settings".to_owned(), setting.error.as_ref().map(|e| e.message.as_str()));
    }
    let verb = if report.applied { "done" } else { "to do" };
    let changes = crate::output::count(report.changes, "change");
    let how = match report.digest.as_str() {
        "" => "this registry knows no plans: one step after the other".to_owned(),
        digest => format!("digest {digest}"),
    };
    crate::output::print(&format!("{text}{changes} {verb}, {} refused; {how}\n", report.refused))
}
