//! What a client trusts at `https://` addresses, and what it shows of itself: PEM files, named by the program or by the environment.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, Identity};

use super::{Files, chain};
use crate::error::Error;

/// The environment variable with the file of the authorities to trust, instead of the system's.
const CA_VARIABLE: &str = "EVENTPACT_REGISTRY_CA";

/// The environment variable with the file of the client's certificate, and those between it and the root.
const CERTIFICATE_VARIABLE: &str = "EVENTPACT_REGISTRY_CERT";

/// The environment variable with the file of the key; without one it stands in the file of the certificate.
const KEY_VARIABLE: &str = "EVENTPACT_REGISTRY_KEY";

/// The files, read. Without authorities, the system's are trusted.
#[derive(Default)]
pub(crate) struct Tls {
    pub(crate) authorities: Option<Vec<u8>>,
    /// Certificates and key.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Reads what was named; where nothing was, what the environment names.
    pub(super) fn read(files: &Files) -> Result<Self, Error> {
        let named = |given: &Option<PathBuf>, variable: &str| {
            let variable = || std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
            given.clone().or_else(variable)
        };
        let authorities = named(&files.authorities, CA_VARIABLE);
        // A key belongs to its certificate: one from the environment does not go with a certificate that was given.
        let (certificate, key) = match &files.certificate {
            Some(_) => (files.certificate.clone(), files.key.clone()),
            None => (named(&None, CERTIFICATE_VARIABLE), named(&files.key, KEY_VARIABLE)),
        };
        let identity = match (certificate, key) {
            (Some(certificate), key) => {
                let key = key.unwrap_or_else(|| certificate.clone());
                Some(identity(&certificate, &key)?)
            }
            (None, Some(key)) => {
                let text = format!("the key {} needs its certificate (--cert, {CERTIFICATE_VARIABLE})", key.display());
                return Err(Error::Usage(text));
            }
            (None, None) => None,
        };
        Ok(Self { authorities: authorities.map(|path| authorities_in(&path)).transpose()?, identity })
    }

    /// A client that trusts and shows this.
    pub(super) fn apply(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        let unusable = |cause: reqwest::Error| Error::Usage(format!("the certificates cannot be used: {}", chain(&cause)));
        if let Some(authorities) = &self.authorities {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(authorities).map_err(unusable)?);
        }
        if let Some((certificate, key)) = &self.identity {
            let both = [certificate.as_slice(), b"\n", key.as_slice()].concat();
            builder = builder.identity(Identity::from_pem(&both).map_err(unusable)?);
        }
        Ok(builder)
    }
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|cause| Error::Usage(format!("{what} {} cannot be read: {cause}", path.display())))
}

fn authorities_in(path: &Path) -> Result<Vec<u8>, Error> {
    let text = read("the authorities", path)?;
    match Certificate::from_pem_bundle(&text) {
        Ok(found) if !found.is_empty() => Ok(text),
        Ok(_) => Err(Error::Usage(format!("{} holds no certificate in PEM", path.display()))),
        Err(cause) => Err(Error::Usage(format!("{} cannot be used: {}", path.display(), chain(&cause)))),
    }
}

/// The certificates and the key, each in PEM.
fn identity(certificate: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let one_file = certificate == key;
    let (certificates, keys) = (read("the certificate", certificate)?, read("the key", key)?);
    let has = |text: &[u8], words: &[u8]| text.windows(words.len()).any(|part| part == words);
    if has(&keys, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(&keys, b"Proc-Type: 4,ENCRYPTED") {
        let text =
            format!("the key in {} is encrypted; write one without a password (openssl pkey -in OLD -out NEW)", key.display());
        return Err(Error::Usage(text));
    }
    if !has(&certificates, b"-----BEGIN CERTIFICATE-----") {
        return Err(Error::Usage(format!("{} holds no certificate in PEM", certificate.display())));
    }
    if !has(&keys, b"PRIVATE KEY-----") {
        let more = if one_file { format!("; name the file of the key too (--key, {KEY_VARIABLE})") } else { String::new() };
        return Err(Error::Usage(format!("{} holds no key in PEM{more}", key.display())));
    }
    // The same key twice would be one too many.
    Ok((certificates, if one_file { Vec::new() } else { keys }))
}
