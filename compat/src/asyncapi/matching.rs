//! Which part of the new contract takes the place of which part of the old one. Keys are names that an author may change at
//! will, so they count last: channels are matched by address, messages by name and payload, servers by host and protocol.
//!
//! Every pass is one map and one loop, so that large documents cost no more than they are long.

use std::collections::{HashMap, VecDeque};

use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::model::{Action, Channel, Contract, Message, Operation, Parameter, Payload, Server};
use eventpact_contract::schema::Schema;

/// Partners in both directions, by index.
#[derive(Debug, Clone, Default)]
pub(super) struct Partners {
    /// For each old one the new one.
    pub(super) new_of: Vec<Option<usize>>,
    /// For each new one the old one.
    pub(super) old_of: Vec<Option<usize>>,
}

/// The name by which a pass knows an old and a new one; `None` leaves it to later passes.
type Pass<'a> = (&'a dyn Fn(usize) -> Option<String>, &'a dyn Fn(usize) -> Option<String>);

impl Partners {
    fn find(old: usize, new: usize, passes: &[Pass<'_>]) -> Self {
        let mut partners = Self { new_of: vec![None; old], old_of: vec![None; new] };
        for (old_name, new_name) in passes {
            partners.pass(old_name, new_name);
        }
        partners
    }

    fn pass(&mut self, old_name: &dyn Fn(usize) -> Option<String>, new_name: &dyn Fn(usize) -> Option<String>) {
        if self.new_of.iter().all(Option::is_some) {
            return;
        }
        let mut free: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (n, _) in self.old_of.iter().enumerate().filter(|(_, old)| old.is_none()) {
            if let Some(name) = new_name(n) {
                free.entry(name).or_default().push_back(n);
            }
        }
        if free.is_empty() {
            return;
        }
        for (n, new) in self.new_of.iter_mut().enumerate().filter(|(_, new)| new.is_none()) {
            let found = old_name(n).and_then(|name| free.get_mut(&name)?.pop_front());
            if let Some(slot) = found.and_then(|found| self.old_of.get_mut(found)) {
                (*new, *slot) = (found, Some(n));
            }
        }
    }

    pub(super) fn new_of(&self, old: usize) -> Option<usize> {
        self.new_of.get(old).copied().flatten()
    }

    pub(super) fn old_of(&self, new: usize) -> Option<usize> {
        self.old_of.get(new).copied().flatten()
    }
}

/// All of a contract.
pub(super) struct Matching {
    pub(super) servers: Partners,
    pub(super) channels: Partners,
    pub(super) operations: Partners,
    /// For each old channel that has a partner, its messages.
    messages: Vec<Partners>,
}

impl Matching {
    pub(super) fn of(new: &Contract, old: &Contract) -> Self {
        let channels = channels(&new.channels, &old.channels);
        let of_channel = |(n, old): (usize, &Channel)| match channels.new_of(n).and_then(|n| new.channels.get(n)) {
            Some(new) => messages(&new.messages, &old.messages),
            None => Partners::default(),
        };
        let messages: Vec<Partners> = old.channels.iter().enumerate().map(of_channel).collect();
        let operations = operations(&new.operations, &old.operations, &channels, &messages);
        Self { servers: servers(&new.servers, &old.servers), channels, operations, messages }
    }

    /// The messages of an old channel that has a partner.
    pub(super) fn messages(&self, old_channel: usize) -> Option<&Partners> {
        self.messages.get(old_channel)
    }
}

/// An address in which the names of the parameters do not count.
pub(super) fn template(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut rest = address;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((_, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push_str("{}");
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The names of the parameters, in the order of the address.
fn parameter_names(address: &str) -> impl Iterator<Item = &str> {
    address.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// The parameters of two versions of a channel: by their places in the address when that is the same, else by name.
pub(super) fn parameters<'a>(new: &'a Channel, old: &'a Channel) -> Vec<(Option<&'a Parameter>, Option<&'a Parameter>)> {
    fn by_name(channel: &Channel) -> HashMap<&str, &Parameter> {
        channel.parameters.iter().map(|parameter| (parameter.name.as_str(), parameter)).collect()
    }
    let (mut now, mut pairs) = (by_name(new), Vec::new());
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    if let (Some(address), Some(before)) = (&new.address, &old.address)
        && template(address) == template(before)
    {
        renamed.extend(parameter_names(before).zip(parameter_names(address)));
    }
    for parameter in &old.parameters {
        let name = renamed.get(parameter.name.as_str()).copied().unwrap_or(&parameter.name);
        pairs.push((now.remove(name), Some(parameter)));
    }
    let left = new.parameters.iter().filter(|parameter| now.contains_key(parameter.name.as_str()));
    pairs.extend(left.map(|parameter| (Some(parameter), None)));
    pairs
}

fn channels(new: &[Channel], old: &[Channel]) -> Partners {
    let address = |channel: &Channel| channel.address.as_deref().map(template);
    let both = |list: &[Channel], n: usize| list.get(n).and_then(|c| Some(format!("{}\n{}", address(c)?, c.key)));
    let by_address = |list: &[Channel], n: usize| list.get(n).and_then(address);
    let by_key = |list: &[Channel], n: usize| list.get(n).map(|c| c.key.clone());
    Partners::find(
        old.len(),
        new.len(),
        &[
            (&|n| both(old, n), &|n| both(new, n)),
            (&|n| by_address(old, n), &|n| by_address(new, n)),
            (&|n| by_key(old, n), &|n| by_key(new, n)),
        ],
    )
}

fn servers(new: &[Server], old: &[Server]) -> Partners {
    let place = |s: &Server| format!("{}\n{}", s.host.to_ascii_lowercase(), s.protocol.to_ascii_lowercase());
    let full = |s: &Server| format!("{}\n{}", place(s), s.pathname.as_deref().unwrap_or(""));
    let all = |list: &[Server], n: usize| list.get(n).map(|s| format!("{}\n{}", full(s), s.key));
    let by_path = |list: &[Server], n: usize| list.get(n).map(full);
    let by_key = |list: &[Server], n: usize| list.get(n).map(|s| s.key.clone());
    let by_place = |list: &[Server], n: usize| list.get(n).map(place);
    Partners::find(
        old.len(),
        new.len(),
        &[
            (&|n| all(old, n), &|n| all(new, n)),
            (&|n| by_path(old, n), &|n| by_path(new, n)),
            (&|n| by_key(old, n), &|n| by_key(new, n)),
            (&|n| by_place(old, n), &|n| by_place(new, n)),
        ],
    )
}

fn messages(new: &[Message], old: &[Message]) -> Partners {
    let both = |list: &[Message], n: usize| list.get(n).map(|m| format!("{}\n{}", m.name(), m.key));
    let by_name = |list: &[Message], n: usize| list.get(n).map(|m| m.name().to_owned());
    let by_payload = |list: &[Message], n: usize| list.get(n).and_then(identity);
    let by_key = |list: &[Message], n: usize| list.get(n).map(|m| m.key.clone());
    // A channel that had one message and has one message: whatever it is called, it is what readers get.
    let alone = |_: usize| (old.len() == 1 && new.len() == 1).then(String::new);
    Partners::find(
        old.len(),
        new.len(),
        &[
            (&|n| both(old, n), &|n| both(new, n)),
            (&|n| by_name(old, n), &|n| by_name(new, n)),
            (&|n| by_payload(old, n), &|n| by_payload(new, n)),
            (&|n| by_key(old, n), &|n| by_key(new, n)),
            (&alone, &alone),
        ],
    )
}

/// What a message says, as a text: the same for one that was only renamed. `None` when it says nothing.
fn identity(message: &Message) -> Option<String> {
    let payload = text(message.payload.as_ref()?)?;
    let headers = message.headers.as_ref().map_or_else(|| Some(String::new()), text)?;
    Some(format!("{payload}\n{headers}"))
}

fn text(payload: &Payload) -> Option<String> {
    Some(match payload.schema.as_ref()? {
        Schema::Avro(schema) => avro::resolved_text(schema),
        Schema::Protobuf(schema) => format!("{} {:?}", protobuf::canonical_text(schema), schema.root),
        Schema::JsonSchema(schema) => json_schema::canonical_text(&schema.document),
    })
}

/// Operations are matched within one channel and one action: by key, by the messages that they are about, by their order.
fn operations(new: &[Operation], old: &[Operation], channels: &Partners, messages: &[Partners]) -> Partners {
    let place = |channel: usize, action: Action| format!("{channel} {}", action.as_str());
    let old_place = |n: usize| old.get(n).and_then(|o| Some(place(channels.new_of(o.channel)?, o.action)));
    let new_place = |n: usize| new.get(n).map(|o| place(o.channel, o.action));
    let old_messages = |n: usize| {
        let operation = old.get(n)?;
        let partners = messages.get(operation.channel)?;
        let mut listed: Vec<Option<usize>> = operation.messages.iter().map(|m| partners.new_of(*m)).collect();
        listed.sort_unstable();
        Some(format!("{} {listed:?}", old_place(n)?))
    };
    let new_messages = |n: usize| {
        let mut listed: Vec<Option<usize>> = new.get(n)?.messages.iter().copied().map(Some).collect();
        listed.sort_unstable();
        Some(format!("{} {listed:?}", new_place(n)?))
    };
    Partners::find(
        old.len(),
        new.len(),
        &[
            (&|n| Some(format!("{} {}", old_place(n)?, old.get(n)?.key)), &|n| {
                Some(format!("{} {}", new_place(n)?, new.get(n)?.key))
            }),
            (&old_messages, &new_messages),
            (&old_place, &new_place),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_parameters_do_not_count_in_an_address() {
        assert_eq!(template("orders/{id}/x{y}z"), "orders/{}/x{}z");
        assert_eq!(template("{a"), "{a");
        assert_eq!(template("a}b{}{c}"), "a}b{}{}");
        assert_eq!(parameter_names("orders/{id}/x{y}z{").collect::<Vec<_>>(), ["id", "y"]);
    }
}
