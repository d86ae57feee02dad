//! Types where they are used: primitives and their shorthands, arrays, maps, unions, references, and `?`.

use super::lex::Kind;
use super::notes::Place;
use super::parse::{Idl, Object, Step, string};
use crate::diagnostic::has_errors;
use crate::formats::avro::MAX_DEPTH;
use crate::source::Span;
use crate::yaml::{Entry, Node, Value};

/// A type as it is read: `?` puts `null` beside it, and the default of the field says on which side.
#[derive(Debug, Clone)]
pub(super) struct FieldType {
    node: Node,
    optional: bool,
}

impl FieldType {
    /// Of how many values it is made.
    pub(super) fn size(&self) -> usize {
        let (mut size, mut open) = (0, vec![&self.node]);
        while let Some(node) = open.pop() {
            size += 1;
            match &node.value {
                Value::Sequence(items) => open.extend(items),
                Value::Mapping(mapping) => open.extend(mapping.entries.iter().map(|entry| &entry.value)),
                _ => {}
            }
        }
        size
    }

    /// The node; the branch `null` comes last when there is a default that is not `null`.
    pub(super) fn finish(self, null_last: bool) -> Node {
        if !self.optional {
            return self.node;
        }
        let span = self.node.span;
        let null = string("null", span);
        let branches = if null_last { vec![self.node, null] } else { vec![null, self.node] };
        Node { span, value: Value::Sequence(branches) }
    }
}

impl Idl<'_> {
    /// Annotations and a type.
    pub(super) fn full_type(&mut self, depth: usize) -> Step<FieldType> {
        let notes = self.annotations()?;
        let props = self.sorted(notes, Place::Type).props;
        self.plain_type(props, depth)
    }

    /// A type whose annotations have been read.
    pub(super) fn plain_type(&mut self, props: Vec<Entry>, depth: usize) -> Step<FieldType> {
        if depth >= MAX_DEPTH {
            let help = "Give the inner types names and refer to them.".to_owned();
            let span = self.peek(0).span;
            self.error("avro/depth-limit", span, format!("types are nested deeper than {MAX_DEPTH} levels")).help = Some(help);
            return Err(super::parse::Stop);
        }
        let start = self.peek(0).span;
        let behind = if let Kind::Mark(mark) = self.peek(1).kind { mark } else { ' ' };
        let node = match behind {
            '<' if self.take_word("array") => self.container("array", "items", props, start, depth)?,
            '<' if self.take_word("map") => self.container("map", "values", props, start, depth)?,
            '{' if self.take_word("union") => return self.union(&props, start, depth),
            '(' if self.take_word("decimal") => self.decimal(props, start)?,
            _ => self.named_type(props)?,
        };
        let question = self.at_mark('?').then(|| self.next().span);
        Ok(FieldType { node, optional: question.is_some() })
    }

    fn container(&mut self, word: &str, key: &str, props: Vec<Entry>, start: Span, depth: usize) -> Step<Node> {
        self.mark('<')?;
        let inner = self.full_type(depth + 1)?.finish(false);
        let end = self.mark('>')?;
        if self.at_mark('?') {
            return self
                .fail(format!("only a name or a primitive type takes '?', not {word}<…>; write union {{ null, {word}<…> }}"));
        }
        let mut object = Object::new(start);
        object.text("type", word);
        object.put(key, inner);
        object.extend(props);
        Ok(object.node(start.to(end)))
    }

    fn union(&mut self, props: &[Entry], start: Span, depth: usize) -> Step<FieldType> {
        self.mark('{')?;
        let mut branches = Vec::new();
        loop {
            branches.push(self.full_type(depth + 1)?.finish(false));
            if !self.take_mark(',') {
                break;
            }
        }
        let end = self.mark('}')?;
        if self.at_mark('?') {
            return self.fail("only a name or a primitive type takes '?'; write null among the branches of the union");
        }
        if let Some(first) = props.first() {
            let message = format!("@{} is lost: a union has no place for properties", first.key);
            self.found.push(crate::diagnostic::Diagnostic::warning("avro/idl-annotation", first.key_span, message));
        }
        Ok(FieldType { node: Node { span: start.to(end), value: Value::Sequence(branches) }, optional: false })
    }

    fn decimal(&mut self, props: Vec<Entry>, start: Span) -> Step<Node> {
        self.mark('(')?;
        let precision = self.integer("the precision, a whole number")?;
        let scale = if self.take_mark(',') {
            self.integer("the scale, a whole number")?
        } else {
            Node { span: precision.span, value: Value::Number("0".to_owned()) }
        };
        let end = self.mark(')')?;
        let digits = |node: &Node| node.as_i64().unwrap_or(0);
        if digits(&precision) < 1 || digits(&precision) > i64::from(i32::MAX) {
            self.error("avro/idl-decimal", precision.span, "a decimal has one digit at least");
        } else if digits(&scale) < 0 || digits(&scale) > digits(&precision) {
            let message = format!("the scale of a decimal lies between 0 and its precision, {}", digits(&precision));
            self.error("avro/idl-decimal", scale.span, message);
        }
        let mut object = Object::new(start);
        object.text("type", "bytes");
        if has_errors(&self.found) {
            return Ok(object.node(start.to(end)));
        }
        object.text("logicalType", "decimal");
        object.put("precision", precision);
        object.put("scale", scale);
        object.extend(props);
        Ok(object.node(start.to(end)))
    }

    /// A primitive, a shorthand for a logical type, or a reference to a named type.
    fn named_type(&mut self, mut props: Vec<Entry>) -> Step<Node> {
        let plain = self.peek(0).kind == Kind::Word { plain: true };
        let (word, span) = self.name("a type")?;
        let (primitive, logical) = match word.as_str() {
            _ if !plain => ("", None),
            "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" | "null" => (word.as_str(), None),
            "date" => ("int", Some("date")),
            "time_ms" => ("int", Some("time-millis")),
            "timestamp_ms" => ("long", Some("timestamp-millis")),
            "local_timestamp_ms" => ("long", Some("local-timestamp-millis")),
            "uuid" => ("string", Some("uuid")),
            _ => ("", None),
        };
        if primitive.is_empty() {
            if let Some(first) = props.first() {
                let message = format!("@{} cannot stand on a reference to '{word}'", first.key);
                let help = "Annotate the definition of the type; a field's annotations stand between its type and its name.";
                self.error("avro/idl-annotation", first.key_span, message).help = Some(help.to_owned());
            }
            return Ok(string(&self.qualified(&word), span));
        }
        if logical.is_none() && props.is_empty() {
            return Ok(string(primitive, span));
        }
        let mut object = Object::new(span);
        object.text("type", primitive);
        if let Some(logical) = logical {
            object.text("logicalType", logical);
            props.retain(|prop| prop.key != "logicalType");
        } else {
            add_scale(&mut props);
        }
        object.extend(props);
        Ok(object.node(span))
    }
}

/// Avro Java writes the scale of a decimal also when it is not given.
pub(super) fn add_scale(props: &mut Vec<Entry>) {
    let is_decimal = props.iter().any(|p| p.key == "logicalType" && p.value.as_str() == Some("decimal"));
    let precision = props.iter().find(|p| p.key == "precision" && p.value.as_i64().is_some_and(|n| n > 0));
    if let (true, Some(precision), None) = (is_decimal, precision, props.iter().find(|p| p.key == "scale")) {
        let value = Node { span: precision.value.span, value: Value::Number("0".to_owned()) };
        props.push(Entry { key: "scale".to_owned(), key_span: precision.key_span, value });
    }
}
