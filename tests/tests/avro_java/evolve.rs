//! What people do to a schema between two versions, and what goes wrong in its text.

use serde_json::{Value as Json, json};

use super::random::{Rng, Schemas};

/// Calls `visit` for every object and list below a value, the value itself included.
fn count(node: &Json) -> usize {
    1 + match node {
        Json::Object(map) => map.values().map(count).sum(),
        Json::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// The n-th node in the order of the text.
fn nth<'j>(node: &'j mut Json, n: &mut usize) -> Option<&'j mut Json> {
    if *n == 0 {
        return Some(node);
    }
    *n -= 1;
    match node {
        Json::Object(map) => map.values_mut().find_map(|v| nth(v, n)),
        Json::Array(items) => items.iter_mut().find_map(|v| nth(v, n)),
        _ => None,
    }
}

/// A node anywhere in the schema that `wanted` takes, if some tries find one.
pub(crate) fn somewhere<'j>(root: &'j mut Json, rng: &mut Rng, wanted: impl Fn(&Json) -> bool) -> Option<&'j mut Json> {
    let total = count(root);
    for _ in 0..40 {
        let n = rng.below(total);
        if nth(root, &mut n.clone()).is_some_and(|node| wanted(node)) {
            return nth(root, &mut n.clone());
        }
    }
    None
}

fn is(word: &'static str) -> impl Fn(&Json) -> bool {
    move |node| node.get("type").and_then(Json::as_str) == Some(word)
}

/// One change of the kind that makes a new version.
pub(crate) fn evolve(root: &mut Json, rng: &mut Rng) {
    match rng.below(14) {
        0 | 1 => add_field(root, rng),
        2 => {
            if let Some(fields) = fields(root, rng).filter(|f| !f.is_empty()) {
                let index = rng.below(fields.len());
                fields.remove(index);
            }
        }
        3 => {
            if let Some(fields) = fields(root, rng).filter(|f| !f.is_empty()) {
                let index = rng.below(fields.len());
                let old = fields[index]["name"].clone();
                fields[index]["name"] = json!("renamed");
                if !rng.one_in(4) {
                    fields[index]["aliases"] = json!([old]);
                }
            }
        }
        4 => {
            if let Some(fields) = fields(root, rng) {
                fields.reverse();
            }
        }
        5 | 6 => promote(root, rng),
        7 => {
            if let Some(node) = somewhere(root, rng, is("enum")) {
                let symbols = node["symbols"].as_array_mut().unwrap();
                if rng.one_in(2) || symbols.len() < 2 {
                    symbols.insert(0, json!("NEW"));
                } else {
                    let gone = symbols.pop();
                    if node.get("default") == gone.as_ref() {
                        node["default"] = node["symbols"][0].clone();
                    }
                }
            }
        }
        8 => rename(root, rng),
        9 => {
            if let Some(node) = somewhere(root, rng, is("fixed"))
                && rng.one_in(3)
            {
                node["size"] = json!(7);
            }
        }
        10 => {
            if let Some(field) =
                somewhere(root, rng, |n| n.get("name").is_some() && n.get("fields").is_none() && n["type"].is_string())
                && field.get("symbols").is_none()
                && field.get("size").is_none()
                && field["type"] != "null"
            {
                field["type"] = json!(["null", field["type"].clone()]);
                field.as_object_mut().unwrap().remove("default");
            }
        }
        11 => {
            if let Some(Json::Array(branches)) =
                somewhere(root, rng, |n| n.as_array().is_some_and(|a| a.len() > 1 && a[0].is_string()))
            {
                branches.reverse();
            }
        }
        12 => {
            if let Some(Json::Array(branches)) =
                somewhere(root, rng, |n| n.as_array().is_some_and(|a| a.len() > 1 && a[0].is_string()))
            {
                branches.pop();
            }
        }
        _ => {
            if let Some(field) = somewhere(root, rng, |n| n.get("name").is_some() && n["type"].is_array()) {
                let last = field["type"].as_array().unwrap().last().cloned();
                if let Some(last) = last {
                    field["type"] = last;
                    field.as_object_mut().unwrap().remove("default");
                }
            }
        }
    }
}

fn fields<'j>(root: &'j mut Json, rng: &mut Rng) -> Option<&'j mut Vec<Json>> {
    somewhere(root, rng, |n| n.get("fields").is_some())?["fields"].as_array_mut()
}

fn add_field(root: &mut Json, rng: &mut Rng) {
    let seed = rng.next();
    let Some(fields) = fields(root, rng) else { return };
    let mut rng = Rng(seed);
    let mut schemas = Schemas::new(&mut rng);
    let mut ty = schemas.record("added", 1);
    if schemas.rng.one_in(2) {
        ty = schemas
            .rng
            .pick(&[json!("int"), json!(["null", "string"]), json!("bytes"), json!({ "type": "map", "values": "long" })])
            .clone();
    }
    let mut field = json!({ "name": format!("added{}", seed % 1000), "type": ty });
    if schemas.rng.below(5) > 0
        && let Some(default) = schemas.default(&field["type"])
    {
        field["default"] = default;
    }
    let at = rng.below(fields.len() + 1);
    fields.insert(at, field);
}

fn promote(root: &mut Json, rng: &mut Rng) {
    let words = ["int", "long", "float", "string", "bytes"];
    let Some(node) = somewhere(root, rng, |n| n.as_str().is_some_and(|s| words.contains(&s))) else { return };
    let wider: &[&str] = match node.as_str().unwrap_or("") {
        "int" => &["long", "float", "double"],
        "long" => &["float", "double", "int"],
        "float" => &["double", "int"],
        "string" => &["bytes", "int"],
        _ => &["string"],
    };
    *node = json!(rng.pick(wider));
}

fn rename(root: &mut Json, rng: &mut Rng) {
    let kind = *rng.pick(&["record", "enum", "fixed"]);
    let text = root.to_string();
    let Some(node) = somewhere(root, rng, is(kind)) else { return };
    let old = node["name"].as_str().unwrap_or("").to_owned();
    let simple = old.rsplit('.').next().unwrap_or("").to_owned();
    // A type that is referred to keeps its name: the references would be lost.
    if text.matches(&simple).count() > 1 {
        return;
    }
    match rng.below(4) {
        0 => node["name"] = json!("Renamed"),
        1 => node["namespace"] = json!("moved.elsewhere"),
        _ => {
            node["name"] = json!("Renamed");
            node["aliases"] = json!([old]);
        }
    }
}

/// One mistake in the text of a schema.
pub(crate) fn damage(root: &mut Json, rng: &mut Rng) {
    let junk = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(2_147_483_648_i64),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("int"),
        json!("a.b"),
        json!("1a"),
        json!("a-b"),
        json!("."),
        json!("a..b"),
        json!([]),
        json!({}),
        json!(["int", "int"]),
        json!(["null", ["int"]]),
        json!({ "type": "int" }),
        json!({ "type": "record" }),
        json!("record"),
        json!("ASCENDING"),
        json!([1]),
        json!({ "type": ["int"] }),
        json!("NaN"),
        json!({ "type": { "type": "int" } }),
        json!("null"),
    ];
    match rng.below(6) {
        0 | 1 => {
            if let Some(Json::Object(map)) = somewhere(root, rng, |n| n.as_object().is_some_and(|m| !m.is_empty())) {
                let keys: Vec<String> = map.keys().cloned().collect();
                map.remove(rng.pick(&keys));
            }
        }
        2 | 3 => {
            let n = rng.below(count(root));
            if let Some(node) = nth(root, &mut n.clone()) {
                *node = rng.pick(&junk).clone();
            }
        }
        4 => {
            if let Some(Json::Array(items)) = somewhere(root, rng, |n| n.as_array().is_some_and(|a| !a.is_empty())) {
                let again = rng.pick(items).clone();
                items.push(again);
            }
        }
        _ => {
            if let Some(Json::Object(map)) = somewhere(root, rng, Json::is_object) {
                let key = *rng.pick(&[
                    "type",
                    "name",
                    "namespace",
                    "aliases",
                    "default",
                    "order",
                    "size",
                    "symbols",
                    "fields",
                    "doc",
                    "items",
                ]);
                map.insert(key.to_owned(), rng.pick(&junk).clone());
            }
        }
    }
}
