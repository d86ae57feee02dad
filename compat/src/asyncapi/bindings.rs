//! Bindings: a table for each protocol says what a change of each field means; one walker holds two versions against it.
//!
//! A field that no table knows is told as "not judged", never passed over.

use std::collections::{HashMap, HashSet};

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Binding, Payload};
use eventpact_contract::source::Span;
use eventpact_contract::yaml::{Entry, Mapping, Node, Value};

use super::Check;
use super::change::Change;
use super::rules::{self, binding_not_judged};
use crate::report::Place;
use crate::rule::RuleInfo;

/// Where a binding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Server,
    Channel,
    Operation,
    Message,
}

/// What a change of a field means. What is said in one version only is a warning at most: it may have been so before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// Another value is this bad.
    Is(Severity),
    /// Less is this bad, more is good to know.
    Less(Severity),
    /// More is this bad, less is good to know.
    More(Severity),
    /// How bad it is to turn it on, and to turn it off.
    Turned { on: Severity, off: Severity },
    /// How bad it is that one of the list is gone, and that one is new.
    Members { gone: Severity, new: Severity },
    /// A rule of its own, or the rules of a schema format, look at it.
    Elsewhere,
    /// For people and bills only.
    Metadata,
}

/// A field of a binding.
#[derive(Debug)]
pub(super) struct Field {
    at: At,
    /// Keys between `/`; `*` is any item of a list.
    path: &'static str,
    meaning: Meaning,
    /// Why it matters, behind a colon.
    why: &'static str,
    /// What holds when it is not said, as JSON; empty when the specification does not tell.
    default: &'static str,
}

impl Field {
    /// What the specification says holds when the field is not there, as JSON.
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}

pub(super) const fn field(at: At, path: &'static str, meaning: Meaning, why: &'static str) -> Field {
    Field { at, path, meaning, why, default: "" }
}

/// The fields of a protocol that one rule judges.
#[derive(Debug)]
pub(super) struct Table {
    /// As the binding is called.
    pub(super) protocol: &'static str,
    pub(super) fields: &'static [Field],
    /// What to do instead.
    pub(super) help: &'static str,
}

impl Table {
    /// How bad the worst change is.
    pub(super) fn worst(&self) -> Option<Severity> {
        let of = |field: &Field| match field.meaning {
            Meaning::Is(severity) | Meaning::Less(severity) | Meaning::More(severity) => Some(severity),
            Meaning::Turned { on, off } => Some(on.min(off)),
            Meaning::Members { gone, new } => Some(gone.min(new)),
            Meaning::Elsewhere | Meaning::Metadata => None,
        };
        self.fields.iter().filter_map(of).min()
    }
}

/// Two versions of the bindings of one thing.
pub(super) struct Bindings<'a> {
    pub(super) at: At,
    pub(super) new: &'a [Binding],
    pub(super) old: &'a [Binding],
    /// `channel orders`, in messages.
    pub(super) of: String,
    /// `/channels/orders`, in paths.
    pub(super) path: String,
    pub(super) new_at: Span,
    pub(super) old_at: Span,
}

/// A change with the rule that found it.
pub(super) type Found = (RuleInfo, Change);

/// The bindings of one protocol.
pub(super) fn of<'a>(bindings: &'a [Binding], protocol: &str) -> Option<&'a Binding> {
    bindings.iter().find(|binding| binding.protocol == protocol)
}

/// A field that holds a schema, read.
pub(super) fn schema<'a>(bindings: &'a [Binding], protocol: &str, field: &str) -> Option<&'a Payload> {
    of(bindings, protocol)?.schemas.iter().find(|(name, _)| name == field).map(|(_, payload)| payload)
}

/// Holds two versions against the tables.
pub(super) fn judge(bindings: &Bindings<'_>) -> Vec<Found> {
    let (mut found, mut unjudged) = (Vec::new(), 0);
    let by_protocol = |list: &'_ [Binding]| -> HashMap<String, usize> {
        list.iter().enumerate().map(|(n, binding)| (binding.protocol.clone(), n)).collect()
    };
    let (new_by, old_by) = (by_protocol(bindings.new), by_protocol(bindings.old));
    let added = bindings.new.iter().filter(|binding| !old_by.contains_key(&binding.protocol));
    for protocol in bindings.old.iter().chain(added).map(|binding| binding.protocol.as_str()) {
        let tables = rules::RULES.iter().filter_map(|rule| match rule.check {
            Check::Binding(table) if table.protocol == protocol => Some((rule.info, table)),
            _ => None,
        });
        let new = new_by.get(protocol).and_then(|n| bindings.new.get(*n));
        let old = old_by.get(protocol).and_then(|n| bindings.old.get(*n));
        let (tables, path) = (tables.collect(), Vec::new());
        let mut walk = Walk { bindings, protocol, tables, new, old, path, found: &mut found, unjudged: &mut unjudged };
        walk.differences(new.map(|b| &b.node), old.map(|b| &b.node));
    }
    found
}

struct Walk<'a, 'f> {
    bindings: &'a Bindings<'a>,
    protocol: &'a str,
    tables: Vec<(RuleInfo, &'static Table)>,
    new: Option<&'a Binding>,
    old: Option<&'a Binding>,
    path: Vec<String>,
    found: &'f mut Vec<Found>,
    /// How many changes no table knew so far.
    unjudged: &'f mut usize,
}

/// More changes than this that no table knows are told as one, for each thing that has bindings.
const MOST_UNJUDGED: usize = 20;

impl Walk<'_, '_> {
    fn differences(&mut self, new: Option<&Node>, old: Option<&Node>) {
        if self.path.is_empty() && self.fields().next().is_none() {
            if !is_same(new, old) {
                self.not_judged(new, old);
            }
            return;
        }
        if let Some((rule, table, field)) = self.field() {
            if let Some(change) = self.change(table, field, new, old) {
                self.found.push((rule, change));
            }
            return;
        }
        let mapping = |node: Option<&Node>| node.is_none_or(|node| node.as_mapping().is_some());
        if mapping(new) && mapping(old) {
            self.entries(new.and_then(Node::as_mapping), old.and_then(Node::as_mapping));
            return;
        }
        let list = |node: Option<&Node>| node.is_none_or(|node| node.as_sequence().is_some());
        if list(new) && list(old) && self.knows_items() {
            self.items(new.and_then(Node::as_sequence).unwrap_or_default(), old.and_then(Node::as_sequence).unwrap_or_default());
            return;
        }
        if !is_same(new, old) {
            self.not_judged(new, old);
        }
    }

    fn entries(&mut self, new: Option<&Mapping>, old: Option<&Mapping>) {
        let mut added: HashMap<&str, &Node> = listed(new).map(|entry| (entry.key.as_str(), &entry.value)).collect();
        for entry in listed(old) {
            let now = added.remove(entry.key.as_str());
            self.below(&entry.key, now, Some(&entry.value));
        }
        for entry in listed(new).filter(|entry| added.contains_key(entry.key.as_str())) {
            self.below(&entry.key, Some(&entry.value), None);
        }
    }

    /// Items of a list, by their names, else by their order.
    fn items(&mut self, new: &[Node], old: &[Node]) {
        let name = |(n, node): (usize, &Node)| {
            node.get("name").and_then(Node::as_str).map_or_else(|| format!("#{n}"), |name| format!("={name}"))
        };
        let mut added: HashMap<String, &Node> = new.iter().enumerate().map(|item| (name(item), item.1)).collect();
        for item in old.iter().enumerate() {
            let now = added.remove(&name(item));
            self.below("*", now, Some(item.1));
        }
        for item in new.iter().enumerate().filter(|item| added.contains_key(&name(*item))) {
            self.below("*", Some(item.1), None);
        }
    }

    fn below(&mut self, token: &str, new: Option<&Node>, old: Option<&Node>) {
        if self.path.is_empty() && token == "bindingVersion" {
            return;
        }
        self.path.push(token.to_owned());
        self.differences(new, old);
        self.path.pop();
    }

    fn fields(&self) -> impl Iterator<Item = (RuleInfo, &'static Table, &'static Field)> + '_ {
        let fields = self.tables.iter().flat_map(|(rule, table)| table.fields.iter().map(move |field| (*rule, *table, field)));
        fields.filter(|(_, _, field)| field.at == self.bindings.at)
    }

    fn field(&self) -> Option<(RuleInfo, &'static Table, &'static Field)> {
        let path = self.path.join("/");
        self.fields().find(|(_, _, field)| field.path == path)
    }

    /// A table speaks of what is inside the items of this list.
    fn knows_items(&self) -> bool {
        let prefix = format!("{}/*", self.path.join("/"));
        self.fields().any(|(_, _, field)| field.path.starts_with(&prefix))
    }

    fn change(&self, table: &Table, field: &Field, new: Option<&Node>, old: Option<&Node>) -> Option<Change> {
        if is_same(new, old) {
            return None;
        }
        let default: Option<serde_json::Value> = serde_json::from_str(field.default).ok();
        let value = |node: Option<&Node>| node.map(Node::to_json).or_else(|| default.clone());
        let (now, before) = (value(new), value(old));
        if now == before {
            return None;
        }
        let mut severity = severity(field.meaning, now.as_ref(), before.as_ref())?;
        if now.is_none() || before.is_none() {
            severity = severity.max(Severity::Warning);
        }
        // More of what less is bad of, and one more in a list, need no reason.
        let relief = severity == Severity::Info && !matches!(field.meaning, Meaning::Is(_) | Meaning::Turned { .. });
        let why = if relief { String::new() } else { format!(": {}", field.why) };
        let path = self.path.join(".");
        let (was, is) = (shown(before.as_ref()), shown(now.as_ref()));
        let message = format!("`{path}` of the {} binding of {} was {was} and is {is}{why}", self.protocol, self.bindings.of);
        Some(self.places(severity, message, new, old).help(if severity == Severity::Info { "" } else { table.help }))
    }

    fn not_judged(&mut self, new: Option<&Node>, old: Option<&Node>) {
        *self.unjudged += 1;
        if *self.unjudged > MOST_UNJUDGED + 1 {
            return;
        }
        let path = match self.path.as_slice() {
            _ if *self.unjudged > MOST_UNJUDGED => "more of ".to_owned(),
            [] => String::new(),
            keys => format!("`{}` of ", keys.join(".")),
        };
        let what = match (new, old) {
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "is new",
            _ => "is gone",
        };
        let message =
            format!("{path}the {} binding of {} {what}, and what that means is not known", self.protocol, self.bindings.of);
        let change = self.places(Severity::Warning, message, new, old);
        // As it is listed: what no list names says nothing.
        let listed = rules::RULES.iter().find(|rule| rule.info == binding_not_judged::RULE.info);
        self.found.extend(listed.map(|rule| (rule.info, change.help(binding_not_judged::HELP))));
    }

    fn places(&self, severity: Severity, message: String, new: Option<&Node>, old: Option<&Node>) -> Change {
        let place = |node: Option<&Node>, binding: Option<&Binding>, fallback: Span| match (node, binding) {
            (Some(node), _) => Place::new(node.span, shown(Some(&node.to_json()))),
            (None, Some(binding)) => Place::new(binding.span, format!("no {}", self.path.join("."))),
            (None, None) => Place::new(fallback, format!("no {} binding", self.protocol)),
        };
        let new = place(new, self.new, self.bindings.new_at);
        let old = place(old, self.old, self.bindings.old_at);
        let path = format!("{}/bindings/{}/{}", self.bindings.path, self.protocol, self.path.join("/"));
        Change::new(severity, message, new, old).path(path)
    }
}

fn listed(mapping: Option<&Mapping>) -> std::slice::Iter<'_, Entry> {
    mapping.map_or(&[][..], |mapping| mapping.entries.as_slice()).iter()
}

/// How bad a change is; `None` for one that only people see.
fn severity(meaning: Meaning, now: Option<&serde_json::Value>, before: Option<&serde_json::Value>) -> Option<Severity> {
    let numbers = now.and_then(serde_json::Value::as_f64).zip(before.and_then(serde_json::Value::as_f64));
    Some(match meaning {
        Meaning::Is(severity) => severity,
        Meaning::Less(severity) | Meaning::More(severity) => match (numbers, meaning) {
            (Some((now, before)), _) if (now - before).abs() < f64::EPSILON => return None,
            (Some((now, before)), Meaning::Less(_)) if now > before => Severity::Info,
            (Some((now, before)), Meaning::More(_)) if now < before => Severity::Info,
            _ => severity,
        },
        Meaning::Turned { on, off } => {
            // What is not said counts as the opposite of what is.
            let on_now = now.map_or(before.and_then(serde_json::Value::as_bool) == Some(false), |now| now == true);
            if on_now { on } else { off }
        }
        Meaning::Members { gone, new } => {
            let members = |value: Option<&serde_json::Value>| -> HashSet<String> {
                let list = value.and_then(serde_json::Value::as_array).cloned();
                list.unwrap_or_else(|| value.cloned().into_iter().collect()).iter().map(ToString::to_string).collect()
            };
            let (now, before) = (members(now), members(before));
            let lost = before.difference(&now).next().map(|_| gone);
            let won = now.difference(&before).next().map(|_| new);
            lost.into_iter().chain(won).min()?
        }
        Meaning::Elsewhere | Meaning::Metadata => return None,
    })
}

/// The same value, places apart.
fn is_same(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => match (&one.value, &other.value) {
            (Value::Mapping(_) | Value::Sequence(_), _) => one.to_json() == other.to_json(),
            (one, other) => one == other,
        },
        (None, None) => true,
        _ => false,
    }
}

/// The longest value in a message, in characters.
const SHOWN: usize = 60;

fn shown(value: Option<&serde_json::Value>) -> String {
    let Some(value) = value else { return "not said".to_owned() };
    let text = match value {
        serde_json::Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).collect::<String>() + "…" }
}
