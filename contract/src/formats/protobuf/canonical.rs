//! The text by which a registry knows a `.proto` file: parsed and printed again, comments dropped, names as written.
//!
//! The form is the one that Confluent's registry stores: fields, oneofs, nested messages, enums; public imports behind plain
//! ones; `extend` behind the types, services last.

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::source::Span;

use super::default::escape;
use super::lex::{Kind, Token, lex};
use super::parse::MAX_NUMBER;
use super::tree::{
    Enum, EnumValue, Extend, Field, FieldType, File, ImportKind, Label, Message, Method, Oneof, OptionEntry, Range, Schema,
    Service, Syntax, Visibility,
};

/// Values of options are nested at most this deep; deeper ones stay as written.
const MAX_DEPTH: usize = 64;

/// The payload's file as Confluent's registry prints it; imported files are texts of their own.
pub fn canonical_text(schema: &Schema) -> String {
    schema.main().map(file_text).unwrap_or_default()
}

/// The text of one file in the same form.
pub fn file_text(file: &File) -> String {
    let mut out = String::new();
    let edition = file.syntax.is_edition();
    if file.syntax_span.is_some() {
        out.push_str(&match &file.syntax {
            Syntax::Proto2 => format_line(&["syntax = \"proto2\";"]),
            Syntax::Proto3 => format_line(&["syntax = \"proto3\";"]),
            Syntax::Edition(name) => format_line(&["edition = \"", name, "\";"]),
        });
    }
    if !file.package.is_empty() {
        out.push_str(&format_line(&["package ", &file.package, ";"]));
    }
    let mut imports: Vec<_> = file.imports.iter().collect();
    imports.sort_by_key(|i| match i.kind {
        ImportKind::Plain => 0,
        ImportKind::Public | ImportKind::Weak => 1,
        ImportKind::Option => 2,
    });
    let imports = imports.into_iter().map(|i| {
        let kind = match i.kind {
            ImportKind::Plain => "",
            ImportKind::Public => "public ",
            ImportKind::Weak => "weak ",
            ImportKind::Option => "option ",
        };
        format_line(&["import ", kind, "\"", &i.path, "\";"])
    });
    block(&mut out, imports);
    block(&mut out, file.options.iter().map(declaration));
    let messages = file.messages.iter().filter(|m| !m.is_group).map(|m| message(m, edition));
    block(&mut out, messages.chain(file.enums.iter().map(enumeration)));
    block(&mut out, file.extends.iter().map(|e| extend(e, &file.messages, edition)));
    block(&mut out, file.services.iter().map(service));
    out
}

fn format_line(parts: &[&str]) -> String {
    let mut line = parts.concat();
    line.push('\n');
    line
}

/// Parts behind an empty line; nothing when there are none.
fn block(out: &mut String, parts: impl Iterator<Item = String>) {
    let mut parts = parts.peekable();
    if parts.peek().is_some() {
        out.push('\n');
    }
    out.extend(parts);
}

/// The same behind a brace, two spaces in; an empty line inside gets the spaces too.
fn indented(out: &mut String, parts: impl Iterator<Item = String>) {
    let mut parts = parts.peekable();
    if parts.peek().is_some() {
        out.push('\n');
    }
    for part in parts {
        indent(out, &part);
    }
}

fn indent(out: &mut String, part: &str) {
    for line in part.strip_suffix('\n').unwrap_or(part).split('\n') {
        out.push_str("  ");
        out.push_str(line);
        out.push('\n');
    }
}

fn message(message: &Message, edition: bool) -> String {
    format!("{}message {} {}", visibility(message.visibility), message.element.name, message_body(message, edition))
}

fn visibility(visibility: Option<Visibility>) -> &'static str {
    match visibility {
        None => "",
        Some(Visibility::Export) => "export ",
        Some(Visibility::Local) => "local ",
    }
}

/// The braces and what is in them.
fn message_body(message: &Message, edition: bool) -> String {
    let mut out = String::from("{");
    let all =
        Statements { spans: &message.range_statements, max: MAX_NUMBER, quotes: !edition, options: &message.extension_options };
    indented(&mut out, all.print("reserved", &message.reserved_ranges, &message.reserved_names));
    indented(&mut out, message.options.iter().map(declaration));
    let own = |groups: bool| message.fields.iter().filter(move |f| f.oneof.is_none() && f.is_group == groups);
    indented(&mut out, own(false).map(|f| field(f, &message.messages, edition)));
    let mut members: Vec<Vec<&Field>> = vec![Vec::new(); message.oneofs.len()];
    for one in &message.fields {
        if let Some(list) = one.oneof.and_then(|n| members.get_mut(n)) {
            list.push(one);
        }
    }
    indented(&mut out, message.oneofs.iter().zip(&members).map(|(o, own)| oneof(o, own, message, edition)));
    indented(&mut out, own(true).map(|f| field(f, &message.messages, edition)));
    indented(&mut out, all.print("extensions", &message.extension_ranges, &[]));
    let nested = message.messages.iter().filter(|m| !m.is_group).map(|m| self::message(m, edition));
    indented(&mut out, nested.chain(message.enums.iter().map(enumeration)));
    indented(&mut out, message.extends.iter().map(|e| extend(e, &message.messages, edition)));
    out.push_str("}\n");
    out
}

fn oneof(oneof: &Oneof, own: &[&Field], message: &Message, edition: bool) -> String {
    let mut out = format!("oneof {} {{", oneof.element.name);
    indented(&mut out, oneof.options.iter().map(declaration));
    indented(&mut out, own.iter().map(|f| field(f, &message.messages, edition)));
    out.push_str("}\n");
    out
}

fn enumeration(one: &Enum) -> String {
    let mut out = format!("{}enum {} {{", visibility(one.visibility), one.element.name);
    // In editions a reserved name stands without quotes; an enum of proto2 and proto3 does not say which it is of.
    let edition = one.names_unquoted;
    let all = Statements { spans: &one.range_statements, max: i32::MAX, quotes: !edition, options: &[] };
    let reserved = all.print("reserved", &one.reserved_ranges, &one.reserved_names);
    let options = one.options.iter().map(declaration);
    indented(&mut out, reserved.chain(options).chain(one.values.iter().map(enum_value)));
    out.push_str("}\n");
    out
}

fn enum_value(value: &EnumValue) -> String {
    format!("{} = {}{};\n", value.element.name, value.number, brackets(&value.options))
}

/// A field; the message of a group is among `messages`.
fn field(field: &Field, messages: &[Message], edition: bool) -> String {
    let label = match field.label {
        Label::Optional if !edition => "optional ",
        Label::Required if !edition => "required ",
        Label::Repeated if !matches!(field.ty, FieldType::Map { .. }) => "repeated ",
        _ => "",
    };
    let (options, number) = (brackets(&field.options), field.number);
    // Messages stand in the order of the text, groups among them.
    let start = field.element.span.start;
    let found = if field.is_group { messages.partition_point(|m| m.element.span.start < start) } else { messages.len() };
    let group = messages.get(found).filter(|m| m.is_group && m.element.span.start == start);
    if let Some(group) = group {
        return format!("{label}group {} = {number}{options} {}", group.element.name, message_body(group, edition));
    }
    format!("{label}{} {} = {number}{options};\n", field.type_text, field.element.name)
}

fn extend(extend: &Extend, messages: &[Message], edition: bool) -> String {
    let mut out = format!("extend {} {{", extend.extendee_text);
    indented(&mut out, extend.fields.iter().map(|f| field(f, messages, edition)));
    out.push_str("}\n");
    out
}

fn service(service: &Service) -> String {
    let mut out = format!("service {} {{", service.element.name);
    indented(&mut out, service.options.iter().map(declaration));
    indented(&mut out, service.methods.iter().map(method));
    out.push_str("}\n");
    out
}

fn method(method: &Method) -> String {
    let stream = |on: bool| if on { "stream " } else { "" };
    let (input, output) = (stream(method.client_streaming), stream(method.server_streaming));
    let name = &method.element.name;
    let mut out = format!("rpc {name} ({input}{}) returns ({output}{})", method.input_text.0, method.output_text.0);
    if !method.options.is_empty() {
        out.push_str(" {");
        indented(&mut out, method.options.iter().map(declaration));
        out.push('}');
    }
    out.push_str(";\n");
    out
}

/// `reserved` and `extensions` statements by their places.
struct Statements<'a> {
    spans: &'a [Span],
    max: i32,
    quotes: bool,
    options: &'a [(Span, Vec<OptionEntry>)],
}

impl<'a> Statements<'a> {
    fn print(
        &self,
        keyword: &'a str,
        ranges: &'a [Range],
        names: &'a [(String, Span)],
    ) -> impl Iterator<Item = String> + use<'a> {
        let (max, quotes, options) = (self.max, self.quotes, self.options);
        self.spans.iter().filter_map(move |statement| {
            // Ranges, names and options stand in the order of the text.
            let ranges = ranges.get(ranges.partition_point(|r| r.span.start < statement.start)..).unwrap_or_default();
            let numbers = ranges.iter().take_while(|r| r.span.end <= statement.end).map(|r| range(r, max));
            let names = names.get(names.partition_point(|(_, span)| span.start < statement.start)..).unwrap_or_default();
            let names = names.iter().take_while(|(_, span)| span.end <= statement.end);
            let names = names.map(|(name, _)| if quotes { quoted(name) } else { name.clone() });
            let parts: Vec<String> = numbers.chain(names).collect();
            let behind = options.partition_point(|(span, _)| span.start <= statement.start);
            let options = behind.checked_sub(1).and_then(|at| options.get(at)).filter(|(span, _)| statement.end <= span.end);
            let options = options.filter(|_| keyword == "extensions").map(|(_, options)| brackets(options)).unwrap_or_default();
            (!parts.is_empty()).then(|| format!("{keyword} {}{options};\n", parts.join(", ")))
        })
    }
}

fn range(range: &Range, max: i32) -> String {
    match (range.start, range.end) {
        (start, end) if start == end => start.to_string(),
        (start, end) if end == max || range.to_max => format!("{start} to max"),
        (start, end) => format!("{start} to {end}"),
    }
}

/// `option name = value;`
fn declaration(option: &OptionEntry) -> String {
    format!("option {};\n", assignment(option))
}

fn assignment(option: &OptionEntry) -> String {
    format!("{} = {}", option.name, value(option))
}

/// ` [a = 1]`, or several options on a line each; `default` and `json_name` come last, except among normalised options, which have
/// an order of their own and no parts.
fn brackets(options: &[OptionEntry]) -> String {
    let last = |o: &&OptionEntry| match o.name.as_str() {
        _ if o.parts.is_empty() => 0,
        "default" => 1,
        "json_name" => 2,
        _ => 0,
    };
    let mut ordered: Vec<&OptionEntry> = options.iter().collect();
    ordered.sort_by_key(last);
    match ordered.as_slice() {
        [] => String::new(),
        [one] => format!(" [{}]", assignment(one)),
        many => {
            let lines: Vec<String> = many.iter().map(|o| assignment(o)).collect();
            let mut out = String::from(" [\n");
            indent(&mut out, &lines.join(",\n"));
            out.push(']');
            out
        }
    }
}

/// The value of an option: strings in double quotes, aggregates with an entry on each line.
fn value(option: &OptionEntry) -> String {
    if let Some(bytes) = option.as_bytes() {
        return quoted_bytes(bytes);
    }
    if !option.value.starts_with('{') {
        return option.value.clone();
    }
    let file = crate::source::Sources::new().add("", "");
    let Ok(tokens) = lex(&option.value, file) else { return option.value.clone() };
    let mut printer = Aggregate { text: &option.value, tokens: &tokens.list, at: 0 };
    printer.value(0).map_or_else(|| option.value.clone(), |value| value.text())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => out.push_str(&escape(&[u8::try_from(c).unwrap_or(0)])),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A string literal; octal escapes when it is not UTF-8.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| format!("\"{}\"", escape(bytes)), quoted)
}

/// Prints the text format in an option value; `None` for what it does not know.
struct Aggregate<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Aggregate<'_> {
    fn symbol(&self) -> Option<char> {
        match self.tokens.get(self.at)?.kind {
            Kind::Symbol(c) => Some(c),
            _ => None,
        }
    }

    fn take(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        match &token.kind {
            Kind::End => None,
            Kind::Str(first) => {
                let mut bytes = first.clone();
                while let Some(Kind::Str(more)) = self.tokens.get(self.at).map(|t| &t.kind) {
                    bytes.extend_from_slice(more);
                    self.at += 1;
                }
                Some(quoted_bytes(&bytes))
            }
            _ => self.text.get(token.start..token.end).map(str::to_owned),
        }
    }

    fn value(&mut self, depth: usize) -> Option<Printed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let one = match self.symbol() {
            Some('{') => self.entries(depth, '}')?,
            Some('<') => self.entries(depth, '>')?,
            Some('[') => {
                self.at += 1;
                let mut items = Vec::new();
                while self.symbol() != Some(']') {
                    items.push(self.value(depth + 1)?.text());
                    self.separator();
                }
                self.at += 1;
                return Some(Printed::List(items));
            }
            Some('-') => {
                self.at += 1;
                format!("-{}", self.take()?)
            }
            _ => self.take()?,
        };
        Some(Printed::One(one))
    }

    fn separator(&mut self) {
        if matches!(self.symbol(), Some(',' | ';')) {
            self.at += 1;
        }
    }

    /// Entries between braces, or angle brackets, which are another way to write them. Values of one name stand together.
    fn entries(&mut self, depth: usize, close: char) -> Option<String> {
        self.at += 1;
        let mut values: IndexMap<String, Printed> = IndexMap::new();
        while self.symbol() != Some(close) {
            let (name, value) = self.entry(depth + 1)?;
            match values.entry(name) {
                Entry::Occupied(mut known) => known.get_mut().join(value),
                Entry::Vacant(new) => {
                    new.insert(value);
                }
            }
            self.separator();
        }
        self.at += 1;
        let lines: Vec<String> = values.iter().map(|(name, value)| format!("{name}: {}", value.text())).collect();
        Some(lines_between('{', &lines, '}'))
    }

    /// `name: value`, `name { … }`, `[extension.name]: value`
    fn entry(&mut self, depth: usize) -> Option<(String, Printed)> {
        let mut name = self.take()?;
        while name.starts_with('[') && !name.ends_with(']') {
            name.push_str(&self.take()?);
        }
        if self.symbol() == Some(':') {
            self.at += 1;
        }
        Some((name, self.value(depth)?))
    }
}

/// A value in text, or those of a list.
enum Printed {
    One(String),
    List(Vec<String>),
}

impl Printed {
    /// One more value of the same name.
    fn join(&mut self, more: Self) {
        let list = |printed: Self| match printed {
            Self::One(text) => vec![text],
            Self::List(items) => items,
        };
        let mut items = list(std::mem::replace(self, Self::List(Vec::new())));
        items.extend(list(more));
        *self = Self::List(items);
    }

    fn text(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::List(items) => lines_between('[', items, ']'),
        }
    }
}

fn lines_between(open: char, lines: &[String], close: char) -> String {
    let mut out = format!("{open}\n");
    if !lines.is_empty() {
        indent(&mut out, &lines.join(",\n"));
    }
    out.push(close);
    out
}
