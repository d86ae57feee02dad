//! Parts of schemas up to draft-07: kinds in a fixed order, each takes its keywords, and what is left without a type is taken
//! for the kind that knows it.

use std::collections::BTreeSet;

use eventpact_contract::formats::json_schema::{Dependency, Dialect, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::Value;

use super::part::{Array, Body, Criterion, Number, Object, Part, PartId, Parts, Side, Text};

const ARRAY: [&str; 6] = ["items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"];
const OBJECT: [&str; 8] = [
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
];
const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const STRING: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];
const CONDITIONAL: [&str; 3] = ["if", "then", "else"];

/// Reads a schema.
pub(super) fn part(parts: &mut Parts<'_>, side: Side, id: SchemaId) -> Part {
    let schema = parts.of(side);
    let sub = schema.get(id);
    match sub.boolean {
        Some(true) => return Part::new(side, id, Body::True),
        Some(false) => return Part::new(side, id, Body::False),
        None => {}
    }
    let written = sub.node.as_mapping().into_iter().flat_map(|m| &m.entries).map(|e| e.key.as_str());
    let left: BTreeSet<&str> = written.chain(sub.subschema_keys.iter().map(|(key, _)| key.as_str())).collect();
    let mut reader = Reader { parts, side, id, sub, dialect: schema.dialect, left };
    let mut bodies = reader.bodies();
    let left = reader.left;
    let body = match bodies.len() {
        0 => Body::Empty,
        1 => bodies.swap_remove(0),
        _ => {
            let branches = bodies.into_iter().map(|body| parts.push(Part::new(side, id, body))).collect();
            Body::Combined(Criterion::All, branches, true)
        }
    };
    let mut part = Part::new(side, id, body);
    let identifier = if schema.dialect < Dialect::Draft06 { "id" } else { "$id" };
    part.id = sub.node.get(identifier).and_then(Node::as_str).map(str::to_owned);
    part.title.clone_from(&sub.title);
    part.description.clone_from(&sub.description);
    part.default = sub.default.as_ref().map(Node::to_json);
    let common = [identifier, "title", "description", "default"];
    // A format is never compared, but branches that differ in it are two.
    let unknown = left.into_iter().filter(|key| !common.contains(key)).chain(sub.format.as_ref().map(|_| "format"));
    part.extra.values = unknown.map(|key| (key.to_owned(), sub.node.get(key).map_or(Value::Null, Node::to_json))).collect();
    part
}

struct Reader<'p, 'a> {
    parts: &'p mut Parts<'a>,
    side: Side,
    id: SchemaId,
    sub: &'a Sub,
    dialect: Dialect,
    /// The keywords that no kind has taken yet.
    left: BTreeSet<&'a str>,
}

impl Reader<'_, '_> {
    /// The kinds that the keywords say, in the order in which the registry asks for them.
    fn bodies(&mut self) -> Vec<Body> {
        let sub = self.sub;
        if self.left.remove("$ref") {
            return sub.reference.map(Body::Reference).into_iter().collect();
        }
        let mut bodies = Vec::new();
        if let Some(values) = sub.enumeration.as_ref().filter(|_| self.left.remove("enum")) {
            bodies.push(Body::Enum(values.iter().map(Node::to_json).collect()));
        }
        let combined = [(Criterion::All, &sub.all_of), (Criterion::One, &sub.one_of), (Criterion::Any, &sub.any_of)];
        for (criterion, ids) in combined {
            if self.left.remove(criterion.as_str()) {
                let branches = ids.iter().map(|id| self.child(*id)).collect();
                bodies.push(Body::Combined(criterion, branches, false));
            }
        }
        if let Some(not) = sub.not.filter(|_| self.left.remove("not")) {
            bodies.push(Body::Not(self.child(not)));
        }
        if let Some(value) = sub.constant.as_ref().filter(|_| self.dialect >= Dialect::Draft06 && self.left.remove("const")) {
            bodies.push(Body::Const(value.to_json()));
        }
        bodies.extend(self.typed());
        bodies.extend(self.untyped());
        bodies
    }

    fn child(&mut self, id: SchemaId) -> PartId {
        self.parts.load(self.side, id)
    }

    fn take(&mut self, keywords: &[&str]) {
        self.left.retain(|key| !keywords.contains(key));
    }

    fn has(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|key| self.left.contains(key))
    }

    /// What `type` says.
    fn typed(&mut self) -> Option<Body> {
        let written = self.sub.node.get("type").filter(|_| self.left.remove("type"))?;
        if let Some(list) = written.as_sequence() {
            let bodies: Vec<Body> = list.iter().filter_map(|name| self.of_type(name.as_str()?)).collect();
            let branches = bodies.into_iter().map(|body| self.parts.push(Part::new(self.side, self.id, body))).collect();
            return Some(Body::Combined(Criterion::Any, branches, false));
        }
        self.of_type(written.as_str()?)
    }

    fn of_type(&mut self, name: &str) -> Option<Body> {
        Some(match name {
            "string" => Body::String(self.text(true)),
            "integer" => Body::Number(Number { integer: true, ..self.number(true) }),
            "number" => Body::Number(self.number(true)),
            "boolean" => Body::Boolean,
            "null" => Body::Null,
            "array" => Body::Array(self.array(true)),
            "object" => Body::Object(Box::new(self.object(true))),
            _ => return None,
        })
    }

    /// What is left of the keywords of one kind.
    fn untyped(&mut self) -> Vec<Body> {
        let (array, object) =
            if self.dialect < Dialect::Draft06 { (&ARRAY[..5], &OBJECT[..7]) } else { (&ARRAY[..], &OBJECT[..]) };
        let mut bodies = Vec::new();
        if self.has(array) {
            bodies.push(Body::Array(self.array(false)));
        }
        if self.has(object) {
            bodies.push(Body::Object(Box::new(self.object(false))));
        }
        if self.has(&NUMBER) {
            bodies.push(Body::Number(self.number(false)));
        }
        if self.has(&STRING) {
            bodies.push(Body::String(self.text(false)));
        }
        if self.dialect >= Dialect::Draft07 && self.has(&CONDITIONAL) {
            self.take(&CONDITIONAL);
            let ids = self.sub.conditional.map(|c| [Some(c.test), c.then, c.otherwise]).unwrap_or_default();
            bodies.push(Body::Conditional(ids.into_iter().map(|id| id.map(|id| self.child(id))).collect()));
        }
        bodies
    }

    fn value(&self, keyword: &str) -> Option<f64> {
        self.sub.node.get(keyword).and_then(Node::as_f64)
    }

    fn word(&self, keyword: &str) -> Option<String> {
        self.sub.node.get(keyword).and_then(Node::as_str).map(str::to_owned)
    }

    fn text(&mut self, required: bool) -> Text {
        self.take(&STRING);
        let (min, max) = (self.value("minLength"), self.value("maxLength"));
        Text { required, min, max, pattern: self.word("pattern") }
    }

    /// The boolean limits of draft-04 are not compared by the registry: they are no numbers.
    fn number(&mut self, required: bool) -> Number {
        self.take(&NUMBER);
        Number {
            required,
            integer: false,
            min: self.value("minimum"),
            max: self.value("maximum"),
            above: self.value("exclusiveMinimum"),
            below: self.value("exclusiveMaximum"),
            multiple_of: self.sub.node.get("multipleOf").map(|n| n.to_json().to_string()),
        }
    }

    fn array(&mut self, required: bool) -> Array {
        self.take(&ARRAY);
        let sub = self.sub;
        let mut array = Array { required, min: self.value("minItems"), max: self.value("maxItems"), ..Array::default() };
        array.unique = sub.node.get("uniqueItems").and_then(Node::as_bool) == Some(true);
        array.contains = sub.contains.map(|id| self.child(id));
        let written = self.parts.written(self.side, sub);
        let Some(items) = &sub.items else {
            array.permits = written.and_then(|n| n.get("additionalItems")).and_then(Node::as_bool) != Some(false);
            return array;
        };
        let listed = !items.prefix.is_empty() || written.and_then(|n| n.get("items")).is_some_and(|n| n.as_sequence().is_some());
        array.tuple = items.prefix.iter().map(|id| self.child(*id)).collect();
        match items.rest {
            Some(rest) if !listed => array.all = Some(self.child(rest)),
            Some(rest) => match self.parts.of(self.side).get(rest).boolean {
                Some(truth) => array.permits = truth,
                None => array.rest = Some(self.child(rest)),
            },
            None => {}
        }
        array
    }

    fn object(&mut self, required: bool) -> Object {
        self.take(&OBJECT);
        let sub = self.sub;
        let mut object =
            Object { required, min: self.value("minProperties"), max: self.value("maxProperties"), ..Object::default() };
        object.properties = sub.properties.iter().map(|p| (p.name.clone(), self.child(p.schema))).collect();
        object.names = sub.required.iter().map(|(name, _)| name.clone()).collect();
        object.patterns = sub.pattern_properties.iter().map(|(pattern, id)| (pattern.clone(), self.child(*id))).collect();
        object.property_names = sub.property_names.map(|id| self.child(id));
        if let Some(rest) = sub.additional_properties {
            match self.parts.of(self.side).get(rest.schema).boolean {
                Some(truth) => object.permits = truth,
                None => object.rest = Some(self.child(rest.schema)),
            }
        }
        // `dependentRequired` and `dependentSchemas` mean nothing to the registry here.
        let known = self.sub.subschema_keys.iter().any(|(key, _)| key == "dependencies");
        for (name, dependency) in sub.dependencies.iter().filter(|_| known) {
            match dependency {
                // Without names there is no dependency.
                Dependency::Required(names) if names.is_empty() => {}
                Dependency::Required(names) => object.dependent_names.push((name.clone(), names.clone())),
                Dependency::Schema(id) => object.dependent_schemas.push((name.clone(), self.child(*id))),
            }
        }
        object
    }
}
