//! The little of a schema that resolution needs: names, shapes, defaults. Read from the JSON text, with bounded depth.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

/// How deep types may be written into each other.
const MAX_DEPTH: usize = 64;

/// The number of a type.
pub(super) type Id = usize;

#[derive(Debug)]
pub(super) struct Model {
    pub types: Vec<Type>,
    pub root: Id,
}

#[derive(Debug)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(Name, usize),
    Enum(Name, EnumType),
    Record(Name, Vec<Field>),
    Array(Id),
    Map(Id),
    Union(Vec<Id>),
    /// Somebody refers to the name; nobody has defined it yet.
    Wanted(String),
}

/// A full name and the full names that the type also answers to.
#[derive(Debug)]
pub(super) struct Name {
    pub full: String,
    aliases: Vec<String>,
}

#[derive(Debug)]
pub(super) struct EnumType {
    pub symbols: Vec<String>,
    pub default: Option<String>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub name: String,
    pub aliases: Vec<String>,
    pub ty: Id,
    pub default: Option<Json>,
}

impl Name {
    /// Whether a reader with this name takes data of a writer's type: equal simple names, or an alias.
    pub(super) fn reads(&self, writer: &Name) -> bool {
        simple(&self.full) == simple(&writer.full) || self.aliases.contains(&writer.full)
    }
}

fn simple(full: &str) -> &str {
    full.rsplit('.').next().unwrap_or(full)
}

impl Type {
    /// The word of the specification.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Null | Self::Wanted(_) => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Fixed(..) => "fixed",
            Self::Enum(..) => "enum",
            Self::Record(..) => "record",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(_) => "union",
        }
    }

    /// The name of a named type.
    pub(super) fn name(&self) -> Option<&Name> {
        match self {
            Self::Fixed(name, _) | Self::Enum(name, _) | Self::Record(name, _) => Some(name),
            _ => None,
        }
    }

    /// The type in an error: `int`, `record shop.Order`.
    pub(super) fn shown(&self) -> String {
        self.name().map_or_else(|| self.word().to_owned(), |n| format!("{} {}", self.word(), n.full))
    }
}

impl Model {
    /// Reads a schema and, before it, the texts of the types that it refers to.
    pub(super) fn parse<'t>(text: &str, references: impl Iterator<Item = &'t str>) -> Result<Self, String> {
        let mut parser = Parser { types: Vec::new(), names: HashMap::new() };
        for reference in references {
            parser.text(reference)?;
        }
        let root = parser.text(text)?;
        let wanted = parser.types.iter().find_map(|t| if let Type::Wanted(name) = t { Some(name) } else { None });
        match wanted {
            Some(name) => Err(format!("no type is named '{name}'")),
            None => Ok(Self { types: parser.types, root }),
        }
    }

    pub(super) fn get(&self, id: Id) -> &Type {
        &self.types[id]
    }
}

struct Parser {
    types: Vec<Type>,
    names: HashMap<String, Id>,
}

impl Parser {
    fn text(&mut self, text: &str) -> Result<Id, String> {
        let json: Json = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
        self.ty(&json, "", 0)
    }

    fn add(&mut self, ty: Type) -> Id {
        self.types.push(ty);
        self.types.len() - 1
    }

    fn ty(&mut self, json: &Json, namespace: &str, depth: usize) -> Result<Id, String> {
        if depth > MAX_DEPTH {
            return Err(format!("types are nested deeper than {MAX_DEPTH} levels"));
        }
        match json {
            Json::String(name) => Ok(self.reference(name, namespace)),
            Json::Array(branches) => {
                let branches: Result<_, _> = branches.iter().map(|b| self.ty(b, namespace, depth + 1)).collect();
                Ok(self.add(Type::Union(branches?)))
            }
            Json::Object(object) => self.object(object, namespace, depth),
            _ => Err(format!("{json} is not a type")),
        }
    }

    fn reference(&mut self, name: &str, namespace: &str) -> Id {
        if let Some(ty) = primitive(name) {
            return self.add(ty);
        }
        let full = full(name, namespace);
        if let Some(id) = self.names.get(&full).or_else(|| self.names.get(name)) {
            return *id;
        }
        let id = self.add(Type::Wanted(full.clone()));
        self.names.insert(full, id);
        id
    }

    fn object(&mut self, object: &Map<String, Json>, namespace: &str, depth: usize) -> Result<Id, String> {
        let word = text(object, "type").ok_or("a type without \"type\"")?;
        if let Some(ty) = primitive(word) {
            return Ok(self.add(ty));
        }
        let inner = |key: &str| object.get(key).ok_or_else(|| format!("{word} without \"{key}\""));
        match word {
            "array" => {
                let items = self.ty(inner("items")?, namespace, depth + 1)?;
                Ok(self.add(Type::Array(items)))
            }
            "map" => {
                let values = self.ty(inner("values")?, namespace, depth + 1)?;
                Ok(self.add(Type::Map(values)))
            }
            "fixed" => {
                let size = inner("size")?.as_u64().and_then(|n| usize::try_from(n).ok());
                let size = size.filter(|n| *n <= 1 << 31).ok_or("a fixed whose size is not a number of bytes")?;
                self.named(object, namespace, |_, name| Ok(Type::Fixed(name, size)))
            }
            "enum" => {
                let symbols = texts(inner("symbols")?).ok_or("an enum whose symbols are not texts")?;
                let default = text(object, "default").map(str::to_owned);
                self.named(object, namespace, |_, name| Ok(Type::Enum(name, EnumType { symbols, default })))
            }
            "record" | "error" => {
                let fields = inner("fields")?.as_array().ok_or("a record whose fields are not a list")?;
                self.named(object, namespace, |parser, name| {
                    let own = name.full.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
                    let fields: Result<_, _> = fields.iter().map(|f| parser.field(f, &own, depth)).collect();
                    Ok(Type::Record(name, fields?))
                })
            }
            other => Ok(self.reference(other, namespace)),
        }
    }

    /// Takes the place of a name, then reads what it names: the type may contain itself.
    fn named(
        &mut self,
        object: &Map<String, Json>,
        namespace: &str,
        read: impl FnOnce(&mut Self, Name) -> Result<Type, String>,
    ) -> Result<Id, String> {
        let written = text(object, "name").ok_or("a record, enum or fixed without a name")?;
        let full = full(written, text(object, "namespace").unwrap_or(namespace));
        let own = full.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        let aliases = object.get("aliases").and_then(texts).unwrap_or_default();
        // As in Avro Java, an alias ".Old" on a type with a namespace is a name that no writer has.
        let lost = |alias: &&String| alias.starts_with('.') && !own.is_empty();
        let aliases = aliases.iter().filter(|a| !lost(a)).map(|alias| self::full(alias, &own)).collect();
        let id = match self.names.get(&full) {
            Some(id) if matches!(self.types[*id], Type::Wanted(_)) => *id,
            // A type that a reference has defined before, and that is written out here once more.
            Some(_) => self.add(Type::Wanted(full.clone())),
            None => {
                let id = self.add(Type::Wanted(full.clone()));
                self.names.insert(full.clone(), id);
                id
            }
        };
        let ty = read(self, Name { full, aliases })?;
        self.types[id] = ty;
        Ok(id)
    }

    fn field(&mut self, json: &Json, namespace: &str, depth: usize) -> Result<Field, String> {
        let object = json.as_object().ok_or("a field that is not an object")?;
        let name = text(object, "name").ok_or("a field without a name")?.to_owned();
        let ty = object.get("type").ok_or_else(|| format!("the field '{name}' has no type"))?;
        let ty = self.ty(ty, namespace, depth + 1)?;
        let aliases = object.get("aliases").and_then(texts).unwrap_or_default();
        Ok(Field { name, aliases, ty, default: object.get("default").cloned() })
    }
}

fn primitive(word: &str) -> Option<Type> {
    Some(match word {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::String,
        _ => return None,
    })
}

fn full(name: &str, namespace: &str) -> String {
    match name.strip_prefix('.') {
        Some(name) if !name.contains('.') => name.to_owned(),
        _ if name.contains('.') || namespace.is_empty() => name.to_owned(),
        _ => format!("{namespace}.{name}"),
    }
}

fn text<'j>(object: &'j Map<String, Json>, key: &str) -> Option<&'j str> {
    object.get(key).and_then(Json::as_str)
}

fn texts(json: &Json) -> Option<Vec<String>> {
    json.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}
