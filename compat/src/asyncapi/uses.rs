//! Which messages of which channel an application sends and which it receives, by its operations and by their replies: the
//! reply to an operation that receives is sent by the application, that to one that sends is received.

use std::collections::{BTreeSet, HashMap};

use eventpact_contract::model::{Action, Contract};

use super::change::Sides;

/// What becomes of the messages of a channel.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// By channel and action.
    all: HashMap<(usize, Action), Used>,
}

/// The messages that go one way on a channel.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// Those of operations and replies together.
    pub(super) all: BTreeSet<usize>,
    /// Those of operations; `None` without one.
    pub(super) operations: Option<BTreeSet<usize>>,
    /// Those of replies; `None` without one.
    pub(super) replies: Option<BTreeSet<usize>>,
    /// The first operation.
    operation: Option<usize>,
}

impl Uses {
    pub(super) fn of(contract: &Contract) -> Self {
        let mut uses = Self::default();
        for (n, operation) in contract.operations.iter().enumerate() {
            let used = uses.all.entry((operation.channel, operation.action)).or_default();
            used.operation.get_or_insert(n);
            used.all.extend(&operation.messages);
            used.operations.get_or_insert_default().extend(&operation.messages);
            if let Some((reply, channel)) = operation.reply.as_ref().and_then(|reply| Some((reply, reply.channel?))) {
                let used = uses.all.entry((channel, turned(operation.action))).or_default();
                used.all.extend(&reply.messages);
                used.replies.get_or_insert_default().extend(&reply.messages);
            }
        }
        uses
    }

    /// The messages of a channel that are sent or received.
    pub(super) fn messages(&self, channel: usize, action: Action) -> Option<&Used> {
        self.all.get(&(channel, action))
    }

    /// The first operation of a channel with this action.
    pub(super) fn operation(&self, channel: usize, action: Action) -> Option<usize> {
        self.messages(channel, action)?.operation
    }

    /// Whether a message is sent, and whether it is received.
    pub(super) fn message(&self, channel: usize, message: usize) -> (bool, bool) {
        let has = |action| self.messages(channel, action).is_some_and(|used| used.all.contains(&message));
        (has(Action::Send), has(Action::Receive))
    }

    /// Whether anything of a channel is sent, and whether anything is received.
    pub(super) fn channel(&self, channel: usize) -> (bool, bool) {
        let has = |action| self.all.contains_key(&(channel, action));
        (has(Action::Send), has(Action::Receive))
    }

    /// Who is on the other side of the application as a whole.
    pub(super) fn everybody(&self) -> Sides {
        let has = |action| self.all.keys().any(|(_, a)| *a == action);
        Sides::opposite(has(Action::Send), has(Action::Receive))
    }
}

/// The action of the reply.
pub(super) fn turned(action: Action) -> Action {
    match action {
        Action::Send => Action::Receive,
        Action::Receive => Action::Send,
    }
}
