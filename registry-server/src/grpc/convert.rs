//! Objects of REST as messages, and back.

use eventpact_registry_client::grpc::messages::{
    CheckResponse, Finding, LevelVerdict, Place, Reference, Schema, SchemaVersion, Undecided, Witness,
};
use eventpact_registry_client::wire::verdict::{self, CheckReport, VersionFinding};
use eventpact_registry_client::{RegisterRequest, RegisterResponse, SchemaObject, SchemaString, SchemaType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::state;

/// A schema as a request of REST has it.
pub(super) fn to_register(schema: Option<Schema>) -> Result<RegisterRequest, ApiError> {
    let schema = schema.ok_or_else(|| ApiError::missing_body(None))?;
    Ok(RegisterRequest {
        schema_type: (!schema.schema_type.is_empty()).then(|| SchemaType::from(schema.schema_type.as_str())),
        schema: Some(schema.schema),
        references: schema.references.into_iter().map(reference).collect(),
        metadata: read("metadata", &schema.metadata)?,
        rule_set: read("rule_set", &schema.rule_set)?,
        ..RegisterRequest::default()
    })
}

fn reference(Reference { name, subject, version }: Reference) -> eventpact_registry_client::Reference {
    eventpact_registry_client::Reference { name, subject, version }
}

fn references(all: Vec<eventpact_registry_client::Reference>) -> Vec<Reference> {
    all.into_iter().map(|r| Reference { name: r.name, subject: r.subject, version: r.version }).collect()
}

/// An object of JSON in a field; empty for none.
fn read<T: DeserializeOwned>(field: &str, text: &str) -> Result<Option<T>, ApiError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|cause| ApiError::bad_request(format!("{field} does not fit: {cause}")))
}

/// An object as JSON; empty for none.
pub(super) fn write<T: Serialize>(value: Option<&T>) -> String {
    value.and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default()
}

/// A schema as it is stored.
pub(super) fn stored(schema: &state::Schema) -> Schema {
    Schema {
        schema_type: schema.format.as_str().to_owned(),
        schema: schema.text.to_string(),
        references: references(schema.references.clone()),
        metadata: write(schema.metadata.as_ref()),
        rule_set: write(schema.rules.as_ref()),
    }
}

pub(super) fn registered(subject: String, answer: RegisterResponse) -> SchemaVersion {
    let schema = Schema {
        schema_type: answer.schema_type.unwrap_or_default().as_str().to_owned(),
        schema: answer.schema.unwrap_or_default(),
        references: references(answer.references),
        metadata: write(answer.metadata.as_ref()),
        rule_set: write(answer.rule_set.as_ref()),
    };
    SchemaVersion {
        subject,
        version: answer.version.unwrap_or_default(),
        id: answer.id,
        guid: answer.guid.unwrap_or_default(),
        deleted: answer.deleted.unwrap_or_default(),
        schema: Some(schema),
        timestamp: answer.ts.unwrap_or_default(),
    }
}

pub(super) fn version(found: SchemaObject) -> SchemaVersion {
    let schema = Schema {
        schema_type: found.format().as_str().to_owned(),
        schema: found.schema,
        references: references(found.references),
        metadata: write(found.metadata.as_ref()),
        rule_set: write(found.rule_set.as_ref()),
    };
    SchemaVersion {
        subject: found.subject,
        version: found.version,
        id: found.id,
        guid: found.guid.unwrap_or_default(),
        deleted: found.deleted.unwrap_or_default(),
        schema: Some(schema),
        timestamp: found.ts.unwrap_or_default(),
    }
}

pub(super) fn of_id(id: u32, found: SchemaString) -> SchemaVersion {
    let schema = Schema {
        schema_type: found.format().as_str().to_owned(),
        schema: found.schema,
        references: references(found.references),
        metadata: write(found.metadata.as_ref()),
        rule_set: write(found.rule_set.as_ref()),
    };
    SchemaVersion {
        subject: found.subject.unwrap_or_default(),
        version: found.version.unwrap_or_default(),
        id,
        guid: found.guid.unwrap_or_default(),
        deleted: found.deleted.unwrap_or_default(),
        schema: Some(schema),
        timestamp: found.ts.unwrap_or_default(),
    }
}

pub(super) fn report(report: CheckReport) -> CheckResponse {
    let (deploy_order, deploy_text) = report.deploy.map(|deploy| (deploy.order, deploy.text)).unwrap_or_default();
    let level = |l: verdict::LevelVerdict| LevelVerdict {
        level: l.level,
        verdict: l.verdict,
        errors: number(l.errors),
        warnings: number(l.warnings),
    };
    let undecided =
        |u: verdict::Undecided| Undecided { version: u.version, direction: u.direction.unwrap_or_default(), message: u.message };
    CheckResponse {
        subject: report.subject,
        profile: report.profile,
        level: report.level,
        verdict: report.verdict,
        accepted: report.accepted,
        levels: report.levels.into_iter().map(level).collect(),
        versions: report.versions,
        findings: report.findings.into_iter().map(finding).collect(),
        unknown: report.unknown.into_iter().map(undecided).collect(),
        deploy_order,
        deploy_text,
    }
}

fn finding(found: VersionFinding) -> Finding {
    let place = Place {
        file: found.file,
        line: number(found.line),
        column: number(found.column),
        end_line: number(found.end_line),
        end_column: number(found.end_column),
        label: found.label,
    };
    let witness = found.witness.map(|witness| Witness {
        json: witness.json,
        encoded: witness.hex.map(|hex| bytes(&hex)).unwrap_or_default(),
        reader_error: witness.reader_error,
    });
    Finding {
        rule: found.rule,
        severity: found.severity,
        direction: found.direction,
        versions: found.versions,
        levels: found.levels,
        message: found.message,
        place: Some(place),
        related: found.related.into_iter().map(related).collect(),
        element: found.element,
        help: found.help.unwrap_or_default(),
        witness,
        fingerprint: found.fingerprint,
    }
}

fn related(place: verdict::Place) -> Place {
    Place {
        file: place.file,
        line: number(place.line),
        column: number(place.column),
        end_line: number(place.end_line),
        end_column: number(place.end_column),
        label: place.message,
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The bytes of our own hexadecimal text.
fn bytes(hex: &str) -> Vec<u8> {
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    pairs.iter().filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
