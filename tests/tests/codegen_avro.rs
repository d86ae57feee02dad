//! The code generated for Avro against the codec that is driven by the schema: the same bytes, and the same opinion on broken
//! ones. The borrowed twins against the owned types: the same values, and the same refusals. The events are the samples that the
//! generated crate ships with its examples.

use avro_corners_events::runtime::event::{DecodeRef, Event};
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

/// The borrowed twin says what the owned type says: the same value, or the same error at the same place.
fn same<E: DecodeRef + std::fmt::Debug>(bytes: &[u8]) -> bool {
    match (E::decode(bytes), E::decode_ref(bytes)) {
        (Ok(owned), Ok(view)) => {
            assert_eq!(format!("{:?}", Into::<E>::into(view)), format!("{owned:?}"), "{}: {bytes:02x?}", E::NAME); // NaN
            true
        }
        (Err(owned), Err(view)) => {
            assert_eq!(view, owned, "{}: {bytes:02x?}", E::NAME);
            false
        }
        (owned, view) => panic!("{}: owned {owned:?}, borrowed {view:?}, {bytes:02x?}", E::NAME),
    }
}

/// [`check`], and the borrowed twin on the same bytes, cut everywhere and with thousands of damages.
fn check_both<E: DecodeRef + PartialEq + std::fmt::Debug>(event: &E) {
    check(event);
    let mut bytes = Vec::new();
    event.encode(&mut bytes).expect("a sample can be written");
    assert_eq!(&Into::<E>::into(E::decode_ref(&bytes).expect("our own bytes can be read")), event);
    for length in 0..bytes.len() {
        assert!(!same::<E>(&bytes[..length]), "{}: {length} of {} bytes are enough", E::NAME, bytes.len());
    }
    let mut random = Random(0x5eed);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..4_000 {
        let mut broken = bytes.clone();
        for _ in 0..=random.below(3) {
            random.damage(&mut broken);
        }
        if same::<E>(&broken) { taken += 1 } else { refused += 1 }
    }
    assert!(taken > 0 && refused > 0, "{}: {taken} damaged messages were taken, {refused} refused", E::NAME);
}

/// Numbers from a seed (SplitMix64), so that a failure comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).expect("less than a usize")
    }

    /// Changes, adds, doubles, takes away or cuts. Large payloads are mostly one `fixed`: the start gets its share.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let near = if self.below(2) == 0 { bytes.len() } else { bytes.len().min(300) };
        let at = self.below(near);
        let byte = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xc3, 0xff, u8::try_from(self.below(256)).expect("a byte")][self.below(8)];
        match self.below(6) {
            0 => bytes.insert(at, byte),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let end = bytes.len().min(at + self.below(24));
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
}

#[test]
fn generated_code_writes_what_the_schema_says() {
    check_both(&samples::keywords());
    check_both(&samples::keywords_ref());
    check_both(&samples::event2());
    check_both(&samples::order_placed());
    check_both(&samples::order_placed2());
    check_both(&samples::logical());
    check_both(&samples::defaults());
    check_both(&samples::tree());
    check_both(&samples::unions());
    check_both(&samples::blob());
    check(&samples::level());
    check(&samples::count());
}

#[test]
fn borrowed_maps_hold_what_maps_hold() {
    use avro_corners_events::{OrderPlaced, OrderPlacedRef};
    // {"b": [], "a": [{"x": null, "": 1}], "b": [{}]} in two blocks, the first with its size.
    let bytes = [[3, 26, 2, b'b', 0, 2, b'a', 2, 4, 2, b'x', 0, 0, 2, 2, 0].as_slice(), &[0, 2, 2, b'b', 2, 0, 0, 0]].concat();
    assert!(same::<OrderPlaced>(&bytes));
    let view: OrderPlacedRef<'_> = OrderPlaced::decode_ref(&bytes).expect("it is well-formed");
    assert_eq!(view.0.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(view.0.get("b").map(Vec::len), Some(1), "the last of equal keys stays");
    let inner = view.0.get("a").and_then(|list| list.first()).expect("a map");
    assert_eq!(inner.keys().collect::<Vec<_>>(), ["", "x"]);
    let key = inner.keys().nth(1).expect("x");
    assert!(bytes.as_ptr_range().contains(&key.as_ptr()), "a key is where it was in the payload");
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
    assert_eq!(Tree::decode_ref(&endless).expect_err("the borrowed one too"), error);
    assert!(same::<Tree>(&out));
    // Counts that cannot be true: a label, no `next`, then endless children, or a payload of empty records.
    let mut children = vec![0, 0];
    children.extend([0xfe, 0xff, 0xff, 0xff, 0x0f]);
    assert!(!same::<Tree>(&children));
    let mut empty = vec![0, 0, 0, 0];
    empty.extend([0xfe, 0xff, 0xff, 0xff, 0x0f, 0]);
    assert!(!same::<avro_corners_events::Unions>(&empty));
}
