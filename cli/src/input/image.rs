//! Descriptor sets and the images of buf: a folder of the `.proto` files in them, printed as text.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context as _, Result, anyhow, bail};
use eventpact_contract::formats::protobuf;
use eventpact_contract::load::is_descriptor_set;
use eventpact_contract::source::Reader;
use flate2::read::GzDecoder;

use super::files::MAX_BYTES;
use super::{Entry, Tree};

/// A tree that is one descriptor set as the folder that it was made of; any other tree as it is. Files that are there only
/// because others import them are read, but are no documents.
pub(super) fn open(tree: Tree) -> Result<Tree> {
    let [entry] = tree.entries.as_slice() else { return Ok(tree) };
    let packed = entry.path.strip_suffix(".gz");
    if !tree.single || !is_descriptor_set(packed.unwrap_or(&entry.path)) {
        return Ok(tree);
    }
    let name = tree.reader.display_name(&entry.path);
    let mut bytes = tree.reader.read_bytes(&entry.path).map_err(|why| anyhow!("cannot read {name}: {why}"))?;
    if packed.is_some() {
        bytes = unpacked(&bytes).with_context(|| format!("cannot unpack {name}"))?;
    }
    let help = "make one with `buf build -o`, `protoc --include_imports --descriptor_set_out` or `eventpact descriptor`";
    let texts = protobuf::descriptor_texts(&bytes).map_err(|why| anyhow!("{name} is no descriptor set: {why}; {help}"))?;
    let imported = protobuf::imported_files(&bytes);
    let own = |path: &&String| !imported.contains(path.as_str()) && !path.starts_with("google/protobuf/");
    let texts: BTreeMap<String, String> = texts.into_iter().collect();
    let entries: Vec<Entry> = texts.keys().filter(own).map(|path| Entry { path: path.clone(), name: path.clone() }).collect();
    if entries.is_empty() {
        bail!("{name} has no files of its own; {help}");
    }
    let reader = Box::new(Image { name, texts });
    Ok(Tree { reader, entries, label: tree.label, single: false, registered: BTreeMap::new() })
}

/// What is packed with gzip, as `buf build -o image.binpb.gz` does.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut out)?;
    if out.len() as u64 > MAX_BYTES {
        bail!("it unpacks to more than {MAX_BYTES} bytes");
    }
    Ok(out)
}

struct Image {
    name: String,
    texts: BTreeMap<String, String>,
}

impl Reader for Image {
    fn read(&self, path: &str) -> Result<String, String> {
        self.texts.get(path).cloned().ok_or_else(|| format!("{} does not hold it (protoc: --include_imports)", self.name))
    }

    fn display_name(&self, path: &str) -> String {
        format!("{}:{path}", self.name)
    }
}
