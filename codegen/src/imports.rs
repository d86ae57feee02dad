//! The `use` lines of a generated file: what its code names, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::names::ident;

/// Every name that generated code takes from elsewhere, and the module that it is in.
const KNOWN: &[(&str, &str)] = &[
    ("Arc", "std::sync"),
    ("BTreeMap", "std::collections"),
    ("Duration", "std::time"),
    ("Bytes", "eventpact_runtime::bytes"),
    ("logical", "eventpact_runtime::codec::avro"),
    ("wire", "eventpact_runtime::codec::avro"),
    ("json", "eventpact_runtime::codec"),
    ("protobuf", "eventpact_runtime::codec"),
    ("DecodeError", "eventpact_runtime::codec"),
    ("EncodeError", "eventpact_runtime::codec"),
    ("ConsumerConfig", "eventpact_runtime::consumer"),
    ("Dispatch", "eventpact_runtime::consumer"),
    ("RunError", "eventpact_runtime::consumer"),
    ("RunReport", "eventpact_runtime::consumer"),
    ("consume", "eventpact_runtime::consumer"),
    ("DecodeRef", "eventpact_runtime::event"),
    ("Event", "eventpact_runtime::event"),
    ("Schema", "eventpact_runtime::event"),
    ("SchemaFormat", "eventpact_runtime::event"),
    ("SchemaReference", "eventpact_runtime::event"),
    ("ErrorClass", "eventpact_runtime::failure"),
    ("Failure", "eventpact_runtime::failure"),
    ("IntoOutcome", "eventpact_runtime::failure"),
    ("Outcome", "eventpact_runtime::failure"),
    ("Inbound", "eventpact_runtime::inbound"),
    ("SchemaFacts", "eventpact_runtime::inbound"),
    ("Envelope", "eventpact_runtime::message"),
    ("Backoff", "eventpact_runtime::policy::retry"),
    ("RetryPolicy", "eventpact_runtime::policy::retry"),
    ("EventProducer", "eventpact_runtime::producer"),
    ("SendOptions", "eventpact_runtime::producer"),
    ("SchemaError", "eventpact_runtime::schemas"),
    ("Schemas", "eventpact_runtime::schemas"),
    ("Deserialize", "serde"),
    ("Serialize", "serde"),
    ("Map", "serde_json"),
    ("Value", "serde_json"),
    ("Delivery", "eventpact_runtime::transport"),
    ("Producer", "eventpact_runtime::transport"),
    ("Receipt", "eventpact_runtime::transport"),
    ("SendError", "eventpact_runtime::transport"),
    ("Transport", "eventpact_runtime::transport"),
    ("types", "eventpact_runtime"),
    ("schemas", "crate"),
];

/// Names that a module of `schemas` imports: no type of the contract may have them.
pub(crate) const IN_SCHEMA_MODULES: &[&str] = &[
    "BTreeMap",
    "DecodeError",
    "DecodeRef",
    "Deserialize",
    "EncodeError",
    "Event",
    "Map",
    "Schema",
    "SchemaFormat",
    "SchemaReference",
    "Serialize",
    "Value",
];

/// The `use` lines for what `body` names. A field or method of the same name makes no import: only what does not stand behind
/// a point or a `::`, and is not being declared, is looked at.
pub(crate) fn of(body: &TokenStream) -> TokenStream {
    let mut used = BTreeSet::new();
    collect(body.clone(), &mut used);
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, module) in KNOWN.iter().filter(|(name, _)| used.contains(*name)) {
        modules.entry(module).or_default().insert(name);
    }
    let lines = modules.iter().map(|(module, names)| {
        let path = module.split("::").map(|part| {
            if part == "crate" {
                quote!(crate)
            } else {
                let part = ident(part);
                quote!(#part)
            }
        });
        let names: Vec<_> = names.iter().map(|name| ident(name)).collect();
        match names.as_slice() {
            [one] => quote!(use #(#path)::*::#one;),
            many => quote!(use #(#path)::*::{#(#many),*};),
        }
    });
    lines.collect()
}

/// Small words are modules or functions: they count only in front of `::` or of a call.
fn collect(tokens: TokenStream, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (n, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if is_enum_body(&tokens, n) => {
                // The names of the variants are declared here; types are in their own groups.
                let inner = group.stream().into_iter().filter(|token| matches!(token, TokenTree::Group(_)));
                collect(inner.collect(), used);
            }
            TokenTree::Group(group) => collect(group.stream(), used),
            TokenTree::Ident(name) => {
                let before = n.checked_sub(1).and_then(|n| tokens.get(n));
                let behind = matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == '.' || p.as_char() == ':' && follows_colon(&tokens, n));
                let name = name.to_string();
                let small = name.starts_with(|c: char| c.is_ascii_lowercase());
                let next = tokens.get(n + 1);
                let called = matches!(next, Some(TokenTree::Group(_)))
                    || matches!((next, tokens.get(n + 2)), (Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b))) if a.as_char() == ':' && b.as_char() == ':');
                let declared = matches!(before, Some(TokenTree::Ident(word)) if word == "fn" || word == "mod");
                if !behind && !declared && (!small || called) {
                    used.insert(name);
                }
            }
            _ => {}
        }
    }
}

/// The group at `n` holds the variants of `enum Name`, or of `enum Name<'a>`.
fn is_enum_body(tokens: &[TokenTree], n: usize) -> bool {
    let head = tokens.get(..n).unwrap_or_default().iter().rev();
    let mut words = head.map_while(|token| match token {
        TokenTree::Ident(word) => Some(Some(word)),
        TokenTree::Punct(p) if ['<', '>', '\''].contains(&p.as_char()) => Some(None),
        _ => None,
    });
    words.any(|word| word.is_some_and(|word| word == "enum"))
}

/// The name at `n` stands behind `::`.
fn follows_colon(tokens: &[TokenTree], n: usize) -> bool {
    let before = n.checked_sub(2).and_then(|n| tokens.get(n));
    matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_imported() {
        let body = quote! {
            pub struct A { schemas: Schemas, at: types::Date }
            enum B { Bytes(u8), Arc, Map { x: u8 } }
            enum C<'a> { Value(&'a str), Map }
            fn wire(a: A) -> Result<(), SendError> { a.consume(); x::Arc::new(wire::write()) }
        };
        let expected = quote! {
            use eventpact_runtime::types;
            use eventpact_runtime::codec::avro::wire;
            use eventpact_runtime::schemas::Schemas;
            use eventpact_runtime::transport::SendError;
        };
        assert_eq!(of(&body).to_string(), expected.to_string());
    }
}
