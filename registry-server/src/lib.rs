#![doc = include_str!("../README.md")]
//!
//! From the outside in: [`serve()`] listens, `app` speaks HTTP, `routes` knows the paths, `ui` draws the pages for people,
//! `registry` decides, `writer` stores and publishes, `state` is what is known. Does not live here: parsing and comparing schemas (`eventpact-contract`,
//! `eventpact-compat`), the JSON objects (`eventpact-registry-client`).

mod app;
mod associations;
#[allow(dead_code, reason = "passwords, tokens and certificates come with the next change")]
mod auth;
mod barrier;
mod dialect;
mod error;
mod identity;
#[cfg(test)]
mod linearizability;
mod metrics;
mod openapi;
mod parsed;
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
mod ui;
mod wording;
mod writer;

pub use auth::{PolicyError, Rule, Security, Verb};
pub use dialect::{Dialect, IncompatibleCode};
pub use rules::Rulesets;
pub use serve::{Options, ServeError, Server, serve};
pub use store::StoreError;
#[cfg(feature = "kafka-store")]
pub use stores::KafkaSpec;
pub use stores::{PostgresUrl, StoreSpec};
