//! Who asks, and what they may do.
//!
//! Authentication makes a [`Caller`] of a connection and its headers; the policy says which verbs a caller has on which subjects.
//! Routes ask the caller about the subject that was really found, never about the text in the path alone. Does not live here: which
//! right a route needs (`routes::access`), TLS itself (`crate::tls`).

mod caller;
mod gate;
mod pattern;
mod policy;

pub(crate) use caller::Caller;
pub(crate) use gate::Gate;
pub use gate::Security;
pub use policy::{PolicyError, Rule, Verb};
