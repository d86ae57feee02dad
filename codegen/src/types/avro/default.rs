//! Defaults of the schema as Rust values. What has no plain Rust literal gives no `Default`: nothing is made up.

use eventpact_contract::yaml::{Node, Value};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::{DECIMAL_DIGITS, Field, INLINE_FIXED, Item, ItemKind, Lowered, Shape};
use crate::names;

/// How deep defaults may nest; a record that defaults to itself ends here.
const MAX_DEPTH: usize = 16;

/// `impl Default` for a record of which every field has a default.
pub(super) fn implementation(lowered: &Lowered, item: &Item) -> Option<TokenStream> {
    let ItemKind::Record(fields) = &item.kind else { return None };
    let value = record(lowered, fields, None, &quote!(Self), 0)?;
    let name = names::ident(&item.name);
    Some(quote! {
        /// The defaults of the schema.
        impl Default for #name {
            fn default() -> Self { #value }
        }
    })
}

/// A record with the values of `node`, and the defaults of the fields that it leaves out.
fn record(lowered: &Lowered, fields: &[Field], node: Option<&Node>, ty: &TokenStream, depth: usize) -> Option<TokenStream> {
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let node = node.and_then(|n| n.get(&field.wire_name)).or(field.default.as_ref())?;
        let (name, value) = (names::ident(&field.name), value(lowered, &field.shape, node, depth + 1)?);
        values.push(quote!(#name: #value));
    }
    Some(quote!(#ty { #(#values),* }))
}

fn value(lowered: &Lowered, shape: &Shape, node: &Node, depth: usize) -> Option<TokenStream> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match shape {
        Shape::Null => matches!(node.value, Value::Null).then(|| quote!(()))?,
        Shape::Boolean => {
            let value = node.as_bool()?;
            quote!(#value)
        }
        Shape::Int => literal(&Literal::i32_unsuffixed(i32::try_from(node.as_i64()?).ok()?)),
        Shape::Long => literal(&Literal::i64_unsuffixed(node.as_i64()?)),
        Shape::Float => float(node, &quote!(f32))?,
        Shape::Double => float(node, &quote!(f64))?,
        Shape::String => text(node.as_str()?),
        Shape::Bytes => bytes_vec(&latin1(node.as_str()?)?),
        Shape::Fixed(size) => fixed(&latin1(node.as_str()?)?, *size)?,
        Shape::IntType(name) => {
            let (name, value) = (names::ident(name), Literal::i32_unsuffixed(i32::try_from(node.as_i64()?).ok()?));
            quote!(types::#name(#value))
        }
        Shape::LongType(name) => {
            let (name, value) = (names::ident(name), Literal::i64_unsuffixed(node.as_i64()?));
            quote!(types::#name(#value))
        }
        Shape::Decimal { precision, scale, .. } => decimal(*precision, *scale, &latin1(node.as_str()?)?)?,
        Shape::Uuid { fixed: false } => uuid(node.as_str()?)?,
        Shape::Uuid { fixed: true } | Shape::Duration | Shape::BigDecimal => return None,
        Shape::Item(index) => item(lowered, *index, node, depth)?,
        Shape::Array(inner) => {
            let items = node.as_sequence()?.iter().map(|n| value(lowered, inner, n, depth + 1)).collect::<Option<Vec<_>>>()?;
            if items.is_empty() { quote!(Vec::new()) } else { quote!(vec![#(#items),*]) }
        }
        Shape::Map(inner) => {
            let entry = |e: &eventpact_contract::yaml::Entry| {
                let (key, value) = (text(&e.key), value(lowered, inner, &e.value, depth + 1)?);
                Some(quote!((#key, #value)))
            };
            let entries = node.as_mapping()?.entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
            if entries.is_empty() { quote!(BTreeMap::new()) } else { quote!(BTreeMap::from([#(#entries),*])) }
        }
        Shape::Optional { inner, .. } => match node.value {
            Value::Null => quote!(None),
            _ => {
                let inner = value(lowered, inner, node, depth + 1)?;
                quote!(Some(#inner))
            }
        },
        Shape::Single(inner) => value(lowered, inner, node, depth + 1)?,
        Shape::Boxed(inner) => {
            let inner = value(lowered, inner, node, depth + 1)?;
            quote!(Box::new(#inner))
        }
    })
}

fn item(lowered: &Lowered, index: usize, node: &Node, depth: usize) -> Option<TokenStream> {
    let item = lowered.item(index);
    let name = names::ident(&item.name);
    match &item.kind {
        ItemKind::Record(fields) => {
            node.as_mapping()?;
            record(lowered, fields, Some(node), &quote!(#name), depth)
        }
        ItemKind::Enum { symbols, .. } => {
            let symbol = symbols.iter().find(|s| Some(s.wire_name.as_str()) == node.as_str())?;
            let variant = names::ident(&symbol.variant);
            Some(quote!(#name::#variant))
        }
        ItemKind::Union(branches) => branches.iter().find_map(|branch| {
            let variant = names::ident(&branch.variant);
            let value = value(lowered, &branch.shape, node, depth + 1)?;
            Some(if matches!(branch.shape, Shape::Null) { quote!(#name::#variant) } else { quote!(#name::#variant(#value)) })
        }),
    }
}

fn literal(literal: &Literal) -> TokenStream {
    quote!(#literal)
}

fn text(text: &str) -> TokenStream {
    if text.is_empty() { quote!(String::new()) } else { quote!(String::from(#text)) }
}

fn float(node: &Node, ty: &TokenStream) -> Option<TokenStream> {
    match &node.value {
        Value::Number(_) => {
            let value = node.as_f64().filter(|v| v.is_finite())?;
            let value = Literal::f64_unsuffixed(value);
            Some(quote!(#value))
        }
        Value::String(name) => match name.as_str() {
            "NaN" => Some(quote!(#ty::NAN)),
            "Infinity" | "INF" => Some(quote!(#ty::INFINITY)),
            "-Infinity" | "-INF" => Some(quote!(#ty::NEG_INFINITY)),
            _ => None,
        },
        _ => None,
    }
}

/// The bytes of a default: each character is the byte of its code point.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn byte_literals(bytes: &[u8]) -> Vec<Literal> {
    bytes.iter().map(|b| Literal::u8_unsuffixed(*b)).collect()
}

fn bytes_vec(bytes: &[u8]) -> TokenStream {
    let bytes = byte_literals(bytes);
    if bytes.is_empty() { quote!(Vec::new()) } else { quote!(vec![#(#bytes),*]) }
}

fn fixed(bytes: &[u8], size: usize) -> Option<TokenStream> {
    if bytes.len() != size || size > INLINE_FIXED {
        return None;
    }
    let bytes = byte_literals(bytes);
    Some(quote!([#(#bytes),*]))
}

/// Two's complement, most significant byte first.
fn decimal(precision: u32, scale: u32, bytes: &[u8]) -> Option<TokenStream> {
    let filler = if bytes.first().is_some_and(|b| *b >= 0x80) { 0xff } else { 0 };
    let mut word = [filler; 16];
    word.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    let unscaled = i128::from_be_bytes(word);
    if precision > DECIMAL_DIGITS {
        let (unscaled, scale) = (Literal::i128_unsuffixed(unscaled), Literal::u32_unsuffixed(scale));
        return Some(quote!(types::BigDecimal::new(#unscaled, #scale)));
    }
    if unscaled.unsigned_abs() >= 10_u128.pow(DECIMAL_DIGITS) {
        return None;
    }
    let (unscaled, scale) = (Literal::i128_unsuffixed(unscaled), Literal::u32_unsuffixed(scale));
    Some(quote!(types::Decimal::from_i128_with_scale(#unscaled, #scale)))
}

fn uuid(text: &str) -> Option<TokenStream> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || text.len() != 36 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number: Literal = format!("0x{}", digits.to_ascii_lowercase()).parse().ok()?;
    Some(quote!(types::Uuid::from_u128(#number)))
}
