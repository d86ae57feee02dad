#![doc = include_str!("../README.md")]
//!
//! Lives here: the JSON objects of the API ([`wire`]), the [`Client`], its [`Error`]. Does not live here: how a message is framed
//! (the runtime), what is compatible (`eventpact-compat`), how schemas are stored (`eventpact-registry`).

mod cache;
mod client;
mod error;
#[cfg(feature = "grpc")]
pub mod grpc;
pub mod wire;

pub use client::{AuditQuery, Client, ClientBuilder};
pub use error::Error;
pub use wire::{
    CompatibilityAnswer, Config, ConfigUpdate, ErrorBody, Metadata, ModeBody, Reference, RegisterRequest, RegisterResponse,
    SchemaObject, SchemaString, SchemaType, SubjectVersion,
};
