//! Values to bytes: statements that append to `out`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::read::index;
use super::shape::{DECIMAL_DIGITS, Item, ItemKind, Lowered, Shape};
use crate::names;

/// The value that is written, as an expression.
pub(super) struct Place {
    /// By reference.
    pub(super) reference: TokenStream,
    /// By value, for `Copy` types.
    pub(super) value: TokenStream,
    /// In front of a point.
    pub(super) receiver: TokenStream,
}

/// Statements that append the value of `shape`; `context` says where an error belongs.
fn statements(lowered: &Lowered, shape: &Shape, place: &Place, context: &TokenStream) -> TokenStream {
    let Place { reference, value, receiver } = place;
    match shape {
        Shape::Null => quote!(),
        Shape::Boolean => quote!(wire::write_boolean(out, #value);),
        Shape::Int => quote!(wire::write_int(out, #value);),
        Shape::Long => quote!(wire::write_long(out, #value);),
        Shape::Float => quote!(wire::write_float(out, #value);),
        Shape::Double => quote!(wire::write_double(out, #value);),
        Shape::Bytes => quote!(wire::write_bytes(out, #reference);),
        Shape::String => quote!(wire::write_string(out, #reference);),
        Shape::IntType(_) => quote!(wire::write_int(out, #receiver.0);),
        Shape::LongType(_) => quote!(wire::write_long(out, #receiver.0);),
        Shape::Decimal { precision, scale, fixed } => {
            let (digits, scale) = (Literal::u32_unsuffixed(*precision), Literal::u32_unsuffixed(*scale));
            match (*precision <= DECIMAL_DIGITS, fixed.map(index)) {
                (true, None) => quote!(logical::write_decimal(out, #value, #digits, #scale)#context;),
                (true, Some(size)) => quote!(logical::write_decimal_fixed::<#size>(out, #value, #digits, #scale)#context;),
                (false, None) => quote!(logical::write_wide_decimal(out, #reference, #digits, #scale)#context;),
                (false, Some(size)) => {
                    quote!(logical::write_wide_decimal_fixed::<#size>(out, #reference, #digits, #scale)#context;)
                }
            }
        }
        Shape::BigDecimal => quote!(logical::write_big_decimal(out, #reference);),
        Shape::Uuid { fixed: false } => quote!(logical::write_uuid(out, #value);),
        Shape::Uuid { fixed: true } => quote!(logical::write_uuid_fixed(out, #value);),
        Shape::Duration => quote!(logical::write_duration(out, #value);),
        Shape::Fixed(_) => quote!(wire::write_fixed(out, #reference);),
        Shape::Item(item) => match &lowered.item(*item) {
            Item { kind: ItemKind::Enum { .. }, .. } => quote!(wire::write_int(out, #value as i32);),
            Item { deep: true, .. } => quote!(#receiver.write(out, depth)#context;),
            _ => quote!(#receiver.write(out)#context;),
        },
        Shape::Array(inner) => {
            let (item, body) = closure(lowered, inner);
            quote!(wire::write_array(out, #reference, |#item| { #body Ok(()) })#context;)
        }
        Shape::Map(inner) => {
            let (item, body) = closure(lowered, inner);
            quote!(wire::write_map(out, #reference, |#item| { #body Ok(()) })#context;)
        }
        Shape::Optional { inner, null_first } => {
            let body = statements(lowered, inner, &borrowed("value"), context);
            let (null, some) = if *null_first { (0, 1) } else { (1, 0) };
            let (null, some) = (index(null), index(some));
            let value = if matches!(**inner, Shape::Null) { quote!(_) } else { quote!(value) };
            quote! {
                match #reference {
                    None => wire::write_int(out, #null),
                    Some(#value) => { wire::write_int(out, #some); #body }
                }
            }
        }
        Shape::Single(inner) => {
            let body = statements(lowered, inner, place, context);
            quote!(wire::write_int(out, 0); #body)
        }
        Shape::Boxed(inner) => statements(lowered, inner, place, context),
    }
}

/// The arguments and the body of the closure for an item of an array or a map.
fn closure(lowered: &Lowered, inner: &Shape) -> (TokenStream, TokenStream) {
    let body = statements(lowered, inner, &borrowed("value"), &quote!(?));
    match inner {
        Shape::Null => (quote!(_, _), body),
        _ => (quote!(out, value), body),
    }
}

/// A field of `self`.
pub(super) fn field_place(own: &TokenStream) -> Place {
    Place { reference: quote!(&#own), value: own.clone(), receiver: own.clone() }
}

/// A variable that holds a reference.
pub(super) fn borrowed(name: &str) -> Place {
    let name = Ident::new(name, Span::call_site());
    Place { reference: quote!(#name), value: quote!(*#name), receiver: quote!(#name) }
}

/// The function `write` of an item; enums need none.
pub(super) fn function(lowered: &Lowered, item: &Item) -> TokenStream {
    let body = match &item.kind {
        ItemKind::Enum { .. } => return TokenStream::new(),
        ItemKind::Record(fields) => {
            let statements = fields.iter().map(|field| {
                let (name, wire_name) = (names::ident(&field.name), &field.wire_name);
                let place = field_place(&quote!(self.#name));
                statements(lowered, &field.shape, &place, &quote!(.map_err(|e| e.in_field(#wire_name))?))
            });
            quote!(#(#statements)*)
        }
        ItemKind::Union(branches) => {
            let arms = branches.iter().enumerate().map(|(n, branch)| {
                let (n, variant) = (index(n), names::ident(&branch.variant));
                if matches!(branch.shape, Shape::Null) {
                    return quote!(Self::#variant => wire::write_int(out, #n));
                }
                let body = statements(lowered, &branch.shape, &borrowed("value"), &quote!(?));
                quote!(Self::#variant(value) => { wire::write_int(out, #n); #body })
            });
            quote!(match self { #(#arms),* })
        }
    };
    let guard = item.recursive.then(|| quote!(let depth = depth + 1; wire::check_depth(depth)?;));
    let depth = item.deep.then(|| quote!(, depth: u32));
    let out = if body.is_empty() { quote!(_) } else { quote!(out) };
    quote! {
        fn write(&self, #out: &mut Vec<u8>#depth) -> Result<(), EncodeError> { #guard #body Ok(()) }
    }
}

/// The statements that write the payload, `self` or the field of the type around it.
pub(super) fn payload(lowered: &Lowered, wrapped: bool) -> TokenStream {
    let place = if wrapped { field_place(&quote!(self.0)) } else { borrowed("self") };
    statements(lowered, &lowered.root, &place, &quote!(?))
}
