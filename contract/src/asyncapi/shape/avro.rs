//! The form of Avro schemas as far as the official document schema looks: what has which fields, not which names are known.

use super::walk::{Checker, RESOLVED};
use super::{Form, Object, Type, may, must, open};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Value};

const PRIMITIVES: &[&str] = &["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const NAME: Type = Type::Form(Form::AvroName);
const NAMESPACE: Type = Type::Form(Form::AvroNamespace);
const NAMES: Type = Type::List(&NAME);

static RECORD: Object = open(
    "Avro record",
    &[
        must("name", NAME),
        may("namespace", NAMESPACE),
        may("doc", Type::Text),
        may("aliases", NAMES),
        must("fields", Type::List(&Type::Object(&FIELD))),
    ],
);

static FIELD: Object = open(
    "Avro field",
    &[
        must("name", NAME),
        must("type", Type::Avro),
        may("doc", Type::Text),
        may("order", Type::Enum(&["ascending", "descending", "ignore"])),
        may("aliases", NAMES),
    ],
);

static ENUM: Object = open(
    "Avro enum",
    &[must("name", NAME), may("namespace", NAMESPACE), may("doc", Type::Text), may("aliases", NAMES), must("symbols", NAMES)],
);

static ARRAY: Object = open(
    "Avro array",
    &[may("name", NAME), may("namespace", NAMESPACE), may("doc", Type::Text), may("aliases", NAMES), must("items", Type::Avro)],
);

static MAP: Object = open(
    "Avro map",
    &[may("name", NAME), may("namespace", NAMESPACE), may("doc", Type::Text), may("aliases", NAMES), must("values", Type::Avro)],
);

static FIXED: Object = open(
    "Avro fixed",
    &[must("name", NAME), may("namespace", NAMESPACE), may("doc", Type::Text), may("aliases", NAMES), must("size", Type::Number)],
);

static UNION: Type = Type::FullList(&Type::Avro);

pub(super) fn check<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    match &node.value {
        Value::String(name) => {
            if !name.split('.').all(|part| Form::AvroName.holds(part)) {
                checker.wrong_value(node, "the name of an Avro type");
            }
        }
        Value::Sequence(_) => checker.check(&UNION, node),
        Value::Mapping(_) => {
            let Some(kind) = node.get("type") else {
                return checker.about(node, "an Avro schema must have the field `type`".to_owned());
            };
            let table = match kind.as_str() {
                Some("record") => &RECORD,
                Some("enum") => &ENUM,
                Some("array") => &ARRAY,
                Some("map") => &MAP,
                Some("fixed") => &FIXED,
                Some(primitive) if PRIMITIVES.contains(&primitive) => return,
                _ => {
                    let message = format!("`type` must be one of record, enum, array, map, fixed, {}", PRIMITIVES.join(", "));
                    return checker.error(Diagnostic::error(RESOLVED, kind.span, message));
                }
            };
            checker.object(table, node);
        }
        _ => checker.wrong(node, "an Avro schema (a name, an object or a list)"),
    }
}
