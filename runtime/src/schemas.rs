//! Schema ids: which id an event is sent with, and what a received id means.

/// The schema of a message could not be settled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SchemaError {
    /// The registry was not reached or could not answer. It says nothing about the message: try again.
    #[error("the schema registry is not available: {0}")]
    RegistryUnavailable(String),
    /// The registry does not know the id, subject or schema.
    #[error("{0}")]
    Unknown(String),
    /// The schemas do not fit: the registry refused to register ours, or ours cannot read what the writer's writes.
    #[error("{0}")]
    Incompatible(String),
}

impl SchemaError {
    /// True when trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RegistryUnavailable(_))
    }
}
