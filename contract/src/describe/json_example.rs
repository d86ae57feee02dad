//! An example of a JSON Schema.

use serde_json::{Map, Number, Value as Json};

use super::json_schema::target;
use super::{MAX_VALUES, pattern, sample};
use crate::formats::json_schema::{JsonType, Schema, SchemaId, Sub};
use crate::yaml::Node;

pub(super) fn example(schema: &Schema) -> Option<Json> {
    Maker { schema, values: 0, open: Vec::new() }.value(schema.root, sample::TEXT)
}

struct Maker<'s> {
    schema: &'s Schema,
    values: usize,
    /// The schemas that the value in hand is inside of.
    open: Vec<SchemaId>,
}

impl<'s> Maker<'s> {
    /// `None` when nothing is allowed, when the schema contains itself without an end, or when the example gets too big.
    fn value(&mut self, id: SchemaId, name: &str) -> Option<Json> {
        self.values += 1;
        let id = target(self.schema, id);
        if self.values > MAX_VALUES || self.open.len() > 100 || self.open.contains(&id) {
            return None;
        }
        let sub = self.schema.get(id);
        if sub.boolean == Some(false) {
            return None;
        }
        if let Some(given) = given(sub) {
            return Some(given);
        }
        self.open.push(id);
        let value = self.made_up(sub, name);
        self.open.pop();
        value
    }

    fn made_up(&mut self, sub: &'s Sub, name: &str) -> Option<Json> {
        let mut value = match kind(sub) {
            Some(JsonType::Null) => Some(Json::Null),
            Some(JsonType::Boolean) => Some(Json::Bool(true)),
            Some(ty @ (JsonType::Integer | JsonType::Number)) => Some(number(sub, ty == JsonType::Integer)),
            Some(JsonType::String) => Some(Json::String(text(sub, name))),
            Some(JsonType::Array) => Some(self.array(sub, name)?),
            Some(JsonType::Object) => Some(self.object(sub)?),
            None => None,
        };
        for part in &sub.all_of {
            if !self.says_nothing(*part) {
                value = Some(merge(value, self.value(*part, name)?)?);
            }
        }
        for branches in [&sub.one_of, &sub.any_of] {
            if !branches.is_empty() {
                let branch = branches.iter().find_map(|branch| self.value(*branch, name))?;
                value = Some(merge(value, branch)?);
            }
        }
        Some(value.unwrap_or_else(|| Json::String(name.to_owned())))
    }

    /// `true` for a part of `allOf` that only describes, or only forbids.
    fn says_nothing(&self, id: SchemaId) -> bool {
        let sub = self.schema.get(target(self.schema, id));
        let shapes = kind(sub).is_some() || sub.constant.is_some() || sub.enumeration.is_some() || sub.boolean == Some(false);
        !shapes && [&sub.all_of, &sub.one_of, &sub.any_of].iter().all(|branches| branches.is_empty())
    }

    fn object(&mut self, sub: &'s Sub) -> Option<Json> {
        let mut object = Map::new();
        let required = |name: &str| sub.required.iter().any(|(required, _)| required == name);
        let most = limit(sub, "maxProperties").unwrap_or(usize::MAX);
        let all = sub.properties.len() <= most;
        for property in sub.properties.iter().filter(|property| all || required(&property.name)) {
            match self.value(property.schema, &property.name) {
                Some(value) => {
                    object.insert(property.name.clone(), value);
                }
                None if required(&property.name) => return None,
                None => {}
            }
        }
        let more = sub.additional_properties.map(|more| more.schema);
        for (name, _) in &sub.required {
            if !object.contains_key(name) {
                let value = match more {
                    Some(more) => self.value(more, name)?,
                    None => Json::String(name.clone()),
                };
                object.insert(name.clone(), value);
            }
        }
        let is_map = sub.properties.is_empty() && more.is_some_and(|more| self.schema.get(more).boolean.is_none());
        let least = limit(sub, "minProperties").unwrap_or(0).min(MAX_VALUES).max(usize::from(is_map && most > 0));
        for n in 1..=least {
            if object.len() >= least {
                break;
            }
            let key = if n == 1 { "key".to_owned() } else { format!("key{n}") };
            let value = match more {
                Some(more) => self.value(more, &key),
                None => Some(Json::String(key.clone())),
            };
            let Some(value) = value else { break };
            object.insert(key, value);
        }
        Some(Json::Object(object))
    }

    fn array(&mut self, sub: &'s Sub, name: &str) -> Option<Json> {
        let least = limit(sub, "minItems").unwrap_or(0);
        let most = limit(sub, "maxItems").unwrap_or(usize::MAX);
        let mut items: Vec<Json> = Vec::new();
        let (prefix, rest) = sub.items.as_ref().map_or((&[][..], None), |items| (items.prefix.as_slice(), items.rest));
        for schema in sub.contains.iter().chain(prefix).take(most) {
            items.push(self.value(*schema, name)?);
        }
        let wanted = least.max(usize::from(prefix.is_empty() && sub.contains.is_none())).min(most);
        while items.len() < wanted {
            let item = match rest {
                Some(rest) => self.value(rest, name),
                None => Some(Json::String(name.to_owned())),
            };
            match item {
                Some(item) => items.push(vary(item, items.len())),
                None if items.len() >= least => break,
                None => return None,
            }
        }
        Some(Json::Array(items))
    }
}

/// What the schema says itself: its constant, its first example, its default, its first choice.
fn given(sub: &Sub) -> Option<Json> {
    let default = sub.default.as_ref().map(Node::to_json).filter(|value| !is_empty(value));
    let first = |nodes: &[Node]| nodes.first().map(Node::to_json);
    let constant = sub.constant.as_ref().map(Node::to_json);
    constant.or_else(|| first(&sub.examples)).or(default).or_else(|| sub.enumeration.as_deref().and_then(first))
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// The type of the value: the first one that is not null, else what the keywords are about.
fn kind(sub: &Sub) -> Option<JsonType> {
    let listed = sub.types.iter().find(|ty| **ty != JsonType::Null).or(sub.types.first());
    if listed.is_some() {
        return listed.copied();
    }
    let has = |names: &[&str]| names.iter().any(|name| sub.node.get(name).is_some());
    if !sub.properties.is_empty() || !sub.required.is_empty() {
        Some(JsonType::Object)
    } else if sub.items.is_some() || has(&["minItems", "maxItems"]) {
        Some(JsonType::Array)
    } else if has(&["minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"]) {
        Some(JsonType::Number)
    } else if sub.format.is_some() || has(&["pattern", "minLength", "maxLength"]) {
        Some(JsonType::String)
    } else {
        None
    }
}

fn limit(sub: &Sub, name: &str) -> Option<usize> {
    sub.node.get(name)?.as_i64().and_then(|n| usize::try_from(n).ok())
}

/// Two parts of one value: objects are joined, else the later part wins. `None` when they are of different types: nothing is
/// both.
fn merge(value: Option<Json>, part: Json) -> Option<Json> {
    let Some(value) = value else { return Some(part) };
    match (value, part) {
        (Json::Object(mut whole), Json::Object(part)) => {
            whole.extend(part);
            Some(Json::Object(whole))
        }
        (value, part) => (std::mem::discriminant(&value) == std::mem::discriminant(&part)).then_some(part),
    }
}

/// Items after the first differ, in case none may be there twice.
fn vary(item: Json, n: usize) -> Json {
    match item {
        Json::String(text) if n > 0 && text == sample::TEXT => Json::String(format!("{text}{}", n + 1)),
        other => other,
    }
}

fn text(sub: &Sub, name: &str) -> String {
    let pattern = sub.node.get("pattern").and_then(Node::as_str).and_then(pattern::sample);
    let text = match (pattern, sub.format.as_deref()) {
        (Some(text), _) => text,
        (None, Some(format)) => formatted(format).unwrap_or(name).to_owned(),
        (None, None) => name.to_owned(),
    };
    let least = limit(sub, "minLength").unwrap_or(0).min(MAX_VALUES);
    let most = limit(sub, "maxLength").unwrap_or(usize::MAX);
    let missing = least.saturating_sub(text.chars().count());
    text.chars().chain(std::iter::repeat_n('x', missing)).take(most).collect()
}

fn formatted(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => sample::DATE_TIME,
        "date" => "2026-11-21",
        "time" => "10:15:00Z",
        "duration" => "PT1M30S",
        "email" | "idn-email" => "ada@example.org",
        "hostname" | "idn-hostname" => "example.org",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "iri" | "uri-reference" | "iri-reference" => "https://example.org/",
        "uri-template" => "https://example.org/{id}",
        "uuid" => sample::UUID,
        "json-pointer" => "/a/b",
        "relative-json-pointer" => "0/a",
        "regex" => "^[a-z]+$",
        "byte" => "Ynl0ZXM=",
        _ => return None,
    })
}

/// 1 when that is allowed, else the allowed number next to a limit.
fn number(sub: &Sub, whole: bool) -> Json {
    let read = |name: &str| sub.node.get(name).and_then(Node::as_f64);
    let step = read("multipleOf").filter(|step| *step > 0.0).or(whole.then_some(1.0));
    let nudge = step.unwrap_or(0.5);
    let least = match (read("minimum"), read("exclusiveMinimum")) {
        (Some(least), Some(above)) if above >= least => Some(above + nudge),
        (None, Some(above)) => Some(above + nudge),
        (least, _) => least,
    };
    let most = match (read("maximum"), read("exclusiveMaximum")) {
        (Some(most), Some(below)) if below <= most => Some(below - nudge),
        (None, Some(below)) => Some(below - nudge),
        (most, _) => most,
    };
    let mut value: f64 = if whole { 1.0 } else { 1.5 };
    if let Some(least) = least.filter(|least| value < *least) {
        value = least;
    }
    if let Some(most) = most.filter(|most| value > *most) {
        value = most;
    }
    if let Some(step) = step {
        let up = (value / step).ceil() * step;
        value = if most.is_some_and(|most| up > most) { (value / step).floor() * step } else { up };
    }
    json_number(value)
}

fn json_number(value: f64) -> Json {
    #[allow(clippy::cast_possible_truncation)] // the range was looked at
    let number =
        if value.fract() == 0.0 && value.abs() < 9e15 { Some(Number::from(value as i64)) } else { Number::from_f64(value) };
    number.map_or(Json::Null, Json::Number)
}
