//! Protocols and IDL: every case of `tests/parse/avro-protocol` is read by both, and all types and messages compared.

use std::path::{Path, PathBuf};

use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::formats::avro::{self, Kind, Protocol, TypeId};
use eventpact_contract::source::{Reader, Sources};
use eventpact_contract::yaml;
use eventpact_tests::cases;
use serde_json::{Value as Json, json};

use crate::oracle::{ask, refusal};

/// Cases where we are stricter or laxer than Avro Java on purpose.
const BY_CHOICE: [(&str, &str); 7] = [
    ("choice-character", "Java passes over a character that starts no word, with a line on its error output"),
    ("choice-nested-union", "Java takes the inner union for the end of the outer one and drops the branches before it"),
    ("choice-annotated-message", "Java takes annotations of a message for those of the type that it returns"),
    ("choice-annotation-twice", "Java lets the last one win in silence"),
    ("choice-large-fixed", "every reader would have to set that much memory aside"),
    ("choice-message-twice", "Java lets the last one win in silence"),
    ("choice-throws-a-record", "Java takes it in IDL, and refuses the protocol that it makes of it"),
];

/// Files of a folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Reader for Folder {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|e| e.to_string())
    }
}

fn read(path: &Path) -> (Option<Protocol>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let name = path.file_name().unwrap().to_str().unwrap();
    let file = sources.add(name, std::fs::read_to_string(path).unwrap());
    if path.extension().is_some_and(|extension| extension == "avdl") {
        return avro::parse_idl(&mut sources, &Folder(path.parent().unwrap().to_owned()), file, name, true);
    }
    let (node, mut found) = yaml::parse(&sources, file);
    let protocol = node.and_then(|node| {
        let (protocol, more) = avro::parse_protocol(&node, true);
        found.extend(more);
        protocol
    });
    (protocol, found)
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for case in cases("parse/avro-protocol") {
        files.extend(["main.avdl", "main.avpr"].iter().map(|name| case.join(name)).filter(|path| path.is_file()));
    }
    files
}

/// Our type as the messages of a protocol show it: named types by their full names.
fn shape(protocol: &Protocol, id: TypeId) -> Json {
    match &protocol.get(id).kind {
        Kind::Array(inner) => json!({ "type": "array", "items": shape(protocol, *inner) }),
        Kind::Map(inner) => json!({ "type": "map", "values": shape(protocol, *inner) }),
        Kind::Union(branches) => branches.iter().map(|branch| shape(protocol, *branch)).collect(),
        _ => json!(protocol.get(id).branch_name()),
    }
}

/// The same of Java's JSON, where names are short inside of their namespace.
fn full(node: &Json, namespace: &str, types: &Json) -> Json {
    let named = |name: &str| {
        let long = format!("{namespace}.{name}");
        json!(if types.get(&long).is_some() { long } else { name.to_owned() })
    };
    match node {
        Json::String(name) => named(name),
        Json::Array(branches) => branches.iter().map(|branch| full(branch, namespace, types)).collect(),
        _ => match node["type"].as_str() {
            Some("array") => json!({ "type": "array", "items": full(&node["items"], namespace, types) }),
            Some("map") => json!({ "type": "map", "values": full(&node["values"], namespace, types) }),
            Some(word) => named(word),
            None => panic!("{node}"),
        },
    }
}

fn messages(protocol: &Protocol) -> Json {
    let message = |m: &avro::Message| {
        let Kind::Record(request) = &protocol.get(m.request).kind else { panic!("parameters are a record") };
        let request: Vec<Json> = request.fields.iter().map(|f| json!([f.name, shape(protocol, f.ty), f.doc])).collect();
        let errors: Vec<String> = m.errors.iter().map(|id| protocol.get(*id).branch_name()).collect();
        json!([m.name, m.doc, request, shape(protocol, m.response), errors, m.one_way])
    };
    protocol.messages.iter().map(message).collect()
}

fn java_messages(answer: &Json) -> Json {
    let name = answer["protocol"].as_str().unwrap_or("");
    let namespace = name.rsplit_once('.').map_or("", |(namespace, _)| namespace);
    let full = |node: &Json| full(node, namespace, &answer["types"]);
    let message = |(name, m): (&String, &Json)| {
        let fields = m["request"].as_array().unwrap().iter();
        let request: Vec<Json> = fields.map(|f| json!([f["name"], full(&f["type"]), f["doc"]])).collect();
        let errors = m.get("errors").map_or(json!([]), &full);
        json!([name, m["doc"], request, full(&m["response"]), errors, m.get("one-way").is_some()])
    };
    answer["messages"].as_object().map_or(json!([]), |all| all.iter().map(message).collect())
}

fn compare(protocol: &Protocol, answer: &Json) -> Option<String> {
    let mut types = serde_json::Map::new();
    for id in &protocol.types {
        let name = protocol.get(*id).branch_name();
        let schema = protocol.schema(Some(&name)).0.unwrap();
        types.insert(name, json!(avro::resolved_text(&schema)));
    }
    if json!(types) != answer["types"] {
        return Some(format!("  ours   {}\n  theirs {}", json!(types), answer["types"]));
    }
    if let Some(main) = answer.get("main") {
        let ours = protocol.schema(None).0.map(|schema| avro::resolved_text(&schema));
        if json!(ours) != *main {
            return Some(format!("  ours   {ours:?}\n  theirs {main}"));
        }
    }
    let (ours, theirs) = (messages(protocol), java_messages(answer));
    (ours != theirs).then(|| format!("  ours   {ours}\n  theirs {theirs}"))
}

#[test]
fn protocols_and_idl() {
    let files = files();
    let question = |path: &PathBuf| {
        if path.extension().is_some_and(|extension| extension == "avdl") {
            json!({ "op": "idl", "path": path })
        } else {
            json!({ "op": "protocol", "text": std::fs::read_to_string(path).unwrap() })
        }
    };
    let Some(answers) = ask(&files.iter().map(question).collect::<Vec<_>>()) else { return };
    let (mut wrong, mut same, mut refused) = (Vec::new(), 0, 0);
    for (path, answer) in files.iter().zip(&answers) {
        let case = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
        let (protocol, found) = read(path);
        let ours: Vec<String> = found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect();
        assert_eq!(protocol.is_some(), !has_errors(&found), "{}: {ours:?}", path.display());
        let difference = match (&protocol, refusal(answer)) {
            (Some(protocol), None) => {
                let difference = compare(protocol, answer);
                same += usize::from(difference.is_none());
                difference
            }
            (None, Some(_)) => {
                refused += 1;
                None
            }
            (None, None) => Some(format!("  only we refuse it: {ours:?}")),
            (Some(_), Some(theirs)) => Some(format!("  only Java refuses it: {theirs}")),
        };
        let chosen = BY_CHOICE.iter().any(|(known, _)| *known == case);
        assert!(!chosen || difference.is_some(), "{case} differs no longer: take it from the list");
        wrong.extend(difference.filter(|_| !chosen).map(|difference| format!("{}\n{difference}", path.display())));
    }
    println!("avro java: {same} protocols and IDL files read alike, {refused} refused by both");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert!(same >= 10 && refused >= 10, "{same} {refused}");
}
