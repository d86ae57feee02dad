//! What can go wrong between a program and its registry.

use crate::wire::ErrorBody;

/// Why a call to the registry gave no answer, or a refusal.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server answered: refused connection, name not found, time limit, broken connection.
    #[error("the schema registry at {url} cannot be reached: {cause}; is it running, and is the address right?")]
    Unreachable {
        /// The last address that was tried, without its password.
        url: String,
        /// What the network said.
        cause: String,
    },
    /// The subject, version or schema does not exist (yet).
    #[error("the schema registry has no such schema: {message} (error {error_code})")]
    NotFound {
        /// `40401` subject, `40402` version, `40403` schema.
        error_code: i32,
        /// The registry's words.
        message: String,
    },
    /// The registry answered, and the answer is no.
    #[error("the schema registry refused: {message} (HTTP {status}, error {error_code})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The registry's own code; the HTTP status when it gave none.
        error_code: i32,
        /// The registry's words.
        message: String,
    },
    /// The answer is not one of a schema registry.
    #[error("{url} does not answer like a schema registry: {cause}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The client was given something that it cannot use.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// `true` when the same call may succeed later without a change: the registry was away, too busy or failing.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::NotFound { .. } | Self::Malformed { .. } | Self::Usage(_) => false,
        }
    }

    /// `true` when a registration was refused because the schema breaks the subject's compatibility level.
    pub fn is_incompatible(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }

    /// The error of an answer that is not a success.
    pub(crate) fn of_answer(status: u16, body: &[u8]) -> Self {
        let body: ErrorBody = serde_json::from_slice(body).unwrap_or_else(|_| {
            let text: String = String::from_utf8_lossy(body).trim().chars().take(200).collect();
            let message = if text.is_empty() { "no explanation".to_owned() } else { text };
            ErrorBody { error_code: i32::from(status), message }
        });
        match body.error_code {
            40401..=40403 if status == 404 => Self::NotFound { error_code: body.error_code, message: body.message },
            error_code => Self::Refused { status, error_code, message: body.message },
        }
    }

    /// With the server's own words for people, where it gives some beside those of Confluent's.
    pub(crate) fn explained(self, explanation: Option<String>) -> Self {
        match (self, explanation) {
            (Self::Refused { status, error_code, .. }, Some(message)) => Self::Refused { status, error_code, message },
            (error, _) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_become_typed_errors() {
        let missing = Error::of_answer(404, br#"{"error_code":40403,"message":"Schema 4 not found"}"#);
        assert!(matches!(missing, Error::NotFound { error_code: 40403, .. }));
        assert!(!missing.is_retryable());
        let clash = Error::of_answer(409, br#"{"error_code":40901,"message":"m"}"#);
        assert!(clash.is_incompatible() && !clash.is_retryable());
        let unreadable = Error::of_answer(422, br#"{"error_code":42201,"message":"m"}"#).explained(Some("why".to_owned()));
        assert!(unreadable.to_string().contains("refused: why (HTTP 422, error 42201)"));
        let proxy = Error::of_answer(502, b"<html>bad gateway</html>");
        assert!(proxy.is_retryable());
        assert!(proxy.to_string().contains("bad gateway"));
    }
}
