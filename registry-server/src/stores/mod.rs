//! The stores, one file each, and how a command line names them.

#[cfg(feature = "kafka-store")]
mod kafka;
mod memory;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::str::FromStr;

#[cfg(feature = "kafka-store")]
pub use self::kafka::KafkaSpec;
pub use self::postgres::PostgresUrl;
use crate::store::{Store, StoreError};
use crate::usage::memory::MemoryLedger;
use crate::usage::{Keeping, Open};

/// Which store, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSpec {
    /// `sqlite:PATH`: one file, and two beside it (the write-ahead log and the lock).
    Sqlite(PathBuf),
    /// The same file, which another process may be writing to: this one only reads, and follows it.
    SqliteReadOnly(PathBuf),
    /// `postgres://USER@HOST/DATABASE`: any number of servers over one database.
    Postgres(PostgresUrl),
    /// `kafka://HOST:PORT/TOPIC`: the topic `_schemas` of Confluent's and Karapace's registries.
    #[cfg(feature = "kafka-store")]
    Kafka(KafkaSpec),
    /// `memory:` keeps nothing when the process ends. For tests and demonstrations.
    Memory,
}

impl FromStr for StoreSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => text.parse().map(Self::Postgres),
            Some(("memory", "")) => Ok(Self::Memory),
            #[cfg(feature = "kafka-store")]
            Some(("kafka", _)) => text.parse().map(Self::Kafka),
            #[cfg(not(feature = "kafka-store"))]
            Some(("kafka", _)) => Err("this program was built without Kafka: build it with the feature kafka-store".to_owned()),
            other => {
                // What comes after the kind may hold a password.
                let kind = other.map_or_else(|| text.to_owned(), |(kind, _)| format!("{kind}:…"));
                Err(format!(
                    "unknown store '{kind}'; it is sqlite:PATH, postgres://USER@HOST/DATABASE, kafka://HOST:PORT/TOPIC or memory:"
                ))
            }
        }
    }
}

impl StoreSpec {
    /// The same store, its path seen from a folder.
    pub(crate) fn seen_from(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
            Self::SqliteReadOnly(path) => Self::SqliteReadOnly(folder.join(path)),
            Self::Postgres(_) | Self::Memory => self,
            #[cfg(feature = "kafka-store")]
            Self::Kafka(_) => self,
        }
    }

    /// The same store, only to be read.
    pub fn read_only(self) -> Result<Self, String> {
        match self {
            Self::Sqlite(path) | Self::SqliteReadOnly(path) => Ok(Self::SqliteReadOnly(path)),
            #[cfg(feature = "kafka-store")]
            Self::Kafka(spec) => Ok(Self::Kafka(spec.following())),
            Self::Postgres(_) | Self::Memory => Err(format!("{self} cannot be opened to read only; a SQLite file can")),
        }
    }
}

impl std::fmt::Display for StoreSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::SqliteReadOnly(path) => write!(f, "sqlite:{} (read only)", path.display()),
            Self::Postgres(url) => url.fmt(f),
            #[cfg(feature = "kafka-store")]
            Self::Kafka(spec) => spec.fmt(f),
            Self::Memory => f.write_str("memory:"),
        }
    }
}

/// Opens a store, taking it for this process alone.
pub(crate) fn open(spec: &StoreSpec) -> Result<Box<dyn Store>, StoreError> {
    match spec {
        StoreSpec::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path)?)),
        StoreSpec::SqliteReadOnly(path) => Ok(Box::new(sqlite::Sqlite::open_read_only(path)?)),
        StoreSpec::Postgres(url) => Ok(Box::new(postgres::Postgres::open(url)?)),
        #[cfg(feature = "kafka-store")]
        StoreSpec::Kafka(spec) => Ok(Box::new(kafka::Kafka::open(spec)?)),
        StoreSpec::Memory => Ok(Box::new(memory::Memory)),
    }
}

/// Where it is kept who fetched what, for a store. What follows a store, or has only a topic, knows it of itself alone.
pub(crate) fn usage(spec: &StoreSpec) -> Keeping {
    let in_memory = || -> Open { Box::new(|| Ok(Box::new(MemoryLedger::default()))) };
    match spec.clone() {
        StoreSpec::Sqlite(path) => {
            Keeping { kept: "file", open: Box::new(move || Ok(Box::new(sqlite::UsageFile::beside(&path)?))) }
        }
        StoreSpec::Postgres(url) => {
            Keeping { kept: "database", open: Box::new(move || Ok(Box::new(postgres::UsageTable::open(&url)?))) }
        }
        StoreSpec::SqliteReadOnly(_) | StoreSpec::Memory => Keeping { kept: "process", open: in_memory() },
        #[cfg(feature = "kafka-store")]
        StoreSpec::Kafka(_) => Keeping { kept: "process", open: in_memory() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_have_names() {
        assert_eq!("sqlite:a/b.db".parse(), Ok(StoreSpec::Sqlite("a/b.db".into())));
        assert_eq!("memory:".parse(), Ok(StoreSpec::Memory));
        for bad in ["sqlite:", "memory:x", "redis:x", ""] {
            assert!(bad.parse::<StoreSpec>().is_err(), "{bad}");
        }
    }
}
