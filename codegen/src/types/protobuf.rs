//! Protobuf through prost: `prost-build` makes the types from our descriptors, in memory; modules are nested here.

use std::collections::{BTreeMap, HashMap};

use eventpact_contract::formats::protobuf::{Element, Message, Schema, to_file_descriptor_set};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use prost_build::{Config, Module};
use quote::{ToTokens, quote};
use syn::{Item, ItemMod};

use super::Generated;
use crate::comments::sanitise;
use crate::error::{Refusal, unsupported};
use crate::names::{Case, cased, ident};
use crate::plan::MessagePlan;

/// Marks the payload's type in the code that prost makes, so that it is found whatever prost calls it.
const MARK: &str = "eventpact_root";

/// The items of `schema`; the payload has the name of the plan at the top of the module.
pub(crate) fn generate(schema: &Schema, message: &MessagePlan<'_>) -> Result<Generated, Refusal> {
    no_collisions(schema)?;
    let span = message.span;
    let trouble = |what: String| unsupported(span, what, "please report it with this file: prost could not make code of it");
    let packages = run_prost(schema).map_err(|e| trouble(format!("prost-build refuses this schema: {e}")))?;
    let mut items = Vec::new();
    let mut found: Option<Root> = None;
    for (parts, code) in &packages {
        let mut file = syn::parse_file(code).map_err(|e| trouble(format!("prost-build made something that is not Rust: {e}")))?;
        if file.items.is_empty() {
            continue;
        }
        let mut path = parts.clone();
        take_mark(&mut file.items, &mut path, &mut found);
        insert(&mut items, parts, file.items);
    }
    let Root { path, texts } = found.ok_or_else(|| trouble(format!("prost-build made no type of `{}`", schema.root)))?;
    let (root, segments) = (ident(&message.type_name), path.iter().map(|part| module_ident(part)));
    let code = sanitise_docs(quote!(#(#items)*));
    let path = quote!(proto #(::#segments)*);
    let use_root =
        if path_ends_with(&path, &root.to_string()) { quote!(pub use #path;) } else { quote!(pub use #path as #root;) };
    let mut crates = vec!["prost"];
    if code.to_string().contains("prost_types") {
        crates.push("prost-types");
    }
    let module = ident(&message.module);
    let samples = texts.iter().map(|name| {
        let text = name.to_string();
        quote!(#name: String::from(#text),)
    });
    Ok(Generated {
        sample: Some(quote!(#module::#root { #(#samples)* ..Default::default() })),
        items: quote! {
            #use_root

            /// The packages of the schema as modules.
            pub mod proto { #code }
        },
        encode: quote!(protobuf::encode(self, out)),
        decode: quote!(protobuf::decode(bytes)),
        crates,
        ..Generated::default()
    })
}

fn path_ends_with(path: &TokenStream, name: &str) -> bool {
    path.clone().into_iter().last().is_some_and(|token| token.to_string() == name)
}

/// The payload's type as prost made it.
struct Root {
    /// Modules and name.
    path: Vec<String>,
    /// Its fields that are plain texts.
    texts: Vec<proc_macro2::Ident>,
}

/// The position of the payload's message in its file, from the outside in.
pub(crate) fn message_indexes(schema: &Schema) -> Vec<i32> {
    fn find(messages: &[Message], root: &str, path: &mut Vec<i32>) -> bool {
        for (n, message) in messages.iter().enumerate() {
            path.push(i32::try_from(n).unwrap_or(i32::MAX));
            if message.element.full_name == root || find(&message.messages, root, path) {
                return true;
            }
            path.pop();
        }
        false
    }
    let mut path = Vec::new();
    let file = schema.files.first();
    if file.is_some_and(|file| find(&file.messages, &schema.root, &mut path)) { path } else { vec![0] }
}

/// The code of each package, by the parts of its name.
fn run_prost(schema: &Schema) -> std::io::Result<BTreeMap<Vec<String>, String>> {
    let mut config = Config::new();
    config.btree_map(["."]);
    config.message_attribute(format!(".{}", schema.root), format!("#[{MARK}]"));
    // The built-in files go along, so that prost knows them; their types come from `prost-types`.
    let files = to_file_descriptor_set(schema).file;
    let requests = files.into_iter().map(|f| (Module::from_protobuf_package_name(f.package()), f)).collect();
    let made: HashMap<Module, String> = config.generate(requests)?;
    Ok(made.into_iter().map(|(module, code)| (module.parts().map(str::to_owned).collect(), code)).collect())
}

/// Finds the outermost marked struct, and takes all marks away: prost marks what is nested in it as well.
fn take_mark(items: &mut [Item], path: &mut Vec<String>, found: &mut Option<Root>) {
    for item in items {
        match item {
            Item::Struct(item) => {
                let before = item.attrs.len();
                item.attrs.retain(|a| !a.path().is_ident(MARK));
                let marked = item.attrs.len() < before;
                if marked && found.as_ref().is_none_or(|f| f.path.len() > path.len() + 1) {
                    let is_text = |f: &&syn::Field| f.ty == syn::parse_quote!(::prost::alloc::string::String);
                    let texts = item.fields.iter().filter(is_text).filter_map(|f| f.ident.clone()).collect();
                    *found = Some(Root { path: [path.as_slice(), &[item.ident.to_string()]].concat(), texts });
                }
            }
            Item::Mod(ItemMod { ident, content: Some((_, inner)), .. }) => {
                path.push(ident.to_string());
                take_mark(inner, path, found);
                path.pop();
            }
            _ => {}
        }
    }
}

/// A part of a path as prost or syn wrote it: maybe raw already.
fn module_ident(part: &str) -> proc_macro2::Ident {
    ident(part.strip_prefix("r#").unwrap_or(part))
}

/// Puts the items of a package into its module; a message's module of the same name is shared.
fn insert(items: &mut Vec<Item>, parts: &[String], new: Vec<Item>) {
    let Some((first, rest)) = parts.split_first() else {
        items.extend(new);
        return;
    };
    let name = module_ident(first);
    let found = items.iter().position(|item| matches!(item, Item::Mod(m) if m.ident == name && m.content.is_some()));
    let index = found.unwrap_or_else(|| {
        items.push(Item::Mod(syn::parse_quote!(pub mod #name {})));
        items.len() - 1
    });
    if let Some(Item::Mod(ItemMod { content: Some((_, inner)), .. })) = items.get_mut(index) {
        insert(inner, rest, new);
    }
}

/// Two names that become one in Rust would be found by the compiler only, far from the schema.
fn no_collisions(schema: &Schema) -> Result<(), Refusal> {
    let mut packages: BTreeMap<&str, Vec<&Element>> = BTreeMap::new();
    for file in schema.files.iter().filter(|f| f.source.is_some()) {
        let own = file.messages.iter().map(|m| &m.element).chain(file.enums.iter().map(|e| &e.element));
        packages.entry(&file.package).or_default().extend(own);
        file.messages.iter().try_for_each(no_collisions_in)?;
    }
    packages.values().try_for_each(|elements| distinct(elements.iter().copied(), Case::Upper))
}

fn no_collisions_in(message: &Message) -> Result<(), Refusal> {
    let oneofs = || message.oneofs.iter().map(|o| &o.element);
    let types = message.messages.iter().map(|m| &m.element).chain(message.enums.iter().map(|e| &e.element));
    distinct(types.chain(oneofs()), Case::Upper)?;
    let fields = message.fields.iter().filter(|f| f.oneof.is_none()).map(|f| &f.element);
    distinct(fields.chain(oneofs()), Case::Snake)?;
    message.messages.iter().try_for_each(no_collisions_in)
}

fn distinct<'a>(elements: impl Iterator<Item = &'a Element>, case: Case) -> Result<(), Refusal> {
    let mut seen: BTreeMap<String, &Element> = BTreeMap::new();
    for element in elements {
        let name = cased(&element.name, case);
        if let Some(other) = seen.insert(name.clone(), element) {
            let message = format!("`{}` and `{}` would both be called `{name}` in Rust", other.name, element.name);
            let finding = unsupported(element.name_span, message, "rename one of them; the wire format does not change");
            return Err(Box::new(finding.with_related(other.name_span, "the other one")));
        }
    }
    Ok(())
}

/// Comments of the schema come as `#[doc]`: they are defused like all texts of a contract.
fn sanitise_docs(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut after_hash = false;
    for token in tokens {
        let is_hash = matches!(&token, TokenTree::Punct(p) if p.as_char() == '#');
        match token {
            TokenTree::Group(group) if after_hash && group.delimiter() == Delimiter::Bracket => {
                out.extend(doc_text(group.stream()).map_or_else(
                    || group.to_token_stream(),
                    |text| {
                        let safe = sanitise(&text).into_iter().next().map(|line| format!(" {line}")).unwrap_or_default();
                        quote!([doc = #safe])
                    },
                ));
            }
            TokenTree::Group(group) => {
                out.extend([TokenTree::Group(Group::new(group.delimiter(), sanitise_docs(group.stream())))]);
            }
            other => out.extend([other]),
        }
        after_hash = is_hash;
    }
    out
}

/// The text of `doc = "…"`.
fn doc_text(attribute: TokenStream) -> Option<String> {
    let syn::MetaNameValue { path, value, .. } = syn::parse2(attribute).ok()?;
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
    path.is_ident("doc").then(|| text.value())
}
