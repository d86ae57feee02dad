//! Protobuf of other files as text in its place, where one text can say it: without imports that are not built in, and with
//! the wanted message as the one that is found.

use super::{Bundler, turned};
use crate::asyncapi::{percent_decode, split_reference};
use crate::diagnostic::Diagnostic;
use crate::load::read_protobuf;
use crate::schema::Schema;
use crate::source::resolve_path;
use crate::yaml::{Entry, Mapping, Node, Value};

impl<'d> Bundler<'d, '_> {
    /// The text of the file that `node` refers to, or `node` with a note that says why it stays. Without a format around it
    /// (`around`) one is put there.
    pub(super) fn proto(&mut self, node: &'d Node, named: &str, around: Option<&Node>) -> Node {
        let (file, fragment) = split_reference(named);
        if file.rsplit_once('.').is_none_or(|(_, extension)| extension != "proto") {
            return self.documents.follow(node, &mut Vec::new()).unwrap_or(node).clone();
        }
        let referrer = self.documents.path_of(node.span.file).to_owned();
        let text = match self.text(&referrer, file, &percent_decode(fragment)) {
            Ok(text) => text,
            Err(why) => {
                let message = format!("`{named}` stays a reference: {why}");
                self.notes.push(Diagnostic::warning("asyncapi/bundle", node.span, message));
                return self.moved(node, named, &referrer);
            }
        };
        let text = Node { span: node.span, value: Value::String(text) };
        if around.is_some() {
            return text;
        }
        let format = Node { span: node.span, value: Value::String("application/vnd.google.protobuf;version=3".to_owned()) };
        let entry = |key: &str, value: Node| Entry { key: key.to_owned(), key_span: node.span, value };
        let entries = vec![entry("schemaFormat", format), entry("schema", text)];
        Node { span: node.span, value: Value::Mapping(Mapping { entries }) }
    }

    /// The reference as it must be written in the document.
    fn moved(&self, node: &Node, named: &str, referrer: &str) -> Node {
        let own = self.documents.path_of(self.root.span.file);
        let moved = crate::asyncapi::moved_reference(named, referrer, own);
        match (moved, node.get("$ref")) {
            (Some(moved), Some(reference)) => turned(node, reference, &moved),
            _ => node.clone(),
        }
    }

    fn text(&mut self, referrer: &str, file: &str, fragment: &str) -> Result<String, String> {
        let path = resolve_path(referrer, &percent_decode(file)).ok_or("it lies outside of the folder that may be read")?;
        let text = self.reader.read(&path)?;
        let id = self.sources.add(self.reader.display_name(&path), text.clone());
        let root = fragment.trim_start_matches(['/', '.']);
        let mut found = Vec::new();
        let mut read = |root: Option<&str>| match read_protobuf(self.sources, self.reader, id, &path, root, &mut found) {
            Some(Schema::Protobuf(schema)) => Some(schema),
            _ => None,
        };
        let wanted = read((!root.is_empty()).then_some(root)).ok_or("it can't be read")?;
        let imported = wanted.files.iter().skip(1).find(|file| file.source.is_some());
        if let Some(imported) = imported {
            return Err(format!("it imports `{}`, and one text can't hold two files", imported.path));
        }
        if read(None).is_none_or(|found| found.root != wanted.root) {
            return Err(format!("a text alone does not say that `{}` is the message", wanted.root));
        }
        Ok(text)
    }
}
