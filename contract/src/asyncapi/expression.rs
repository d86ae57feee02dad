//! Runtime expressions: where in a message a value stands (AsyncAPI 3.1, section "Runtime Expression").

use std::fmt;

use crate::yaml::{pointer, unescape_token};

/// The part of a message that an expression points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `$message.header`
    Header,
    /// `$message.payload`
    Payload,
}

/// `$message.header#/correlationId`: a place in the headers or the payload of a message.
///
/// ```
/// use eventpact_contract::asyncapi::{Part, RuntimeExpression};
/// let expression = RuntimeExpression::parse("$message.payload#/user/a~1b").expect("an expression");
/// assert_eq!((expression.part, expression.tokens.as_slice()), (Part::Payload, &["user".to_owned(), "a/b".to_owned()][..]));
/// assert_eq!(expression.to_string(), "$message.payload#/user/a~1b");
/// assert!(RuntimeExpression::parse("$message.body#/user").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeExpression {
    /// Headers or payload.
    pub part: Part,
    /// The JSON pointer (RFC 6901) as its unescaped tokens; empty for the whole part.
    pub tokens: Vec<String>,
}

impl RuntimeExpression {
    /// Reads an expression; `None` when the text is none. What stands between `#` and the first `/` is let pass, as the official
    /// parser does.
    pub fn parse(text: &str) -> Option<Self> {
        let (part, pointer) = text.strip_prefix("$message.")?.split_once('#')?;
        let part = match part {
            "header" => Part::Header,
            "payload" => Part::Payload,
            _ => return None,
        };
        let tokens = pointer.split('/').skip(1).map(|token| unescape_token(token).into_owned()).collect();
        Some(Self { part, tokens })
    }

    /// The pointer as it is written behind the `#`.
    pub fn pointer(&self) -> String {
        pointer(&self.tokens)
    }
}

impl fmt::Display for RuntimeExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Header => "header",
            Part::Payload => "payload",
        };
        write!(f, "$message.{part}#{}", self.pointer())
    }
}
