//! `eventpact fingerprint FILE`

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use eventpact_contract::diagnostic::{Severity, has_errors};
use eventpact_contract::formats::avro::{md5, parsing_canonical_form, rabin, sha256};
use eventpact_contract::load;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::Sources;
use serde_json::json;

use crate::exit::Exit;
use crate::input::Tree;
use crate::output::{self, OutputArgs};

/// Arguments of `fingerprint`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The canonical form is the Parsing Canonical Form of the Avro specification as Avro Java prints it. The Rabin \
fingerprint is the number of Avro Java in 16 hexadecimal digits; single-object encoding writes it with its last byte first."
)]
pub(crate) struct Args {
    /// An Avro schema (.avsc), protocol (.avpr) or IDL file (.avdl), or git:REF:PATH.
    file: String,
    /// The type of a protocol or an IDL file [default: each of its records].
    #[arg(long = "type", value_name = "NAME")]
    name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the canonical form and its fingerprints.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let tree = Tree::open(&args.file, None)?;
    let [entry] = tree.entries.as_slice() else { bail!("{} is a folder; name an Avro file", args.file) };
    let ending = Path::new(&entry.path).extension().and_then(|ending| ending.to_str());
    let is_protocol = matches!(ending, Some("avpr" | "avdl"));
    let (schemas, mut found) = if is_protocol && args.name.is_none() {
        load::load_avro_types(&mut sources, &*tree.reader, &entry.path)
    } else {
        let (schema, found) =
            load::load_schema(&mut sources, &*tree.reader, &entry.path, Some(Format::Avro), args.name.as_deref());
        (schema.map(|schema| (String::new(), schema)).into_iter().collect(), found)
    };
    if schemas.is_empty() || has_errors(&found) {
        found.retain(|d| d.severity == Severity::Error);
        OutputArgs::text().print("invalid", &mut found, &sources)?;
        return Ok(Exit::CouldNotRun);
    }
    let rows: Vec<_> = schemas.iter().filter_map(|(_, schema)| row(schema)).collect();
    let mut text = String::new();
    if args.json {
        text = serde_json::to_string_pretty(&rows)? + "\n";
    } else {
        for (n, row) in rows.iter().enumerate() {
            text.push_str(if n > 0 { "\n" } else { "" });
            for key in ["name", "canonical", "rabin", "md5", "sha256"] {
                writeln!(text, "{key:9}  {}", row[key].as_str().unwrap_or(""))?;
            }
        }
    }
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn row(schema: &Schema) -> Option<serde_json::Value> {
    let Schema::Avro(schema) = schema else { return None };
    let form = parsing_canonical_form(schema);
    Some(json!({
        "name": schema.root().branch_name(),
        "rabin": format!("{:016x}", rabin(&form)),
        "md5": hex(&md5(&form)),
        "sha256": hex(&sha256(&form)),
        "canonical": form,
    }))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
