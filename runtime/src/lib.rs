#![doc = include_str!("../README.md")]

pub mod codec;
pub mod confirm;
pub mod event;
pub mod message;
#[cfg(test)]
mod random;
pub mod schemas;
pub mod transport;
pub mod types;
