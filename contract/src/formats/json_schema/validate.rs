//! Values against a schema. The judge is the `jsonschema` crate; here are the way into it, the way back to places, and a bound
//! on the work: a schema of a few lines can ask for more steps than anybody can wait for.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, Registry, ValidationError, ValidationOptions};

use crate::yaml::{Node, Value, unescape_token};

use super::dialect::Dialect;
use super::formats::MORE;
use super::tree::{Schema, SchemaId, Sub};

/// The most evaluations of a schema at a place that one value may ask for.
const MAX_STEPS: f64 = 3_000_000.0;
/// The most places of which the cost is kept, and so the time that counting takes.
const MAX_KEPT: usize = 500_000;
/// Schemas and values may go this deep together: the validator calls itself.
const MAX_DEPTH: usize = 400;
/// Violations of one value: more are no help.
const MAX_VIOLATIONS: usize = 50;
/// How long a message may be.
const MAX_MESSAGE: usize = 240;
/// Backtracking of one regular expression on one text.
const MAX_BACKTRACKING: usize = 100_000;
/// The address of the document among those that the validator knows.
const HOME: &str = "eventpact:schema";

impl Dialect {
    /// The draft by which the validator reads a schema.
    pub fn draft(self) -> Draft {
        match self {
            // What only OpenAPI knows is written as draft-04 in the document of a schema.
            Self::Draft04 | Self::OpenApi30 => Draft::Draft4,
            Self::Draft06 => Draft::Draft6,
            Self::Draft07 | Self::AsyncApi => Draft::Draft7,
            Self::Draft201909 => Draft::Draft201909,
            Self::Draft202012 => Draft::Draft202012,
        }
    }
}

/// Where a value does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Keys and indexes from the value to what is wrong in it; empty for the value itself.
    pub path: Vec<String>,
    /// The keyword that refuses it, for example `maxLength`.
    pub keyword: String,
    /// Why, in one sentence.
    pub message: String,
}

/// Why values cannot be held against a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// The validator does not take the schema, and says why.
    Refused(String),
    /// It would take too long.
    TooComplex,
    /// The schema leads back to itself without going into the value.
    Endless,
}

/// A schema that values can be held against, and each schema in it.
pub struct Validator {
    schema: Arc<Schema>,
    root: jsonschema::Validator,
    document: serde_json::Value,
    formats: bool,
    /// The document under [`HOME`], once a schema in it is asked for.
    registry: OnceCell<Result<Registry<'static>, Unusable>>,
}

impl Validator {
    /// Makes a schema ready; `formats` says whether a `format` counts or is only a word.
    pub fn new(schema: Arc<Schema>, formats: bool) -> Result<Self, Unusable> {
        let mut document = schema.document.to_json();
        if schema.dialect == Dialect::AsyncApi {
            spell_nullable(&mut document, 0);
        }
        let root = options(&schema, formats).build(&document).map_err(|e| refused(&e))?;
        Ok(Self { schema, root, document, formats, registry: OnceCell::new() })
    }

    /// Holds a value against the whole schema. What is wrong is sorted by place.
    pub fn check(&self, value: &Node) -> Result<Vec<Violation>, Unusable> {
        self.check_at(self.schema.root, value, &mut Budget::default())
    }

    /// Holds a value against one of its subschemas, when the budget allows for it.
    pub fn check_at(&self, id: SchemaId, value: &Node, budget: &mut Budget) -> Result<Vec<Violation>, Unusable> {
        self.affordable(id, value, budget)?;
        if id == self.schema.root {
            return Ok(violations(&self.root, value));
        }
        let registry = self.registry.get_or_init(|| {
            let draft = self.schema.dialect.draft();
            let builder = Registry::new().draft(draft).add(HOME, self.document.clone()).map_err(|e| refused(&e))?;
            builder.prepare().map_err(|e| refused(&e))
        });
        let registry = registry.as_ref().map_err(Clone::clone)?;
        let reference = format!("{HOME}#{}", fragment(&self.schema.get(id).pointer));
        let schema = serde_json::json!({ "$ref": reference });
        let compiled = options(&self.schema, self.formats).with_registry(registry).build(&schema).map_err(|e| refused(&e))?;
        Ok(violations(&compiled, value))
    }

    fn affordable(&self, id: SchemaId, value: &Node, budget: &mut Budget) -> Result<(), Unusable> {
        let mut meter = Meter { schema: &self.schema, kept: HashMap::new(), open: HashSet::new() };
        let steps = meter.steps(id, value, 0);
        // Counting costs too.
        #[allow(clippy::cast_precision_loss)] // far below the edge
        let all = meter.kept.len() as f64 + steps?;
        budget.left -= all;
        if all > MAX_STEPS || budget.left < 0.0 { Err(Unusable::TooComplex) } else { Ok(()) }
    }
}

/// How much work is left for all values of a document together.
#[derive(Debug, Clone)]
pub struct Budget {
    left: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MAX_STEPS * 5.0 }
    }
}

fn options(schema: &Schema, formats: bool) -> ValidationOptions<'static> {
    let options = jsonschema::options()
        .with_draft(schema.dialect.draft())
        .should_validate_formats(formats)
        .should_ignore_unknown_formats(true)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKING));
    if schema.dialect >= Dialect::Draft201909 {
        return options;
    }
    MORE.into_iter().fold(options, |options, (name, check)| options.with_format(name, check))
}

/// A text whose brackets match, and which no engine takes all the same.
pub(crate) fn is_wrong_pattern(pattern: &str) -> bool {
    let schema = serde_json::json!({ "pattern": pattern });
    super::keywords::pattern_problem(pattern).is_none() && jsonschema::options().with_draft(Draft::Draft7).build(&schema).is_err()
}

fn refused(why: &dyn std::fmt::Display) -> Unusable {
    Unusable::Refused(shortened(&why.to_string()))
}

fn violations(validator: &jsonschema::Validator, value: &Node) -> Vec<Violation> {
    let value = value.to_json();
    if validator.is_valid(&value) {
        return Vec::new();
    }
    let mut found: Vec<Violation> = validator.iter_errors(&value).take(MAX_VIOLATIONS).map(|e| violation(&e)).collect();
    found.sort_by(|a, b| (&a.path, &a.keyword, &a.message).cmp(&(&b.path, &b.keyword, &b.message)));
    found
}

fn violation(error: &ValidationError<'_>) -> Violation {
    let at = error.instance_path().as_str();
    let path = at.split('/').skip(1).map(|token| unescape_token(token).into_owned()).collect();
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => format!("the property {property} is missing"),
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            "it fits none of the schemas that are offered here".to_owned()
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => "it fits several of the schemas, and may fit only one".to_owned(),
        ValidationErrorKind::FalseSchema => "no value is allowed here".to_owned(),
        _ => shortened(&error.to_string()),
    };
    Violation { path, keyword: error.kind().keyword().to_owned(), message }
}

fn shortened(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= MAX_MESSAGE {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MAX_MESSAGE).collect();
    format!("{cut}…")
}

/// A JSON pointer as the fragment of a URI.
fn fragment(pointer: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    let spell = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    pointer.bytes().map(spell).collect()
}

/// `nullable: true` beside a type, which tools for AsyncAPI honour although its dialect does not have it.
fn spell_nullable(schema: &mut serde_json::Value, depth: usize) {
    use serde_json::Value as Json;
    if depth > crate::yaml::MAX_DEPTH {
        return;
    }
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| spell_nullable(item, depth + 1)),
        Json::Object(map) => {
            if map.get("nullable") == Some(&Json::Bool(true))
                && let Some(ty) = map.get_mut("type").filter(|ty| ty.as_str().is_some_and(|name| name != "null"))
            {
                *ty = Json::Array(vec![ty.take(), Json::String("null".to_owned())]);
            }
            let data = |key: &str| Dialect::is_data(key);
            map.iter_mut().filter(|(key, _)| !data(key)).for_each(|(_, value)| spell_nullable(value, depth + 1));
        }
        _ => {}
    }
}

/// Counts the evaluations that a value asks for without making them: each pair of a schema and a place is counted once.
struct Meter<'s> {
    schema: &'s Schema,
    kept: HashMap<(SchemaId, *const Node), f64>,
    /// The pairs that are being counted.
    open: HashSet<(SchemaId, *const Node)>,
}

impl Meter<'_> {
    fn steps(&mut self, id: SchemaId, value: &Node, depth: usize) -> Result<f64, Unusable> {
        let key = (id, std::ptr::from_ref(value));
        if let Some(steps) = self.kept.get(&key) {
            return Ok(*steps);
        }
        if depth > MAX_DEPTH || self.kept.len() > MAX_KEPT {
            return Err(Unusable::TooComplex);
        }
        if !self.open.insert(key) {
            return Err(Unusable::Endless);
        }
        let sub = self.schema.get(id);
        let mut steps = 1.0;
        let alone = sub.reference.filter(|_| self.schema.dialect.reference_stands_alone());
        match alone {
            Some(target) => steps += self.steps(target, value, depth + 1)?,
            None => {
                for part in sub.in_place() {
                    steps += self.steps(part, value, depth + 1)?;
                }
                steps += self.inside(sub, value, depth + 1)?;
            }
        }
        // What is not evaluated yet is found out by evaluating all of it again.
        if sub.unevaluated_properties.is_some() || sub.unevaluated_items.is_some() {
            steps *= 2.0;
        }
        self.open.remove(&key);
        self.kept.insert(key, steps);
        Ok(steps)
    }

    fn inside(&mut self, sub: &Sub, value: &Node, depth: usize) -> Result<f64, Unusable> {
        let mut steps = 0.0;
        match &value.value {
            Value::Mapping(map) => {
                let own: HashMap<&str, SchemaId> = sub.properties.iter().map(|p| (p.name.as_str(), p.schema)).collect();
                let others = sub.additional_properties.map(|a| a.schema).into_iter().chain(sub.unevaluated_properties);
                let all: Vec<SchemaId> = sub.pattern_properties.iter().map(|(_, id)| *id).chain(others).collect();
                for entry in &map.entries {
                    for id in own.get(entry.key.as_str()).into_iter().chain(&all) {
                        steps += self.steps(*id, &entry.value, depth)?;
                    }
                    steps += f64::from(u8::from(sub.property_names.is_some()));
                }
            }
            Value::Sequence(items) => {
                for (n, item) in items.iter().enumerate() {
                    let by_place = sub.items.as_ref().and_then(|i| i.prefix.get(n).copied().or(i.rest));
                    for id in by_place.into_iter().chain(sub.contains).chain(sub.unevaluated_items) {
                        steps += self.steps(id, item, depth)?;
                    }
                }
            }
            _ => {}
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json_schema::parse_as;
    use crate::source::Sources;
    use crate::yaml;

    fn node(text: &str) -> Node {
        let mut sources = Sources::new();
        let file = sources.add("a.json", text);
        yaml::parse(&sources, file).0.unwrap()
    }

    fn check(schema: &str, value: &str) -> Result<Vec<String>, Unusable> {
        let schema = parse_as(node(schema), Dialect::AsyncApi, &mut |_| None).0.unwrap();
        let found = Validator::new(Arc::new(schema), true)?.check(&node(value))?;
        Ok(found.into_iter().map(|v| format!("/{} {}: {}", v.path.join("/"), v.keyword, v.message)).collect())
    }

    #[test]
    fn violations_have_places() {
        let schema = r##"{"type": "object", "required": ["b"], "properties": {"a/b": {"items": {"$ref": "#/definitions/n"}}},
            "definitions": {"n": {"type": "integer", "nullable": true}}}"##;
        let found = check(schema, r#"{"a/b": [1, null, "x"]}"#).unwrap();
        assert_eq!(
            found,
            ["/ required: the property \"b\" is missing", "/a/b/2 type: \"x\" is not of types \"null\", \"integer\""]
        );
        assert!(check(schema, r#"{"a/b": [], "b": 1}"#).unwrap().is_empty());
    }

    #[test]
    fn subschemas_are_checked_on_their_own() {
        let text = r##"{"$id": "http://example.com/a", "properties": {"a b%": {"$ref": "#/definitions/n"}},
            "definitions": {"n": {"type": "integer"}}}"##;
        let schema = parse_as(node(text), Dialect::AsyncApi, &mut |_| None).0.unwrap();
        let id = schema.root().properties[0].schema;
        let validator = Validator::new(Arc::new(schema), true).unwrap();
        assert!(validator.check_at(id, &node("1"), &mut Budget::default()).unwrap().is_empty());
        assert_eq!(validator.check_at(id, &node("\"1\""), &mut Budget::default()).unwrap().len(), 1);
    }

    #[test]
    fn what_takes_too_long_is_not_begun() {
        let level = |n: usize| {
            format!(r##""d{n}": {{"allOf": [{{"$ref": "#/definitions/d{}"}}, {{"$ref": "#/definitions/d{}"}}]}}"##, n + 1, n + 1)
        };
        let doubling = |levels: usize| {
            let all: Vec<String> = (0..levels).map(level).collect();
            format!(
                r##"{{"$ref": "#/definitions/d0", "definitions": {{{}, "d{levels}": {{"type": "string"}}}}}}"##,
                all.join(",")
            )
        };
        assert_eq!(check(&doubling(30), "1"), Err(Unusable::TooComplex));
        assert_eq!(check(&doubling(6), "1").unwrap().len(), MAX_VIOLATIONS);
        let chain = |length: usize| {
            let all: Vec<String> = (0..length).map(|n| format!(r##""d{n}": {{"$ref": "#/definitions/d{}"}}"##, n + 1)).collect();
            format!(r##"{{"$ref": "#/definitions/d0", "definitions": {{{}, "d{length}": {{}}}}}}"##, all.join(","))
        };
        assert_eq!(check(&chain(5000), "1"), Err(Unusable::TooComplex));
        assert_eq!(check(&chain(390), "1"), Ok(Vec::new()));
        assert_eq!(check(r##"{"allOf": [{"$ref": "#"}]}"##, "1"), Err(Unusable::Endless));
        assert_eq!(check(r##"{"properties": {"a": {"$ref": "#"}}}"##, r#"{"a": {"a": {}}}"#), Ok(Vec::new()));
    }

    #[test]
    fn a_bad_schema_is_refused_and_not_a_panic() {
        for text in [
            r#"{"pattern": "[z-a]"}"#,
            r#"{"$id": "http://[", "type": "string"}"#,
            r#"{"properties": {"a": {"$id": "::", "type": "string"}}}"#,
            r#"{"pattern": "(a{1000}){1000}"}"#,
            r##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "json-schema:///", "items": {"$ref": "#i"},
                "$defs": {"i": {"$dynamicAnchor": "i", "type": "string"}}}"##,
        ] {
            let schema = parse_as(node(text), Dialect::AsyncApi, &mut |_| None).0;
            let result = schema.map(|schema| Validator::new(Arc::new(schema), true).and_then(|v| v.check(&node("\"a\""))));
            assert!(matches!(result, None | Some(Ok(_) | Err(Unusable::Refused(_)))), "{text}: {result:?}");
        }
    }
}
