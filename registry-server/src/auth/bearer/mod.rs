//! Signed tokens (RFC 7519, 7515; RFC 8725 for what to refuse). Keys come from a file or one fixed address, never from a token.

mod algorithm;
mod json;
mod keys;
mod token;

use std::path::PathBuf;

pub use algorithm::Algorithm;
pub(super) use keys::Keys;
pub(super) use token::{Bad, Claims, verify};

/// Where the keys of the issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file with a JWK set.
    File(PathBuf),
    /// An address (`https://`, or `http://` on this machine) that answers with one.
    Url(String),
}

/// Which tokens count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BearerSettings {
    /// What `iss` must be.
    pub issuer: String,
    /// `aud` must have one of these.
    pub audience: Vec<String>,
    /// The issuer's keys.
    pub keys: KeySource,
    /// Algorithms that count.
    pub algorithms: Vec<Algorithm>,
    /// The claim with the name of the principal.
    pub name_claim: String,
    /// The claim with the roles: an array of texts, or one text with spaces.
    pub roles_claim: Option<String>,
    /// How far clocks may be apart, in seconds; at most 60.
    pub skew: u64,
}

impl BearerSettings {
    /// Tokens of one issuer for one audience, by any algorithm that is known, named by `sub`, clocks apart 30 s at most.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: KeySource) -> Self {
        Self {
            issuer: issuer.into(),
            audience: vec![audience.into()],
            keys,
            algorithms: Algorithm::ALL.to_vec(),
            name_claim: "sub".to_owned(),
            roles_claim: None,
            skew: 30,
        }
    }

    /// What makes the settings unusable.
    pub(crate) fn check(&self) -> Result<(), String> {
        let empty = |text: &String| text.trim().is_empty();
        match self {
            _ if empty(&self.issuer) => Err("the issuer is empty".to_owned()),
            _ if self.audience.is_empty() || self.audience.iter().any(empty) => {
                Err("the audience is missing or empty".to_owned())
            }
            _ if self.algorithms.is_empty() => Err("no algorithm is allowed".to_owned()),
            _ if empty(&self.name_claim) => Err("the claim for the name is empty".to_owned()),
            _ if self.skew > 60 => Err("clocks may be 60 seconds apart at most".to_owned()),
            _ => Ok(()),
        }
    }
}
