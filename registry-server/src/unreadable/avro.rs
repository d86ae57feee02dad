//! The words of Avro Java for what it does not take, by our own finding.

use eventpact_contract::formats::json_schema::canonical_text;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Mapping, Node, Value};
use serde::de::IgnoredAny;

use super::{Found, position, quoted, unknown_token};

/// What Avro Java says; `None` where we do not know its words.
pub(super) fn details(text: &str, found: &Found) -> Option<String> {
    if let Some(problem) = json(text) {
        return Some(problem);
    }
    let mut sources = Sources::new();
    let file = sources.add("", text);
    let (node, _) = yaml::parse_avro_json(&sources, file);
    let place = Place { root: &node?, start: found.start, end: found.end };
    let named = quoted(&found.message);
    Some(match found.id.as_str() {
        "avro/symbol-duplicate" => format!("Duplicate enum symbol: {}", place.text()?),
        "avro/name-redefined" => format!("Can't redefine: {}", named?),
        "avro/name-undefined" => format!("Undefined schema: {}", named?),
        "avro/name-primitive" => format!("Schemas may not be named after primitives: {}", named?),
        "avro/name-invalid" | "avro/symbol-invalid" => name(named?),
        "avro/union-nested" => format!("Nested union: {}", canonical_text(place.around()?)),
        "avro/union-duplicate" => format!("Duplicate in union:{}", type_name(place.node()?)?),
        "avro/fields-missing" => format!("Record has no fields: {}", place.whole()?),
        "avro/symbols-missing" => format!("Enum has no symbols: {}", place.whole()?),
        "avro/size-invalid" => format!("Invalid or no size: {}", place.whole()?),
        "avro/name-missing" if found.message.contains("field") => format!("No field name: {}", place.whole()?),
        "avro/name-missing" => format!("No name in schema: {}", place.whole()?),
        "avro/type-missing" => missing(&found.message, &place.whole()?),
        "avro/enum-default" => {
            let symbols = place.mapping()?.get("symbols")?;
            let Value::Sequence(symbols) = &symbols.value else { return None };
            let symbols: Vec<&str> = symbols.iter().filter_map(Node::as_str).collect();
            format!("The Enum Default: {} is not in the enum symbol set: [{}]", place.text()?, symbols.join(", "))
        }
        "avro/field-duplicate" => duplicate_field(&place)?,
        "avro/default-invalid" => {
            let field = place.mapping()?;
            let (name, ty) = (field.get("name")?.as_str()?, canonical_text(field.get("type")?));
            format!("Invalid default for field {name}: {} not a {ty}", canonical_text(place.node()?))
        }
        "avro/type-invalid" => match place.node()?.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                format!("Schema not yet supported: {}", canonical_text(place.node()?))
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// A text that is not one value in JSON.
fn json(text: &str) -> Option<String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    if let Some(Ok(_)) = values.next() {
        let rest = text.get(values.byte_offset()..)?.trim();
        return (!rest.is_empty()).then(|| format!("dangling content after end of schema: {rest}"));
    }
    let says = |at: usize, what: &str| {
        let (line, column) = position(text, at);
        format!(
            "com.fasterxml.jackson.core.JsonParseException: {what}\n at [Source: REDACTED \
             (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"
        )
    };
    let skip = |at: usize| text.get(at..).map_or(at, |rest| at + (rest.len() - rest.trim_start().len()));
    let start = skip(0);
    let rest = text.get(start..)?;
    if rest.starts_with('{') {
        let key = skip(start + 1);
        let char = text.get(key..)?.chars().next().filter(|c| !matches!(c, '"' | '}'))?;
        let what =
            format!("Unexpected character ('{char}' (code {})): was expecting double-quote to start field name", char as u32);
        return Some(says(key, &what));
    }
    let (end, word) = unknown_token(text)?;
    let expecting = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    Some(says(end, &format!("Unrecognized token '{word}': {expecting}")))
}

fn missing(message: &str, whole: &str) -> String {
    let what = match message {
        m if m.starts_with("the field") => "No field type",
        m if m.contains("\"items\"") => "No items type",
        m if m.contains("\"values\"") => "No values type",
        _ => "No type",
    };
    format!("{what}: {whole}")
}

/// What is wrong with a name.
fn name(full: &str) -> String {
    let name = full.rsplit('.').next().unwrap_or(full);
    match name.chars().next() {
        None => "Empty name".to_owned(),
        Some(first) if !(first.is_alphabetic() || first == '_') => format!("Illegal initial character: {name}"),
        Some(_) => format!("Illegal character in: {name}"),
    }
}

/// The name of a type, as a branch of a union.
fn type_name(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(name) => Some(name.clone()),
        Value::Mapping(of) => {
            let (kind, name) = (of.get("type")?.as_str()?, of.get("name").and_then(Node::as_str));
            let space = of.get("namespace").and_then(Node::as_str).filter(|space| !space.is_empty());
            Some(match (name, space) {
                (None, _) => kind.to_owned(),
                (Some(name), Some(space)) if !name.contains('.') => format!("{space}.{name}"),
                (Some(name), _) => name.to_owned(),
            })
        }
        _ => None,
    }
}

fn duplicate_field(place: &Place<'_>) -> Option<String> {
    let record = place.path().into_iter().rev().find_map(|node| match &node.value {
        Value::Mapping(of) if of.get("fields").is_some() => Some(of),
        _ => None,
    })?;
    let Value::Sequence(fields) = &record.get("fields")?.value else { return None };
    let wanted = place.text()?;
    let of = |node: &Node| if let Value::Mapping(of) = &node.value { Some(of.clone()) } else { None };
    let same = |(_, field): &(usize, Mapping)| field.get("name").and_then(Node::as_str) == Some(wanted);
    let fields = fields.iter().enumerate().filter_map(|(index, node)| Some((index, of(node)?)));
    let both: Vec<(usize, Mapping)> = fields.filter(same).take(2).collect();
    let [(first, one), (second, two)] = both.as_slice() else { return None };
    let shown = |index: &usize, field: &Mapping| {
        let ty = field.get("type")?;
        let kind = if matches!(ty.value, Value::Sequence(_)) { "UNION".to_owned() } else { kind_of(ty)?.to_ascii_uppercase() };
        Some(format!("{wanted} type:{kind} pos:{index}"))
    };
    let record = type_name(&Node { span: place.root.span, value: Value::Mapping(record.clone()) })?;
    Some(format!("Duplicate field {wanted} in record {record}: {} and {}.", shown(second, two)?, shown(first, one)?))
}

fn kind_of(ty: &Node) -> Option<&str> {
    match &ty.value {
        Value::String(name) => Some(name),
        Value::Mapping(of) => of.get("type")?.as_str(),
        _ => None,
    }
}

/// A place in a text.
struct Place<'a> {
    root: &'a Node,
    start: u32,
    end: u32,
}

impl<'a> Place<'a> {
    /// The nodes around the place, from the root on, down to the one that is there. The depth is bounded by the reader of the text.
    fn path(&self) -> Vec<&'a Node> {
        let mut path = vec![self.root];
        loop {
            let last = path[path.len() - 1];
            let within = |node: &&Node| node.span.start <= self.start && self.end <= node.span.end;
            let next = match &last.value {
                Value::Sequence(items) => items.iter().find(within),
                Value::Mapping(of) => of.entries.iter().map(|entry| &entry.value).find(within),
                _ => None,
            };
            match next {
                Some(next) => path.push(next),
                None => return path,
            }
        }
    }

    fn node(&self) -> Option<&'a Node> {
        self.path().pop()
    }

    /// The text that stands there.
    fn text(&self) -> Option<&'a str> {
        self.node()?.as_str()
    }

    /// What the node is in.
    fn around(&self) -> Option<&'a Node> {
        self.path().into_iter().rev().nth(1)
    }

    /// The nearest object: the node itself, or what it is in.
    fn mapping(&self) -> Option<&'a Mapping> {
        self.path().into_iter().rev().find_map(|node| if let Value::Mapping(of) = &node.value { Some(of) } else { None })
    }

    /// The nearest object as text.
    fn whole(&self) -> Option<String> {
        self.path().into_iter().rev().find(|node| matches!(node.value, Value::Mapping(_))).map(canonical_text)
    }
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::SchemaType;

    use crate::schema::{Reading, parse};

    #[test]
    fn the_words_are_those_of_avro_java() {
        let record = |fields: &str| format!(r#"{{"type":"record","name":"T","fields":[{fields}]}}"#);
        for (text, details) in [
            (r#"{"type":"enum","name":"E","symbols":["A","A"]}"#.to_owned(), "Duplicate enum symbol: A"),
            (r#"["null",["int","string"]]"#.to_owned(), r#"Nested union: ["null",["int","string"]]"#),
            (r#"["int","int"]"#.to_owned(), "Duplicate in union:int"),
            (record(r#"{"name":"a","type":{"type":"fixed","name":"T","size":1}}"#), "Can't redefine: T"),
            (record(r#"{"name":"a","type":"Missing"}"#), "Undefined schema: Missing"),
            (record(r#"{"name":"a","type":"int","default":"x"}"#), r#"Invalid default for field a: "x" not a "int""#),
            (record(r#"{"name":"a"}"#), r#"No field type: {"name":"a"}"#),
            (record(r#"{"type":"int"}"#), r#"No field name: {"type":"int"}"#),
            (record(r#"{"name":"a-b","type":"int"}"#), "Illegal character in: a-b"),
            (record(r#"{"name":"1a","type":"int"}"#), "Illegal initial character: 1a"),
            (
                record(r#"{"name":"a","type":"int"},{"name":"a","type":["int"]}"#),
                "Duplicate field a in record T: a type:UNION pos:1 and a type:INT pos:0.",
            ),
            (r#"{"type":"array"}"#.to_owned(), r#"No items type: {"type":"array"}"#),
            (r#"{"type":"fixed","name":"F"}"#.to_owned(), r#"Invalid or no size: {"type":"fixed","name":"F"}"#),
            ("null".to_owned(), "Schema not yet supported: null"),
            (r#""int" "int""#.to_owned(), r#"dangling content after end of schema: "int""#),
            (
                "{bad".to_owned(),
                "com.fasterxml.jackson.core.JsonParseException: Unexpected character ('b' (code 98)): was expecting double-quote to \
                 start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, \
                 column: 2]",
            ),
        ] {
            let how = Reading { strict: true, ..Reading::LENIENT };
            let why = parse(&SchemaType::Avro, &text, &[], how).expect_err("it is no schema");
            let told = why.in_its_words("s", &SchemaType::Avro, &text, &[]);
            let (_, told) = told.rsplit_once(" of type AVRO, details: ").expect("details");
            assert_eq!(told, details, "{text}: {why}");
        }
    }
}
