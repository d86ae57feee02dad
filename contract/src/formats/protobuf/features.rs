//! What an edition and the options `features.…` make of files, messages, fields and enums.
//!
//! Lives here: the defaults of each edition, inheritance from file to message to field. Does not live here: whether a
//! feature may stand where it is written (`validate`).

use super::tree::{EDITION_2024, Literal, LiteralField, LiteralName, OptionEntry, Syntax};
use crate::source::Span;

/// Whether a field knows if it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does: proto2, `optional` in proto3, and the default of editions.
    Explicit,
    /// It does not: the zero value is not sent.
    Implicit,
    /// It must be set.
    Required,
}

/// Which types may be used by other files when nothing is written in front of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultVisibility {
    /// All.
    ExportAll,
    /// Those that are not nested.
    ExportTopLevel,
    /// None.
    LocalAll,
    /// None, and nothing nested may be exported but from an otherwise empty message.
    Strict,
}

/// `(pb.cpp).string_type`: what a string or bytes field is in C++.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CppString {
    /// `std::string`
    String,
    /// `absl::Cord`
    Cord,
    /// `std::string_view`
    View,
}

/// The features of a file, message, field or enum after inheritance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// `field_presence`
    pub presence: Presence,
    /// `enum_type = OPEN`: unknown numbers are kept in the field.
    pub open_enum: bool,
    /// `repeated_field_encoding = PACKED`
    pub packed: bool,
    /// `utf8_validation = VERIFY`
    pub utf8: bool,
    /// `message_encoding = DELIMITED`
    pub delimited: bool,
    /// `json_format = ALLOW`
    pub json: bool,
    /// `enforce_naming_style = STYLE2024`
    pub naming_style: bool,
    /// `default_symbol_visibility`
    pub visibility: DefaultVisibility,
    /// `(pb.cpp).string_type`
    pub cpp_string: CppString,
    /// `(pb.java).utf8_validation = VERIFY`
    pub java_utf8: bool,
}

/// Where a feature is written in some options: `features.enum_type = OPEN` as a whole, or the field `enum_type: OPEN` in
/// `features = { … }`. `language` is the extension that it stands in, such as `pb.cpp`; `None` for the features of all languages.
pub fn feature_place(options: &[OptionEntry], language: Option<&str>, name: &str) -> Option<Span> {
    each(options).find(|f| f.language == language && f.name == name).map(|f| f.span)
}

/// One feature as written.
struct Written<'a> {
    language: Option<&'a str>,
    name: &'a str,
    value: &'a str,
    span: Span,
}

/// All features as written, those of languages among them.
fn each(options: &[OptionEntry]) -> impl Iterator<Item = Written<'_>> {
    let of = |option: &&OptionEntry| option.parts.first().is_some_and(|p| !p.is_extension && p.name == "features");
    options.iter().filter(of).flat_map(|option| {
        let span = option.span;
        let mut found = Vec::new();
        match (option.parts.as_slice(), &option.literal) {
            ([_, name], Literal::Word(value)) if !name.is_extension => {
                found.push(Written { language: None, name: &name.name, value, span });
            }
            ([_, language, name], Literal::Word(value)) if language.is_extension => {
                found.push(Written { language: Some(plain(&language.name)), name: &name.name, value, span });
            }
            ([_, language], Literal::Message(fields)) if language.is_extension => {
                words(Some(plain(&language.name)), fields, &mut found);
            }
            ([_], Literal::Message(fields)) => {
                words(None, fields, &mut found);
                for field in fields {
                    if let (LiteralName::Extension(language), Literal::Message(inner)) = (&field.name, &field.value) {
                        words(Some(plain(language)), inner, &mut found);
                    }
                }
            }
            _ => {}
        }
        found
    })
}

fn words<'a>(language: Option<&'a str>, fields: &'a [LiteralField], found: &mut Vec<Written<'a>>) {
    for field in fields {
        if let (LiteralName::Field(name), Literal::Word(value)) = (&field.name, &field.value) {
            found.push(Written { language, name, value, span: field.span });
        }
    }
}

/// The name of an extension without a leading dot.
fn plain(name: &str) -> &str {
    name.trim_start_matches('.')
}

/// The features of all languages as written: name, value, place.
pub(super) fn written(options: &[OptionEntry]) -> impl Iterator<Item = (&str, &str, Span)> {
    each(options).filter(|f| f.language.is_none()).map(|f| (f.name, f.value, f.span))
}

impl Features {
    /// What an edition says when nothing is written.
    pub fn of(syntax: &Syntax) -> Self {
        let proto2 = *syntax == Syntax::Proto2;
        let newest = syntax.edition() >= EDITION_2024;
        Self {
            presence: if *syntax == Syntax::Proto3 { Presence::Implicit } else { Presence::Explicit },
            open_enum: !proto2,
            packed: !proto2,
            utf8: !proto2,
            delimited: false,
            json: !proto2,
            naming_style: newest,
            visibility: if newest { DefaultVisibility::ExportTopLevel } else { DefaultVisibility::ExportAll },
            cpp_string: if newest { CppString::View } else { CppString::String },
            java_utf8: false,
        }
    }

    /// These features with what is written in some options; what cannot be read is left to the validator.
    #[must_use]
    pub(super) fn with(mut self, options: &[OptionEntry]) -> Self {
        for Written { language, name, value, .. } in each(options) {
            match (name, value) {
                ("string_type", value) if language == Some("pb.cpp") => {
                    self.cpp_string = match value {
                        "CORD" => CppString::Cord,
                        "VIEW" => CppString::View,
                        _ => CppString::String,
                    }
                }
                ("utf8_validation", value) if language == Some("pb.java") => self.java_utf8 = value == "VERIFY",
                _ if language.is_some() => {}
                ("field_presence", "EXPLICIT") => self.presence = Presence::Explicit,
                ("field_presence", "IMPLICIT") => self.presence = Presence::Implicit,
                ("field_presence", "LEGACY_REQUIRED") => self.presence = Presence::Required,
                ("enum_type", value) => self.open_enum = value != "CLOSED",
                ("repeated_field_encoding", value) => self.packed = value != "EXPANDED",
                ("utf8_validation", value) => self.utf8 = value != "NONE",
                ("message_encoding", value) => self.delimited = value == "DELIMITED",
                ("json_format", value) => self.json = value != "LEGACY_BEST_EFFORT",
                ("enforce_naming_style", value) => self.naming_style = value != "STYLE_LEGACY",
                ("default_symbol_visibility", "EXPORT_ALL") => self.visibility = DefaultVisibility::ExportAll,
                ("default_symbol_visibility", "EXPORT_TOP_LEVEL") => self.visibility = DefaultVisibility::ExportTopLevel,
                ("default_symbol_visibility", "LOCAL_ALL") => self.visibility = DefaultVisibility::LocalAll,
                ("default_symbol_visibility", "STRICT") => self.visibility = DefaultVisibility::Strict,
                _ => {}
            }
        }
        self
    }
}
