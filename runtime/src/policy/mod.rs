//! What is done when a message is not handled: when it is tried again, and how it is put aside.

pub mod dead_letter;
pub mod retry;
