//! Pairs the parts of two contracts and hands each pair to the rules that ask for its kind.

use eventpact_contract::model::{Action, Channel, Contract, Message};

use super::{Check, ContractFinding, ContractReport, Scope, Versions, rules};
use crate::check;
use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::pair::Pair;
use crate::report::{Finding, Report};

pub(super) fn walk(new: &Contract, old: &Contract, mode: Mode, options: Options) -> ContractReport {
    let mut report = ContractReport::default();
    if mode == Mode::None {
        return report;
    }
    for channel in &old.channels {
        let successor = successor(new, channel);
        let scope = Scope { new, old, channel: successor };
        let mut found = Report::new();
        let versions = Versions { new: successor, old: channel };
        for rule in rules::RULES {
            if let Check::Channel(check) = rule.check {
                check(&versions, &scope, &mut found);
            }
        }
        report.take(&channel.key, found);
        if let Some(successor) = successor {
            messages(channel, successor, &scope, mode, options, &mut report);
        }
    }
    operations(new, old, &mut report);
    report
}

/// The channel that takes the place of an old one: the same address, else the same key.
pub(super) fn successor<'a>(new: &'a Contract, old: &Channel) -> Option<&'a Channel> {
    let by_address = new.channels.iter().find(|c| c.address.is_some() && c.address == old.address);
    by_address.or_else(|| new.channels.iter().find(|c| c.key == old.key))
}

fn messages(old: &Channel, new: &Channel, scope: &Scope<'_>, mode: Mode, options: Options, report: &mut ContractReport) {
    for message in &old.messages {
        let by_name = new.messages.iter().position(|m| m.name() == message.name());
        let found = by_name.or_else(|| new.messages.iter().position(|m| m.key == message.key));
        let versions = Versions { new: found.and_then(|i| new.messages.get(i)), old: message };
        let subject = format!("{}/{}", old.key, message.name());
        let mut out = Report::new();
        for rule in rules::RULES {
            if let Check::Message(check) = rule.check {
                check(&versions, scope, &mut out);
            }
        }
        report.take(&subject, out);
        if let Some((index, newer)) = found.and_then(|i| new.messages.get(i).map(|m| (i, m))) {
            for direction in directions(scope.new, new, index, mode) {
                payload(newer, message, direction, options, &subject, report);
            }
        }
    }
}

/// The directions that the operations of the new contract ask for, within those of the mode.
fn directions(contract: &Contract, channel: &Channel, message: usize, mode: Mode) -> Vec<Direction> {
    let position = contract.channels.iter().position(|c| std::ptr::eq(c, channel));
    let uses = |action: Action| {
        let mut operations = contract.operations.iter();
        operations.any(|o| o.action == action && Some(o.channel) == position && o.messages.contains(&message))
    };
    let (sends, receives) = (uses(Action::Send), uses(Action::Receive));
    let wanted = |direction: &Direction| match direction {
        Direction::Forward => sends || !receives,
        Direction::Backward => receives || !sends,
    };
    mode.directions().iter().copied().filter(wanted).collect()
}

fn payload(new: &Message, old: &Message, direction: Direction, options: Options, subject: &str, report: &mut ContractReport) {
    for (part, new, old) in [("payload", &new.payload, &old.payload), ("headers", &new.headers, &old.headers)] {
        let (Some(new), Some(old)) = (new, old) else { continue };
        let (Some(new_schema), Some(old_schema)) = (&new.schema, &old.schema) else {
            let formats = format!("{} and {}", new.schema_format, old.schema_format);
            report.unknown.push(format!("{subject}: the {part} cannot be compared (schema formats {formats})"));
            continue;
        };
        if new_schema.format() != old_schema.format() {
            continue; // asyncapi/payload-format-changed says it
        }
        let pair = match direction {
            Direction::Backward => Pair::new(new_schema, old_schema),
            Direction::Forward => Pair::new(old_schema, new_schema),
        };
        let compared = check::compare(pair, options);
        report.unknown.extend(compared.unknown.map(|why| format!("{subject}: {why}")));
        let findings = compared.findings.into_iter();
        report.findings.extend(findings.map(|finding| ContractFinding { subject: subject.to_owned(), direction, finding }));
    }
}

fn operations(new: &Contract, old: &Contract, report: &mut ContractReport) {
    for operation in &old.operations {
        let Some(channel) = old.channels.get(operation.channel) else { continue };
        let successor = successor(new, channel);
        let index = successor.and_then(|s| new.channels.iter().position(|c| std::ptr::eq(c, s)));
        let same = |o: &&eventpact_contract::model::Operation| o.action == operation.action && Some(o.channel) == index;
        let versions = Versions { new: new.operations.iter().find(same), old: operation };
        let mut out = Report::new();
        for rule in rules::RULES {
            if let Check::Operation(check) = rule.check {
                check(&versions, &Scope { new, old, channel: successor }, &mut out);
            }
        }
        report.take(&operation.key, out);
    }
}

impl ContractReport {
    fn take(&mut self, subject: &str, report: Report) {
        let wrap = |finding: Finding| ContractFinding { subject: subject.to_owned(), direction: Direction::Backward, finding };
        self.findings.extend(report.findings.into_iter().map(wrap));
    }
}
