//! One reader for YAML and JSON: text becomes a tree of [`Node`]s that know where they stand.
//!
//! `print/` writes them again. `saphyr-parser` gives the events of YAML (`events.rs`), `json.rs` those of JSON; the tree, merge keys, duplicate keys and
//! every limit (`build.rs`) and the YAML 1.2 core scalars (`scalar.rs`) are ours.

mod build;
mod events;
mod json;
mod places;
mod print;
mod pull;
mod scalar;

use build::Builder;
pub use places::Places;
pub use print::format;
pub(crate) use print::{print, same_value};
pub(crate) use pull::{Pull, written_entries};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Sources, Span};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most values in one text, copies that aliases make counted in.
pub const MAX_NODES: usize = 1_000_000;
/// The deepest nesting of lists and objects.
pub const MAX_DEPTH: usize = 128;

/// Reads the YAML or JSON of a file. The tree is there also when keys are wrong or repeated (the first one counts); it is
/// `None` when the text is empty, breaks off or goes beyond a limit, and then there is an error that says where.
///
/// A text that is JSON is read as JSON: tabs may indent it and `\ud83d\ude00` is one character. All else is YAML 1.2 with
/// the core schema: `yes` and `2026-01-31` are strings.
///
/// ```
/// use eventpact_contract::{source::Sources, yaml};
/// let mut sources = Sources::new();
/// let file = sources.add("a.yaml", "one: { two: [3] }");
/// let (node, diagnostics) = yaml::parse(&sources, file);
/// assert!(diagnostics.is_empty());
/// assert_eq!(node.unwrap().pointer("/one/two/0").unwrap().as_i64(), Some(3));
/// ```
pub fn parse(sources: &Sources, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
    let source = sources.file(file);
    let text = source.text();
    let (body, skipped) = without_bom(text);
    if is_avro_name(source.name()) {
        return parse_avro_json(sources, file);
    }
    let looks_like_json = body.trim_start().starts_with(['{', '[', '"']);
    if looks_like_json && body.len() <= MAX_BYTES {
        let mut builder = Builder::new(file);
        match json::read(body, skipped, &mut builder) {
            Ok(()) => return builder.finish(),
            Err(error) if is_json_name(source.name()) => return (None, vec![error.diagnostic(file)]),
            // Not JSON, but perhaps YAML that starts with a bracket: a comment, a trailing comma, a key without quotes.
            Err(_) => {}
        }
    }
    parse_with(file, text, events::read)
}

/// Reads a text that must be JSON by the letter of RFC 8259: what a schema registry is sent.
pub fn parse_json(sources: &Sources, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
    parse_with(file, sources.file(file).text(), |text, base, builder| json::read(text, base, builder))
}

/// Reads JSON that may have comments, as Avro Java reads schemas.
pub fn parse_avro_json(sources: &Sources, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
    parse_with(file, sources.file(file).text(), |text, base, builder| json::read_commented(text, base, builder))
}

/// Reads what may be an AsyncAPI document. Other tools read JSON as the YAML that it nearly is: where that makes a document,
/// what JSON does not allow is a warning.
pub(crate) fn parse_document(sources: &Sources, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
    let (node, mut problems) = parse(sources, file);
    let source = sources.file(file);
    if node.is_some() || !is_json_name(source.name()) || problems.iter().all(|problem| problem.id != "yaml/syntax") {
        return (node, problems);
    }
    let (as_yaml, errors) = parse_with(file, source.text(), events::read);
    if !errors.is_empty() || as_yaml.as_ref().is_none_or(|node| node.get("asyncapi").is_none()) {
        return (node, problems);
    }
    for problem in &mut problems {
        problem.severity = Severity::Warning;
        "yaml/not-json".clone_into(&mut problem.id);
        problem.help = Some("strict readers of JSON refuse this file; it is read as YAML".to_owned());
    }
    (as_yaml, problems)
}

type Read = fn(&str, usize, &mut Builder) -> Result<(), SyntaxError>;

fn parse_with(file: FileId, text: &str, read: Read) -> (Option<Node>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} (16 MiB) are read", text.len());
        return (None, vec![Diagnostic::error("yaml/too-large", Span::start_of(file), message)]);
    }
    let (body, skipped) = without_bom(text);
    let mut builder = Builder::new(file);
    match read(body, skipped, &mut builder) {
        Ok(()) => builder.finish(),
        Err(error) => {
            let (_, mut diagnostics) = builder.finish();
            diagnostics.retain(|d| d.id != "yaml/empty");
            diagnostics.push(error.diagnostic(file));
            (None, diagnostics)
        }
    }
}

/// What stopped a reader: the text breaks the grammar.
#[derive(Debug)]
struct SyntaxError {
    start: usize,
    end: usize,
    message: String,
    help: Option<&'static str>,
}

impl SyntaxError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { start: at, end: at, message: message.into(), help: None }
    }

    fn diagnostic(self, file: FileId) -> Diagnostic {
        let mut found = Diagnostic::error("yaml/syntax", Span::new(file, self.start, self.end), self.message);
        found.help = self.help.map(str::to_owned);
        found
    }
}

/// The text behind a byte order mark, and how many bytes that skips.
fn without_bom(text: &str) -> (&str, usize) {
    text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, text.len() - rest.len()))
}

/// `true` for the names that promise JSON: a mistake in such a file is told in terms of JSON.
fn is_json_name(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// `true` for the names of Avro's JSON files.
fn is_avro_name(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or("");
    ["avsc", "avpr"].iter().any(|avro| extension.eq_ignore_ascii_case(avro))
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The place of the value (of the alias, not of its anchor, when it came through one).
    pub span: Span,
    /// What stands there.
    pub value: Value,
}

/// What a node can be: the JSON data model, numbers kept as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exactly as it was written; forms that only YAML has (`0x1F`, `+1`, `.5`) are given as JSON writes them.
    Number(String),
    /// A text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the text.
    Mapping(Mapping),
}

/// The entries of an object in the order of the text; keys are unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The place of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Mapping {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }
}

/// The JSON pointer (RFC 6901) of these keys and indexes.
pub(crate) fn pointer(tokens: &[String]) -> String {
    tokens.iter().flat_map(|token| ["/".into(), escape_token(token)]).collect()
}

/// A key as a token of a JSON pointer (RFC 6901, section 3): `~` is written `~0`, `/` is written `~1`.
pub fn escape_token(key: &str) -> std::borrow::Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// A key as a token of a JSON pointer in a reference, where `%` has a meaning of its own.
pub(crate) fn reference_token(key: &str) -> String {
    escape_token(key).replace('%', "%25")
}

/// One token of a JSON pointer (RFC 6901, section 4) without its escapes: `~1` is `/`, `~0` is `~`.
pub fn unescape_token(token: &str) -> std::borrow::Cow<'_, str> {
    if token.bytes().any(|byte| byte == b'~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// A list index of a JSON pointer: digits without a leading zero.
fn index_token(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if plain { token.parse().ok() } else { None }
}

impl Node {
    /// The value of a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(s) = &self.value { Some(s) } else { None }
    }

    /// The truth value, when this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(b) = self.value { Some(b) } else { None }
    }

    /// The number, when this is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::Number(n) = &self.value { n.parse().ok() } else { None }
    }

    /// The number as a float, when this is one.
    pub fn as_f64(&self) -> Option<f64> {
        if let Value::Number(n) = &self.value { n.parse().ok() } else { None }
    }

    /// The items, when this is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        if let Value::Sequence(items) = &self.value { Some(items) } else { None }
    }

    /// The entries, when this is an object.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        if let Value::Mapping(m) = &self.value { Some(m) } else { None }
    }

    /// The name of the kind for messages: `a string`, `an object`.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "an object",
        }
    }

    /// The value that a JSON pointer (RFC 6901) names: `""` is this one, `/a~1b/0` the first item of the key `a/b`.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| {
            let token = unescape_token(token);
            match &node.value {
                Value::Mapping(entries) => entries.get(&token),
                Value::Sequence(items) => items.get(index_token(&token)?),
                _ => None,
            }
        })
    }

    /// The keys and indexes that lead to the smallest value, or the key, that holds a place; `None` when it lies outside.
    pub fn path_to(&self, place: Span) -> Option<Vec<String>> {
        let holds = |span: Span| span.file == place.file && span.start <= place.start && place.end <= span.end;
        let mut path = Vec::new();
        let mut node = self;
        // A place at the start of the file means the file.
        if place.end <= node.span.start || !holds(node.span) {
            return (place.file == node.span.file && place.start <= node.span.start).then_some(path);
        }
        loop {
            let next = match &node.value {
                Value::Mapping(mapping) => {
                    let entry = mapping.entries.iter().find(|entry| holds(entry.key_span) || holds(entry.value.span));
                    entry.map(|entry| (entry.key.clone(), &entry.value))
                }
                Value::Sequence(items) => {
                    let item = items.iter().enumerate().find(|(_, item)| holds(item.span));
                    item.map(|(n, item)| (n.to_string(), item))
                }
                _ => None,
            };
            let Some((token, value)) = next else { return Some(path) };
            path.push(token);
            node = value;
        }
    }

    /// The same value without places. A number that no 64-bit float holds (`1e400`, `.nan`) is given as its text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => serde_json::from_str(n).unwrap_or_else(|_| Json::String(n.clone())),
            Value::String(s) => Json::String(s.clone()),
            Value::Sequence(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Mapping(m) => Json::Object(m.entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> (Option<serde_json::Value>, Vec<String>) {
        let mut sources = Sources::new();
        let file = sources.add(name, text);
        let (node, diagnostics) = parse(&sources, file);
        if let Some(node) = &node {
            check_spans(&sources, node, text);
        }
        (
            node.map(|n| n.to_json()),
            diagnostics.iter().map(|d| format!("{} {}", d.id, sources.line_column(d.primary.span))).collect(),
        )
    }

    /// Every key and scalar lies where its span says.
    fn check_spans(sources: &Sources, node: &Node, text: &str) {
        let at = sources.text(node.span);
        match &node.value {
            Value::String(s) if !at.starts_with(['"', '\'', '*']) && !s.contains([' ', '\n']) => assert_eq!(at, s, "{text}"),
            Value::Sequence(items) => items.iter().for_each(|n| check_spans(sources, n, text)),
            Value::Mapping(m) => {
                for entry in &m.entries {
                    let key = sources.text(entry.key_span);
                    assert!(key == entry.key || key.starts_with(['"', '\'', '*']), "{key} {}", entry.key);
                    check_spans(sources, &entry.value, text);
                }
            }
            _ => {}
        }
    }

    fn good(name: &str, text: &str, json: &str) {
        let (value, problems) = read(name, text);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        assert_eq!(value, Some(serde_json::from_str(json).unwrap()), "{text}");
    }

    fn bad(text: &str, wanted: &str) {
        assert_eq!(read("a.yaml", text).1, [wanted], "{text}");
    }

    #[test]
    fn every_json_is_read() {
        for text in [
            "{\"a\":1,\n\t\"b\":[\n\t\t1 , 2\n\t]\t}\n",
            r#"["\ud83d\ude00\u00e9", "\/\b\f\n\r\t\"\\", "", {}, [], [[]], {"":null}]"#,
            r#"{"a":{"b":{"c":true}},"d":-0.5e-3,"e":18446744073709551615}"#,
            "\"text\"",
            "  3 ",
            "null",
        ] {
            good("a.json", text, text);
            good("a.yaml", text, text);
        }
        let long = format!("[\"{}\", 1]", "x".repeat(100_000));
        good("a.yaml", &long, &long);
    }

    #[test]
    fn yaml_is_read() {
        good("a.yaml", "\u{feff}ä: ö\r\nb:\r\n- c # no\r\n- \"d\"\r\n", r#"{"ä":"ö","b":["c","d"]}"#);
        good("a.yaml", "{a: 1, b: [x, y,],}", r#"{"a":1,"b":["x","y"]}"#);
        good("a.yaml", "200: ok\ntrue: 1\n1.0: 2\n", r#"{"200":"ok","true":1,"1.0":2}"#);
        good("a.yaml", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", r#"{"a":"x\ny\n","b":"x y"}"#);
        good("a.yaml", "a: '1'\nb: !!str 1\nc: ! 1\nd: &x 0x10\ne: *x\n", r#"{"a":"1","b":"1","c":"1","d":16,"e":16}"#);
        good("a.yaml", "é: &x\n  k: ü\nb: *x\n*x : 1\n".replace("*x : 1\n", "").as_str(), r#"{"é":{"k":"ü"},"b":{"k":"ü"}}"#);
    }

    #[test]
    fn merge_keys() {
        let text = "a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc:\n  y: 5\n  <<: [*a, *b]\n  w: 6\n";
        let (value, problems) = read("a.yaml", text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(value.unwrap()["c"].to_string(), r#"{"y":5,"x":1,"z":4,"w":6}"#);
        bad("<<: 1\n", "yaml/merge 1:5");
        good("a.json", r#"{"<<": 1}"#, r#"{"<<": 1}"#);
    }

    #[test]
    fn mistakes_have_a_place() {
        bad("", "yaml/empty 1:1");
        bad("# only\n", "yaml/empty 1:1");
        bad("a: 1\nb: 2\na: 3\n", "yaml/duplicate-key 3:1");
        bad("a: 1\n---\nb: 2\n", "yaml/many-documents 2:1");
        bad("a: !foo 1\n", "yaml/unknown-tag 1:9");
        bad("a: !!int x\n", "yaml/tag 1:10");
        bad("? [a]\n: 1\n", "yaml/key-not-text 1:3");
        bad("~: 1\n", "yaml/key-not-text 1:1");
        bad("a: *b\n", "yaml/syntax 1:4");
        bad("a: &b [*b]\n", "yaml/alias-inside-itself 1:8");
        bad("\ta: 1\n", "yaml/tab 1:1");
        bad("a:\n\tb: 1\n", "yaml/syntax 2:2");
        bad(&"[".repeat(200), "yaml/too-deep 1:129");
        bad(&format!("{}1{}", "{a: ".repeat(150), "}".repeat(150)), "yaml/too-deep 1:513");
        assert_eq!(read("a.json", "{\"a\": 1,}").1, ["yaml/syntax 1:9"]);
        assert_eq!(read("a.json", "{\"a\": \"\\ud800\"}").1, ["yaml/syntax 1:8"]);
        assert_eq!(read("a.json", "{\"a\": 01}").1, ["yaml/syntax 1:7"]);
        assert_eq!(read("a.json", "[1] 2").1, ["yaml/syntax 1:5"]);
    }

    #[test]
    fn laughs_are_counted() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..9 {
            use std::fmt::Write;
            writeln!(text, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", ")).unwrap();
        }
        bad(&text, "yaml/too-many-nodes 6:40");
    }

    #[test]
    fn fifty_thousand_keys() {
        let lines: Vec<String> = (0..50_000).map(|n| format!("k{n}: {n}")).collect();
        let (value, problems) = read("a.yaml", &(lines.join("\n") + "\nk7: 1\n"));
        assert_eq!(problems, ["yaml/duplicate-key 50001:1"]);
        assert_eq!(value.unwrap().as_object().unwrap().len(), 50_000);
    }

    #[test]
    fn places_have_paths() {
        let text = "a:\n  - b: 1\n    c: {d: [x, y]}\n";
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", text);
        let node = parse(&sources, file).0.unwrap();
        let path = |part: &str| {
            let start = text.find(part).unwrap();
            node.path_to(Span::new(file, start, start + part.len())).unwrap().join("/")
        };
        for (part, wanted) in
            [("a", "a"), ("b", "a/0/b"), ("b: 1\n    c", "a/0"), ("1", "a/0/b"), ("y", "a/0/c/d/1"), ("[x", "a/0/c/d")]
        {
            assert_eq!(path(part), wanted, "{part}");
        }
        assert_eq!(node.path_to(Span::start_of(file)), Some(vec![]));
    }

    #[test]
    fn pointers() {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", "a/b: [1, {m~n: 2}]");
        let node = parse(&sources, file).0.unwrap();
        assert_eq!(node.pointer("/a~1b/1/m~0n").and_then(Node::as_i64), Some(2));
        assert!(node.pointer("/a~1b/01").is_none() && node.pointer("a").is_none());
    }
}
