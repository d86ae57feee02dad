//! Types with their serde attributes.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape::{Field, Item, ItemKind, Lowered, Rest, Shape, Symbol, Variant};
use crate::comments::doc;
use crate::names::ident;

/// A type.
pub(super) fn print(lowered: &Lowered, item: &Item) -> TokenStream {
    let name = ident(&item.name);
    let docs = doc(&item.doc);
    match &item.kind {
        ItemKind::Open => TokenStream::new(),
        ItemKind::Object { fields, rest } => {
            let deny = matches!(rest, Rest::Forbidden).then(|| quote!(#[serde(deny_unknown_fields)]));
            let fields = fields.iter().map(|f| field(lowered, f));
            let rest = kept(lowered, rest);
            quote! {
                #docs
                #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
                #deny
                pub struct #name { #(#fields,)* #rest }
            }
        }
        ItemKind::Enum(symbols) => enumeration(&name, &docs, symbols),
        ItemKind::Union { tag, variants } => {
            let mark = match tag {
                Some(tag) => quote!(#[serde(tag = #tag)]),
                None => quote!(#[serde(untagged)]),
            };
            let variants = variants.iter().map(|v| variant(lowered, v));
            quote! {
                #docs
                #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
                #mark
                #[non_exhaustive]
                pub enum #name { #(#variants),* }
            }
        }
    }
}

fn field(lowered: &Lowered, field: &Field) -> TokenStream {
    let (name, wire_name, docs) = (ident(&field.name), &field.wire_name, doc(&field.doc));
    let rename = (name != wire_name).then(|| quote!(#[serde(rename = #wire_name)]));
    let ty = lowered.rust_type(&field.shape);
    let (attribute, ty) = match (field.required, &field.shape) {
        // An `Option` that must be there, as null at least.
        (true, Shape::Nullable(_)) => (quote!(#[serde(deserialize_with = "Option::deserialize")]), ty),
        (true, _) => (quote!(), ty),
        // Not there and null are two things: what is there goes through its own type, so null is refused where it is not allowed.
        (false, _) => (
            quote!(#[serde(default, deserialize_with = "json::present", skip_serializing_if = "Option::is_none")]),
            quote!(Option<#ty>),
        ),
    };
    quote!(#docs #rename #attribute pub #name: #ty)
}

/// The field for properties that the schema does not name.
fn kept(lowered: &Lowered, rest: &Rest) -> Option<TokenStream> {
    let Rest::Kept { field, shape } = rest else { return None };
    let (field, ty) = (ident(field), lowered.rust_type(&Shape::Map(Box::new(shape.clone()))));
    Some(quote! {
        /// Properties that the schema does not name.
        #[serde(flatten)]
        pub #field: #ty
    })
}

fn enumeration(name: &proc_macro2::Ident, docs: &TokenStream, symbols: &[Symbol]) -> TokenStream {
    let variants = symbols.iter().map(|symbol| {
        let (variant, wire_name) = (ident(&symbol.variant), &symbol.wire_name);
        let docs = doc(&format!("'{wire_name}'"));
        quote!(#docs #[serde(rename = #wire_name)] #variant)
    });
    quote! {
        #docs
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }
    }
}

fn variant(lowered: &Lowered, variant: &Variant) -> TokenStream {
    let (name, ty) = (ident(&variant.name), lowered.rust_type(&variant.shape));
    let rename = variant.wire_name.as_ref().map(|wire_name| quote!(#[serde(rename = #wire_name)]));
    quote!(#rename #name(#ty))
}

/// The type around a payload that needs no type of its own.
pub(super) fn wrapper(lowered: &Lowered, root: &str) -> TokenStream {
    let (name, ty) = (ident(root), lowered.rust_type(&lowered.root));
    quote! {
        /// The payload.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct #name(pub #ty);
    }
}
