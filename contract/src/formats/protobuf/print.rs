//! Descriptors become the text of `.proto` files, so that all else reads them as if they had been written by hand.
//!
//! Comments come along where the set has them. Options are in `print_options`.

use std::collections::{HashMap, HashSet};

use super::default::escape;
use super::field::json_name;
use super::known::{Known, files_of};
use super::parse::MAX_NUMBER;
use super::raw::{Raw, all, fields, int, ints, last, text};

/// The fields of a descriptor.
type Fields<'b> = Vec<(i32, Raw<'b>)>;

/// The texts of the files of a `FileDescriptorSet`, or of a single `FileDescriptorProto`, by their paths and in their order;
/// what is not known of an option is left out and said in a comment.
///
/// # Errors
/// In plain words, when the bytes are no descriptors.
pub fn descriptor_texts(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let files: Vec<Fields<'_>> = files_of(bytes)?.into_iter().map(fields).collect::<Result<_, _>>()?;
    let known = Known::read(&files)?;
    let mut out = Vec::with_capacity(files.len());
    for file in &files {
        let edition = int(file, 14);
        let syntax = text(file, 12).to_owned();
        let mut printer =
            Printer { known: &known, syntax, edition, out: String::new(), depth: 0, path: Vec::new(), comments: comments(file)? };
        printer.file(file)?;
        out.push((text(file, 1).to_owned(), printer.out));
    }
    Ok(out)
}

/// The files of an image of buf that are in it only because others import them; none in a set of protoc, which does not tell.
pub fn imported_files(bytes: &[u8]) -> HashSet<String> {
    /// `buf_extension` of a file in an image, and in it `is_import`.
    const BUF_EXTENSION: i32 = 8042;
    let is_import = |file: &Fields<'_>| match last(file, BUF_EXTENSION) {
        Some(Raw::Bytes(extension)) => fields(extension).is_ok_and(|extension| int(&extension, 1) != 0),
        _ => false,
    };
    let files = files_of(bytes).unwrap_or_default().into_iter().filter_map(|file| fields(file).ok());
    files.filter(is_import).map(|file| text(&file, 1).to_owned()).collect()
}

/// The comments of a file in front of its elements.
fn comments(file: &Fields<'_>) -> Result<HashMap<Vec<i32>, String>, String> {
    let mut found = HashMap::new();
    for info in all(file, 9) {
        for location in all(&fields(info)?, 1) {
            let location = fields(location)?;
            let comment = Some(text(&location, 3)).filter(|t| !t.is_empty()).unwrap_or_else(|| text(&location, 4));
            if !comment.is_empty() {
                found.insert(ints(&location, 1), comment.to_owned());
            }
        }
    }
    Ok(found)
}

/// Writes one file.
pub(super) struct Printer<'k> {
    pub(super) known: &'k Known,
    syntax: String,
    edition: i32,
    pub(super) out: String,
    pub(super) depth: usize,
    path: Vec<i32>,
    comments: HashMap<Vec<i32>, String>,
}

/// A field, with what is needed to print it where it stands.
struct Printed<'b> {
    fields: Fields<'b>,
    index: usize,
    /// Index of the nested message that it brings along: a map's entry, a group.
    brings: Option<usize>,
}

impl Printed<'_> {
    /// Index of the oneof that the field stands in.
    fn oneof(&self) -> Option<usize> {
        let real = last(&self.fields, 9).is_some() && int(&self.fields, 17) != 1;
        real.then(|| usize::try_from(int(&self.fields, 9)).unwrap_or(usize::MAX))
    }
}

impl Printer<'_> {
    pub(super) fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn at<T>(&mut self, number: i32, index: usize, body: impl FnOnce(&mut Self) -> T) -> T {
        self.path.extend([number, i32::try_from(index).unwrap_or(i32::MAX)]);
        if let Some(comment) = self.comments.get(&self.path).cloned() {
            // `*/` cannot be in a comment of lines.
            for line in comment.trim_end_matches('\n').split('\n') {
                self.line(&format!("//{line}"));
            }
        }
        let result = body(self);
        self.path.truncate(self.path.len().saturating_sub(2));
        result
    }

    fn is_edition(&self) -> bool {
        self.syntax == "editions"
    }

    fn file(&mut self, file: &Fields<'_>) -> Result<(), String> {
        match self.syntax.as_str() {
            "editions" => {
                let year = match self.edition {
                    1000 => "2023",
                    1001 => "2024",
                    other => return Err(format!("the edition {other} is not known")),
                };
                self.line(&format!("edition = \"{year}\";"));
            }
            "" => self.line("syntax = \"proto2\";"),
            other => self.line(&format!("syntax = \"{}\";", escape(other.as_bytes()))),
        }
        if !text(file, 2).is_empty() {
            self.line(&format!("package {};", text(file, 2)));
        }
        let (public, weak) = (ints(file, 10), ints(file, 11));
        for (n, path) in all(file, 3).enumerate() {
            let n = i32::try_from(n).unwrap_or(i32::MAX);
            let kind = match (public.contains(&n), weak.contains(&n)) {
                (true, _) => "public ",
                (_, true) => "weak ",
                _ => "",
            };
            self.line(&format!("import {kind}\"{}\";", escape(path)));
        }
        for path in all(file, 15) {
            self.line(&format!("import option \"{}\";", escape(path)));
        }
        self.statements(last(file, 8), "google.protobuf.FileOptions")?;
        let package = text(file, 2).to_owned();
        let extensions = printed(file, 7, &package, file, 4)?;
        self.types(file, 4, &[], &extensions, &package, 0)?;
        for (n, one) in all(file, 5).enumerate() {
            self.at(5, n, |p| p.enumeration(&fields(one)?))?;
        }
        for (n, service) in all(file, 6).enumerate() {
            self.at(6, n, |p| p.service(&fields(service)?))?;
        }
        Ok(())
    }

    /// Nested messages in their order, and in between the fields that bring one along, in theirs.
    fn types<'b>(
        &mut self,
        message: &Fields<'b>,
        nested: i32,
        own: &[Printed<'b>],
        extensions: &[Printed<'b>],
        scope: &str,
        depth: usize,
    ) -> Result<(), String> {
        let messages: Vec<&[u8]> = all(message, nested).collect();
        let oneofs: Vec<&[u8]> = all(message, 8).filter(|_| !own.is_empty()).collect();
        let own_brings: HashSet<usize> = own.iter().filter_map(|p| p.brings).collect();
        let (mut fields_left, mut extensions_left) = (own, extensions);
        let brought: HashSet<usize> = own.iter().chain(extensions).filter_map(|p| p.brings).collect();
        for (n, bytes) in messages.iter().enumerate() {
            if !brought.contains(&n) {
                self.at(nested, n, |p| p.message(&fields(bytes)?, scope, depth))?;
                continue;
            }
            // Only looked for where it is, and what stands before it goes along: no field is passed twice.
            let own_one = own_brings.contains(&n);
            let position = if own_one { fields_left.iter().position(|p| p.brings == Some(n)) } else { None };
            if let Some(position) = position {
                // A oneof is printed as a whole, with all that its members bring along.
                let oneof = fields_left.get(position).and_then(Printed::oneof);
                let members = fields_left.iter().skip(position + 1).take_while(|p| oneof.is_some() && p.oneof() == oneof);
                let (now, later) = fields_left.split_at(position + 1 + members.count());
                self.fields(&oneofs, now, &messages, scope, depth)?;
                fields_left = later;
            } else if let Some(position) = extensions_left.iter().position(|p| p.brings == Some(n)) {
                let (now, later) = extensions_left.split_at(position + 1);
                self.extensions(now, nested, &messages, scope, depth)?;
                extensions_left = later;
            }
        }
        self.fields(&oneofs, fields_left, &messages, scope, depth)?;
        self.extensions(extensions_left, nested, &messages, scope, depth)
    }

    fn extensions(
        &mut self,
        list: &[Printed<'_>],
        nested: i32,
        messages: &[&[u8]],
        scope: &str,
        depth: usize,
    ) -> Result<(), String> {
        for one in list {
            self.line(&format!("extend {} {{", text(&one.fields, 2)));
            self.depth += 1;
            let tag = if nested == 4 { 7 } else { 6 };
            self.at(tag, one.index, |p| p.field(one, messages, scope, depth))?;
            self.depth -= 1;
            self.line("}");
        }
        Ok(())
    }

    /// Fields in order; those of a oneof stand in its braces.
    fn fields(
        &mut self,
        oneofs: &[&[u8]],
        list: &[Printed<'_>],
        messages: &[&[u8]],
        scope: &str,
        depth: usize,
    ) -> Result<(), String> {
        let mut open: Option<usize> = None;
        for one in list {
            let oneof = one.oneof();
            if open != oneof {
                if open.is_some() {
                    self.depth -= 1;
                    self.line("}");
                }
                if let Some(n) = oneof {
                    let declaration = fields(oneofs.get(n).copied().ok_or("a field is in a oneof that is not there")?)?;
                    self.at(8, n, |p| p.line(&format!("oneof {} {{", text(&declaration, 1))));
                    self.depth += 1;
                    self.statements(last(&declaration, 2), "google.protobuf.OneofOptions")?;
                }
                open = oneof;
            }
            self.at(2, one.index, |p| p.field(one, messages, scope, depth))?;
        }
        if open.is_some() {
            self.depth -= 1;
            self.line("}");
        }
        Ok(())
    }

    fn field(&mut self, one: &Printed<'_>, messages: &[&[u8]], scope: &str, depth: usize) -> Result<(), String> {
        let field = &one.fields;
        let in_oneof = one.oneof().is_some();
        let brought = match one.brings.and_then(|n| messages.get(n)) {
            Some(bytes) => Some(fields(bytes)?),
            None => None,
        };
        let is_map = brought.is_some() && int(field, 5) == 11;
        let label = match int(field, 4) {
            _ if in_oneof || is_map => "",
            3 => "repeated ",
            2 => "required ",
            _ if self.syntax.is_empty() || self.syntax == "proto2" || int(field, 17) == 1 => "optional ",
            _ => "",
        };
        let options = self.field_options(field)?;
        let (name, number) = (text(field, 1), int(field, 3));
        match brought {
            Some(entry) if is_map => {
                let parts: Vec<Fields<'_>> = all(&entry, 2).map(fields).collect::<Result<_, _>>()?;
                let [key, value] = parts.as_slice() else { return Err("the entry of a map has not two fields".to_owned()) };
                self.line(&format!("map<{}, {}> {name} = {number}{options};", type_text(key)?, type_text(value)?));
            }
            Some(group) => {
                self.line(&format!("{label}group {} = {number}{options} {{", text(&group, 1)));
                self.depth += 1;
                self.body(&group, &super::parse::join(scope, text(&group, 1)), depth + 1)?;
                self.depth -= 1;
                self.line("}");
            }
            None => self.line(&format!("{label}{} {name} = {number}{options};", type_text(field)?)),
        }
        Ok(())
    }

    fn field_options(&mut self, field: &Fields<'_>) -> Result<String, String> {
        let mut parts = Vec::new();
        if let Some(Raw::Bytes(default)) = last(field, 7) {
            let text = String::from_utf8_lossy(default);
            parts.push(match int(field, 5) {
                9 => format!("default = \"{}\"", escape(default)),
                12 => format!("default = \"{text}\""),
                _ => format!("default = {text}"),
            });
        }
        let json = text(field, 10);
        if !json.is_empty() && json != json_name(text(field, 1)) && text(field, 2).is_empty() {
            parts.push(format!("json_name = \"{}\"", escape(json.as_bytes())));
        }
        parts.extend(self.assignments(last(field, 8), "google.protobuf.FieldOptions")?);
        Ok(if parts.is_empty() { String::new() } else { format!(" [{}]", parts.join(", ")) })
    }

    fn message(&mut self, message: &Fields<'_>, scope: &str, depth: usize) -> Result<(), String> {
        let visibility = visibility(int(message, 11));
        self.line(&format!("{visibility}message {} {{", text(message, 1)));
        self.depth += 1;
        self.body(message, &super::parse::join(scope, text(message, 1)), depth)?;
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    fn body(&mut self, message: &Fields<'_>, name: &str, depth: usize) -> Result<(), String> {
        if depth > super::parse::MAX_DEPTH {
            return Err("messages are nested too deep".to_owned());
        }
        self.statements(last(message, 7), "google.protobuf.MessageOptions")?;
        let own = printed(message, 2, name, message, 3)?;
        let extensions = printed(message, 6, name, message, 3)?;
        self.types(message, 3, &own, &extensions, name, depth + 1)?;
        for (n, one) in all(message, 4).enumerate() {
            self.at(4, n, |p| p.enumeration(&fields(one)?))?;
        }
        for range in all(message, 5) {
            let range = fields(range)?;
            let options = self.assignments(last(&range, 3), "google.protobuf.ExtensionRangeOptions")?;
            let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
            self.line(&format!("extensions {}{options};", range_text(&range, true)));
        }
        for range in all(message, 9) {
            self.line(&format!("reserved {};", range_text(&fields(range)?, true)));
        }
        self.reserved_names(all(message, 10));
        Ok(())
    }

    fn reserved_names<'b>(&mut self, names: impl Iterator<Item = &'b [u8]>) {
        for name in names {
            let text = escape(name);
            self.line(&if self.is_edition() { format!("reserved {text};") } else { format!("reserved \"{text}\";") });
        }
    }

    fn enumeration(&mut self, one: &Fields<'_>) -> Result<(), String> {
        self.line(&format!("{}enum {} {{", visibility(int(one, 6)), text(one, 1)));
        self.depth += 1;
        self.statements(last(one, 3), "google.protobuf.EnumOptions")?;
        for (n, value) in all(one, 2).enumerate() {
            let value = fields(value)?;
            let options = self.assignments(last(&value, 3), "google.protobuf.EnumValueOptions")?;
            let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
            let line = format!("{} = {}{options};", text(&value, 1), int(&value, 2));
            self.at(2, n, |p| p.line(&line));
        }
        for range in all(one, 4) {
            self.line(&format!("reserved {};", range_text(&fields(range)?, false)));
        }
        self.reserved_names(all(one, 5));
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    fn service(&mut self, service: &Fields<'_>) -> Result<(), String> {
        self.line(&format!("service {} {{", text(service, 1)));
        self.depth += 1;
        self.statements(last(service, 3), "google.protobuf.ServiceOptions")?;
        for (n, method) in all(service, 2).enumerate() {
            let method = fields(method)?;
            let stream = |number: i32| if int(&method, number) == 1 { "stream " } else { "" };
            let head = format!(
                "rpc {}({}{}) returns ({}{})",
                text(&method, 1),
                stream(5),
                text(&method, 2),
                stream(6),
                text(&method, 3)
            );
            self.at(2, n, |p| match last(&method, 4) {
                None => {
                    p.line(&format!("{head};"));
                    Ok(())
                }
                options => {
                    p.line(&format!("{head} {{"));
                    p.depth += 1;
                    p.statements(options, "google.protobuf.MethodOptions")?;
                    p.depth -= 1;
                    p.line("}");
                    Ok::<(), String>(())
                }
            })?;
        }
        self.depth -= 1;
        self.line("}");
        Ok(())
    }
}

/// The fields or extensions of a scope, each with the nested message that it brings along.
fn printed<'b>(
    from: &Fields<'b>,
    number: i32,
    scope: &str,
    nested_in: &Fields<'b>,
    nested: i32,
) -> Result<Vec<Printed<'b>>, String> {
    let mut names: HashMap<String, (usize, bool)> = HashMap::new();
    for (n, message) in all(nested_in, nested).enumerate() {
        let message = fields(message)?;
        let entry = match last(&message, 7) {
            Some(Raw::Bytes(options)) => int(&fields(options)?, 7) == 1,
            _ => false,
        };
        names.insert(super::parse::join(scope, text(&message, 1)), (n, entry));
    }
    let mut out = Vec::new();
    for (index, bytes) in all(from, number).enumerate() {
        let field = fields(bytes)?;
        let named = names.get(text(&field, 6).trim_start_matches('.'));
        let brings = match (int(&field, 5), named) {
            (11, Some((n, true))) | (10, Some((n, false))) => Some(*n),
            _ => None,
        };
        out.push(Printed { fields: field, index, brings });
    }
    Ok(out)
}

fn visibility(number: i32) -> &'static str {
    match number {
        1 => "local ",
        2 => "export ",
        _ => "",
    }
}

/// The last number of a message's range is exclusive.
fn range_text(range: &Fields<'_>, exclusive: bool) -> String {
    let (start, end) = (int(range, 1), int(range, 2));
    let last = if exclusive { end.saturating_sub(1) } else { end };
    let max = if exclusive { last >= MAX_NUMBER } else { last == i32::MAX };
    match (start, last) {
        (start, last) if start == last => start.to_string(),
        (start, _) if max => format!("{start} to max"),
        (start, last) => format!("{start} to {last}"),
    }
}

fn type_text(field: &Fields<'_>) -> Result<String, String> {
    let scalars = [
        "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "", "", "bytes", "uint32", "",
        "sfixed32", "sfixed64", "sint32", "sint64",
    ];
    let kind = usize::try_from(int(field, 5)).unwrap_or(0);
    match scalars.get(kind.wrapping_sub(1)) {
        Some(&"") | None if !text(field, 6).is_empty() => Ok(text(field, 6).to_owned()),
        Some(&"") | None => Err(format!("the field '{}' has no type", text(field, 1))),
        Some(scalar) => Ok((*scalar).to_owned()),
    }
}
