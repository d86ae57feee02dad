//! Patterns of subjects: anchored at both ends, `*` stands for any text, everything else for itself.

use crate::subject::{DEFAULT_CONTEXT, SubjectName, split};

/// Which subjects are meant. A pattern without a context means the default one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SubjectPattern {
    context: String,
    name: String,
}

impl SubjectPattern {
    /// Reads `orders-*`, `:.eu:*`, `:*:orders-*`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some((context, name)) = text.strip_prefix(':').and_then(|rest| rest.split_once(':')) {
            if !context.starts_with(['.', '*']) {
                return Err(format!("the context in '{text}' must begin with a dot or be a pattern, like ':.eu:*' or ':*:*'"));
            }
            return Ok(Self { context: context.to_owned(), name: name.to_owned() });
        }
        if text.is_empty() || text.starts_with(':') {
            return Err(format!("'{text}' is not a pattern of subjects, like 'orders-*' or ':.eu:*'"));
        }
        Ok(Self { context: DEFAULT_CONTEXT.to_owned(), name: text.to_owned() })
    }

    /// Does it mean this subject? An empty name stands for the context itself.
    pub(super) fn matches(&self, context: &str, name: &str) -> bool {
        matches(&self.context, context) && matches(&self.name, name)
    }

    /// Does it mean anything in this context?
    pub(super) fn enters(&self, context: &str) -> bool {
        matches(&self.context, context)
    }
}

/// The time is at most the product of both lengths, which are those of a rule and of a path.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star is, and up to where it has taken the text.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// For messages: a subject or, without a name, its context.
pub(super) fn shown(context: &str, name: &str) -> String {
    let subject = SubjectName::new(context, name).to_string();
    match (name.is_empty(), split(&subject)) {
        (true, Some(_)) => format!("Context: {context}"),
        (true, None) => "Context: .".to_owned(),
        (false, _) => format!("Subject: {subject}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored() {
        let yes = [("a*", "a"), ("a*", "abc"), ("*b", "aab"), ("a*b*c", "aXbbYc"), ("*", ""), ("**", "x"), ("a.c", "a.c")];
        for (pattern, text) in yes {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        let no =
            [("a*", "ba"), ("*b", "bc"), ("a", "ab"), ("a", "ba"), ("a*b*c", "abb"), ("", "x"), ("a.c", "abc"), ("a?", "ab")];
        for (pattern, text) in no {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_cost_more_than_the_product() {
        let pattern = "*a".repeat(500) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }

    #[test]
    fn a_pattern_without_a_context_stays_in_the_default_one() {
        let all = SubjectPattern::parse("*").unwrap();
        assert!(all.matches(".", "x") && all.matches(".", "") && !all.matches(".eu", "x"));
        let eu = SubjectPattern::parse(":.eu:a*").unwrap();
        assert!(eu.matches(".eu", "abc") && !eu.matches(".eu", "") && !eu.matches(".", "abc") && !eu.matches(".eu2", "abc"));
        let every = SubjectPattern::parse(":*:*").unwrap();
        assert!(every.matches(".", "x") && every.matches(".eu", "x") && every.matches(".__GLOBAL", ""));
        for bad in ["", ":eu:x", ":x", "::x"] {
            assert!(SubjectPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
