//! The grammar of `.proto` files, proto2 and proto3: tokens become a [`File`] whose types are still as written.
//!
//! Does not live here: names (`link`), validity (`validate`). Editions and groups are reported as not supported yet.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::cursor::{Cursor, Stop};
use super::lex::{self, Kind};
use super::tree::{
    Enum, EnumValue, Extend, Field, FieldType, File, Import, ImportKind, Label, Message, Method, Oneof, OptionEntry, Range,
    Scalar, Service, Syntax,
};

/// Messages may be nested this deep.
pub(super) const MAX_DEPTH: usize = 64;
/// Largest text of one file in bytes.
pub(super) const MAX_BYTES: usize = 4 << 20;
/// After so many syntax errors in one file the rest is not read.
const MAX_ERRORS: usize = 20;
/// The largest field number.
pub(super) const MAX_NUMBER: i32 = (1 << 29) - 1;

/// Reads the text of one file; types are not resolved yet. `None` when nothing of it could be read.
pub(super) fn parse_text(text: &str, file: FileId, path: &str) -> (Option<File>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return (None, vec![Diagnostic::error("protobuf/too-large", Span::start_of(file), message)]);
    }
    let tokens = match lex::lex(text, file) {
        Ok(tokens) => tokens,
        Err(stop) => return (None, vec![*stop]),
    };
    let cursor = Cursor { text, file, tokens, at: 0 };
    let mut parser = Parser { c: cursor, diagnostics: Vec::new(), depth: 0 };
    let parsed = parser.file(path, file);
    (parsed, parser.diagnostics)
}

struct Parser<'a> {
    c: Cursor<'a>,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
}

/// The parts of a message body.
#[derive(Default)]
struct Body {
    fields: Vec<Field>,
    oneofs: Vec<Oneof>,
    messages: Vec<Message>,
    enums: Vec<Enum>,
    extends: Vec<Extend>,
    extension_ranges: Vec<Range>,
    reserved_ranges: Vec<Range>,
    reserved_names: Vec<(String, Span)>,
    range_statements: Vec<Span>,
    options: Vec<OptionEntry>,
}

fn not_supported(span: Span, what: &str, help: &str) -> Stop {
    Box::new(Diagnostic::error("protobuf/not-supported", span, format!("{what} not supported yet")).with_help(help))
}

impl Parser<'_> {
    /// Reports what stopped a statement and goes behind it; `false` when it is time to give up.
    fn go_on(&mut self, stop: Stop) -> bool {
        self.diagnostics.push(*stop);
        self.c.recover();
        self.diagnostics.len() < MAX_ERRORS
    }

    fn file(&mut self, path: &str, source: FileId) -> Option<File> {
        let mut file = File {
            path: path.to_owned(),
            source: Some(source),
            syntax: Syntax::Proto2,
            package: String::new(),
            package_span: None,
            imports: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
            extends: Vec::new(),
            options: Vec::new(),
            syntax_span: None,
        };
        if let Err(stop) = self.syntax(&mut file) {
            self.diagnostics.push(*stop);
            return None;
        }
        while self.c.peek().kind != Kind::End {
            if let Err(stop) = self.top_level(&mut file) {
                if !self.go_on(stop) {
                    break;
                }
                // A closing brace too many is where recovery stops; it must not stop there for ever.
                self.c.eat('}');
            }
        }
        Some(file)
    }

    fn syntax(&mut self, file: &mut File) -> Result<(), Stop> {
        let start = self.c.at;
        if self.c.is_word("edition") {
            let help = "write `syntax = \"proto3\";` until editions can be read";
            return Err(not_supported(self.c.span(), "editions of Protobuf are", help));
        }
        if !self.c.eat_word("syntax") {
            return Ok(());
        }
        self.c.expect('=')?;
        let (name, span) = self.c.string("\"proto2\" or \"proto3\"")?;
        file.syntax = match name.as_str() {
            "proto2" => Syntax::Proto2,
            "proto3" => Syntax::Proto3,
            _ => {
                let message = format!("the syntax '{name}' is not known; it is \"proto2\" or \"proto3\"");
                return Err(Box::new(Diagnostic::error("protobuf/syntax", span, message)));
            }
        };
        self.c.expect(';')?;
        file.syntax_span = Some(self.c.span_from(start));
        Ok(())
    }

    fn top_level(&mut self, file: &mut File) -> Result<(), Stop> {
        let start = self.c.at;
        if self.c.eat(';') {
            return Ok(());
        }
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        match word {
            "message" => file.messages.push(self.message(&file.package.clone())?),
            "enum" => file.enums.push(self.enumeration(&file.package.clone())?),
            "service" => file.services.push(self.service(&file.package.clone())?),
            "extend" => file.extends.push(self.extend(&file.package.clone())?),
            "import" => file.imports.push(self.import()?),
            "option" => {
                self.c.bump();
                file.options.push(self.c.option_statement(start)?);
            }
            "package" => {
                self.c.bump();
                let (package, _) = self.c.path("the name of the package")?;
                self.c.expect(';')?;
                if file.package_span.is_some() {
                    let message = "a file has one package statement; this is the second";
                    return Err(Box::new(Diagnostic::error("protobuf/syntax", self.c.span_from(start), message)));
                }
                file.package = package;
                file.package_span = Some(self.c.span_from(start));
            }
            _ => return Err(self.c.expected("message, enum, service, extend, import, option or package")),
        }
        Ok(())
    }

    fn import(&mut self) -> Result<Import, Stop> {
        self.c.bump();
        let kind = if self.c.eat_word("public") {
            ImportKind::Public
        } else if self.c.eat_word("weak") {
            ImportKind::Weak
        } else {
            ImportKind::Plain
        };
        let (path, span) = self.c.string("the path of the import in quotes")?;
        self.c.expect(';')?;
        Ok(Import { path, span, kind })
    }

    fn message(&mut self, scope: &str) -> Result<Message, Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the message")?;
        if self.depth >= MAX_DEPTH {
            let message = format!("messages are nested more than {MAX_DEPTH} deep");
            return Err(Box::new(Diagnostic::error("protobuf/too-deep", name.1, message)));
        }
        let full_name = join(scope, &name.0);
        let open = self.c.at;
        self.c.expect('{')?;
        self.depth += 1;
        let mut body = Body::default();
        let end = self.block(|p| p.message_statement(&full_name, &mut body));
        self.depth -= 1;
        end?;
        Ok(Message {
            element: self.c.element(start, open, scope, name),
            fields: body.fields,
            oneofs: body.oneofs,
            messages: body.messages,
            enums: body.enums,
            extends: body.extends,
            extension_ranges: body.extension_ranges,
            reserved_ranges: body.reserved_ranges,
            reserved_names: body.reserved_names,
            range_statements: body.range_statements,
            options: body.options,
        })
    }

    /// Statements up to and with the closing brace; a bad one is reported and skipped.
    fn block(&mut self, mut statement: impl FnMut(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            if self.c.eat('}') {
                return Ok(());
            }
            if self.c.peek().kind == Kind::End {
                return Err(self.c.expected("'}'"));
            }
            if self.c.eat(';') {
                continue;
            }
            if let Err(stop) = statement(self)
                && !self.go_on(stop)
            {
                return Err(self.c.expected("fewer errors"));
            }
        }
    }

    fn message_statement(&mut self, scope: &str, body: &mut Body) -> Result<(), Stop> {
        let start = self.c.at;
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        match word {
            "message" => body.messages.push(self.message(scope)?),
            "enum" => body.enums.push(self.enumeration(scope)?),
            "extend" => body.extends.push(self.extend(scope)?),
            "option" => {
                self.c.bump();
                body.options.push(self.c.option_statement(start)?);
            }
            "reserved" => {
                self.reserved(MAX_NUMBER, &mut body.reserved_ranges, &mut body.reserved_names)?;
                body.range_statements.push(self.c.span_from(start));
            }
            "extensions" => {
                self.c.bump();
                self.ranges(MAX_NUMBER, &mut body.extension_ranges)?;
                self.c.bracket_options()?;
                self.c.expect(';')?;
                body.range_statements.push(self.c.span_from(start));
            }
            "oneof" => self.oneof(scope, body)?,
            "group" => return Err(self.group()),
            _ => {
                let field = self.field(scope, None)?;
                body.fields.push(field);
            }
        }
        Ok(())
    }

    fn group(&self) -> Stop {
        not_supported(self.c.span(), "groups are", "make the group a nested message and a field of its type")
    }

    fn oneof(&mut self, scope: &str, body: &mut Body) -> Result<(), Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the oneof")?;
        let open = self.c.at;
        self.c.expect('{')?;
        let index = body.oneofs.len();
        let mut options = Vec::new();
        let fields = &mut body.fields;
        self.block(|p| {
            let start = p.c.at;
            if p.c.eat_word("option") {
                options.push(p.c.option_statement(start)?);
            } else if p.c.is_word("group") {
                return Err(p.group());
            } else {
                let field = p.field(scope, Some(index))?;
                fields.push(field);
            }
            Ok(())
        })?;
        body.oneofs.push(Oneof { element: self.c.element(start, open, scope, name), options });
        Ok(())
    }

    fn field(&mut self, scope: &str, oneof: Option<usize>) -> Result<Field, Stop> {
        let start = self.c.at;
        let label = self.label(oneof.is_some())?;
        if self.c.is_word("group") && self.c.ahead(1).kind == Kind::Ident && self.c.ahead(2).kind == Kind::Symbol('=') {
            return Err(self.group());
        }
        let type_start = self.c.at;
        let is_map = self.c.is_word("map") && self.c.ahead(1).kind == Kind::Symbol('<');
        if is_map && (label != Label::None || oneof.is_some()) {
            let message = "a map has no label and stands in no oneof";
            return Err(Box::new(Diagnostic::error("protobuf/label", self.c.span(), message)));
        }
        let ty = if is_map { self.map_type()? } else { named_type(&self.c.path("the type of a field")?.0) };
        let type_span = self.c.span_from(type_start);
        let name = self.c.name("the name of the field")?;
        self.c.expect('=')?;
        let (number, number_span) = self.c.int("the number of the field")?;
        let options = self.c.bracket_options()?;
        let end = self.c.at;
        self.c.expect(';')?;
        let json = options.iter().rev().find(|o| o.name == "json_name").and_then(OptionEntry::as_string);
        Ok(Field {
            number,
            number_span,
            label: if is_map { Label::Repeated } else { label },
            type_text: type_text(&ty),
            ty,
            type_span,
            oneof,
            json_name: json.unwrap_or_else(|| json_name(&name.0)),
            element: self.c.element(start, end, scope, name),
            options,
        })
    }

    fn label(&mut self, in_oneof: bool) -> Result<Label, Stop> {
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        let label = match word {
            "optional" => Label::Optional,
            "required" => Label::Required,
            "repeated" => Label::Repeated,
            _ => return Ok(Label::None),
        };
        if in_oneof {
            let message = format!("a field of a oneof has no label; remove '{word}'");
            return Err(Box::new(Diagnostic::error("protobuf/label", self.c.span(), message)));
        }
        self.c.bump();
        Ok(label)
    }

    fn map_type(&mut self) -> Result<FieldType, Stop> {
        self.c.bump();
        self.c.expect('<')?;
        let (key, span) = self.c.path("the type of the keys")?;
        let key = match Scalar::from_keyword(&key) {
            Some(Scalar::Double | Scalar::Float | Scalar::Bytes) | None => {
                let message = format!("the keys of a map are integers, bool or string, not {key}");
                return Err(Box::new(Diagnostic::error("protobuf/map-key", span, message)));
            }
            Some(key) => key,
        };
        self.c.expect(',')?;
        let value = named_type(&self.c.path("the type of the values")?.0);
        self.c.expect('>')?;
        Ok(FieldType::Map { key, value: Box::new(value) })
    }

    fn reserved(&mut self, max: i32, ranges: &mut Vec<Range>, names: &mut Vec<(String, Span)>) -> Result<(), Stop> {
        self.c.bump();
        if matches!(self.c.peek().kind, Kind::Str(_)) {
            loop {
                names.push(self.c.string("a reserved name in quotes")?);
                if !self.c.eat(',') {
                    break;
                }
            }
        } else {
            self.ranges(max, ranges)?;
        }
        self.c.expect(';')
    }

    /// `2, 5 to 9, 100 to max`
    fn ranges(&mut self, max: i32, ranges: &mut Vec<Range>) -> Result<(), Stop> {
        loop {
            let first = self.c.at;
            let (start, _) = self.c.int("a number")?;
            let end = if !self.c.eat_word("to") {
                start
            } else if self.c.eat_word("max") {
                max
            } else {
                self.c.int("a number or max")?.0
            };
            let span = self.c.span_from(first);
            if end < start {
                let message = format!("the range ends before it starts: {start} to {end}");
                return Err(Box::new(Diagnostic::error("protobuf/number", span, message)));
            }
            ranges.push(Range { start, end, span });
            if !self.c.eat(',') {
                return Ok(());
            }
        }
    }

    fn enumeration(&mut self, scope: &str) -> Result<Enum, Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the enum")?;
        let open = self.c.at;
        self.c.expect('{')?;
        let (mut values, mut ranges, mut names, mut options) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut range_statements = Vec::new();
        self.block(|p| {
            let start = p.c.at;
            let assigned = p.c.ahead(1).kind == Kind::Symbol('=');
            if p.c.is_word("option") && !assigned {
                p.c.bump();
                options.push(p.c.option_statement(start)?);
            } else if p.c.is_word("reserved") && !assigned {
                p.reserved(i32::MAX, &mut ranges, &mut names)?;
                range_statements.push(p.c.span_from(start));
            } else {
                values.push(p.enum_value(scope)?);
            }
            Ok(())
        })?;
        let element = self.c.element(start, open, scope, name);
        Ok(Enum { element, values, reserved_ranges: ranges, reserved_names: names, range_statements, options })
    }

    fn enum_value(&mut self, scope: &str) -> Result<EnumValue, Stop> {
        let start = self.c.at;
        let name = self.c.name("the name of an enum value")?;
        self.c.expect('=')?;
        let (number, _) = self.c.int("the number of the enum value")?;
        let options = self.c.bracket_options()?;
        let end = self.c.at;
        self.c.expect(';')?;
        Ok(EnumValue { element: self.c.element(start, end, scope, name), number, options })
    }

    fn extend(&mut self, scope: &str) -> Result<Extend, Stop> {
        self.c.bump();
        let (extendee, span) = self.c.path("the message that is extended")?;
        self.c.expect('{')?;
        let mut fields = Vec::new();
        self.block(|p| {
            let field = p.field(scope, None)?;
            fields.push(field);
            Ok(())
        })?;
        Ok(Extend { extendee: extendee.clone(), extendee_text: extendee, span, fields })
    }

    fn service(&mut self, scope: &str) -> Result<Service, Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the service")?;
        let full_name = join(scope, &name.0);
        let open = self.c.at;
        self.c.expect('{')?;
        let (mut methods, mut options) = (Vec::new(), Vec::new());
        self.block(|p| {
            let start = p.c.at;
            if p.c.eat_word("option") {
                options.push(p.c.option_statement(start)?);
            } else if p.c.is_word("rpc") {
                methods.push(p.method(&full_name)?);
            } else {
                return Err(p.c.expected("rpc, option or '}'"));
            }
            Ok(())
        })?;
        Ok(Service { element: self.c.element(start, open, scope, name), methods, options })
    }

    fn method(&mut self, scope: &str) -> Result<Method, Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the method")?;
        let (client_streaming, input) = self.method_type()?;
        if !self.c.eat_word("returns") {
            return Err(self.c.expected("'returns'"));
        }
        let (server_streaming, output) = self.method_type()?;
        let mut options = Vec::new();
        let end = self.c.at;
        if self.c.eat('{') {
            self.block(|p| {
                let start = p.c.at;
                if !p.c.eat_word("option") {
                    return Err(p.c.expected("option or '}'"));
                }
                options.push(p.c.option_statement(start)?);
                Ok(())
            })?;
        } else {
            self.c.expect(';')?;
        }
        Ok(Method {
            element: self.c.element(start, end, scope, name),
            input: input.0.clone(),
            input_text: input,
            output: output.0.clone(),
            output_text: output,
            client_streaming,
            server_streaming,
            options,
        })
    }

    fn method_type(&mut self) -> Result<(bool, (String, Span)), Stop> {
        self.c.expect('(')?;
        let streaming = self.c.is_word("stream") && !matches!(self.c.ahead(1).kind, Kind::Symbol(')'));
        if streaming {
            self.c.bump();
        }
        let path = self.c.path("the name of a message")?;
        self.c.expect(')')?;
        Ok((streaming, path))
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn named_type(text: &str) -> FieldType {
    Scalar::from_keyword(text).map_or_else(|| FieldType::Message(text.to_owned()), FieldType::Scalar)
}

fn type_text(ty: &FieldType) -> String {
    match ty {
        FieldType::Scalar(s) => s.as_str().to_owned(),
        FieldType::Message(name) | FieldType::Enum(name) => name.clone(),
        FieldType::Map { key, value } => format!("map<{}, {}>", key.as_str(), type_text(value)),
    }
}

/// `shipping_address` → `shippingAddress`: what the JSON form calls a field that names nothing else.
pub(super) fn json_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}
