//! Headers that the operator adds to every answer, for example `Strict-Transport-Security`.

use axum::http::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, SET_COOKIE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::{REQUEST_ID, SEQUENCE};

/// What says how one answer is to be read, so that it cannot be the same for all.
const OURS: [HeaderName; 17] = [
    ALLOW,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    DATE,
    LOCATION,
    RETRY_AFTER,
    SET_COOKIE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    VARY,
    WWW_AUTHENTICATE,
    REQUEST_ID,
    SEQUENCE,
];

/// The beginnings of names with a meaning between clients and the registry.
const OUR_PREFIXES: [&str; 4] = ["grpc-", "eventpact-", "keep-alive", "proxy-"];

/// Headers that every answer gets, unless it has one of that name already.
#[derive(Debug, Clone, Default)]
pub struct ExtraHeaders(HeaderMap);

impl ExtraHeaders {
    /// Names with their values.
    ///
    /// # Errors
    /// A sentence: what is no header (RFC 9110, section 5), or belongs to the single answer.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let parsed: HeaderName = name.parse().map_err(|_| format!("'{name}' in 'headers' is no name of a header"))?;
            if OURS.contains(&parsed) || OUR_PREFIXES.iter().any(|prefix| parsed.as_str().starts_with(prefix)) {
                return Err(format!("'{name}' in 'headers' belongs to the single answer and cannot be set for all"));
            }
            let is_plain = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            let value = HeaderValue::from_str(&value).ok().filter(|_| is_plain);
            let value = value.ok_or_else(|| format!("the value of '{name}' in 'headers' must be printable ASCII on one line"))?;
            if headers.insert(parsed, value).is_some() {
                return Err(format!("'{name}' in 'headers' is there twice"));
            }
        }
        Ok(Self(headers))
    }

    /// Adds those that an answer does not have.
    pub(crate) fn add_to(&self, answer: &mut HeaderMap) {
        for (name, value) in &self.0 {
            answer.entry(name).or_insert_with(|| value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Result<ExtraHeaders, String> {
        ExtraHeaders::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_answer_keeps_what_it_has() {
        let extra = headers(&[("X-Frame-Options", "DENY"), ("Strict-Transport-Security", "max-age=31536000")]).unwrap();
        let mut answer = HeaderMap::new();
        answer.insert("x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
        extra.add_to(&mut answer);
        assert_eq!((&answer["x-frame-options"], answer.len()), (&HeaderValue::from_static("SAMEORIGIN"), 2));
        assert_eq!(answer["strict-transport-security"], "max-age=31536000");
    }

    #[test]
    fn what_is_no_header_for_every_answer_is_refused() {
        for (name, value, why) in [
            ("", "x", "no name"),
            ("a b", "x", "no name"),
            ("a\r\nb", "x", "no name"),
            ("X-A", "a\r\nX-B: c", "printable"),
            ("X-A", "a\tb", "printable"),
            ("X-A", "ü", "printable"),
            ("Content-Length", "0", "single answer"),
            ("Transfer-Encoding", "chunked", "single answer"),
            ("Grpc-Status", "0", "single answer"),
            ("X-Request-Id", "1", "single answer"),
        ] {
            let said = headers(&[(name, value)]).unwrap_err();
            assert!(said.contains(why), "{name}: {said}");
        }
        assert!(headers(&[("X-A", "1"), ("x-a", "2")]).unwrap_err().contains("twice"));
    }
}
