//! The options that `google/protobuf/descriptor.proto` defines, read from their text.
//!
//! Custom options, `(my.option)`, stay as written in the tree: a descriptor of `prost-types` has no room for them.

use prost_types::{
    EnumOptions, EnumValueOptions, FieldOptions, FileOptions, MessageOptions, MethodOptions, OneofOptions, ServiceOptions,
    field_options, file_options, method_options,
};

use crate::diagnostic::Diagnostic;

use super::tree::OptionEntry;

/// Reads options and keeps what is wrong with them.
pub(super) struct Options<'a> {
    /// What is wrong.
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Options<'_> {
    fn problem(&mut self, option: &OptionEntry, message: String) {
        self.diagnostics.push(Diagnostic::error("protobuf/option", option.span, message));
    }

    fn bool(&mut self, option: &OptionEntry) -> Option<bool> {
        match option.value.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                self.problem(option, format!("the option '{}' is true or false, not {other}", option.name));
                None
            }
        }
    }

    fn string(&mut self, option: &OptionEntry) -> Option<String> {
        let value = option.as_string();
        if value.is_none() {
            self.problem(option, format!("the option '{}' is a string in quotes", option.name));
        }
        value
    }

    fn word(&mut self, option: &OptionEntry, read: impl Fn(&str) -> Option<i32>) -> Option<i32> {
        let value = read(&option.value);
        if value.is_none() {
            self.problem(option, format!("the option '{}' cannot be {}", option.name, option.value));
        }
        value
    }

    /// Custom options and those that carry nothing for a descriptor of `prost-types` pass; all others are unknown.
    fn other(&mut self, option: &OptionEntry, of: &str, silent: &[&str]) {
        if option.name.starts_with('(') {
            return;
        }
        let first = option.name.split('.').next().unwrap_or_default();
        if first == "features" {
            self.problem(option, "the option 'features' belongs to editions, which are not supported yet".to_owned());
        } else if !silent.contains(&first) {
            self.problem(option, format!("{of} has no option '{}'", option.name));
        }
    }

    /// The options of a file; `None` when there are none.
    pub(super) fn file(&mut self, options: &[OptionEntry]) -> Option<FileOptions> {
        let mut out = FileOptions::default();
        for o in options {
            match o.name.as_str() {
                "java_package" => out.java_package = self.string(o),
                "java_outer_classname" => out.java_outer_classname = self.string(o),
                "java_multiple_files" => out.java_multiple_files = self.bool(o),
                "java_string_check_utf8" => out.java_string_check_utf8 = self.bool(o),
                "optimize_for" => {
                    out.optimize_for = self.word(o, |w| file_options::OptimizeMode::from_str_name(w).map(|m| m as i32));
                }
                "go_package" => out.go_package = self.string(o),
                "cc_generic_services" => out.cc_generic_services = self.bool(o),
                "java_generic_services" => out.java_generic_services = self.bool(o),
                "py_generic_services" => out.py_generic_services = self.bool(o),
                "deprecated" => out.deprecated = self.bool(o),
                "cc_enable_arenas" => out.cc_enable_arenas = self.bool(o),
                "objc_class_prefix" => out.objc_class_prefix = self.string(o),
                "csharp_namespace" => out.csharp_namespace = self.string(o),
                "swift_prefix" => out.swift_prefix = self.string(o),
                "php_class_prefix" => out.php_class_prefix = self.string(o),
                "php_namespace" => out.php_namespace = self.string(o),
                "php_metadata_namespace" => out.php_metadata_namespace = self.string(o),
                "ruby_package" => out.ruby_package = self.string(o),
                _ => self.other(o, "a file", &["java_generate_equals_and_hash", "php_generic_services"]),
            }
        }
        (!options.is_empty()).then_some(out)
    }

    /// The options of a message; `None` when there are none.
    pub(super) fn message(&mut self, options: &[OptionEntry]) -> Option<MessageOptions> {
        let mut out = MessageOptions::default();
        for o in options {
            match o.name.as_str() {
                "message_set_wire_format" => out.message_set_wire_format = self.bool(o),
                "no_standard_descriptor_accessor" => out.no_standard_descriptor_accessor = self.bool(o),
                "deprecated" => out.deprecated = self.bool(o),
                "map_entry" => self.problem(o, "map_entry is made by the compiler; write map<K, V>".to_owned()),
                _ => self.other(o, "a message", &["deprecated_legacy_json_field_conflicts"]),
            }
        }
        (!options.is_empty()).then_some(out)
    }

    /// The options of a field; `None` when there are none besides `default` and `json_name`.
    pub(super) fn field(&mut self, options: &[OptionEntry]) -> Option<FieldOptions> {
        let mut out = FieldOptions::default();
        let mut any = false;
        for o in options {
            any |= !matches!(o.name.as_str(), "default" | "json_name");
            match o.name.as_str() {
                "default" => {}
                "json_name" => {
                    self.string(o);
                }
                "ctype" => out.ctype = self.word(o, |w| field_options::CType::from_str_name(w).map(|m| m as i32)),
                "packed" => out.packed = self.bool(o),
                "jstype" => out.jstype = self.word(o, |w| field_options::JsType::from_str_name(w).map(|m| m as i32)),
                "lazy" => out.lazy = self.bool(o),
                "deprecated" => out.deprecated = self.bool(o),
                "weak" => out.weak = self.bool(o),
                _ => self.other(o, "a field", &["unverified_lazy", "debug_redact", "retention", "targets"]),
            }
        }
        any.then_some(out)
    }

    /// The options of a oneof; `None` when there are none.
    pub(super) fn oneof(&mut self, options: &[OptionEntry]) -> Option<OneofOptions> {
        for option in options {
            self.other(option, "a oneof", &[]);
        }
        (!options.is_empty()).then(OneofOptions::default)
    }

    /// The options of an enum; `None` when there are none.
    pub(super) fn enumeration(&mut self, options: &[OptionEntry]) -> Option<EnumOptions> {
        let mut out = EnumOptions::default();
        for o in options {
            match o.name.as_str() {
                "allow_alias" => out.allow_alias = self.bool(o),
                "deprecated" => out.deprecated = self.bool(o),
                _ => self.other(o, "an enum", &["deprecated_legacy_json_field_conflicts"]),
            }
        }
        (!options.is_empty()).then_some(out)
    }

    /// The options of an enum value; `None` when there are none.
    pub(super) fn enum_value(&mut self, options: &[OptionEntry]) -> Option<EnumValueOptions> {
        let mut out = EnumValueOptions::default();
        for o in options {
            match o.name.as_str() {
                "deprecated" => out.deprecated = self.bool(o),
                _ => self.other(o, "an enum value", &["debug_redact"]),
            }
        }
        (!options.is_empty()).then_some(out)
    }

    /// The options of a service; `None` when there are none.
    pub(super) fn service(&mut self, options: &[OptionEntry]) -> Option<ServiceOptions> {
        let mut out = ServiceOptions::default();
        for o in options {
            match o.name.as_str() {
                "deprecated" => out.deprecated = self.bool(o),
                _ => self.other(o, "a service", &[]),
            }
        }
        (!options.is_empty()).then_some(out)
    }

    /// The options of a method; `None` when there are none.
    pub(super) fn method(&mut self, options: &[OptionEntry]) -> Option<MethodOptions> {
        let mut out = MethodOptions::default();
        for o in options {
            match o.name.as_str() {
                "deprecated" => out.deprecated = self.bool(o),
                "idempotency_level" => {
                    let read = |w: &str| method_options::IdempotencyLevel::from_str_name(w).map(|m| m as i32);
                    out.idempotency_level = self.word(o, read);
                }
                _ => self.other(o, "a method", &[]),
            }
        }
        (!options.is_empty()).then_some(out)
    }
}
