//! Many `.proto` files at once, and descriptor sets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{finished, unreadable};
use crate::diagnostic::{Diagnostic, Severity, has_errors};
use crate::formats::protobuf::{self, Limits};
use crate::schema::Schema;
use crate::source::{Reader, Sources, Span};

/// Endings of files that hold a `FileDescriptorSet`.
const DESCRIPTOR_SETS: [&str; 7] = ["binpb", "pb", "desc", "fds", "protoset", "protobin", "bin"];

/// `true` for a path with an ending of descriptor sets.
pub fn is_descriptor_set(path: &str) -> bool {
    super::has_extension(path, &DESCRIPTOR_SETS)
}

/// Reads the `.proto` files below a folder of the reader, each by its path below that folder, with everything that they import
/// from there or from a folder above. They come first in the schema, in this order.
///
/// The second part is what is wrong; a schema with errors is none.
pub fn load_protobuf_folder(
    sources: &mut Sources,
    reader: &dyn Reader,
    folder: &str,
    paths: &[String],
) -> (Option<Arc<protobuf::Schema>>, Vec<Diagnostic>) {
    let below = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let mut found = Vec::new();
    let mut roots = Vec::with_capacity(paths.len());
    for path in paths {
        match reader.read(&below(path)) {
            Ok(text) => roots.push((sources.add(reader.display_name(&below(path)), text), path.clone())),
            Err(why) => found.push(unreadable(sources, reader, &below(path), &why)),
        }
    }
    let inside = below("_");
    let mut import = |wanted: &str| super::schemas::import(reader, &inside, wanted);
    let (schema, problems) = protobuf::parse_set(sources, &roots, &mut import, Limits::FOLDER);
    found.extend(problems);
    let broken = has_errors(&found);
    (schema.filter(|_| !broken).map(Arc::new), finished(found, sources, None))
}

/// Reads a `FileDescriptorSet`, or a single `FileDescriptorProto`: its files are printed as text first, so that every place lies
/// in that text (`shop.binpb:orders.proto`). The files that no other file of the set imports come first. `root` names the
/// message that is the payload.
pub fn load_descriptor_set(
    sources: &mut Sources,
    name: &str,
    bytes: &[u8],
    root: Option<&str>,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let texts = match protobuf::descriptor_texts(bytes) {
        Ok(texts) if !texts.is_empty() => texts,
        other => {
            let file = sources.add(name, "");
            let why = other.err().unwrap_or_else(|| "it is empty".to_owned());
            let problem =
                Diagnostic::error("protobuf/descriptor-set", Span::start_of(file), format!("this is no descriptor set: {why}"));
            let help = "make it with `protoc --include_imports --descriptor_set_out`, `buf build -o` or `eventpact descriptor`";
            return (None, vec![problem.with_help(help)]);
        }
    };
    let own = |path: &str| !path.starts_with("google/protobuf/");
    let any_own = texts.iter().any(|(path, _)| own(path));
    let mut wanted: Vec<&(String, String)> = texts.iter().filter(|(path, _)| !any_own || own(path)).collect();
    // Those that others import go behind.
    let imported: HashSet<&str> = texts.iter().flat_map(|(_, text)| imports(text)).collect();
    wanted.sort_by_key(|(path, _)| imported.contains(path.as_str()));
    let roots: Vec<_> =
        wanted.iter().map(|(path, text)| (sources.add(format!("{name}:{path}"), text.as_str()), path.clone())).collect();
    let by_path: HashMap<&str, &str> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut import = |path: &str| {
        let text = by_path.get(path).ok_or("the set does not hold it (protoc: --include_imports)")?;
        Ok((format!("{name}:{path}"), (*text).to_owned()))
    };
    let (schema, mut found) = protobuf::parse_set(sources, &roots, &mut import, Limits::FOLDER);
    // Whoever made the set has read its warnings.
    found.retain(|d| d.severity == Severity::Error);
    let mut schema = schema.filter(|_| !has_errors(&found));
    if let (Some(schema), Some(root)) = (&mut schema, root) {
        let wanted = root.trim_start_matches('.');
        let package = schema.main().map(|f| f.package.clone()).unwrap_or_default();
        let full = [wanted.to_owned(), format!("{package}.{wanted}")].into_iter().find(|n| schema.message(n).is_some());
        match (full, roots.first()) {
            (Some(full), _) => schema.root = full,
            (None, Some((file, _))) => {
                found.push(Diagnostic::error("protobuf/root", Span::start_of(*file), format!("there is no message '{wanted}'")));
            }
            (None, None) => {}
        }
    }
    let schema = schema.filter(|_| !has_errors(&found));
    (schema.map(|schema| Schema::Protobuf(Arc::new(schema))), finished(found, sources, None))
}

/// The paths that a printed file imports: each on a line of its own.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| !line.contains('{')).filter_map(|line| {
        let path = line.strip_prefix("import ")?.strip_suffix("\";")?;
        path.split_once('"').map(|(_, path)| path)
    })
}
