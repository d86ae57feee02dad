//! Pairs the parts of two schemas and calls the rules.
//!
//! Two walks: `sound` follows the fields from the payload, as a decoder does; `confluent` pairs everything in the two files by
//! name, as Confluent's registry does.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::{Field, FieldType, Message, Schema};

use crate::pair::Pair;
use crate::report::{Finding, PeerWording, Place, Report};
use crate::rule::{Profile, Rule};

use super::confluent_order;
use super::rules::RULES;
use super::wire::View;

/// Messages are followed through at most this many fields.
const MAX_DEPTH: usize = 64;

/// Pairs of messages, each with its fields, that a comparison looks at: two graphs of messages can have as many as all with all.
const MAX_STEPS: usize = 5_000_000;
/// What a pair costs besides its fields.
const STEPS_OF_A_PAIR: usize = 60;

/// What a rule wants to see.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// The two schemas, once.
    Schema(fn(&Context<'_>, &mut Report)),
    /// Each pair of messages.
    Message(fn(&MessagePair<'_>, &mut Report)),
    /// Each pair of fields with the same number.
    Field(fn(&FieldPair<'_>, &mut Report)),
}

/// The whole comparison.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The two schemas.
    pub(super) pair: Pair<'a, Schema>,
    /// The same two, as bytes see them.
    pub(super) views: (View<'a>, View<'a>),
    /// Which verdict is wanted.
    pub(super) profile: Profile,
}

impl Context<'_> {
    /// The verdict of Confluent's registry is wanted.
    pub(super) fn confluent(&self) -> bool {
        self.profile == Profile::Confluent
    }
}

/// One step from the payload to a message in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Through a field of a message type.
    Field(i32),
    /// Through the value of a map.
    Entry(i32),
}

/// Two messages that meet.
#[derive(Debug)]
pub(super) struct MessagePair<'a> {
    /// The whole comparison.
    pub(super) context: &'a Context<'a>,
    /// The two messages.
    pub(super) pair: Pair<'a, Message>,
    /// Confluent's path: `#/Order/Inner`.
    pub(super) path: String,
    /// How the writer gets there from the payload.
    pub(super) route: Vec<Step>,
    /// The writer's numbers that are told as swapped, found out once for all fields.
    pub(super) swapped: OnceCell<HashSet<i32>>,
    /// Where the reader's fields are by their names, made when they are first asked for.
    readers: OnceCell<HashMap<String, usize>>,
}

impl<'a> MessagePair<'a> {
    fn new(context: &'a Context<'a>, reader: &'a Message, writer: &'a Message) -> Self {
        let (pair, swapped, readers) = (Pair::new(reader, writer), OnceCell::new(), OnceCell::new());
        Self { context, pair, path: String::new(), route: Vec::new(), swapped, readers }
    }

    /// The reader's own field with a name.
    pub(super) fn reader_field(&self, name: &str) -> Option<&'a Field> {
        let fields = &self.pair.reader.fields;
        let by_name = || fields.iter().enumerate().rev().map(|(n, f)| (f.element.name.clone(), n)).collect();
        self.readers.get_or_init(by_name).get(name).and_then(|n| fields.get(*n))
    }
}

/// Two fields with the same number.
#[derive(Debug)]
pub(super) struct FieldPair<'a> {
    /// The messages that they are in.
    pub(super) message: &'a MessagePair<'a>,
    /// The two fields.
    pub(super) pair: Pair<'a, Field>,
}

impl FieldPair<'_> {
    /// Confluent's path: `#/Order/2`, `#/Order/pay/7` when the field is in a oneof of the reader and was in one before.
    pub(super) fn path(&self) -> String {
        let number = self.pair.reader.number;
        let oneof = self.pair.reader.oneof.and_then(|n| self.message.pair.reader.oneofs.get(n));
        match oneof {
            Some(oneof) => format!("{}/{}/{number}", self.message.path, oneof.element.name),
            None => format!("{}/{number}", self.message.path),
        }
    }

    /// The place of the reader's field.
    pub(super) fn reader_place(&self) -> Place {
        place(self.pair.reader)
    }

    /// The place of the writer's field.
    pub(super) fn writer_place(&self) -> Place {
        place(self.pair.writer)
    }
}

/// The place of a field, with what is written there.
pub(super) fn place(field: &Field) -> Place {
    use eventpact_contract::formats::protobuf::Label;
    let label = match field.label {
        Label::Optional => "optional ",
        Label::Required => "required ",
        Label::Repeated if !matches!(field.ty, FieldType::Map { .. }) => "repeated ",
        Label::None | Label::Repeated => "",
    };
    Place::new(field.element.span, format!("{label}{} {} = {}", field.type_text, field.element.name, field.number))
}

/// What Confluent's registry says: a difference type and a path. Its sentences belong to the registry.
pub(super) fn peer(kind: &str, path: &str) -> PeerWording {
    PeerWording { kind: kind.to_owned(), location: path.to_owned(), detail: String::new() }
}

/// Compares one reader with one writer.
pub(super) fn walk(pair: Pair<'_, Schema>, profile: Profile) -> Report {
    let mut report = Report::new();
    let context = Context { pair, views: (View::new(pair.reader), View::new(pair.writer)), profile };
    for rule in RULES {
        if let Check::Schema(check) = rule.check {
            check(&context, &mut report);
        }
    }
    match profile {
        Profile::Sound | Profile::Buf(_) => from_root(&context, &mut report),
        Profile::Confluent => {
            let files = (pair.reader.main(), pair.writer.main());
            if let (Some(reader), Some(writer)) = files {
                by_name(&context, &reader.messages, &writer.messages, "#", &mut report);
                confluent_order::sort(&reader.messages, &writer.messages, &mut report.findings);
            }
        }
    }
    report
}

/// Follows the fields that both sides have, from the payload on; each pair of types once.
fn from_root(context: &Context<'_>, report: &mut Report) {
    let Pair { reader, writer } = context.pair;
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    let mut open = vec![(reader.root.as_str(), writer.root.as_str(), Vec::new())];
    // A queue, not a stack: the route of a witness is then the shortest one.
    let (mut next, mut steps) = (0, 0);
    while let Some((reader_name, writer_name, route)) = open.get(next).cloned() {
        next += 1;
        let (Some(r), Some(w)) = (reader.message(reader_name), writer.message(writer_name)) else { continue };
        if !seen.insert((reader_name, writer_name)) {
            continue;
        }
        steps += STEPS_OF_A_PAIR + r.fields.len() + w.fields.len() + enum_values(context, Pair::new(r, w));
        if steps > MAX_STEPS || deadline::is_over() {
            report.unknown = Some(format!("the comparison takes more than {MAX_STEPS} steps"));
            break;
        }
        if route.len() >= MAX_DEPTH {
            report.unknown = Some(format!("messages are nested more than {MAX_DEPTH} deep"));
            continue;
        }
        let package = reader.main().map_or("", |f| f.package.as_str());
        let short = reader_name.strip_prefix(package).map_or(reader_name, |n| n.trim_start_matches('.'));
        let path = format!("#/{}", short.replace('.', "/"));
        let message = MessagePair { path, route, ..MessagePair::new(context, r, w) };
        run(&message, report);
        for (r, w) in common_fields(context, message.pair) {
            let (step, r, w) = match (&r.ty, &w.ty) {
                (FieldType::Message(a), FieldType::Message(b)) => (Step::Field(w.number), a, b),
                (FieldType::Map { value: a, .. }, FieldType::Map { value: b, .. }) => match (&**a, &**b) {
                    (FieldType::Message(a), FieldType::Message(b)) => (Step::Entry(w.number), a, b),
                    _ => continue,
                },
                _ => continue,
            };
            let mut route = message.route.clone();
            route.push(step);
            open.push((r.as_str(), w.as_str(), route));
        }
    }
}

/// How many values the enums have that are compared for the fields of two messages.
fn enum_values(context: &Context<'_>, pair: Pair<'_, Message>) -> usize {
    let size = |schema: &Schema, ty: &FieldType| match ty {
        FieldType::Enum(name) => schema.enumeration(name).map_or(0, |found| found.values.len()),
        _ => 0,
    };
    let both = |(r, w): (&Field, &Field)| size(context.pair.reader, &r.ty) + size(context.pair.writer, &w.ty);
    common_fields(context, pair).into_iter().map(both).sum()
}

/// Messages with the same name at the same place, and those nested in them.
fn by_name(context: &Context<'_>, reader: &[Message], writer: &[Message], path: &str, report: &mut Report) {
    let writers = named(writer);
    for r in reader {
        let Some(w) = writers.get(r.element.name.as_str()).copied().filter(|_| !deadline::is_over()) else { continue };
        let path = format!("{path}/{}", r.element.name);
        let message = MessagePair { path, ..MessagePair::new(context, r, w) };
        run(&message, report);
        by_name(context, &r.messages, &w.messages, &message.path, report);
    }
}

/// Messages by their simple names; of two with one name the first.
pub(super) fn named(messages: &[Message]) -> HashMap<&str, &Message> {
    messages.iter().rev().map(|message| (message.element.name.as_str(), message)).collect()
}

/// Calls the rules for a pair of messages and for the fields that both have.
fn run(message: &MessagePair<'_>, report: &mut Report) {
    for rule in RULES {
        if let Check::Message(check) = rule.check {
            check(message, report);
        }
    }
    for (reader, writer) in common_fields(message.context, message.pair).into_iter().take_while(|_| !deadline::is_over()) {
        let field = FieldPair { message, pair: Pair::new(reader, writer) };
        for rule in RULES {
            if let Check::Field(check) = rule.check {
                check(&field, report);
            }
        }
    }
}

/// The fields with the same number, in the order of the reader; what `extend` adds comes last. Confluent's registry sees no extensions.
pub(super) fn common_fields<'a>(context: &'a Context<'_>, pair: Pair<'a, Message>) -> Vec<(&'a Field, &'a Field)> {
    // Extensions stand behind the own fields.
    let seen = |message: &Message| if context.confluent() { message.fields.len() } else { usize::MAX };
    let Pair { reader, writer } = pair;
    let theirs = context.views.1.fields(writer).take(seen(writer));
    let by_number: HashMap<i32, &Field> = theirs.map(|f| (f.number, f)).collect();
    let ours = context.views.0.fields(reader).take(seen(reader));
    ours.filter_map(|r| by_number.get(&r.number).map(|w| (r, *w))).collect()
}

/// A finding with the parts that every rule fills in.
pub(super) fn finding(rule: &Rule<Check>, message: String, help: &str, reader: Place, writer: Place, path: String) -> Finding {
    Finding {
        rule: rule.info,
        severity: Severity::Error,
        message,
        help: help.to_owned(),
        reader,
        writer,
        path,
        peer: None,
        witness: None,
    }
}
