//! Client certificates: the name of the principal in one that TLS has verified already.

use std::path::PathBuf;

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Which part of a certificate names the principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertificateName {
    /// The common name of the subject.
    #[default]
    CommonName,
    /// The DNS name.
    Dns,
    /// The URI, as in SPIFFE.
    Uri,
    /// The e-mail address.
    Email,
}

impl CertificateName {
    /// By its word in a configuration.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "cn" => Some(Self::CommonName),
            "dns" => Some(Self::Dns),
            "uri" => Some(Self::Uri),
            "email" => Some(Self::Email),
            _ => None,
        }
    }
}

/// Which client certificates count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateSettings {
    /// A PEM file with the authorities that sign them.
    pub authorities: PathBuf,
    /// A PEM file with lists of revoked certificates.
    pub revoked: Option<PathBuf>,
    /// Where the name is.
    pub name: CertificateName,
    /// Refuse connections without one. Without this, who has none may show something else.
    pub required: bool,
}

impl CertificateSettings {
    /// Certificates of these authorities, by their common name, required.
    pub fn new(authorities: PathBuf) -> Self {
        Self { authorities, revoked: None, name: CertificateName::default(), required: true }
    }
}

/// The one name of a certificate (DER). None and several are errors: nobody could tell which was meant.
pub(super) fn name_of(der: &[u8], which: CertificateName) -> Result<String, &'static str> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| "the client certificate cannot be read")?;
    let names: Vec<String> = if which == CertificateName::CommonName {
        let names = certificate.subject().iter_common_name();
        names.map(|name| name.as_str().map(str::to_owned)).collect::<Result<_, _>>().map_err(|_| "its common name is no text")?
    } else {
        let extension = certificate.subject_alternative_name().map_err(|_| "the client certificate names its subject twice")?;
        let all = extension.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
        let wanted = |name: &GeneralName<'_>| match (which, name) {
            (CertificateName::Dns, GeneralName::DNSName(text))
            | (CertificateName::Uri, GeneralName::URI(text))
            | (CertificateName::Email, GeneralName::RFC822Name(text)) => Some((*text).to_owned()),
            _ => None,
        };
        all.iter().filter_map(wanted).collect()
    };
    match <[String; 1]>::try_from(names) {
        Ok([name]) if !name.trim().is_empty() && name.len() <= 256 && !name.chars().any(char::is_control) => Ok(name),
        Ok(_) => Err("the name in the client certificate cannot be used"),
        Err(names) if names.is_empty() => Err("the client certificate has no name of the kind that is asked for"),
        Err(_) => Err("the client certificate has more than one name of the kind that is asked for"),
    }
}
