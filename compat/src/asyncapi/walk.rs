//! Pairs the parts of two contracts and hands each pair to the rules that ask for its kind.

use eventpact_contract::deadline;
use eventpact_contract::model::{Action, Binding, Channel, Contract, Message, Operation, Security};
use eventpact_contract::source::Span;

use super::bindings::{self, At, Bindings};
use super::change::{Change, Sides};
use super::exchange::{Exchanges, Part};
use super::matching::Matching;
use super::rollout::{Role, Rollouts};
use super::rules::kafka_key_changed;
use super::uses::Uses;
use super::{Check, ContractReport, Guarded, Scope, Use, Versions, rules};
use crate::mode::{Direction, Mode};
use crate::options::Options;
use crate::rule::RuleInfo;

pub(super) struct Walk<'a> {
    new: &'a Contract,
    old: &'a Contract,
    matching: Matching,
    new_uses: Uses,
    old_uses: Uses,
    mode: Mode,
    options: Options,
    exchanges: Exchanges,
    rollouts: Rollouts,
    report: ContractReport,
}

/// What findings are about: their subject, what the application does with it, who is on the other side.
#[derive(Clone, Copy)]
struct About<'s> {
    subject: &'s str,
    role: Role,
    sides: Sides,
}

impl<'s> About<'s> {
    fn new(subject: &'s str, (sends, receives): (bool, bool)) -> Self {
        Self { subject, role: Role::of(sends, receives), sides: Sides::opposite(sends, receives) }
    }
}

/// A list in both versions, and the places of the things that have it.
struct Both<'b, T> {
    new: &'b [T],
    new_at: Span,
    old: &'b [T],
    old_at: Span,
}

impl<'b, T> Both<'b, T> {
    fn new((new, new_at): (&'b [T], Span), (old, old_at): (&'b [T], Span)) -> Self {
        Self { new, new_at, old, old_at }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(new: &'a Contract, old: &'a Contract, mode: Mode, options: Options) -> Self {
        Self {
            new,
            old,
            matching: Matching::of(new, old),
            new_uses: Uses::of(new),
            old_uses: Uses::of(old),
            mode,
            options,
            exchanges: Exchanges::default(),
            rollouts: Rollouts::default(),
            report: ContractReport::default(),
        }
    }

    pub(super) fn run(mut self) -> ContractReport {
        self.servers();
        for (n, channel) in self.old.channels.iter().enumerate().take_while(|_| !deadline::is_over_now()) {
            self.channel(n, channel);
        }
        for (n, operation) in self.old.operations.iter().enumerate().take_while(|_| !deadline::is_over_now()) {
            self.operation(n, operation);
        }
        self.report.unknown.extend(deadline::why());
        self.report.rollouts = self.rollouts.finish();
        self.report
    }

    fn scope(&self, channel: Option<Versions<'a, Channel>>, sides: Sides) -> Scope<'_> {
        let (new_uses, old_uses) = (&self.new_uses, &self.old_uses);
        Scope { new: self.new, old: self.old, matching: &self.matching, new_uses, old_uses, channel, sides }
    }

    /// Reports what rules found.
    fn take(&mut self, about: About<'_>, rule: RuleInfo, changes: Vec<Change>) {
        for change in changes {
            let sides = change.sides.unwrap_or(about.sides);
            if change.is_error() {
                self.rollouts.add(about.subject, about.role, sides, change.holds);
            }
            self.report.push(about.subject, sides, change.finding(rule));
        }
    }

    fn servers(&mut self) {
        let everybody = self.old_uses.everybody();
        for (n, old) in self.old.servers.iter().enumerate() {
            let new = self.matching.servers.new_of(n).and_then(|n| self.new.servers.get(n));
            let subject = format!("server {}", old.key);
            let about = About { subject: &subject, role: Role::Both, sides: everybody };
            for rule in rules::RULES {
                if let Check::Server(check) = rule.check {
                    let mut found = Vec::new();
                    check(&Versions { new, old }, &self.scope(None, everybody), &mut found);
                    self.take(about, rule.info, found);
                }
            }
            let Some(new) = new else { continue };
            let path = format!("/servers/{}", old.key);
            self.security(about, (&subject, &path), &Both::new((&new.security, new.span), (&old.security, old.span)));
            self.bindings(about, At::Server, (&subject, &path), &Both::new((&new.bindings, new.span), (&old.bindings, old.span)));
        }
    }

    fn channel(&mut self, n: usize, old: &'a Channel) {
        let position = self.matching.channels.new_of(n);
        let new = position.and_then(|n| self.new.channels.get(n));
        let about = About::new(&old.key, self.old_uses.channel(n));
        for rule in rules::RULES {
            if let Check::Channel(check) = rule.check {
                let mut found = Vec::new();
                check(&Versions { new, old }, &self.scope(Some(Versions { new, old }), about.sides), &mut found);
                self.take(about, rule.info, found);
            }
        }
        let Some((position, new)) = position.zip(new) else { return };
        let path = format!("/channels/{}", old.key);
        let what = format!("the channel `{}`", old.key);
        self.bindings(about, At::Channel, (&what, &path), &Both::new((&new.bindings, new.span), (&old.bindings, old.span)));
        self.schemas(about, &Both::new((&new.bindings, new.span), (&old.bindings, old.span)), &[Direction::Backward]);
        for (m, message) in old.messages.iter().enumerate() {
            self.message((n, old), (position, new), (m, message));
        }
        self.uses((n, old), (position, new));
    }

    fn message(
        &mut self,
        (n, old_channel): (usize, &'a Channel),
        (position, new_channel): (usize, &'a Channel),
        (m, old): (usize, &'a Message),
    ) {
        let partner = self.matching.messages(n).and_then(|partners| partners.new_of(m));
        let new = partner.and_then(|m| new_channel.messages.get(m));
        let before = self.old_uses.message(n, m);
        let now = partner.map_or((false, false), |m| self.new_uses.message(position, m));
        let uses = if now == (false, false) { before } else { now };
        let subject = format!("{}/{}", old_channel.key, old.name());
        let about = About::new(&subject, uses);
        for rule in rules::RULES {
            if let Check::Message(check) = rule.check {
                let mut found = Vec::new();
                let channel = Versions { new: Some(new_channel), old: old_channel };
                check(&Versions { new, old }, &self.scope(Some(channel), about.sides), &mut found);
                self.take(about, rule.info, found);
            }
        }
        let Some(new) = new else { return };
        let directions = self.directions(uses);
        for (name, new_part, old_part) in [("payload", &new.payload, &old.payload), ("headers", &new.headers, &old.headers)] {
            let part = Part {
                name: name.to_owned(),
                new: new_part.as_ref(),
                old: old_part.as_ref(),
                new_at: new.span,
                old_at: old.span,
            };
            self.part(about, &part, &directions);
        }
        let path = format!("/channels/{}/messages/{}", old_channel.key, old.name());
        let what = format!("the message `{}`", old.name());
        self.bindings(about, At::Message, (&what, &path), &Both::new((&new.bindings, new.span), (&old.bindings, old.span)));
        self.schemas(about, &Both::new((&new.bindings, new.span), (&old.bindings, old.span)), &directions);
    }

    /// The directions that the operations ask for, within those of the mode.
    fn directions(&self, (sends, receives): (bool, bool)) -> Vec<Direction> {
        let wanted = |direction: &Direction| match direction {
            Direction::Forward => sends || !receives,
            Direction::Backward => receives || !sends,
        };
        self.mode.directions().iter().copied().filter(wanted).collect()
    }

    fn part(&mut self, about: About<'_>, part: &Part<'_>, wanted: &[Direction]) {
        if part.new.is_none() && part.old.is_none() {
            return;
        }
        let (holds, sides) = self.exchanges.judge((part, about.subject), wanted, self.options, &mut self.report);
        self.rollouts.add(about.subject, about.role, sides, holds);
    }

    /// The schemas in bindings: keys, headers, queries.
    fn schemas(&mut self, about: About<'_>, both: &Both<'_, Binding>, wanted: &[Direction]) {
        let listed = both.old.iter().chain(both.new);
        let mut names: Vec<(&str, &str)> =
            listed.flat_map(|b| b.schemas.iter().map(|(field, _)| (b.protocol.as_str(), field.as_str()))).collect();
        names.sort_unstable();
        names.dedup();
        for (protocol, field) in names {
            let schema = |list| bindings::schema(list, protocol, field);
            let (new, old) = (schema(both.new), schema(both.old));
            if protocol == "kafka" && (new.is_none() || old.is_none() || kafka_key_changed::is_another_form(both.new, both.old)) {
                continue; // asyncapi/kafka-key-changed says it
            }
            let part = Part { name: format!("{protocol} {field}"), new, old, new_at: both.new_at, old_at: both.old_at };
            self.part(about, &part, wanted);
        }
    }

    fn uses(&mut self, (n, old_channel): (usize, &'a Channel), (position, new_channel): (usize, &'a Channel)) {
        for action in [Action::Send, Action::Receive] {
            let mut out: Vec<(RuleInfo, Vec<Change>)> = Vec::new();
            {
                let sets = self.new_uses.messages(position, action).zip(self.old_uses.messages(n, action));
                let (Some((new, old)), Some(partners)) = (sets, self.matching.messages(n)) else { continue };
                let at = |uses: &Uses, contract: &Contract, channel: usize, fallback: Span| {
                    uses.operation(channel, action).and_then(|o| contract.operations.get(o)).map_or(fallback, |o| o.span)
                };
                let new_at = at(&self.new_uses, self.new, position, new_channel.span);
                let old_at = at(&self.old_uses, self.old, n, old_channel.span);
                let used = Use { action, new_channel, old_channel, partners, new, old, new_at, old_at };
                for rule in rules::RULES {
                    if let Check::Use(check) = rule.check {
                        let mut found = Vec::new();
                        check(&used, &mut found);
                        out.push((rule.info, found));
                    }
                }
            }
            let about = About::new(&old_channel.key, (action == Action::Send, action == Action::Receive));
            for (rule, found) in out {
                self.take(about, rule, found);
            }
        }
    }

    fn operation(&mut self, n: usize, old: &'a Operation) {
        let Some(channel) = self.old.channels.get(old.channel) else { return };
        let new_channel = self.matching.channels.new_of(old.channel).and_then(|n| self.new.channels.get(n));
        let new = self.matching.operations.new_of(n).and_then(|n| self.new.operations.get(n));
        let about = About::new(&old.key, (old.action == Action::Send, old.action == Action::Receive));
        for rule in rules::RULES {
            if let Check::Operation(check) = rule.check {
                let mut found = Vec::new();
                let scope = self.scope(Some(Versions { new: new_channel, old: channel }), about.sides);
                check(&Versions { new, old }, &scope, &mut found);
                self.take(about, rule.info, found);
            }
        }
        let Some(new) = new else { return };
        let path = format!("/operations/{}", old.key);
        let what = format!("the operation `{}`", old.key);
        self.security(about, (&what, &path), &Both::new((&new.security, new.span), (&old.security, old.span)));
        self.bindings(about, At::Operation, (&what, &path), &Both::new((&new.bindings, new.span), (&old.bindings, old.span)));
        let direction = if old.action == Action::Send { Direction::Forward } else { Direction::Backward };
        self.schemas(about, &Both::new((&new.bindings, new.span), (&old.bindings, old.span)), &[direction]);
    }

    fn security(&mut self, about: About<'_>, (what, path): (&str, &str), both: &Both<'_, Security>) {
        let Both { new, new_at, old, old_at } = *both;
        let guarded = Guarded { what: what.to_owned(), path: path.to_owned(), new, old, new_at, old_at };
        for rule in rules::RULES {
            if let Check::Security(check) = rule.check {
                let mut found = Vec::new();
                check(&guarded, &mut found);
                self.take(about, rule.info, found);
            }
        }
    }

    fn bindings(&mut self, about: About<'_>, at: At, (of, path): (&str, &str), both: &Both<'_, Binding>) {
        let Both { new, new_at, old, old_at } = *both;
        if new.is_empty() && old.is_empty() {
            return;
        }
        let versions = Bindings { at, new, old, of: of.to_owned(), path: path.to_owned(), new_at, old_at };
        for (rule, change) in bindings::judge(&versions) {
            self.take(about, rule, vec![change]);
        }
    }
}
