//! Protobuf: what the writer sends, prost-reflect must read with the reader's schema, under every number that both have.

use std::collections::HashSet;

use eventpact_compat::check::{self, Verdict};
use eventpact_compat::pair::Pair;
use eventpact_compat::report::{Place, Report};
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Severity, has_errors};
use eventpact_contract::formats::protobuf::{self, Schema as Tree};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use prost::Message as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

use crate::proto::File;
use crate::random::Rng;
use crate::run::{Tally, run};

/// Values for each pair that is called compatible.
const VALUES: u64 = 24;

#[test]
fn protobuf() {
    let tally = run("protobuf", (700, 40_000), one);
    assert_eq!(tally.witnesses, tally.breaks, "each break of Protobuf has a witness");
}

/// A schema as the checker has it, and as prost-reflect has it.
struct Side {
    schema: Schema,
    tree: std::sync::Arc<Tree>,
    root: MessageDescriptor,
}

fn parse(text: &str) -> Result<Side, String> {
    let mut sources = Sources::new();
    let file = sources.add("a.proto", text);
    let import = &mut |path: &str| Err(format!("no file {path}"));
    let (schema, found) = protobuf::parse(&mut sources, file, "a.proto", import, Some("M0"));
    let said = || found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("; ");
    let tree = std::sync::Arc::new(schema.filter(|_| !has_errors(&found)).ok_or_else(said)?);
    let pool = DescriptorPool::from_file_descriptor_set(protobuf::to_file_descriptor_set(&tree)).map_err(|e| e.to_string())?;
    let root = pool.get_message_by_name(&tree.root).ok_or("no root")?;
    Ok(Side { schema: Schema::Protobuf(std::sync::Arc::clone(&tree)), tree, root })
}

fn one(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let mut rng = Rng(seed);
    let old = File::new(&mut rng);
    let mut new = old.clone();
    for _ in 0..=rng.below(3) {
        new.evolve(&mut rng);
    }
    let (old, new) = (old.text(), new.text());
    let (a, b) = match (parse(&old), parse(&new)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), _) | (_, Err(why)) => {
            if std::env::var_os("EVENTPACT_SEED").is_some() {
                println!("{old}\n{new}\n{why}");
            }
            tally.note("pairs that are no schemas");
            return Ok(());
        }
    };
    for (reader, writer, names) in [(&b, &a, "the second reads the first"), (&a, &b, "the first reads the second")] {
        let report = check::compare(Pair::new(&reader.schema, &writer.schema), Profile::Sound);
        let verdict = Verdict::of([&report]);
        tally.verdict(verdict);
        judge(&report, reader, writer, tally).map_err(|why| format!("{why} ({names})\n{old}\n{new}"))?;
        if verdict == Verdict::Compatible
            && let Some(why) = misread(reader, writer, tally)
        {
            let turned = std::ptr::eq(reader, &raw const a);
            let (old, new) = shrink(&old, &new, turned);
            let (a, b) = (parse(&old)?, parse(&new)?);
            let (reader, writer) = if turned { (&a, &b) } else { (&b, &a) };
            let why = misread(reader, writer, &mut Tally::default()).unwrap_or(why);
            return Err(format!("compatible ({names}), but {why}\n{old}\n-----\n{new}"));
        }
    }
    Ok(())
}

/// A value that the reader refuses or reads as another one, and how.
fn misread(reader: &Side, writer: &Side, tally: &mut Tally) -> Option<String> {
    for seed in 0..VALUES {
        let mut rng = Rng(seed);
        let Some(sent) = message(&writer.root, writer, &mut rng, 0) else {
            tally.note("values that do not end");
            continue;
        };
        let bytes = sent.encode_to_vec();
        let sent = DynamicMessage::decode(writer.root.clone(), bytes.as_slice()).expect("the writer reads its own bytes");
        tally.values += 1;
        let why = match DynamicMessage::decode(reader.root.clone(), bytes.as_slice()) {
            Err(error) => format!("a message is refused: {error}"),
            Ok(read) => match complete(&read).and_then(|()| same(&Both { reader, writer }, &sent, &read)) {
                Err(why) => why,
                Ok(()) => continue,
            },
        };
        return Some(format!("{why}\nsent {sent}\nbytes {}", hex(&bytes)));
    }
    None
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat()
}

/// Every error has a witness, and the second judge agrees with it.
fn judge(report: &Report, reader: &Side, writer: &Side, tally: &mut Tally) -> Result<(), String> {
    for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
        tally.breaks += 1;
        let Some(witness) = &finding.witness else { continue };
        tally.witnesses += 1;
        let text = witness.hex.as_deref().unwrap();
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
        let sent = DynamicMessage::decode(writer.root.clone(), bytes.as_slice())
            .map_err(|e| format!("{}: the writer cannot have sent {text}: {e}", finding.rule.id))?;
        complete(&sent).map_err(|e| format!("{}: the writer cannot have sent {text}: {e}", finding.rule.id))?;
        // What is misread there are the names.
        if finding.rule.id == "protobuf/field-numbers-swapped" {
            continue;
        }
        let Ok(read) = DynamicMessage::decode(reader.root.clone(), bytes.as_slice()) else { continue };
        let map = |place: &Place| place.text.contains("map<");
        if map(&finding.reader) != map(&finding.writer) {
            // What an entry becomes as a message, and what a message becomes as an entry, is for the checker to say.
            continue;
        }
        if complete(&read).and_then(|()| same(&Both { reader, writer }, &sent, &read)).is_ok() {
            return Err(format!("{} has a witness that arrives as it was sent: {text} {sent} {read}", finding.rule.id));
        }
    }
    Ok(())
}

/// All required fields are there; prost-reflect does not look for them.
fn complete(message: &DynamicMessage) -> Result<(), String> {
    if let Some(field) = message.descriptor().fields().find(|f| f.cardinality() == Cardinality::Required && !message.has_field(f))
    {
        return Err(format!("the required field {} is missing", field.full_name()));
    }
    let inside = |value: &Value| if let Value::Message(inner) = value { complete(inner) } else { Ok(()) };
    for (_, value) in message.fields() {
        match value {
            Value::List(items) => items.iter().try_for_each(inside)?,
            Value::Map(entries) => entries.values().try_for_each(inside)?,
            other => inside(other)?,
        }
    }
    Ok(())
}

struct Both<'a> {
    reader: &'a Side,
    writer: &'a Side,
}

/// Whether a message says the same to its reader, under every number that both sides have.
fn same(sides: &Both<'_>, sent: &DynamicMessage, read: &DynamicMessage) -> Result<(), String> {
    for w in sent.descriptor().fields() {
        let Some(r) = read.descriptor().get_field(w.number()) else { continue };
        let (wanted, found) = (values(sides.writer, sent, &w), values(sides.reader, read, &r));
        let full = w.full_name().to_owned();
        let shown = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let differs =
            |what: &str| Err(format!("{full} is [{}] to the writer and [{}] to the reader{what}", shown(&wanted), shown(&found)));
        if w.is_map() != r.is_map() && !matches!((w.kind(), r.kind()), (Kind::Message(_), Kind::Message(_))) {
            if wanted.is_empty() {
                continue;
            }
            return differs(", where one side has a map");
        }
        if w.is_map() || r.is_map() {
            // In any order, and each key once.
            let all = wanted.len() == found.len() && wanted.iter().all(|w| found.iter().any(|f| alike(sides, w, f)));
            if !all {
                return differs(", as a map");
            }
            continue;
        }
        let single = !w.is_list() && !r.is_list();
        if single && wanted.is_empty() && found.is_empty() {
            let scalars = !matches!(w.kind(), Kind::Message(_)) && !matches!(r.kind(), Kind::Message(_));
            if scalars && !alike(sides, &w.default_value(), &r.default_value()) {
                return differs(", and their defaults differ");
            }
            continue;
        }
        // Without presence, zero and nothing are the same.
        if single && (!w.supports_presence() || !r.supports_presence()) {
            let value = |side: &[Value], field: &FieldDescriptor| side.first().cloned().unwrap_or_else(|| field.default_value());
            if !alike(sides, &value(&wanted, &w), &value(&found, &r)) {
                return differs("");
            }
            continue;
        }
        if wanted.len() != found.len() || !wanted.iter().zip(&found).all(|(a, b)| alike(sides, a, b)) {
            return differs("");
        }
    }
    Ok(())
}

/// The values of a field that its owner sees: what a closed enum does not know is put aside.
fn values(side: &Side, message: &DynamicMessage, field: &FieldDescriptor) -> Vec<Value> {
    if !message.has_field(field) {
        return Vec::new();
    }
    let all = match message.get_field(field).as_ref() {
        Value::List(items) => items.clone(),
        Value::Map(entries) => {
            let Kind::Message(entry) = field.kind() else { panic!("a map has entries") };
            let made = entries.iter().map(|(key, value)| {
                let mut one = DynamicMessage::new(entry.clone());
                one.set_field_by_number(1, key.clone().into());
                one.set_field_by_number(2, value.clone());
                Value::Message(one)
            });
            made.collect()
        }
        one => vec![one.clone()],
    };
    let known = |value: &Value, kind: &Kind| match (value, kind) {
        (Value::EnumNumber(number), Kind::Enum(ty)) => {
            let own = side.tree.enumeration(ty.full_name());
            own.is_none_or(|e| e.features.open_enum || e.values.iter().any(|v| v.number == *number))
        }
        _ => true,
    };
    let entry_value = match field.kind() {
        Kind::Message(entry) if field.is_map() => Some(entry.get_field(2).unwrap().kind()),
        _ => None,
    };
    let kept = |value: &Value| match (value, &entry_value) {
        (Value::Message(entry), Some(kind)) => known(entry.get_field_by_number(2).unwrap().as_ref(), kind),
        _ => known(value, &field.kind()),
    };
    all.into_iter().filter(kept).collect()
}

fn alike(sides: &Both<'_>, sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Message(a), Value::Message(b)) => same(sides, a, b).is_ok(),
        // Who asks for bytes gets the message as it is.
        (Value::Message(a), Value::Bytes(b)) => a.encode_to_vec().len() == b.len(),
        (Value::F32(a), Value::F32(b)) => a.to_bits() == b.to_bits(),
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        _ => match (bytes(sent), bytes(read)) {
            (Some(a), Some(b)) => a == b,
            _ => integer(sent).is_some() && integer(sent) == integer(read),
        },
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::String(text) => Some(text.as_bytes()),
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Bool(b) => i128::from(*b),
        Value::I32(n) | Value::EnumNumber(n) => i128::from(*n),
        Value::I64(n) => i128::from(*n),
        Value::U32(n) => i128::from(*n),
        Value::U64(n) => i128::from(*n),
        _ => return None,
    })
}

/// A message that the writer can send; `None` when it would not end.
fn message(ty: &MessageDescriptor, side: &Side, rng: &mut Rng, depth: usize) -> Option<DynamicMessage> {
    let mut out = DynamicMessage::new(ty.clone());
    if depth > 6 {
        return None;
    }
    for field in ty.fields() {
        let required = field.cardinality() == Cardinality::Required;
        let nested = matches!(field.kind(), Kind::Message(_));
        if !required && (rng.one_in(4) || (nested && depth > 2)) {
            continue;
        }
        let value = if field.is_map() {
            let Kind::Message(entry) = field.kind() else { return None };
            let (key, value) = (entry.get_field(1)?, entry.get_field(2)?);
            let count = rng.below(3);
            let entries = (0..count).map(|_| {
                let key: MapKey = single(&key, side, rng, depth)?.into_map_key()?;
                Some((key, single(&value, side, rng, depth)?))
            });
            Value::Map(entries.collect::<Option<_>>()?)
        } else if field.is_list() {
            let count = rng.below(4);
            Value::List((0..count).map(|_| single(&field, side, rng, depth)).collect::<Option<_>>()?)
        } else {
            single(&field, side, rng, depth)?
        };
        out.set_field(&field, value);
    }
    Some(out)
}

fn single(field: &FieldDescriptor, side: &Side, rng: &mut Rng, depth: usize) -> Option<Value> {
    Some(match field.kind() {
        Kind::Double => Value::F64(*rng.pick(&[0.0, 1.5, 1e300])),
        Kind::Float => Value::F32(*rng.pick(&[0.0, 1.5, -3.4e38])),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(*rng.pick(&[0, 1, -1, 2, i32::MAX, i32::MIN])),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(*rng.pick(&[0, 1, -1, 1 << 31, 1 << 40, i64::MAX, i64::MIN])),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(*rng.pick(&[0, 1, 2, 1 << 31, u32::MAX])),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(*rng.pick(&[0, 1, 1 << 32, 1 << 63, u64::MAX])),
        Kind::Bool => Value::Bool(rng.one_in(2)),
        Kind::String => Value::String((*rng.pick(&["", "a", "é", "\u{8}\u{1}"])).to_owned()),
        Kind::Bytes => Value::Bytes(rng.pick(&[&b""[..], b"a", &[0xff], &[8, 1]]).to_vec().into()),
        Kind::Message(inner) => Value::Message(message(&inner, side, rng, depth + 1)?),
        Kind::Enum(ty) => {
            let numbers: Vec<i32> = ty.values().map(|v| v.number()).collect();
            Value::EnumNumber(*rng.pick(&numbers))
        }
    })
}

/// Takes lines and blocks out of both texts, or out of one, as long as the pair still fails.
fn shrink(old: &str, new: &str, turned: bool) -> (String, String) {
    let fails = |old: &str, new: &str| {
        let (Ok(a), Ok(b)) = (parse(old), parse(new)) else { return false };
        let (reader, writer) = if turned { (&a, &b) } else { (&b, &a) };
        let report = check::compare(Pair::new(&reader.schema, &writer.schema), Profile::Sound);
        Verdict::of([&report]) == Verdict::Compatible && misread(reader, writer, &mut Tally::default()).is_some()
    };
    let mut pair = (old.to_owned(), new.to_owned());
    loop {
        let lines: HashSet<String> = pair.0.lines().chain(pair.1.lines()).map(str::to_owned).collect();
        let mut lines: Vec<String> = lines.into_iter().collect();
        lines.sort();
        let smaller = lines.iter().find_map(|line| {
            let (left, right) = (without(&pair.0, line), without(&pair.1, line));
            let tries = [(&left, &right), (&left, &pair.1), (&pair.0, &right)];
            let found = tries.into_iter().find(|(l, r)| (*l, *r) != (&pair.0, &pair.1) && fails(l, r))?;
            Some((found.0.clone(), found.1.clone()))
        });
        match smaller {
            Some(found) => pair = found,
            None => return pair,
        }
    }
}

/// The text without a line, and without the block that the line opens.
fn without(text: &str, line: &str) -> String {
    let mut out = String::new();
    let mut open = 0_i32;
    for own in text.lines() {
        let depth = i32::try_from(own.matches('{').count()).unwrap() - i32::try_from(own.matches('}').count()).unwrap();
        if open > 0 {
            open += depth;
        } else if own == line {
            open = depth.max(0);
        } else {
            out.push_str(own);
            out.push('\n');
        }
    }
    out
}
