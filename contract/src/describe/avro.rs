//! The fields of an Avro schema. A field is required when it has no default.

use super::{Description, MAX_NAMES, Row, Table, join, some_of};
use crate::formats::avro::{Kind, Logical, Schema, TypeId};
use crate::yaml::Node;

pub(super) fn describe(schema: &Schema) -> Description {
    let root = schema.root();
    let mut walk = Walk { schema, table: Table::default(), open: Vec::new() };
    if let Kind::Record(_) = root.kind {
        walk.below(schema.root, "", 0);
    } else {
        let row = walk.row(schema.root, String::new(), 0);
        if walk.table.add(row) {
            walk.below(schema.root, "", 1);
        }
    }
    let named = root.kind.named();
    Description {
        name: named.map(|named| named.name.full()),
        description: named.and_then(|named| schema.doc(named.doc.as_ref())).map(str::to_owned),
        rows: walk.table.rows,
        cut: walk.table.cut,
    }
}

struct Walk<'s> {
    schema: &'s Schema,
    table: Table,
    /// The named types that the walk is inside of.
    open: Vec<TypeId>,
}

impl Walk<'_> {
    fn row(&self, id: TypeId, path: String, depth: usize) -> Row {
        Row {
            path,
            depth,
            type_name: type_name(self.schema, id, 0),
            required: true,
            default: None,
            description: None,
            constraints: constraints(self.schema, id),
        }
    }

    /// The rows of what a type consists of.
    fn below(&mut self, id: TypeId, path: &str, depth: usize) {
        let schema = self.schema;
        match &schema.get(id).kind {
            Kind::Record(record) => {
                if self.open.contains(&id) {
                    return;
                }
                self.open.push(id);
                for field in &record.fields {
                    let mut row = self.row(field.ty, join(path, &field.name), depth);
                    row.required = field.default.is_none();
                    row.default = field.default.as_ref().map(|node: &Node| node.to_json().to_string());
                    row.description = schema.doc(field.doc.as_ref()).map(str::to_owned);
                    let path = row.path.clone();
                    if self.table.add(row) {
                        self.below(field.ty, &path, depth + 1);
                    }
                }
                self.open.pop();
            }
            Kind::Array(items) => self.below(*items, &format!("{path}[]"), depth),
            Kind::Map(values) => self.below(*values, &format!("{path}{{}}"), depth),
            Kind::Union(branches) => {
                let real: Vec<TypeId> = branches.iter().copied().filter(|b| !is_null(schema, *b)).collect();
                for branch in &real {
                    // One type and null need no name for the type.
                    let path =
                        if real.len() == 1 { path.to_owned() } else { format!("{path}({})", simple_name(schema, *branch)) };
                    self.below(*branch, &path, depth);
                }
            }
            _ => {}
        }
    }
}

fn is_null(schema: &Schema, id: TypeId) -> bool {
    matches!(schema.get(id).kind, Kind::Null)
}

fn simple_name(schema: &Schema, id: TypeId) -> String {
    let kind = &schema.get(id).kind;
    kind.named().map_or_else(|| kind.name().to_owned(), |named| named.name.name.to_string())
}

fn type_name(schema: &Schema, id: TypeId, depth: usize) -> String {
    let ty = schema.get(id);
    if depth > 3 {
        return "…".to_owned();
    }
    if let Some(name) = ty.logical.as_ref().and_then(logical_name) {
        return name;
    }
    match &ty.kind {
        Kind::Array(items) => format!("array of {}", type_name(schema, *items, depth + 1)),
        Kind::Map(values) => format!("map of {}", type_name(schema, *values, depth + 1)),
        Kind::Union(branches) => {
            let mut names: Vec<String> = branches.iter().take(MAX_NAMES).map(|b| type_name(schema, *b, depth + 1)).collect();
            if branches.len() > MAX_NAMES {
                names.push("…".to_owned());
            }
            names.join(" | ")
        }
        Kind::Enum(_) => format!("enum {}", simple_name(schema, id)),
        Kind::Fixed(fixed) => format!("{} (fixed, {} bytes)", simple_name(schema, id), fixed.size),
        _ => simple_name(schema, id),
    }
}

/// The name of a logical type, `decimal(9, 2)` with its numbers; `None` for one that the specification does not name.
pub fn logical_name(logical: &Logical) -> Option<String> {
    let name = match logical {
        Logical::Decimal { precision, scale } => return Some(format!("decimal({precision}, {scale})")),
        Logical::BigDecimal => "big-decimal",
        Logical::Uuid => "uuid",
        Logical::Date => "date",
        Logical::TimeMillis => "time-millis",
        Logical::TimeMicros => "time-micros",
        Logical::TimestampMillis => "timestamp-millis",
        Logical::TimestampMicros => "timestamp-micros",
        Logical::TimestampNanos => "timestamp-nanos",
        Logical::LocalTimestampMillis => "local-timestamp-millis",
        Logical::LocalTimestampMicros => "local-timestamp-micros",
        Logical::LocalTimestampNanos => "local-timestamp-nanos",
        Logical::Duration => "duration",
        Logical::Unknown(_) => return None,
    };
    Some(name.to_owned())
}

/// The symbols of an enum, also behind null, arrays and maps.
fn constraints(schema: &Schema, id: TypeId) -> Vec<String> {
    let mut id = id;
    for _ in 0..8 {
        match &schema.get(id).kind {
            Kind::Enum(found) => {
                let symbols: Vec<String> = found.symbols.iter().map(|symbol| symbol.name.to_string()).collect();
                return vec![format!("one of {}", some_of(&symbols))];
            }
            Kind::Array(inner) | Kind::Map(inner) => id = *inner,
            Kind::Union(branches) => {
                let mut real = branches.iter().filter(|b| !is_null(schema, **b));
                match (real.next(), real.next()) {
                    (Some(only), None) => id = *only,
                    _ => return Vec::new(),
                }
            }
            _ => return Vec::new(),
        }
    }
    Vec::new()
}
