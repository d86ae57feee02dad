//! What may stand where in linked files: numbers, names, reserved and extension ranges, options.
//!
//! Fields are in `validate_field`, names in `naming`. Does not live here: the grammar (`parse`), names of types (`link`).

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::features;
use super::interpret::{Holder, Interpreter};
use super::naming;
use super::parse::MAX_NUMBER;
use super::pool::Pool;
use super::symbols::Symbols;
use super::tree::{Element, Enum, Extend, Field, File, ImportKind, Message, OptionEntry, Range, Schema, Syntax, Visibility};
use super::validate_field::Declarations;

/// Checks every file that the user wrote. `used` has for each file those whose types it names.
pub(super) fn validate(schema: &Schema, symbols: Symbols, used: Vec<HashSet<usize>>, diagnostics: &mut Vec<Diagnostic>) {
    let pool = Pool::new(schema, symbols);
    let mut numbers: HashMap<(&str, i32), &Field> = HashMap::new();
    for ((index, file), used) in schema.files.iter().enumerate().zip(used) {
        if file.source.is_none() {
            continue;
        }
        let options = Interpreter::new(&pool, index);
        let proto3 = file.syntax == Syntax::Proto3;
        let mut validator = Validator {
            pool: &pool,
            file,
            proto3,
            options,
            numbers: &mut numbers,
            ranges: HashMap::new(),
            declared: HashMap::new(),
            diagnostics,
        };
        validator.file(file);
        let mut found = std::mem::take(&mut validator.options.diagnostics);
        let mut all = std::mem::take(&mut validator.options.used);
        all.extend(used);
        diagnostics.append(&mut found);
        unused_imports(&pool, file, &all, diagnostics);
    }
}

/// Warns of imports of which nothing is used. A public import is for others, so it is never unused.
fn unused_imports(pool: &Pool<'_>, file: &File, used: &HashSet<usize>, diagnostics: &mut Vec<Diagnostic>) {
    for import in file.imports.iter().filter(|i| i.kind != ImportKind::Public) {
        let Some(target) = pool.graph.target(import) else { continue };
        let mut reached = HashSet::new();
        pool.graph.public(target, &mut reached);
        if reached.is_disjoint(used) {
            let problem =
                Diagnostic::warning("protobuf/unused-import", import.span, format!("nothing of \"{}\" is used", import.path));
            diagnostics.push(problem.with_help("remove the import"));
        }
    }
}

/// Checks one file.
pub(super) struct Validator<'a, 'd> {
    pub(super) pool: &'d Pool<'a>,
    pub(super) file: &'a File,
    pub(super) proto3: bool,
    pub(super) options: Interpreter<'a, 'd>,
    /// The extensions of all files by what they extend and their number.
    pub(super) numbers: &'d mut HashMap<(&'a str, i32), &'a Field>,
    /// The extension ranges of the messages that are extended.
    pub(super) ranges: HashMap<&'a str, Vec<Range>>,
    /// What `extensions` statements declare, by the place of their first option.
    pub(super) declared: HashMap<Span, Declarations<'a>>,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Validator<'a, '_> {
    pub(super) fn error(&mut self, id: &str, span: Span, message: impl Into<String>, help: &str) {
        let problem = Diagnostic::error(id, span, message);
        self.diagnostics.push(if help.is_empty() { problem } else { problem.with_help(help) });
    }

    pub(super) fn clash(&mut self, id: &str, span: Span, message: String, first: Span) {
        let text = match id {
            "protobuf/reserved" => "reserved here",
            "protobuf/extension" => "the message that is extended",
            _ => "first used here",
        };
        self.diagnostics.push(Diagnostic::error(id, span, message).with_related(first, text));
    }

    fn file(&mut self, file: &'a File) {
        self.check_options(Holder::File, &file.options, &file.package);
        naming::file(file, self.diagnostics);
        self.edition(file);
        self.lite(file);
        file.messages.iter().for_each(|m| self.message(m, 0));
        file.enums.iter().for_each(|e| self.enumeration(e));
        file.extends.iter().for_each(|e| self.extend(e));
        for service in &file.services {
            self.check_options(Holder::Service, &service.options, &service.element.full_name);
            for method in &service.methods {
                self.check_options(Holder::Method, &method.options, &method.element.full_name);
            }
        }
    }

    /// Interprets the options of an element for what is wrong in them.
    pub(super) fn check_options(&mut self, holder: Holder, options: &[OptionEntry], scope: &str) {
        if !options.is_empty() {
            self.options.options(holder, options, scope);
            self.diagnostics.append(&mut self.options.diagnostics);
        }
    }

    /// What cannot be said for a whole file of an edition.
    fn edition(&mut self, file: &File) {
        if !file.syntax.is_edition() {
            return;
        }
        for (name, value, span) in features::written(&file.options) {
            if (name, value) == ("field_presence", "LEGACY_REQUIRED") {
                let help = "write the feature on the fields that are required";
                self.error("protobuf/feature", span, "not all fields of a file can be required", help);
            }
        }
        for option in file.options.iter().filter(|o| o.name == "java_string_check_utf8") {
            let help = "use the feature (pb.java).utf8_validation";
            self.error("protobuf/option", option.span, "editions have no option 'java_string_check_utf8'", help);
        }
    }

    /// A file for the lite runtime may be imported by such files only.
    fn lite(&mut self, file: &File) {
        if is_lite(file) {
            return;
        }
        for import in &file.imports {
            let target = self.pool.graph.target(import).and_then(|n| self.pool.schema.files.get(n));
            if target.is_some_and(is_lite) {
                let text = format!("\"{}\" is made for the lite runtime, and this file is not", import.path);
                self.error(
                    "protobuf/import",
                    import.span,
                    text,
                    "write `option optimize_for = LITE_RUNTIME;` in both or in none",
                );
            }
        }
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &'a Message, depth: usize) {
        self.check_options(Holder::Message, &message.options, &message.element.full_name);
        if let Some(option) = message.options.iter().find(|o| o.name == "map_entry") {
            self.error("protobuf/option", option.span, "map_entry is made by the compiler; write map<K, V>", "");
        }
        self.message_set(message);
        if depth > 0 && message.visibility == Some(Visibility::Export) {
            self.strict(&message.element);
        }
        let (reserved, extensions) = (sorted(&message.reserved_ranges), sorted(&message.extension_ranges));
        let names: HashMap<&str, Span> = message.reserved_names.iter().map(|(n, span)| (n.as_str(), *span)).collect();
        for field in &message.fields {
            self.field(field, Some(message));
            let (name, number) = (field.element.name.as_str(), field.number);
            if let Some(range) = holding(&reserved, number) {
                let text = format!("'{name}' has the number {number}, which is reserved");
                self.clash("protobuf/reserved", field.number_span, text, range.span);
            }
            if let Some(range) = holding(&extensions, number) {
                let text = format!("'{name}' has the number {number}, which is kept for extensions");
                self.clash("protobuf/reserved", field.number_span, text, range.span);
            }
            if let Some(span) = names.get(name) {
                self.clash("protobuf/reserved", field.element.name_span, format!("the name '{name}' is reserved"), *span);
            }
        }
        self.unique_fields(message);
        self.oneofs(message);
        self.map_entries(message);
        self.ranges(message);
        message.messages.iter().for_each(|m| self.message(m, depth + 1));
        for one in &message.enums {
            self.enumeration(one);
            // An enum in a message that holds nothing else may be exported.
            if one.visibility == Some(Visibility::Export) && !only_holds_enums(message) {
                self.strict(&one.element);
            }
        }
        message.extends.iter().for_each(|e| self.extend(e));
    }

    /// Nothing nested is exported when the file says STRICT.
    fn strict(&mut self, element: &Element) {
        if self.file.features.visibility == features::DefaultVisibility::Strict {
            let text = format!("'{}' is nested, and this file exports nothing nested", element.full_name);
            let help = "move it to the top of the file, or write `features.default_symbol_visibility = EXPORT_TOP_LEVEL`";
            self.error("protobuf/visibility", element.name_span, text, help);
        }
    }

    fn message_set(&mut self, message: &Message) {
        if !is_message_set(message) {
            return;
        }
        let span = message.element.name_span;
        if self.proto3 {
            self.error("protobuf/option", span, "proto3 has no message sets", "remove the option message_set_wire_format");
        }
        if let Some(field) = message.fields.first() {
            let text = format!("'{}' is a message set: it has extensions, not fields", message.element.name);
            self.error("protobuf/option", field.element.span, text, "remove the field, or the option message_set_wire_format");
        }
    }

    fn oneofs(&mut self, message: &Message) {
        let filled: HashSet<usize> = message.fields.iter().filter_map(|f| f.oneof).collect();
        for (index, oneof) in message.oneofs.iter().enumerate() {
            self.check_options(Holder::Oneof, &oneof.options, &oneof.element.full_name);
            if !filled.contains(&index) {
                let text = format!("the oneof '{}' has no field", oneof.element.name);
                self.error("protobuf/empty-oneof", oneof.element.name_span, text, "add a field or remove the oneof");
            }
        }
    }

    /// The message that a map becomes has a name in the message around it.
    fn map_entries(&mut self, message: &Message) {
        let maps = message.fields.iter().filter(|f| matches!(f.ty, super::tree::FieldType::Map { .. }));
        let entries: Vec<(&Field, String)> = maps.map(|f| (f, super::descriptor::map_entry_name(&f.element.name))).collect();
        if entries.is_empty() {
            return;
        }
        let mut taken: HashMap<&str, Span> = HashMap::new();
        let types = message.messages.iter().map(|m| &m.element).chain(message.enums.iter().map(|e| &e.element));
        let parts = message.fields.iter().map(|f| &f.element).chain(message.oneofs.iter().map(|o| &o.element));
        taken.extend(types.chain(parts).map(|e| (e.name.as_str(), e.name_span)));
        for (field, name) in &entries {
            if let Some(first) = taken.insert(name, field.element.name_span) {
                let text = format!("the map '{}' needs the name '{name}' for its entries, which is taken", field.element.name);
                self.clash("protobuf/duplicate-name", field.element.name_span, text, first);
            }
        }
    }

    fn unique_fields(&mut self, message: &Message) {
        let mut numbers: HashMap<i32, &Field> = HashMap::new();
        for field in &message.fields {
            let name = &field.element.name;
            if let Some(first) = numbers.insert(field.number, field) {
                let text = format!("'{name}' has the number {} of '{}'", field.number, first.element.name);
                self.clash("protobuf/duplicate-number", field.number_span, text, first.number_span);
            }
        }
        naming::json_fields(message, self.diagnostics);
    }

    fn ranges(&mut self, message: &Message) {
        let largest = if is_message_set(message) { i32::MAX - 1 } else { MAX_NUMBER };
        for range in &message.reserved_ranges {
            // protoc lets reserved numbers go beyond those that a field can have.
            self.range(range, largest, i32::MAX - 1);
        }
        for range in &message.extension_ranges {
            self.range(range, largest, largest);
        }
        if self.proto3 {
            for range in &message.extension_ranges {
                let help = "hold the extension in a field of type google.protobuf.Any";
                self.error("protobuf/extension", range.span, "proto3 has no extension ranges", help);
            }
        }
        let all: Vec<Range> = message.reserved_ranges.iter().chain(&message.extension_ranges).copied().collect();
        self.overlaps(all);
        self.unique_names(&message.reserved_names);
        for (span, options) in &message.extension_options {
            self.check_options(Holder::ExtensionRange, options, &message.element.full_name);
            self.declarations(message, *span, options);
        }
    }

    fn range(&mut self, range: &Range, largest: i32, limit: i32) {
        let text = if range.start < 1 || (range.end > limit && !range.to_max) {
            format!("field numbers are between 1 and {largest}")
        } else if range.to_max && range.start > largest {
            format!("the range ends before it starts: {} to {largest}", range.start)
        } else {
            return;
        };
        self.error("protobuf/number", range.span, text, "");
    }

    /// Reports ranges that share a number.
    fn overlaps(&mut self, mut ranges: Vec<Range>) {
        ranges.sort_by_key(|r| (r.start, r.span));
        let mut widest: Option<Range> = None;
        for second in ranges {
            if let Some(first) = widest.filter(|first| second.start <= first.end) {
                let text = format!("the number {} is in two ranges", second.start);
                self.clash("protobuf/reserved", second.span, text, first.span);
            }
            if widest.is_none_or(|first| second.end > first.end) {
                widest = Some(second);
            }
        }
    }

    fn unique_names(&mut self, names: &[(String, Span)]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (name, span) in names {
            if let Some(first) = seen.insert(name, *span) {
                self.clash("protobuf/reserved", *span, format!("the name '{name}' is reserved twice"), first);
            }
        }
    }

    fn enumeration(&mut self, one: &Enum) {
        self.check_options(Holder::Enum, &one.options, &one.element.full_name);
        let option = one.options.iter().find(|o| o.name == "allow_alias");
        let alias = option.is_some_and(|o| o.as_word() == Some("true"));
        match one.values.first() {
            None => {
                let text = format!("the enum '{}' has no value", one.element.name);
                self.error("protobuf/empty-enum", one.element.name_span, text, "add a value with the number 0");
            }
            Some(first) if one.features.open_enum && first.number != 0 => {
                let kind = if self.proto3 { "an enum is 0 in proto3" } else { "an open enum is 0" };
                let text = format!("the first value of {kind}, not {}", first.number);
                let help = "put a value such as UNSPECIFIED = 0 in front";
                self.error("protobuf/enum-zero", first.element.span, text, help);
            }
            Some(_) => {}
        }
        let reserved = sorted(&one.reserved_ranges);
        let names: HashMap<&str, Span> = one.reserved_names.iter().map(|(n, span)| (n.as_str(), *span)).collect();
        let mut numbers: HashMap<i32, Span> = HashMap::new();
        let mut aliases = false;
        for value in &one.values {
            self.check_options(Holder::EnumValue, &value.options, &value.element.full_name);
            let (name, span) = (&value.element.name, value.element.span);
            match numbers.insert(value.number, span) {
                Some(_) if alias => aliases = true,
                Some(first) => {
                    let text = format!("'{name}' has the number {} of another value", value.number);
                    self.clash("protobuf/duplicate-number", span, text, first);
                }
                None => {}
            }
            if let Some(range) = holding(&reserved, value.number) {
                let text = format!("'{name}' has the number {}, which is reserved", value.number);
                self.clash("protobuf/reserved", span, text, range.span);
            }
            if let Some(first) = names.get(name.as_str()) {
                self.clash("protobuf/reserved", span, format!("the name '{name}' is reserved"), *first);
            }
        }
        if let Some(option) = option.filter(|_| !aliases && !one.values.is_empty()) {
            self.error(
                "protobuf/option",
                option.span,
                "no two values of this enum share a number",
                "remove the option allow_alias",
            );
        }
        naming::json_values(one, self.diagnostics);
        self.overlaps(one.reserved_ranges.clone());
        self.unique_names(&one.reserved_names);
    }

    fn extend(&mut self, extend: &'a Extend) {
        let extended = self.pool.message(&extend.extendee);
        for field in &extend.fields {
            self.field(field, None);
            if let Some(extended) = extended {
                self.extension(extend, field, extended);
            }
        }
        let of_options = extend.extendee.strip_prefix("google.protobuf.").is_some_and(|n| n.ends_with("Options"));
        if self.proto3 && !of_options {
            let help = "proto3 extends the option messages of google/protobuf/descriptor.proto only";
            let text = format!("proto3 cannot extend '{}'", extend.extendee);
            self.error("protobuf/extension", extend.span, text, help);
        }
    }
}

fn is_lite(file: &File) -> bool {
    file.options.iter().any(|o| o.name == "optimize_for" && o.as_word() == Some("LITE_RUNTIME"))
}

fn only_holds_enums(message: &Message) -> bool {
    message.fields.is_empty() && message.messages.is_empty() && message.extends.is_empty() && !message.reserved_ranges.is_empty()
}

/// `option message_set_wire_format = true;`
pub(super) fn is_message_set(message: &Message) -> bool {
    message.options.iter().any(|o| o.name == "message_set_wire_format" && o.as_word() == Some("true"))
}

/// Ranges by their first number, for [`holding`].
pub(super) fn sorted(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|r| r.start);
    sorted
}

/// The range that a number is in, of sorted ranges that do not overlap.
pub(super) fn holding(sorted: &[Range], number: i32) -> Option<Range> {
    let behind = sorted.partition_point(|r| r.start <= number);
    sorted.get(behind.checked_sub(1)?).filter(|r| number <= r.end).copied()
}
