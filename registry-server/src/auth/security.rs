//! How a registry is protected, as its operator says; and what must not be said.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::basic::BasicSettings;
use super::bearer::BearerSettings;
use super::certificate::CertificateSettings;
use super::policy::Rule;

/// The server's own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsSettings {
    /// A PEM file with the certificate and those between it and the root.
    pub certificate: PathBuf,
    /// A PEM file with its private key.
    pub key: PathBuf,
}

impl TlsSettings {
    /// These two files.
    pub fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self { certificate, key }
    }
}

/// How a registry is protected.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Security {
    /// Listen where others can reach it, although something is missing that protects it.
    pub insecure: bool,
    /// Encryption; without it everything is readable on the way.
    pub tls: Option<TlsSettings>,
    /// Names and passwords.
    pub basic: Option<BasicSettings>,
    /// Signed tokens.
    pub bearer: Option<BearerSettings>,
    /// Client certificates; they need TLS.
    pub certificates: Option<CertificateSettings>,
    /// Who may do what; without a rule everybody who was let in may do everything.
    pub rules: Vec<Rule>,
    /// Role → names of principals.
    pub roles: BTreeMap<String, Vec<String>>,
}

impl Security {
    /// Is there any way to authenticate?
    pub fn authenticates(&self) -> bool {
        self.basic.is_some() || self.bearer.is_some() || self.certificates.is_some()
    }

    /// Refuses what would be open, or send passwords in the clear, to more than this machine.
    pub(crate) fn check(&self, listen: SocketAddr) -> Result<(), String> {
        if self.certificates.is_some() && self.tls.is_none() {
            return Err("client certificates need TLS: give a certificate and a key".to_owned());
        }
        if listen.ip().is_loopback() || self.insecure {
            return Ok(());
        }
        let remedy = "say so with --insecure if something in front of it does that";
        if !self.authenticates() {
            return Err(format!("{listen} can be reached by others, and nobody is authenticated; {remedy}"));
        }
        if self.tls.is_none() {
            return Err(format!(
                "{listen} can be reached by others, and passwords or tokens would be sent without TLS; {remedy}"
            ));
        }
        Ok(())
    }

    /// What is not protected at this address, each in a line for people; empty when all is.
    pub fn unprotected(&self, listen: SocketAddr) -> Vec<String> {
        let mut open = Vec::new();
        let near = listen.ip().is_loopback();
        let reach = if near { "every user of this machine".to_owned() } else { format!("everyone who reaches {listen}") };
        if !self.authenticates() && self.rules.is_empty() {
            open.push(format!("open to {reach}: there is no authentication"));
        } else if !self.authenticates() {
            open.push(format!("there is no authentication: what 'anonymous' may do, {reach} may"));
        } else if self.rules.is_empty() {
            open.push("there are no rules: everybody who is authenticated may do everything".to_owned());
        } else if self.rules.iter().any(|rule| rule.who.iter().any(|who| who == "anonymous")) {
            open.push(format!("what a rule allows to 'anonymous' is open to {reach}"));
        }
        if self.tls.is_none() && !near {
            open.push("there is no TLS: requests, passwords and tokens can be read on the way".to_owned());
        }
        open
    }

    /// How callers are recognised, in words.
    pub fn methods(&self) -> String {
        let all = [
            (self.basic.is_some(), "passwords"),
            (self.bearer.is_some(), "tokens"),
            (self.certificates.is_some(), "client certificates"),
        ];
        let there: Vec<&str> = all.into_iter().filter_map(|(there, name)| there.then_some(name)).collect();
        if there.is_empty() { "none".to_owned() } else { there.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_open_to_others_by_accident() {
        let near: SocketAddr = "127.0.0.1:8081".parse().unwrap();
        let far: SocketAddr = "0.0.0.0:8081".parse().unwrap();
        let open = Security::default();
        assert!(open.check(near).is_ok() && open.check(far).is_err() && open.check("[::]:1".parse().unwrap()).is_err());
        assert!(Security { insecure: true, ..Security::default() }.check(far).is_ok());
        let basic = Security { basic: Some(BasicSettings::new("users".into())), ..Security::default() };
        assert!(basic.check(near).is_ok() && basic.check(far).is_err());
        let both = Security { tls: Some(TlsSettings::new("c".into(), "k".into())), ..basic };
        assert!(both.check(far).is_ok());
        let certificates = Security { certificates: Some(CertificateSettings::new("ca".into())), ..Security::default() };
        assert!(certificates.check(near).is_err());
        let rule = Rule { who: vec!["anonymous".to_owned()], ..Rule::default() };
        let public = Security { rules: vec![rule], ..Security::default() };
        assert!(public.check(far).is_err(), "rules alone authenticate nobody");
        assert_eq!((open.unprotected(near).len(), open.unprotected(far).len(), both.unprotected(far).len()), (1, 2, 1));
    }
}
