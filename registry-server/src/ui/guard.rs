//! Who may do what on the pages, and that forms come from our own: a token that a form sends back must be the one of the visitor's cookie, which other sites can
//! neither read nor make the browser send.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

use super::Asked;
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::subject::SubjectName;

/// What a visitor may do to a subject: pages leave out what would be refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rights {
    pub(super) write: bool,
    pub(super) delete: bool,
}

impl Rights {
    pub(super) fn of(caller: &Caller, subject: &SubjectName) -> Self {
        let may = |verb| caller.may(verb, &subject.context, &subject.name);
        Self { write: may(Verb::Write), delete: may(Verb::Delete) }
    }
}

/// The cookie, and the field of every form.
const NAME: &str = "eventpact_csrf";

/// Hexadecimal digits of a token: 122 of its 128 bits are random.
const LENGTH: usize = 32;

/// The token of the visitor, and the same once more when it is new and has to be set.
pub(super) fn token(headers: &HeaderMap) -> (String, Option<String>) {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let known = pairs.find(|(name, value)| *name == NAME && is_token(value)).map(|(_, value)| value.to_owned());
    known.map_or_else(
        || {
            let fresh = uuid::Uuid::new_v4().simple().to_string();
            (fresh.clone(), Some(fresh))
        },
        |known| (known, None),
    )
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Sets the cookie. Its path is the default one, the folder of the page, wherever a proxy has put it.
pub(super) fn set(headers: &mut HeaderMap, token: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{NAME}={token}; HttpOnly; SameSite=Strict")) {
        headers.append(SET_COOKIE, value);
    }
}

/// Refuses a form that does not carry the token, or that the browser says comes from another site.
pub(super) fn check(headers: &HeaderMap, asked: &Asked) -> Result<(), ApiError> {
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    let given = asked.form.get(NAME).unwrap_or("");
    if elsewhere || !is_token(given) || !equal(given.as_bytes(), asked.csrf.as_bytes()) {
        return Err(ApiError::forged_form());
    }
    Ok(())
}

/// Takes the same time wherever the difference is.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_then_read_from_the_cookie() {
        let (made, fresh) = token(&HeaderMap::new());
        assert_eq!(fresh.as_deref(), Some(made.as_str()));
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(&format!("a=b; {NAME}={made}")).unwrap());
        assert_eq!(token(&headers), (made, None));
        headers.insert(COOKIE, HeaderValue::from_static("eventpact_csrf=short"));
        assert!(token(&headers).1.is_some());
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(equal(b"ab", b"ab"));
        assert!(!equal(b"ab", b"ac"));
        assert!(!equal(b"ab", b"abc"));
    }
}
