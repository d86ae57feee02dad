//! Descriptor sets and the images of buf: a folder of the `.proto` files in them, printed as text.
//!
//! The forms in which buf writes an image beside the binary one become that one first: `packed` takes off a compression, `form` reads
//! JSON and the text format.

mod form;
mod text_format;

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::{Context as _, Result, anyhow, bail};
use eventpact_contract::formats::protobuf;
use eventpact_contract::load::is_descriptor_set;
use eventpact_contract::source::Reader;
use flate2::read::GzDecoder;

use super::files::MAX_BYTES;
use super::{Entry, Tree};

/// What people are told to do about something that is no image.
const HELP: &str = "make one with `buf build -o`, `protoc --include_imports --descriptor_set_out` or `eventpact descriptor`";

/// A tree that is one image in JSON, in the text format, or compressed, as the binary descriptor set that it stands for; any other
/// tree as it is.
pub(super) fn packed(tree: Tree) -> Result<Tree> {
    let [entry] = tree.entries.as_slice() else { return Ok(tree) };
    let (path, compression) = match entry.path.rsplit_once('.') {
        Some((path, ending @ ("gz" | "zst"))) => (path, Some(ending)),
        _ => (entry.path.as_str(), None),
    };
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_text = ending == "txtpb";
    let is_plain_binary = is_descriptor_set(path) && compression.is_none();
    if !tree.single || is_plain_binary || !(is_descriptor_set(path) || is_text || ending == "json") {
        return Ok(tree);
    }
    let name = tree.reader.display_name(&entry.path);
    let read = tree.reader.read_bytes(&entry.path).map_err(|why| anyhow!("cannot read {name}: {why}"));
    let bytes = match (read, compression) {
        // Whoever reads the file as something else says what is wrong with it.
        (Err(_), None) if !is_text => return Ok(tree),
        (read, None) => read?,
        (read, Some(compression)) => unpacked(&read?, compression).with_context(|| format!("cannot unpack {name}"))?,
    };
    let no_image = |why: String| anyhow!("{name} is no image: {why}; {HELP}");
    let bytes = if is_text {
        form::from_text(&bytes).map_err(no_image)?
    } else if ending != "json" {
        bytes
    } else if form::is_image(&bytes) {
        form::from_json(&bytes).map_err(no_image)?
    } else if compression.is_some() {
        bail!("{name} is not the JSON of an image, which is all that may be compressed; {HELP}");
    } else {
        return Ok(tree);
    };
    // The ending says what the bytes are; what is shown is the name of the file.
    let path = format!("{}.binpb", entry.path);
    let entries = vec![Entry { path, name: entry.name.clone() }];
    let reader = Box::new(Packed { name, bytes });
    Ok(Tree { reader, entries, label: tree.label, single: true, registered: BTreeMap::new() })
}

/// A tree that is one descriptor set as the folder that it was made of; any other tree as it is. Files that are there only
/// because others import them are read, but are no documents.
pub(super) fn open(tree: Tree) -> Result<Tree> {
    let [entry] = tree.entries.as_slice() else { return Ok(tree) };
    if !tree.single || !is_descriptor_set(&entry.path) {
        return Ok(tree);
    }
    let name = tree.reader.display_name(&entry.path);
    let bytes = tree.reader.read_bytes(&entry.path).map_err(|why| anyhow!("cannot read {name}: {why}"))?;
    let texts = protobuf::descriptor_texts(&bytes).map_err(|why| anyhow!("{name} is no descriptor set: {why}; {HELP}"))?;
    let imported = protobuf::imported_files(&bytes);
    let own = |path: &&String| !imported.contains(path.as_str()) && !path.starts_with("google/protobuf/");
    let texts: BTreeMap<String, String> = texts.into_iter().collect();
    let entries: Vec<Entry> = texts.keys().filter(own).map(|path| Entry { path: path.clone(), name: path.clone() }).collect();
    if entries.is_empty() {
        bail!("{name} has no files of its own; {HELP}");
    }
    let reader = Box::new(Image { name, texts });
    Ok(Tree { reader, entries, label: tree.label, single: false, registered: BTreeMap::new() })
}

/// What `buf build -o image.binpb.gz` and `.zst` compress.
fn unpacked(bytes: &[u8], compression: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let read: &mut dyn Read = match compression {
        "gz" => &mut GzDecoder::new(bytes),
        _ => &mut ruzstd::decoding::StreamingDecoder::new(bytes).map_err(|why| anyhow!("{why}"))?,
    };
    read.take(MAX_BYTES + 1).read_to_end(&mut out)?;
    if out.len() as u64 > MAX_BYTES {
        bail!("it unpacks to more than {MAX_BYTES} bytes");
    }
    Ok(out)
}

/// One file, in another form than it has on disk.
struct Packed {
    name: String,
    bytes: Vec<u8>,
}

impl Reader for Packed {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("it is a descriptor set".to_owned())
    }

    fn read_bytes(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.bytes.clone())
    }

    fn display_name(&self, _: &str) -> String {
        self.name.clone()
    }
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
