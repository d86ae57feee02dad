//! The AsyncAPI document: its objects, references, traits, and the way into the [`crate::model`].
