//! Who asks, and what they may do.
//!
//! Authentication makes a [`Caller`] of a connection and its headers; the policy says which verbs a caller has on which subjects.
//! Routes ask the caller about the subject that was really found, never about the text in the path alone. Does not live here: which
//! right a route needs (`routes::access`), TLS itself (`crate::tls`), how often somebody may ask (`crate::limits`).

mod basic;
mod bearer;
mod caller;
mod certificate;
mod gate;
mod header;
mod pattern;
mod policy;
mod read;
mod security;
mod verified;

pub use basic::{BasicSettings, hash_password};
pub use bearer::{Algorithm, BearerSettings, KeySource};
pub(crate) use caller::Caller;
pub use certificate::{CertificateName, CertificateSettings};
pub(crate) use gate::{Gate, Peer};
pub use policy::{Rule, Verb};
pub(crate) use read::read_small;
pub use security::{Security, TlsSettings};
