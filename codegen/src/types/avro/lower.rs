//! From the Avro tree to shapes: names, boxes where a record holds itself, what needs a depth.

use std::collections::{BTreeMap, BTreeSet};

use eventpact_contract::formats::avro::{Kind, Logical, Named, Record, Schema, TypeId};
use eventpact_contract::source::Span;

use super::shape::{Branch, DECIMAL_DIGITS, Field, Item, ItemKind, Lowered, Shape, Symbol, borrows, least_bytes};
use crate::error::{Refusal, unsupported};
use crate::imports::IN_SCHEMA_MODULES;
use crate::names::Scope;

/// Lowers a whole schema; the payload's type is called `root`.
pub(super) fn lower(schema: &Schema, root: &str) -> Result<Lowered, Refusal> {
    let mut lowering = Lowering { schema, scope: Scope::types(), named: BTreeMap::new(), items: Vec::new(), uses_decimal: false };
    for name in IN_SCHEMA_MODULES {
        lowering.scope.reserve(name);
    }
    lowering.scope.reserve(root);
    lowering.claim_names(root);
    lowering.fill_named()?;
    let root_shape = lowering.root_shape(root)?;
    let (items, uses_decimal, mut scope) = (lowering.items, lowering.uses_decimal, lowering.scope);
    let mut lowered = Lowered { items, root: root_shape, uses_decimal, wrapper_twin: None };
    settle(&mut lowered);
    name_twins(&mut lowered, root, &mut scope);
    Ok(lowered)
}

struct Lowering<'a> {
    schema: &'a Schema,
    scope: Scope,
    named: BTreeMap<TypeId, usize>,
    items: Vec<Item>,
    uses_decimal: bool,
}

impl<'a> Lowering<'a> {
    /// Gives every record and enum its name before anything is made of it, the payload first.
    fn claim_names(&mut self, root: &str) {
        let schema = self.schema;
        for (number, ty) in schema.types.iter().enumerate() {
            let id = TypeId(u32::try_from(number).unwrap_or(u32::MAX));
            let (named, kind) = match &ty.kind {
                Kind::Record(record) => (&record.named, ItemKind::Record(Vec::new())),
                Kind::Enum(symbols) => (&symbols.named, ItemKind::Enum { symbols: Vec::new(), default: None }),
                _ => continue,
            };
            let name = if id == schema.root { root.to_owned() } else { self.named_type(named) };
            let what = if matches!(kind, ItemKind::Record(_)) { "record" } else { "enum" };
            let doc = with_origin(schema.doc(named.doc.as_ref()), what, &named.name.full());
            self.named.insert(id, self.items.len());
            self.items.push(item(name, doc, kind));
        }
    }

    /// The simple name; of two with one simple name the later one gets its namespace's last part in front.
    fn named_type(&mut self, named: &Named) -> String {
        let simple = self.scope.clone().claim(&named.name.name, "Type");
        let wanted = crate::names::cased(&named.name.name, crate::names::Case::Upper);
        let part = named.name.namespace.rsplit('.').find(|part| !is_version(part)).unwrap_or_default();
        if simple == wanted || part.is_empty() {
            self.scope.claim(&named.name.name, "Type")
        } else {
            self.scope.claim(&format!("{part}_{}", named.name.name), "Type")
        }
    }

    fn fill_named(&mut self) -> Result<(), Refusal> {
        let schema = self.schema;
        let named: Vec<(TypeId, usize)> = self.named.iter().map(|(id, index)| (*id, *index)).collect();
        for (id, index) in named {
            let kind = match &schema.get(id).kind {
                Kind::Record(record) => ItemKind::Record(self.fields(record, index)?),
                Kind::Enum(e) => {
                    let mut scope = Scope::variants();
                    let symbol =
                        |s: &str, scope: &mut Scope| Symbol { wire_name: s.to_owned(), variant: scope.claim(s, "Symbol") };
                    let symbols: Vec<Symbol> = e.symbols.iter().map(|s| symbol(&s.name, &mut scope)).collect();
                    let default = e.default.as_ref().and_then(|d| e.symbols.iter().position(|s| s.name == d.name));
                    ItemKind::Enum { symbols, default }
                }
                _ => continue,
            };
            if let Some(item) = self.items.get_mut(index) {
                item.kind = kind;
            }
        }
        Ok(())
    }

    fn fields(&mut self, record: &'a Record, owner: usize) -> Result<Vec<Field>, Refusal> {
        let owner = self.items.get(owner).map(|item| item.name.clone()).unwrap_or_default();
        let mut scope = Scope::values();
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            fields.push(Field {
                wire_name: field.name.to_string(),
                name: scope.claim(&field.name, "field"),
                doc: self.schema.doc(field.doc.as_ref()).unwrap_or_default().to_owned(),
                shape: self.shape(field.ty, &format!("{owner}_{}", field.name), 0)?,
                default: field.default.clone(),
            });
        }
        Ok(fields)
    }

    /// The payload; a union is called like the payload itself.
    fn root_shape(&mut self, root: &str) -> Result<Shape, Refusal> {
        let shape = self.shape(self.schema.root, &format!("{root}_union"), 0)?;
        if let (Kind::Union(_), Shape::Item(index)) = (&self.schema.root().kind, &shape)
            && let Some(item) = self.items.get_mut(*index).filter(|item| matches!(item.kind, ItemKind::Union(_)))
        {
            root.clone_into(&mut item.name);
        }
        Ok(shape)
    }

    /// The shape of a type; `path` names the union that may stand there.
    fn shape(&mut self, id: TypeId, path: &str, depth: usize) -> Result<Shape, Refusal> {
        let schema = self.schema;
        let ty = schema.get(id);
        if depth > eventpact_contract::formats::avro::MAX_DEPTH {
            return Err(unsupported(ty.span, "types nest too deep here", "give the inner types names of their own"));
        }
        Ok(match (&ty.kind, &ty.logical) {
            (Kind::Record(_) | Kind::Enum(_), _) => {
                let index = self.named.get(&id).copied();
                Shape::Item(index.ok_or_else(|| unsupported(ty.span, "a type that is not in its schema", "define it"))?)
            }
            (Kind::Union(branches), _) => self.union(branches, ty.span, path, depth)?,
            (Kind::Array(item), _) => Shape::Array(Box::new(self.shape(*item, &format!("{path}_item"), depth + 1)?)),
            (Kind::Map(value), _) => Shape::Map(Box::new(self.shape(*value, &format!("{path}_value"), depth + 1)?)),
            (kind, Some(logical)) => match logical_shape(kind, logical) {
                Some(shape) => {
                    self.uses_decimal |= matches!(shape, Shape::Decimal { precision, .. } if precision <= DECIMAL_DIGITS);
                    shape
                }
                None => plain_shape(kind),
            },
            (kind, None) => plain_shape(kind),
        })
    }

    fn union(&mut self, branches: &[TypeId], span: Span, path: &str, depth: usize) -> Result<Shape, Refusal> {
        let schema = self.schema;
        let is_null = |id: &TypeId| matches!(schema.get(*id).kind, Kind::Null);
        match branches {
            [] => Err(unsupported(span, "a union without branches has no value that could be sent", "name its branches")),
            [only] => Ok(Shape::Single(Box::new(self.shape(*only, path, depth + 1)?))),
            [a, b] if is_null(a) != is_null(b) => {
                let (inner, null_first) = if is_null(a) { (*b, true) } else { (*a, false) };
                Ok(Shape::Optional { inner: Box::new(self.shape(inner, path, depth + 1)?), null_first })
            }
            many => {
                let name = self.scope.claim(path, "Union");
                let mut scope = Scope::variants();
                let mut list = Vec::with_capacity(many.len());
                for branch in many {
                    let label = branch_label(schema, *branch);
                    let shape = self.shape(*branch, &format!("{path}_{label}"), depth + 1)?;
                    list.push(Branch { variant: scope.claim(&label, "Branch"), shape });
                }
                let labels: Vec<&str> = list.iter().map(|b| b.variant.as_str()).collect();
                let doc = format!("One of {}.", labels.join(", "));
                self.items.push(item(name, doc, ItemKind::Union(list)));
                Ok(Shape::Item(self.items.len() - 1))
            }
        }
    }
}

fn item(name: String, doc: String, kind: ItemKind) -> Item {
    Item { name, doc, kind, least: 0, recursive: false, deep: false, twin: None }
}

/// `v1`, `V2`: says less than the part in front of it.
fn is_version(part: &str) -> bool {
    part.strip_prefix(['v', 'V']).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn with_origin(doc: Option<&str>, what: &str, full_name: &str) -> String {
    let origin = format!("Avro {what} {full_name}.");
    match doc {
        Some(doc) if !doc.trim().is_empty() => format!("{doc}\n\n{origin}"),
        _ => origin,
    }
}

fn branch_label(schema: &Schema, id: TypeId) -> String {
    match &schema.get(id).kind {
        Kind::Null => "Null".to_owned(),
        Kind::Boolean => "Boolean".to_owned(),
        Kind::Int => "Int".to_owned(),
        Kind::Long => "Long".to_owned(),
        Kind::Float => "Float".to_owned(),
        Kind::Double => "Double".to_owned(),
        Kind::Bytes => "Bytes".to_owned(),
        Kind::String => "String".to_owned(),
        Kind::Array(_) => "Array".to_owned(),
        Kind::Map(_) => "Map".to_owned(),
        Kind::Union(_) => "Union".to_owned(),
        Kind::Record(record) => record.named.name.name.to_string(),
        Kind::Enum(e) => e.named.name.name.to_string(),
        Kind::Fixed(fixed) => fixed.named.name.name.to_string(),
    }
}

fn plain_shape(kind: &Kind) -> Shape {
    match kind {
        Kind::Boolean => Shape::Boolean,
        Kind::Int => Shape::Int,
        Kind::Long => Shape::Long,
        Kind::Float => Shape::Float,
        Kind::Double => Shape::Double,
        Kind::Bytes => Shape::Bytes,
        Kind::String => Shape::String,
        Kind::Fixed(fixed) => Shape::Fixed(fixed.size),
        _ => Shape::Null,
    }
}

/// The shape of a logical type; `None` for one that Rust gets nothing special for.
fn logical_shape(kind: &Kind, logical: &Logical) -> Option<Shape> {
    let fixed = if let Kind::Fixed(fixed) = kind { Some(fixed.size) } else { None };
    Some(match logical {
        Logical::Decimal { precision, scale } => Shape::Decimal { precision: *precision, scale: *scale, fixed },
        Logical::BigDecimal => Shape::BigDecimal,
        Logical::Uuid => Shape::Uuid { fixed: fixed.is_some() },
        Logical::Date => Shape::IntType("Date"),
        Logical::TimeMillis => Shape::IntType("TimeMillis"),
        Logical::TimeMicros => Shape::LongType("TimeMicros"),
        Logical::TimestampMillis => Shape::LongType("TimestampMillis"),
        Logical::TimestampMicros => Shape::LongType("TimestampMicros"),
        Logical::TimestampNanos => Shape::LongType("TimestampNanos"),
        Logical::LocalTimestampMillis => Shape::LongType("LocalTimestampMillis"),
        Logical::LocalTimestampMicros => Shape::LongType("LocalTimestampMicros"),
        Logical::LocalTimestampNanos => Shape::LongType("LocalTimestampNanos"),
        Logical::Duration => Shape::Duration,
        Logical::Unknown(_) => return None,
    })
}

/// Which items an item holds: `by_value` leaves out what an array or a map already puts on the heap.
fn held(item: &Item, by_value: bool) -> Vec<usize> {
    fn walk(shape: &Shape, by_value: bool, into: &mut Vec<usize>) {
        match shape {
            Shape::Item(index) => into.push(*index),
            Shape::Array(inner) | Shape::Map(inner) if !by_value => walk(inner, by_value, into),
            Shape::Optional { inner, .. } | Shape::Single(inner) | Shape::Boxed(inner) => walk(inner, by_value, into),
            _ => {}
        }
    }
    let mut into = Vec::new();
    for shape in shapes(&item.kind) {
        walk(shape, by_value, &mut into);
    }
    into
}

fn shapes(kind: &ItemKind) -> Vec<&Shape> {
    match kind {
        ItemKind::Record(fields) => fields.iter().map(|f| &f.shape).collect(),
        ItemKind::Union(branches) => branches.iter().map(|b| &b.shape).collect(),
        ItemKind::Enum { .. } => Vec::new(),
    }
}

/// Everything that can be reached from each item, itself only through a circle.
fn reach(edges: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let from = |start: &Vec<usize>| {
        let mut seen = BTreeSet::new();
        let mut open = start.clone();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(edges.get(next).into_iter().flatten());
            }
        }
        seen
    };
    edges.iter().map(from).collect()
}

/// Settles what needs the whole picture: boxes, depths, least sizes.
fn settle(lowered: &mut Lowered) {
    let by_value = reach(&lowered.items.iter().map(|item| held(item, true)).collect::<Vec<_>>());
    let all = reach(&lowered.items.iter().map(|item| held(item, false)).collect::<Vec<_>>());
    let is_record: Vec<bool> = lowered.items.iter().map(|item| matches!(item.kind, ItemKind::Record(_))).collect();
    let recursive: Vec<bool> = all.iter().enumerate().map(|(n, reached)| is_record[n] && reached.contains(&n)).collect();
    for (number, item) in lowered.items.iter_mut().enumerate() {
        item.recursive = recursive[number];
        item.deep = item.recursive || all[number].iter().any(|n| recursive[*n]);
        let closes = |target: usize| is_record[target] && by_value[target].contains(&number);
        match &mut item.kind {
            ItemKind::Record(fields) => fields.iter_mut().for_each(|f| put_boxes(&mut f.shape, &closes)),
            ItemKind::Union(branches) => branches.iter_mut().for_each(|b| put_boxes(&mut b.shape, &closes)),
            ItemKind::Enum { .. } => {}
        }
    }
    for _ in 0..8 {
        let known: Vec<usize> = lowered.items.iter().map(|item| item.least).collect();
        for item in &mut lowered.items {
            let of = |shape: &Shape| least_bytes(shape, &|index| known.get(index).copied().unwrap_or(0));
            item.least = match &item.kind {
                ItemKind::Record(fields) => fields.iter().map(|f| of(&f.shape)).fold(0, usize::saturating_add),
                ItemKind::Enum { .. } | ItemKind::Union(_) => 1,
            };
        }
    }
}

/// Gives what borrows its twin's name, after all types of the schema have theirs.
fn name_twins(lowered: &mut Lowered, root: &str, scope: &mut Scope) {
    let all = reach(&lowered.items.iter().map(|item| held(item, false)).collect::<Vec<_>>());
    let own = |item: &Item| shapes(&item.kind).into_iter().any(|shape| borrows(shape, &|_| false));
    let own: Vec<bool> = lowered.items.iter().map(own).collect();
    for (number, item) in lowered.items.iter_mut().enumerate() {
        if own[number] || all[number].iter().any(|n| own[*n]) {
            item.twin = Some(twin_name(&item.name, scope));
        }
    }
    let is_item = lowered.items.iter().any(|item| item.name == root);
    if !is_item && lowered.borrows(&lowered.root) {
        lowered.wrapper_twin = Some(twin_name(root, scope));
    }
}

fn twin_name(name: &str, scope: &mut Scope) -> String {
    scope.claim(&format!("{name}_ref"), "Ref")
}

fn put_boxes(shape: &mut Shape, closes: &dyn Fn(usize) -> bool) {
    match shape {
        Shape::Item(index) if closes(*index) => *shape = Shape::Boxed(Box::new(Shape::Item(*index))),
        Shape::Optional { inner, .. } | Shape::Single(inner) => put_boxes(inner, closes),
        _ => {}
    }
}
