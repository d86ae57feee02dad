//! Avro to structs and enums with straight-line encode and decode: no schema is walked when a message is.
//!
//! `lower` turns the schema into [`shape`]s (what Rust has to hold), `items` prints types, `view` their borrowed twins, `write`
//! and `read` the two directions, `default` the values of `Default`.

mod default;
mod items;
mod lower;
mod read;
mod sample;
mod shape;
mod view;
mod write;

use eventpact_contract::formats::avro::Schema;
use proc_macro2::TokenStream;
use quote::quote;

use super::{Generated, Twin};
use crate::error::Refusal;
use crate::names::ident;
use shape::{Form, Shape};

/// The items of `schema`; the type of the payload is called `root`.
pub(crate) fn generate(schema: &Schema, root: &str, module: &str) -> Result<Generated, Refusal> {
    let lowered = lower::lower(schema, root)?;
    let mut items: TokenStream = lowered.items.iter().map(|item| items::print(&lowered, item)).collect();
    let read = |form| read::expression(&lowered, &lowered.root, form);
    let (encode, decode, decode_ref, twin) = match &lowered.root {
        Shape::Item(index) if lowered.item(*index).name == root => {
            let twin = lowered.item(*index).twin.clone();
            (write::payload(&lowered, false), read(Form::Owned), read(Form::Borrowed), twin)
        }
        shape => {
            items.extend(items::wrapper(&lowered, shape, root));
            let (owned, borrowed, twin) = (read(Form::Owned), read(Form::Borrowed), lowered.wrapper_twin.clone());
            let name = twin.as_deref().map(ident);
            let (owned, borrowed) = (quote!(#owned.map(Self)), quote!(#borrowed.map(#name)));
            (write::payload(&lowered, true), owned, borrowed, twin)
        }
    };
    let depth = if lowered.root_is_deep() { quote!(let depth = 0;) } else { TokenStream::new() };
    Ok(Generated {
        items,
        encode: quote!(#depth #encode Ok(())),
        decode: read::payload(&decode),
        twin: twin.map(|name| Twin { name, decode: read::payload(&decode_ref) }),
        sample: sample::payload(&lowered, root, &ident(module)),
        decimal: lowered.uses_decimal,
        ..Generated::default()
    })
}
