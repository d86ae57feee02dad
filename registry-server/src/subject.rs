//! Names of subjects and of the contexts in which they live.
//!
//! A context is a registry of its own inside the registry: own subjects, own ids. `:.eu:orders` is the subject `orders` of the
//! context `.eu`; a name without such a prefix lives in the default context, which is called `.`.

use std::fmt;
use std::sync::Arc;

/// The name of the default context.
pub(crate) const DEFAULT_CONTEXT: &str = ".";

/// The scope above all contexts; it can hold configuration and a mode, but no subject.
pub(crate) const ABOVE_ALL: &str = ":.__GLOBAL:";

/// The context in its name.
pub(crate) const GLOBAL_CONTEXT: &str = ".__GLOBAL";

/// A subject: its context and its name there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubjectName {
    pub(crate) context: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl SubjectName {
    pub(crate) fn new(context: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { context: context.into(), name: name.into() }
    }

    /// Reads `:.ctx:name`; anything else is a name in the default context.
    pub(crate) fn parse(text: &str) -> Self {
        match split(text) {
            Some((context, name)) => Self::new(context, name),
            None => Self::new(DEFAULT_CONTEXT, text),
        }
    }

    /// Like [`Self::parse`], but a name without a context belongs to the context of `referrer`.
    pub(crate) fn parse_in(text: &str, referrer: &Self) -> Self {
        match split(text) {
            Some((context, name)) => Self::new(context, name),
            None => Self::new(Arc::clone(&referrer.context), text),
        }
    }

    pub(crate) fn is_in_default_context(&self) -> bool {
        &*self.context == DEFAULT_CONTEXT
    }

    /// The prefix of the context, empty for the default one: `:.eu:`.
    pub(crate) fn context_prefix(&self) -> String {
        context_prefix(&self.context)
    }

    /// A name that may be written to: no control characters, not one of the reserved words.
    pub(crate) fn is_valid(&self) -> bool {
        !self.name.chars().chain(self.context.chars()).any(char::is_control)
            && !matches!(&*self.name, "__GLOBAL" | "__EMPTY")
            && &*self.context != GLOBAL_CONTEXT
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_in_default_context() {
            write!(f, ":{}:", self.context)?;
        }
        f.write_str(&self.name)
    }
}

/// `(.ctx, name)` of `:.ctx:name`. `:.ctx` means `:.ctx:`.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(':').filter(|rest| rest.starts_with('.'))?;
    Some(rest.split_once(':').unwrap_or((rest, "")))
}

/// What a `subjectPrefix` picks: subjects whose names begin with a text, in some of the contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubjectPrefix<'a> {
    contexts: Contexts<'a>,
    /// With what the names begin.
    pub(crate) name: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contexts<'a> {
    Every,
    One(&'a str),
    BeginningWith(&'a str),
}

impl<'a> SubjectPrefix<'a> {
    /// Every subject.
    pub(crate) const EVERY: Self = Self { contexts: Contexts::Every, name: "" };

    /// Reads `orders`, `:.eu:orders`, `:*:orders`, and `:.e`, which is the beginning of contexts.
    pub(crate) fn parse(text: &'a str) -> Self {
        if let Some(name) = text.strip_prefix(":*:") {
            return Self { contexts: Contexts::Every, name };
        }
        match split(text) {
            Some((context, "")) if !text.ends_with(':') => Self { contexts: Contexts::BeginningWith(context), name: "" },
            Some((context, name)) => Self { contexts: Contexts::One(context), name },
            None => Self { contexts: Contexts::One(DEFAULT_CONTEXT), name: text },
        }
    }

    /// May subjects of this context be among them?
    pub(crate) fn has_context(&self, context: &str) -> bool {
        match self.contexts {
            Contexts::Every => true,
            Contexts::One(only) => only == context,
            Contexts::BeginningWith(begin) => context.starts_with(begin),
        }
    }
}

/// `:.eu:` of `.eu`; empty for the default context.
pub(crate) fn context_prefix(context: &str) -> String {
    if context == DEFAULT_CONTEXT { String::new() } else { format!(":{context}:") }
}

/// Where configuration and modes are kept: empty for the whole registry, else a subject, `:.ctx:` or [`ABOVE_ALL`].
pub(crate) fn scope(text: &str) -> String {
    // `ABOVE_ALL` comes out as it is.
    SubjectName::parse(text).to_string()
}

/// The scopes that hold for a subject, nearest first.
pub(crate) fn scopes_of(subject: &SubjectName) -> [String; 3] {
    [subject.to_string(), subject.context_prefix(), ABOVE_ALL.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_told_from_plain_names() {
        let shown = |text: &str| SubjectName::parse(text).to_string();
        assert_eq!(SubjectName::parse(":.eu:a:b"), SubjectName::new(".eu", "a:b"));
        assert_eq!(shown(":.:x"), "x");
        for plain in ["x", "::x", ":noctx:x"] {
            assert_eq!(SubjectName::parse(plain), SubjectName::new(".", plain));
        }
        assert_eq!((shown(":.x:"), shown(":.x"), shown(":.")), (":.x:".to_owned(), ":.x:".to_owned(), String::new()));
        assert_eq!((scope(":.__GLOBAL:"), scope(":.__GLOBAL")), (ABOVE_ALL.to_owned(), ABOVE_ALL.to_owned()));
        assert_eq!(scope(":.:"), "");
        assert_eq!(scopes_of(&SubjectName::parse(":.c:s")), [":.c:s", ":.c:", ":.__GLOBAL:"]);
        assert_eq!(scopes_of(&SubjectName::parse("s")), ["s", "", ":.__GLOBAL:"]);
    }

    #[test]
    fn prefixes_pick_contexts_and_names() {
        let picks = |prefix: &str, subject: &str| {
            let (prefix, subject) = (SubjectPrefix::parse(prefix), SubjectName::parse(subject));
            prefix.has_context(&subject.context) && subject.name.starts_with(prefix.name)
        };
        let subjects = ["orders", "::x", ":.eu:orders", ":.east:other"];
        let picked = |prefix: &str| subjects.into_iter().filter(|subject| picks(prefix, subject)).collect::<Vec<_>>();
        assert_eq!(picked(":*:"), subjects);
        assert_eq!(picked(":*:or"), ["orders", ":.eu:orders"]);
        assert_eq!(picked(""), ["orders", "::x"]);
        assert_eq!(picked(":"), ["::x"]);
        assert_eq!(picked(":.eu:"), [":.eu:orders"]);
        assert_eq!(picked(":.e"), [":.eu:orders", ":.east:other"]);
        assert_eq!(picked(":.:o"), ["orders"]);
    }

    #[test]
    fn reserved_names_are_not_valid() {
        assert!(SubjectName::parse("a/b %").is_valid());
        assert!(!SubjectName::parse("__GLOBAL").is_valid());
        assert!(!SubjectName::parse(":.c:__EMPTY").is_valid());
        assert!(!SubjectName::parse("a\u{85}b").is_valid());
    }
}
