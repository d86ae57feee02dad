//! The header `Authorization`, read strictly: whoever reads it in another way than the sender meant lets the wrong one in.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// The longest value that is looked at, in bytes.
const MAX: usize = 8 * 1024;

/// What a request brings. Its text is a secret, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given<'a> {
    /// No header.
    Nothing,
    /// `Basic` and base64.
    Basic(&'a str),
    /// `Bearer` and a token.
    Bearer(&'a str),
}

impl fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Basic(_) => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Reads the header: one at most, a scheme written as in its RFC (7617, 6750), one space, and a token of RFC 9110 §11.2.
pub(super) fn given(headers: &HeaderMap) -> Result<Given<'_>, &'static str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = all.next() else { return Ok(Given::Nothing) };
    if all.next().is_some() {
        return Err("there is more than one Authorization header");
    }
    let text = header.to_str().map_err(|_| "the Authorization header is not ASCII")?;
    if text.len() > MAX {
        return Err("the Authorization header is too long");
    }
    let (scheme, token) = text.split_once(' ').ok_or("the Authorization header has no credentials")?;
    if !is_token68(token) {
        return Err("the credentials in the Authorization header are malformed");
    }
    match scheme {
        "Basic" => Ok(Given::Basic(token)),
        "Bearer" => Ok(Given::Bearer(token)),
        _ => Err("the scheme of the Authorization header is neither 'Basic' nor 'Bearer'"),
    }
}

fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_what_is_written_as_the_rfc_says_counts() {
        let headers = |values: &[&'static str]| {
            let mut map = HeaderMap::new();
            for value in values {
                map.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            map
        };
        assert_eq!(given(&headers(&[])), Ok(Given::Nothing));
        assert_eq!(given(&headers(&["Basic YTpi"])), Ok(Given::Basic("YTpi")));
        assert_eq!(given(&headers(&["Bearer a.b-c_d"])), Ok(Given::Bearer("a.b-c_d")));
        let bad: [&[&str]; 13] = [
            &["Basic YTpi", "Basic YTpi"],
            &["Basic"],
            &["Basic "],
            &["Basic  YTpi"],
            &["Basic\tYTpi"],
            &["basic YTpi"],
            &["bearer a.b.c"],
            &["BEARER a.b.c"],
            &["Bearer a b"],
            &["Bearer a.b,c"],
            &["Bearer =a"],
            &["Negotiate abc"],
            &[""],
        ];
        for values in bad {
            let owned: Vec<&'static str> = values.to_vec();
            assert!(given(&headers(&owned)).is_err(), "{values:?}");
        }
        assert!(!format!("{:?}", Given::Basic("YTpi")).contains("YTpi"));
    }
}
