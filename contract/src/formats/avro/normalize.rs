//! What a Confluent registry changes when it normalises a schema: the order of properties, and defaults that the Avro library
//! cannot turn into a value.

use super::java_json::{Number, comma, double, float, parse_number, utf16_order, write_node, write_string};
use super::parse::java_double;
use super::tree::{Kind, Logical, Schema, Type, TypeId};
use crate::yaml::{Entry, Node, Value};

/// The properties of a type in order: those of a valid logical type first (a scale of zero is not one of them), the others sorted.
pub(super) fn sort_props(ty: &Type, props: &mut [Entry]) {
    let valid = !matches!(ty.logical, None | Some(Logical::Unknown(_)));
    let has_logical = !matches!(ty.kind, Kind::Record(_) | Kind::Enum(_) | Kind::Array(_) | Kind::Map(_) | Kind::Union(_));
    let rank = |e: &Entry| match (e.key.as_str(), &ty.logical) {
        ("logicalType", _) if valid && has_logical => 0,
        ("precision", Some(Logical::Decimal { .. })) => 1,
        ("scale", Some(Logical::Decimal { scale, .. })) if *scale != 0 => 2,
        _ => 3,
    };
    props.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| utf16_order(&a.key, &b.key)));
}

/// The default as JSON text, or `None` when the library finds no value for it (a union counts as its first branch).
pub(super) fn default(schema: &Schema, ty: TypeId, node: &Node) -> Option<String> {
    let mut out = String::new();
    let kind = &schema.get(ty).kind;
    if let (Kind::Float | Kind::Double, Value::String(text)) = (kind, &node.value) {
        super::java_json::write_double(&mut out, java_double(text)?);
        return Some(out);
    }
    value(schema, Some(ty), node, &mut out)?;
    Some(out)
}

fn value(schema: &Schema, ty: Option<TypeId>, node: &Node, out: &mut String) -> Option<()> {
    let kind = ty.map(|ty| match &schema.get(ty).kind {
        Kind::Union(branches) => branches.first().map_or(&Kind::Null, |first| &schema.get(*first).kind),
        other => other,
    });
    match (&node.value, kind) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Bool(b), None | Some(Kind::Boolean)) => out.push_str(if *b { "true" } else { "false" }),
        (Value::Number(n), kind) => out.push_str(&number(n, kind)?),
        (Value::String(s), None | Some(Kind::String | Kind::Enum(_) | Kind::Bytes | Kind::Fixed(_))) => write_string(out, s),
        (Value::Sequence(items), None | Some(Kind::Array(_))) => {
            let inner = if let Some(Kind::Array(inner)) = kind { Some(*inner) } else { None };
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                comma(out, i);
                value(schema, inner, item, out)?;
            }
            out.push(']');
        }
        (Value::Mapping(m), None) => write_node(out, &Node { span: node.span, value: Value::Mapping(m.clone()) }, true),
        (Value::Mapping(m), Some(Kind::Map(_) | Kind::Record(_))) => {
            let mut entries: Vec<&Entry> = m.entries.iter().collect();
            entries.sort_by(|a, b| utf16_order(&a.key, &b.key));
            out.push('{');
            for (i, entry) in entries.into_iter().enumerate() {
                comma(out, i);
                write_string(out, &entry.key);
                out.push(':');
                let inner = match kind {
                    Some(Kind::Map(inner)) => Some(*inner),
                    Some(Kind::Record(r)) => r.fields.iter().find(|f| f.name == entry.key).map(|f| f.ty),
                    _ => None,
                };
                value(schema, inner, &entry.value, out)?;
            }
            out.push('}');
        }
        _ => return None,
    }
    Some(())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // the casts of Java, on purpose
fn number(text: &str, kind: Option<&Kind>) -> Option<String> {
    Some(match (parse_number(text), kind) {
        (Number::Whole(n), None | Some(Kind::Int | Kind::Long)) => n.to_string(),
        (Number::Digits(digits), None) => digits,
        (Number::Whole(n), Some(Kind::Double)) => double(n as f64),
        (Number::Whole(n), Some(Kind::Float)) => float(n as f32),
        (Number::Real(f), None | Some(Kind::Double)) => double(f),
        (Number::Real(f), Some(Kind::Float)) => float(f as f32),
        _ => return None,
    })
}
