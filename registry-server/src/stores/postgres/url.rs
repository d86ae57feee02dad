//! Where a database is, and how to reach it: `postgres://USER@HOST/DATABASE?schema=…&sslrootcert=…`.

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
    /// A file with the certificates to trust; without it there is no TLS.
    pub(super) roots: Option<String>,
}

impl FromStr for PostgresUrl {
    type Err = String;

    /// Reads the address. `schema` and `sslrootcert` are ours to read; the rest is what libpq knows. A password that is not in it
    /// is taken from `PGPASSWORD`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut schema, mut roots, mut verify, mut kept) = (SCHEMA.to_owned(), None, false, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "schema" => schema = value(),
                "sslrootcert" => roots = Some(value()),
                // With a file of certificates the host's name is always verified.
                "sslmode" if matches!(&*value(), "verify-ca" | "verify-full") => verify = true,
                _ => kept.push(pair),
            }
        }
        let address = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        // The library's own text may hold what is secret in the address.
        let mut config: Config = address
            .parse()
            .map_err(|_| "it is no address of a PostgreSQL database; it is like postgres://user@host:5432/database".to_owned())?;
        if schema.is_empty() || schema.len() > 40 || !schema.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("the schema '{schema}' must be letters, digits and underscores, at most 40"));
        }
        if verify || roots.is_some() {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_ssl_mode() == SslMode::Require && roots.is_none() {
            return Err("TLS needs sslrootcert=FILE, the certificates to trust".to_owned());
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
        Ok(Self { config: Box::new(config), schema, roots })
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
            "postgres://h/db?nonsense=1",
        ] {
            let error = bad.parse::<PostgresUrl>().unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
        let tls: PostgresUrl = "postgres://h/db?sslmode=verify-full&sslrootcert=%2Fca.pem".parse().unwrap();
        assert_eq!((tls.roots.as_deref(), tls.config.get_ssl_mode()), (Some("/ca.pem"), SslMode::Require));
    }
}
