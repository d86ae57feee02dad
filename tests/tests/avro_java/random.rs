//! Schemas and values from a seed: every shape of Avro, names of all kinds, references, recursion, logical types.

use eventpact_contract::formats::avro::datum::Value;
use eventpact_contract::formats::avro::{Kind, Schema, TypeId};
use serde_json::{Value as Json, json};

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }

    /// `true` once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Makes the JSON of schemas that are valid.
pub(crate) struct Schemas<'r> {
    pub(crate) rng: &'r mut Rng,
    /// Full names that are defined so far, and how a record among them may be met again.
    names: Vec<(String, bool)>,
    count: usize,
}

const NAMES: [&str; 10] = ["Order", "Größe", "注文", "_x", "Item9_", "record", "Enum", "a", "Ж", "LineItem"];
const SPACES: [Option<&str>; 7] = [None, None, Some("shop"), Some("shop.v1"), Some("ünï.ns"), Some("a.b.c"), Some("")];

impl<'r> Schemas<'r> {
    pub(crate) fn new(rng: &'r mut Rng) -> Self {
        Self { rng, names: Vec::new(), count: 0 }
    }

    /// A schema; records are the most likely root.
    pub(crate) fn root(&mut self) -> Json {
        match self.rng.below(10) {
            0 => self.any("", 3),
            1 => self.union("", 2),
            _ => self.record("", 3),
        }
    }

    fn any(&mut self, space: &str, depth: usize) -> Json {
        if depth == 0 {
            return self.leaf(space);
        }
        match self.rng.below(12) {
            0 | 1 => self.record(space, depth - 1),
            2 => self.enumeration(space),
            3 => self.fixed(space),
            4 => json!({ "type": "array", "items": self.any(space, depth - 1) }),
            5 => json!({ "values": self.any(space, depth - 1), "type": "map" }),
            6 | 7 => self.union(space, depth - 1),
            _ => self.leaf(space),
        }
    }

    fn leaf(&mut self, space: &str) -> Json {
        if self.rng.one_in(4)
            && let Some(reference) = self.reference(space, false)
        {
            return reference;
        }
        let word = *self.rng.pick(&["null", "boolean", "int", "long", "float", "double", "bytes", "string"]);
        match self.rng.below(6) {
            0 => {
                let logical = *self.rng.pick(&[
                    "date",
                    "time-millis",
                    "time-micros",
                    "timestamp-millis",
                    "timestamp-micros",
                    "timestamp-nanos",
                    "local-timestamp-millis",
                    "local-timestamp-micros",
                    "local-timestamp-nanos",
                    "uuid",
                    "big-decimal",
                    "decimal",
                    "of-our-own",
                ]);
                let mut ty = json!({ "type": word, "logicalType": logical });
                if logical == "decimal" {
                    ty["precision"] = json!(self.rng.below(12));
                    if self.rng.one_in(2) {
                        ty["scale"] = json!(self.rng.below(9));
                    }
                }
                ty
            }
            1 => json!({ "type": word, "x": { "b": [1, 2.5, null], "a": "é\"\\\n" } }),
            2 => json!({ "type": word }),
            _ => json!(word),
        }
    }

    /// A name that is known, written short where that says the same.
    fn reference(&mut self, space: &str, open_too: bool) -> Option<Json> {
        let known: Vec<&String> = self.names.iter().filter(|(_, open)| open_too || !open).map(|(name, _)| name).collect();
        if known.is_empty() {
            return None;
        }
        let full = *self.rng.pick(&known);
        let (own, simple) = full.rsplit_once('.').unwrap_or(("", full));
        let short = own == space && !self.count.is_multiple_of(3);
        Some(json!(if short { simple } else { full }))
    }

    /// Name, namespace, and the rest of what a named type may carry; also the namespace for what it contains.
    fn named(&mut self, word: &str, space: &str) -> (Json, String, usize) {
        self.count += 1;
        let simple = format!("{}{}", self.rng.pick(&NAMES), self.count);
        let mut ty = json!({ "type": word, "name": simple });
        let mut own = space.to_owned();
        match self.rng.below(4) {
            0 => {
                if let Some(written) = self.rng.pick(&SPACES) {
                    (*written).clone_into(&mut own);
                    ty["namespace"] = json!(written);
                }
            }
            1 => {
                "dotted.name".clone_into(&mut own);
                ty["name"] = json!(format!("dotted.name.{simple}"));
                // A dotted name wins.
                ty["namespace"] = json!("over.ridden");
            }
            _ => {}
        }
        if self.rng.one_in(4) {
            ty["doc"] = json!(*self.rng.pick(&["", "what it \"is\"", "两\n行"]));
        }
        if self.rng.one_in(4) {
            ty["aliases"] = json!([format!("Old{}", self.count), format!("gone.Old{}", self.count)]);
        }
        if self.rng.one_in(6) {
            ty["custom"] = json!({ "deep": [true, { "k": 1 }] });
        }
        let full = if own.is_empty() { simple } else { format!("{own}.{simple}") };
        self.names.push((full, true));
        (ty, own, self.names.len() - 1)
    }

    pub(crate) fn record(&mut self, space: &str, depth: usize) -> Json {
        let word = if self.rng.one_in(12) { "error" } else { "record" };
        let (mut ty, own, index) = self.named(word, space);
        let count = self.rng.below(5) + usize::from(depth > 1);
        let mut fields = Vec::new();
        for n in 0..count {
            let mut field = json!({ "name": format!("{}{n}", self.rng.pick(&["f", "größe", "_", "type", "名"])) });
            field["type"] = if self.rng.one_in(8)
                && let Some(reference) = self.reference(&own, true)
            {
                // What is not closed yet may only stand where a value can end.
                match self.rng.below(3) {
                    0 => json!(["null", reference]),
                    1 => json!({ "type": "array", "items": reference }),
                    _ => json!({ "type": "map", "values": reference }),
                }
            } else {
                self.any(&own, depth)
            };
            if self.rng.one_in(3)
                && let Some(default) = self.default(&field["type"])
            {
                field["default"] = default;
            }
            if self.rng.one_in(8) {
                field["order"] = json!(*self.rng.pick(&["ascending", "descending", "ignore", "IGNORE"]));
            }
            if self.rng.one_in(8) {
                field["doc"] = json!("of the field");
            }
            if self.rng.one_in(8) {
                field["aliases"] = json!([format!("was{n}")]);
            }
            if self.rng.one_in(10) {
                field["sensitive"] = json!(true);
            }
            fields.push(field);
        }
        ty["fields"] = json!(fields);
        self.names[index].1 = false;
        ty
    }

    fn enumeration(&mut self, space: &str) -> Json {
        let (mut ty, _, index) = self.named("enum", space);
        let symbols: Vec<String> = (0..=self.rng.below(4)).map(|n| format!("{}{n}", self.rng.pick(&["S", "ß", "_"]))).collect();
        if self.rng.one_in(2) {
            ty["default"] = json!(self.rng.pick(&symbols));
        }
        ty["symbols"] = json!(symbols);
        self.names[index].1 = false;
        ty
    }

    fn fixed(&mut self, space: &str) -> Json {
        let (mut ty, _, index) = self.named("fixed", space);
        let size = *self.rng.pick(&[0, 1, 2, 12, 16]);
        ty["size"] = json!(size);
        match self.rng.below(4) {
            0 => {
                ty["logicalType"] = json!("decimal");
                ty["precision"] = json!(self.rng.below(6));
            }
            1 => ty["logicalType"] = json!(*self.rng.pick(&["duration", "uuid", "decimal"])),
            _ => {}
        }
        self.names[index].1 = false;
        ty
    }

    fn union(&mut self, space: &str, depth: usize) -> Json {
        let mut words = vec!["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
        let mut branches = Vec::new();
        for _ in 0..self.rng.below(4) {
            let index = self.rng.below(words.len());
            branches.push(json!(words.remove(index)));
        }
        match self.rng.below(6) {
            0 => branches.push(self.record(space, depth.min(1))),
            1 => branches.push(self.enumeration(space)),
            2 => branches.push(self.fixed(space)),
            3 => branches.push(json!({ "type": "array", "items": self.leaf(space) })),
            4 => branches.push(json!({ "type": "map", "values": self.leaf(space) })),
            _ => {}
        }
        if self.rng.one_in(3) {
            let half = branches.len() / 2;
            branches.rotate_left(half);
        }
        json!(branches)
    }

    /// A default that fits; for a union, that of any branch. Inside of a record's default it is the first branch: Java looks for
    /// the branch by the kind of JSON there, and gives `1.5` to a `long` before it gives it to a `float`.
    pub(crate) fn default(&mut self, ty: &Json) -> Option<Json> {
        let branch = ty.as_array().map_or(0, |branches| self.rng.below(branches.len()));
        self.default_of(ty, branch)
    }

    fn default_of(&mut self, ty: &Json, branch: usize) -> Option<Json> {
        if let Some(branches) = ty.as_array() {
            return self.default_of(branches.get(branch)?, 0);
        }
        let word = ty.as_str().or_else(|| ty["type"].as_str())?;
        Some(match word {
            "null" => Json::Null,
            "boolean" => json!(self.rng.one_in(2)),
            "int" => json!(*self.rng.pick(&[0, -1, i32::MAX, i32::MIN])),
            "long" => json!(*self.rng.pick(&[0, -5, i64::MAX, i64::MIN])),
            "float" => self.rng.pick(&[json!(0), json!(1.5), json!(-1e10), json!("NaN")]).clone(),
            "double" => self.rng.pick(&[json!(1), json!(0.1), json!(1e300), json!("-Infinity")]).clone(),
            "string" => json!(*self.rng.pick(&["", "text", "Grüße \u{1F600}"])),
            "bytes" => json!(*self.rng.pick(&["", "\u{0}\u{ff}", "abc"])),
            "array" => json!([]),
            "map" => json!({}),
            "fixed" => json!("\u{7f}".repeat(usize::try_from(ty["size"].as_u64()?).ok()?)),
            "enum" => ty["symbols"][0].clone(),
            "record" | "error" => {
                let mut value = json!({});
                for field in ty["fields"].as_array()? {
                    if field.get("default").is_none() || self.rng.one_in(2) {
                        value[field["name"].as_str()?] = self.default_of(&field["type"], 0)?;
                    }
                }
                value
            }
            _ => return None,
        })
    }
}

/// A value of a schema.
pub(crate) fn value(schema: &Schema, id: TypeId, rng: &mut Rng, depth: usize) -> Value {
    match &schema.get(id).kind {
        Kind::Null => Value::Null,
        Kind::Boolean => Value::Boolean(rng.one_in(2)),
        Kind::Int => Value::Int(*rng.pick(&[0, 1, -1, 63, 64, 16_777_217, i32::MAX, i32::MIN])),
        Kind::Long => Value::Long(*rng.pick(&[0, 1, -1, 1 << 40, (1 << 53) + 1, i64::MAX, i64::MIN])),
        Kind::Float => Value::Float(*rng.pick(&[0.0, -0.0, 1.5, 0.1, 3.4e38, f32::NAN, f32::INFINITY])),
        Kind::Double => Value::Double(*rng.pick(&[0.0, -0.0, 0.1, 1e300, -1e-7, f64::NAN, f64::NEG_INFINITY])),
        Kind::Bytes => Value::Bytes(rng.pick(&[&b""[..], &[0, 255, 128], b"text", "Größe".as_bytes()]).to_vec()),
        Kind::String => Value::String((*rng.pick(&["", "a", "Größe", "\u{1F600}\"\\\u{1}"])).to_owned()),
        Kind::Fixed(fixed) => Value::Fixed((0..fixed.size).map(|_| rng.next().to_le_bytes()[0]).collect()),
        Kind::Enum(e) => Value::Enum(rng.below(e.symbols.len())),
        Kind::Record(record) => Value::Record(record.fields.iter().map(|f| value(schema, f.ty, rng, depth + 1)).collect()),
        Kind::Array(inner) => {
            let count = if depth > 6 { 0 } else { rng.below(4) };
            Value::Array((0..count).map(|_| value(schema, *inner, rng, depth + 1)).collect())
        }
        Kind::Map(inner) => {
            let count = if depth > 6 { 0 } else { rng.below(3) };
            Value::Map((0..count).map(|n| (format!("k{n}ß"), value(schema, *inner, rng, depth + 1))).collect())
        }
        Kind::Union(branches) => {
            let null = branches.iter().position(|b| matches!(schema.get(*b).kind, Kind::Null));
            let index = null.filter(|_| depth > 6).unwrap_or_else(|| rng.below(branches.len()));
            Value::Union(index, Box::new(value(schema, branches[index], rng, depth + 1)))
        }
    }
}
