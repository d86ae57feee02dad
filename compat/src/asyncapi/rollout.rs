//! Who breaks, and in which order the parties can be deployed: from what holds between the old and the new side of each message.

use std::collections::{BTreeMap, HashMap};

use super::change::{Holds, Sides};
use crate::check::Verdict;

/// What the application does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It is the writer.
    Sends,
    /// It is the reader.
    Receives,
    /// It is both, or the contract does not say.
    Both,
}

impl Role {
    pub(super) fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, false) => Self::Sends,
            (false, true) => Self::Receives,
            _ => Self::Both,
        }
    }

    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sends => "sends",
            Self::Receives => "receives",
            Self::Both => "both",
        }
    }
}

/// In which order the two sides of a message move to the new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Order {
    /// Whoever receives moves first: new readers take old messages.
    ConsumersFirst,
    /// Whoever sends moves first: old readers take new messages, and old messages are gone before readers move.
    ProducersFirst,
    /// Whoever connects moves first, on both sides.
    ClientsFirst,
    /// Old and new understand each other in no order.
    NoSafeOrder,
    /// Something could not be compared.
    Unknown,
    /// Both ways are fine.
    Either,
}

impl Order {
    /// What follows from who gets along with whom.
    pub fn of(holds: Holds) -> Self {
        match (holds.backward, holds.forward) {
            (Verdict::Compatible, Verdict::Compatible) if holds.clients_first => Self::ClientsFirst,
            (Verdict::Compatible, Verdict::Compatible) => Self::Either,
            (Verdict::Compatible, _) => Self::ConsumersFirst,
            (_, Verdict::Compatible) => Self::ProducersFirst,
            (Verdict::Incompatible, Verdict::Incompatible) => Self::NoSafeOrder,
            _ => Self::Unknown,
        }
    }

    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConsumersFirst => "consumers-first",
            Self::ProducersFirst => "producers-first",
            Self::ClientsFirst => "clients-first",
            Self::NoSafeOrder => "no-safe-order",
            Self::Unknown => "unknown",
            Self::Either => "either",
        }
    }
}

/// One thing of the contract (`orders/OrderPlaced`, `orders`, `server production`) that changed, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rollout {
    /// What changed.
    pub subject: String,
    /// What the application does with it.
    pub role: Role,
    /// Who breaks when it is deployed as it is.
    pub breaks: Sides,
    /// In which order it can be deployed.
    pub order: Order,
}

/// The things of a contract, each once, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    list: Vec<(String, Role, Sides, Holds)>,
    seen: HashMap<String, usize>,
}

impl Rollouts {
    pub(super) fn add(&mut self, subject: &str, role: Role, breaks: Sides, holds: Holds) {
        if breaks.none() && holds == Holds::BOTH_WAYS {
            return;
        }
        if let Some(entry) = self.seen.get(subject).and_then(|n| self.list.get_mut(*n)) {
            entry.2 =
                Sides { producers: entry.2.producers || breaks.producers, consumers: entry.2.consumers || breaks.consumers };
            entry.3 = entry.3.and(holds);
            return;
        }
        self.seen.insert(subject.to_owned(), self.list.len());
        self.list.push((subject.to_owned(), role, breaks, holds));
    }

    pub(super) fn finish(self) -> Vec<Rollout> {
        let rollout = |(subject, role, breaks, holds)| Rollout { subject, role, breaks, order: Order::of(holds) };
        self.list.into_iter().map(rollout).collect()
    }
}

/// Sentences for people: who breaks, and what to deploy first. Empty when nothing changed that matters.
pub fn advice(rollouts: &[Rollout]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut breaks = |name: &str, hit: fn(&Sides) -> bool| {
        let subjects: Vec<&str> = rollouts.iter().filter(|r| hit(&r.breaks)).map(|r| r.subject.as_str()).collect();
        if !subjects.is_empty() {
            lines.push(format!("breaks {name} of {}", listed(&subjects)));
        }
    };
    breaks("producers", |sides| sides.producers);
    breaks("consumers", |sides| sides.consumers);
    lines.extend(steps(rollouts).iter().map(|step| format!("deploy {}", step.text)));
    lines
}

/// All that moves in one order.
#[derive(Debug)]
pub struct Step<'r> {
    /// The order; never [`Order::Either`].
    pub order: Order,
    /// What the application does with it; [`Role::Both`] where that makes no difference.
    pub role: Role,
    /// What moves.
    pub subjects: Vec<&'r str>,
    /// The same for people.
    pub text: String,
}

/// What cannot be deployed in any order as it likes, by order.
pub fn steps(rollouts: &[Rollout]) -> Vec<Step<'_>> {
    let mut kinds: BTreeMap<(Order, Role), Vec<&str>> = BTreeMap::new();
    for rollout in rollouts.iter().filter(|rollout| rollout.order != Order::Either) {
        let one_sided = matches!(rollout.order, Order::ConsumersFirst | Order::ProducersFirst);
        let role = if one_sided { rollout.role } else { Role::Both };
        kinds.entry((rollout.order, role)).or_default().push(&rollout.subject);
    }
    let kinds = kinds.into_iter();
    kinds
        .map(|((order, role), subjects)| Step { order, role, text: sentence(order, role, &listed(&subjects)), subjects })
        .collect()
}

/// What to deploy first.
fn sentence(order: Order, role: Role, what: &str) -> String {
    match (order, role) {
        (Order::ConsumersFirst, Role::Sends) => format!("the consumers of {what} first, then this application"),
        (Order::ConsumersFirst, Role::Receives) => format!("this application first, then the producers of {what}"),
        (Order::ConsumersFirst, Role::Both) => format!("the consumers of {what} first, then the producers"),
        (Order::ProducersFirst, Role::Sends) => {
            format!("this application first; the consumers of {what} when no old message is left")
        }
        (Order::ProducersFirst, Role::Receives) => {
            format!("the producers of {what} first; this application when no old message is left")
        }
        (Order::ProducersFirst, Role::Both) => {
            format!("the producers of {what} first; the consumers when no old message is left")
        }
        (Order::ClientsFirst, _) => format!("all clients of {what} first, then what is asked of them"),
        (Order::NoSafeOrder, _) => format!("{what} in no order: this needs a new channel or a new version beside the old one"),
        (Order::Unknown, _) => format!("{what} with care: what could not be compared decides the order"),
        (Order::Either, _) => format!("{what} in either order"),
    }
}

/// How many subjects a line names.
const NAMED: usize = 5;

fn listed(subjects: &[&str]) -> String {
    let named: Vec<String> = subjects.iter().take(NAMED).map(|s| format!("`{s}`")).collect();
    let rest = subjects.len().saturating_sub(NAMED);
    if rest == 0 { named.join(", ") } else { format!("{} and {rest} more", named.join(", ")) }
}
