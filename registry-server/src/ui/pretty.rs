//! JSON on several lines, for people. Tokens stay as they are written, since numbers and escapes are part of what is registered.

/// Longer texts are shown as they are.
const MAX_TEXT: usize = 256 * 1024;

/// A list or object that is not longer than this, in characters, stays on one line.
const FLAT: usize = 64;

/// A token, and for an opening bracket what is inside.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    /// Of an opening bracket: the index of its partner.
    partner: usize,
    /// Of an opening bracket: the width of all up to its partner, written on one line.
    width: usize,
    /// Of an opening bracket: how many brackets are inside each other in it.
    nesting: usize,
}

/// The text with line breaks and indentation; as it is when it is very long or no JSON.
pub(super) fn json(text: &str) -> String {
    if text.len() > MAX_TEXT {
        return text.to_owned();
    }
    match measured(tokens(text)) {
        Some(tokens) => laid_out(&tokens),
        None => text.to_owned(),
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => string_end(&bytes[at..]),
            _ => bytes[at..].iter().position(|b| b" \t\r\n{}[],:\"".contains(b)).unwrap_or(bytes.len() - at),
        };
        tokens.push(Token { text: text.get(start..at).unwrap_or(""), partner: 0, width: 0, nesting: 0 });
    }
    tokens
}

/// How many bytes a string takes, quotes included.
fn string_end(bytes: &[u8]) -> usize {
    let mut escaped = true; // the opening quote does not close
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    bytes.len()
}

/// Finds partners and widths; `None` when the brackets do not match.
fn measured(mut tokens: Vec<Token<'_>>) -> Option<Vec<Token<'_>>> {
    let mut open: Vec<(usize, usize, usize)> = Vec::new(); // index, column where it began, nesting inside
    let mut column = 0;
    for index in 0..tokens.len() {
        let text = tokens[index].text;
        match text {
            "{" | "[" => {
                open.push((index, column, 0));
                column += 1;
            }
            "}" | "]" => {
                let (partner, began, nesting) = open.pop()?;
                if (tokens[partner].text == "{") != (text == "}") {
                    return None;
                }
                column += 1;
                tokens[partner].partner = index;
                tokens[partner].width = column - began;
                tokens[partner].nesting = nesting + 1;
                if let Some((.., outer)) = open.last_mut() {
                    *outer = (*outer).max(nesting + 1);
                }
            }
            "," | ":" => column += 2,
            _ => column += text.chars().count(),
        }
    }
    open.is_empty().then_some(tokens)
}

fn laid_out(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let mut flat_until = None;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    for (index, token) in tokens.iter().enumerate() {
        let flat = flat_until.is_some();
        match token.text {
            "{" | "[" => {
                out.push_str(token.text);
                let empty = token.partner == index + 1;
                if !flat && (empty || token.width <= FLAT && token.nesting <= 2 && index > 0) {
                    flat_until = Some(token.partner);
                } else if !flat {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            "}" | "]" => {
                if !flat {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                if flat_until == Some(index) {
                    flat_until = None;
                }
                out.push_str(token.text);
            }
            "," if flat => out.push_str(", "),
            "," => {
                out.push(',');
                line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            text => out.push_str(text),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_parts_stay_on_one_line() {
        let text = r#"{"type":"record","name":"A","fields":[{"name":"id","type":["null","string"],"default":null},{"name":"x{\"","type":"long","doc":"a very long text, a very long text, a very long text"}],"e":[],"n":1.50e+3}"#;
        let expected = r#"{
  "type": "record",
  "name": "A",
  "fields": [
    {"name": "id", "type": ["null", "string"], "default": null},
    {
      "name": "x{\"",
      "type": "long",
      "doc": "a very long text, a very long text, a very long text"
    }
  ],
  "e": [],
  "n": 1.50e+3
}"#;
        assert_eq!(json(text), expected);
        assert_eq!(json(expected), expected);
    }

    #[test]
    fn what_is_no_json_stays() {
        for text in ["", "\"int\"", "true", "}", "[}", "[[", "\"open", "syntax = \"proto3\""] {
            let shown = json(text);
            assert_eq!(shown.replace([' ', '\n'], ""), text.replace(' ', ""), "{text}");
        }
    }
}
