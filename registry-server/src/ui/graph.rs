//! Who refers to a version, and to whom it refers, as a drawing: referrers on the left, what is referred to on the right.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;

use super::shell::{shortened, version_link};
use crate::auth::Caller;
use crate::state::State;
use crate::subject::SubjectName;

/// How far the drawing goes, in references, to each side.
const DEPTH: usize = 3;

/// Versions that are drawn to each side.
const MOST: usize = 24;

const WIDTH: usize = 208;
const HEIGHT: usize = 44;
const ACROSS: usize = 64;
const DOWN: usize = 14;
const MARGIN: usize = 2;

/// A version of a subject.
type Key = (SubjectName, i32);

/// A drawing.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) boxes: Vec<Node>,
    /// Paths from a referrer to what it refers to.
    pub(super) edges: Vec<String>,
    /// Some versions did not fit.
    pub(super) cut: bool,
}

/// A version in the drawing.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) x: usize,
    pub(super) y: usize,
    /// The name, so short that it fits.
    pub(super) label: String,
    /// The whole name.
    pub(super) name: String,
    pub(super) version: i32,
    pub(super) href: String,
    /// `self`, `deleted`, `missing` or empty.
    pub(super) class: &'static str,
}

/// The left upper corner of a box.
type Place = (usize, usize);

/// What takes room in a column.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row<'k> {
    Version(&'k Key),
    /// An arrow, by its number, between versions of farther columns.
    Passing(usize),
}

/// One side as it is found: versions by distance, and who refers to whom.
#[derive(Default)]
struct Found {
    /// Column of each version; the middle is 0, referrers are negative.
    columns: HashMap<Key, isize>,
    order: Vec<Key>,
    edges: Vec<(Key, Key)>,
    cut: bool,
}

/// The drawing around a version, of what the caller may read; `None` when there is nothing but itself.
pub(super) fn around(state: &State, caller: &Caller, subject: &SubjectName, version: i32) -> Option<Graph> {
    let readable = |mut keys: Vec<Key>| {
        keys.retain(|(subject, _)| caller.may_read(subject));
        keys
    };
    let middle = (subject.clone(), version);
    let mut found = Found::default();
    found.columns.insert(middle.clone(), 0);
    found.order.push(middle.clone());
    found.search(&middle, 1, |key| readable(targets(state, key)));
    found.search(&middle, -1, |key| readable(referrers(state, key)));
    found.spread();
    (found.order.len() > 1).then(|| found.draw(state, &middle))
}

/// What a version refers to.
pub(super) fn targets(state: &State, key: &Key) -> Vec<Key> {
    let references = state.version(&key.0, key.1).map(|(_, schema)| schema.references.as_slice()).unwrap_or_default();
    references.iter().map(|r| (SubjectName::parse_in(&r.subject, &key.0), r.version)).collect()
}

/// Which versions refer to a version.
pub(super) fn referrers(state: &State, key: &Key) -> Vec<Key> {
    let mut all = Vec::new();
    for (context, id) in state.referrers(&key.0, key.1) {
        let uses = state.context(context).into_iter().flat_map(|c| c.uses(id));
        all.extend(uses.map(|(name, number, _)| (SubjectName::new(context.clone(), name.clone()), number)));
    }
    all
}

impl Found {
    /// Breadth first, so that each version stands as near to the middle as it can.
    fn search(&mut self, middle: &Key, step: isize, next: impl Fn(&Key) -> Vec<Key>) {
        let mut queue = VecDeque::from([(middle.clone(), 0)]);
        let mut count = 0;
        while let Some((key, depth)) = queue.pop_front() {
            for other in next(&key) {
                if !self.columns.contains_key(&other) {
                    if depth == DEPTH || count == MOST {
                        self.cut = true;
                        continue;
                    }
                    count += 1;
                    let distance = isize::try_from(depth + 1).unwrap_or(0);
                    self.columns.insert(other.clone(), step * distance);
                    self.order.push(other.clone());
                    queue.push_back((other.clone(), depth + 1));
                }
                let edge = if step > 0 { (key.clone(), other) } else { (other, key.clone()) };
                if !self.edges.contains(&edge) {
                    self.edges.push(edge);
                }
            }
        }
    }

    /// Moves versions outwards until every arrow points to the right. In a ring, which an import can make, one does not.
    fn spread(&mut self) {
        for _ in 0..2 * MOST {
            let mut moved = false;
            for (from, to) in &self.edges {
                let (Some(left), Some(right)) = (self.columns.get(from).copied(), self.columns.get(to).copied()) else {
                    continue;
                };
                if left < right {
                    continue;
                }
                let (key, column) = if right > 0 { (to, left + 1) } else { (from, right - 1) };
                if column.unsigned_abs() <= MOST {
                    self.columns.insert(key.clone(), column);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// What stands in each column, from the top: versions, and room for arrows that pass.
    fn rows(&self, left: isize, right: isize) -> Vec<Vec<Row<'_>>> {
        let in_column = |column: isize| {
            let versions = self.order.iter().filter(move |key| self.columns.get(*key) == Some(&column)).map(Row::Version);
            let passes = move |(from, to): &(Key, Key)| {
                self.columns.get(from).is_some_and(|from| *from < column) && self.columns.get(to).is_some_and(|to| *to > column)
            };
            let passing =
                self.edges.iter().enumerate().filter(move |(_, edge)| passes(edge)).map(|(number, _)| Row::Passing(number));
            versions.chain(passing).collect()
        };
        (left..=right).map(in_column).collect()
    }

    fn draw(&self, state: &State, middle: &Key) -> Graph {
        let left = self.columns.values().min().copied().unwrap_or(0);
        let right = self.columns.values().max().copied().unwrap_or(0);
        let rows = self.rows(left, right);
        let tallest = rows.iter().map(Vec::len).max().unwrap_or(1);
        let height = MARGIN * 2 + tallest * (HEIGHT + DOWN) - DOWN;
        let mut places: HashMap<(usize, Row<'_>), Place> = HashMap::new();
        let mut boxes = Vec::new();
        for (index, column) in rows.iter().enumerate() {
            let top = (height - (column.len() * (HEIGHT + DOWN)).saturating_sub(DOWN)) / 2;
            for (row, what) in column.iter().enumerate() {
                let place = (MARGIN + index * (WIDTH + ACROSS), top + row * (HEIGHT + DOWN));
                places.insert((index, *what), place);
                if let Row::Version(key) = what {
                    boxes.push(node(state, key, place, *key == middle));
                }
            }
        }
        let columns = rows.len();
        let column_of = |key: &Key| self.columns.get(key).and_then(|column| usize::try_from(column - left).ok());
        let edge = |(number, (from, to)): (usize, &(Key, Key))| {
            let (first, last) = (column_of(from)?, column_of(to)?);
            let between = (first + 1..last).filter_map(|column| places.get(&(column, Row::Passing(number))).copied());
            Some(path(*places.get(&(first, Row::Version(from)))?, between, *places.get(&(last, Row::Version(to)))?))
        };
        let edges = self.edges.iter().enumerate().filter_map(edge).collect();
        Graph { width: MARGIN * 2 + columns * (WIDTH + ACROSS) - ACROSS, height, boxes, edges, cut: self.cut }
    }
}

fn node(state: &State, (subject, version): &Key, (x, y): Place, is_self: bool) -> Node {
    let name = subject.to_string();
    let class = match state.version(subject, *version) {
        _ if is_self => "self",
        None => "missing",
        Some((version, _)) if version.deleted => "deleted",
        Some(_) => "",
    };
    let (label, href) = (shortened(&name, 26), version_link(subject, *version));
    Node { x, y, label, name, version: *version, href, class }
}

/// A curve from the right side of a box to the left side of another, straight through the rooms between.
fn path(from: Place, between: impl Iterator<Item = Place>, to: Place) -> String {
    let (mut x, mut y) = (from.0 + WIDTH, from.1 + HEIGHT / 2);
    let mut path = format!("M{x} {y}");
    let mut curve = |to_x: usize, to_y: usize, on: usize| {
        let half = ACROSS / 2;
        let _ = write!(path, "C{} {y} {} {to_y} {to_x} {to_y}H{on}", x + half, to_x.saturating_sub(half));
        (x, y) = (on, to_y);
    };
    for (left, top) in between {
        curve(left, top + HEIGHT / 2, left + WIDTH);
    }
    // The arrow head needs a little room before the box.
    let end = to.0.saturating_sub(7);
    curve(end, to.1 + HEIGHT / 2, end);
    path
}
