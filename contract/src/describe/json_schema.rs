//! The fields of a JSON Schema: properties, also those behind `$ref`, `allOf` and the branches of `oneOf` and `anyOf`.

use super::{Description, MAX_NAMES, Row, Table, join, some_of};
use crate::formats::json_schema::{Schema, SchemaId, Sub};
use crate::yaml::Node;

pub(super) fn describe(schema: &Schema) -> Description {
    let mut walk = Walk { schema, table: Table::default(), open: Vec::new(), steps: 0 };
    let root = target(schema, schema.root);
    walk.below(schema.root, "", 0);
    if walk.table.rows.is_empty() {
        let row = walk.row(schema.root, String::new(), 0, true);
        walk.table.add(row);
    }
    let sub = schema.get(root);
    Description {
        name: schema.root().title.clone().or_else(|| sub.title.clone()),
        description: schema.root().description.clone().or_else(|| sub.description.clone()),
        rows: walk.table.rows,
        cut: walk.table.cut,
    }
}

/// The schema behind references that stand alone.
pub(super) fn target(schema: &Schema, id: SchemaId) -> SchemaId {
    let mut id = id;
    for _ in 0..64 {
        match schema.get(id).reference {
            Some(next) => id = next,
            None => break,
        }
    }
    id
}

/// Schemas that are looked at: branches within branches multiply without giving a row.
const MAX_STEPS: usize = 20_000;

struct Walk<'s> {
    schema: &'s Schema,
    table: Table,
    /// The schemas that the walk is inside of.
    open: Vec<SchemaId>,
    steps: usize,
}

impl Walk<'_> {
    fn row(&self, id: SchemaId, path: String, depth: usize, required: bool) -> Row {
        let (own, sub) = (self.schema.get(id), self.schema.get(target(self.schema, id)));
        Row {
            path,
            depth,
            type_name: type_name(self.schema, id, 0),
            required,
            default: own.default.as_ref().or(sub.default.as_ref()).map(|node| node.to_json().to_string()),
            description: own.description.clone().or_else(|| sub.description.clone()),
            constraints: constraints(sub),
        }
    }

    /// The rows of what a schema consists of.
    fn below(&mut self, id: SchemaId, path: &str, depth: usize) {
        let schema = self.schema;
        let id = target(schema, id);
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.table.cut = true;
        }
        if self.table.cut || self.open.contains(&id) || self.open.len() > 100 {
            return;
        }
        self.open.push(id);
        let sub = schema.get(id);
        for part in &sub.all_of {
            self.below(*part, path, depth);
        }
        for property in &sub.properties {
            let required = sub.required.iter().any(|(name, _)| *name == property.name);
            let row = self.row(property.schema, join(path, &property.name), depth, required);
            let path = row.path.clone();
            if self.table.add(row) {
                self.below(property.schema, &path, depth + 1);
            }
        }
        let branches: Vec<SchemaId> = sub.one_of.iter().chain(&sub.any_of).copied().collect();
        for (n, branch) in branches.iter().enumerate() {
            let name = branch_name(schema, *branch, n);
            self.below(*branch, &format!("{path}({name})"), depth);
        }
        if let Some(items) = &sub.items {
            for item in items.prefix.iter().chain(&items.rest) {
                self.below(*item, &format!("{path}[]"), depth);
            }
        }
        if let Some(more) = sub.additional_properties {
            self.below(more.schema, &format!("{path}{{}}"), depth);
        }
        for (_, values) in &sub.pattern_properties {
            self.below(*values, &format!("{path}{{}}"), depth);
        }
        self.open.pop();
    }
}

fn branch_name(schema: &Schema, id: SchemaId, n: usize) -> String {
    let (own, sub) = (schema.get(id), schema.get(target(schema, id)));
    let title = own.title.as_ref().or(sub.title.as_ref());
    title.cloned().or_else(|| reference_name(schema, id)).unwrap_or_else(|| format!("{}", n + 1))
}

/// The last part of the pointer of what a schema refers to.
fn reference_name(schema: &Schema, id: SchemaId) -> Option<String> {
    let reference = schema.get(id).reference?;
    let name = schema.get(reference).pointer.rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn type_name(schema: &Schema, id: SchemaId, depth: usize) -> String {
    let sub = schema.get(target(schema, id));
    if depth > 3 {
        return "…".to_owned();
    }
    match sub.boolean {
        Some(true) => return "any".to_owned(),
        Some(false) => return "nothing".to_owned(),
        None => {}
    }
    let mut branches: Vec<String> = sub
        .one_of
        .iter()
        .chain(&sub.any_of)
        .take(MAX_NAMES)
        .map(|branch| {
            schema
                .get(*branch)
                .title
                .clone()
                .or_else(|| schema.get(target(schema, *branch)).title.clone())
                .unwrap_or_else(|| type_name(schema, *branch, depth + 1))
        })
        .collect();
    if sub.one_of.len() + sub.any_of.len() > MAX_NAMES {
        branches.push("…".to_owned());
    }
    if sub.types.is_empty() && !branches.is_empty() {
        return branches.join(" | ");
    }
    let names: Vec<String> = sub
        .types
        .iter()
        .map(|ty| match (ty.as_str(), &sub.items) {
            ("array", Some(items)) => match items.rest {
                Some(rest) if items.prefix.is_empty() => format!("array of {}", type_name(schema, rest, depth + 1)),
                _ => "array".to_owned(),
            },
            ("object", _) => object_name(schema, sub, depth),
            (name, _) => name.to_owned(),
        })
        .collect();
    let name = match (names.is_empty(), &sub.constant, &sub.enumeration) {
        (false, ..) => names.join(" | "),
        (true, Some(value), _) => json_type(value).to_owned(),
        (true, None, Some(values)) => values.first().map_or("any", json_type).to_owned(),
        _ if !sub.properties.is_empty() => "object".to_owned(),
        _ if !sub.all_of.is_empty() => sub.all_of.first().map_or_else(String::new, |part| type_name(schema, *part, depth + 1)),
        _ => "any".to_owned(),
    };
    match &sub.format {
        Some(format) => format!("{name} ({format})"),
        None => name,
    }
}

fn object_name(schema: &Schema, sub: &Sub, depth: usize) -> String {
    let more = sub.additional_properties.filter(|more| schema.get(more.schema).boolean.is_none());
    match more {
        Some(more) if sub.properties.is_empty() => format!("map of {}", type_name(schema, more.schema, depth + 1)),
        _ => sub.title.clone().unwrap_or_else(|| "object".to_owned()),
    }
}

fn json_type(node: &Node) -> &'static str {
    node.kind().rsplit(' ').next().unwrap_or("any")
}

/// Limits of one value in words.
fn constraints(sub: &Sub) -> Vec<String> {
    let mut found = Vec::new();
    let number = |name: &str| sub.node.get(name).map(Node::to_json).filter(serde_json::Value::is_number);
    if let Some(value) = &sub.constant {
        found.push(format!("always {}", value.to_json()));
    }
    if let Some(values) = &sub.enumeration {
        let names: Vec<String> =
            values.iter().map(|value| value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned)).collect();
        found.push(format!("one of {}", some_of(&names)));
    }
    for (name, words) in [
        ("minimum", "at least N"),
        ("exclusiveMinimum", "more than N"),
        ("maximum", "at most N"),
        ("exclusiveMaximum", "less than N"),
        ("multipleOf", "a multiple of N"),
        ("minLength", "at least N characters"),
        ("maxLength", "at most N characters"),
        ("minItems", "at least N items"),
        ("maxItems", "at most N items"),
        ("minProperties", "at least N entries"),
        ("maxProperties", "at most N entries"),
    ] {
        if let Some(n) = number(name) {
            found.push(words.replace('N', &n.to_string()));
        }
    }
    if let Some(pattern) = sub.node.get("pattern").and_then(Node::as_str) {
        found.push(format!("matches {pattern}"));
    }
    if sub.node.get("uniqueItems").and_then(Node::as_bool) == Some(true) {
        found.push("no item twice".to_owned());
    }
    if sub.deprecated {
        found.push("deprecated".to_owned());
    }
    found
}
