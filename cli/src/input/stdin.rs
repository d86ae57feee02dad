//! A document from standard input, named `-`. What it refers to is found from the working folder.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Result, bail};
use eventpact_contract::source::Reader;

use super::files::{Files, MAX_BYTES};
use super::{Entry, Tree};

/// Reads all of it. `name` says what it is (`asyncapi.yaml`, `order.proto`) and where its references start.
pub(super) fn open(name: Option<&str>) -> Result<Tree> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("standard input has more than {MAX_BYTES} bytes");
    }
    let text = super::text(bytes);
    let path = match name {
        Some(name) => match eventpact_contract::source::resolve_path("", name) {
            Some(path) => path,
            None => bail!("`{name}` lies outside of the working folder; name the input as a file in it"),
        },
        None if text.as_deref().is_ok_and(looks_like_protobuf) => "stdin.proto".to_owned(),
        None => "stdin".to_owned(),
    };
    let files = Files::for_folder(Path::new("."))?;
    let reader = Box::new(Stdin { text, path: path.clone(), named: name.is_some(), files });
    let entries = vec![Entry { name: path.clone(), path }];
    Ok(Tree { reader, entries, label: "-".to_owned(), single: true, registered: BTreeMap::new() })
}

/// `syntax = "proto3";` or `edition = "2023";` before anything else but comments.
fn looks_like_protobuf(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|l| !(l.is_empty() || l.starts_with("//") || l.starts_with(['*', '/'])));
    first.is_some_and(|line| {
        ["syntax", "edition"].iter().any(|word| line.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('=')))
    })
}

struct Stdin {
    text: Result<String, String>,
    path: String,
    named: bool,
    files: Files,
}

impl Reader for Stdin {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == self.path { self.text.clone() } else { self.files.read(path) }
    }

    fn display_name(&self, path: &str) -> String {
        if path == self.path && !self.named { "<stdin>".to_owned() } else { self.files.display_name(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_protobuf;

    #[test]
    fn protobuf_is_told_by_its_first_line() {
        assert!(looks_like_protobuf("// a comment\n\nsyntax = \"proto3\";\n") && looks_like_protobuf("edition=\"2023\";"));
        assert!(!looks_like_protobuf("{\"type\": \"string\"}") && !looks_like_protobuf("syntaxes: 1\n"));
    }
}
