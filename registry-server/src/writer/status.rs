//! Whether the store works, for everybody who asks.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::store::{Store, StoreError};

/// How the store is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Why nothing can be written; `None` while all is well.
    pub(crate) down: Option<String>,
    /// It is down because acknowledged writes are not in it any more.
    pub(crate) lost: bool,
    /// Why this process does not write now though the store works: another one does.
    pub(crate) standby: Option<String>,
    /// Where that one is reached, if it has said so.
    pub(crate) writer: Option<Arc<str>>,
    /// What makes acknowledged writes less safe than they should be, one sentence each.
    pub(crate) warnings: Vec<String>,
}

/// The newest [`Health`].
pub(crate) struct Status {
    health: ArcSwap<Health>,
}

impl Status {
    pub(super) fn new(store: &dyn Store) -> Self {
        let status = Self { health: ArcSwap::default() };
        status.rise(store);
        status
    }

    pub(crate) fn health(&self) -> Arc<Health> {
        self.health.load_full()
    }

    pub(crate) fn is_down(&self) -> bool {
        self.health.load().down.is_some()
    }

    /// Why another process is to be asked, if this one only stands by.
    pub(crate) fn standby(&self) -> Option<String> {
        self.health.load().standby.clone()
    }

    /// The store failed. What is new about it is logged.
    pub(super) fn fall(&self, error: &StoreError) {
        let (why, health) = (error.to_string(), self.health.load());
        if health.down.as_ref() != Some(&why) {
            tracing::error!(%error, "the store failed; nothing is written until it is back");
            let (lost, warnings) = (matches!(error, StoreError::Lost(_)), health.warnings.clone());
            self.health.store(Arc::new(Health { down: Some(why), lost, warnings, ..Health::default() }));
        }
    }

    /// The store works.
    pub(super) fn rise(&self, store: &dyn Store) {
        let (warnings, standby) = (store.warnings(), store.standby());
        let writer = standby.as_ref().and_then(|_| store.writer());
        let health = self.health.load();
        if health.down.is_some() {
            tracing::warn!("the store is back");
        }
        if health.down.is_some() || health.warnings != warnings || health.standby != standby || health.writer != writer {
            for warning in warnings.iter().filter(|warning| !health.warnings.contains(warning)) {
                tracing::warn!("{warning}");
            }
            self.health.store(Arc::new(Health { down: None, lost: false, standby, writer, warnings }));
        }
    }
}
