//! What a `schemaFormat` names: a language of schemas, its version, and whether the official parser reads it too.

use crate::formats::json_schema::Dialect;

/// A language of schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Avro,
    Protobuf,
    JsonSchema(Dialect),
    /// RAML data types: known, and kept as they are.
    Raml,
    Unknown,
}

/// A `schemaFormat`, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SchemaFormat {
    pub(super) language: Language,
    /// The version is one that this language has.
    pub(super) known_version: bool,
    /// The official parser reads it, with its own packages for Avro, OpenAPI and Protobuf.
    pub(super) official: bool,
}

/// Reads a media type with its parameter `version`.
pub(super) fn read(text: &str) -> SchemaFormat {
    let (media, parameters) = text.split_once(';').unwrap_or((text, ""));
    let media = media.trim().to_ascii_lowercase();
    let media = media.strip_suffix("+json").or_else(|| media.strip_suffix("+yaml")).unwrap_or(&media);
    let version = parameters.split(';').filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
        let is_version = name.trim().eq_ignore_ascii_case("version");
        is_version.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    let version = version.as_deref().unwrap_or("");
    let of = |language, known, official| SchemaFormat { language, known_version: known || version.is_empty(), official };
    match media {
        "application/vnd.aai.asyncapi" => {
            let known = super::version::Version::ALL.iter().any(|known| known.as_str() == version);
            of(Language::JsonSchema(Dialect::AsyncApi), known, known)
        }
        "application/vnd.apache.avro" => {
            let minor = version.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
            let known = minor.is_some_and(|minor| (8..=12).contains(&minor));
            of(Language::Avro, known, matches!(version, "1.9.0" | "1.8.2"))
        }
        "application/vnd.google.protobuf" => {
            of(Language::Protobuf, matches!(version, "2" | "3" | "2023" | "2024"), matches!(version, "2" | "3"))
        }
        "application/vnd.oai.openapi" => {
            let dialect = if version.starts_with("3.1") { Dialect::Draft202012 } else { Dialect::OpenApi30 };
            of(Language::JsonSchema(dialect), version.starts_with("3.0") || version.starts_with("3.1"), version == "3.0.0")
        }
        "application/schema" => {
            let dialect = json_schema(version);
            of(Language::JsonSchema(dialect.unwrap_or(Dialect::Draft07)), dialect.is_some(), version == "draft-07")
        }
        "application/raml" => of(Language::Raml, true, false),
        _ => of(Language::Unknown, true, false),
    }
}

/// The dialect of `draft-07`, `2020-12`, `draft-2020-12`, …; draft-05 changed no keyword of draft-04.
fn json_schema(version: &str) -> Option<Dialect> {
    let dialect = match version.strip_prefix("draft-").unwrap_or(version) {
        "04" | "4" | "05" | "5" => Dialect::Draft04,
        "06" | "6" => Dialect::Draft06,
        "07" | "7" => Dialect::Draft07,
        "2019-09" => Dialect::Draft201909,
        "2020-12" => Dialect::Draft202012,
        _ => return None,
    };
    Some(dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let json = |dialect, official| (Language::JsonSchema(dialect), true, official);
        for (text, wanted) in [
            ("application/vnd.aai.asyncapi;version=3.0.0", json(Dialect::AsyncApi, true)),
            ("application/vnd.aai.asyncapi+yaml; version=2.6.0", json(Dialect::AsyncApi, true)),
            ("application/schema+json;version=draft-07", json(Dialect::Draft07, true)),
            ("application/schema+json", json(Dialect::Draft07, false)),
            ("application/schema+yaml;version=draft-04", json(Dialect::Draft04, false)),
            ("application/schema+json;version=\"2020-12\"", json(Dialect::Draft202012, false)),
            ("application/schema+json;version=draft-2019-09", json(Dialect::Draft201909, false)),
            ("application/schema+json;version=draft-03", (Language::JsonSchema(Dialect::Draft07), false, false)),
            ("application/vnd.oai.openapi;version=3.0.0", json(Dialect::OpenApi30, true)),
            ("application/vnd.oai.openapi+json;version=3.1.0", json(Dialect::Draft202012, false)),
            ("application/vnd.apache.avro+json;version=1.12.0", (Language::Avro, true, false)),
            ("application/vnd.apache.avro;version=1.9.0", (Language::Avro, true, true)),
            ("application/vnd.apache.avro;version=1.7.0", (Language::Avro, false, false)),
            ("application/vnd.google.protobuf;version=3", (Language::Protobuf, true, true)),
            ("application/vnd.google.protobuf;version=2024", (Language::Protobuf, true, false)),
            ("application/raml+yaml;version=1.0", (Language::Raml, true, false)),
            ("application/xml", (Language::Unknown, true, false)),
            ("", (Language::Unknown, true, false)),
        ] {
            let read = read(text);
            assert_eq!((read.language, read.known_version, read.official), wanted, "{text}");
        }
    }
}
