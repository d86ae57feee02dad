//! A value of each type for the examples: small, and right for the schema.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::shape::{DECIMAL_DIGITS, INLINE_FIXED, ItemKind, Lowered, Shape};
use crate::names::ident;

/// How deep samples nest; types that never end have none.
const MAX_DEPTH: usize = 12;
/// From this depth on lists and maps stay empty.
const ENOUGH: usize = 3;

/// An expression for the payload's type, whose items are in `module`; `None` when there is no small value.
pub(super) fn payload(lowered: &Lowered, root: &str, module: &Ident) -> Option<TokenStream> {
    let sampler = Sampler { lowered, module };
    match &lowered.root {
        Shape::Item(index) if lowered.item(*index).name == root => sampler.value(&lowered.root, root, 0),
        shape => {
            let (name, value) = (ident(root), sampler.value(shape, root, 0)?);
            Some(quote!(#module::#name(#value)))
        }
    }
}

struct Sampler<'a> {
    lowered: &'a Lowered,
    module: &'a Ident,
}

impl Sampler<'_> {
    /// A value; texts say where they stand.
    fn value(&self, shape: &Shape, place: &str, depth: usize) -> Option<TokenStream> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match shape {
            Shape::Null => quote!(()),
            Shape::Boolean => quote!(true),
            Shape::Int | Shape::Long => quote!(1),
            Shape::Float | Shape::Double => quote!(1.5),
            Shape::Bytes => quote!(vec![1, 2, 3]),
            Shape::String => quote!(String::from(#place)),
            Shape::IntType(name) | Shape::LongType(name) => time(name),
            Shape::Decimal { precision, scale, .. } => decimal(*precision, *scale),
            Shape::BigDecimal => quote!(types::BigDecimal::new(1995, 2)),
            Shape::Uuid { .. } => quote!(types::Uuid::from_u128(0x6f1c1d7e_3c57_4f0c_8f43_7f1d5f3f7a10)),
            Shape::Duration => quote!(types::Duration { months: 0, days: 1, millis: 500 }),
            Shape::Fixed(size) => {
                let (large, size) = (*size > INLINE_FIXED, Literal::usize_unsuffixed(*size));
                if large { quote!(Box::new([7; #size])) } else { quote!([7; #size]) }
            }
            Shape::Item(index) => self.item(*index, depth)?,
            Shape::Array(_) if depth > ENOUGH => quote!(Vec::new()),
            Shape::Map(_) if depth > ENOUGH => quote!(BTreeMap::new()),
            Shape::Array(inner) => match self.value(inner, place, depth + 1) {
                Some(value) => quote!(vec![#value]),
                None => quote!(Vec::new()),
            },
            Shape::Map(inner) => match self.value(inner, place, depth + 1) {
                Some(value) => quote!(BTreeMap::from([(String::from("key"), #value)])),
                None => quote!(BTreeMap::new()),
            },
            Shape::Optional { inner, .. } => match **inner {
                Shape::Boxed(_) | Shape::Item(_) => quote!(None),
                ref inner => match self.value(inner, place, depth + 1) {
                    Some(value) => quote!(Some(#value)),
                    None => quote!(None),
                },
            },
            Shape::Single(inner) => self.value(inner, place, depth + 1)?,
            Shape::Boxed(inner) => {
                let value = self.value(inner, place, depth + 1)?;
                quote!(Box::new(#value))
            }
        })
    }

    fn item(&self, index: usize, depth: usize) -> Option<TokenStream> {
        let (item, module) = (self.lowered.item(index), self.module);
        let name = ident(&item.name);
        match &item.kind {
            ItemKind::Record(fields) => {
                let values: Option<Vec<TokenStream>> = fields
                    .iter()
                    .map(|field| {
                        let (name, value) = (ident(&field.name), self.value(&field.shape, &field.wire_name, depth + 1)?);
                        Some(quote!(#name: #value))
                    })
                    .collect();
                let values = values?;
                Some(quote!(#module::#name { #(#values),* }))
            }
            ItemKind::Enum { symbols, default } => {
                let first = symbols.iter().enumerate().find(|(n, _)| *default != Some(*n)).or(symbols.iter().enumerate().next());
                let variant = ident(&first?.1.variant);
                Some(quote!(#module::#name::#variant))
            }
            ItemKind::Union(branches) => branches.iter().find_map(|branch| {
                let variant = ident(&branch.variant);
                if matches!(branch.shape, Shape::Null) {
                    return Some(quote!(#module::#name::#variant));
                }
                let value = self.value(&branch.shape, &branch.variant, depth + 1)?;
                Some(quote!(#module::#name::#variant(#value)))
            }),
        }
    }
}

/// The same moment in every unit.
fn time(name: &str) -> TokenStream {
    let number = match name {
        "Date" => 20_778,
        "TimeMillis" => 36_900_000,
        "TimeMicros" => 36_900_000_000,
        "TimestampMillis" | "LocalTimestampMillis" => 1_795_256_100_000,
        "TimestampMicros" | "LocalTimestampMicros" => 1_795_256_100_000_000,
        _ => 1_795_256_100_000_000_000,
    };
    let (name, number) = (ident(name), Literal::i64_unsuffixed(number));
    quote!(types::#name(#number))
}

fn decimal(precision: u32, scale: u32) -> TokenStream {
    let digits = if precision >= 4 { 1995 } else { 1 };
    let (digits, scale) = (Literal::i64_unsuffixed(digits), Literal::u32_unsuffixed(scale));
    if precision <= DECIMAL_DIGITS {
        quote!(types::Decimal::new(#digits, #scale))
    } else {
        quote!(types::BigDecimal::new(#digits, #scale))
    }
}
