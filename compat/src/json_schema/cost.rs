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
