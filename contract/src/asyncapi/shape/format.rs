//! The forms of texts, as the official parser asserts them.

use super::Form;
use crate::asyncapi::RuntimeExpression;

impl Form {
    /// `true` when a text has the form.
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::Uri => is_uri(text),
            Self::Email => is_email(text),
            Self::Expression => is_expression(text),
            Self::LinkedIn => is_linked_in(text),
            Self::AvroName => is_avro_name(text),
            Self::AvroNamespace => text.is_empty() || text.split('.').all(is_avro_name),
            Self::Template => !text.is_empty() && is_template(text),
            Self::UriReference => is_uri_reference(text),
            Self::Regex => looks_like_regex(text),
        }
    }

    /// What the text must be, for messages.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Uri => "an absolute URI, as `https://example.org/`",
            Self::Email => "an e-mail address",
            Self::Expression => "a runtime expression, as `$message.header#/correlationId` or `$message.payload#/id`",
            Self::LinkedIn => "an address on linkedin.com",
            Self::AvroName => "a name of letters, digits and `_` that starts with no digit",
            Self::AvroNamespace => "names of letters, digits and `_` with dots between them",
            Self::Template => "an address template: its parameters are `{name}` of letters, digits and `_`",
            Self::UriReference => "a URI or a relative reference",
            Self::Regex => "a regular expression",
        }
    }
}

/// `x-` and a name of letters, digits, `.`, `-` and `_`.
pub(in crate::asyncapi) fn is_extension(key: &str) -> bool {
    key.strip_prefix("x-").is_some_and(|name| !name.is_empty() && is_name(name))
}

/// Letters, digits, `.`, `-` and `_` only: a key of the components.
pub(super) fn is_name(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// The characters of RFC 3986, percent escapes among them; `extra` are those that the part allows beyond the unreserved ones
/// and the sub-delimiters.
fn is_made_of(text: &str, extra: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => bytes.next().is_some_and(|b| b.is_ascii_hexdigit()) && bytes.next().is_some_and(|b| b.is_ascii_hexdigit()),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            other => other.is_ascii_alphanumeric() || extra.contains(&other),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// An absolute URI by RFC 3986.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && hierarchy(rest, false)
}

/// A URI, or what may stand in place of one inside of a document.
pub(in crate::asyncapi) fn is_uri_reference(text: &str) -> bool {
    is_uri(text) || hierarchy(text, true)
}

/// What stands behind the scheme: authority and path, query, fragment.
fn hierarchy(text: &str, may_be_empty: bool) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let fits = match path.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            is_authority(authority) && is_made_of(path, b":@/")
        }
        None => (may_be_empty || !path.is_empty()) && is_made_of(path, b":@/"),
    };
    fits && is_made_of(query, b":@/?") && is_made_of(fragment, b":@/?")
}

/// `user@host:port`.
fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("", port),
            _ => return false,
        },
        None => host.find(':').map_or((host, ""), |at| host.split_at(at)),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    is_made_of(user, b":") && is_made_of(host, b"") && port.bytes().all(|b| b.is_ascii_digit())
}

/// A local part of atoms with dots between them, and a domain with at least one dot.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_atom =
        |atom: &str| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local.split('.').all(is_atom) && domain.contains('.') && domain.split('.').all(is_label)
}

/// `$message.header#/pointer` or `$message.payload#/pointer`; what follows a first part that fits is not looked at.
fn is_expression(text: &str) -> bool {
    RuntimeExpression::parse(text).is_some()
}

fn is_linked_in(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.strip_prefix("www.").unwrap_or(rest).starts_with("linkedin.com")) && !text.contains('\n')
}

fn is_avro_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// RFC 6570: literals and `{expression}`.
fn is_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '{' => match rest.get(1..).and_then(|inner| inner.split_once('}')) {
                Some((expression, behind)) if is_template_expression(expression) => behind,
                _ => return false,
            },
            '%' => match rest.get(1..3) {
                Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => rest.get(3..).unwrap_or(""),
                _ => return false,
            },
            '\0'..=' ' | '"' | '\'' | '<' | '>' | '\\' | '^' | '`' | '|' | '}' => return false,
            other => rest.get(other.len_utf8()..).unwrap_or(""),
        };
    }
    true
}

/// What stands between braces: an operator, then variables with their modifiers.
fn is_template_expression(text: &str) -> bool {
    let text = text.strip_prefix(['+', '#', '.', '/', ';', '?', '&', '=', ',', '!', '@', '|']).unwrap_or(text);
    text.split(',').all(|variable| {
        let name = match variable.split_once(':') {
            Some((name, length)) => {
                let digits = length.bytes().all(|b| b.is_ascii_digit());
                if !digits || length.is_empty() || length.len() > 4 || length.starts_with('0') {
                    return false;
                }
                name
            }
            None => variable.strip_suffix('*').unwrap_or(variable),
        };
        let without_escapes = name.split('%').enumerate().all(|(n, part)| {
            let part = match n {
                0 => Some(part),
                _ => part.get(..2).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())).and(part.get(2..)),
            };
            part.is_some_and(|part| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        });
        !name.is_empty() && without_escapes
    })
}

/// Brackets and parentheses are balanced, and nothing is repeated that is not there: the mistakes that people make.
fn looks_like_regex(text: &str) -> bool {
    let (mut open, mut in_class, mut repeatable) = (0_usize, false, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if chars.next().is_none() {
                    return false;
                }
                repeatable = true;
            }
            ']' if in_class => (in_class, repeatable) = (false, true),
            _ if in_class => {}
            '[' => in_class = true,
            '(' => {
                open += 1;
                repeatable = false;
                if chars.as_str().starts_with('?') {
                    chars.next();
                }
            }
            ')' => {
                let Some(rest) = open.checked_sub(1) else { return false };
                (open, repeatable) = (rest, true);
            }
            '*' | '+' | '?' if !repeatable => return false,
            '*' | '+' | '?' => {
                repeatable = false;
                if chars.as_str().starts_with('?') {
                    chars.next();
                }
            }
            '|' | '^' => repeatable = false,
            _ => repeatable = true,
        }
    }
    open == 0 && !in_class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(form.holds(text), "{form:?} {text}");
        }
        for text in bad {
            assert!(!form.holds(text), "{form:?} {text}");
        }
    }

    #[test]
    fn forms() {
        check(
            Form::Uri,
            &["urn:example:shop", "https://a.example/x?y#z", "mailto:a@b.c", "http://[::1]:80/", "a:b", "x://"],
            &["shop", "1:2", "http: //x", "a:", "http://a b/", "https://{host}/", "http://ä.de", "http://a:b/", "x:%2"],
        );
        check(Form::UriReference, &["", "#/a", "a/b", "?x", "http://a"], &["a b", "[", "#/a/{b}"]);
        check(Form::Email, &["a.b@c-d.example", "a@b.c"], &["a@b@c.d", "a", "@b.c", "a@b", "a@b..c", "a@-b.c"]);
        check(Form::Expression, &["$message.header#/a", "$message.payload#"], &["$message.body#/a", "header#/a"]);
        check(Form::Template, &["a/{b}/c", "{a,b}", "é/{+x}", "a{b:3}{c*}"], &["a/{}", "a b", "{a-b}", "{a.b}", "a}", "%2", ""]);
        check(Form::AvroNamespace, &["", "a.b", "a"], &["a..b", "1a", "a-b"]);
        check(Form::LinkedIn, &["https://www.linkedin.com/in/x", "http://linkedin.com"], &["linkedin.com", "https://x.org"]);
        check(Form::Regex, &["^a+$", "[a(]", "\\(", "(?:a|b)*?", "a{2}"], &["(", "[a", "*a", "a)", "\\"]);
        assert!(is_extension("x-a.b_c-1") && !is_extension("x-") && !is_extension("x-a b") && !is_extension("y"));
    }
}
