//! Images in JSON and in the text format, as `buf build -o image.json` and `-o image.txtpb` write them, become the bytes of a
//! `FileDescriptorSet`.
//!
//! Custom options are extensions, whose definitions are in the image itself. So it is read twice: without them, and then with what
//! the first reading defines.

use eventpact_contract::formats::protobuf::{self, DescriptorOptions};
use eventpact_contract::source::Sources;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};
use serde::Deserialize;

use super::text_format;

/// What an image is: a `FileDescriptorSet` with a field more in each file.
const IMAGE: &str = include_str!("image.proto");

/// The JSON is an object of descriptors and nothing else: no JSON Schema and no other document looks like that.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Image {
        file: Vec<File>,
    }
    #[derive(Deserialize)]
    struct File {
        #[serde(rename = "name")]
        _name: String,
    }
    serde_json::from_slice::<Image>(bytes).is_ok_and(|image| !image.file.is_empty())
}

pub(super) fn from_json(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let read = |image: MessageDescriptor| {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        // Newer versions of buf and of descriptors have more fields.
        let options = DeserializeOptions::new().deny_unknown_fields(false);
        let message = DynamicMessage::deserialize_with_options(image, &mut json, &options).map_err(|why| why.to_string())?;
        json.end().map_err(|why| why.to_string())?;
        Ok(message)
    };
    twice(read, read)
}

pub(super) fn from_text(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let plain = text_format::without_extensions(text)?;
    let read = |image, text: &str| DynamicMessage::parse_text_format(image, text).map_err(|why| why.to_string());
    twice(|image| read(image, &plain), |image| read(image, text))
}

/// Reads without custom options, then with them; where their definitions cannot be used, what is known without them stands.
fn twice(
    without: impl Fn(MessageDescriptor) -> Result<DynamicMessage, String>,
    with: impl Fn(MessageDescriptor) -> Result<DynamicMessage, String>,
) -> Result<Vec<u8>, String> {
    let known = pool()?;
    let plain = without(image(&known)?)?.encode_to_vec();
    let full = with_definitions(known, &plain).and_then(|known| with(image(&known).ok()?).ok());
    Ok(full.map_or(plain, |message| message.encode_to_vec()))
}

fn image(pool: &DescriptorPool) -> Result<MessageDescriptor, String> {
    pool.get_message_by_name("eventpact.Image").ok_or_else(|| "the descriptor of images is not there".to_owned())
}

/// The messages that an image is made of.
fn pool() -> Result<DescriptorPool, String> {
    let mut sources = Sources::new();
    let file = sources.add("image.proto", IMAGE);
    let (schema, found) = protobuf::parse_files(&mut sources, file, "eventpact/image.proto", &mut |_| Err(String::new()));
    let schema = schema.ok_or_else(|| found.first().map(|found| found.message.clone()).unwrap_or_default())?;
    let set = protobuf::descriptor_set(&schema, DescriptorOptions::default());
    DescriptorPool::decode(set.as_slice()).map_err(|why| why.to_string())
}

/// The same with what an image defines; `None` where it defines nothing that can be used.
fn with_definitions(mut known: DescriptorPool, image: &[u8]) -> Option<DescriptorPool> {
    let mut set = FileDescriptorSet::decode(image).ok()?;
    set.file.retain(|file| known.get_file_by_name(file.name()).is_none());
    if !set.file.iter().any(has_extensions) {
        return None;
    }
    known.add_file_descriptor_set(set).ok()?;
    Some(known)
}

fn has_extensions(file: &prost_reflect::prost_types::FileDescriptorProto) -> bool {
    !file.extension.is_empty() || file.message_type.iter().any(|message| !message.extension.is_empty())
}
