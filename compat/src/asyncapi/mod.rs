//! The rules of AsyncAPI: channels, messages and operations of two versions of a contract, paired.
//!
//! Here the two sides are the new and the old version, not reader and writer: an address or an operation has no reader.
//! Payloads do: they are handed to the rules of their format in the direction of the operations (an application that sends is
//! the writer, one that receives is the reader).

mod rules;
mod walk;

use eventpact_contract::model::{Channel, Contract, Message, Operation};

use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::report::{Finding, Report};
use crate::rule::{Rule, RuleInfo};

/// A finding, and where in the contract it was made.
#[derive(Debug)]
pub struct ContractFinding {
    /// `orders/OrderPlaced` for a payload, `orders` for a channel.
    pub subject: String,
    /// Who reads whom; [`Direction::Backward`] for findings that have no direction.
    pub direction: Direction,
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
}

/// The new and the old version of one thing; the new one is `None` when it is gone.
struct Versions<'a, T> {
    new: Option<&'a T>,
    old: &'a T,
}

/// The surroundings that a rule may look at.
struct Scope<'a> {
    new: &'a Contract,
    old: &'a Contract,
    /// The new version of the channel at hand; `None` when it is gone.
    channel: Option<&'a Channel>,
}

/// A function of a rule, by the kind of node that it wants to see.
#[derive(Debug, Clone, Copy)]
enum Check {
    Channel(fn(&Versions<'_, Channel>, &Scope<'_>, &mut Report)),
    Message(fn(&Versions<'_, Message>, &Scope<'_>, &mut Report)),
    Operation(fn(&Versions<'_, Operation>, &Scope<'_>, &mut Report)),
}

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    rules::RULES.iter().map(|rule: &&Rule<Check>| rule.info).collect()
}

/// Compares a new contract with an earlier one.
///
/// `mode` limits the directions in which payloads are compared; which of them apply is decided by the operations of the new
/// contract. A message that no operation names is compared in every direction of the mode.
pub fn compare(new: &Contract, old: &Contract, mode: Mode, options: impl Into<Options>) -> ContractReport {
    walk::walk(new, old, mode, options.into())
}
