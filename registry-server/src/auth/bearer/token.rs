//! Verifying one token.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::json::object;
use super::{BearerSettings, Keys};

/// The longest name of a principal, in bytes.
const MAX_NAME: usize = 256;

/// The most roles that are looked at.
const MAX_ROLES: usize = 256;

/// What a token says about who carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::auth) struct Claims {
    pub(in crate::auth) name: String,
    pub(in crate::auth) roles: BTreeSet<String>,
    /// When it ends, in seconds since 1970.
    pub(in crate::auth) expires: u64,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Bad {
    /// In words for people, without anything of the token.
    Because(&'static str),
    /// Its key is not there: a newer set may have it.
    UnknownKey,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Because(why) => why,
            Self::UnknownKey => "the token is signed with a key that is not known",
        })
    }
}

/// Verifies a token at a time, in seconds since 1970.
pub(in crate::auth) fn verify(settings: &BearerSettings, keys: &Keys, token: &str, now: u64) -> Result<Claims, Bad> {
    let mut parts = token.split('.');
    let (Some(header), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Bad::Because("the token does not have three parts"));
    };
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok().filter(|bytes| !bytes.is_empty());
    let head = decode(header).and_then(|bytes| object(&bytes)).ok_or(Bad::Because("the header of the token cannot be read"))?;
    let algorithm = algorithm(settings, &head)?;
    let id = match head.get("kid") {
        None => None,
        Some(Value::String(id)) => Some(id.as_str()),
        Some(_) => return Err(Bad::Because("the name of the token's key is not a text")),
    };
    let signature = decode(signature).ok_or(Bad::Because("the token is not signed"))?;
    let message = &token.as_bytes()[..header.len() + 1 + body.len()];
    let candidates = keys.candidates(id, algorithm);
    if candidates.is_empty() {
        let other_kind = id.is_some_and(|id| keys.knows(id));
        return Err(if other_kind { Bad::Because("the token's key is of another kind") } else { Bad::UnknownKey });
    }
    if !candidates.iter().any(|key| key.verifies(algorithm, message, &signature)) {
        return Err(Bad::Because("the signature of the token is wrong"));
    }
    let claims = decode(body).and_then(|bytes| object(&bytes)).ok_or(Bad::Because("the claims of the token cannot be read"))?;
    check(settings, &claims, now)
}

/// The algorithm, when the header asks for nothing that we do not understand.
fn algorithm(settings: &BearerSettings, head: &Map<String, Value>) -> Result<Algorithm, Bad> {
    // RFC 7515 §4.1.11: who does not understand an extension that is critical must refuse. We understand none.
    if head.contains_key("crit") || head.contains_key("b64") {
        return Err(Bad::Because("the token has critical extensions"));
    }
    if head.contains_key("enc") || head.contains_key("zip") {
        return Err(Bad::Because("the token is encrypted or compressed"));
    }
    let is_kind =
        |value: &Value| value.as_str().is_some_and(|t| t.eq_ignore_ascii_case("jwt") || t.eq_ignore_ascii_case("at+jwt"));
    if head.get("typ").is_some_and(|kind| !is_kind(kind)) || head.contains_key("cty") {
        return Err(Bad::Because("the token is not of type JWT"));
    }
    let name = head.get("alg").and_then(Value::as_str).ok_or(Bad::Because("the token does not name its algorithm"))?;
    let known = Algorithm::parse(name).filter(|algorithm| settings.algorithms.contains(algorithm));
    known.ok_or(Bad::Because("the algorithm of the token is not allowed"))
}

fn check(settings: &BearerSettings, claims: &Map<String, Value>, now: u64) -> Result<Claims, Bad> {
    if claims.get("iss").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
        return Err(Bad::Because("the token is of another issuer"));
    }
    let ours = |value: &Value| value.as_str().is_some_and(|text| settings.audience.iter().any(|audience| audience == text));
    let meant = match claims.get("aud") {
        Some(Value::Array(list)) => list.iter().all(Value::is_string) && list.iter().any(ours),
        Some(one) => ours(one),
        None => false,
    };
    if !meant {
        return Err(Bad::Because("the token is for another audience"));
    }
    let expires = time(claims, "exp")?.ok_or(Bad::Because("the token does not say when it expires"))?;
    if now >= expires.saturating_add(settings.skew) {
        return Err(Bad::Because("the token has expired"));
    }
    for (claim, why) in [("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")] {
        if time(claims, claim)?.is_some_and(|from| from > now.saturating_add(settings.skew)) {
            return Err(Bad::Because(why));
        }
    }
    let name = claims.get(&settings.name_claim).and_then(Value::as_str).unwrap_or_default();
    if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Bad::Because("the token does not say who carries it"));
    }
    let roles = settings.roles_claim.as_ref().and_then(|claim| claims.get(claim)).map(roles).transpose()?.unwrap_or_default();
    Ok(Claims { name: name.to_owned(), roles, expires })
}

/// A time in seconds since 1970, which may have a fraction (RFC 7519 §2).
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<u64>, Bad> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = match (value.as_u64(), value.as_f64()) {
        (Some(whole), _) => Some(whole),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds that were just checked")]
        (None, Some(fraction)) if (0.0..=1e15).contains(&fraction) => Some(fraction as u64),
        _ => None,
    };
    seconds.map(Some).ok_or(Bad::Because("a time in the token is not a number"))
}

fn roles(value: &Value) -> Result<BTreeSet<String>, Bad> {
    let wrong = Bad::Because("the roles in the token are not texts");
    let all: Vec<&str> = match value {
        Value::String(text) => text.split(' ').collect(),
        Value::Array(list) => list.iter().map(Value::as_str).collect::<Option<_>>().ok_or(wrong)?,
        _ => return Err(wrong),
    };
    if all.len() > MAX_ROLES {
        return Err(Bad::Because("the token has too many roles"));
    }
    Ok(all.into_iter().filter(|role| !role.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
