//! `eventpact registry export`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use eventpact_registry_client::{SchemaObject, SchemaType};

use super::{Target, transfer};
use crate::exit::Exit;

/// Arguments of `registry export`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The folder is for people and for version control: one file for each subject, in the folder of its context, as the \
registry holds the text. To move a registry, take backup and restore, or import."
)]
pub(super) struct Args {
    /// The folder; it is made where it is missing.
    folder: PathBuf,
    /// Every version, in a folder for each subject, instead of the latest.
    #[arg(long)]
    all: bool,
    /// Only subjects that begin like this, and what they refer to.
    #[arg(long, value_name = "PREFIX")]
    subjects: Option<String>,
    /// Write over files that are there.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    target: Target,
}

/// Writes the files.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let mut archive = super::wait(async { transfer::fetch(&args.target.client()?, &args.target.url).await })?;
    if let Some(prefix) = &args.subjects {
        archive.narrow(prefix);
    }
    let mut files: BTreeMap<PathBuf, &SchemaObject> = BTreeMap::new();
    for version in archive.versions.iter().filter(|v| v.deleted != Some(true)) {
        let path = path(version, args.all);
        match files.get(&path) {
            Some(other) if other.subject == version.subject && other.version > version.version => {}
            Some(other) if other.subject != version.subject => {
                bail!("{} and {} would be one file: {}", other.subject, version.subject, path.display())
            }
            _ => drop(files.insert(path, version)),
        }
    }
    let there: Vec<&Path> = files.keys().map(PathBuf::as_path).filter(|path| args.folder.join(path).exists()).collect();
    if let (Some(first), false) = (there.first(), args.overwrite) {
        bail!("{} is there already; name another folder, or add --overwrite", args.folder.join(first).display());
    }
    for (path, version) in &files {
        let path = args.folder.join(path);
        let folder = path.parent().unwrap_or(&args.folder);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let text = format!("{}\n", version.schema.trim_end_matches('\n'));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say!("{}: {}", args.folder.display(), crate::output::count(files.len(), "file"));
    Ok(Exit::Clean)
}

/// Where a version goes: never outside of the folder, whatever the subject is called.
fn path(version: &SchemaObject, all: bool) -> PathBuf {
    let (context, subject) = match version.subject.strip_prefix(":.").and_then(|rest| rest.split_once(':')) {
        Some((context, subject)) => (Some(context), subject),
        None => (None, version.subject.as_str()),
    };
    let ending = match version.format() {
        SchemaType::Avro => ".avsc",
        SchemaType::Protobuf => ".proto",
        SchemaType::Json => ".json",
        SchemaType::Other(_) => ".txt",
    };
    let mut path: PathBuf = context.map(|context| format!("context-{}", safe(context))).into_iter().collect();
    let name = safe(subject);
    // The subject of an import is often called like its file.
    let name = name.strip_suffix(ending).unwrap_or(&name);
    if all {
        path.push(name);
        path.push(format!("v{}{ending}", version.version));
    } else {
        path.push(format!("{name}{ending}"));
    }
    path
}

/// A name for a file: what could lead elsewhere, or be refused by some system, is escaped as in an address.
fn safe(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '@' | '+' | '=');
    let mut text = String::new();
    for (at, c) in name.char_indices() {
        if plain(c) && !(at == 0 && matches!(c, '.' | ' ')) {
            text.push(c);
        } else {
            use std::fmt::Write as _;
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(subject: &str, kind: SchemaType, all: bool) -> String {
        let version = SchemaObject { subject: subject.into(), version: 3, schema_type: Some(kind), ..SchemaObject::default() };
        path(&version, all).display().to_string()
    }

    #[test]
    fn no_subject_leaves_the_folder() {
        assert_eq!(shown("orders-value", SchemaType::Avro, false), "orders-value.avsc");
        assert_eq!(shown("orders-value", SchemaType::Json, true), "orders-value/v3.json");
        assert_eq!(shown(":.eu:a", SchemaType::Avro, false), "context-eu/a.avsc");
        assert_eq!(shown("shop/money.proto", SchemaType::Protobuf, false), "shop%2Fmoney.proto");
        assert_eq!(shown("../../etc/passwd", SchemaType::Avro, false), "%2E.%2F..%2Fetc%2Fpasswd.avsc");
        assert_eq!(shown("..", SchemaType::Avro, true), "%2E./v3.avsc");
    }
}
