//! JSON Schema to serde types. What a type cannot say stays in `Value`s and maps: nothing that was sent is lost.
//!
//! `lower` decides what Rust has to hold, `items` prints it. Limits (`maxLength`, `pattern`, …) are not checked here: they
//! are the validator's.

mod items;
mod lower;
mod sample;
mod shape;
mod tags;

use eventpact_contract::formats::json_schema::Schema;
use proc_macro2::TokenStream;
use quote::quote;

use super::Generated;
use crate::error::Refusal;
use crate::names::ident;

/// The items of `schema`; the type of the payload is called `root`. `example` is one of the contract.
pub(crate) fn generate(
    schema: &Schema,
    root: &str,
    module: &str,
    example: Option<serde_json::Value>,
) -> Result<Generated, Refusal> {
    let lowered = lower::lower(schema, root)?;
    let mut code: TokenStream = lowered.items.iter().map(|item| items::print(&lowered, item)).collect();
    if !lowered.is_item_called(root) {
        code.extend(items::wrapper(&lowered, root));
    }
    let mut crates = vec!["serde"];
    if code.to_string().split_whitespace().any(|word| word == "Map" || word == "Value") {
        crates.push("serde_json");
    }
    let sample = example.or_else(|| sample::payload(&lowered)).map(|value| {
        let (text, module, root) = (value.to_string(), ident(module), ident(root));
        quote!(#module::#root::decode(#text.as_bytes()).expect("the example fits the schema"))
    });
    Ok(Generated {
        items: code,
        sample,
        encode: quote!(json::encode(self, out)),
        decode: quote!(json::decode(bytes)),
        crates,
        ..Generated::default()
    })
}
