//! The walker: holds every value against its table, first as the document is written (where may a `$ref` stand?), then as it is
//! behind its references.

use std::collections::{HashSet, VecDeque};

use super::{Also, Binding, BindingPlace, Object, Others, Type, Variant, format, is_reference, root, schema, special};
use crate::asyncapi::resolve::{Documents, Quick};
use crate::asyncapi::version::Version;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Node, Value};

pub(super) const RESOLVED: &str = "asyncapi-document-resolved";
const UNRESOLVED: &str = "asyncapi-document-unresolved";

/// More than anybody is shown; what is here decides only whether the document is valid.
const MAX_FINDINGS: usize = 2000;
/// The most references that a finding names on its way.
const MAX_CHAIN: usize = 4;

/// Reports what in the document is not as the specification wants it.
pub(in crate::asyncapi) fn check(documents: &Documents, root_node: &Node, version: Version, found: &mut Vec<Diagnostic>) {
    let mut unresolved = Checker::new(documents, root_node, version, true);
    unresolved.object(root(version), root_node);
    found.append(&mut unresolved.found);
    let mut resolved = Checker::new(documents, root_node, version, false);
    resolved.object(root(version), root_node);
    resolved.run();
    found.append(&mut resolved.found);
}

/// What 3.x would say of the bindings of a 2.x document. A binding whose version 3.x does not know is let pass, and so are the
/// fields that the first versions had: the `type` of HTTP, and Kafka's ids as texts.
pub(in crate::asyncapi) fn bindings_of_2(documents: &Documents, place: BindingPlace, node: &Node) -> Vec<Diagnostic> {
    let mut checker = Checker::new(documents, node, Version::V3_0, false);
    checker.check(place.table(), node);
    checker.run();
    let mut old: HashSet<Span> = HashSet::new();
    for entry in node.as_mapping().into_iter().flat_map(|map| &map.entries) {
        let Some(fields) = documents.target(&entry.value).and_then(Node::as_mapping) else { continue };
        old.extend(fields.entry("bindingVersion").map(|version| version.value.span));
        match entry.key.as_str() {
            "http" => old.extend(fields.entry("type").map(|entry| entry.key_span)),
            "kafka" => {
                let ids = ["groupId", "clientId"].into_iter().filter_map(|id| fields.entry(id));
                old.extend(ids.filter(|id| id.value.as_str().is_some()).map(|id| id.value.span));
            }
            _ => {}
        }
    }
    checker.found.retain(|found| !old.contains(&found.primary.span));
    checker.found
}

/// One pass over a document.
pub(super) struct Checker<'d> {
    pub(super) documents: &'d Documents,
    pub(super) version: Version,
    /// `true`: as written, references are not followed; `false`: as it is behind them.
    written: bool,
    pub(super) found: Vec<Diagnostic>,
    said: HashSet<(Span, String)>,
    /// The file of the document.
    file: FileId,
    /// Values that were checked as what they are: many references lead to one.
    seen: HashSet<(*const Node, *const Object), Quick>,
    /// References that are still to be followed: one after the other, not one inside of the other.
    open: VecDeque<Visit<'d>>,
    queued: HashSet<(*const Node, *const Type), Quick>,
    /// The keys to the value in hand, for messages.
    path: Vec<Token<'d>>,
    /// The references that led here.
    chain: Vec<Span>,
}

/// A step on the way to a value.
#[derive(Clone, Copy)]
enum Token<'d> {
    Key(&'d str),
    Item(usize),
}

impl<'d> Token<'d> {
    fn text(&self) -> String {
        match self {
            Self::Key(key) => (*key).to_owned(),
            Self::Item(n) => n.to_string(),
        }
    }

    /// The key, unless it is a number.
    fn name(&self) -> Option<&'d str> {
        match self {
            Self::Key(key) if !key.bytes().all(|b| b.is_ascii_digit()) => Some(key),
            _ => None,
        }
    }
}

struct Visit<'d> {
    ty: &'static Type,
    node: &'d Node,
    path: Vec<Token<'d>>,
    chain: Vec<Span>,
}

impl<'d> Checker<'d> {
    pub(super) fn new(documents: &'d Documents, root_node: &Node, version: Version, written: bool) -> Self {
        Self {
            documents,
            version,
            written,
            found: Vec::new(),
            said: HashSet::new(),
            file: root_node.span.file,
            seen: HashSet::default(),
            open: VecDeque::new(),
            queued: HashSet::default(),
            path: Vec::new(),
            chain: Vec::new(),
        }
    }

    /// Looks at everything behind references that was put off.
    pub(super) fn run(&mut self) {
        while let Some(visit) = self.open.pop_front() {
            (self.path, self.chain) = (visit.path, visit.chain);
            self.check(visit.ty, visit.node);
        }
    }

    /// `true` when a value is what a type wants, with all that it refers to.
    pub(super) fn fits(&self, ty: &'static Type, node: &'d Node) -> bool {
        let mut other = Checker::new(self.documents, node, self.version, false);
        other.check(ty, node);
        other.run();
        other.found.is_empty()
    }

    /// Reports something about a value as a whole: at its key where it has one, and at the value where it has no parts.
    pub(super) fn about(&mut self, node: &'d Node, message: String) {
        if self.listens() {
            let found = self.finding(node, message);
            self.error(found);
        }
    }

    fn finding(&self, node: &'d Node, message: String) -> Diagnostic {
        let (key, path) = self.documents.place_of(node);
        let place = if matches!(node.value, Value::Mapping(_) | Value::Sequence(_)) { key } else { node.span };
        Diagnostic::error(RESOLVED, place, message).with_path(path)
    }

    /// `true` when a finding would be kept: not while only the written form is looked at, and not beyond the limit.
    pub(super) fn listens(&self) -> bool {
        !self.written && self.found.len() < MAX_FINDINGS
    }

    /// Reports what is wrong with the document behind its references: with the value in hand, or one below it.
    pub(super) fn error(&mut self, mut found: Diagnostic) {
        // Two ways may lead to one mistake.
        if !self.listens() || !self.said.insert((found.primary.span, found.message.clone())) {
            return;
        }
        // A place that has no meaning of its own, only one by the reference to it, is named by the way to it.
        if !self.chain.is_empty() && found.primary.span.file == self.file {
            found.path = Some(self.path.iter().map(Token::text).collect());
        }
        let chain = self.chain.iter().rev().take(MAX_CHAIN);
        self.found.push(chain.fold(found, |found, reference| found.with_related(*reference, "referred to from here")));
    }

    /// What the value in hand is called, for messages.
    pub(super) fn name(&self) -> String {
        match (self.path.last(), self.path.iter().rev().find_map(Token::name)) {
            (None, _) => "the document".to_owned(),
            (Some(last), Some(name)) if last.name() == Some(name) => format!("`{name}`"),
            (Some(_), Some(name)) => format!("each item of `{name}`"),
            (Some(last), None) => format!("`{}`", last.text()),
        }
    }

    /// A value of another kind than wanted.
    pub(super) fn wrong(&mut self, node: &'d Node, wanted: &str) {
        if !self.listens() {
            return;
        }
        let mut found = self.finding(node, format!("{} must be {wanted}, and this is {}", self.name(), node.kind()));
        if let (Value::Number(text), true) = (&node.value, wanted.starts_with("a string")) {
            found = found.with_help(format!("put it in quotes: \"{text}\""));
        }
        self.error(found);
    }

    /// A value of the right kind that says the wrong thing.
    pub(super) fn wrong_value(&mut self, node: &'d Node, wanted: &str) {
        self.about(node, format!("{} must be {wanted}", self.name()));
    }

    /// Checks the value of a key.
    pub(super) fn entry(&mut self, ty: &'static Type, entry: &'d Entry) {
        self.path.push(Token::Key(&entry.key));
        self.check(ty, &entry.value);
        self.path.pop();
    }

    fn items(&mut self, ty: &'static Type, items: &'d [Node]) {
        for (n, item) in items.iter().enumerate() {
            self.path.push(Token::Item(n));
            self.check(ty, item);
            self.path.pop();
        }
    }

    /// Checks a value, or what its reference leads to.
    pub(super) fn check(&mut self, ty: &'static Type, node: &'d Node) {
        let Some(reference) = node.get("$ref") else { return self.value(ty, node) };
        if self.written {
            let name = match ty {
                // What is no text is no reference, and then the object itself was meant.
                Type::OrRef(inner) if reference.as_str().is_none() => no_reference(inner),
                _ => no_reference(ty),
            };
            if let Some(name) = name {
                let message = format!("the {name} is written in place, it can't be a reference");
                self.found.push(Diagnostic::error(UNRESOLVED, node.span, message));
            }
            return;
        }
        // What leads nowhere was reported by its own rule; it is checked as it stands.
        match self.documents.target(node) {
            Some(target) if !std::ptr::eq(target, node) => {
                if self.queued.insert((target, ty)) {
                    let mut chain = self.chain.clone();
                    chain.push(reference.span);
                    self.open.push_back(Visit { ty, node: target, path: self.path.clone(), chain });
                }
            }
            _ => self.value(ty, node),
        }
    }

    /// Checks a value that is no reference, or one that leads nowhere.
    fn value(&mut self, ty: &'static Type, node: &'d Node) {
        match ty {
            Type::Any => {}
            Type::Object(object) => self.object(object, node),
            Type::Lax(object) => {
                if node.as_mapping().is_some() {
                    self.object(object, node);
                }
            }
            Type::OrRef(inner) => match node.get("$ref") {
                Some(reference) if reference.as_str().is_some() => {}
                Some(reference) => self.wrong(reference, "a string"),
                None => self.value(inner, node),
            },
            // As written only a reference stands here, and what is in it is no matter of the written form.
            Type::Ref(object) => {
                if !self.written {
                    self.object(object, node);
                }
            }
            Type::Map(inner) | Type::NamedMap(inner) | Type::AddressMap(inner) => self.map(ty, inner, node),
            Type::List(inner) | Type::FullList(inner) | Type::Set(inner) | Type::FullSet(inner) => self.list(ty, inner, node),
            Type::OneOrList(inner) => match node.as_sequence() {
                Some([]) => self.wrong_value(node, "a schema, or a list of at least one"),
                Some(items) => self.items(inner, items),
                None => self.value(inner, node),
            },
            Type::Either(first, second) => {
                let ty = if first.wants(node) { first } else { second };
                self.check(ty, node);
            }
            Type::Tagged(field, variants) => self.tagged(field, variants, node),
            Type::Schema => self.schema(&schema::SCHEMA, node),
            Type::ObjectSchema => {
                self.schema(&schema::SCHEMA, node);
                if node.as_mapping().is_some() {
                    self.object(&schema::OBJECT_SCHEMA, node);
                }
            }
            Type::Draft07 => self.schema(&schema::DRAFT_07, node),
            Type::OpenApi => self.object(&schema::OPEN_API, node),
            Type::Bindings(protocols) => self.bindings(protocols, node),
            Type::Avro | Type::AnyKey | Type::Payload | Type::Message | Type::MessageTrait => special::check(self, ty, node),
            _ => self.scalar(ty, node),
        }
    }

    fn map(&mut self, ty: &'static Type, inner: &'static Type, node: &'d Node) {
        let Some(entries) = node.as_mapping() else { return self.wrong(node, "an object") };
        for entry in &entries.entries {
            if matches!(ty, Type::AddressMap(_)) && !super::Form::Template.holds(&entry.key) {
                // The official parser names the map, as a key has no place of its own there.
                let message = format!("`{}` is no address: its parameters are `{{name}}` of letters, digits and `_`", entry.key);
                let mut found = self.finding(node, message);
                found.primary.span = entry.key_span;
                self.error(found);
            }
            if !matches!(ty, Type::NamedMap(_)) || format::is_name(&entry.key) {
                self.entry(inner, entry);
            }
        }
    }

    fn list(&mut self, ty: &'static Type, inner: &'static Type, node: &'d Node) {
        let Some(items) = node.as_sequence() else { return self.wrong(node, "a list") };
        if items.is_empty() && matches!(ty, Type::FullList(_) | Type::FullSet(_)) {
            self.wrong_value(node, "a list of at least one item");
        }
        if matches!(ty, Type::Set(_) | Type::FullSet(_)) && self.listens() {
            let mut seen = HashSet::new();
            if let Some(twice) = items.iter().find(|item| !seen.insert(self.documents.canonical(item))) {
                let message = format!("an item of {} is there twice", self.name());
                let found = self.finding(node, message).with_related(twice.span, "again here");
                self.error(found);
            }
        }
        self.items(inner, items);
    }

    pub(super) fn object(&mut self, object: &'static Object, node: &'d Node) {
        let Some(entries) = node.as_mapping() else { return self.wrong(node, "an object") };
        if !self.seen.insert((node, object)) {
            return;
        }
        let missing = |name: &str| entries.entry(name).is_none();
        if self.listens() {
            let version = self.version;
            let required = object.fields.iter().filter(|field| field.required && field.is_in(version));
            for field in required.filter(|field| missing(field.name)) {
                let message = format!("the {} must have the field `{}`", object.name, field.name);
                self.about(node, message);
            }
        }
        for condition in object.also {
            match condition {
                Also::AnyOf(names) if names.iter().all(|name| missing(name)) => {
                    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                    let message = format!("the {} must have one of the fields {}", object.name, names.join(", "));
                    self.about(node, message);
                }
                Also::Without(name) if !missing(name) => {
                    let message = format!("the {} must not have the field `{name}`", object.name);
                    self.about(node, message);
                }
                Also::Special(special) => special::condition(self, *special, node),
                _ => {}
            }
        }
        for entry in &entries.entries {
            let field = object.fields.iter().find(|field| field.name == entry.key && field.is_in(self.version));
            match (field, object.others) {
                (Some(field), _) => self.entry(&field.ty, entry),
                (None, Others::Everything) => {}
                (None, Others::Extensions) if super::is_extension(&entry.key) => {}
                // A reference that leads nowhere has its own finding.
                (None, _) if entry.key == "$ref" => {}
                (None, _) => self.unknown_field(object, entry),
            }
        }
    }

    fn unknown_field(&mut self, object: &'static Object, entry: &'d Entry) {
        if !self.listens() {
            return;
        }
        let message = format!("the {} has no field `{}`", object.name, entry.key);
        let fields = || object.fields.iter().filter(|field| field.is_in(self.version));
        let near = fields().map(|field| field.name).min_by_key(|name| distance(name, &entry.key));
        let own = if object.others == Others::Extensions { "; names of your own start with `x-`" } else { "" };
        let later = object.fields.iter().find(|field| field.name == entry.key);
        let help = match (near.filter(|name| distance(name, &entry.key) <= 2), later) {
            (_, Some(field)) if field.versions.0 > self.version => {
                format!("`{}` came with AsyncAPI {}{own}", entry.key, field.versions.0.as_str())
            }
            (Some(name), _) => format!("perhaps `{name}` is meant{own}"),
            (None, _) => format!("it may have {}{own}", fields().map(|field| field.name).collect::<Vec<_>>().join(", ")),
        };
        self.path.push(Token::Key(&entry.key));
        self.error(Diagnostic::error(RESOLVED, entry.key_span, message).with_help(help));
        self.path.pop();
    }

    fn tagged(&mut self, field: &str, variants: &'static [Variant], node: &'d Node) {
        if node.as_mapping().is_none() {
            return self.wrong(node, "an object");
        }
        let Some(tag) = node.get(field) else {
            return self.about(node, format!("the field `{field}` is missing"));
        };
        let known = variants.iter().filter(|variant| variant.since <= self.version);
        match known.clone().find(|variant| tag.as_str() == Some(variant.tag)) {
            Some(variant) => self.object(&variant.object, node),
            None => {
                // It is the object that is none of those that are known.
                let names: Vec<&str> = known.map(|variant| variant.tag).collect();
                let mut found = self.finding(node, format!("`{field}` must be one of {}", names.join(", ")));
                found.primary.span = tag.span;
                self.error(found);
            }
        }
    }

    fn schema(&mut self, object: &'static Object, node: &'d Node) {
        match node.value {
            Value::Bool(_) => {}
            Value::Mapping(_) => self.object(object, node),
            _ => self.wrong(node, "a schema (an object, `true` or `false`)"),
        }
    }

    fn bindings(&mut self, protocols: &'static [Binding], node: &'d Node) {
        let Some(entries) = node.as_mapping() else { return self.wrong(node, "an object") };
        for entry in &entries.entries {
            let mut known = protocols.iter().filter(|known| (known.since..=known.until).contains(&self.version));
            match known.clone().find(|known| known.protocol == entry.key) {
                Some(binding) => self.binding(binding, entry),
                None if super::is_extension(&entry.key) => {}
                None => {
                    let message = format!("`{}` is no protocol that has bindings here", entry.key);
                    let names = known.by_ref().map(|known| known.protocol).collect::<Vec<_>>().join(", ");
                    let help = format!("known are {names}; your own start with `x-`");
                    self.path.push(Token::Key(&entry.key));
                    self.error(Diagnostic::error(RESOLVED, entry.key_span, message).with_help(help));
                    self.path.pop();
                }
            }
        }
    }

    /// The fields of a binding by its version: the newest where none is written.
    fn binding(&mut self, binding: &'static Binding, entry: &'d Entry) {
        let Some((_, newest)) = binding.versions.first() else { return };
        self.path.push(Token::Key(&entry.key));
        if self.written && is_reference(&entry.value) {
            let message = format!("the {} is written in place, it can't be a reference", newest.name);
            self.found.push(Diagnostic::error(UNRESOLVED, entry.value.span, message));
        } else {
            let node = self.documents.target(&entry.value).unwrap_or(&entry.value);
            match node.get("bindingVersion") {
                None => self.object(newest, node),
                Some(version) => match binding.versions.iter().find(|(known, _)| version.as_str() == Some(known)) {
                    Some((_, object)) => self.object(object, node),
                    None => {
                        let known: Vec<&str> = binding.versions.iter().map(|(known, _)| *known).collect();
                        self.path.push(Token::Key("bindingVersion"));
                        self.wrong_value(version, &format!("one of {}", known.join(", ")));
                        self.path.pop();
                    }
                },
            }
        }
        self.path.pop();
    }
}

/// The name of an object in whose place no reference may stand.
fn no_reference(ty: &'static Type) -> Option<&'static str> {
    match ty {
        Type::Object(object) | Type::Lax(object) if object.others != Others::Everything => {
            object.fields.iter().all(|field| field.name != "$ref").then_some(object.name)
        }
        Type::OpenApi => Some("OpenAPI schema"),
        _ => None,
    }
}

/// How many characters differ, roughly: the Levenshtein distance, cut off for long names.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().take(40).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, up) in b.iter().zip(row.iter().skip(1)) {
            left = if x == y { corner } else { 1 + corner.min(left).min(*up) };
            corner = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn distance_of_names() {
        for (a, b, wanted) in
            [("adress", "address", 1), ("titel", "title", 2), ("", "ab", 2), ("same", "same", 0), ("abc", "xyz", 3)]
        {
            assert_eq!(super::distance(a, b), wanted, "{a} {b}");
        }
    }
}
