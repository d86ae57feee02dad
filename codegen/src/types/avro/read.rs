//! Bytes to values: expressions that give a `Result`.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::{DECIMAL_DIGITS, Form, INLINE_FIXED, Item, ItemKind, Lowered, Shape};
use crate::names;

/// An expression of type `Result<T, DecodeError>` that reads `shape` in `form` from `r`.
pub(super) fn expression(lowered: &Lowered, shape: &Shape, form: Form) -> TokenStream {
    match shape {
        Shape::Null => quote!(Ok(())),
        Shape::Boolean => quote!(r.boolean()),
        Shape::Int => quote!(r.int()),
        Shape::Long => quote!(r.long()),
        Shape::Float => quote!(r.float()),
        Shape::Double => quote!(r.double()),
        Shape::Bytes if form == Form::Borrowed => quote!(r.bytes()),
        Shape::Bytes => quote!(r.bytes().map(<[u8]>::to_vec)),
        Shape::String if form == Form::Borrowed => quote!(r.str()),
        Shape::String => quote!(r.string()),
        Shape::IntType(name) => {
            let name = names::ident(name);
            quote!(r.int().map(types::#name))
        }
        Shape::LongType(name) => {
            let name = names::ident(name);
            quote!(r.long().map(types::#name))
        }
        Shape::Decimal { precision, scale, fixed } => decimal(*precision, *scale, *fixed),
        Shape::BigDecimal => quote!(logical::read_big_decimal(r)),
        Shape::Uuid { fixed: false } => quote!(logical::read_uuid(r)),
        Shape::Uuid { fixed: true } => quote!(logical::read_uuid_fixed(r)),
        Shape::Duration => quote!(logical::read_duration(r)),
        Shape::Fixed(size) => {
            let (large, size) = (*size > INLINE_FIXED, index(*size));
            match (large, form) {
                (true, Form::Owned) => quote!(r.boxed_fixed::<#size>()),
                (true, Form::Borrowed) => quote!(r.fixed_ref::<#size>()),
                (false, _) => quote!(r.fixed::<#size>()),
            }
        }
        Shape::Item(index) => {
            let name = lowered.item_path(*index, form);
            quote!(#name::read(r))
        }
        Shape::Array(item) => {
            let (least, item) = (index(lowered.least_bytes(item)), closure(lowered, item, form));
            quote!(r.array(#least, #item))
        }
        Shape::Map(value) => {
            let (least, value) = (index(lowered.least_bytes(value)), closure(lowered, value, form));
            let method = if form == Form::Borrowed { quote!(map_ref) } else { quote!(map) };
            quote!(r.#method(#least, #value))
        }
        Shape::Optional { inner, null_first } => {
            let inner = closure(lowered, inner, form);
            let method = if *null_first { quote!(optional) } else { quote!(optional_null_last) };
            quote!(r.#method(#inner))
        }
        Shape::Single(inner) => {
            let inner = closure(lowered, inner, form);
            quote!(r.single(#inner))
        }
        Shape::Boxed(inner) => {
            let inner = expression(lowered, inner, form);
            quote!(#inner.map(Box::new))
        }
    }
}

fn decimal(precision: u32, scale: u32, fixed: Option<usize>) -> TokenStream {
    let scale = Literal::u32_unsuffixed(scale);
    let fixed = fixed.map(index);
    match (precision <= DECIMAL_DIGITS, fixed) {
        (true, None) => quote!(logical::read_decimal(r, #scale)),
        (true, Some(size)) => quote!(logical::read_decimal_fixed::<#size>(r, #scale)),
        (false, None) => quote!(logical::read_wide_decimal(r, #scale)),
        (false, Some(size)) => quote!(logical::read_wide_decimal_fixed::<#size>(r, #scale)),
    }
}

/// The same as something that can be called with `r`.
fn closure(lowered: &Lowered, shape: &Shape, form: Form) -> TokenStream {
    match shape {
        Shape::Item(index) => {
            let name = lowered.item_path(*index, form);
            quote!(#name::read)
        }
        Shape::Null => quote!(|_| Ok(())),
        shape => {
            let expression = expression(lowered, shape, form);
            quote!(|r| #expression)
        }
    }
}

/// The function `read` of an item, or of its borrowed twin.
pub(super) fn function(lowered: &Lowered, item: &Item, form: Form) -> TokenStream {
    let body = match &item.kind {
        ItemKind::Record(fields) => {
            let fields = fields.iter().map(|field| {
                let (name, wire_name) = (names::ident(&field.name), &field.wire_name);
                match &field.shape {
                    Shape::Null => quote!(#name: ()),
                    shape => {
                        let value = expression(lowered, shape, form);
                        quote!(#name: #value.map_err(|e| e.in_field(#wire_name))?)
                    }
                }
            });
            let value = quote!(Self { #(#fields),* });
            if item.recursive { quote!(r.enter()?; let value = #value; r.leave(); Ok(value)) } else { quote!(Ok(#value)) }
        }
        ItemKind::Enum { symbols, .. } => {
            let arms = symbols.iter().enumerate().map(|(n, symbol)| {
                let (n, variant) = (index(n), names::ident(&symbol.variant));
                quote!(#n => Ok(Self::#variant))
            });
            let (name, count) = (&item.name, index(symbols.len()));
            quote!(match r.long()? { #(#arms,)* index => Err(r.bad_index(#name, index, #count)) })
        }
        ItemKind::Union(branches) => {
            let arms = branches.iter().enumerate().map(|(n, branch)| {
                let (n, variant) = (index(n), names::ident(&branch.variant));
                match &branch.shape {
                    Shape::Null => quote!(#n => Ok(Self::#variant)),
                    shape => {
                        let value = expression(lowered, shape, form);
                        quote!(#n => #value.map(Self::#variant))
                    }
                }
            });
            let (name, count) = (&item.name, index(branches.len()));
            quote!(match r.long()? { #(#arms,)* index => Err(r.bad_index(#name, index, #count)) })
        }
    };
    let reader = match &item.kind {
        ItemKind::Record(fields) if !item.recursive && fields.iter().all(|f| matches!(f.shape, Shape::Null)) => quote!(_),
        _ => quote!(r),
    };
    let lifetime = if form == Form::Borrowed { quote!('a) } else { quote!('_) };
    quote!(fn read(#reader: &mut wire::Reader<#lifetime>) -> Result<Self, DecodeError> { #body })
}

/// The statements that read a whole payload from `bytes`; `value` reads it from `r`.
pub(super) fn payload(value: &TokenStream) -> TokenStream {
    quote! {
        let mut reader = wire::Reader::new(bytes);
        let r = &mut reader;
        let value = #value?;
        reader.finish()?;
        Ok(value)
    }
}

/// A number without a suffix, as people write it in a `match`.
pub(super) fn index(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}
