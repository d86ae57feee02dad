//! JSON Schemas of all drafts from a seed, the changes that make a second version of one, and values to try on both.

use serde_json::{Map, Value as Json, json};

use crate::evolve::somewhere;
use crate::random::Rng;

pub(crate) const DRAFTS: [&str; 5] = [
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];

const NAMES: [&str; 5] = ["a", "b", "id", "x-1", "größe"];
const PATTERNS: [&str; 5] = ["^a", "^x-", "[0-9]$", "^[a-z]+$", "b"];
const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];

/// Makes schemas of one draft.
pub(crate) struct Schemas<'r> {
    pub(crate) rng: &'r mut Rng,
    /// Index into [`DRAFTS`].
    pub(crate) draft: usize,
    definitions: usize,
}

impl<'r> Schemas<'r> {
    pub(crate) fn new(rng: &'r mut Rng) -> Self {
        let draft = rng.below(DRAFTS.len());
        Self { rng, draft, definitions: 0 }
    }

    /// A whole document.
    pub(crate) fn root(&mut self) -> Json {
        self.definitions = self.rng.below(3);
        let mut schema = match self.rng.below(6) {
            0 => self.any(2),
            _ => self.of_type("object", 2),
        };
        let Json::Object(map) = &mut schema else { return schema };
        map.insert("$schema".to_owned(), json!(DRAFTS[self.draft]));
        let mut definitions = Map::new();
        for n in 0..self.definitions {
            definitions.insert(format!("d{n}"), self.any(1));
        }
        if !definitions.is_empty() {
            map.insert(self.definitions_key().to_owned(), definitions.into());
        }
        schema
    }

    fn definitions_key(&self) -> &'static str {
        if self.draft >= 3 { "$defs" } else { "definitions" }
    }

    /// A schema of any kind.
    pub(crate) fn any(&mut self, depth: usize) -> Json {
        let rng = &mut *self.rng;
        match rng.below(16) {
            0 if self.draft > 0 => json!(true),
            0 => json!({}),
            1 if self.draft > 0 && rng.one_in(3) => json!(false),
            2 => {
                let count = 1 + rng.below(3);
                json!({ "enum": (0..count).map(|_| self.constant()).fold(Vec::new(), |mut all: Vec<Json>, one| {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                    all
                }) })
            }
            3 if self.draft > 0 => json!({ "const": self.constant() }),
            4 if self.definitions > 0 => {
                let index = rng.below(self.definitions);
                json!({ "$ref": format!("#/{}/d{index}", self.definitions_key()) })
            }
            5 if depth > 0 => {
                let word = *rng.pick(&["allOf", "anyOf", "oneOf"]);
                let count = 1 + rng.below(3);
                json!({ word: (0..count).map(|_| self.any(depth - 1)).collect::<Vec<_>>() })
            }
            6 if depth > 0 && rng.one_in(2) => json!({ "not": self.any(depth - 1) }),
            7 if depth > 0 && self.draft >= 2 => {
                let mut schema = json!({ "if": self.any(depth - 1) });
                schema["then"] = self.any(depth - 1);
                if self.rng.one_in(2) {
                    schema["else"] = self.any(depth - 1);
                }
                schema
            }
            8 => {
                let mut types: Vec<&str> = TYPES.into_iter().filter(|_| rng.one_in(3)).collect();
                if types.is_empty() {
                    types.push("string");
                }
                json!({ "type": types })
            }
            _ => {
                let word = if depth == 0 { *rng.pick(&TYPES[2..]) } else { *rng.pick(&TYPES) };
                self.of_type(word, depth)
            }
        }
    }

    /// A value that a schema may name.
    fn constant(&mut self) -> Json {
        constant(self.rng)
    }

    fn of_type(&mut self, word: &str, depth: usize) -> Json {
        let mut schema = json!({ "type": word });
        for _ in 0..self.rng.below(4) + usize::from(word == "object") {
            self.keyword(&mut schema, word, depth);
        }
        schema
    }

    /// Adds a keyword that says something of values of a type.
    pub(crate) fn keyword(&mut self, schema: &mut Json, word: &str, depth: usize) {
        let inner = depth.saturating_sub(1);
        let count = self.rng.below(4);
        match word {
            "object" => self.object_keyword(schema, depth, count),
            "array" => match self.rng.below(8) {
                0 => schema["minItems"] = json!(count),
                1 => schema["maxItems"] = json!(count + 1),
                2 => schema["uniqueItems"] = json!(self.rng.one_in(2)),
                3 if self.draft > 0 => {
                    schema["contains"] = self.any(inner);
                    if self.draft >= 3 && self.rng.one_in(2) {
                        schema[*self.rng.pick(&["minContains", "maxContains"])] = json!(count);
                    }
                }
                4 if self.draft == 4 => schema["prefixItems"] = json!([self.any(inner), self.any(inner)]),
                4 => schema["items"] = json!([self.any(inner), self.any(inner)]),
                5 if self.draft >= 3 => schema["unevaluatedItems"] = self.any(inner),
                5 => schema["additionalItems"] = self.any(inner),
                _ => schema["items"] = self.any(inner),
            },
            "string" => match self.rng.below(4) {
                0 => schema["minLength"] = json!(count),
                1 => schema["maxLength"] = json!(count + 1),
                2 => schema["pattern"] = json!(*self.rng.pick(&PATTERNS)),
                _ => schema["format"] = json!("date"),
            },
            "integer" | "number" => {
                let limit = json!(*self.rng.pick(&[-2, 0, 1, 2, 10]));
                match self.rng.below(5) {
                    0 => schema["minimum"] = limit,
                    1 => schema["maximum"] = limit,
                    2 => schema["multipleOf"] = json!(*self.rng.pick(&[1, 2, 3, 4, 5])),
                    _ if self.draft == 0 => {
                        schema["minimum"] = limit;
                        schema["exclusiveMinimum"] = json!(true);
                    }
                    3 => schema["exclusiveMinimum"] = limit,
                    _ => schema["exclusiveMaximum"] = limit,
                }
            }
            _ => {}
        }
    }

    fn object_keyword(&mut self, schema: &mut Json, depth: usize, count: usize) {
        let inner = depth.saturating_sub(1);
        let name = *self.rng.pick(&NAMES);
        match self.rng.below(13) {
            0..=3 => {
                for name in NAMES.into_iter().take(1 + count) {
                    let property = self.any(inner);
                    schema["properties"][name] = property;
                }
            }
            4 => schema["required"] = json!([name]),
            5 => schema["additionalProperties"] = if self.rng.one_in(2) { json!(false) } else { self.any(inner) },
            6 => schema["patternProperties"] = json!({ *self.rng.pick(&PATTERNS): self.any(inner) }),
            7 if self.draft > 0 => schema["propertyNames"] = self.of_type("string", 0),
            8 => schema["minProperties"] = json!(count),
            9 => schema["maxProperties"] = json!(count + 1),
            10 if self.draft >= 3 => schema["dependentRequired"] = json!({ name: [*self.rng.pick(&NAMES)] }),
            11 if self.draft >= 3 => schema["dependentSchemas"] = json!({ name: self.any(inner) }),
            10 => schema["dependencies"] = json!({ name: [*self.rng.pick(&NAMES)] }),
            11 => schema["dependencies"] = json!({ name: self.any(inner) }),
            12 if self.draft >= 3 => schema["unevaluatedProperties"] = json!(false),
            _ => {}
        }
    }

    /// One change between two versions.
    pub(crate) fn evolve(&mut self, root: &mut Json) {
        let seed = self.rng.next();
        let mut rng = Rng(seed);
        // What stands below these is no schema, or all of the document.
        let Some(node) = somewhere(root, &mut rng, |n| n.is_object() && is_schema(n)) else { return };
        let word = node.get("type").and_then(Json::as_str).unwrap_or("object").to_owned();
        match rng.below(16) {
            0..=2 => self.keyword(node, &word, 1),
            3..=6 => {
                let map = node.as_object_mut().unwrap();
                let keys: Vec<String> = map.keys().filter(|k| !k.starts_with('$') && *k != "definitions").cloned().collect();
                if !keys.is_empty() {
                    map.shift_remove(rng.pick(&keys).as_str());
                }
            }
            7 | 8 => {
                for key in
                    ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]
                {
                    if let Some(number) = node.get(key).and_then(Json::as_i64) {
                        let by = if rng.one_in(2) { 1 } else { -1 };
                        // The limits of lengths are not negative.
                        node[key] = json!((number + by).max(if key.len() > 7 { 0 } else { i64::MIN }));
                    }
                }
            }
            9 => {
                if let Some(values) = node.get_mut("enum").and_then(Json::as_array_mut) {
                    let one = constant(&mut rng);
                    if values.contains(&one) && values.len() > 1 {
                        values.retain(|v| *v != one);
                    } else if !values.contains(&one) {
                        values.push(one);
                    }
                }
            }
            10 => {
                if let Some(types) = node.get("type").cloned() {
                    node["type"] = match types.as_str() {
                        Some("integer") => json!("number"),
                        Some(one) if one != "null" => json!([one, "null"]),
                        _ => types,
                    };
                }
            }
            11 => {
                let property = self.any(1);
                if node.get("properties").is_some() {
                    node["properties"][*rng.pick(&NAMES)] = property;
                }
            }
            12 => {
                if let Some(properties) = node.get_mut("properties").and_then(Json::as_object_mut) {
                    properties.shift_remove(*rng.pick(&NAMES));
                }
            }
            13 => node["description"] = json!("other words"),
            14 => {
                for word in ["anyOf", "oneOf", "allOf"] {
                    if let Some(branches) = node.get_mut(word).and_then(Json::as_array_mut) {
                        if rng.one_in(2) {
                            branches.push(self.any(1));
                        } else if branches.len() > 1 {
                            branches.pop();
                        }
                    }
                }
            }
            _ => {
                if node.get("$schema").is_none() {
                    let other = self.any(1);
                    *node = json!({ "anyOf": [node.clone(), other] });
                }
            }
        }
    }
}

/// An object that has a keyword of schemas in it: not the map of properties.
fn is_schema(node: &Json) -> bool {
    const KEYWORDS: [&str; 12] =
        ["type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "properties", "items", "$schema", "minimum"];
    KEYWORDS.iter().any(|k| node.get(k).is_some_and(|v| !(v.is_object() && *k == "type")))
}

fn constant(rng: &mut Rng) -> Json {
    rng.pick(&[
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!("a"),
        json!("b1"),
        json!(""),
        json!([]),
        json!({ "a": 1 }),
    ])
    .clone()
}

/// Values that a schema is likely to accept, and others near them.
pub(crate) struct Values<'s> {
    pub(crate) rng: Rng,
    pub(crate) root: &'s Json,
}

impl Values<'_> {
    pub(crate) fn any(&mut self) -> Json {
        let mut value = self.of(self.root, 0);
        for _ in 0..self.rng.below(3) {
            self.disturb(&mut value);
        }
        value
    }

    fn of(&mut self, schema: &Json, depth: usize) -> Json {
        if depth > 5 || self.rng.one_in(12) {
            return constant(&mut self.rng);
        }
        if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
            let target = self.root.pointer(target.trim_start_matches('#')).cloned().unwrap_or_default();
            return self.of(&target, depth + 1);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema.get("enum").and_then(Json::as_array).filter(|v| !v.is_empty()) {
            return self.rng.pick(values).clone();
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            if let Some(branches) = schema.get(word).and_then(Json::as_array).filter(|b| !b.is_empty()) {
                let branch = self.rng.pick(branches).clone();
                return self.of(&branch, depth + 1);
            }
        }
        for word in ["if", "then", "else"] {
            if let Some(branch) = schema.get(word).filter(|_| self.rng.one_in(2)) {
                return self.of(&branch.clone(), depth + 1);
            }
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            _ => TYPES.to_vec(),
        };
        match *self.rng.pick(&types) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => json!(*self.rng.pick(&["", "a", "b", "ab", "abc", "x-1", "a1", "größe", "abcd", "2024-01-01", "ABCDE"])),
            "integer" => json!(*self.rng.pick(&[-3, -2, -1, 0, 1, 2, 3, 4, 6, 9, 10, 11, 60, 120])),
            "number" => {
                self.rng.pick(&[json!(-2.5), json!(0), json!(0.5), json!(1.5), json!(2.0), json!(10), json!(1e9)]).clone()
            }
            "boolean" => json!(self.rng.one_in(2)),
            _ => Json::Null,
        }
    }

    fn object(&mut self, schema: &Json, depth: usize) -> Json {
        let mut out = Map::new();
        let properties = schema.get("properties").and_then(Json::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if !self.rng.one_in(3) {
                let value = self.of(property, depth + 1);
                out.insert(name.clone(), value);
            }
        }
        for name in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
            if !out.contains_key(name) {
                let property = properties.and_then(|p| p.get(name)).cloned().unwrap_or(json!({}));
                let value = self.of(&property, depth + 1);
                out.insert(name.to_owned(), value);
            }
        }
        if self.rng.one_in(3) {
            let name = *self.rng.pick(&["a", "b", "id", "x-1", "x-2", "größe", "zz", "n0", "ab"]);
            let value = constant(&mut self.rng);
            out.entry(name).or_insert(value);
        }
        out.into()
    }

    fn array(&mut self, schema: &Json, depth: usize) -> Json {
        let count = self.rng.below(4);
        let item = |index: usize| {
            let tuple = schema.get("prefixItems").or(schema.get("items").filter(|i| i.is_array())).and_then(|t| t.get(index));
            let rest = schema.get("items").filter(|i| !i.is_array()).or(schema.get("additionalItems")).or(schema.get("contains"));
            tuple.or(rest).cloned().unwrap_or(json!({}))
        };
        (0..count).map(|index| self.of(&item(index), depth + 1)).collect::<Vec<_>>().into()
    }

    /// A small change somewhere in a value.
    fn disturb(&mut self, value: &mut Json) {
        match value {
            Json::Object(map) if !map.is_empty() && !self.rng.one_in(4) => {
                let keys: Vec<String> = map.keys().cloned().collect();
                let key = self.rng.pick(&keys).clone();
                if self.rng.one_in(3) {
                    map.shift_remove(&key);
                } else {
                    self.disturb(&mut map[&key]);
                }
            }
            Json::Object(map) => {
                let value = constant(&mut self.rng);
                map.insert((*self.rng.pick(&["a", "b", "zz", "x-9"])).to_owned(), value);
            }
            Json::Array(items) if self.rng.one_in(2) => {
                let one = constant(&mut self.rng);
                items.push(one);
            }
            other => *other = constant(&mut self.rng),
        }
    }
}
