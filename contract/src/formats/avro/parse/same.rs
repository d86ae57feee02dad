//! Whether two definitions of one name say the same.

use std::collections::BTreeMap;

use super::super::tree::{EnumType, Field, Kind, Record, TypeId};
use super::Parser;
use crate::yaml::{Entry, Node};

impl Parser {
    /// Whether two types say the same, as Avro Java compares them: without docs and aliases.
    pub(super) fn same(&self, left: TypeId, right: TypeId) -> bool {
        if left == right {
            return true;
        }
        if self.unfinished(left).is_some() || self.unfinished(right).is_some() {
            return false;
        }
        let (left, right) = (self.get(left), self.get(right));
        if json(left.props.own()) != json(right.props.own()) {
            return false;
        }
        match (&left.kind, &right.kind) {
            (Kind::Record(first), Kind::Record(second)) => self.same_records(first, second),
            (Kind::Enum(first), Kind::Enum(second)) => {
                first.named.name == second.named.name && symbols(first).eq(symbols(second))
            }
            (Kind::Fixed(first), Kind::Fixed(second)) => first.named.name == second.named.name && first.size == second.size,
            (Kind::Array(first), Kind::Array(second)) | (Kind::Map(first), Kind::Map(second)) => self.same(*first, *second),
            (Kind::Union(first), Kind::Union(second)) => {
                first.len() == second.len() && first.iter().zip(second).all(|(a, b)| self.same(*a, *b))
            }
            (first, second) => first.name() == second.name(),
        }
    }

    fn same_records(&self, first: &Record, second: &Record) -> bool {
        let same_field = |(a, b): (&Field, &Field)| {
            a.name == b.name
                && a.order == b.order
                && a.default.as_ref().map(Node::to_json) == b.default.as_ref().map(Node::to_json)
                && json(a.props.own()) == json(b.props.own())
                && self.same(a.ty, b.ty)
        };
        first.named.name == second.named.name
            && first.fields.len() == second.fields.len()
            && first.fields.iter().zip(&second.fields).all(same_field)
    }
}

fn json(props: &[Entry]) -> BTreeMap<&str, serde_json::Value> {
    props.iter().map(|e| (e.key.as_str(), e.value.to_json())).collect()
}

fn symbols(e: &EnumType) -> impl Iterator<Item = &str> {
    e.symbols.iter().map(|s| s.name.as_str())
}
