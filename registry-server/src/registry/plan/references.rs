//! Which file refers to which, and the order that follows: a file after those that it refers to.
//!
//! What a text refers to is asked of the reader of its format, which is given nothing: it says what it would have needed.

use std::collections::{BTreeSet, HashMap};

use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::load::avro_names;
use eventpact_contract::source::{Sources, resolve_path};
use eventpact_contract::yaml;
use eventpact_registry_client::SchemaType;
use eventpact_registry_client::wire::plan::PlanFile;

use crate::error::ApiError;
use crate::routes::qualify_scope;
use crate::subject::SubjectName;

/// A file in its place.
#[derive(Debug)]
pub(super) struct Sorted<'f> {
    pub(super) file: &'f PlanFile,
    pub(super) subject: SubjectName,
    pub(super) format: SchemaType,
    /// What the text calls it, and the path of the file that has it.
    pub(super) inside: Vec<(String, String)>,
    /// What no file has.
    pub(super) outside: Vec<String>,
}

/// What a text says of itself.
struct Facts {
    format: SchemaType,
    /// The full names of the types that it defines (Avro), or its `$id` (JSON Schema).
    defines: Vec<String>,
    /// What it refers to.
    asks: BTreeSet<String>,
}

/// Sorts the files. Refuses two of one path, and circles.
pub(super) fn sort<'f>(context: &str, files: &'f [PlanFile]) -> Result<Vec<Sorted<'f>>, ApiError> {
    let facts: Vec<Facts> = files.iter().map(facts).collect();
    let mut paths = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        if file.path.is_empty() || paths.insert(file.path.as_str(), index).is_some() {
            return Err(ApiError::bad_request(format!("the path '{}' must be there, and only once", file.path)));
        }
    }
    let names: HashMap<(&str, &str), usize> = {
        let each = facts.iter().enumerate();
        each.flat_map(|(index, f)| f.defines.iter().map(move |name| ((f.format.as_str(), name.as_str()), index))).collect()
    };
    let provider = |index: usize, name: &str| -> Option<usize> {
        let (file, format) = (files.get(index)?, &facts.get(index)?.format);
        let by_path = || {
            let beside = resolve_path(&file.path, name).and_then(|path| paths.get(path.as_str()).copied());
            let ends = || {
                let tail = format!("/{name}");
                let mut all = paths.iter().filter(|(path, _)| path.ends_with(&tail)).map(|(_, index)| *index);
                all.next().filter(|_| all.next().is_none())
            };
            paths.get(name).copied().or(beside).or_else(ends)
        };
        let found = match format {
            SchemaType::Avro => names.get(&("AVRO", name)).copied(),
            SchemaType::Json => names.get(&("JSON", name)).copied().or_else(by_path),
            _ => by_path(),
        };
        found.filter(|found| *found != index && facts.get(*found).is_some_and(|f| f.format == *format))
    };
    let mut sorted = Vec::with_capacity(files.len());
    let (mut done, mut open) = (vec![false; files.len()], Vec::new());
    for index in 0..files.len() {
        visit(index, &facts, &provider, &mut done, &mut open, &mut |index| {
            let (Some(file), Some(facts)) = (files.get(index), facts.get(index)) else { return };
            let explicit = |name: &&String| !file.references.iter().any(|reference| reference.name == **name);
            let (mut inside, mut outside): (Vec<(String, String)>, Vec<String>) = Default::default();
            for name in facts.asks.iter().filter(explicit) {
                match provider(index, name).and_then(|found| files.get(found)) {
                    // One reference for all types of an Avro file.
                    Some(found) if facts.format == SchemaType::Avro && inside.iter().any(|(_, path)| *path == found.path) => {}
                    Some(found) => inside.push((name.clone(), found.path.clone())),
                    None => outside.push(name.clone()),
                }
            }
            let name = file.subject.clone().unwrap_or_else(|| match (&facts.format, facts.defines.first()) {
                (SchemaType::Avro, Some(name)) => name.clone(),
                _ => file.path.clone(),
            });
            let subject = SubjectName::parse(&qualify_scope(context, &name));
            sorted.push(Sorted { file, subject, format: facts.format.clone(), inside, outside });
        })
        .map_err(|circle| {
            let names: Vec<&str> = circle.iter().filter_map(|index| files.get(*index)).map(|f| f.path.as_str()).collect();
            ApiError::invalid_schema(format!("files refer to each other in a circle: {}", names.join(" → ")))
        })?;
    }
    Ok(sorted)
}

/// Depth first; files are at most as many as a plan may have, so the recursion is bounded. The error is the circle.
fn visit(
    index: usize,
    facts: &[Facts],
    provider: &dyn Fn(usize, &str) -> Option<usize>,
    done: &mut [bool],
    open: &mut Vec<usize>,
    emit: &mut dyn FnMut(usize),
) -> Result<(), Vec<usize>> {
    if done.get(index).copied().unwrap_or(true) {
        return Ok(());
    }
    if let Some(start) = open.iter().position(|known| *known == index) {
        return Err(open.iter().skip(start).copied().chain([index]).collect());
    }
    open.push(index);
    for name in facts.get(index).into_iter().flat_map(|f| &f.asks) {
        if let Some(next) = provider(index, name) {
            visit(next, facts, provider, done, open, emit)?;
        }
    }
    open.pop();
    if let Some(done) = done.get_mut(index) {
        *done = true;
    }
    emit(index);
    Ok(())
}

fn facts(file: &PlanFile) -> Facts {
    let ending = file.path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let format = file.schema_type.clone().unwrap_or(match ending.as_str() {
        "proto" => SchemaType::Protobuf,
        "json" => SchemaType::Json,
        _ => SchemaType::Avro,
    });
    let mut sources = Sources::new();
    let id = sources.add(file.path.as_str(), file.schema.as_str());
    let (mut asks, mut defines) = (BTreeSet::new(), Vec::new());
    match format {
        SchemaType::Avro => {
            if let Some(node) = yaml::parse_avro_json(&sources, id).0 {
                defines = avro_names(&node);
                let mut ask = |name: &str| {
                    asks.insert(name.to_owned());
                    None
                };
                drop(avro::parse(&node, &mut ask, false));
            }
        }
        SchemaType::Json => {
            if let Some(node) = yaml::parse_json(&sources, id).0 {
                let text = |key: &str| node.get(key).and_then(yaml::Node::as_str).map(str::to_owned);
                defines.extend(text("$id").or_else(|| text("id")));
                let mut ask = |name: &str| {
                    asks.insert(name.to_owned());
                    None
                };
                drop(json_schema::parse(&node, &mut ask));
            }
        }
        SchemaType::Protobuf => {
            let mut ask = |path: &str| {
                asks.insert(path.to_owned());
                Err("not read for the order of files".to_owned())
            };
            drop(protobuf::parse_files(&mut sources, id, "schema", &mut ask));
        }
        SchemaType::Other(_) => {}
    }
    Facts { format, defines, asks }
}
