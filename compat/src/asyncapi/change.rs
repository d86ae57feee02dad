//! What a rule says: what changed, on both sides; who is hit; and in which order it can be rolled out.

use eventpact_contract::diagnostic::Severity;

use crate::check::Verdict;
use crate::report::{Finding, Place};
use crate::rule::RuleInfo;

/// The parties that a change hits: those who have not moved with the new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sides {
    /// Who sends what the application receives.
    pub producers: bool,
    /// Who receives what the application sends.
    pub consumers: bool,
}

impl Sides {
    pub(super) const PRODUCERS: Self = Self { producers: true, consumers: false };
    pub(super) const CONSUMERS: Self = Self { producers: false, consumers: true };
    pub(super) const BOTH: Self = Self { producers: true, consumers: true };

    /// Nobody is hit.
    pub fn none(self) -> bool {
        self == Self::default()
    }

    /// The sides opposite of an application that sends, receives, or does not say.
    pub(super) fn opposite(sends: bool, receives: bool) -> Self {
        if sends || receives { Self { producers: receives, consumers: sends } } else { Self::BOTH }
    }
}

/// Whether old and new get along, each way: what an order of deployment follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// New readers take what old writers send.
    pub backward: Verdict,
    /// Old readers take what new writers send.
    pub forward: Verdict,
    /// Whoever connects must be ready before it is asked of them, whichever side it is on.
    pub clients_first: bool,
}

impl Holds {
    /// All who connect move first.
    pub(super) const CLIENTS_FIRST: Self = Self { clients_first: true, ..Self::BOTH_WAYS };
    pub(super) const BOTH_WAYS: Self = Self::ways(Verdict::Compatible, Verdict::Compatible);
    /// New readers get along with old writers, and not the other way round.
    pub(super) const CONSUMERS_FIRST: Self = Self::ways(Verdict::Compatible, Verdict::Incompatible);
    /// Old readers get along with new writers, and not the other way round.
    pub(super) const PRODUCERS_FIRST: Self = Self::ways(Verdict::Incompatible, Verdict::Compatible);
    pub(super) const NEITHER: Self = Self::ways(Verdict::Incompatible, Verdict::Incompatible);

    pub(super) const fn ways(backward: Verdict, forward: Verdict) -> Self {
        Self { backward, forward, clients_first: false }
    }

    /// Something goes: those who rely on it must let go first.
    pub(super) fn leaving(sides: Sides) -> Self {
        match (sides.producers, sides.consumers) {
            (false, true) => Self::CONSUMERS_FIRST,
            (true, false) => Self::PRODUCERS_FIRST,
            _ => Self::NEITHER,
        }
    }

    /// What holds when both hold.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            backward: worse(self.backward, other.backward),
            forward: worse(self.forward, other.forward),
            clients_first: self.clients_first || other.clients_first,
        }
    }
}

fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Incompatible, _) | (_, Verdict::Incompatible) => Verdict::Incompatible,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        _ => Verdict::Compatible,
    }
}

/// One thing that a rule found; the walker adds the rule.
pub(super) struct Change {
    severity: Severity,
    message: String,
    help: String,
    new: Place,
    old: Place,
    path: String,
    /// `None`: those that the thing at hand has on its other side.
    pub(super) sides: Option<Sides>,
    pub(super) holds: Holds,
}

impl Change {
    /// A change with its two places. When it is an error, no order of deployment is safe unless [`Self::rolled_out`] knows one.
    pub(super) fn new(severity: Severity, message: impl Into<String>, new: Place, old: Place) -> Self {
        let holds = if severity == Severity::Error { Holds::NEITHER } else { Holds::BOTH_WAYS };
        let (message, help, path) = (message.into(), String::new(), String::new());
        Self { severity, message, help, new, old, path, sides: None, holds }
    }

    pub(super) fn error(message: impl Into<String>, new: Place, old: Place) -> Self {
        Self::new(Severity::Error, message, new, old)
    }

    pub(super) fn warning(message: impl Into<String>, new: Place, old: Place) -> Self {
        Self::new(Severity::Warning, message, new, old)
    }

    /// For those who want to know.
    pub(super) fn note(message: impl Into<String>, new: Place, old: Place) -> Self {
        Self::new(Severity::Info, message, new, old)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    pub(super) fn hits(mut self, sides: Sides) -> Self {
        self.sides = Some(sides);
        self
    }

    pub(super) fn rolled_out(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding; the new version stands in the place of the reader.
    pub(super) fn finding(self, rule: RuleInfo) -> Finding {
        Finding {
            rule,
            severity: self.severity,
            message: self.message,
            help: self.help,
            reader: self.new,
            writer: self.old,
            path: self.path,
            peer: None,
            witness: None,
        }
    }
}
