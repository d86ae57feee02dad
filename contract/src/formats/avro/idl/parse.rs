//! The grammar of Avro IDL: tokens become the JSON that the same types have in an `.avpr` file, with the places of the IDL text.

use super::lex::{Doc, Kind, Token};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

/// Parsing cannot go on; the reason is among the findings.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Step<T> = Result<T, Stop>;

/// What a file declares, in the order of its text.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The name of the protocol, or none in the syntax of schemas.
    pub(super) name: Option<(String, Span)>,
    pub(super) namespace: String,
    pub(super) doc: Option<String>,
    /// The type after `schema`.
    pub(super) main: Option<Node>,
    pub(super) items: Vec<Item>,
}

/// One declaration.
#[derive(Debug)]
pub(super) enum Item {
    Type(Node),
    Message(Entry),
    Import(Import, String, Span),
}

/// What an import holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Import {
    Idl,
    Protocol,
    Schema,
}

/// Walks the tokens.
pub(super) struct Idl<'t> {
    tokens: &'t [Token],
    docs: &'t [Doc],
    used: Vec<bool>,
    at: usize,
    /// The namespace around what is read: names without a dot belong to it.
    pub(super) namespace: String,
    /// How many values the types of fields have had.
    pub(super) copied: usize,
    pub(super) found: Vec<Diagnostic>,
}

/// Reads a file; `None` when its grammar is broken.
pub(super) fn parse(tokens: &[Token], docs: &[Doc]) -> (Option<File>, Vec<Diagnostic>) {
    let mut idl =
        Idl { tokens, docs, used: vec![false; docs.len()], at: 0, namespace: String::new(), copied: 0, found: Vec::new() };
    let parsed = idl.file().ok();
    for (doc, _) in docs.iter().zip(&idl.used).filter(|(_, used)| parsed.is_some() && !**used) {
        let text = "this comment documents nothing: it stands before no declaration";
        let found = Diagnostic::warning("avro/idl-doc-unused", doc.span, text);
        idl.found
            .push(found.with_help("Write /* instead of /** when it is no documentation, or move it before what it describes."));
    }
    (parsed, idl.found)
}

impl Idl<'_> {
    pub(super) fn peek(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek(0).clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn error(&mut self, id: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.found.push(Diagnostic::error(id, span, message));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// An error in the grammar at the next token.
    pub(super) fn fail<T>(&mut self, message: impl Into<String>) -> Step<T> {
        let span = self.peek(0).span;
        self.error("avro/idl-syntax", span, message);
        Err(Stop)
    }

    /// The same, for what should stand here.
    pub(super) fn expected<T>(&mut self, what: &str) -> Step<T> {
        let token = self.peek(0);
        let found = match token.kind {
            Kind::End => "the file ends here".to_owned(),
            Kind::Text => "found a text".to_owned(),
            _ => format!("found '{}'", token.text.chars().take(40).collect::<String>()),
        };
        self.fail(format!("{what} belongs here; {found}"))
    }

    pub(super) fn at_mark(&self, mark: char) -> bool {
        self.peek(0).kind == Kind::Mark(mark)
    }

    pub(super) fn take_mark(&mut self, mark: char) -> bool {
        let here = self.at_mark(mark);
        self.at += usize::from(here);
        here
    }

    pub(super) fn mark(&mut self, mark: char) -> Step<Span> {
        if self.at_mark(mark) { Ok(self.next().span) } else { self.expected(&format!("'{mark}'")) }
    }

    /// A keyword that is written plainly.
    pub(super) fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == Kind::Word { plain: true } && token.text == word
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let here = self.is_word(0, word);
        self.at += usize::from(here);
        here
    }

    fn is_name(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead).kind, Kind::Word { .. })
    }

    /// A name; keywords are names too where one belongs.
    pub(super) fn name(&mut self, what: &str) -> Step<(String, Span)> {
        if !self.is_name(0) {
            return self.expected(what);
        }
        let token = self.next();
        Ok((token.text, token.span))
    }

    /// The full name that a reference means. Other than in JSON, one without a dot is never looked for outside of its namespace,
    /// and never a primitive type when there is one.
    pub(super) fn qualified(&self, name: &str) -> String {
        if name.contains('.') || self.namespace.is_empty() { name.to_owned() } else { format!("{}.{name}", self.namespace) }
    }

    pub(super) fn text(&mut self, what: &str) -> Step<(String, Span)> {
        if self.peek(0).kind != Kind::Text {
            return self.expected(what);
        }
        let token = self.next();
        Ok((token.text, token.span))
    }

    /// A whole number, and its token.
    pub(super) fn integer(&mut self, what: &str) -> Step<Node> {
        let token = self.peek(0);
        let number = super::json::integer(&token.text).filter(|_| token.kind == Kind::Integer);
        let Some(number) = number else { return self.expected(what) };
        let span = self.next().span;
        Ok(Node { span, value: Value::Number(number.to_string()) })
    }

    /// The documentation that stands right before the next token: the last comment there.
    pub(super) fn doc(&mut self) -> Option<String> {
        let index = self.docs.partition_point(|doc| doc.before <= self.at).checked_sub(1)?;
        let doc = self.docs.get(index).filter(|doc| doc.before == self.at)?;
        self.used[index] = true;
        Some(doc.text.clone())
    }

    fn file(&mut self) -> Step<File> {
        let mut file = File::default();
        let doc = self.doc();
        let start = self.at;
        let notes = self.annotations()?;
        if self.is_word(0, "protocol") && self.is_name(1) && self.peek(2).kind == Kind::Mark('{') {
            self.protocol(&mut file, doc, notes)?;
        } else {
            // The annotations belong to the first declaration.
            self.at = start;
            self.schemas(&mut file)?;
        }
        if self.peek(0).kind != Kind::End {
            return self.expected("the end of the file");
        }
        Ok(file)
    }

    fn protocol(&mut self, file: &mut File, doc: Option<String>, notes: super::notes::Notes) -> Step<()> {
        self.next();
        let (name, span) = self.name("the name of the protocol")?;
        let notes = self.sorted(notes, super::notes::Place::Protocol);
        let own = notes.namespace.as_ref().and_then(Node::as_str).unwrap_or("");
        if super::is_keyword_type(&name) {
            self.error("avro/name-invalid", span, format!("a protocol cannot be named '{name}': that is a type in Avro IDL"));
        }
        name.rsplit_once('.').map_or(own, |(namespace, _)| namespace).clone_into(&mut file.namespace);
        self.namespace.clone_from(&file.namespace);
        file.name = Some((name, span));
        file.doc = doc;
        self.mark('{')?;
        while !self.take_mark('}') {
            if self.peek(0).kind == Kind::End {
                return self.expected("a declaration or '}'");
            }
            let item = self.item(true)?;
            file.items.push(item);
        }
        Ok(())
    }

    fn schemas(&mut self, file: &mut File) -> Step<()> {
        if self.is_word(0, "namespace") && self.is_name(1) {
            self.next();
            file.namespace = self.name("a namespace")?.0;
            self.namespace.clone_from(&file.namespace);
            self.mark(';')?;
        }
        if self.is_word(0, "schema") {
            self.next();
            let ty = self.full_type(0)?;
            file.main = Some(ty.finish(false));
            self.mark(';')?;
        }
        while self.peek(0).kind != Kind::End {
            let item = self.item(false)?;
            file.items.push(item);
        }
        Ok(())
    }

    fn item(&mut self, messages: bool) -> Step<Item> {
        if self.is_word(0, "import") && self.peek(2).kind == Kind::Text {
            return self.import();
        }
        let doc = self.doc();
        let start = self.peek(0).span;
        let notes = self.annotations()?;
        let body = |idl: &Self| idl.is_name(1) && idl.peek(2).kind == Kind::Mark('{');
        if (self.is_word(0, "record") || self.is_word(0, "error")) && body(self) {
            return Ok(Item::Type(self.record(doc, start, notes)?));
        }
        if self.is_word(0, "enum") && body(self) {
            return Ok(Item::Type(self.enumeration(doc, start, notes)?));
        }
        if self.is_word(0, "fixed") && self.is_name(1) && self.peek(3).kind == Kind::Integer {
            return Ok(Item::Type(self.fixed(doc, start, notes)?));
        }
        if messages {
            return Ok(Item::Message(self.message(doc, start, notes)?));
        }
        self.expected("record, error, enum, fixed or import")
    }

    fn import(&mut self) -> Step<Item> {
        self.next();
        let kind = match self.peek(0).text.as_str() {
            "idl" => Import::Idl,
            "protocol" => Import::Protocol,
            "schema" => Import::Schema,
            _ => return self.expected("idl, protocol or schema"),
        };
        self.next();
        let (location, span) = self.text("the name of a file in double quotes")?;
        self.mark(';')?;
        Ok(Item::Import(kind, location, span))
    }
}

/// A string as a node.
pub(super) fn string(text: &str, span: Span) -> Node {
    Node { span, value: Value::String(text.to_owned()) }
}

/// An object as it grows.
#[derive(Debug)]
pub(super) struct Object {
    entries: Vec<Entry>,
    span: Span,
}

impl Object {
    pub(super) fn new(span: Span) -> Self {
        Self { entries: Vec::new(), span }
    }

    /// Adds a key that has the place of its value.
    pub(super) fn put(&mut self, key: &str, value: Node) {
        self.entries.push(Entry { key: key.to_owned(), key_span: value.span, value });
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        let span = self.span;
        self.put(key, string(text, span));
    }

    pub(super) fn extend(&mut self, entries: Vec<Entry>) {
        self.entries.extend(entries);
    }

    pub(super) fn node(self, span: Span) -> Node {
        Node { span, value: Value::Mapping(Mapping { entries: self.entries }) }
    }
}
