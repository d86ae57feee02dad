//! How much work a schema asks of a validator for one message: a few lines can ask for more than anybody can wait for.

use std::collections::{HashMap, HashSet};

use eventpact_contract::formats::json_schema::{Schema, SchemaId};

/// Evaluations of a schema at a place that the messages of one comparison may ask for together.
pub(super) const MAX_STEPS: f64 = 6_000_000.0;
/// Messages are tried only when so many of them can be.
pub(super) const LEAST_MESSAGES: f64 = 50.0;
/// References are followed this deep: the validator calls itself.
const MAX_DEPTH: usize = 300;

/// The evaluations that a plain message asks for, each property and item taken once; else why none can be tried.
pub(super) fn of_message(schema: &Schema) -> Result<f64, String> {
    let mut meter = Meter { schema, kept: HashMap::new(), open: HashSet::new() };
    meter.steps(schema.root, 0, 0)
}

/// How many choices of branches a value has at most, at the place where it has most: what a normal form may spell out.
pub(super) fn ways(schema: &Schema) -> f64 {
    let mut kept = HashMap::new();
    let ids = (0..).map(SchemaId).take(schema.subs.len());
    ids.map(|id| ways_through(schema, id, &mut kept, 0)).fold(1.0, f64::max)
}

fn ways_through(schema: &Schema, id: SchemaId, kept: &mut HashMap<SchemaId, f64>, depth: usize) -> f64 {
    if let Some(ways) = kept.get(&id) {
        return *ways;
    }
    if depth > MAX_DEPTH {
        return f64::INFINITY;
    }
    // What leads back to itself adds no way.
    kept.insert(id, 1.0);
    let sub = schema.get(id);
    let either = |branches: &[SchemaId], kept: &mut HashMap<SchemaId, f64>| {
        branches.iter().map(|branch| ways_through(schema, *branch, kept, depth + 1)).sum::<f64>().max(1.0)
    };
    let mut ways = either(&sub.any_of, kept) * either(&sub.one_of, kept);
    for part in sub.in_place().filter(|part| !sub.any_of.contains(part) && !sub.one_of.contains(part)) {
        ways *= ways_through(schema, part, kept, depth + 1);
    }
    if sub.conditional.is_some() {
        ways *= 2.0;
    }
    kept.insert(id, ways);
    ways
}

struct Meter<'s> {
    schema: &'s Schema,
    kept: HashMap<SchemaId, f64>,
    /// What is being counted, with the number of values that were entered.
    open: HashSet<(SchemaId, usize)>,
}

impl Meter<'_> {
    fn steps(&mut self, id: SchemaId, entered: usize, depth: usize) -> Result<f64, String> {
        if let Some(steps) = self.kept.get(&id) {
            return Ok(*steps);
        }
        if depth > MAX_DEPTH {
            return Err("a schema refers to others too deep".to_owned());
        }
        if self.open.contains(&(id, entered)) {
            return Err("a schema leads back to itself without going into the value".to_owned());
        }
        if self.open.iter().any(|(open, _)| *open == id) {
            // Deeper in the value: counted where it began.
            return Ok(1.0);
        }
        self.open.insert((id, entered));
        let sub = self.schema.get(id);
        let mut steps = 1.0;
        if let Some(target) = sub.reference.filter(|_| self.schema.dialect.reference_stands_alone()) {
            steps += self.steps(target, entered, depth + 1)?;
        } else {
            let here: HashSet<SchemaId> = sub.in_place().collect();
            for part in sub.in_place() {
                steps += self.steps(part, entered, depth + 1)?;
            }
            for part in sub.children().filter(|c| !here.contains(c)) {
                steps += self.steps(part, entered + 1, depth + 1)?;
            }
        }
        if sub.unevaluated_properties.is_some() || sub.unevaluated_items.is_some() {
            steps *= 2.0;
        }
        self.open.remove(&(id, entered));
        self.kept.insert(id, steps);
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::super::proof::parsed;
    use super::*;

    #[test]
    fn ways_multiply_where_all_hold_and_add_up_where_one_does() {
        let of = |text: &str| ways(&parsed(text.to_owned()).expect("a schema"));
        assert!((of(r#"{"properties": {"a": {}, "b": {"type": "string"}}}"#) - 1.0).abs() < 0.1);
        assert!((of(r#"{"properties": {"a": {"anyOf": [{}, {"oneOf": [{}, {}]}]}}}"#) - 3.0).abs() < 0.1);
        let parts = format!(r#"{{"allOf": [{}]}}"#, [r#"{"anyOf": [{}, {}, {}]}"#; 5].join(","));
        assert!((of(&parts) - 243.0).abs() < 0.1);
        assert!((of(r##"{"allOf": [{"$ref": "#"}, {"anyOf": [{"$ref": "#"}, {}]}]}"##) - 2.0).abs() < 0.1);
    }
}
