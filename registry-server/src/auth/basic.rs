//! Names and passwords. A file holds one `name:hash` a line, the hash by argon2id in the form of the PHC, as
//! `eventpact serve hash-password` prints it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::read::read_small;

/// The longest password, in bytes. Hashing is slow by design, and its time grows with the length.
const MAX_PASSWORD: usize = 1024;

/// The most that a hash may cost: memory in KiB, passes, lanes.
const MAX_COST: (u32, u32, u32) = (256 * 1024, 32, 16);

/// The users of one file.
#[derive(PartialEq, Eq)]
pub(super) struct Users {
    hashes: BTreeMap<String, String>,
}

/// A name and a password.
pub(super) struct Credentials {
    pub(super) name: String,
    password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads what stands behind `Basic`.
    pub(super) fn parse(token: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(token).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (name, password) = text.split_once(':')?;
        let usable = !name.is_empty() && password.len() <= MAX_PASSWORD && !text.chars().any(char::is_control);
        usable.then(|| Self { name: name.to_owned(), password: password.to_owned() })
    }
}

impl Users {
    /// Reads a file. The error names the line, never what stands in it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = read_small(path)?;
        Self::parse(&text).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut hashes = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |why: &str| format!("line {}: {why}", index + 1);
            let (name, hash) = line.split_once(':').ok_or_else(|| at("it is not name:hash"))?;
            if name.is_empty() {
                return Err(at("the name is empty"));
            }
            check_hash(hash).map_err(at)?;
            if hashes.insert(name.to_owned(), hash.to_owned()).is_some() {
                return Err(at("the name is there twice"));
            }
        }
        if hashes.is_empty() {
            return Err("there is no user in it".to_owned());
        }
        Ok(Self { hashes })
    }

    /// Are these right? Takes tens of milliseconds, by design, and the same for names that are not there.
    pub(super) fn verify(&self, given: &Credentials) -> bool {
        let known = self.hashes.get(&given.name);
        // A name that is not there is compared with somebody's hash, so that it takes the same time.
        let Some(hash) = known.or_else(|| self.hashes.values().next()) else { return false };
        let hash = PasswordHash::new(hash);
        let right = hash.is_ok_and(|hash| Argon2::default().verify_password(given.password.as_bytes(), &hash).is_ok());
        right && known.is_some()
    }
}

/// Only argon2id, and nothing that would cost more than a login may.
fn check_hash(text: &str) -> Result<(), &'static str> {
    let hash = PasswordHash::new(text).map_err(|_| "the hash is not in the form $argon2id$…")?;
    if hash.algorithm.as_str() != "argon2id" {
        return Err("the hash is not by argon2id");
    }
    let params = Params::try_from(&hash).map_err(|_| "the parameters of the hash cannot be used")?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err("the hash has no salt or no value");
    }
    if params.m_cost() > MAX_COST.0 || params.t_cost() > MAX_COST.1 || params.p_cost() > MAX_COST.2 {
        return Err("the hash costs more than a login may (256 MiB, 32 passes, 16 lanes)");
    }
    Ok(())
}

/// The hash of a password with a new salt (argon2id, 19 MiB, 2 passes, 1 lane), as it stands in a file of users.
pub fn hash_password(password: &str) -> Result<String, String> {
    if password.len() > MAX_PASSWORD {
        return Err(format!("a password has at most {MAX_PASSWORD} bytes"));
    }
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|why| why.to_string())?;
    Ok(hash.to_string())
}

/// Where the users are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BasicSettings {
    /// The file.
    pub users: PathBuf,
}

impl BasicSettings {
    /// Users of this file.
    pub fn new(users: PathBuf) -> Self {
        Self { users }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Option<Credentials> {
        Credentials::parse(&BASE64_STANDARD.encode(text))
    }

    #[test]
    fn the_right_password_of_the_right_user_counts() {
        let file = format!("# team\n\nalice:{}\nbob:{}\n", hash_password("a:b c").unwrap(), hash_password("").unwrap());
        let users = Users::parse(&file).unwrap();
        for (text, right) in [
            ("alice:a:b c", true),
            ("alice:a:b", false),
            ("alice:", false),
            ("bob:", true),
            ("eve:a:b c", false),
            ("eve:", false),
        ] {
            assert_eq!(users.verify(&given(text).unwrap()), right, "{text}");
        }
    }

    #[test]
    fn credentials_that_are_none_are_not_read() {
        for bad in ["alice", ":x", "a\nb:c", "a:\u{0}"] {
            assert!(given(bad).is_none(), "{bad:?}");
        }
        assert!(given(&format!("a:{}", "x".repeat(1025))).is_none());
        assert!(Credentials::parse("YTpi=").is_none() && Credentials::parse("YTo").is_none());
        assert!(!format!("{:?}", given("alice:hunter2")).contains("hunter2"));
    }

    #[test]
    fn a_file_that_is_wrong_anywhere_is_refused_and_its_text_is_not_shown() {
        let good = hash_password("x").unwrap();
        let costly = good.replace("m=19456", "m=4000000");
        let other = good.replace("argon2id", "argon2d");
        let bad = [
            String::new(),
            "alice".to_owned(),
            "alice:plain-secret".to_owned(),
            "alice:$2y$10$abcdefghijklmnopqrstuu".to_owned(),
            format!(":{good}"),
            format!("a:{good}\na:{good}"),
            format!("a:{costly}"),
            format!("a:{other}"),
            "a:$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ".to_owned(),
        ];
        for text in bad {
            let why = Users::parse(&text).err().unwrap_or_else(|| panic!("{text:?} was read"));
            assert!(!why.contains("plain-secret") && !why.contains("c2FsdHNhbHQ"), "{why}");
        }
    }
}
