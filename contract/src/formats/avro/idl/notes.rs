//! Annotations: `@name(value)`. Some are a part of what they stand on, all others become its properties.

use std::collections::HashMap;

use super::parse::{Idl, Step};
use crate::diagnostic::Label;
use crate::source::Span;
use crate::yaml::{Entry, Node, Value};

/// Annotations as they were read.
pub(super) type Notes = Vec<Entry>;

/// What annotations stand on: each knows other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Protocol,
    Named,
    Type,
    Variable,
    Message,
}

/// Annotations told apart.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) namespace: Option<Node>,
    pub(super) aliases: Option<Node>,
    pub(super) order: Option<Node>,
    pub(super) props: Vec<Entry>,
    /// The namespace inside of what the annotations stand on.
    pub(super) around: String,
}

impl Place {
    /// Names that the JSON form uses itself: no property can have them.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Protocol => &["protocol", "doc", "messages", "types", "errors"],
            Self::Named | Self::Type => {
                &["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"]
            }
            Self::Variable => &["default", "doc", "name", "order", "type", "aliases"],
            Self::Message => &["doc", "response", "request", "errors", "one-way"],
        }
    }
}

impl Idl<'_> {
    pub(super) fn annotations(&mut self) -> Step<Notes> {
        let mut notes: Notes = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        while self.take_mark('@') {
            let (key, key_span) = self.name("the name of an annotation")?;
            self.mark('(')?;
            let value = self.json(0)?;
            self.mark(')')?;
            if let Some(first) = seen.insert(key.clone(), key_span) {
                let label = Label::new(first, "the first one");
                let message = format!("@{key} stands twice before the same declaration");
                self.error("avro/idl-annotation", key_span, message).related.push(label);
                continue;
            }
            notes.push(Entry { key, key_span, value });
        }
        Ok(notes)
    }

    /// Takes out what the place knows, and refuses what no property may be called.
    pub(super) fn sorted(&mut self, notes: Notes, place: Place) -> Sorted {
        let mut sorted = Sorted::default();
        for note in notes {
            let is_text = matches!(note.value.value, Value::String(_));
            match (note.key.as_str(), place) {
                ("namespace", Place::Protocol | Place::Named) if is_text => sorted.namespace = Some(note.value),
                ("namespace", Place::Protocol | Place::Named) => {
                    self.error("avro/idl-annotation", note.value.span, "@namespace takes a text");
                }
                ("aliases", Place::Named | Place::Variable) => sorted.aliases = Some(note.value),
                ("order", Place::Variable) => sorted.order = Some(note.value),
                (key, _) if place.reserved().contains(&key) => {
                    let message = format!("@{key} cannot stand here: the JSON form of Avro uses that name itself");
                    self.error("avro/idl-annotation", note.key_span, message).help = Some(match key {
                        "aliases" | "order" => format!("Write @{key} between the type and the name of the field."),
                        "namespace" => "Write @namespace before a protocol or the definition of a type.".to_owned(),
                        _ => "Choose another name for the annotation.".to_owned(),
                    });
                }
                _ => sorted.props.push(note),
            }
        }
        sorted
    }
}
