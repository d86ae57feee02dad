//! Security requirements of AsyncAPI 2: names of schemes with the scopes that they need.

use std::collections::HashSet;

use super::{Context, Sink};
use crate::yaml::Node;

/// Reports undefined names and scopes under `security` of a server or an operation.
pub(super) fn check<'d>(context: &Context<'d>, owner: &'d Node, what: &str, sink: &mut Sink<'_>) {
    for (_, requirement) in context.items(owner, "security") {
        let Some(requirement) = requirement.as_mapping() else { continue };
        let is_list = |node: &Node| node.as_sequence().is_some_and(|scopes| scopes.iter().all(|scope| scope.as_str().is_some()));
        // By its shape it must be right first.
        if !requirement.entries.iter().all(|entry| is_list(&entry.value)) {
            continue;
        }
        for entry in &requirement.entries {
            let schemes = context.root.get("components").and_then(|components| components.get("securitySchemes"));
            match schemes.and_then(|schemes| schemes.get(&entry.key)) {
                None => {
                    let found = sink.report(entry.key_span, format!("the {what} needs an undefined scheme: `{}`", entry.key));
                    found.help = Some("define it under `components.securitySchemes`".to_owned());
                }
                Some(scheme) if scheme.get("type").and_then(Node::as_str) == Some("oauth2") => {
                    let known = scopes(scheme);
                    for scope in entry.value.as_sequence().unwrap_or_default() {
                        let text = scope.as_str().unwrap_or("");
                        if !known.contains(text) {
                            sink.report(scope.span, format!("no flow of `{}` has the scope `{text}`", entry.key));
                        }
                    }
                }
                Some(_) => {}
            }
        }
    }
}

/// The scopes of all flows.
fn scopes(scheme: &Node) -> HashSet<&str> {
    let flows = scheme.get("flows");
    let flows =
        ["implicit", "password", "clientCredentials", "authorizationCode"].map(|flow| flows.and_then(|flows| flows.get(flow)));
    let scopes = flows.into_iter().flatten().filter_map(|flow| flow.get("scopes")?.as_mapping());
    scopes.flat_map(|scopes| scopes.entries.iter().map(|entry| entry.key.as_str())).collect()
}
