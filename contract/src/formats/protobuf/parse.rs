//! The grammar of `.proto` files, proto2, proto3 and editions: tokens become a [`File`] whose types are still as written.
//!
//! Fields are in `field`. Does not live here: names (`link`), validity (`validate`).

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::cursor::{Cursor, Stop};
use super::features::Features;
use super::lex::{self, Kind};
use super::tree::{
    EDITION_2024, Enum, EnumValue, Extend, Field, File, Import, ImportKind, Message, Method, Oneof, OptionEntry, Range, Service,
    Syntax, Visibility,
};

/// Messages may be nested this deep, as in protoc.
pub(super) const MAX_DEPTH: usize = 31;
/// Parts of a package, as in protoc.
const MAX_PARTS: usize = 101;
/// Bytes of the full name of a package, message or service: everything in it has that name in front of its own.
const MAX_SCOPE: usize = 1024;
/// Largest text of one file in bytes.
pub(super) const MAX_BYTES: usize = 16 << 20;
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
    let mut parser = Parser { c: cursor, diagnostics: Vec::new(), depth: 0, edition: Syntax::Proto2.edition() };
    let parsed = parser.file(path, file);
    (parsed, parser.diagnostics)
}

/// Reads the statements of one file.
pub(super) struct Parser<'a> {
    pub(super) c: Cursor<'a>,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
    /// The number of the file's edition.
    pub(super) edition: i32,
}

/// The parts of a message body.
#[derive(Default)]
pub(super) struct Body {
    pub(super) fields: Vec<Field>,
    oneofs: Vec<Oneof>,
    /// Nested messages, groups among them.
    pub(super) messages: Vec<Message>,
    enums: Vec<Enum>,
    extends: Vec<Extend>,
    extension_ranges: Vec<Range>,
    extension_options: Vec<(Span, Vec<OptionEntry>)>,
    reserved_ranges: Vec<Range>,
    reserved_names: Vec<(String, Span)>,
    range_statements: Vec<Span>,
    options: Vec<OptionEntry>,
}

impl Parser<'_> {
    /// Reports something that does not stop the parser.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// `true` in `edition = …` files.
    pub(super) fn is_edition(&self) -> bool {
        self.edition >= super::tree::EDITION_2023
    }

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
            features: Features::of(&Syntax::Proto2),
        };
        if let Err(stop) = self.syntax(&mut file) {
            self.diagnostics.push(*stop);
            return None;
        }
        self.edition = file.syntax.edition();
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
        let is_edition = self.c.is_word("edition");
        if !is_edition && !self.c.is_word("syntax") {
            return Ok(());
        }
        self.c.bump();
        self.c.expect('=')?;
        let (name, span) = self.c.string(if is_edition { "\"2023\" or \"2024\"" } else { "\"proto2\" or \"proto3\"" })?;
        file.syntax = match (is_edition, name.as_str()) {
            (false, "proto2") => Syntax::Proto2,
            (false, "proto3") => Syntax::Proto3,
            (true, "2023" | "2024") => Syntax::Edition(name),
            (false, _) => {
                let message = format!("the syntax '{name}' is not known; it is \"proto2\" or \"proto3\"");
                return Err(Box::new(Diagnostic::error("protobuf/syntax", span, message)));
            }
            (true, _) => {
                let message = format!("the edition '{name}' is not known; it is \"2023\" or \"2024\"");
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
        let visibility = self.visibility()?;
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        match word {
            "message" => {
                let message = self.message(start, visibility, &file.package)?;
                file.messages.push(message);
            }
            "enum" => {
                let one = self.enumeration(start, visibility, &file.package)?;
                file.enums.push(one);
            }
            "service" => {
                let service = self.service(&file.package)?;
                file.services.push(service);
            }
            "extend" => {
                let extend = self.extend(&file.package, &mut file.messages)?;
                file.extends.push(extend);
            }
            "import" => {
                let import = self.import(&file.imports)?;
                file.imports.push(import);
            }
            "option" => {
                self.c.bump();
                file.options.push(self.c.option_statement(start)?);
            }
            "package" => {
                self.c.bump();
                let (package, _) = self.c.path("the name of the package")?;
                self.c.expect(';')?;
                if package.len() > MAX_SCOPE || package.split('.').count() > MAX_PARTS {
                    let message = format!("a package has at most {MAX_PARTS} parts and {MAX_SCOPE} bytes");
                    return Err(Box::new(Diagnostic::error("protobuf/too-deep", self.c.span_from(start), message)));
                }
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

    /// `export` or `local`, which are words like others before edition 2024.
    fn visibility(&mut self) -> Result<Option<Visibility>, Stop> {
        if self.edition < EDITION_2024 {
            return Ok(None);
        }
        let visibility = if self.c.eat_word("export") {
            Visibility::Export
        } else if self.c.eat_word("local") {
            Visibility::Local
        } else {
            return Ok(None);
        };
        if self.c.is_word("message") || self.c.is_word("enum") {
            return Ok(Some(visibility));
        }
        Err(self.c.expected("message or enum behind export or local"))
    }

    fn import(&mut self, before: &[Import]) -> Result<Import, Stop> {
        let start = self.c.bump();
        let kind = if self.c.eat_word("public") {
            ImportKind::Public
        } else if self.c.eat_word("weak") {
            ImportKind::Weak
        } else if self.c.eat_word("option") {
            ImportKind::Option
        } else {
            ImportKind::Plain
        };
        let (path, span) = self.c.string("the path of the import in quotes")?;
        self.c.expect(';')?;
        let whole = self.c.span_from(start);
        let (wrong, help) = match kind {
            ImportKind::Option if self.edition < EDITION_2024 => ("`import option` needs edition 2024", "write `import` alone"),
            ImportKind::Weak if self.edition >= EDITION_2024 => {
                ("edition 2024 has no weak imports", "write `import option` when only its custom options are used, else `import`")
            }
            ImportKind::Option => ("", ""),
            _ if before.iter().any(|i| i.kind == ImportKind::Option) => {
                ("an import stands in front of all option imports", "move the line up")
            }
            _ => ("", ""),
        };
        if !wrong.is_empty() {
            self.report(Diagnostic::error("protobuf/import", whole, wrong).with_help(help));
        }
        Ok(Import { path, span, kind })
    }

    fn message(&mut self, start: usize, visibility: Option<Visibility>, scope: &str) -> Result<Message, Stop> {
        self.c.bump();
        let name = self.c.name("the name of the message")?;
        let mut message = self.message_body(start, name, scope)?;
        message.visibility = visibility;
        Ok(message)
    }

    /// `{ … }` of a message or a group that starts at a token.
    pub(super) fn message_body(&mut self, start: usize, name: (String, Span), scope: &str) -> Result<Message, Stop> {
        if self.depth >= MAX_DEPTH {
            let message = format!("messages are nested more than {MAX_DEPTH} deep");
            let problem = Diagnostic::error("protobuf/too-deep", name.1, message);
            return Err(Box::new(problem.with_help("move the inner messages to the top of the file")));
        }
        let full_name = join(scope, &name.0);
        if full_name.len() > MAX_SCOPE {
            let message = format!("the full name of the message has more than {MAX_SCOPE} bytes");
            return Err(Box::new(Diagnostic::error("protobuf/too-deep", name.1, message)));
        }
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
            extension_options: body.extension_options,
            reserved_ranges: body.reserved_ranges,
            reserved_names: body.reserved_names,
            range_statements: body.range_statements,
            options: body.options,
            is_group: false,
            visibility: None,
            features: Features::of(&Syntax::Proto2),
        })
    }

    /// Statements up to and with the closing brace, empty ones among them; a bad one is reported and skipped.
    fn block(&mut self, mut statement: impl FnMut(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        self.fields_block(|p| if p.c.eat(';') { Ok(()) } else { statement(p) })
    }

    /// The same for a oneof and an `extend` block, which have no empty statements.
    fn fields_block(&mut self, mut statement: impl FnMut(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            if self.c.eat('}') {
                return Ok(());
            }
            if self.c.peek().kind == Kind::End {
                return Err(self.c.expected("'}'"));
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
        let visibility = self.visibility()?;
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        match word {
            "message" => body.messages.push(self.message(start, visibility, scope)?),
            "enum" => body.enums.push(self.enumeration(start, visibility, scope)?),
            "extend" => {
                let extend = self.extend(scope, &mut body.messages)?;
                body.extends.push(extend);
            }
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
                let options = self.c.bracket_options()?;
                self.c.expect(';')?;
                let span = self.c.span_from(start);
                body.range_statements.push(span);
                if !options.is_empty() {
                    body.extension_options.push((span, options));
                }
            }
            "oneof" => self.oneof(scope, body)?,
            _ => {
                let field = self.field(scope, None, &mut body.messages)?;
                body.fields.push(field);
            }
        }
        Ok(())
    }

    fn oneof(&mut self, scope: &str, body: &mut Body) -> Result<(), Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the oneof")?;
        let open = self.c.at;
        self.c.expect('{')?;
        let index = body.oneofs.len();
        let mut options = Vec::new();
        let (fields, messages) = (&mut body.fields, &mut body.messages);
        self.fields_block(|p| {
            let start = p.c.at;
            if p.c.eat_word("option") {
                options.push(p.c.option_statement(start)?);
            } else {
                let field = p.field(scope, Some(index), messages)?;
                fields.push(field);
            }
            Ok(())
        })?;
        body.oneofs.push(Oneof { element: self.c.element(start, open, scope, name), options });
        Ok(())
    }

    fn reserved(&mut self, max: i32, ranges: &mut Vec<Range>, names: &mut Vec<(String, Span)>) -> Result<(), Stop> {
        self.c.bump();
        let quoted = matches!(self.c.peek().kind, Kind::Str(_));
        if !quoted && self.c.peek().kind != Kind::Ident {
            self.ranges(max, ranges)?;
            return self.c.expect(';');
        }
        if quoted == self.is_edition() {
            let (message, help) = if quoted {
                ("in editions a reserved name stands without quotes", "remove the quotes")
            } else {
                ("a reserved name stands in quotes", "put it in quotes; only editions want it without")
            };
            return Err(Box::new(Diagnostic::error("protobuf/syntax", self.c.span(), message).with_help(help)));
        }
        loop {
            let (name, span) =
                if quoted { self.c.string("a reserved name in quotes")? } else { self.c.name("a reserved name")? };
            let identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if !identifier || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                let message = format!("the reserved name \"{name}\" can never be the name of a field or a value");
                self.report(Diagnostic::warning("protobuf/reserved", span, message));
            }
            names.push((name, span));
            if !self.c.eat(',') {
                return self.c.expect(';');
            }
        }
    }

    /// `2, 5 to 9, 100 to max`
    fn ranges(&mut self, max: i32, ranges: &mut Vec<Range>) -> Result<(), Stop> {
        loop {
            let first = self.c.at;
            let (start, _) = self.c.int("a number")?;
            let mut to_max = false;
            let end = if !self.c.eat_word("to") {
                start
            } else if self.c.eat_word("max") {
                to_max = true;
                max
            } else {
                self.c.int("a number or max")?.0
            };
            let span = self.c.span_from(first);
            // In a message set numbers may be larger than a field's: a range to its end is judged by the validator.
            if end < start && !to_max {
                let message = format!("the range ends before it starts: {start} to {end}");
                return Err(Box::new(Diagnostic::error("protobuf/number", span, message)));
            }
            ranges.push(Range { start, end, to_max, span });
            if !self.c.eat(',') {
                return Ok(());
            }
        }
    }

    fn enumeration(&mut self, start: usize, visibility: Option<Visibility>, scope: &str) -> Result<Enum, Stop> {
        self.c.bump();
        let name = self.c.name("the name of the enum")?;
        let open = self.c.at;
        self.c.expect('{')?;
        let (mut values, mut ranges, mut names, mut options) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut range_statements = Vec::new();
        self.block(|p| {
            let start = p.c.at;
            if p.c.is_word("option") {
                p.c.bump();
                options.push(p.c.option_statement(start)?);
            } else if p.c.is_word("reserved") {
                p.reserved(i32::MAX, &mut ranges, &mut names)?;
                range_statements.push(p.c.span_from(start));
            } else {
                values.push(p.enum_value(scope)?);
            }
            Ok(())
        })?;
        let element = self.c.element(start, open, scope, name);
        Ok(Enum {
            element,
            values,
            reserved_ranges: ranges,
            reserved_names: names,
            range_statements,
            options,
            visibility,
            names_unquoted: self.is_edition(),
            features: Features::of(&Syntax::Proto2),
        })
    }

    fn enum_value(&mut self, scope: &str) -> Result<EnumValue, Stop> {
        let start = self.c.at;
        let name = self.c.name("the name of an enum value")?;
        self.c.expect('=')?;
        let (number, number_span) = self.c.int("the number of the enum value")?;
        let options = self.c.bracket_options()?;
        let end = self.c.at;
        self.c.expect(';')?;
        Ok(EnumValue { element: self.c.element(start, end, scope, name), number, number_span, options })
    }

    fn extend(&mut self, scope: &str, messages: &mut Vec<Message>) -> Result<Extend, Stop> {
        let start = self.c.bump();
        let (extendee, span) = self.c.path("the message that is extended")?;
        self.c.expect('{')?;
        let mut fields = Vec::new();
        self.fields_block(|p| {
            let field = p.field(scope, None, messages)?;
            fields.push(field);
            Ok(())
        })?;
        if fields.is_empty() {
            let message = format!("this block extends '{extendee}' with nothing");
            let problem = Diagnostic::error("protobuf/syntax", self.c.span_from(start), message);
            self.report(problem.with_help("add a field or remove the block"));
        }
        Ok(Extend { extendee: extendee.clone(), extendee_text: extendee, span, fields, block: self.c.span_from(start) })
    }

    fn service(&mut self, scope: &str) -> Result<Service, Stop> {
        let start = self.c.bump();
        let name = self.c.name("the name of the service")?;
        let full_name = join(scope, &name.0);
        if full_name.len() > MAX_SCOPE {
            let message = format!("the full name of the service has more than {MAX_SCOPE} bytes");
            return Err(Box::new(Diagnostic::error("protobuf/too-deep", name.1, message)));
        }
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
        let has_body = self.c.eat('{');
        if has_body {
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
            has_body,
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

/// A name in a scope.
pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
