//! Finds a `schemaRegistryUrl` in the Kafka binding of a server that is no absolute `http` or `https` URL. Nothing is fetched.
//!
//! Why it matters: clients that read the contract cannot reach the registry.
//!
//! What to do instead: write the whole address, as `https://registry.example.com:8081`; the vendor goes into
//! `schemaRegistryVendor`.

use super::{ALL, Check, Context, Sink};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-registry-url",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the address of a schema registry is a URL",
        source: include_str!("schema_registry_url.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    for around in [Some(context.root), components].into_iter().flatten() {
        for (_, server) in context.entries(around, "servers") {
            let kafka = context.get(server, "bindings").and_then(|bindings| context.get(bindings, "kafka"));
            let Some(url) = kafka.and_then(|kafka| kafka.get("schemaRegistryUrl")) else { continue };
            // In 3.x what is no URI at all is reported by the walker of the document.
            let looked_at = |text: &&str| context.version.is_2() || text.contains(':');
            if url.as_str().filter(looked_at).is_some_and(|text| !is_address(text)) {
                sink.report(url.span, "this is no `http` or `https` URL").help =
                    Some("write the whole address, as `https://registry.example.com:8081`".to_owned());
            }
        }
    }
}

/// A scheme and a host without blanks; `{variables}` of the server may stand in it.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| {
        let name = host.rsplit('@').next().unwrap_or(host);
        !name.is_empty() && !name.starts_with(':')
    }) && !text.contains(char::is_whitespace)
}
