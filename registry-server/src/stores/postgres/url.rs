//! Where a database is, and how to reach it: `postgres://USER@HOST/DATABASE?schema=…&sslmode=…&sslrootcert=…`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// The schema when none is named.
const SCHEMA: &str = "eventpact";

/// Reaching one host may take this long.
const CONNECT: Duration = Duration::from_secs(1);

/// The address of a PostgreSQL store. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: Box<Config>,
    /// The schema that holds the tables.
    pub(super) schema: String,
    /// None when the connection is not encrypted.
    pub(super) tls: Option<TlsFiles>,
}

/// What a connection over TLS needs.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// A file with the certificates to trust; `system` are those that the operating system trusts.
    pub(super) roots: String,
    /// Our own certificate and its key, for a database that asks for one.
    pub(super) own: Option<(String, String)>,
}

impl FromStr for PostgresUrl {
    type Err = String;

    /// Reads the address. `schema`, `sslrootcert`, `sslcert` and `sslkey` are ours to read; the rest is what libpq knows. A password
    /// that is not in it is taken from `PGPASSWORD`. Where there is TLS, the certificate and the host's name are always verified,
    /// so that `sslmode=require` is as strict as `verify-full`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut schema, mut verify, mut kept) = (SCHEMA.to_owned(), false, Vec::new());
        let (mut roots, mut certificate, mut key) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "schema" => schema = value(),
                "sslrootcert" => roots = Some(value()),
                "sslcert" => certificate = Some(value()),
                "sslkey" => key = Some(value()),
                "sslmode" if matches!(&*value(), "verify-ca" | "verify-full") => verify = true,
                _ => kept.push(pair),
            }
        }
        let address = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        // The library's own text may hold what is secret in the address, values of parameters too.
        let mut config: Config = address.parse().map_err(|_| match base.parse::<Config>() {
            Ok(_) => {
                let names: Vec<&str> = kept.iter().map(|pair| pair.split('=').next().unwrap_or("")).collect();
                format!("a parameter of the PostgreSQL address is unknown, or its value is wrong; look at: {}", names.join(", "))
            }
            Err(_) => "it is no address of a PostgreSQL database; it is like postgres://user@host:5432/database".to_owned(),
        })?;
        if schema.is_empty() || schema.len() > 40 || !schema.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("the schema '{schema}' must be letters, digits and underscores, at most 40"));
        }
        if verify || roots.is_some() {
            config.ssl_mode(SslMode::Require);
        }
        let own = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err("sslcert=FILE and sslkey=FILE belong together".to_owned()),
        };
        let needed = own.is_some() || config.get_ssl_mode() == SslMode::Require;
        let tls = roots.map(|roots| TlsFiles { roots, own });
        if needed && tls.is_none() {
            let known = "sslrootcert=FILE, the certificates to trust, or sslrootcert=system, those that the system trusts";
            return Err(format!("TLS needs {known}"));
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        config
            .application_name("eventpact-registry")
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(CONNECT)
            .tcp_user_timeout(Duration::from_secs(3))
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(1))
            .keepalives_retries(3);
        Ok(Self { config: Box::new(config), schema, tls })
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{}", path.display())?,
            }
            if let Some(port) = self.config.get_ports().get(index).or(self.config.get_ports().first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}?schema={}", self.config.get_dbname().unwrap_or(""), self.schema)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_the_password() {
        let url: PostgresUrl = "postgres://me:canary@h1:5433,h2:5434/db?schema=other&application_name=x".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://me@h1:5433,h2:5434/db?schema=other");
        assert!(!format!("{url:?}").contains("canary"));
        assert_eq!("postgresql://h/db".parse::<PostgresUrl>().unwrap().schema, "eventpact");
        for bad in [
            "postgres://h:port/canary",
            "postgres://h/db?schema=a;b",
            "postgres://h/db?sslmode=require",
            "postgres://h/db?sslmode=verify-full",
            "postgres://h/db?sslrootcert=system&sslcert=c.pem",
            "postgres://h/db?sslcert=c.pem&sslkey=k.pem",
            "postgres://h/db?nonsense=1",
        ] {
            let error = bad.parse::<PostgresUrl>().unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
        let tls: PostgresUrl = "postgres://h/db?sslmode=verify-full&sslrootcert=%2Fca.pem".parse().unwrap();
        assert_eq!(tls.config.get_ssl_mode(), SslMode::Require);
        assert!(tls.tls.is_some_and(|files| files.roots == "/ca.pem" && files.own.is_none()));
    }
}
