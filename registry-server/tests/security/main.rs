//! The registry against strangers, over real sockets: TLS, client certificates, passwords, tokens, limits, and what is logged.

#![allow(clippy::unwrap_used)] // all of it is a test

mod certificates;
mod grpc;
mod limits;
mod logins;
mod secrets;
mod support;
