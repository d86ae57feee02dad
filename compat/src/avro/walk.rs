//! Pairs the types of two schemas in the order of Avro Java's `SchemaCompatibility` and calls the rules.
//!
//! Like there, a pair of types is compared once and remembered, a pair that is being compared counts as compatible, and the
//! branches of a union are compared on their own: what differs inside of them is one finding about the union. Unlike there, that
//! finding tells what differs.

use std::collections::HashMap;
use std::mem::discriminant;
use std::rc::Rc;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::{Field, Kind, Record, Schema, TypeId};

use super::branches::Index;
use super::found::{Found, INSIDE, Met, Raw, gather, has_errors};
use super::rules::{RULES, promotes};
use super::site::{Check, Draft, Site};
use super::twins::{are_twin_leaves, are_twins};
use super::witness::{Prover, Step};
use crate::pair::Pair;
use crate::report::{PeerWording, Report};
use crate::rule::{Profile, RuleInfo};

/// How deep pairs of types may nest.
const MAX_DEPTH: usize = 256;
/// How many findings a comparison may have before it stops.
const MAX_FINDINGS: usize = 10_000;
/// How many findings that are no errors are kept.
const MAX_REMARKS: usize = 2_000;
/// How many pairs of types a comparison may look at, and findings take from one pair to another.
const MAX_PAIRS: usize = 5_000_000;
/// How many fields of a record are looked for one by one.
const FEW_SEARCHES: usize = 4;
/// How many findings that are no errors are taken from one pair to another.
const MAX_COPIES: usize = 100_000;

/// Compares one reader with one writer.
pub(super) fn compare(schemas: Pair<'_, Schema>, profile: Profile) -> Broken {
    let mut walker = Walker {
        schemas,
        sound: profile != Profile::Confluent,
        memo: OfPairs::default(),
        enums: OfPairs::default(),
        open: Vec::new(),
        unions: HashMap::new(),
        path: Vec::new(),
        base: 0,
        names: Vec::new(),
        trail: Vec::new(),
        depth: 0,
        pairs: 0,
        made: 0,
        remarks: 0,
        copies: 0,
        is_full: false,
        unknown: None,
    };
    let found = walker.pair(schemas.reader.root, schemas.writer.root);
    Broken { unknown: walker.unknown, found: gather(found, walker.sound) }
}

/// What was found, before anybody needs a message that proves it.
pub(super) struct Broken {
    pub(super) found: Vec<(Rc<Raw>, Vec<String>)>,
    unknown: Option<String>,
}

impl Broken {
    /// The report, each break with its witness unless none are wanted.
    pub(super) fn report(self, schemas: Pair<'_, Schema>, bare: bool) -> Report {
        let mut prover = (!bare).then(|| Prover::new(schemas));
        let findings = self.found.iter().map(|(raw, ways)| raw.finding(ways, prover.as_mut())).collect();
        Report { findings, unknown: self.unknown }
    }
}

/// What is known of pairs of types.
type OfPairs<T> = HashMap<(TypeId, TypeId), T, foldhash::fast::RandomState>;

/// A part of the way to a place in the reader's schema.
#[derive(Debug, Clone, Copy)]
enum Segment {
    Key(&'static str),
    Index(usize),
}

enum Memo<'s> {
    InProgress,
    /// Nothing was found, as in most.
    Same,
    /// What was found, and how many names led there.
    Done(Rc<Found<'s>>, usize),
}

struct Walker<'s> {
    schemas: Pair<'s, Schema>,
    sound: bool,
    memo: OfPairs<Memo<'s>>,
    /// The enums of fields that a record of the writer lacks, and where each was met first.
    enums: OfPairs<String>,
    /// The pairs that are in progress.
    open: Vec<(TypeId, TypeId)>,
    /// The branches of the reader's large unions.
    unions: HashMap<TypeId, Option<Rc<Index<'s>>>>,
    /// The way to the current place in the reader's schema, and where the part begins that Avro Java shows.
    path: Vec<Segment>,
    base: usize,
    /// The names of the reader's fields on the way.
    names: Vec<&'s str>,
    trail: Vec<Step>,
    depth: usize,
    pairs: usize,
    made: usize,
    /// How many of the findings are no errors.
    remarks: usize,
    /// How many of those were taken from one pair to another.
    copies: usize,
    /// There is no room for more findings, so nothing more is looked for.
    is_full: bool,
    unknown: Option<String>,
}

impl<'s> Walker<'s> {
    fn pair(&mut self, reader: TypeId, writer: TypeId) -> Found<'s> {
        self.pairs += 1;
        if self.is_full || deadline::is_over() {
            return Found::new();
        }
        let site = Site { schemas: self.schemas, reader, writer };
        let (ours, theirs) = (&site.reader().kind, &site.writer().kind);
        if is_leaf(ours) && is_leaf(theirs) {
            return self.leaves(&site);
        }
        // Others refer to a type by its name only, so nothing else can come round.
        let shared = ours.named().is_some() && theirs.named().is_some();
        match self.memo.get(&(reader, writer)).filter(|_| shared) {
            Some(Memo::Done(found, depth)) => {
                let (found, depth) = (Rc::clone(found), *depth);
                return self.again(&found, depth);
            }
            Some(Memo::InProgress | Memo::Same) => return Found::new(),
            None => {}
        }
        if self.depth >= MAX_DEPTH {
            return self.give_up(format!("types refer to each other more than {MAX_DEPTH} levels deep"));
        }
        if self.made > MAX_FINDINGS {
            return self.give_up(format!("there are more than {MAX_FINDINGS} differences"));
        }
        // A type with many parts may meet many others.
        self.pairs += parts(ours) + parts(theirs);
        if self.pairs > MAX_PAIRS {
            return self.is_too_large();
        }
        if shared {
            self.memo.insert((reader, writer), Memo::InProgress);
            self.open.push((reader, writer));
        }
        self.depth += 1;
        let found = self.calculate(&site, ours, theirs);
        self.depth -= 1;
        if shared {
            self.open.pop();
            let done = if found.is_empty() { Memo::Same } else { Memo::Done(Rc::new(found.clone()), self.names.len()) };
            self.memo.insert((reader, writer), done);
        }
        found
    }

    /// What was found before, on the way that leads there now.
    fn again(&mut self, found: &Found<'s>, depth: usize) -> Found<'s> {
        // Each copy takes as long as its way.
        self.pairs += found.len() * (1 + self.names.len() / 8);
        if self.pairs > MAX_PAIRS {
            return self.is_too_large();
        }
        let here = |met: &Met<'s>| {
            if !met.raw.is_error() {
                self.copies += 1;
                if self.copies > MAX_COPIES {
                    return None;
                }
            }
            let names = self.names.iter().chain(met.names.iter().skip(depth)).copied().collect();
            Some(Met { raw: Rc::clone(&met.raw), names })
        };
        found.iter().filter_map(here).collect()
    }

    fn is_too_large(&mut self) -> Found<'s> {
        self.give_up(format!("the comparison takes more than {MAX_PAIRS} steps"))
    }

    fn give_up(&mut self, why: String) -> Found<'s> {
        self.unknown.get_or_insert(why);
        Found::new()
    }

    fn leaves(&mut self, site: &Site<'s>) -> Found<'s> {
        let mut found = Found::new();
        if are_twin_leaves(site.reader(), site.writer()) {
            return found;
        }
        if discriminant(&site.reader().kind) != discriminant(&site.writer().kind) {
            self.run(site, &mut found, |check| if let Check::Mismatch(f) = check { f(site) } else { None });
        }
        self.meaning(site, &mut found);
        found
    }

    /// What decodes may still mean something else.
    fn meaning(&mut self, site: &Site<'s>, found: &mut Found<'s>) {
        if self.sound && !has_errors(found) {
            self.run(site, found, |check| if let Check::Meaning(f) | Check::Note(f) = check { f(site) } else { None });
        }
    }

    fn calculate(&mut self, site: &Site<'s>, ours: &'s Kind, theirs: &'s Kind) -> Found<'s> {
        let mut found = Found::new();
        match (ours, theirs) {
            (Kind::Record(_), Kind::Record(_)) | (Kind::Enum(_), Kind::Enum(_)) | (Kind::Fixed(_), Kind::Fixed(_)) => {
                self.run(site, &mut found, |check| if let Check::Named(f) = check { f(site) } else { None });
                if let (Kind::Record(reader), Kind::Record(writer)) = (ours, theirs) {
                    self.fields(site, Pair::new(reader, writer), &mut found);
                }
                self.meaning(site, &mut found);
            }
            (Kind::Array(reader), Kind::Array(writer)) => {
                self.names.push(INSIDE);
                found = self.step(Segment::Key("items"), Step::Item, *reader, *writer);
                self.names.pop();
            }
            (Kind::Map(reader), Kind::Map(writer)) => {
                self.names.push(INSIDE);
                found = self.step(Segment::Key("values"), Step::Entry, *reader, *writer);
                self.names.pop();
            }
            (Kind::Union(readers), Kind::Union(writers)) => {
                let known = self.index(site.reader, readers);
                for (index, writer) in writers.iter().enumerate() {
                    self.path.push(Segment::Index(index));
                    self.trail.push(Step::Branch(index));
                    // Where Avro Java may stop at a branch of another name, the order counts.
                    let known = known.as_ref().filter(|known| self.sound || !known.has_aliased());
                    let first = known.and_then(|known| known.same(self.schemas.writer.get(*writer)));
                    let more = self.branches(&Site { writer: *writer, ..*site }, readers, first);
                    self.merge(&mut found, more);
                    self.trail.pop();
                    self.path.pop();
                }
            }
            (_, Kind::Union(writers)) => {
                for (index, writer) in writers.iter().enumerate() {
                    let more = self.step(Segment::Index(index), Step::Branch(index), site.reader, *writer);
                    self.merge(&mut found, more);
                }
            }
            (Kind::Union(readers), _) => found = self.branches(site, readers, None),
            _ => self.run(site, &mut found, |check| if let Check::Mismatch(f) = check { f(site) } else { None }),
        }
        found
    }

    /// One level down on both sides.
    fn step(&mut self, segment: Segment, step: Step, reader: TypeId, writer: TypeId) -> Found<'s> {
        self.path.push(segment);
        self.trail.push(step);
        let found = self.pair(reader, writer);
        self.trail.pop();
        self.path.pop();
        found
    }

    fn fields(&mut self, site: &Site<'s>, records: Pair<'s, Record>, found: &mut Found<'s>) {
        let mut sources = Sources::new(records.writer, self.sound);
        let mut takers: HashMap<usize, usize> = HashMap::new();
        let any_alias = self.sound && records.reader.fields.iter().any(|field| !field.aliases.is_empty());
        self.path.push(Segment::Key("fields"));
        for (index, field) in records.reader.fields.iter().enumerate() {
            self.path.push(Segment::Index(index));
            match *sources.of(field) {
                [] => {
                    self.run(site, found, |check| if let Check::MissingField(f) = check { f(site, field) } else { None });
                    self.remembered(site, field, found);
                }
                [source] => {
                    let Some(sent) = records.writer.fields.get(source) else { continue };
                    if are_twins(self.schemas, field.ty, sent.ty) {
                        self.pairs += 1;
                    } else {
                        self.names.push(&field.name);
                        let more = self.step(Segment::Key("type"), Step::Field(source), field.ty, sent.ty);
                        self.names.pop();
                        self.merge(found, more);
                    }
                    self.field_notes(site, Pair::new(field, sent), found);
                    let first = if any_alias { takers.insert(source, index) } else { None };
                    if let Some(first) = first.and_then(|first| records.reader.fields.get(first)) {
                        let both = [first, field];
                        self.run(
                            site,
                            found,
                            |check| if let Check::SharedField(f) = check { Some(f(site, sent, &both)) } else { None },
                        );
                    }
                }
                ref several => {
                    self.run(
                        site,
                        found,
                        |check| if let Check::AmbiguousField(f) = check { f(site, field, several) } else { None },
                    );
                }
            }
            self.path.pop();
        }
        self.path.pop();
    }

    /// Where Avro Java compares the enum of a field that nobody sends with the whole record, it does so once: fields of one enum
    /// are all reported where the first of them is.
    fn remembered(&mut self, site: &Site<'s>, field: &Field, found: &mut Found<'s>) {
        let Some(last) = found.last_mut().filter(|_| field.default.is_none()) else { return };
        if let Some(peer) = last.raw.peer.as_ref().filter(|peer| peer.kind == "TYPE_MISMATCH") {
            let first = self.enums.entry((field.ty, site.writer)).or_insert_with(|| peer.location.clone());
            if *first != peer.location {
                let peer = Some(PeerWording { location: first.clone(), ..peer.clone() });
                last.raw = Rc::new(Raw { peer, ..(*last.raw).clone() });
            }
        }
    }

    fn field_notes(&mut self, site: &Site<'s>, fields: Pair<'s, Field>, found: &mut Found<'s>) {
        let plain = fields.writer.default.is_none() && fields.writer.aliases.is_empty();
        if self.sound && !plain {
            self.run(site, found, |check| if let Check::FieldNote(f) = check { f(site, &fields) } else { None });
        }
    }

    /// Where the branches of a union of the reader are; `None` for a small one.
    fn index(&mut self, union: TypeId, readers: &[TypeId]) -> Option<Rc<Index<'s>>> {
        if Index::is_needless(readers) {
            return None;
        }
        let schema = self.schemas.reader;
        self.unions.entry(union).or_insert_with(|| Index::new(schema, readers).map(Rc::new)).clone()
    }

    /// A writer's type against the branches of the reader's union: one that takes it is enough. When none does, the finding is
    /// about the branch of the same type, when there is one. `first` is tried before the others.
    fn branches(&mut self, site: &Site<'s>, readers: &[TypeId], first: Option<usize>) -> Found<'s> {
        let mut cause: Option<Found<'s>> = None;
        let base = std::mem::replace(&mut self.base, 0);
        let mut taken = None;
        let some = match self.index(site.reader, readers) {
            Some(known) if self.sound => Some(known.candidates(site.writer())),
            // Avro Java may stop at a branch of another name: see `unlike`.
            Some(known) => {
                let under_way = self.open.iter().filter(|(_, writer)| *writer == site.writer).map(|(reader, _)| *reader);
                Some(known.candidates_of_java(site.writer(), under_way))
            }
            None => None,
        };
        let count = some.as_ref().map_or(readers.len(), Vec::len);
        let candidates = (0..count).filter_map(|n| some.as_ref().map_or(Some(n), |some| some.get(n).copied()));
        for index in first.into_iter().chain(candidates) {
            let Some(reader) = readers.get(index) else { continue };
            self.pairs += 1 + aliases(&self.schemas.reader.get(*reader).kind);
            if self.pairs > MAX_PAIRS || self.is_full {
                self.base = base;
                return if self.is_full { Found::new() } else { self.is_too_large() };
            }
            if are_unlike(&self.schemas.reader.get(*reader).kind, &site.writer().kind) {
                match self.unlike(&Site { reader: *reader, ..*site }, index) {
                    None => continue,
                    Some(found) => {
                        taken = Some(found);
                        break;
                    }
                }
            }
            self.path.push(Segment::Index(index));
            self.base = self.path.len();
            let found = self.pair(*reader, site.writer);
            self.path.pop();
            if !has_errors(&found) {
                taken = Some(found);
                break;
            }
            if cause.is_none() && same_type(&Site { reader: *reader, ..*site }) {
                cause = Some(found);
            }
        }
        self.base = base;
        if let Some(found) = taken {
            return found;
        }
        let mut found = Found::new();
        self.run(site, &mut found, |check| if let Check::Branch(f) = check { Some(f(site)) } else { None });
        let Some(cause) = cause else { return found };
        let mut peer = found.first().and_then(|met| met.raw.peer.clone());
        let own = |met: Met<'s>| Met { raw: Rc::new(Raw { peer: peer.take(), ..(*met.raw).clone() }), ..met };
        cause.into_iter().filter(|met| met.raw.is_error()).map(own).collect()
    }

    /// What Avro Java makes of a branch of another name, when it stops there: it looks into records all the same, takes a pair that
    /// is under way for compatible, and fails at a field that matches several.
    fn unlike(&mut self, site: &Site<'s>, index: usize) -> Option<Found<'s>> {
        let (Kind::Record(reader), Kind::Record(writer), false) = (&site.reader().kind, &site.writer().kind, self.sound) else {
            return None;
        };
        if matches!(self.memo.get(&(site.reader, site.writer)), Some(Memo::InProgress)) {
            return Some(Found::new());
        }
        if reader.fields.iter().all(|field| field.aliases.is_empty()) {
            return None;
        }
        self.pairs += reader.fields.len() + writer.fields.len();
        let mut found = Found::new();
        let mut sources = Sources::new(writer, self.sound);
        for (position, field) in reader.fields.iter().enumerate() {
            let several = sources.of(field);
            if several.len() < 2 {
                continue;
            }
            let way = [Segment::Index(index), Segment::Key("fields"), Segment::Index(position)];
            self.path.extend(way);
            self.run(site, &mut found, |check| if let Check::AmbiguousField(f) = check { f(site, field, several) } else { None });
            self.path.truncate(self.path.len() - way.len());
            return Some(found);
        }
        None
    }

    /// Calls every rule that wants this kind of place.
    fn run(&mut self, site: &Site<'s>, found: &mut Found<'s>, call: impl Fn(Check) -> Option<Draft>) {
        for rule in RULES {
            let Some(draft) = call(rule.check) else { continue };
            let severity = severity(rule.check);
            if severity == Severity::Error {
                self.made += 1;
            } else {
                self.remarks += 1;
                // What is no error has no say in the verdict, so the rest of it can be left out.
                if self.remarks > MAX_REMARKS {
                    continue;
                }
            }
            let raw = Rc::new(self.raw(rule.info, severity, (site, draft)));
            found.push(Met { raw, names: self.names.as_slice().into() });
        }
    }

    fn raw(&self, rule: RuleInfo, severity: Severity, (site, draft): (&Site<'s>, Draft)) -> Raw {
        let Draft { message, help, reader, writer, suffix, peer, trigger } = draft;
        let location = |from: usize| pointer(self.path.get(from..).unwrap_or_default(), suffix);
        let peer = peer.map(|(kind, detail)| PeerWording { kind: kind.to_owned(), location: location(self.base), detail });
        let (path, trail, types) = (location(0), self.trail.clone(), (site.reader, site.writer));
        Raw { rule, severity, message, help, reader, writer, types, path, peer, trail, trigger }
    }

    fn merge(&mut self, found: &mut Found<'s>, mut more: Found<'s>) {
        if more.is_empty() && found.len() <= MAX_FINDINGS {
            return;
        }
        if found.len() + more.len() > MAX_FINDINGS {
            for list in [&mut *found, &mut more] {
                list.retain(|met| met.raw.is_error());
            }
        }
        if found.len() + more.len() > MAX_FINDINGS && !more.is_empty() {
            self.is_full = true;
            self.give_up(format!("there are more than {MAX_FINDINGS} differences"));
            return;
        }
        found.extend(more);
    }
}

/// How bad the findings of a rule are.
pub(super) fn severity(check: Check) -> Severity {
    match check {
        Check::Named(_) | Check::MissingField(_) | Check::AmbiguousField(_) | Check::Mismatch(_) | Check::Branch(_) => {
            Severity::Error
        }
        Check::SharedField(_) | Check::Meaning(_) | Check::Lost(_) | Check::LostOtherwise(_) => Severity::Warning,
        Check::Note(_) | Check::FieldNote(_) => Severity::Info,
    }
}

/// The fields of a writer that a field of the reader takes.
struct Sources<'s> {
    writer: &'s Record,
    /// How many names were looked for, and, when they are many, where each name stands.
    searches: usize,
    by_name: Option<HashMap<&'s str, usize, foldhash::fast::RandomState>>,
    /// The field that comes next when the order is the same.
    next: usize,
    own: [usize; 1],
    found: Vec<usize>,
    /// An alias that is the field's own name says nothing; Avro Java counts the field twice, and stops.
    sound: bool,
}

impl<'s> Sources<'s> {
    fn new(writer: &'s Record, sound: bool) -> Self {
        Self { writer, searches: 0, by_name: None, next: 0, own: [0], found: Vec::new(), sound }
    }

    /// The indexes, in order.
    fn of(&mut self, field: &Field) -> &[usize] {
        let fields = &self.writer.fields;
        if field.aliases.is_empty() && fields.get(self.next).is_some_and(|f| f.name == field.name) {
            self.own = [self.next];
            self.next += 1;
            return &self.own;
        }
        self.found.clear();
        for name in std::iter::once(&field.name).chain(&field.aliases) {
            let index = self.index(name);
            self.found.extend(index);
        }
        self.found.sort_unstable();
        self.found.dedup();
        if !self.sound && field.aliases.contains(&field.name) {
            let own = |index: &usize| fields.get(*index).is_some_and(|f| f.name == field.name);
            self.found.extend(self.found.iter().copied().find(own));
        }
        self.next = self.found.last().map_or(self.next, |last| last + 1);
        &self.found
    }

    fn index(&mut self, name: &str) -> Option<usize> {
        let fields = &self.writer.fields;
        self.searches += 1;
        // A field or two were added or moved: looking for them costs less than a map.
        if self.searches <= FEW_SEARCHES {
            return fields.iter().position(|f| f.name == name);
        }
        let index = || fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
        self.by_name.get_or_insert_with(index).get(name).copied()
    }
}

/// How many parts a comparison of the type looks at, without what they contain.
fn parts(kind: &Kind) -> usize {
    let own = match kind {
        Kind::Record(record) => record.fields.len(),
        Kind::Enum(one) => one.symbols.len(),
        _ => 0,
    };
    own + aliases(kind)
}

fn aliases(kind: &Kind) -> usize {
    kind.named().map_or(0, |named| named.aliases.len())
}

/// Whether a branch of the reader cannot be meant for the writer's type: neither the same kind and name, nor a promotion. What
/// differs inside is then of no interest.
fn are_unlike(reader: &Kind, writer: &Kind) -> bool {
    if discriminant(reader) != discriminant(writer) {
        return !matches!(writer, Kind::Union(_)) && !promotes(writer, reader);
    }
    reader.named().zip(writer.named()).is_some_and(|(own, theirs)| !own.reads(&theirs.name))
}

/// Whether a reader's branch is meant for the writer's type.
fn same_type(site: &Site<'_>) -> bool {
    let (reader, writer) = (&site.reader().kind, &site.writer().kind);
    match (reader.named(), writer.named()) {
        (Some(own), Some(theirs)) => reader.name() == writer.name() && own.reads(&theirs.name),
        _ => reader.name() == writer.name(),
    }
}

fn is_leaf(kind: &Kind) -> bool {
    !matches!(kind, Kind::Record(_) | Kind::Enum(_) | Kind::Fixed(_) | Kind::Array(_) | Kind::Map(_) | Kind::Union(_))
}

/// A JSON pointer as Avro Java writes it: the whole schema is `/`.
fn pointer(path: &[Segment], suffix: Option<&str>) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Key(key) => (*key).to_owned(),
        Segment::Index(index) => index.to_string(),
    };
    let parts: Vec<String> = path.iter().map(part).chain(suffix.map(str::to_owned)).collect();
    format!("/{}", parts.join("/"))
}
