//! Custom options in a descriptor: the crate that writes descriptors knows none, so they are put into its bytes.

use std::collections::HashMap;

use eventpact_contract::formats::protobuf::{Enum, File, Message, OptionEntry};
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use crate::meta;

/// Gives other bytes for some fields of a message, by number and content.
type Other<'a> = dyn Fn(u32, &[u8]) -> Option<Vec<u8>> + 'a;

/// The bytes of a `FileDescriptorProto` with the metadata of the file and of all in it.
pub(super) fn with_metadata(bytes: &[u8], file: &File) -> Vec<u8> {
    let messages = by_name(&file.messages, |m| &m.element.name);
    let enums = by_name(&file.enums, |e| &e.element.name);
    let grafted = graft(bytes, 8, meta::encoded(&file.options, meta::FILE), &|number, part| match number {
        4 => named(part, &messages).and_then(|found| message(part, found)),
        5 => named(part, &enums).and_then(|found| enumeration(part, found)),
        _ => None,
    });
    grafted.unwrap_or_else(|| bytes.to_vec())
}

/// `DescriptorProto`. Nesting is bounded by the parser.
fn message(bytes: &[u8], message: &Message) -> Option<Vec<u8>> {
    let fields = by_name(&message.fields, |f| &f.element.name);
    let messages = by_name(&message.messages, |m| &m.element.name);
    let enums = by_name(&message.enums, |e| &e.element.name);
    graft(bytes, 7, meta::encoded(&message.options, meta::MESSAGE), &|number, part| match number {
        2 => named(part, &fields).and_then(|found| leaf(part, 8, &found.options, meta::FIELD)),
        3 => named(part, &messages).and_then(|found| self::message(part, found)),
        4 => named(part, &enums).and_then(|found| enumeration(part, found)),
        _ => None,
    })
}

/// `EnumDescriptorProto`
fn enumeration(bytes: &[u8], one: &Enum) -> Option<Vec<u8>> {
    let values = by_name(&one.values, |v| &v.element.name);
    graft(bytes, 3, meta::encoded(&one.options, meta::ENUM), &|number, part| match number {
        2 => named(part, &values).and_then(|found| leaf(part, 3, &found.options, meta::ENUM_VALUE)),
        _ => None,
    })
}

fn leaf(bytes: &[u8], number: u32, options: &[OptionEntry], name: &str) -> Option<Vec<u8>> {
    graft(bytes, number, meta::encoded(options, name), &|_, _| None)
}

/// Elements by their names; of two with one name the first.
fn by_name<T>(all: &[T], name: impl Fn(&T) -> &String) -> HashMap<&[u8], &T> {
    all.iter().rev().map(|one| (name(one).as_bytes(), one)).collect()
}

/// The element with the name that a descriptor has.
fn named<'a, T>(descriptor: &[u8], all: &HashMap<&[u8], &'a T>) -> Option<&'a T> {
    let (_, _, own) = Fields(descriptor).find(|(number, ..)| *number == 1)?;
    all.get(own).copied()
}

/// The bytes of a descriptor with metadata among its options, which are the field `options`, and with other bytes for the parts
/// for which there are some. `None` when they are no message.
fn graft(bytes: &[u8], options: u32, metadata: Option<Vec<u8>>, other: &Other<'_>) -> Option<Vec<u8>> {
    let mut extension = Vec::new();
    if let Some(metadata) = metadata {
        delimited(meta::NUMBER, &metadata, &mut extension);
    }
    let mut out = Vec::with_capacity(bytes.len() + extension.len());
    let (mut length, mut missing) = (0, !extension.is_empty());
    for (number, whole, part) in Fields(bytes) {
        if missing && number > options {
            delimited(options, &extension, &mut out);
            missing = false;
        }
        length += whole.len();
        if number == options && missing {
            delimited(options, &[part, &extension].concat(), &mut out);
            missing = false;
        } else if let Some(part) = other(number, part) {
            delimited(number, &part, &mut out);
        } else {
            out.extend_from_slice(whole);
        }
    }
    if missing {
        delimited(options, &extension, &mut out);
    }
    (length == bytes.len()).then_some(out)
}

fn delimited(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// The fields of a message: number, all bytes, and for texts and messages the content. A descriptor has numbers and these.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, &'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.0;
        let mut rest = start;
        let (number, wire) = decode_key(&mut rest).ok()?;
        let value = decode_varint(&mut rest).ok()?;
        let content = match wire {
            WireType::Varint => &[][..],
            WireType::LengthDelimited => {
                let (content, behind) = rest.split_at_checked(usize::try_from(value).ok()?)?;
                rest = behind;
                content
            }
            _ => return None,
        };
        self.0 = rest;
        Some((number, &start[..start.len() - rest.len()], content))
    }
}
