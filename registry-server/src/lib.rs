#![doc = include_str!("../README.md")]
//!
//! From the outside in: [`serve()`] listens, `app` speaks HTTP, `routes` knows the paths, `ui` draws the pages for people,
//! `registry` decides, `writer` stores and publishes, `state` is what is known. Does not live here: parsing and comparing schemas (`eventpact-contract`,
//! `eventpact-compat`), the JSON objects (`eventpact-registry-client`).

mod app;
mod associations;
mod audit;
mod auth;
mod barrier;
mod config;
mod deadline;
mod dialect;
mod documents;
mod error;
mod feed;
mod foreign;
mod forward;
mod grpc;
mod headers;
mod identity;
mod limits;
#[cfg(test)]
mod linearizability;
mod meta;
mod metrics;
mod openapi;
mod parsed;
mod patience;
mod ready;
mod registry;
mod routes;
mod rules;
mod schema;
pub mod schemas_topic;
mod serialized;
mod serve;
mod state;
mod store;
mod stores;
mod stripped;
mod subject;
mod tags;
mod tls;
mod traces;
mod ui;
mod unreadable;
mod usage;
mod wording;
mod writer;

pub use auth::{
    Algorithm, BasicSettings, BearerSettings, CertificateName, CertificateSettings, KeySource, Rule, Security, TlsSettings, Verb,
    hash_password,
};
pub use config::{Config, ConfigError, listen_address};
pub use dialect::{Dialect, IncompatibleCode};
pub use headers::ExtraHeaders;
pub use limits::{Limits, Rate};
pub use registry::plan::{Placed, in_order};
pub use registry::prune::AuditKeep;
pub use rules::Rulesets;
pub use serve::{Options, ServeError, Server, serve};
pub use store::StoreError;
#[cfg(feature = "kafka-store")]
pub use stores::KafkaSpec;
pub use stores::{PostgresUrl, StoreSpec};
pub use usage::Recording;
