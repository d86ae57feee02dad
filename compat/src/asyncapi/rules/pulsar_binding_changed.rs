//! Finds another tenant, namespace or persistence of a Pulsar topic, or other settings of compaction, retention and
//! deduplication.
//!
//! Why it breaks: tenant, namespace and persistence are parts of the name of the topic, so old and new clients do not
//! meet; less retention loses what slow readers have not read.
//!
//! What to do instead: make a new topic beside the old one and send to both for a while.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Server};
use super::super::bindings::Meaning::{Is, Less, Members, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/pulsar-binding-changed",
        summary: "a Pulsar topic, tenant or its settings changed",
        breaks: Breaks::Contract,
        source: include_str!("pulsar_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "pulsar",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Server, "tenant", Is(Error), "the tenant is a part of the name of every topic"),
        field(Channel, "namespace", Is(Error), "the namespace is a part of the name of the topic"),
        field(Channel, "persistence", Is(Error), "the persistence is a part of the name of the topic"),
        field(Channel, "compaction", Is(Warning), "what is kept of old messages changes"),
        field(Channel, "geo-replication", Members { gone: Error, new: Info }, "clients of a cluster get nothing more"),
        field(Channel, "retention/time", Less(Warning), "slow readers may miss messages").or("0"),
        field(Channel, "retention/size", Less(Warning), "slow readers may miss messages").or("0"),
        field(Channel, "ttl", Less(Warning), "slow readers may miss messages"),
        field(Channel, "deduplication", Turned { on: Info, off: Warning }, "messages may come twice"),
    ],
};
