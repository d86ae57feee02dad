//! The configuration file of the registry, in TOML. `docs/serve.md` tells what each key means.
//!
//! Unknown keys are errors: a key with a typing mistake must not leave something open. Paths are seen from the folder of the file.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use eventpact_compat::mode::Mode as Level;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::auth::{
    Algorithm, BasicSettings, BearerSettings, CertificateName, CertificateSettings, KeySource, Rule, Security, TlsSettings,
    read_small,
};
use crate::dialect::Dialect;
use crate::headers::ExtraHeaders;
use crate::limits::{Limits, Rate};
use crate::registry::prune::AuditKeep;
use crate::stores::StoreSpec;
use crate::usage::Recording;

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct ConfigError {
    path: String,
    why: String,
}

/// What a file says. Where to listen and the store may be said elsewhere.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// Where schemas are kept.
    pub store: Option<StoreSpec>,
    /// Who may come in, and do what.
    pub security: Security,
    /// How much is let through.
    pub limits: Limits,
    /// Which of the original's dialects is spoken.
    pub dialect: Dialect,
    /// What is noted of clients that fetch schemas.
    pub usage: Recording,
    /// What every answer says besides.
    pub headers: ExtraHeaders,
    /// Where spans go.
    pub traces: Option<String>,
    /// How long records of the audit log are kept; for ever without it.
    pub audit_keep: Option<AuditKeep>,
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |why: String| ConfigError { path: path.display().to_string(), why };
        let text = read_small(path).map_err(failed)?;
        Self::parse(&text, path.parent().unwrap_or(Path::new(""))).map_err(failed)
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|why| told(text, &why))?;
        let at = |path: PathBuf| folder.join(path);
        let methods = usize::from(file.auth.basic.is_some()) + usize::from(file.auth.bearer.is_some());
        let security = Security {
            insecure: file.insecure,
            tls: file.tls.map(|tls| TlsSettings::new(at(tls.certificate), at(tls.key))),
            basic: file.auth.basic.map(|basic| BasicSettings::new(at(basic.users))),
            bearer: file.auth.bearer.map(|bearer| bearer.settings(folder)).transpose()?,
            certificates: file.auth.certificates.map(|c| c.settings(folder, methods == 0)).transpose()?,
            rules: file.rules.into_iter().map(|r| Rule { who: r.who, subjects: r.subjects, allow: r.allow }).collect(),
            roles: file.roles,
        };
        let store = file.store.map(|text| text.parse::<StoreSpec>()).transpose()?.map(|store| store.seen_from(folder));
        let mut dialect = Dialect::default();
        if let Some(word) = file.rulesets {
            dialect.rulesets = word.parse()?;
        }
        if let Some(code) = file.incompatible_code {
            dialect.incompatible_code = code.to_string().parse()?;
        }
        if let Some(word) = file.compatibility {
            let none = |_| format!("'{word}' in 'compatibility' is none of {}", Level::ALL.map(Level::as_str).join(", "));
            dialect.compatibility = word.parse().map_err(none)?;
        }
        let usage = file.usage.map(|word| word.parse()).transpose()?.unwrap_or_default();
        Ok(Self {
            listen: file.listen,
            store,
            security,
            limits: file.limits.limits()?,
            dialect,
            usage,
            headers: ExtraHeaders::new(file.headers)?,
            traces: file.traces.map(|traces| traces.endpoint),
            audit_keep: file.audit.map(|audit| audit.keep.parse()).transpose()?,
        })
    }
}

/// The address of `HOST:PORT`, where the host may be a name, as `localhost`. Of several addresses that of IPv4. The error does not
/// repeat the text, which may be the address of a store with its password.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().map_err(|error| format!("no HOST:PORT to listen on: {error}"))?;
    let found: Vec<SocketAddr> = found.collect();
    let best = found.iter().find(|address| address.is_ipv4()).or(found.first());
    best.copied().ok_or_else(|| "the host has no address".to_owned())
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    listen_address(&text).map(Some).map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default, deserialize_with = "address")]
    listen: Option<SocketAddr>,
    store: Option<String>,
    #[serde(default)]
    insecure: bool,
    rulesets: Option<String>,
    incompatible_code: Option<u32>,
    compatibility: Option<String>,
    usage: Option<String>,
    tls: Option<TlsFile>,
    #[serde(default)]
    auth: AuthFile,
    #[serde(default)]
    roles: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "rule")]
    rules: Vec<RuleFile>,
    #[serde(default)]
    limits: LimitsFile,
    traces: Option<TracesFile>,
    audit: Option<AuditFile>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditFile {
    keep: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TracesFile {
    endpoint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsFile {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthFile {
    basic: Option<BasicFile>,
    bearer: Option<BearerFile>,
    certificates: Option<CertificatesFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicFile {
    users: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BearerFile {
    issuer: String,
    audience: OneOrMore,
    keys: String,
    algorithms: Option<Vec<String>>,
    name_claim: Option<String>,
    roles_claim: Option<String>,
    skew_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificatesFile {
    authorities: PathBuf,
    revoked: Option<PathBuf>,
    name: Option<String>,
    required: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    who: Vec<String>,
    subjects: Vec<String>,
    allow: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsFile {
    address: Option<f64>,
    address_writes: Option<f64>,
    principal: Option<f64>,
    principal_writes: Option<f64>,
    connections: Option<usize>,
}

impl BearerFile {
    fn settings(self, folder: &Path) -> Result<BearerSettings, String> {
        let keys = match self.keys.split_once("://") {
            Some(_) => KeySource::Url(self.keys),
            None => KeySource::File(folder.join(self.keys)),
        };
        let mut settings = BearerSettings::new(self.issuer, "", keys);
        settings.audience = match self.audience {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        };
        if let Some(names) = self.algorithms {
            let parse = |name: &String| {
                let known = || Algorithm::ALL.map(Algorithm::as_str).join(", ");
                Algorithm::parse(name).ok_or_else(|| format!("'{name}' in 'algorithms' is none of {}", known()))
            };
            settings.algorithms = names.iter().map(parse).collect::<Result<_, _>>()?;
        }
        settings.name_claim = self.name_claim.unwrap_or(settings.name_claim);
        settings.roles_claim = self.roles_claim;
        settings.skew = self.skew_seconds.unwrap_or(settings.skew);
        settings.check().map_err(|why| format!("auth.bearer: {why}"))?;
        Ok(settings)
    }
}

impl CertificatesFile {
    /// Required by default where there is no other way to authenticate.
    fn settings(self, folder: &Path, alone: bool) -> Result<CertificateSettings, String> {
        let name = match self.name {
            Some(word) => CertificateName::parse(&word)
                .ok_or_else(|| format!("'{word}' in 'name' of auth.certificates is none of cn, dns, uri, email"))?,
            None => CertificateName::default(),
        };
        let mut settings = CertificateSettings::new(folder.join(self.authorities));
        settings.revoked = self.revoked.map(|path| folder.join(path));
        (settings.name, settings.required) = (name, self.required.unwrap_or(alone));
        Ok(settings)
    }
}

impl LimitsFile {
    fn limits(self) -> Result<Limits, String> {
        let rate = |name: &str, number: Option<f64>| {
            let wrong = || format!("'{name}' in 'limits' must be a number of requests a second above 0");
            number.map(|number| Rate::per_second(number).ok_or_else(wrong)).transpose()
        };
        if self.connections == Some(0) {
            return Err("'connections' in 'limits' must be above 0".to_owned());
        }
        let usual = Limits::default();
        Ok(Limits {
            address: rate("address", self.address)?,
            address_writes: rate("address-writes", self.address_writes)?,
            principal: rate("principal", self.principal)?,
            principal_writes: rate("principal-writes", self.principal_writes)?,
            connections: self.connections.unwrap_or(usual.connections),
            ..usual
        })
    }
}

/// What is wrong with the file, and where, without its text: the address of a store may hold a password.
fn told(text: &str, why: &toml::de::Error) -> String {
    let message = why.message();
    let Some(before) = why.span().and_then(|span| text.get(..span.start)) else { return message.to_owned() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line}, column {column}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("/etc/eventpact"))
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = parse(
            r#"
            listen = "0.0.0.0:8081"
            store = "sqlite:registry.db"
            [tls]
            certificate = "server.pem"
            key = "/secret/server.key"
            [auth.basic]
            users = "users"
            [auth.bearer]
            issuer = "https://id.example"
            audience = "eventpact"
            keys = "https://id.example/keys"
            algorithms = ["ES256"]
            roles-claim = "groups"
            [auth.certificates]
            authorities = "clients.pem"
            name = "uri"
            [roles]
            writers = ["alice"]
            [[rule]]
            who = ["role:writers"]
            subjects = ["orders-*"]
            allow = ["read", "write"]
            [limits]
            principal = 100
            address-writes = 2.5
            "#,
        )
        .unwrap();
        assert_eq!(config.store, Some(StoreSpec::Sqlite("/etc/eventpact/registry.db".into())));
        let tls = config.security.tls.unwrap();
        assert_eq!((tls.certificate, tls.key), ("/etc/eventpact/server.pem".into(), "/secret/server.key".into()));
        let bearer = config.security.bearer.unwrap();
        assert_eq!((bearer.algorithms, bearer.audience), (vec![Algorithm::ES256], vec!["eventpact".to_owned()]));
        assert_eq!(bearer.keys, KeySource::Url("https://id.example/keys".to_owned()));
        let certificates = config.security.certificates.unwrap();
        assert!(!certificates.required && certificates.name == CertificateName::Uri, "passwords are another way");
        assert_eq!(config.security.rules.len(), 1);
        assert_eq!(config.limits.principal.map(|rate| rate.burst), Some(200));
        assert!(parse("").unwrap().store.is_none());
        assert!(parse("[auth.certificates]\nauthorities = \"a\"").unwrap().security.certificates.unwrap().required);
    }

    #[test]
    fn a_host_may_be_a_name() {
        assert!(parse("listen = \"localhost:8081\"").unwrap().listen.is_some_and(|a| a.ip().is_loopback() && a.port() == 8081));
        assert_eq!(parse("listen = \"[::1]:0\"").unwrap().listen, Some(([0, 0, 0, 0, 0, 0, 0, 1], 0).into()));
        assert!(parse("listen = \"nobody.invalid:80\"").unwrap_err().contains("HOST:PORT"));
    }

    #[test]
    fn no_refusal_repeats_the_password_of_the_store() {
        let address = "postgres://eventpact:hunter2@db";
        for (bad, place) in [
            (format!("store = \"{address}/x\nlisten = \"127.0.0.1:1\""), "line 1"),
            (format!("stor = \"{address}/x\""), "line 1, column 1: unknown field `stor`"),
            (format!("insecure = true\nstore = [\"{address}/x\"]"), "line 2, column 9"),
            (format!("listen = \"{address}/x\""), "line 1, column 10"),
            ("store = \"postgress://eventpact:hunter2@db/x\"\n".to_owned(), "unknown store 'postgress:…'"),
            ("store = \"eventpact:hunter2@db\"".to_owned(), "unknown store 'eventpact:…'"),
            (format!("store = \"{address}:port/x\""), "no address of a PostgreSQL database"),
            (format!("store = \"{address}/x?sslmod=require\""), "sslmod"),
        ] {
            let why = parse(&bad).unwrap_err();
            assert!(!why.contains("hunter2") && why.contains(place), "{bad}: {why}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            "lisen = \"127.0.0.1:1\"",
            "listen = \"somewhere\"",
            "store = \"redis:x\"",
            "[auth]\ntype = \"basic\"",
            "[auth.basic]\nuser = \"x\"",
            "[auth.bearer]\nissuer = \"\"\naudience = \"a\"\nkeys = \"k\"",
            "[auth.bearer]\nissuer = \"i\"\naudience = []\nkeys = \"k\"",
            "[auth.bearer]\nissuer = \"i\"\naudience = \"a\"\nkeys = \"k\"\nalgorithms = [\"HS256\"]",
            "[auth.bearer]\nissuer = \"i\"\naudience = \"a\"\nkeys = \"k\"\nalgorithms = [\"none\"]",
            "[auth.bearer]\nissuer = \"i\"\naudience = \"a\"\nkeys = \"k\"\nskew-seconds = 61",
            "[auth.certificates]\nauthorities = \"a\"\nname = \"ip\"",
            "[[rule]]\nwho = [\"a\"]\nsubjects = [\"b\"]",
            "[[rules]]\nwho = [\"a\"]\nsubjects = [\"b\"]\nallow = [\"read\"]",
            "[limits]\nprincipal = 0",
            "[limits]\nconnections = 0",
            "insecure = \"no\"",
            "usage = \"some\"",
            "[audit]\nkeep = \"for ever\"",
            "compatibility = \"sideways\"",
            "compatibility = true",
            "[headers]\ncontent-type = \"text/plain\"",
            "[headers]\n\"a b\" = \"c\"",
            "[headers]\na = \"b\\nc\"",
            "[headers]\na = 1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
