//! Types that are the same in both versions, as most are: no rule has anything to say about them, so they need no walk.

use std::mem::discriminant;

use eventpact_contract::formats::avro::{EnumType, Kind, Schema, Type, TypeId};

use crate::pair::Pair;

/// The longest enum that is compared here: others are compared once and remembered.
const MAX_SYMBOLS: usize = 64;

/// Whether two types are the same, down to what their values mean. `false` says nothing: it is also the answer for records, large
/// enums and all unions but of `null` and one other type, whose branches may meet in more than one way.
pub(super) fn are_twins(schemas: Pair<'_, Schema>, reader: TypeId, writer: TypeId) -> bool {
    let (ours, theirs) = (schemas.reader.get(reader), schemas.writer.get(writer));
    if discriminant(&ours.kind) != discriminant(&theirs.kind) || ours.logical != theirs.logical {
        return false;
    }
    match (&ours.kind, &theirs.kind) {
        // Types that have no name are as deep as they are written.
        (Kind::Array(ours), Kind::Array(theirs)) | (Kind::Map(ours), Kind::Map(theirs)) => are_twins(schemas, *ours, *theirs),
        (Kind::Union(ours), Kind::Union(theirs)) => {
            let is_null = |schema: &Schema, id: TypeId| matches!(schema.get(id).kind, Kind::Null);
            match (&**ours, &**theirs) {
                ([a, b], [c, d]) if is_null(schemas.reader, *a) || is_null(schemas.reader, *b) => {
                    are_twins(schemas, *a, *c) && are_twins(schemas, *b, *d)
                }
                _ => false,
            }
        }
        (Kind::Enum(ours), Kind::Enum(theirs)) => ours.named.name == theirs.named.name && same_symbols(ours, theirs),
        (Kind::Fixed(ours), Kind::Fixed(theirs)) => ours.named.name == theirs.named.name && ours.size == theirs.size,
        (Kind::Record(_), Kind::Record(_)) => false,
        _ => true,
    }
}

/// The same of two types without others in them.
pub(super) fn are_twin_leaves(reader: &Type, writer: &Type) -> bool {
    discriminant(&reader.kind) == discriminant(&writer.kind) && reader.logical == writer.logical
}

fn same_symbols(reader: &EnumType, writer: &EnumType) -> bool {
    reader.symbols.len() == writer.symbols.len()
        && reader.symbols.len() <= MAX_SYMBOLS
        && reader.symbols.iter().zip(&writer.symbols).all(|(ours, theirs)| ours.name == theirs.name)
        && reader.default.as_ref().map(|symbol| &symbol.name) == writer.default.as_ref().map(|symbol| &symbol.name)
}
