//! The rules of AsyncAPI: servers, channels, messages, operations and bindings of two versions of a contract, paired.
//!
//! Here the two sides are the new and the old version, not reader and writer: an address or an operation has no reader.
//! What travels does: it is handed to the rules of its format in the direction of the operations (an application that sends is
//! the writer, one that receives is the reader, and a reply is turned round).

mod bindings;
mod change;
mod exchange;
mod matching;
mod rollout;
mod rules;
mod uses;
mod walk;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Action, Channel, Contract, Message, Operation, Security, Server};
use eventpact_contract::source::Span;

pub use change::{Holds, Sides};
pub use rollout::{Order, Role, Rollout, Step, advice, steps};

use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::report::Finding;
use crate::rule::{Rule, RuleInfo};
use change::Change;
use matching::{Matching, Partners};
use uses::{Used, Uses};

/// A finding, and where in the contract it was made.
#[derive(Debug)]
pub struct ContractFinding {
    /// `orders/OrderPlaced` for a payload, `orders` for a channel.
    pub subject: String,
    /// Who reads whom; [`Direction::Backward`] for findings that have no direction.
    pub direction: Direction,
    /// Who breaks; nobody when it is no error.
    pub sides: Sides,
    /// The finding; for those without a direction, the new version stands in the place of the reader.
    pub finding: Finding,
}

/// What a comparison of two contracts found.
#[derive(Debug, Default)]
pub struct ContractReport {
    /// The findings, in the order of the old document.
    pub findings: Vec<ContractFinding>,
    /// What could not be compared, and why.
    pub unknown: Vec<String>,
    /// What changed so that it matters who is deployed first, and who breaks.
    pub rollouts: Vec<Rollout>,
}

impl ContractReport {
    /// Who breaks, over all that changed.
    pub fn sides(&self) -> Sides {
        let any = |side: fn(&Sides) -> bool| self.findings.iter().any(|found| side(&found.sides));
        Sides { producers: any(|s| s.producers), consumers: any(|s| s.consumers) }
    }
}

/// The new and the old version of one thing; the new one is `None` when it is gone.
struct Versions<'a, T: ?Sized> {
    new: Option<&'a T>,
    old: &'a T,
}

/// The surroundings that a rule may look at.
struct Scope<'a> {
    new: &'a Contract,
    old: &'a Contract,
    matching: &'a Matching,
    new_uses: &'a Uses,
    old_uses: &'a Uses,
    /// The old version of the channel at hand, and the new one; `None` when there is none.
    channel: Option<Versions<'a, Channel>>,
    /// Who is on the other side of the application.
    sides: Sides,
}

/// What is sent to a channel, or received from it, in both versions.
struct Use<'a> {
    action: Action,
    new_channel: &'a Channel,
    old_channel: &'a Channel,
    partners: &'a Partners,
    new: &'a Used,
    old: &'a Used,
    /// The operation that the findings point to.
    new_at: Span,
    old_at: Span,
}

/// What a client must show, in both versions, at a server or at an operation.
struct Guarded<'a> {
    /// `server production`
    what: String,
    path: String,
    new: &'a [Security],
    old: &'a [Security],
    new_at: Span,
    old_at: Span,
}

type Of<T> = fn(&Versions<'_, T>, &Scope<'_>, &mut Vec<Change>);

/// A function of a rule, by the kind of node that it wants to see.
#[derive(Clone, Copy)]
enum Check {
    Server(Of<Server>),
    Channel(Of<Channel>),
    Message(Of<Message>),
    Operation(Of<Operation>),
    /// The messages that are sent, or received.
    Use(fn(&Use<'_>, &mut Vec<Change>)),
    /// What travels, in one direction.
    Exchange(fn(&exchange::Exchange<'_>, &mut Vec<Change>)),
    Security(fn(&Guarded<'_>, &mut Vec<Change>)),
    /// The fields of a binding.
    Binding(&'static bindings::Table),
    /// Fields of bindings that no table knows.
    Unjudged,
}

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    rules::RULES.iter().map(|rule: &&Rule<Check>| rule.info).collect()
}

/// The worst that a rule finds: what its table has, else what its file makes.
pub(crate) fn severity(id: &str) -> Option<Severity> {
    let rule = rules::RULES.iter().find(|rule| rule.info.id == id)?;
    match rule.check {
        Check::Binding(table) => table.worst(),
        Check::Unjudged => Some(Severity::Warning),
        _ => {
            let makes = |words: [&str; 2]| words.iter().any(|word| rule.info.source.contains(word));
            let made = [
                (["Change::error", "Severity::Error"], Severity::Error),
                (["Change::warning", "Severity::Warning"], Severity::Warning),
                (["Change::note", "Severity::Info"], Severity::Info),
            ];
            made.into_iter().find(|(words, _)| makes(*words)).map(|(_, severity)| severity)
        }
    }
}

/// Compares a new contract with an earlier one.
///
/// `mode` limits the directions in which payloads are compared; which of them apply is decided by the operations of the new
/// contract. A message that no operation names is compared in every direction of the mode.
pub fn compare(new: &Contract, old: &Contract, mode: Mode, options: impl Into<Options>) -> ContractReport {
    if mode == Mode::None {
        return ContractReport::default();
    }
    walk::Walk::new(new, old, mode, options.into()).run()
}
