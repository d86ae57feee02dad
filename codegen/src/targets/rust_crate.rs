//! A contract as a Rust crate: manifest, README, types, clients, examples, the spec files, the lock.

use std::collections::BTreeSet;
use std::iter;

use eventpact_contract::model::Contract;
use eventpact_contract::registrable::registrable;
use eventpact_contract::source::Sources;
use proc_macro2::TokenStream;
use quote::quote;
use serde::Serialize;

use super::lock;
use crate::comments::inner_doc;
use crate::error::CodegenError;
use crate::files::{GeneratedFile, is_safe_path};
use crate::names::ident;
use crate::plan::{self, ChannelPlan, MessagePlan, Plan};
use crate::render::{render, toml_string};
use crate::types::{self, Generated};
use crate::{GENERATOR_VERSION, client, event, imports};

/// The transports that the runtime has, beside the in-process one.
const TRANSPORTS: &[&str] = &["kafka"];

/// How the generated crate finds the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeDependency {
    /// A version requirement on the registry: `0.1`.
    Version(String),
    /// A folder, relative to the generated crate or absolute.
    Path(String),
}

/// What the contract does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The name of the package: letters, digits, `-` and `_`, starting with a letter.
    pub crate_name: String,
    /// Where the runtime comes from.
    pub runtime: RuntimeDependency,
}

/// Generates the crate. Pure: the same contract and options give the same files, byte for byte, sorted by path.
///
/// # Errors
/// When the contract asks for something that cannot be generated yet (with places), or an option does not fit.
pub fn rust_crate(contract: &Contract, sources: &Sources, options: &Options) -> Result<Vec<GeneratedFile>, CodegenError> {
    check(options)?;
    let mut plan = plan::plan(contract)?;
    let generated = generate_types(&plan)?;
    plan.name_twins(generated.iter().map(|types| types.twin.is_some()));
    let mut files = Vec::new();
    for (message, types) in plan.messages.iter().zip(&generated) {
        schema_files(message, types, sources, &mut files)?;
    }
    files.push(schemas_module(&plan, &generated)?);
    for channel in &plan.channels {
        let path = format!("src/channels/{}.rs", channel.module);
        files.push(print(&path, client::module(&plan, channel))?);
    }
    files.push(channels_module(&plan)?);
    files.push(library(&plan)?);
    files.extend(crate::examples::files(&plan, &generated, options)?);
    let data = Data::of(&plan, &generated, &files, options);
    files.push(GeneratedFile::new("Cargo.toml", render(&eventpact_templates::rust_crate::MANIFEST, &data)?));
    files.push(GeneratedFile::new("README.md", render(&eventpact_templates::rust_crate::README, &data)?));
    let inputs = inputs(contract, sources);
    files.extend(inputs.iter().map(|(path, text)| GeneratedFile { path: format!("schemas/{path}"), text: (*text).to_owned() }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.push(lock::lock(inputs.iter().map(|(name, text)| (name.as_str(), *text)), &files));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    debug_assert!(files.iter().all(|f| is_safe_path(&f.path)));
    Ok(files)
}

fn check(options: &Options) -> Result<(), CodegenError> {
    let name = &options.crate_name;
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && syn::parse_str::<proc_macro2::Ident>(&name.replace('-', "_")).is_ok();
    if good {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of a crate: use letters, digits, `-` and `_`, and start with a letter");
    Err(CodegenError::Options(message))
}

fn generate_types(plan: &Plan<'_>) -> Result<Vec<Generated>, CodegenError> {
    let (mut generated, mut findings) = (Vec::new(), Vec::new());
    for message in &plan.messages {
        match types::generate(message) {
            Ok(types) => generated.push(types),
            Err(finding) => findings.push(*finding),
        }
    }
    if findings.is_empty() { Ok(generated) } else { Err(CodegenError::Unsupported(findings)) }
}

/// The module of a message, and the texts that are registered for it.
fn schema_files(
    message: &MessagePlan<'_>,
    types: &Generated,
    sources: &Sources,
    files: &mut Vec<GeneratedFile>,
) -> Result<(), CodegenError> {
    let registered = registrable(message.schema, sources);
    let (event, texts) = event::implementation(message, types, &registered);
    files.extend(texts);
    let items = &types.items;
    let body = quote!(#items #event);
    let name = message.message.name();
    let docs = inner_doc(&format!("Message '{name}'{}", described(message)));
    let imports = imports::of(&body);
    files.push(print(&format!("src/schemas/{}.rs", message.module), quote!(#docs #imports #body))?);
    Ok(())
}

fn described(message: &MessagePlan<'_>) -> String {
    let texts = [&message.message.title, &message.message.summary, &message.message.description];
    let texts: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
    if texts.is_empty() { ".".to_owned() } else { format!(": {}", texts.join("\n\n")) }
}

fn schemas_module(plan: &Plan<'_>, generated: &[Generated]) -> Result<GeneratedFile, CodegenError> {
    let modules = plan.messages.iter().zip(generated).map(|(m, types)| {
        let (module, name) = (ident(&m.module), ident(&m.type_name));
        let uses = match (&types.twin, &m.twin) {
            (Some(inside), Some(twin)) => {
                let renamed = (inside.name != *twin).then(|| ident(twin)).map(|twin| quote!(as #twin));
                let inside = ident(&inside.name);
                quote!(pub use #module::{#name, #inside #renamed};)
            }
            _ => quote!(pub use #module::#name;),
        };
        (quote!(pub mod #module;), uses)
    });
    let (modules, uses): (TokenStream, TokenStream) = modules.unzip();
    print(
        "src/schemas/mod.rs",
        quote! {
            //! The messages, one module each; inner types are in the module of their message.
            #modules
            #uses
        },
    )
}

fn channels_module(plan: &Plan<'_>) -> Result<GeneratedFile, CodegenError> {
    let modules = plan.channels.iter().map(|c| {
        let module = ident(&c.module);
        quote!(pub mod #module;)
    });
    print(
        "src/channels/mod.rs",
        quote! {
            //! The channels, one module each: address, producer, handler, consumer.
            #(#modules)*
        },
    )
}

fn library(plan: &Plan<'_>) -> Result<GeneratedFile, CodegenError> {
    let info = &plan.contract.info;
    let text = format!("{} {}\n\n{}", info.title, info.version, info.description.as_deref().unwrap_or_default());
    let docs = inner_doc(&text);
    let modules: Vec<_> = plan.channels.iter().map(|c| ident(&c.module)).collect();
    let uses = (!modules.is_empty()).then(|| quote!(pub use channels::{#(#modules),*};));
    let messages: Vec<_> = plan.messages.iter().flat_map(|m| iter::once(&m.type_name).chain(&m.twin)).map(|n| ident(n)).collect();
    let messages = (!messages.is_empty()).then(|| quote!(pub use schemas::{#(#messages),*};));
    print(
        "src/lib.rs",
        quote! {
            #docs
            pub mod channels;
            pub mod schemas;
            #uses
            pub use eventpact_runtime as runtime;
            pub use eventpact_runtime::types;
            #messages
        },
    )
}

/// Prints tokens as a formatted file, with the line that says where it came from.
pub(crate) fn print(path: &str, tokens: TokenStream) -> Result<GeneratedFile, CodegenError> {
    let file = syn::parse2(tokens).map_err(|e| CodegenError::Print { file: path.to_owned(), reason: e.to_string() })?;
    let text =
        format!("// Generated by Eventpact. Changes are lost with the next run.\n\n{}", spaced(&prettyplease::unparse(&file)));
    Ok(GeneratedFile::new(path, text))
}

/// Blank lines between items, which the printer leaves out.
fn spaced(code: &str) -> String {
    const STARTS: &[&str] = &["///", "#[", "pub ", "impl", "fn ", "async fn ", "struct ", "const ", "mod ", "//!"];
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut out = String::with_capacity(code.len() + 512);
    let mut before = "";
    for line in code.lines() {
        let (last, text) = (before.trim_start(), line.trim_start());
        let same = indent(before) == indent(line);
        let starts = STARTS.iter().any(|start| text.starts_with(start));
        let is_short = last.starts_with("pub struct ") && (last.ends_with(';') || last.ends_with("{}"));
        let behind_block = (last == "}" || last == ");" || is_short) && starts;
        let behind_uses = last.starts_with("use ") && !text.starts_with("use ");
        let behind_docs = last.starts_with("//!") && !text.starts_with("//!");
        let behind_modules = is_line_item(last) && starts && !is_line_item(text);
        if same && (behind_block || behind_uses || behind_docs || behind_modules) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        before = line;
    }
    out
}

/// `pub mod x;`, `pub use x;`, `const X: …;`: items of one line, which stand together.
fn is_line_item(text: &str) -> bool {
    text.ends_with(';') && ["pub mod ", "pub use ", "const ", "pub const ", "use "].iter().any(|start| text.starts_with(start))
}

/// The files of the contract with paths below `schemas/`, relative to the folder of the root document.
fn inputs<'s>(contract: &Contract, sources: &'s Sources) -> Vec<(String, &'s str)> {
    let root = sources.file(contract.file).name();
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut taken = BTreeSet::new();
    let mut inputs = Vec::new();
    for id in &contract.files {
        let file = sources.file(*id);
        let inside = file.name().strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
        let last = file.name().rsplit(['/', '\\']).next();
        let wanted = [inside, last].into_iter().flatten().find(|path| is_safe_path(path) && !path.starts_with("registered/"));
        let mut path = wanted.unwrap_or("spec").to_owned();
        while !taken.insert(path.to_lowercase()) {
            path = format!("_{path}");
        }
        inputs.push((path, file.text()));
    }
    inputs
}

#[derive(Serialize)]
struct Data {
    generator: &'static str,
    crate_name: String,
    version: &'static str,
    title: String,
    description: String,
    contract_version: String,
    runtime: String,
    runtime_features: String,
    dependencies: Vec<String>,
    kafka_default: bool,
    in_process_example: bool,
    /// A message with a borrowed twin; empty when there is none.
    borrowed: String,
    kafka_example: bool,
    later: String,
    channels: Vec<ChannelData>,
}

#[derive(Serialize)]
struct ChannelData {
    key: String,
    address: String,
    protocol: String,
    messages: String,
    module: String,
    prefix: String,
}

impl Data {
    fn of(plan: &Plan<'_>, generated: &[Generated], files: &[GeneratedFile], options: &Options) -> Self {
        let has = |path: &str| files.iter().any(|f| f.path == path);
        let info = &plan.contract.info;
        let crates: BTreeSet<&str> = generated.iter().flat_map(|g| g.crates.iter().copied()).collect();
        let mut features = Vec::new();
        if generated.iter().any(|g| g.decimal) {
            features.push("\"decimal\"");
        }
        if crates.contains("prost") {
            features.push("\"protobuf\"");
        }
        let kafka = plan.channels.iter().any(ChannelPlan::is_kafka);
        let protocols: BTreeSet<&str> = plan.channels.iter().filter_map(|c| c.protocol.as_deref()).collect();
        let later: Vec<&str> = protocols.into_iter().filter(|p| !TRANSPORTS.iter().any(|t| p.starts_with(t))).collect();
        Self {
            generator: GENERATOR_VERSION,
            crate_name: options.crate_name.clone(),
            version: "0.1.0",
            title: info.title.clone(),
            description: info.description.clone().unwrap_or_else(|| info.title.clone()).trim().to_owned(),
            contract_version: info.version.clone(),
            runtime: match &options.runtime {
                RuntimeDependency::Version(version) => format!("version = {}", toml_string(version)),
                RuntimeDependency::Path(path) => format!("path = {}", toml_string(path)),
            },
            runtime_features: features.join(", "),
            dependencies: crates.into_iter().filter_map(dependency).map(str::to_owned).collect(),
            kafka_default: kafka,
            borrowed: plan.messages.iter().find(|m| m.twin.is_some()).map(|m| m.type_name.clone()).unwrap_or_default(),
            in_process_example: has("examples/in_process.rs"),
            kafka_example: has("examples/kafka.rs"),
            later: crate::comments::sanitise(&later.join(", ")).join(" "),
            channels: plan.channels.iter().map(|c| channel_data(plan, c)).collect(),
        }
    }
}

fn channel_data(plan: &Plan<'_>, channel: &ChannelPlan<'_>) -> ChannelData {
    let messages = channel.messages.iter().filter_map(|n| plan.messages.get(*n));
    ChannelData {
        key: channel.channel.key.replace('|', "/"),
        address: channel.address.replace('|', "/"),
        protocol: channel.protocol.clone().unwrap_or_default().replace('|', "/"),
        messages: messages.map(|m| format!("`{}`", m.type_name)).collect::<Vec<_>>().join(", "),
        module: channel.module.clone(),
        prefix: channel.type_name(""),
    }
}

/// The line of the manifest for a crate that generated items need.
fn dependency(name: &str) -> Option<&'static str> {
    Some(match name {
        "prost" => "prost = \"0.14\"",
        "prost-types" => "prost-types = \"0.14\"",
        "serde" => "serde = { version = \"1\", features = [\"derive\"] }",
        "serde_json" => "serde_json = \"1\"",
        _ => return None,
    })
}
