//! The audit log: who changed what, each record bound to the one before by its hash.
//!
//! The writer makes a record of every request that changes something, out of the changes themselves ([`describe`]), and appends it
//! to them as one more [`Change`]. So it becomes durable in the same transaction, or not at all, and no handler can forget it. Who
//! asked travels with the task of the request ([`acting`]).
//!
//! The hash of a record is SHA-256 over the hash before and the text of the entry. Changing, leaving out, adding or reordering
//! records breaks the chain, unless everything after is made anew; against that helps to note the newest hash elsewhere.
//!
//! [`Change`]: crate::store::Change

mod describe;
mod ring;

use std::net::IpAddr;
use std::sync::Arc;

use eventpact_registry_client::wire::audit::{AuditEntry, AuditRecord};
use futures_util::future::BoxFuture;

use self::describe::Described;
pub(crate) use self::ring::Ring;
use crate::auth::Caller;
use crate::state::State;
use crate::store::{Change, StoreError};

/// The longest text of a client that is kept, in bytes.
const MAX_TEXT: usize = 256;

/// A hash.
pub(crate) type Hash = [u8; 32];

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// 0 before the first record.
    pub(crate) number: u64,
    pub(crate) hash: Hash,
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
    /// An [`AuditEntry`] as JSON.
    pub(crate) text: Arc<str>,
}

impl Record {
    /// The record that follows.
    pub(crate) fn after(head: Head, text: Arc<str>) -> Self {
        Self { number: head.number + 1, previous: head.hash, hash: hash(&head.hash, &text), text }
    }

    /// Where the chain ends with it.
    pub(crate) fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash }
    }

    /// The entry; `None` when the text is none.
    pub(crate) fn entry(&self) -> Option<AuditEntry> {
        serde_json::from_str(&self.text).ok()
    }

    /// As it is answered.
    pub(crate) fn shown(&self) -> AuditRecord {
        let (previous, hash) = (hex(&self.previous), hex(&self.hash));
        AuditRecord { number: self.number, previous, hash, text: self.text.to_string(), entry: self.entry() }
    }
}

/// The hash of the record with this text.
pub(crate) fn hash(previous: &Hash, text: &str) -> Hash {
    use sha2::{Digest as _, Sha256};
    Sha256::new().chain_update(previous).chain_update(text.as_bytes()).finalize().into()
}

/// In hexadecimal.
pub(crate) fn hex(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What [`hex`] gave.
pub(crate) fn unhex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// Reads old records, from any thread.
pub(crate) trait Trail: Send + Sync {
    /// `store` or `process`.
    fn kept(&self) -> &'static str;

    /// The records before a place (the newest ones without), newest first, each with its place. Places are numbers of the store's
    /// own that grow with the records.
    fn before(&self, place: Option<u64>, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>>;

    /// The oldest records, oldest first, each with its place.
    fn oldest(&self, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>>;
}

/// Who changes something.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) principal: String,
    pub(crate) authentication: &'static str,
    pub(crate) address: Option<IpAddr>,
    pub(crate) agent: Option<String>,
    /// Method and route.
    pub(crate) request: String,
    pub(crate) request_id: String,
}

impl Actor {
    /// A caller, with what it asked.
    pub(crate) fn new(caller: &Caller, address: IpAddr, agent: Option<&str>, request: String, request_id: &str) -> Self {
        let principal = if caller.name().is_empty() { "anonymous" } else { caller.name() };
        Self {
            principal: cut(principal).to_owned(),
            authentication: caller.method(),
            address: Some(address),
            agent: agent.map(|agent| cut(agent).to_owned()),
            request,
            request_id: cut(request_id).to_owned(),
        }
    }

    /// The registry itself.
    fn nobody() -> Self {
        let (request, request_id) = ("none".to_owned(), String::new());
        Self { principal: "registry".to_owned(), authentication: "none", address: None, agent: None, request, request_id }
    }
}

tokio::task_local! {
    static ACTOR: Arc<Actor>;
}

/// Runs the answering of a request; what it changes is recorded as this actor's.
pub(crate) async fn acting<T>(actor: Actor, answering: impl Future<Output = T>) -> T {
    ACTOR.scope(Arc::new(actor), answering).await
}

/// Who acts in this task.
pub(crate) fn actor() -> Arc<Actor> {
    ACTOR.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Actor::nobody()))
}

/// Applies the changes of a request to the state, and gives the record of them, which is applied as well.
pub(crate) fn apply(state: &mut State, changes: &[Change], actor: &Actor, now: i64) -> Change {
    let mut described = Described::default();
    for change in changes {
        described.add(state, change);
        state.apply(change);
    }
    let entry = AuditEntry {
        number: state.audit.number + 1,
        time: now,
        principal: actor.principal.clone(),
        authentication: actor.authentication.to_owned(),
        address: actor.address.map(|address| address.to_string()),
        agent: actor.agent.clone(),
        request: actor.request.clone(),
        request_id: actor.request_id.clone(),
        more: described.more,
        changes: described.changes,
    };
    let text = serde_json::to_string(&entry).unwrap_or_default();
    let change = Change::Audit { record: Arc::new(Record::after(state.audit, text.into())) };
    state.apply(&change);
    change
}

/// The beginning of a long text, cut between characters.
fn cut(text: &str) -> &str {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_bound_to_the_one_before() {
        let first = Record::after(Head::default(), "a".into());
        assert_eq!((first.number, first.previous), (1, [0; 32]));
        let second = Record::after(first.head(), "a".into());
        assert_ne!(first.hash, second.hash);
        assert_eq!(second.previous, first.hash);
        assert_eq!(hash(&second.previous, "a"), second.hash);
        assert_ne!(hash(&second.previous, "b"), second.hash);
        assert_eq!(unhex(&hex(&second.hash)), Some(second.hash));
        assert_eq!((unhex(""), unhex(&"zz".repeat(32))), (None, None));
    }

    #[tokio::test]
    async fn who_acts_is_known_in_the_task_alone() {
        let named = Actor { principal: "ann".into(), ..Actor::nobody() };
        let seen = acting(named, async { actor().principal.clone() }).await;
        assert_eq!((seen.as_str(), actor().principal.as_str()), ("ann", "registry"));
    }

    #[test]
    fn a_request_becomes_a_record_with_before_and_after() {
        let mut state = State::default();
        let mode = |mode: &str| [Change::Mode { scope: "s".into(), mode: Some(mode.into()) }];
        apply(&mut state, &mode("READONLY"), &Actor::nobody(), 1);
        let Change::Audit { record } = apply(&mut state, &mode("IMPORT"), &Actor::nobody(), 2) else { panic!("a record") };
        assert_eq!((state.audit, state.mode("s").map(|m| &**m)), (record.head(), Some("IMPORT")));
        let entry = record.entry().unwrap();
        let change = &entry.changes[0];
        assert_eq!((&*change.what, &*change.name), ("mode", "s"));
        assert_eq!((change.before.as_deref(), change.after.as_deref()), (Some("READONLY"), Some("IMPORT")));
        assert_eq!(serde_json::to_string(&entry).unwrap(), &*record.text);
    }
}
