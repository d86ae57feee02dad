//! Options in the normalised form: extensions by their full names, `(a).b = 1` as an entry of `(a)`, entries and options in order.
//!
//! A name that stands for no extension stays as it is written.

use std::collections::{BTreeMap, HashMap};

use super::canonical::quoted_bytes;
use super::field_index::FieldIndex;
use super::tree::{Distinct, Extend, Field, FieldType, Label, Literal, LiteralField, LiteralName, Message, OptionEntry, Schema};

/// The extensions that options may set.
pub(super) struct Extensions<'a> {
    schema: &'a Schema,
    by_name: HashMap<&'a str, &'a Field>,
    fields: FieldIndex<'a>,
}

impl<'a> Extensions<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut by_name = HashMap::new();
        for file in schema.files.iter() {
            collect(&file.extends, &file.messages, &mut by_name);
        }
        Self { schema, by_name, fields: FieldIndex::default() }
    }

    /// Puts the options of an element with the full name `scope` in their form.
    pub(super) fn normalize(&self, options: &mut Vec<OptionEntry>, scope: &str) {
        let mut all: Vec<Normal<'a>> = std::mem::take(options).into_iter().map(|option| self.fold(option, scope)).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut merged: Vec<Normal<'a>> = Vec::new();
        for option in all {
            match merged.last_mut() {
                Some(last) if last.name == option.name && last.is_single() => last.join(option),
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
            return Normal { name, extension: None, option, more: Vec::new() };
        };
        let mut option = option;
        for part in option.parts.iter().skip(1).rev() {
            let name =
                if part.is_extension { LiteralName::Extension(part.name.clone()) } else { LiteralName::Field(part.name.clone()) };
            let value = std::mem::replace(&mut option.literal, Literal::List(Vec::new()));
            option.literal = Literal::Message(vec![LiteralField { name, value, span: option.span }]);
        }
        Normal { name, extension: Some(field), option, more: Vec::new() }
    }

    /// The field of a message that an entry sets.
    fn field_of(&self, container: &Field, name: &LiteralName) -> Option<&'a Field> {
        let (FieldType::Message(full), LiteralName::Field(name)) = (&container.ty, name) else { return None };
        self.fields.named(self.schema.message(full)?, name).filter(|field| field.element.name == *name)
    }

    /// The entries of one value of the field `container`, and of those that come to it. Its depth is bounded by the parser.
    fn merged(&self, container: &Field, first: Vec<LiteralField>, more: Vec<Vec<LiteralField>>) -> Vec<LiteralField> {
        let mut places: HashMap<LiteralName, usize> = HashMap::new();
        let mut slots: Vec<Slot<'a>> = Vec::new();
        for entry in first {
            places.entry(entry.name.clone()).or_insert(slots.len());
            slots.push(Slot::of(entry));
        }
        for entry in more.into_iter().flatten() {
            if let Some(slot) = places.get(&entry.name).and_then(|at| slots.get_mut(*at)) {
                let single = self.field_of(container, &entry.name).filter(|field| field.label != Label::Repeated);
                slot.add(single, entry.value);
            } else {
                places.insert(entry.name.clone(), slots.len());
                slots.push(Slot::of(entry));
            }
        }
        slots.into_iter().map(|slot| slot.entry(self)).collect()
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
                let mut entries: BTreeMap<String, Vec<&Literal>> = BTreeMap::new();
                for field in fields {
                    let name = self.entry_name(&field.name, scope);
                    let values = if let Literal::List(items) = &field.value {
                        items.as_slice()
                    } else {
                        std::slice::from_ref(&field.value)
                    };
                    entries.entry(name).or_default().extend(values);
                }
                entries.retain(|_, values| !values.is_empty());
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
    /// What comes to the option's value, a message.
    more: Vec<Vec<LiteralField>>,
}

impl Normal<'_> {
    fn is_single(&self) -> bool {
        self.extension.is_some_and(|field| field.label != Label::Repeated)
    }

    /// Adds an option of the same name, which has one value.
    fn join(&mut self, later: Self) {
        join(&mut self.option.literal, &mut self.more, later.option.literal);
    }

    fn entry(self, extensions: &Extensions<'_>, scope: &str) -> OptionEntry {
        let Self { name, extension, mut option, more } = self;
        if let (Some(field), Literal::Message(first), false) = (extension, &mut option.literal, more.is_empty()) {
            *first = extensions.merged(field, std::mem::take(first), more);
        }
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

/// An entry under way.
struct Slot<'a> {
    entry: LiteralField,
    /// Its field, when that has one value and is set again.
    single: Option<&'a Field>,
    /// What comes to that value, a message.
    more: Vec<Vec<LiteralField>>,
    /// All values, when it is a list and set again.
    values: Option<Distinct>,
}

impl<'a> Slot<'a> {
    fn of(entry: LiteralField) -> Self {
        Self { entry, single: None, more: Vec::new(), values: None }
    }

    /// Sets it again.
    fn add(&mut self, single: Option<&'a Field>, later: Literal) {
        self.single = single;
        if single.is_some() {
            join(&mut self.entry.value, &mut self.more, later);
        } else {
            let first = || Distinct::of(std::mem::replace(&mut self.entry.value, Literal::List(Vec::new())));
            self.values.get_or_insert_with(first).add(later);
        }
    }

    fn entry(self, extensions: &Extensions<'a>) -> LiteralField {
        let Self { mut entry, single, more, values } = self;
        if let Some(values) = values {
            entry.value = values.into_list();
        } else if let (Some(field), Literal::Message(first), false) = (single, &mut entry.value, more.is_empty()) {
            *first = extensions.merged(field, std::mem::take(first), more);
        }
        entry
    }
}

/// Two values of which one is kept: entries come together, else the later one holds.
fn join(value: &mut Literal, more: &mut Vec<Vec<LiteralField>>, later: Literal) {
    match (value, later) {
        (Literal::Message(_), Literal::Message(entries)) => more.push(entries),
        (value, later) => {
            *value = later;
            more.clear();
        }
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
