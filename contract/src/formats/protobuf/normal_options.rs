//! Options in the normalised form: extensions by their full names, `(a).b = 1` as an entry of `(a)`, entries and options in order.
//!
//! A name that stands for no extension stays as it is written.

use std::collections::HashMap;

use super::canonical::quoted_bytes;
use super::tree::{Extend, Field, FieldType, Label, Literal, LiteralField, LiteralName, Message, OptionEntry, Schema};

/// The extensions that options may set.
pub(super) struct Extensions<'a> {
    schema: &'a Schema,
    by_name: HashMap<&'a str, &'a Field>,
}

impl<'a> Extensions<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut by_name = HashMap::new();
        for file in schema.files.iter() {
            collect(&file.extends, &file.messages, &mut by_name);
        }
        Self { schema, by_name }
    }

    /// Puts the options of an element with the full name `scope` in their form.
    pub(super) fn normalize(&self, options: &mut Vec<OptionEntry>, scope: &str) {
        let mut all: Vec<Normal<'a>> = std::mem::take(options).into_iter().map(|option| self.fold(option, scope)).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut merged: Vec<Normal<'a>> = Vec::new();
        for option in all {
            match merged.last_mut() {
                Some(last) if last.name == option.name && last.is_single() => last.merge(self, option),
                _ => merged.push(option),
            }
        }
        options.extend(merged.into_iter().map(|option| option.entry(self, scope)));
    }

    /// The full name and the field that a name stands for in a scope; the innermost one that has it decides.
    fn find(&self, name: &str, scope: &str) -> Option<(String, &'a Field)> {
        let known = |name: String| self.by_name.get(name.as_str()).map(|field| (name, *field));
        if let Some(absolute) = name.strip_prefix('.') {
            return known(absolute.to_owned());
        }
        let mut scope = scope;
        while !scope.is_empty() {
            if let Some(found) = known(format!("{scope}.{name}")) {
                return Some(found);
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        known(name.to_owned())
    }

    fn fold(&self, option: OptionEntry, scope: &str) -> Normal<'a> {
        let first = option.parts.first().filter(|part| part.is_extension).and_then(|part| self.find(&part.name, scope));
        let Some((name, field)) = first else {
            let name = option.parts.first().map_or_else(|| option.name.clone(), |part| part.name.clone());
            return Normal { name, extension: None, option };
        };
        let mut option = option;
        for part in option.parts.iter().skip(1).rev() {
            let name =
                if part.is_extension { LiteralName::Extension(part.name.clone()) } else { LiteralName::Field(part.name.clone()) };
            let value = std::mem::replace(&mut option.literal, Literal::List(Vec::new()));
            option.literal = Literal::Message(vec![LiteralField { name, value, span: option.span }]);
        }
        Normal { name, extension: Some(field), option }
    }

    /// The field of a message that an entry sets.
    fn field_of(&self, container: &Field, name: &LiteralName) -> Option<&'a Field> {
        let (FieldType::Message(full), LiteralName::Field(name)) = (&container.ty, name) else { return None };
        self.schema.message(full)?.fields.iter().find(|field| field.element.name == *name)
    }

    fn merge_messages(&self, container: &Field, into: &mut Vec<LiteralField>, more: Vec<LiteralField>) {
        for entry in more {
            let Some(known) = into.iter_mut().find(|known| known.name == entry.name) else {
                into.push(entry);
                continue;
            };
            let single = self.field_of(container, &entry.name).filter(|field| field.label != Label::Repeated);
            match (&mut known.value, entry.value, single) {
                (Literal::Message(a), Literal::Message(b), Some(field)) => self.merge_messages(field, a, b),
                (value, more, Some(_)) => *value = more,
                (value, more, None) => {
                    let list = |value: Literal| if let Literal::List(items) = value { items } else { vec![value] };
                    let mut items = list(std::mem::replace(value, Literal::List(Vec::new())));
                    let more = list(more).into_iter().filter(|item| !items.contains(item)).collect::<Vec<_>>();
                    items.extend(more);
                    *value = Literal::List(items);
                }
            }
        }
    }

    /// A value in the text format. Its depth is bounded by the parser.
    fn text(&self, literal: &Literal, scope: &str) -> String {
        match literal {
            Literal::Word(word) => word.clone(),
            Literal::NegativeWord(word) => format!("-{}", word.trim_start_matches('-')),
            Literal::Int { negative, magnitude } => format!("{}{magnitude}", if *negative { "-" } else { "" }),
            Literal::Float(number) => number.to_string(),
            Literal::Text(bytes) => quoted_bytes(bytes),
            Literal::List(items) => match items.as_slice() {
                [one] => self.text(one, scope),
                items => format!("[{}]", items.iter().map(|item| self.text(item, scope)).collect::<Vec<_>>().join(", ")),
            },
            Literal::Message(fields) => {
                // Values of one name are a list.
                let mut entries: Vec<(String, Vec<&Literal>)> = Vec::new();
                for field in fields {
                    let name = self.entry_name(&field.name, scope);
                    let values = if let Literal::List(items) = &field.value {
                        items.as_slice()
                    } else {
                        std::slice::from_ref(&field.value)
                    };
                    match entries.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => known.extend(values),
                        None => entries.push((name, values.iter().collect())),
                    }
                }
                entries.retain(|(_, values)| !values.is_empty());
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                let shown = entries.into_iter().map(|(name, values)| {
                    format!("{name}: {}", self.text(&Literal::List(values.into_iter().cloned().collect()), scope))
                });
                format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn entry_name(&self, name: &LiteralName, scope: &str) -> String {
        match name {
            LiteralName::Field(name) => name.clone(),
            LiteralName::Extension(name) => {
                let full = self.find(name, scope).map_or_else(|| name.clone(), |(full, _)| full);
                format!("[{full}]")
            }
            LiteralName::Any(url) => format!("[{url}]"),
        }
    }
}

/// An option under way.
struct Normal<'a> {
    /// By which it is put in order: without parentheses.
    name: String,
    /// What its name stands for, where that is known.
    extension: Option<&'a Field>,
    option: OptionEntry,
}

impl Normal<'_> {
    fn is_single(&self) -> bool {
        self.extension.is_some_and(|field| field.label != Label::Repeated)
    }

    /// Two options with one value: entries come together, else the later one holds.
    fn merge(&mut self, extensions: &Extensions<'_>, later: Self) {
        let Some(field) = self.extension else { return };
        match (&mut self.option.literal, later.option.literal) {
            (Literal::Message(into), Literal::Message(more)) => extensions.merge_messages(field, into, more),
            (literal, later) => *literal = later,
        }
    }

    fn entry(self, extensions: &Extensions<'_>, scope: &str) -> OptionEntry {
        let Self { name, extension, mut option } = self;
        let normal = extension.is_some() || matches!(option.literal, Literal::Int { .. } | Literal::Float(_));
        if normal && !matches!(option.literal, Literal::Text(_)) {
            option.value = extensions.text(&option.literal, scope);
        }
        if extension.is_some() {
            option.name = format!("({name})");
        }
        option.parts.clear();
        option
    }
}

/// Nesting is bounded by the parser.
fn collect<'a>(extends: &'a [Extend], messages: &'a [Message], found: &mut HashMap<&'a str, &'a Field>) {
    for field in extends.iter().flat_map(|extend| &extend.fields) {
        found.entry(field.element.full_name.as_str()).or_insert(field);
    }
    for message in messages {
        collect(&message.extends, &message.messages, found);
    }
}
