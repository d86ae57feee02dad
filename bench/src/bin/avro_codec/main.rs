//! Generated Avro code against `apache-avro` and `serde_avro_fast`: the shop's `OrderPlaced`, encoded and decoded.
//!
//! All contenders run in one process, one after the other in each round, so that a slow moment of the machine hits all of them.
//! Figures are medians of CPU time of the thread. Every contender must write the same bytes first.
//!
//! The peers are given an easier type: their event id is a text (ours is parsed to a UUID), and the decimals of apache-avro stay
//! bytes. Borrowed decoding is compared like for like with `serde_avro_fast`, into `&str` and `&[u8]`; apache-avro reads from a
//! stream and has none. The allocator is the system's.

#![allow(clippy::print_stdout)] // the figures are the output

mod borrowed;
mod measure;
mod peers;
mod sample;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use borrowed::OrderRef;
use eventpact_runtime::event::{DecodeRef, Event};
use measure::{Contender, measure, ratios, report};
use peers::{ApacheOrder, FastOrder};
use shop_events::OrderPlaced;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let event = sample::order();
    let mut bytes = Vec::new();
    event.encode(&mut bytes)?;
    let text = OrderPlaced::SCHEMA.text;
    let apache_schema = apache_avro::Schema::parse_str(text)?;
    let apache_writer = GenericDatumWriter::builder(&apache_schema).build()?;
    let apache_unchecked = GenericDatumWriter::builder(&apache_schema).validate(false).build()?;
    let apache_reader = GenericDatumReader::builder(&apache_schema).build()?;
    let fast_schema: serde_avro_fast::Schema = text.parse()?;
    let mut fast_config = serde_avro_fast::ser::SerializerConfig::new(&fast_schema);

    let apache: ApacheOrder = apache_reader.read_deser(&mut bytes.as_slice())?;
    let fast: FastOrder = serde_avro_fast::from_datum_slice(&bytes, &fast_schema)?;
    let value = apache_reader.read_value(&mut bytes.as_slice())?;
    same("apache-avro", &apache_writer.write_ser_to_vec(&apache)?, &bytes)?;
    same("serde_avro_fast", &serde_avro_fast::to_datum_vec(&fast, &mut fast_config)?, &bytes)?;
    if OrderPlaced::decode(&bytes)? != event {
        return Err("what the generated code wrote is not what it reads".into());
    }
    check_views(&event, &bytes, &fast_schema)?;

    println!("OrderPlaced: {} bytes, {} items, figures in ns per message (CPU time, median)", bytes.len(), event.items.len());
    let (mut a, mut b, mut c, mut d) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut encoders = [
        Contender::new("generated", || {
            a.clear();
            event.encode(&mut a).map_or(0, |()| a.len())
        }),
        Contender::new("generated, fresh Vec", || {
            let mut out = Vec::new();
            event.encode(&mut out).map_or(0, |()| out.len())
        }),
        Contender::new("serde_avro_fast", || {
            b.clear();
            serde_avro_fast::to_datum(&fast, &mut b, &mut fast_config).map_or(0, |b| b.len())
        }),
        Contender::new("apache-avro serde", || {
            c.clear();
            apache_writer.write_ser(&mut c, &apache).unwrap_or(0)
        }),
        Contender::new("apache-avro Value", || {
            d.clear();
            apache_unchecked.write_value_ref(&mut d, &value).unwrap_or(0)
        }),
    ];
    let figures = measure(&mut encoders)?;
    report("encode", &figures);
    ratios("encode", &figures, "generated", &[("serde_avro_fast", 2.0), ("apache-avro serde", 5.0)]);
    decode(&bytes, &apache_reader, &fast_schema)
}

/// The borrowed decoders read what was written.
fn check_views(event: &OrderPlaced, bytes: &[u8], schema: &serde_avro_fast::Schema) -> Result<(), Failed> {
    let view = OrderPlaced::decode_ref(bytes)?;
    let theirs: OrderRef<'_> = serde_avro_fast::from_datum_slice(bytes, schema)?;
    let tags: usize = theirs.items.iter().map(|item| item.tags.len()).sum();
    let attributes: Vec<_> = view.attributes.iter().copied().collect();
    if view.to_owned() == *event && (tags, theirs.attributes.0, theirs.coupon) == (10, attributes, view.coupon) {
        return Ok(());
    }
    Err("the borrowed decoders do not read what was written".into())
}

fn decode(bytes: &[u8], apache_reader: &GenericDatumReader<'_>, fast_schema: &serde_avro_fast::Schema) -> Result<(), Failed> {
    let mut decoders = [
        Contender::new("generated", || OrderPlaced::decode(bytes).map_or(0, |e| e.items.len())),
        Contender::new("generated, borrowed", || OrderPlaced::decode_ref(bytes).map_or(0, |e| e.items.len())),
        Contender::new("generated, borrowed, to_owned", || {
            OrderPlaced::decode_ref(bytes).map_or(0, |e| e.to_owned().items.len())
        }),
        Contender::new("serde_avro_fast, borrowed", || {
            serde_avro_fast::from_datum_slice::<OrderRef<'_>>(bytes, fast_schema).map_or(0, |e| e.items.len())
        }),
        Contender::new("serde_avro_fast", || {
            serde_avro_fast::from_datum_slice::<FastOrder>(bytes, fast_schema).map_or(0, |e| e.items.len())
        }),
        Contender::new("apache-avro serde", || {
            apache_reader.read_deser::<ApacheOrder>(&mut &*bytes).map_or(0, |e| e.items.len())
        }),
        Contender::new("apache-avro Value", || match apache_reader.read_value(&mut &*bytes) {
            Ok(apache_avro::types::Value::Record(fields)) => fields.len(),
            _ => 0,
        }),
        // What apache-avro up to 0.22 does for a struct.
        Contender::new("apache-avro Value, struct", || {
            let value = apache_reader.read_value(&mut &*bytes);
            value.and_then(|v| apache_avro::from_value::<ApacheOrder>(&v)).map_or(0, |e| e.items.len())
        }),
    ];
    let figures = measure(&mut decoders)?;
    report("decode", &figures);
    ratios("decode, owned", &figures, "generated", &[("serde_avro_fast", 2.0), ("apache-avro serde", 5.0)]);
    let peers = [("serde_avro_fast, borrowed", 2.0), ("apache-avro serde", 5.0)];
    ratios("decode, borrowed", &figures, "generated, borrowed", &peers);
    Ok(())
}

fn same(name: &str, theirs: &[u8], ours: &[u8]) -> Result<(), Failed> {
    if theirs == ours { Ok(()) } else { Err(format!("{name} writes other bytes than the generated code").into()) }
}
