//! Protocols and IDL: every case of `tests/parse/avro-protocol` is read by both, and all types and messages compared.

use std::path::{Path, PathBuf};

use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::formats::avro::{self, Kind, Protocol, TypeId};
use eventpact_contract::source::{Reader, Sources};
use eventpact_contract::yaml;
use eventpact_tests::cases;
use serde_json::{Value as Json, json};

use crate::oracle::{ask, refusal};
use crate::random::{Rng, Schemas};

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
        let request: Vec<Json> = request
            .fields
            .iter()
            .map(|f| json!([f.name.as_str(), shape(protocol, f.ty), f.doc.as_ref().and_then(avro::Text::own)]))
            .collect();
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
        let errors = m.get("errors").map_or(json!([]), full);
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

/// The words and marks of an IDL text; comments are left out, as where they stand changes what they document.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1);
        match chars[at] {
            c if c.is_whitespace() => at += 1,
            '/' if next == Some(&'/') => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '/' if next == Some(&'*') => {
                at += 2;
                while at < chars.len() && !(chars[at - 1] == '*' && chars[at] == '/' && at > start + 2) {
                    at += 1;
                }
                at += 1;
            }
            '"' => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '`' | '-' | '.') => {
                at += chars[at..].iter().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '`' | '-' | '.')).count();
            }
            _ => at += 1,
        }
        let token: String = chars[start..at.min(chars.len())].iter().collect();
        if !token.trim().is_empty() && !token.starts_with('/') {
            tokens.push(token);
        }
    }
    tokens
}

const MARKS: [&str; 16] = [
    "{",
    "}",
    ";",
    "?",
    "1",
    "\"A\"",
    "@x(1)",
    "@aliases([\"B\"])",
    "@order(\"ignore\")",
    "=",
    "<",
    ">",
    ",",
    "[]",
    "= 1.5",
    "= null",
];
const WORDS: [&str; 18] = [
    "int", "record", "null", "string", "union", "date", "a.b", "error", "x.y.Z", "uuid", "enum", "bytes", "`int`", "_", "void",
    "long", "map", "time_ms",
];

/// The reasons of [`BY_CHOICE`] that damage meets too.
fn damage_by_choice(ours: &str) -> bool {
    ["which is no error", "stands twice before", "two messages named", "another union directly", "the names of error types"]
        .iter()
        .any(|why| ours.contains(why))
}

/// Words are left out, repeated, exchanged and replaced: both refuse the text, or read the same.
#[test]
fn damaged_idl() {
    let mut rng = Rng(22);
    let sources: Vec<(PathBuf, Vec<String>)> = files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "avdl") && !path.to_str().unwrap().contains("/broken-"))
        .filter(|path| !path.to_str().unwrap().contains("/choice-"))
        .map(|path| (path.parent().unwrap().to_owned(), tokens(&std::fs::read_to_string(&path).unwrap())))
        .collect();
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    while texts.len() < 2500 {
        let (folder, tokens) = &sources[rng.below(sources.len())];
        let mut tokens = tokens.clone();
        for _ in 0..=rng.below(2) {
            let is_word = |token: &String| token.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let words: Vec<usize> = (0..tokens.len()).filter(|n| is_word(&tokens[*n])).collect();
            let (a, b) = (rng.below(tokens.len()), rng.below(tokens.len()));
            match rng.below(10) {
                0 => {
                    tokens.remove(a);
                }
                1 => tokens.insert(b, tokens[a].clone()),
                2 => tokens[a] = (*rng.pick(&MARKS)).to_owned(),
                3 => tokens.insert(a, (*rng.pick(&MARKS)).to_owned()),
                _ => {
                    // A word for a word: most of what comes out is IDL still.
                    let (to, from) = (*rng.pick(&words), *rng.pick(&words));
                    tokens[to] = if rng.one_in(3) { (*rng.pick(&WORDS)).to_owned() } else { tokens[from].clone() };
                }
            }
        }
        texts.push((folder.clone(), tokens.join(" ")));
    }
    let question = |(folder, text): &(PathBuf, String)| json!({ "op": "idl", "folder": folder, "text": text });
    let Some(answers) = ask(&texts.iter().map(question).collect::<Vec<_>>()) else { return };
    let (mut wrong, mut same, mut refused) = (Vec::new(), 0, 0);
    for ((folder, text), answer) in texts.iter().zip(&answers) {
        let mut sources = Sources::new();
        let file = sources.add("main.avdl", text.as_str());
        let (protocol, found) = avro::parse_idl(&mut sources, &Folder(folder.clone()), file, "main.avdl", true);
        let ours: Vec<String> = found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect();
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
            (None, None) if damage_by_choice(&ours.join(" ")) => None,
            (None, None) => Some(format!("  only we refuse it: {ours:?}")),
            (Some(_), Some(theirs)) => Some(format!("  only Java refuses it: {theirs}")),
        };
        wrong.extend(difference.map(|difference| format!("{text}\n{difference}")));
    }
    wrong.sort_by_key(String::len);
    println!("avro java: {same} damaged IDL texts read alike, {refused} refused by both");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), texts.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(same >= 300 && refused >= 1000, "{same} {refused}");
}

/// The JSON of protocols, of generated types, with mistakes.
#[test]
fn damaged_protocols() {
    let mut rng = Rng(23);
    let mut texts = Vec::new();
    while texts.len() < 1500 {
        let mut schemas = Schemas::new(&mut rng);
        let types: Vec<Json> = (0..3).map(|_| schemas.record("made", 1)).collect();
        let error = json!({ "type": "error", "name": "Bad", "namespace": "made", "fields": [] });
        let mut protocol = json!({
            "protocol": "P", "namespace": "made", "types": [error, types[0], types[1], types[2]],
            "messages": {
                "call": { "request": [{ "name": "a", "type": "int" }], "response": types[0]["name"], "errors": ["Bad"] },
                "tell": { "doc": "d", "request": [{ "name": "a", "type": "Bad", "doc": "x" }], "response": "null", "one-way": true },
            },
        });
        if !rng.one_in(4) {
            crate::evolve::damage(&mut protocol, &mut rng);
        }
        // Java prints the reference to such a type as it prints the primitive one.
        if !protocol.to_string().contains("\"name\":\"null\"") {
            texts.push(protocol.to_string());
        }
    }
    let Some(answers) = ask(&texts.iter().map(|text| json!({ "op": "protocol", "text": text })).collect::<Vec<_>>()) else {
        return;
    };
    let (mut wrong, mut same, mut refused) = (Vec::new(), 0, 0);
    for (text, answer) in texts.iter().zip(&answers) {
        let mut sources = Sources::new();
        let file = sources.add("main.avpr", text.as_str());
        let (node, _) = yaml::parse(&sources, file);
        let (protocol, found) = avro::parse_protocol(&node.unwrap(), true);
        let ours: Vec<String> = found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect();
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
            // Java takes what is no object for no messages at all.
            (None, None) if ours.iter().any(|found| found.contains("must be an object, with the names")) => None,
            (None, None) => Some(format!("  only we refuse it: {ours:?}")),
            // Java does not see that two definitions are equal while they refer to themselves.
            (Some(_), Some(theirs)) if theirs.contains("Can't redefine") => None,
            (Some(_), Some(theirs)) => Some(format!("  only Java refuses it: {theirs}")),
        };
        wrong.extend(difference.map(|difference| format!("{text}\n{difference}")));
    }
    wrong.sort_by_key(String::len);
    println!("avro java: {same} protocols in JSON read alike, {refused} refused by both");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), texts.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(same >= 400 && refused >= 400, "{same} {refused}");
}
