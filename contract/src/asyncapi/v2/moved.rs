//! References into the root document are turned to where their targets stand afterwards.

use super::{NEW, Upgrade};
use crate::asyncapi::resolve;
use crate::source::{FileId, resolve_path};
use crate::yaml::{self, Node, Value};

impl Upgrade<'_> {
    /// Turns every reference of the new tree.
    pub(super) fn turn_references(&self, node: &mut Node) {
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.turn_references(item)),
            Value::Mapping(map) => {
                for one in &mut map.entries {
                    match &mut one.value.value {
                        Value::String(text) if one.key == "$ref" => {
                            if let Some(known) = text.strip_prefix(NEW) {
                                *text = known.to_owned();
                            } else if let Some(turned) = self.turned(text, one.value.span.file) {
                                *text = turned;
                            }
                        }
                        _ => self.turn_references(&mut one.value),
                    }
                }
            }
            _ => {}
        }
    }

    /// The reference to the same value in the new tree, when it stands elsewhere there.
    fn turned(&self, reference: &str, from: FileId) -> Option<String> {
        let (file, fragment) = resolve::split(reference);
        let own = self.root.span.file;
        let leads_here = if file.is_empty() {
            from == own
        } else {
            let path = resolve_path(self.documents.path_of(from), &resolve::percent_decode(file));
            path.as_deref() == Some(self.documents.path_of(own))
        };
        if !leads_here {
            return None;
        }
        let pointer = fragment.strip_prefix('/')?;
        let (mut node, mut place, mut rest) = (self.root, None, pointer);
        let mut tokens = Some(pointer);
        while let Some(tail) = tokens {
            let (token, behind) = tail.split_once('/').map_or((tail, None), |(token, behind)| (token, Some(behind)));
            let decoded = resolve::percent_decode(token);
            let key = yaml::unescape_token(&decoded);
            let next = match &node.value {
                Value::Mapping(map) => map.get(&key),
                Value::Sequence(items) => key.parse::<usize>().ok().and_then(|n| items.get(n)),
                _ => None,
            };
            let Some(next) = next else { break };
            if let Some(moved) = self.moved.get(&std::ptr::from_ref(next)) {
                (place, rest) = (Some(moved), behind.unwrap_or(""));
            }
            node = next;
            tokens = behind;
        }
        let slash = if rest.is_empty() { "" } else { "/" };
        Some(format!("{file}#{}{slash}{rest}", place?))
    }
}
