//! Servers, security and parameters.

use super::{Upgrade, entries, entry, mapping, new_reference, node, text};
use crate::yaml::{Entry, Node, Value, reference_token};

impl<'d> Upgrade<'d> {
    pub(super) fn server(&mut self, server: &'d Node, _: &str) -> Node {
        if server.as_mapping().is_none() {
            return server.clone();
        }
        let mut out = Vec::new();
        for one in entries(server) {
            match (one.key.as_str(), &one.value.value) {
                ("url", Value::String(url)) => {
                    let (host, path) = split_url(url);
                    out.push(entry("host", one.key_span, text(one.value.span, host)));
                    if !path.is_empty() {
                        out.push(entry("pathname", one.key_span, text(one.value.span, path)));
                    }
                }
                ("bindings", _) => out.push(entry("bindings", one.key_span, self.bindings(one.value.clone()))),
                ("security", _) => out.push(entry("security", one.key_span, self.security(&one.value))),
                _ => out.push(one.clone()),
            }
        }
        mapping(server.span, out)
    }

    /// `[{name: [scopes]}]` as a list of schemes: references, or copies where scopes are named.
    pub(super) fn security(&mut self, security: &'d Node) -> Node {
        let Value::Sequence(items) = &security.value else { return security.clone() };
        let mut out = Vec::new();
        for item in items {
            let schemes = entries(item);
            if item.as_mapping().is_none() {
                out.push(item.clone());
            } else if schemes.is_empty() {
                self.note(item.span, "3.x can't say that security is optional: `{}` is left out");
            } else if schemes.len() > 1 {
                self.note(item.span, "3.x can't ask for several schemes at once: they are listed as alternatives");
            }
            out.extend(schemes.iter().map(|one| self.required_scheme(one)));
        }
        node(security.span, Value::Sequence(out))
    }

    fn required_scheme(&mut self, required: &'d Entry) -> Node {
        let pointer = format!("/components/securitySchemes/{}", reference_token(&required.key));
        // References of the new tree are written in the root document.
        let span = if required.key_span.file == self.root.span.file { required.key_span } else { self.root.span };
        let scopes = required.value.as_sequence().unwrap_or_default();
        let scheme = self.component("securitySchemes", &required.key).and_then(|scheme| self.follow(scheme));
        let takes_scopes = |scheme: &&Node| matches!(scheme.get("type").and_then(Node::as_str), Some("oauth2" | "openIdConnect"));
        match scheme.filter(|scheme| !scopes.is_empty() && takes_scopes(scheme)) {
            Some(scheme) => {
                let mut copy = self.scheme(scheme, &pointer);
                if let Value::Mapping(map) = &mut copy.value {
                    map.entries.push(entry("scopes", required.key_span, required.value.clone()));
                }
                copy
            }
            None => new_reference(span, &pointer),
        }
    }

    #[allow(clippy::unused_self)] // one signature for every kind of object
    pub(super) fn scheme(&mut self, scheme: &'d Node, _: &str) -> Node {
        let mut out = scheme.clone();
        let Value::Mapping(map) = &mut out.value else { return out };
        let Some(flows) = map.entries.iter_mut().find(|one| one.key == "flows") else { return out };
        let Value::Mapping(flows) = &mut flows.value.value else { return out };
        for flow in &mut flows.entries {
            if let Value::Mapping(flow) = &mut flow.value.value {
                for field in flow.entries.iter_mut().filter(|field| field.key == "scopes") {
                    "availableScopes".clone_into(&mut field.key);
                }
            }
        }
        out
    }

    pub(super) fn bindings_of_operation(&mut self, bindings: &'d Node, _: &str) -> Node {
        operation_bindings(self.bindings(bindings.clone()))
    }

    pub(super) fn bindings_of(&mut self, bindings: &'d Node, _: &str) -> Node {
        self.bindings(bindings.clone())
    }

    /// In 3.x the binding of a protocol stands in place: references to it are followed.
    pub(super) fn bindings(&self, mut bindings: Node) -> Node {
        let Value::Mapping(map) = &mut bindings.value else { return bindings };
        for one in &mut map.entries {
            let target = self.documents.chain_from(&one.value, &mut Vec::new());
            if let Some(target) = target.and_then(|chain| chain.last().copied()).filter(|target| self.may_copy(target)) {
                one.value = target.clone();
            }
        }
        bindings
    }

    #[allow(clippy::unused_self)] // one signature for every kind of object
    pub(super) fn schema(&mut self, schema: &'d Node, _: &str) -> Node {
        schema_object(schema.clone())
    }

    /// A parameter of 3.x is a string: of its schema the choices and the default stay, and the whole as `x-schema` when it says
    /// more than that.
    pub(super) fn parameter(&mut self, parameter: &'d Node, at: &str) -> Node {
        if parameter.as_mapping().is_none() {
            return parameter.clone();
        }
        let mut out = Vec::new();
        for one in entries(parameter) {
            if one.key != "schema" {
                out.push(one.clone());
                continue;
            }
            self.moved.entry(&raw const one.value).or_insert_with(|| format!("{at}/x-schema"));
            let schema = self.follow(&one.value).unwrap_or(&one.value);
            let mut said_all = !super::is_reference(&one.value);
            for field in entries(schema) {
                let value = match field.key.as_str() {
                    "type" if field.value.as_str() == Some("string") => continue,
                    "description" if parameter.get("description").is_none() => Some(field.value.clone()),
                    "default" => scalar_text(&field.value),
                    "enum" | "examples" => scalar_texts(&field.value),
                    _ => None,
                };
                said_all &= value.as_ref() == Some(&field.value);
                out.extend(value.map(|value| entry(field.key.clone(), field.key_span, value)));
            }
            if !said_all {
                out.push(entry("x-schema", one.key_span, one.value.clone()));
            }
        }
        mapping(parameter.span, out)
    }
}

/// Kafka's first binding had names of groups and clients where the later ones have schemas.
pub(super) fn operation_bindings(mut bindings: Node) -> Node {
    let Value::Mapping(map) = &mut bindings.value else { return bindings };
    for kafka in map.entries.iter_mut().filter(|one| one.key == "kafka") {
        let Value::Mapping(kafka) = &mut kafka.value.value else { continue };
        for name in kafka.entries.iter_mut().filter(|one| matches!(one.key.as_str(), "groupId" | "clientId")) {
            if name.value.as_str().is_some() {
                let span = name.key_span;
                let fields = vec![entry("type", span, text(span, "string")), entry("const", span, name.value.clone())];
                name.value = mapping(span, fields);
            }
        }
    }
    bindings
}

/// `true` and `false` are no schemas of 3.x where a format could stand beside them.
pub(super) fn schema_object(schema: Node) -> Node {
    let span = schema.span;
    match schema.value {
        Value::Bool(true) => mapping(span, Vec::new()),
        Value::Bool(false) => mapping(span, vec![entry("not", span, mapping(span, Vec::new()))]),
        _ => schema,
    }
}

/// A scalar as a text; `null` and lists are none.
fn scalar_text(value: &Node) -> Option<Node> {
    match &value.value {
        Value::String(_) => Some(value.clone()),
        Value::Number(number) => Some(text(value.span, number.clone())),
        Value::Bool(bool) => Some(text(value.span, bool.to_string())),
        _ => None,
    }
}

fn scalar_texts(values: &Node) -> Option<Node> {
    let items: Option<Vec<Node>> = values.as_sequence()?.iter().map(scalar_text).collect();
    Some(node(values.span, Value::Sequence(items?)))
}

/// Host with port, and path, of `scheme://host:port/path`; each part may hold `{variables}`.
fn split_url(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.find('/') {
        Some(at) => (rest.get(..at).unwrap_or(rest), rest.get(at..).filter(|path| *path != "/").unwrap_or("")),
        None => (rest, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::split_url;

    #[test]
    fn urls() {
        for (url, host, path) in [
            ("kafka.example.com:9092", "kafka.example.com:9092", ""),
            ("mqtt://test.mosquitto.org:{port}/a/{b}", "test.mosquitto.org:{port}", "/a/{b}"),
            ("{scheme}://x.example/", "x.example", ""),
            ("wss://x.example?token=1", "x.example?token=1", ""),
            ("/ws", "", "/ws"),
            ("{url}", "{url}", ""),
        ] {
            assert_eq!(split_url(url), (host, path), "{url}");
        }
    }
}
