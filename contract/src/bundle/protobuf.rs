//! Protobuf of other files as text in its place. Where one text does not say it all, `x-protobuf` beside it names the message and
//! holds the files that are imported: the loader reads them from there.

use super::position::Kind;
use super::{Bundler, turned};
use crate::asyncapi::{percent_decode, split_reference};
use crate::diagnostic::Diagnostic;
use crate::load::read_protobuf;
use crate::schema::Schema;
use crate::source::{FileId, resolve_path};
use crate::yaml::{Entry, Mapping, Node, Value};

impl<'d> Bundler<'d, '_> {
    /// The text of the file that `node` refers to and what must stand beside it, or `node` with a note that says why it stays.
    /// Without a format around it (`around`) one is put there.
    pub(super) fn proto(&mut self, node: &'d Node, named: &str, around: Option<Kind>) -> (Node, Option<Entry>) {
        let (file, fragment) = split_reference(named);
        if file.rsplit_once('.').is_none_or(|(_, extension)| extension != "proto") {
            return (self.documents.follow(node, &mut Vec::new()).unwrap_or(node).clone(), None);
        }
        let referrer = self.documents.path_of(node.span.file).to_owned();
        let read = self.text(node, &referrer, file, &percent_decode(fragment));
        let (text, more) = match read {
            Ok((_, Some(_))) if around == Some(Kind::Message) => {
                return (self.stays(node, named, "it imports others, and 2.x has no place for them"), None);
            }
            Ok(read) => read,
            Err(why) => return (self.stays(node, named, &why), None),
        };
        let text = Node { span: node.span, value: Value::String(text) };
        if around.is_some() {
            return (text, more);
        }
        let format = Node { span: node.span, value: Value::String("application/vnd.google.protobuf;version=3".to_owned()) };
        let entry = |key: &str, value: Node| Entry { key: key.to_owned(), key_span: node.span, value };
        let mut entries = vec![entry("schemaFormat", format), entry("schema", text)];
        entries.extend(more);
        (Node { span: node.span, value: Value::Mapping(Mapping { entries }) }, None)
    }

    /// The reference, with a note that says why.
    pub(super) fn stays(&mut self, node: &Node, named: &str, why: &str) -> Node {
        let message = format!("`{named}` stays a reference: {why}");
        self.notes.push(Diagnostic::warning("asyncapi/bundle", node.span, message));
        let referrer = self.documents.path_of(node.span.file).to_owned();
        self.moved(node, named, &referrer)
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

    /// The text, and `x-protobuf` where it alone does not say it all: the message that is meant, and what is imported.
    fn text(&mut self, node: &Node, referrer: &str, file: &str, fragment: &str) -> Result<(String, Option<Entry>), String> {
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
        let alone = read(None).is_some_and(|found| found.root == wanted.root);
        let imports: Vec<(String, FileId)> =
            wanted.files.iter().skip(1).filter_map(|file| Some((file.path.clone(), file.source?))).collect();
        if alone && imports.is_empty() {
            return Ok((text, None));
        }
        let string = |text: String| Node { span: node.span, value: Value::String(text) };
        let entry = |key: String, value: Node| Entry { key, key_span: node.span, value };
        let mapping = |entries: Vec<Entry>| Node { span: node.span, value: Value::Mapping(Mapping { entries }) };
        let mut more = vec![entry("message".to_owned(), string(wanted.root.clone()))];
        if !imports.is_empty() {
            let texts = imports.into_iter().map(|(path, file)| entry(path, string(self.sources.file(file).text().to_owned())));
            more.push(entry("imports".to_owned(), mapping(texts.collect())));
        }
        Ok((text, Some(entry("x-protobuf".to_owned(), mapping(more)))))
    }
}
