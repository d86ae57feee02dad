//! The list of rules on documents: one file each.
//!
//! A rule is data and a function over a [`Context`]; it reports into a [`Sink`], which adds id and severity. What the walker of
//! `shape/`, the resolver and the reader of the version find has its page here too, without a function.

mod address_shared;
mod address_with_query;
mod asyncapi2_channel_no_empty_parameter;
mod asyncapi2_channel_no_query_nor_fragment;
mod asyncapi2_channel_no_trailing_slash;
mod asyncapi2_channel_parameters;
mod asyncapi2_channel_servers;
mod asyncapi2_message_examples;
mod asyncapi2_message_examples_custom_format;
mod asyncapi2_message_message_id;
mod asyncapi2_message_message_id_uniqueness;
mod asyncapi2_operation_operation_id;
mod asyncapi2_operation_operation_id_uniqueness;
mod asyncapi2_operation_security;
mod asyncapi2_schema_default;
mod asyncapi2_schema_examples;
mod asyncapi2_schemas;
mod asyncapi2_server_no_empty_variable;
mod asyncapi2_server_no_trailing_slash;
mod asyncapi2_server_security;
mod asyncapi2_server_variables;
mod asyncapi2_tags;
mod asyncapi2_tags_uniqueness;
mod asyncapi2_unused_security_scheme;
mod asyncapi3_channel_no_query_nor_fragment;
mod asyncapi3_channel_parameters;
mod asyncapi3_channel_servers;
mod asyncapi3_operation_messages_from_referred_channel;
mod asyncapi3_required_channel_servers_unambiguity;
mod asyncapi3_required_operation_channel_unambiguity;
mod asyncapi_default_content_type;
mod asyncapi_document_resolved;
mod asyncapi_document_unresolved;
mod asyncapi_id;
mod asyncapi_info_contact;
mod asyncapi_info_contact_properties;
mod asyncapi_info_description;
mod asyncapi_info_license;
mod asyncapi_is_asyncapi;
mod asyncapi_latest_version;
mod asyncapi_servers;
mod asyncapi_unused_component;
mod beyond;
mod binding_invalid;
mod channel_without_operation;
mod component_key;
mod content_type_mismatch;
mod default_not_in_enum;
mod discriminator_not_defined;
mod duplicate_tag;
mod example_invalid;
mod example_not_checked;
mod example_not_encoded;
mod headers_not_object;
mod invalid_ref;
mod kafka_key_invalid;
mod location_not_in_schema;
mod message_without_channel;
mod pattern_invalid;
mod schema_default_invalid;
mod schema_example_invalid;
mod schema_missing;
mod schema_registry_url;
mod security;
mod server_variables;
mod template;
mod unused_component;
mod v2;

use std::cell::OnceCell;

use super::Documents;
use super::version::Version;
use crate::diagnostic::{Diagnostic, Severity};
use crate::rule::{Layer, Rule};
use crate::source::Span;
use crate::yaml::{Entry, Node};

/// Every rule, in the order in which they run.
const RULES: &[&Check] = &[
    &asyncapi_is_asyncapi::RULE,
    &asyncapi_document_resolved::RULE,
    &asyncapi_document_unresolved::RULE,
    &invalid_ref::RULE,
    &asyncapi2_channel_no_empty_parameter::RULE,
    &asyncapi2_channel_no_query_nor_fragment::RULE,
    &asyncapi2_channel_no_trailing_slash::RULE,
    &asyncapi2_channel_parameters::RULE,
    &asyncapi2_channel_servers::RULE,
    &asyncapi2_message_message_id::RULE,
    &asyncapi2_message_message_id_uniqueness::RULE,
    &asyncapi2_operation_operation_id::RULE,
    &asyncapi2_operation_operation_id_uniqueness::RULE,
    &asyncapi2_operation_security::RULE,
    &asyncapi2_server_no_empty_variable::RULE,
    &asyncapi2_server_no_trailing_slash::RULE,
    &asyncapi2_server_security::RULE,
    &asyncapi2_server_variables::RULE,
    &asyncapi2_tags::RULE,
    &asyncapi2_tags_uniqueness::RULE,
    &asyncapi2_unused_security_scheme::RULE,
    &asyncapi3_channel_no_query_nor_fragment::RULE,
    &asyncapi2_message_examples::RULE,
    &asyncapi2_message_examples_custom_format::RULE,
    &asyncapi2_schema_default::RULE,
    &asyncapi2_schema_examples::RULE,
    &asyncapi2_schemas::RULE,
    &example_invalid::RULE,
    &example_not_encoded::RULE,
    &example_not_checked::RULE,
    &schema_default_invalid::RULE,
    &schema_example_invalid::RULE,
    &address_with_query::RULE,
    &server_variables::RULE,
    &default_not_in_enum::RULE,
    &unused_component::RULE,
    &message_without_channel::RULE,
    &channel_without_operation::RULE,
    &duplicate_tag::RULE,
    &address_shared::RULE,
    &discriminator_not_defined::RULE,
    &location_not_in_schema::RULE,
    &content_type_mismatch::RULE,
    &kafka_key_invalid::RULE,
    &binding_invalid::RULE,
    &schema_registry_url::RULE,
    &component_key::RULE,
    &pattern_invalid::RULE,
    &schema_missing::RULE,
    &headers_not_object::RULE,
    &asyncapi3_channel_parameters::RULE,
    &asyncapi3_channel_servers::RULE,
    &asyncapi3_operation_messages_from_referred_channel::RULE,
    &asyncapi3_required_channel_servers_unambiguity::RULE,
    &asyncapi3_required_operation_channel_unambiguity::RULE,
    &asyncapi_default_content_type::RULE,
    &asyncapi_id::RULE,
    &asyncapi_info_contact::RULE,
    &asyncapi_info_contact_properties::RULE,
    &asyncapi_info_description::RULE,
    &asyncapi_info_license::RULE,
    &asyncapi_latest_version::RULE,
    &asyncapi_servers::RULE,
    &asyncapi_unused_component::RULE,
];

/// A rule and its function.
pub(super) struct Check {
    /// Id, layer, severity, summary, page.
    pub(super) rule: Rule,
    /// The first and the last version that it is for.
    pub(super) versions: (Version, Version),
    /// The function; `None` for what is found elsewhere.
    pub(super) run: Option<fn(&Context<'_>, &mut Sink<'_>)>,
}

const ALL: (Version, Version) = (Version::V2_0, Version::V3_1);
/// 2.0 to 2.6.
const V2: (Version, Version) = (Version::V2_0, Version::V2_6);
const V3: (Version, Version) = (Version::V3_0, Version::V3_1);

/// What a rule looks at: the document with every file that it refers to. Values are given as they are behind references.
pub(super) struct Context<'d> {
    pub(super) documents: &'d Documents,
    pub(super) root: &'d Node,
    pub(super) version: Version,
    /// What several rules look at, collected once.
    messages: OnceCell<Vec<&'d Node>>,
    schemas: OnceCell<Vec<&'d Node>>,
}

impl<'d> Context<'d> {
    pub(super) fn new(documents: &'d Documents, root: &'d Node, version: Version) -> Self {
        Self { documents, root, version, messages: OnceCell::new(), schemas: OnceCell::new() }
    }

    /// The node behind references; the node itself where they lead nowhere, which `invalid-ref` reports.
    pub(super) fn behind(&self, node: &'d Node) -> &'d Node {
        self.documents.follow(node, &mut Vec::new()).unwrap_or(node)
    }

    /// The value of a key, behind references.
    pub(super) fn get(&self, node: &'d Node, key: &str) -> Option<&'d Node> {
        node.get(key).map(|value| self.behind(value))
    }

    /// The entries of an object under a key of the document, with their values behind references.
    pub(super) fn entries(&self, node: &'d Node, key: &str) -> impl Iterator<Item = (&'d Entry, &'d Node)> {
        let map = self.get(node, key).and_then(Node::as_mapping);
        map.into_iter().flat_map(|map| &map.entries).map(|entry| (entry, self.behind(&entry.value)))
    }

    /// The items of a list, behind references.
    pub(super) fn items(&self, node: &'d Node, key: &str) -> impl Iterator<Item = (&'d Node, &'d Node)> {
        let list = self.get(node, key).and_then(Node::as_sequence);
        list.into_iter().flatten().map(|item| (item, self.behind(item)))
    }
}

/// Where the findings of one rule go.
pub(super) struct Sink<'s> {
    rule: &'static Rule,
    found: &'s mut Vec<Diagnostic>,
}

impl Sink<'_> {
    /// Reports a finding with the id and the severity of the rule; help and labels are added to what is given back.
    pub(super) fn report(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.found.push(Diagnostic::new(self.rule.id, self.rule.severity, span, message));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Reports that a field is not there, or empty: at what there is of the way to it.
    fn wants(&mut self, context: &Context<'_>, path: &[&str]) {
        let (mut node, mut place, mut depth) = (context.root, context.documents.place_of(context.root).0, 0);
        for key in path {
            let Some(entry) = node.as_mapping().and_then(|node| node.entry(key)) else { break };
            (node, place, depth) = (context.behind(&entry.value), entry.key_span, depth + 1);
        }
        if depth == path.len() && v2::is_truthy(node) {
            return;
        }
        let found = self.report(place, format!("the document should have `{}`", path.join(".")));
        if depth == 0 {
            found.path = Some(Vec::new());
        }
    }
}

/// `true` for the ids of rules that run here and go beyond the official parser.
pub(super) fn advises(id: &str) -> bool {
    RULES.iter().any(|check| check.rule.id == id && check.rule.layer == Layer::Beyond && check.run.is_some())
}

/// The data of every rule.
pub(super) fn all() -> Vec<Rule> {
    RULES.iter().map(|check| check.rule).collect()
}

/// Runs every rule for the version of the document, or (`errors_only`) those that find errors.
pub(super) fn run(context: &Context<'_>, errors_only: bool, found: &mut Vec<Diagnostic>) {
    for check in RULES.iter().filter(|check| !errors_only || check.rule.severity == Severity::Error) {
        let (first, last) = check.versions;
        if let Some(run) = check.run.filter(|_| (first..=last).contains(&context.version)) {
            run(context, &mut Sink { rule: &check.rule, found });
        }
    }
}
