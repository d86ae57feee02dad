//! Schema texts with syntax colours: the text in pieces, each with the class that gives it its colour. Escaping is left to the
//! templates.

use eventpact_registry_client::SchemaType;

/// Longer texts are shown in one colour.
const MAX_COLOURED: usize = 192 * 1024;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Empty for plain text.
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// Words of the language of `.proto` files.
const PROTO_WORDS: &[&str] = &[
    "edition",
    "enum",
    "extend",
    "extensions",
    "false",
    "group",
    "import",
    "map",
    "max",
    "message",
    "oneof",
    "option",
    "optional",
    "package",
    "public",
    "repeated",
    "required",
    "reserved",
    "returns",
    "rpc",
    "service",
    "stream",
    "syntax",
    "to",
    "true",
    "weak",
];

/// Types that `.proto` files need not define.
const PROTO_TYPES: &[&str] = &[
    "bool", "bytes", "double", "fixed32", "fixed64", "float", "int32", "int64", "sfixed32", "sfixed64", "sint32", "sint64",
    "string", "uint32", "uint64",
];

/// A schema as it is shown: JSON on several lines, Protobuf as it is.
pub(super) fn shown(format: &SchemaType, text: &str) -> String {
    match format {
        SchemaType::Protobuf | SchemaType::Other(_) => text.trim_end().to_owned(),
        SchemaType::Avro | SchemaType::Json => super::pretty::json(text),
    }
}

/// The lines of a text, in pieces.
pub(super) fn lines(format: &SchemaType, text: &str) -> Vec<Vec<Piece>> {
    let pieces = match format {
        _ if text.len() > MAX_COLOURED => vec![("", text)],
        SchemaType::Protobuf => proto(text),
        SchemaType::Avro | SchemaType::Json => json(text),
        SchemaType::Other(_) => vec![("", text)],
    };
    let mut lines = vec![Vec::new()];
    for (class, text) in pieces {
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) else { continue };
            push(line, class, part);
        }
    }
    lines
}

/// Adds to the last piece where it has the same class: fewer elements for the browser.
fn push(line: &mut Vec<Piece>, class: &'static str, text: &str) {
    match line.last_mut() {
        Some(last) if last.class == class => last.text.push_str(text),
        _ => line.push(Piece { class, text: text.to_owned() }),
    }
}

type Coloured<'t> = Vec<(&'static str, &'t str)>;

fn json(text: &str) -> Coloured<'_> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut key = "";
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest, '"'),
            c if c.is_alphanumeric() || c == '-' => word(rest, |c| c.is_alphanumeric() || "+-.".contains(c)),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let class = match first {
            '"' if after.trim_start().starts_with(':') => {
                key = token;
                "k"
            }
            '"' if matches!(key, "\"type\"" | "\"items\"" | "\"values\"" | "\"$ref\"") => "t",
            '"' => "s",
            '-' | '0'..='9' => "n",
            _ if matches!(token, "true" | "false" | "null") => "w",
            // A description of a field has ended: the next text is no longer of this key.
            '}' => {
                key = "";
                ""
            }
            _ => "",
        };
        out.push((class, token));
        rest = after;
    }
    out
}

fn proto(text: &str) -> Coloured<'_> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (class, length) = if rest.starts_with("//") {
            ("c", rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            ("c", rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if first == '"' || first == '\'' {
            ("s", quoted(rest, first))
        } else if first.is_ascii_digit() {
            ("n", word(rest, |c| c.is_alphanumeric() || c == '.'))
        } else if first.is_alphabetic() || first == '_' {
            let length = word(rest, |c| c.is_alphanumeric() || c == '_');
            let token = rest.get(..length).unwrap_or("");
            let class = match () {
                () if PROTO_WORDS.contains(&token) => "w",
                () if PROTO_TYPES.contains(&token) || is_type_name(token) => "t",
                () => "",
            };
            (class, length)
        } else {
            ("", first.len_utf8())
        };
        let (token, after) = rest.split_at(length);
        out.push((class, token));
        rest = after;
    }
    out
}

/// `OrderPlaced`, not `ORDER_PLACED`.
fn is_type_name(token: &str) -> bool {
    token.starts_with(char::is_uppercase) && token.chars().any(char::is_lowercase)
}

fn word(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The length of a text in quotes; it ends with its line at the latest.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return index,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return index + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(format: &SchemaType, text: &str) -> String {
        let show =
            |piece: &Piece| if piece.class.is_empty() { piece.text.clone() } else { format!("<{} {}>", piece.class, piece.text) };
        lines(format, text).iter().map(|line| line.iter().map(show).collect::<String>()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn json_has_keys_types_and_values() {
        assert_eq!(
            marked(&SchemaType::Avro, "{\"type\": [\"null\", \"T\"],\n \"doc\": \"a \\\"b\", \"n\": -1.5, \"d\": null}"),
            "{<k \"type\">: [<t \"null\">, <t \"T\">],\n <k \"doc\">: <s \"a \\\"b\">, <k \"n\">: <n -1.5>, <k \"d\">: <w null>}"
        );
    }

    #[test]
    fn proto_has_words_types_and_comments() {
        assert_eq!(
            marked(&SchemaType::Protobuf, "message Order { // one\n  repeated string id = 1; /* a\nb */ Money m = 2;\n}"),
            "<w message> <t Order> { <c // one>\n  <w repeated> <t string> id = <n 1>; <c /* a>\n<c b */> <t Money> m = <n 2>;\n}"
        );
    }

    #[test]
    fn nothing_is_lost() {
        for text in ["", "\"open", "'é\n\"", "/* open", "a\\", "{\"é\":\"\u{1f600}\"}", "\n\n"] {
            for format in [SchemaType::Avro, SchemaType::Protobuf] {
                let back: Vec<String> =
                    lines(&format, text).iter().map(|line| line.iter().map(|piece| piece.text.as_str()).collect()).collect();
                assert_eq!(back.join("\n"), text);
            }
        }
    }
}
