//! Types and their implementations.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape::{Form, Item, ItemKind, Lowered, Shape};
use super::{default, read, view, write};
use crate::comments::doc;
use crate::names;

/// An item: the type, how it is read and written, its default.
pub(super) fn print(lowered: &Lowered, item: &Item) -> TokenStream {
    if let ItemKind::Enum { symbols, default } = &item.kind {
        return enumeration(lowered, item, symbols, *default);
    }
    let name = names::ident(&item.name);
    let (definition, default) = (definition(lowered, item, Form::Owned), default::implementation(lowered, item));
    let (write, read) = (write::function(lowered, item), read::function(lowered, item, Form::Owned));
    let view = item.twin.as_ref().map(|twin| view::print(lowered, item, twin));
    let docs = doc(&item.doc);
    quote! {
        #docs
        #definition
        #default
        impl #name { #write #read }
        #view
    }
}

/// The struct of a record, the enum of a union; without its documentation.
pub(super) fn definition(lowered: &Lowered, item: &Item, form: Form) -> TokenStream {
    let (name, lifetime) = match (form, &item.twin) {
        (Form::Borrowed, Some(twin)) => (names::ident(twin), Some(quote!(<'a>))),
        _ => (names::ident(&item.name), None),
    };
    match &item.kind {
        ItemKind::Record(fields) => {
            let fields = fields.iter().map(|field| {
                let (docs, name, ty) = (doc(&field.doc), names::ident(&field.name), lowered.rust_type(&field.shape, form));
                quote!(#docs pub #name: #ty)
            });
            quote! {
                #[derive(Debug, Clone, PartialEq)]
                pub struct #name #lifetime { #(#fields),* }
            }
        }
        ItemKind::Enum { .. } => TokenStream::new(),
        ItemKind::Union(branches) => {
            let variants = branches.iter().map(|branch| {
                let variant = names::ident(&branch.variant);
                match &branch.shape {
                    Shape::Null => quote!(#variant),
                    shape => {
                        let ty = lowered.rust_type(shape, form);
                        quote!(#variant(#ty))
                    }
                }
            });
            quote! {
                #[derive(Debug, Clone, PartialEq)]
                #[non_exhaustive]
                pub enum #name #lifetime { #(#variants),* }
            }
        }
    }
}

fn enumeration(lowered: &Lowered, item: &Item, symbols: &[super::shape::Symbol], default: Option<usize>) -> TokenStream {
    let name = names::ident(&item.name);
    let docs = doc(&item.doc);
    if symbols.is_empty() {
        return quote! {
            #docs
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub enum #name {}
            impl #name {
                fn read(r: &mut wire::Reader<'_>) -> Result<Self, DecodeError> { Err(r.error("an enum without symbols")) }
            }
        };
    }
    let variants = symbols.iter().enumerate().map(|(n, symbol)| {
        let (variant, wire_name) = (names::ident(&symbol.variant), &symbol.wire_name);
        let docs = doc(&format!("'{wire_name}'"));
        let mark = (default == Some(n)).then(|| quote!(#[default]));
        quote!(#docs #mark #variant)
    });
    let derive_default = default.is_some().then(|| quote!(Default,));
    let idents: Vec<_> = symbols.iter().map(|s| names::ident(&s.variant)).collect();
    let wire_names: Vec<&str> = symbols.iter().map(|s| s.wire_name.as_str()).collect();
    let read = read::function(lowered, item, Form::Owned);
    quote! {
        #docs
        #[derive(Debug, Clone, Copy, #derive_default PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        impl #name {
            /// The symbol as the schema writes it.
            pub fn as_str(self) -> &'static str {
                match self { #(Self::#idents => #wire_names),* }
            }

            #read
        }
    }
}

/// The type around a payload that is neither a record, an enum nor a union, and its borrowed twin.
pub(super) fn wrapper(lowered: &Lowered, shape: &Shape, root: &str) -> TokenStream {
    let (name, ty) = (names::ident(root), lowered.rust_type(shape, Form::Owned));
    let view = lowered.wrapper_twin.as_ref().map(|twin| view::wrapper(lowered, shape, root, twin));
    quote! {
        /// The payload.
        #[derive(Debug, Clone, PartialEq)]
        pub struct #name(pub #ty);
        #view
    }
}
