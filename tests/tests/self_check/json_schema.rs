//! JSON Schema: what the writer's schema accepts, the reader's must accept; the `jsonschema` crate judges.

use std::sync::Arc;

use eventpact_compat::check::{self, Verdict};
use eventpact_compat::pair::Pair;
use eventpact_compat::report::Report;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Severity, has_errors};
use eventpact_contract::formats::json_schema;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use jsonschema::Validator;
use serde_json::Value as Json;

use crate::json::{Schemas, Values};
use crate::random::Rng;
use crate::run::{Tally, run, shrink};

/// Values for each pair that is called compatible.
const VALUES: u64 = 60;

#[test]
fn json_schema() {
    let tally = run("json_schema", (250, 24_000), one);
    assert_eq!(tally.witnesses, tally.breaks, "each break of JSON Schema has a witness");
}

/// A schema as the checker has it, and as the validator has it.
struct Side {
    schema: Schema,
    json: Json,
    validator: Validator,
}

fn parse(json: &Json) -> Option<Side> {
    let mut sources = Sources::new();
    let file = sources.add("schema.json", json.to_string());
    let (schema, found) = json_schema::parse(&yaml::parse(&sources, file).0?, &mut |_| None);
    let schema = schema.filter(|_| !has_errors(&found))?;
    let options = jsonschema::options().with_draft(schema.dialect.draft()).should_validate_formats(false);
    let validator = options.build(json).ok()?;
    Some(Side { schema: Schema::JsonSchema(Arc::new(schema)), json: json.clone(), validator })
}

fn one(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let mut rng = Rng(seed);
    let mut schemas = Schemas::new(&mut rng);
    let old = schemas.root();
    let mut new = old.clone();
    for _ in 0..=schemas.rng.below(3) {
        schemas.evolve(&mut new);
    }
    let (Some(a), Some(b)) = (parse(&old), parse(&new)) else {
        tally.note("pairs that are no schemas");
        return Ok(());
    };
    for (reader, writer, names) in [(&b, &a, "the second reads the first"), (&a, &b, "the first reads the second")] {
        let report = check::compare(Pair::new(&reader.schema, &writer.schema), Profile::Sound);
        let verdict = Verdict::of([&report]);
        tally.verdict(verdict);
        judge(&report, reader, writer, tally)?;
        let Some(value) = refused(reader, writer, tally) else { continue };
        match verdict {
            Verdict::Incompatible => {}
            Verdict::Unknown => tally.note("unknown although a value shows the break"),
            Verdict::Compatible => {
                let turned = std::ptr::eq(reader, &raw const a);
                let failing = |old: &Json, new: &Json| {
                    let (a, b) = (parse(old)?, parse(new)?);
                    let (reader, writer) = if turned { (&a, &b) } else { (&b, &a) };
                    let report = check::compare(Pair::new(&reader.schema, &writer.schema), Profile::Sound);
                    let compatible = Verdict::of([&report]) == Verdict::Compatible;
                    refused(reader, writer, &mut Tally::default()).filter(|_| compatible)
                };
                let (old, new) = shrink((old, new), |old, new| failing(old, new).is_some());
                let value = failing(&old, &new).unwrap_or(value);
                return Err(format!("compatible ({names}), but a value is refused\n{old}\n{new}\n{value}"));
            }
        }
    }
    Ok(())
}

/// Every error has a witness, which the writer accepts and the reader does not.
fn judge(report: &Report, reader: &Side, writer: &Side, tally: &mut Tally) -> Result<(), String> {
    for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
        tally.breaks += 1;
        let Some(witness) = &finding.witness else { continue };
        let value: Json = serde_json::from_str(&witness.json).map_err(|e| format!("{}: {e}", witness.json))?;
        if !writer.validator.is_valid(&value) || reader.validator.is_valid(&value) {
            return Err(format!("{}: the witness {value} proves nothing\n{}\n{}", finding.rule.id, reader.json, writer.json));
        }
        tally.witnesses += 1;
    }
    Ok(())
}

/// A value that the writer accepts and the reader refuses.
fn refused(reader: &Side, writer: &Side, tally: &mut Tally) -> Option<Json> {
    for seed in 0..VALUES {
        // Values near what one side asks for: the writer's most of the time.
        let root = if seed % 4 == 3 { &reader.json } else { &writer.json };
        let value = Values { rng: Rng(seed), root }.any();
        if !writer.validator.is_valid(&value) {
            continue;
        }
        tally.values += 1;
        if !reader.validator.is_valid(&value) {
            return Some(value);
        }
    }
    None
}
