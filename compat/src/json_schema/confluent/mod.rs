//! The profile `confluent`: what Confluent's schema registry sees and says, under its policies STRICT and LENIENT.
//!
//! A structural comparison with the names of its difference types, after its development head. The writer's schema is what the
//! registry calls the original, the reader's the update. Where the registry itself fails on a pair, it refuses, and so does this.

mod combined;
mod diff;
mod early;
pub mod kinds;
mod lists;
mod merge;
mod modern;
mod objects;
mod part;
mod values;

use eventpact_contract::formats::json_schema::{Schema, SchemaId, Sub};

use crate::options::Policy;
use crate::pair::Pair;
use crate::report::{PeerWording, Report};

use super::finding::{Break, finding};
use super::locate;
use super::rules;
use diff::{Diff, Difference, Stop};
use part::{PartId, Parts, Side};

/// Every difference, compatible or not, as the registry names and places it (`MAXIMUM_ADDED`, `#/properties/a/maximum`).
///
/// # Errors
/// Why there is no list: the registry fails on the pair, or the schemas are too large to compare.
pub fn differences(pair: Pair<'_, Schema>, policy: Policy) -> Result<Vec<PeerWording>, String> {
    let (_, found) = run(pair, policy);
    match found {
        Ok(found) => Ok(found.iter().map(wording).collect()),
        Err(Stop::Fails(at)) => Err(format!("the registry fails at {}", wording(&at).location)),
        Err(Stop::TooMuch) => Err(TOO_MUCH.to_owned()),
    }
}

const TOO_MUCH: &str = "the schemas are too large or too deep to compare as the registry does";

/// Compares one reader with one writer.
pub(super) fn compare(pair: Pair<'_, Schema>, policy: Policy) -> Report {
    // The registry never compares a schema with itself.
    if pair.reader.document.to_json() == pair.writer.document.to_json() {
        return Report::new();
    }
    let mut report = Report::new();
    // Confluent's registry does not follow them, and neither does this comparison.
    let dynamic = |schema: &Schema| schema.subs.iter().any(|s| s.dynamic_reference.is_some());
    if dynamic(pair.reader) || dynamic(pair.writer) {
        report.unknown = Some("a schema has `$dynamicRef` or `$recursiveRef`, which are not compared".to_owned());
    }
    let (parts, found) = run(pair, policy);
    let found = match found {
        Ok(found) => found,
        Err(Stop::Fails(at)) => vec![at],
        Err(Stop::TooMuch) => {
            report.unknown = Some(TOO_MUCH.to_owned());
            return report;
        }
    };
    for difference in found.iter().filter(|d| !kinds::is_compatible(d.kind, policy)) {
        add(pair, &parts, difference, &mut report);
    }
    report
}

fn run(pair: Pair<'_, Schema>, policy: Policy) -> (Parts<'_>, Result<Vec<Difference>, Stop>) {
    let mut parts = Parts::new(pair);
    let original = parts.load(Side::Writer, pair.writer.root);
    let update = parts.load(Side::Reader, pair.reader.root);
    let mut diff = Diff::new(parts, policy);
    let found = diff.run(original, update);
    (diff.parts, found)
}

/// The sentences of the registry belong to the registry.
fn wording(difference: &Difference) -> PeerWording {
    PeerWording { kind: difference.kind.to_owned(), location: format!("#/{}", difference.path), detail: String::new() }
}

/// The schemas of a difference: the reader's, the writer's.
fn sides(pair: Pair<'_, Schema>, parts: &Parts<'_>, (a, b): (PartId, PartId)) -> (SchemaId, SchemaId) {
    let of = |side: Side| [a, b].iter().map(|id| parts.get(*id)).find(|part| part.side == side).map(|part| part.schema);
    (of(Side::Reader).unwrap_or(pair.reader.root), of(Side::Writer).unwrap_or(pair.writer.root))
}

fn add(pair: Pair<'_, Schema>, parts: &Parts<'_>, difference: &Difference, report: &mut Report) {
    let (reader, writer) = sides(pair, parts, difference.parts);
    let (reader, writer) = (pair.reader.get(reader), pair.writer.get(writer));
    let rule = rules::of_difference(difference.kind);
    let keyword = difference.path.rsplit('/').next().unwrap_or_default().to_owned();
    let keyword = if difference.kind.starts_with("TYPE_") { "type".to_owned() } else { keyword };
    let peer = wording(difference);
    let at = peer.location.trim_start_matches('#').replace("/properties/", "/");
    // A property that one side does not have is shown where the other has it.
    let is_property = difference.kind.contains("PROPERTY") && difference.path.rsplit('/').nth(1) == Some("properties");
    let place = |schema: &Schema, sub: &Sub| {
        let property = locate::property(schema, &at).filter(|_| is_property);
        property.unwrap_or_else(|| locate::place(sub, &keyword))
    };
    let places = (place(pair.reader, reader), place(pair.writer, writer));
    let found = Break { keyword, at, reader: places.0, writer: places.1 };
    report.findings.push(finding(rule, found, peer.location.clone(), None, Some(peer)));
}
