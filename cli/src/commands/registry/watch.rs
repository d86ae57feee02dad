//! `eventpact registry watch`

use std::io::{ErrorKind, Write as _};

use anyhow::Result;
use eventpact_registry_client::grpc::messages::watch_event::Event;
use eventpact_registry_client::grpc::messages::{SchemaVersion, Setting, WatchEvent};
use serde_json::{Value, json};

use super::Target;
use crate::exit::Exit;

/// Arguments of `registry watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "One line of JSON for each event: started, version, version-removed, document, document-removed, \
config, mode, snapshot-done. `position` is where --from goes on; it is null while there is more of the same change to come.\n\nWhen the registry does not know any more what \
came after a position, it tells the present state instead: `started` with `snapshot: true`, what there is, `snapshot-done`. What is \
not in it is gone.\n\nThe registry must be Eventpact's (it is asked over gRPC, on the port of the rest).")]
pub(super) struct Args {
    /// Only subjects and documents that begin so, and settings of such.
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    subject: String,
    /// Go on after this position; 0 for everything that there is [default: from now on].
    #[arg(long, value_name = "POSITION")]
    from: Option<String>,
    /// Stop after so many events.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Show heartbeats too, one every ten seconds.
    #[arg(long)]
    heartbeats: bool,
    #[command(flatten)]
    target: Target,
}

/// Prints what changes until it is stopped.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let mut watch = args.target.client()?.watch(&args.subject, args.from.clone());
        let mut left = args.count;
        while left != Some(0) {
            let event = watch.next().await?;
            if matches!(event.event, Some(Event::Heartbeat(_))) && !args.heartbeats {
                continue;
            }
            let mut out = std::io::stdout().lock();
            match writeln!(out, "{}", line(&event)).and_then(|()| out.flush()) {
                // Whoever read it has what they wanted.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                printed => printed?,
            }
            left = left.map(|left| left - 1);
        }
        Ok(Exit::Clean)
    })
}

fn line(event: &WatchEvent) -> Value {
    let (name, mut body) = match &event.event {
        Some(Event::Started(started)) => ("started", json!({ "snapshot": started.snapshot })),
        Some(Event::SnapshotDone(_)) => ("snapshot-done", json!({})),
        Some(Event::Version(version)) => ("version", shown(version)),
        Some(Event::VersionRemoved(removed)) => {
            ("version-removed", json!({ "subject": removed.subject, "version": removed.version }))
        }
        Some(Event::Config(setting)) => {
            ("config", set("config", setting, &serde_json::from_str(&setting.value).unwrap_or_default()))
        }
        Some(Event::Mode(setting)) => ("mode", set("mode", setting, &text(&setting.value))),
        Some(Event::Document(document)) => (
            "document",
            json!({
                "name": document.name,
                "version": document.version,
                "deleted": document.deleted,
                "sha256": document.sha256,
                "ts": document.timestamp,
                "document": document.document,
            }),
        ),
        Some(Event::DocumentRemoved(removed)) => {
            ("document-removed", json!({ "name": removed.name, "version": removed.version }))
        }
        Some(Event::Heartbeat(_)) => ("heartbeat", json!({})),
        // Of a later version of the registry.
        None => ("unknown", json!({})),
    };
    let mut line = json!({ "sequence": event.sequence, "position": text(&event.position), "event": name });
    if let (Some(line), Some(body)) = (line.as_object_mut(), body.as_object_mut()) {
        line.append(body);
    }
    line
}

fn set(name: &str, setting: &Setting, value: &Value) -> Value {
    json!({ "scope": setting.scope, name: value })
}

fn shown(version: &SchemaVersion) -> Value {
    let mut shown = json!({
        "subject": version.subject,
        "version": version.version,
        "id": version.id,
        "guid": text(&version.guid),
        "deleted": version.deleted,
        "ts": version.timestamp,
    });
    if let (Some(shown), Some(schema)) = (shown.as_object_mut(), &version.schema) {
        shown.insert("schemaType".into(), schema.schema_type.clone().into());
        shown.insert("schema".into(), schema.schema.clone().into());
        let references = schema.references.iter().map(|r| json!({ "name": r.name, "subject": r.subject, "version": r.version }));
        shown.insert("references".into(), references.collect());
        for (name, value) in [("metadata", &schema.metadata), ("ruleSet", &schema.rule_set)] {
            if let Ok(value) = serde_json::from_str(value) {
                shown.insert(name.into(), value);
            }
        }
    }
    shown
}

/// A text; null for an empty one.
fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
