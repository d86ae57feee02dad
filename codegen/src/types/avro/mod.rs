//! Avro to structs and enums with straight-line encode and decode: no schema is walked when a message is.
//!
//! `lower` turns the schema into [`shape`]s (what Rust has to hold), `items` prints types, `write` and `read` the two
//! directions, `default` the values of `Default`.

mod default;
mod items;
mod lower;
mod read;
mod sample;
mod shape;
mod write;

use eventpact_contract::formats::avro::Schema;
use proc_macro2::TokenStream;
use quote::quote;

use super::Generated;
use crate::error::Refusal;
use shape::Shape;

/// The items of `schema`; the type of the payload is called `root`.
pub(crate) fn generate(schema: &Schema, root: &str, module: &str) -> Result<Generated, Refusal> {
    let lowered = lower::lower(schema, root)?;
    let mut items: TokenStream = lowered.items.iter().map(|item| items::print(&lowered, item)).collect();
    let (encode, read) = match &lowered.root {
        Shape::Item(index) if lowered.item(*index).name == root => {
            let read = read::expression(&lowered, &lowered.root);
            let place = quote!(self);
            (write::payload(&lowered, &lowered.root, &place), read)
        }
        shape => {
            items.extend(items::wrapper(&lowered, shape, root));
            let read = read::expression(&lowered, shape);
            (write::payload(&lowered, shape, &quote!(self.0)), quote!(#read.map(Self)))
        }
    };
    let depth = if lowered.root_is_deep() { quote!(let depth = 0;) } else { TokenStream::new() };
    Ok(Generated {
        items,
        encode: quote!(#depth #encode Ok(())),
        decode: quote! {
            let mut reader = wire::Reader::new(bytes);
            let r = &mut reader;
            let value = #read?;
            reader.finish()?;
            Ok(value)
        },
        sample: sample::payload(&lowered, root, &crate::names::ident(module)),
        decimal: lowered.uses_decimal,
        ..Generated::default()
    })
}
