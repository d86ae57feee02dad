//! Declarations: records and errors, enums, fixed types, messages.

use super::lex::Kind;
use super::notes::{Notes, Place, Sorted};
use super::parse::{Idl, Object, Step, string};
use super::types::add_scale;
use crate::source::Span;
use crate::yaml::{Entry, Node, Value};

/// The most values in the types of all fields together.
const MAX_COPIED: usize = 1_000_000;

impl Idl<'_> {
    /// `record Name` and what stands before it; the object has all but the body.
    fn head(&mut self, doc: Option<String>, start: Span, notes: Notes) -> Step<(Object, Sorted)> {
        let word = self.next();
        let (name, name_span) = self.name("a name")?;
        let mut sorted = self.sorted(notes, Place::Named);
        let own = sorted.namespace.as_ref().and_then(Node::as_str).unwrap_or(&self.namespace);
        name.rsplit_once('.').map_or(own, |(namespace, _)| namespace).clone_into(&mut sorted.around);
        let mut object = Object::new(start);
        object.put("type", string(&word.text, word.span));
        object.put("name", string(&name, name_span));
        if let Some(namespace) = sorted.namespace.take() {
            object.put("namespace", namespace);
        }
        if let Some(doc) = doc {
            object.text("doc", &doc);
        }
        if let Some(aliases) = sorted.aliases.take() {
            object.put("aliases", aliases);
        }
        if super::is_keyword_type(&name) {
            self.error(
                "avro/name-invalid",
                name_span,
                format!("a type cannot be named '{name}' in Avro IDL: that is a type already"),
            );
        }
        Ok((object, sorted))
    }

    pub(super) fn record(&mut self, doc: Option<String>, start: Span, notes: Notes) -> Step<Node> {
        let (mut object, sorted) = self.head(doc, start, notes)?;
        self.mark('{')?;
        let outer = std::mem::replace(&mut self.namespace, sorted.around);
        let mut fields = Vec::new();
        while !self.at_mark('}') {
            self.fields(&mut fields)?;
        }
        self.namespace = outer;
        let end = self.mark('}')?;
        object.put("fields", Node { span: start.to(end), value: Value::Sequence(fields) });
        object.extend(sorted.props);
        Ok(object.node(start.to(end)))
    }

    /// `type a = 1, b;`
    fn fields(&mut self, fields: &mut Vec<Node>) -> Step<()> {
        let doc = self.doc();
        let ty = self.full_type(0)?;
        loop {
            // Each field gets a copy of the type: a large type and many names must not multiply.
            self.copied += ty.size();
            if self.copied > MAX_COPIED {
                return self.fail(format!("the types of the fields make more than {MAX_COPIED} values"));
            }
            fields.push(self.variable(&ty, doc.as_ref())?);
            if !self.take_mark(',') {
                break;
            }
        }
        self.mark(';')?;
        Ok(())
    }

    /// A name with its annotations and default: the field of a record, or the parameter of a message.
    fn variable(&mut self, ty: &super::types::FieldType, outer: Option<&String>) -> Step<Node> {
        let doc = self.doc().or_else(|| outer.cloned());
        let start = self.peek(0).span;
        let notes = self.annotations()?;
        let sorted = self.sorted(notes, Place::Variable);
        let (name, name_span) = self.name("the name of a field")?;
        let default = if self.take_mark('=') { Some(self.json(0)?) } else { None };
        let mut object = Object::new(name_span);
        object.put("name", string(&name, name_span));
        let null_last = default.as_ref().is_some_and(|default| default.value != Value::Null);
        object.put("type", ty.clone().finish(null_last));
        if let Some(doc) = doc {
            object.text("doc", &doc);
        }
        let end = default.as_ref().map_or(name_span, |default| default.span);
        for (key, value) in [("default", default), ("order", sorted.order), ("aliases", sorted.aliases)] {
            if let Some(value) = value {
                object.put(key, value);
            }
        }
        object.extend(sorted.props);
        Ok(object.node(start.to(end)))
    }

    pub(super) fn enumeration(&mut self, doc: Option<String>, start: Span, notes: Notes) -> Step<Node> {
        let (mut object, sorted) = self.head(doc, start, notes)?;
        let open = self.mark('{')?;
        let mut symbols = Vec::new();
        if !self.at_mark('}') {
            loop {
                self.doc();
                let notes = self.annotations()?;
                if let Some(first) = notes.first() {
                    let message = format!("@{} is lost: a symbol has no place for properties", first.key);
                    let span = first.key_span;
                    self.found.push(crate::diagnostic::Diagnostic::warning("avro/idl-annotation", span, message));
                }
                let (symbol, span) = self.name("a symbol")?;
                symbols.push(string(&symbol, span));
                if !self.take_mark(',') {
                    break;
                }
            }
        }
        let mut end = self.mark('}')?;
        object.put("symbols", Node { span: open.to(end), value: Value::Sequence(symbols) });
        if self.take_mark('=') {
            let (symbol, span) = self.name("the symbol for unknown ones")?;
            object.put("default", string(&symbol, span));
            end = self.mark(';')?;
        }
        object.extend(sorted.props);
        Ok(object.node(start.to(end)))
    }

    pub(super) fn fixed(&mut self, doc: Option<String>, start: Span, notes: Notes) -> Step<Node> {
        let (mut object, mut sorted) = self.head(doc, start, notes)?;
        self.mark('(')?;
        let size = self.integer("the number of bytes")?;
        object.put("size", size);
        self.mark(')')?;
        let end = self.mark(';')?;
        add_scale(&mut sorted.props);
        object.extend(sorted.props);
        Ok(object.node(start.to(end)))
    }

    /// A message as an entry of the JSON form.
    pub(super) fn message(&mut self, doc: Option<String>, start: Span, notes: Notes) -> Step<Entry> {
        let props = self.sorted(notes, Place::Message).props;
        let void = self.take_word("void");
        let response = if void { string("null", start) } else { self.plain_type(Vec::new(), 0)?.finish(false) };
        let (key, key_span) = self.name("the name of a message")?;
        let mut object = Object::new(key_span);
        if let Some(doc) = doc {
            object.text("doc", &doc);
        }
        object.extend(props);
        let request = self.parameters()?;
        object.put("request", request);
        object.put("response", response);
        if self.take_word("throws") {
            let mut errors = Vec::new();
            loop {
                let (name, span) = self.name("the name of an error")?;
                errors.push(string(&self.qualified(&name), span));
                if !self.take_mark(',') {
                    break;
                }
            }
            object.put("errors", Node { span: key_span, value: Value::Sequence(errors) });
        } else if self.is_word(0, "oneway") {
            let span = self.next().span;
            if !void {
                self.error("avro/message-invalid", span, format!("the one-way message '{key}' must return void"));
            }
            object.put("one-way", Node { span, value: Value::Bool(true) });
        }
        let end = self.mark(';')?;
        Ok(Entry { key, key_span, value: object.node(start.to(end)) })
    }

    fn parameters(&mut self) -> Step<Node> {
        let open = self.mark('(')?;
        let mut parameters = Vec::new();
        if self.peek(0).kind != Kind::Mark(')') {
            loop {
                let doc = self.doc();
                let ty = self.full_type(0)?;
                parameters.push(self.variable(&ty, doc.as_ref())?);
                if !self.take_mark(',') {
                    break;
                }
            }
        }
        let close = self.mark(')')?;
        Ok(Node { span: open.to(close), value: Value::Sequence(parameters) })
    }
}
