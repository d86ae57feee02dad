//! What generated event clients call.

pub mod codec;
