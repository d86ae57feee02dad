//! Borrowed twins: the same types over the bytes of the payload, and how they become owned.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape::{DECIMAL_DIGITS, Form, Item, ItemKind, Lowered, Shape};
use super::write::{Place, borrowed, field_place};
use super::{items, read};
use crate::names;

/// The twin of a record or a union.
pub(super) fn print(lowered: &Lowered, item: &Item, twin: &str) -> TokenStream {
    let owned_name = names::ident(&item.name);
    let body = match &item.kind {
        ItemKind::Record(fields) => {
            let fields = fields.iter().map(|field| {
                let name = names::ident(&field.name);
                let value = owned(lowered, &field.shape, &field_place(&quote!(self.#name)));
                quote!(#name: #value)
            });
            quote!(#owned_name { #(#fields),* })
        }
        ItemKind::Enum { .. } => return TokenStream::new(),
        ItemKind::Union(branches) => {
            let arms = branches.iter().map(|branch| {
                let variant = names::ident(&branch.variant);
                if matches!(branch.shape, Shape::Null) {
                    return quote!(Self::#variant => #owned_name::#variant);
                }
                let value = owned(lowered, &branch.shape, &borrowed("value"));
                quote!(Self::#variant(value) => #owned_name::#variant(#value))
            });
            quote!(match self { #(#arms),* })
        }
    };
    let read = read::function(lowered, item, Form::Borrowed);
    around(&items::definition(lowered, item, Form::Borrowed), &item.name, twin, &body, &read)
}

/// The twin of the type around a payload.
pub(super) fn wrapper(lowered: &Lowered, shape: &Shape, root: &str, twin: &str) -> TokenStream {
    let (name, twin_name, ty) = (names::ident(root), names::ident(twin), lowered.rust_type(shape, Form::Borrowed));
    let value = owned(lowered, shape, &field_place(&quote!(self.0)));
    let definition = quote! {
        #[derive(Debug, Clone, PartialEq)]
        pub struct #twin_name<'a>(pub #ty);
    };
    around(&definition, root, twin, &quote!(#name(#value)), &TokenStream::new())
}

/// The definition with its documentation, the way to the owned type, and `read`.
fn around(definition: &TokenStream, owned: &str, twin: &str, body: &TokenStream, read: &TokenStream) -> TokenStream {
    let docs = format!(" [`{owned}`] as a view of the payload: texts, bytes and keys are borrowed from it.");
    let (owned, twin) = (names::ident(owned), names::ident(twin));
    let target = if read.is_empty() { quote!(impl #twin<'_>) } else { quote!(impl<'a> #twin<'a>) };
    quote! {
        #[doc = #docs]
        #definition

        #target {
            /// The same value with texts and bytes of its own.
            pub fn to_owned(&self) -> #owned { #body }

            #read
        }

        impl From<#twin<'_>> for #owned {
            fn from(view: #twin<'_>) -> Self { #twin::to_owned(&view) }
        }
    }
}

/// An expression for the owned form of what is at `place`.
fn owned(lowered: &Lowered, shape: &Shape, place: &Place) -> TokenStream {
    let Place { reference, value, receiver } = place;
    if !lowered.borrows(shape) {
        return if is_copy(lowered, shape) { value.clone() } else { quote!(#receiver.clone()) };
    }
    // The function of the twin is always called by its path: behind a reference, a point would find `Clone`'s `to_owned`.
    match shape {
        Shape::String => quote!(String::from(#value)),
        Shape::Bytes => quote!(#receiver.to_vec()),
        Shape::Fixed(_) => quote!(wire::boxed_copy(#value)),
        Shape::Item(index) => {
            let path = lowered.item_path(*index, Form::Borrowed);
            quote!(#path::to_owned(#reference))
        }
        Shape::Array(inner) => {
            let each = each(lowered, inner);
            quote!(#receiver.iter().map(#each).collect())
        }
        Shape::Map(inner) => {
            let each = each(lowered, inner);
            quote!(#receiver.to_map(#each))
        }
        Shape::Optional { inner, .. } => {
            let each = each(lowered, inner);
            quote!(#receiver.as_ref().map(#each))
        }
        Shape::Single(inner) => owned(lowered, inner, place),
        Shape::Boxed(inner) => {
            let inner = owned(lowered, inner, place);
            quote!(Box::new(#inner))
        }
        _ => value.clone(),
    }
}

/// [`owned`] as something that can be called with a reference.
fn each(lowered: &Lowered, inner: &Shape) -> TokenStream {
    match inner {
        Shape::Item(index) if lowered.borrows(inner) => {
            let path = lowered.item_path(*index, Form::Borrowed);
            quote!(#path::to_owned)
        }
        inner => {
            let value = owned(lowered, inner, &borrowed("value"));
            quote!(|value| #value)
        }
    }
}

/// Values that need no `clone`.
fn is_copy(lowered: &Lowered, shape: &Shape) -> bool {
    match shape {
        Shape::Decimal { precision, .. } => *precision <= DECIMAL_DIGITS,
        Shape::BigDecimal | Shape::Array(_) | Shape::Map(_) | Shape::Boxed(_) => false,
        Shape::Item(index) => matches!(lowered.item(*index).kind, ItemKind::Enum { .. }),
        Shape::Optional { inner, .. } | Shape::Single(inner) => is_copy(lowered, inner),
        _ => true,
    }
}
