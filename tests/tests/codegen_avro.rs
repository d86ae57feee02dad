//! The code generated for Avro against the codec that is driven by the schema: the same bytes, and the same opinion on broken
//! ones. The events are the samples that the generated crate ships with its examples.

use avro_corners_events::runtime::event::Event;
use eventpact_contract::formats::avro::{self, datum};
use eventpact_contract::load::load_schema;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};

#[allow(unreachable_pub, clippy::pedantic)] // generated
#[rustfmt::skip] // generated: compared byte for byte
#[path = "../codegen/avro-corners/expected/examples/samples/mod.rs"]
mod samples;

fn schema_of<E: Event>() -> std::sync::Arc<avro::Schema> {
    let files = Memory([("schema.avsc".to_owned(), E::SCHEMA.text.to_owned())].into());
    let (schema, found) = load_schema(&mut Sources::new(), &files, "schema.avsc", Some(Format::Avro), None);
    match schema {
        Some(Schema::Avro(schema)) => schema,
        _ => panic!("the registered text of {} is no Avro schema: {found:#?}", E::NAME),
    }
}

/// Written by one and read by the other, both ways, and again with every byte of the message changed or missing.
fn check<E: Event + PartialEq + std::fmt::Debug>(event: &E) {
    let schema = schema_of::<E>();
    let mut bytes = Vec::new();
    event.encode(&mut bytes).expect("a sample can be written");
    let value = datum::decode(&schema, &bytes).unwrap_or_else(|e| panic!("{}: {e}", E::NAME));
    let again = datum::encode(&schema, &value).expect("what was read can be written");
    assert_eq!(again, bytes, "{}: {:?}", E::NAME, datum::to_json(&schema, &value));
    assert_eq!(&E::decode(&again).expect("our own bytes can be read"), event);

    let fingerprint = format!("crc-64-avro:{:016x}", avro::rabin(&avro::parsing_canonical_form(&schema)));
    assert_eq!(E::SCHEMA.fingerprint, fingerprint, "{}", E::NAME);

    for length in 0..bytes.len() {
        assert!(E::decode(&bytes[..length]).is_err(), "{}: {length} of {} bytes are enough", E::NAME, bytes.len());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(E::decode(&longer).is_err(), "{}: a byte too many is taken", E::NAME);
    for position in 0..bytes.len().min(600) {
        for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[position] ^= flip;
            if let Ok(event) = E::decode(&broken) {
                assert!(datum::decode(&schema, &broken).is_ok(), "{}: only we take byte {position} ^ {flip:#x}", E::NAME);
                let mut out = Vec::new();
                // A decimal may now have more digits than its schema allows: refused, never cut.
                if event.encode(&mut out).is_ok() {
                    let back = E::decode(&out).expect("what we write can be read");
                    assert_eq!(format!("{back:?}"), format!("{event:?}"), "{}", E::NAME); // text: NaN is not equal to itself
                }
            }
        }
    }
}

#[test]
fn generated_code_writes_what_the_schema_says() {
    check(&samples::keywords());
    check(&samples::event2());
    check(&samples::order_placed());
    check(&samples::order_placed2());
    check(&samples::logical());
    check(&samples::defaults());
    check(&samples::tree());
    check(&samples::unions());
}

#[test]
fn defaults_are_those_of_the_schema() {
    use avro_corners_events::schemas::defaults::{Color, Defaults, DefaultsWhich};
    let defaults = Defaults::default();
    assert_eq!((defaults.int, defaults.long, defaults.color), (-7, i64::MIN, Color::Red));
    assert_eq!((defaults.bytes.as_slice(), defaults.fixed), (&[0, 0xff][..], [0xff, 1, b'a']));
    assert_eq!((defaults.inner.a, defaults.inner.b.as_str(), defaults.which.clone()), (5, "x", DefaultsWhich::Int(3)));
    assert_eq!(defaults.price.to_string(), "-2.56");
    check(&defaults);
}

#[test]
fn depth_is_bounded_both_ways() {
    use avro_corners_events::Tree;
    let chain = |depth: usize| {
        let mut tree = Tree { ping: None, ..samples::tree() };
        for _ in 0..depth {
            tree = Tree { next: Some(Box::new(tree)), ..Tree { ping: None, ..samples::tree() } };
        }
        tree
    };
    let mut out = Vec::new();
    chain(100).encode(&mut out).expect("a hundred records are fine");
    assert_eq!(Tree::decode(&out).expect("and come back"), chain(100));
    let error = chain(200).encode(&mut Vec::new()).expect_err("two hundred are refused");
    assert!(error.to_string().contains("more than 128"), "{error}");
    // The label "", then the branch of `next`, for ever: an attacker needs two bytes per level.
    let endless = [0, 2].repeat(100_000);
    let error = Tree::decode(&endless).expect_err("the reader stops");
    assert!(error.reason().contains("more than 128"), "{error}");
}
