//! A schema file and what it refers to, as a registration carries them.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use eventpact_registry_client::{Client, Reference, RegisterRequest, SchemaType};

/// The longest schema file, in bytes: registries take 1 MiB at most.
const MAX_BYTES: u64 = 1 << 20;

/// One schema, as the user names it.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SchemaArgs {
    /// What the file is, when its ending does not tell: .avsc, .proto, .json.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// What the schema refers to, and where it is registered; without a version the latest. May be repeated.
    #[arg(long = "reference", value_name = "NAME=SUBJECT[@VERSION]", value_parser = reference)]
    references: Vec<Reference>,
}

/// The formats of a registry.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Avro,
    Protobuf,
    Json,
}

impl From<Kind> for SchemaType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Avro => Self::Avro,
            Kind::Protobuf => Self::Protobuf,
            Kind::Json => Self::Json,
        }
    }
}

fn reference(text: &str) -> Result<Reference, String> {
    let (name, place) = text.split_once('=').ok_or("write NAME=SUBJECT or NAME=SUBJECT@VERSION")?;
    let (subject, version) = match place.rsplit_once('@') {
        Some((subject, "latest")) => (subject, -1),
        Some((subject, version)) => {
            let number = version.parse().ok().filter(|n| *n > 0);
            (subject, number.ok_or("the version is a number from 1 on, or `latest`")?)
        }
        None => (place, -1),
    };
    if name.is_empty() || subject.is_empty() {
        return Err("neither the name nor the subject may be empty".into());
    }
    Ok(Reference::new(name, subject, version))
}

impl SchemaArgs {
    /// Reads the file (`-`: standard input); the latest versions of what it refers to are looked up.
    pub(super) async fn request(&self, file: &str, client: &Client) -> Result<RegisterRequest> {
        let text = read(file)?;
        let kind = match (self.kind, file.rsplit_once('.').map(|(_, ending)| ending)) {
            (Some(kind), _) => kind,
            (None, Some("avsc" | "avro")) => Kind::Avro,
            (None, Some("proto")) => Kind::Protobuf,
            (None, Some("json")) => Kind::Json,
            _ => bail!("the name {file} does not tell what it is: add --type avro, --type protobuf or --type json"),
        };
        let mut references = self.references.clone();
        for reference in references.iter_mut().filter(|reference| reference.version < 0) {
            let latest = client.latest(&reference.subject).await;
            reference.version = latest.with_context(|| format!("what {} refers to", reference.name))?.version;
        }
        Ok(RegisterRequest::new(kind.into(), text).with_references(references))
    }
}

fn read(file: &str) -> Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        let opened = std::fs::File::open(PathBuf::from(file)).with_context(|| format!("cannot read {file}"))?;
        opened.take(MAX_BYTES + 1).read_to_string(&mut text).with_context(|| format!("cannot read {file}"))?;
    }
    if text.len() as u64 > MAX_BYTES {
        bail!("{file} is longer than 1 MiB, which no registry takes");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_written_in_one_word() {
        assert_eq!(reference("a.B=s-value@3"), Ok(Reference::new("a.B", "s-value", 3)));
        assert_eq!(reference("a.proto=:.c:s"), Ok(Reference::new("a.proto", ":.c:s", -1)));
        assert_eq!(reference("n=a@b@latest"), Ok(Reference::new("n", "a@b", -1)));
        for wrong in ["", "a", "=s", "a=", "a=s@0", "a=s@x"] {
            assert!(reference(wrong).is_err(), "{wrong}");
        }
    }
}
