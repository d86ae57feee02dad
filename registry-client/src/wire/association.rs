//! Which subject belongs to which topic.

use serde::{Deserialize, Serialize};

/// Whether the subject lives and dies with the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Lifecycle {
    /// The subject is the topic's alone.
    Strong,
    /// The topic only uses the subject.
    Weak,
}

/// A subject that is bound to a resource, as it is stored and answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// Random, for life.
    pub guid: String,
    /// The name of the topic.
    pub resource_name: String,
    /// The cluster of the topic.
    pub resource_namespace: String,
    /// Names the topic for ever, whatever it is called.
    pub resource_id: String,
    /// `topic`
    pub resource_type: String,
    /// `key` or `value`
    pub association_type: String,
    /// Whether the subject lives and dies with the topic.
    pub lifecycle: Lifecycle,
    /// May not be changed.
    pub frozen: bool,
    /// Milliseconds since 1970.
    pub create_ts: i64,
    /// Milliseconds since 1970.
    pub update_ts: i64,
}
