//! `source_code_info`: the place and the comments of every element, in the order and with the paths that protoc gives them.
//!
//! This is a second, simple walk over the tokens of a file that was found valid; nothing is checked here. Comments are in
//! `comments`.

use std::collections::HashMap;

use prost_types::source_code_info::Location;

use crate::source::{FileId, SourceFile};

use super::comments;
use super::interpret::Target;
use super::lex::{self, Kind};
use super::recorder::{Recorder, with};
use super::tree::Scalar;

/// For each element with options, whether any of them stay in the descriptor, and what each of them sets.
pub(super) type OptionPaths = HashMap<Vec<i32>, (bool, Vec<Target>)>;

/// The locations of a file.
pub(super) fn locations(source: &SourceFile, id: FileId, options: &OptionPaths) -> Vec<Location> {
    let Ok(tokens) = lex::lex(source.text(), id) else { return Vec::new() };
    let mut recorder = Recorder::new(source.text(), &tokens.list, options);
    recorder.file();
    let dropped = recorder.dropped;
    let kept = recorder.out.into_iter().enumerate().filter(|(n, _)| !dropped.contains(n));
    kept.map(|(_, location)| location).collect()
}

/// The numbers of the fields of one kind of element.
struct Numbers {
    field: i32,
    nested: i32,
    enums: i32,
    extension: i32,
    options: i32,
}

const IN_FILE: Numbers = Numbers { field: 0, nested: 4, enums: 5, extension: 7, options: 8 };
const IN_MESSAGE: Numbers = Numbers { field: 2, nested: 3, enums: 4, extension: 6, options: 7 };

/// How many elements of each kind an element has so far.
#[derive(Default)]
struct Counts {
    fields: i32,
    nested: i32,
    enums: i32,
    services: i32,
    extensions: i32,
    oneofs: i32,
    ranges: i32,
    reserved_ranges: i32,
    reserved_names: i32,
    options: usize,
    imports: [i32; 4],
}

fn index(count: &mut i32) -> i32 {
    *count += 1;
    *count - 1
}

impl Recorder<'_> {
    fn file(&mut self) {
        let first = self.tokens.first().map_or(0, |t| t.start);
        let found = comments::around(self.text, None, first, self.done());
        (self.leading, self.detached) = (found.leading, found.detached);
        let root = self.open(Vec::new());
        if self.is("syntax") || self.is("edition") {
            let location = self.open(vec![12]);
            self.skip(2);
            self.texts();
            self.end(Some(location));
            self.close(location);
        }
        let mut counts = Counts::default();
        while !self.done() {
            let before = self.at;
            self.statement(&[], &IN_FILE, &mut counts);
            if self.at == before {
                self.skip(1);
            }
        }
        self.close(root);
    }

    /// Adds the location of a whole statement that `body` walks over.
    fn within(&mut self, path: Vec<i32>, body: impl FnOnce(&mut Self, usize)) {
        let location = self.open(path);
        body(self, location);
        self.close(location);
    }

    /// A statement of a file or of a message.
    fn statement(&mut self, path: &[i32], numbers: &Numbers, counts: &mut Counts) {
        if self.is(";") {
            return self.end(None);
        }
        let next = self.tokens.get(self.at + 1).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default();
        if (self.is("export") || self.is("local")) && matches!(next, "message" | "enum") {
            self.skip(1);
        }
        match self.word() {
            "message" => {
                let path = with(path, &[numbers.nested, index(&mut counts.nested)]);
                self.within(path.clone(), |r, location| {
                    r.skip(1);
                    r.take(with(&path, &[1]), 1);
                    r.message(&path, location);
                });
            }
            "enum" => {
                let path = with(path, &[numbers.enums, index(&mut counts.enums)]);
                self.within(path.clone(), |r, location| r.enumeration(&path, location));
            }
            "extend" => self.extend(path, numbers, counts),
            "option" => self.option(path, numbers.options, &mut counts.options),
            "service" if path.is_empty() => {
                let path = vec![6, index(&mut counts.services)];
                self.within(path.clone(), |r, location| r.service(&path, location));
            }
            "import" if path.is_empty() => self.import(counts),
            "package" if path.is_empty() => self.within(vec![2], |r, location| {
                while !r.done() && !r.is(";") {
                    r.skip(1);
                }
                r.end(Some(location));
            }),
            "oneof" if !path.is_empty() => self.oneof(path, counts),
            "reserved" if !path.is_empty() => self.reserved(path, 9, 10, counts),
            "extensions" if !path.is_empty() => self.extensions(path, counts),
            _ if !path.is_empty() => {
                let field = with(path, &[numbers.field, index(&mut counts.fields)]);
                self.field(&field, path, numbers, counts, None);
            }
            _ => {}
        }
    }

    fn import(&mut self, counts: &mut Counts) {
        let start = self.at;
        self.skip(1);
        let [plain, public, weak, option] = &mut counts.imports;
        let path = if self.is("option") { vec![15, index(option)] } else { vec![3, index(plain)] };
        let kind = match self.word() {
            "public" => Some(vec![10, index(public)]),
            "weak" => Some(vec![11, index(weak)]),
            _ => None,
        };
        let location = self.open_at(path, start);
        match kind {
            Some(path) => self.take(path, 1),
            None => {
                self.eat("option");
            }
        }
        self.texts();
        self.end(Some(location));
        self.close(location);
    }

    /// The braces of a message and what is in them.
    fn message(&mut self, path: &[i32], location: usize) {
        self.end(Some(location));
        let mut counts = Counts::default();
        self.block(|r| r.statement(path, &IN_MESSAGE, &mut counts));
    }

    /// Statements up to and with the closing brace.
    fn block(&mut self, mut statement: impl FnMut(&mut Self)) {
        while !self.done() && !self.is("}") {
            let before = self.at;
            statement(self);
            if self.at == before {
                self.skip(1);
            }
        }
        if !self.done() {
            self.end(None);
        }
    }

    fn field(&mut self, path: &[i32], parent: &[i32], numbers: &Numbers, counts: &mut Counts, extendee: Option<(usize, usize)>) {
        let location = self.open(path.to_vec());
        let start = self.at;
        if let Some((from, to)) = extendee {
            self.span_of(with(path, &[2]), from, to);
        }
        if matches!(self.word(), "optional" | "required" | "repeated") {
            self.take(with(path, &[4]), 1);
        }
        let mut is_map = false;
        let mut is_group = false;
        let ty = self.open(Vec::new());
        let number = if self.is("map") && self.tokens.get(self.at + 1).is_some_and(|t| t.kind == Kind::Symbol('<')) {
            is_map = true;
            while !self.done() && !self.eat(">") {
                self.skip(1);
            }
            6
        } else if Scalar::from_keyword(self.word()).is_some() || self.is("group") {
            is_group = self.is("group");
            self.skip(1);
            5
        } else {
            self.name();
            6
        };
        self.close(ty);
        if let Some(ty) = self.out.get_mut(ty) {
            ty.path = with(path, &[number]);
        }
        let name = self.at;
        self.take(with(path, &[1]), 1);
        self.skip(1);
        self.take(with(path, &[3]), 1);
        self.brackets(path, 8, path);
        if is_group {
            let group = with(parent, &[numbers.nested, index(&mut counts.nested)]);
            let block = self.open_at(group.clone(), start);
            self.span_of(with(&group, &[1]), name, name);
            self.span_of(with(path, &[6]), name, name);
            self.message(&group, block);
            self.close(block);
        } else {
            self.end(Some(location));
        }
        if is_map {
            counts.nested += 1;
        }
        self.close(location);
    }

    /// The location of all options of an element.
    fn open_options(&mut self, path: Vec<i32>, holder: &[i32]) -> usize {
        let location = self.open(path);
        if self.options.get(holder).is_some_and(|(kept, _)| !kept) {
            self.dropped.insert(location);
        }
        location
    }

    /// `[a = 1, b = 2]`; `path` is that of the element, `holder` the key of its options.
    fn brackets(&mut self, path: &[i32], options: i32, holder: &[i32]) {
        if !self.is("[") {
            return;
        }
        let all = self.open_options(with(path, &[options]), holder);
        self.skip(1);
        let mut index = 0;
        loop {
            let special = match self.word() {
                "default" if options == 8 => Some(7),
                "json_name" if options == 8 => Some(10),
                _ => None,
            };
            if let Some(number) = special {
                index += 1;
                self.special(with(path, &[number]), number);
            } else {
                self.assignment(path, options, holder, &mut index, None);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.eat("]");
        self.close(all);
    }

    /// `default = 1`, of which the value is recorded; `json_name = "a"`, of which both the whole and the value are.
    fn special(&mut self, path: Vec<i32>, number: i32) {
        let whole = (number == 10).then(|| self.open(path.clone()));
        self.skip(2);
        let value = self.open(path);
        self.eat("-");
        if self.is_text() {
            self.texts();
        } else {
            self.skip(1);
        }
        self.close(value);
        if let Some(whole) = whole {
            self.close(whole);
        }
    }

    /// `option a = 1;`
    fn option(&mut self, path: &[i32], options: i32, index: &mut usize) {
        let all = self.open_options(with(path, &[options]), path);
        self.assignment(path, options, path, index, Some(()));
        self.close(all);
    }

    /// One option; as a statement it ends with a semicolon and has comments.
    fn assignment(&mut self, path: &[i32], options: i32, holder: &[i32], index: &mut usize, statement: Option<()>) {
        let target = self.options.get(holder).and_then(|(_, all)| all.get(*index)).cloned().unwrap_or_default();
        *index += 1;
        let location = self.open(with(&with(path, &[options]), &target.path));
        if target.source_only {
            self.dropped.insert(location);
        }
        while !self.done() && !self.eat("=") {
            self.skip(1);
        }
        self.eat("-");
        if self.is("{") {
            let mut depth = 0;
            while !self.done() {
                depth += i32::from(self.is("{")) - i32::from(self.is("}"));
                self.skip(1);
                if depth == 0 {
                    break;
                }
            }
        } else if self.is_text() {
            self.texts();
        } else {
            self.skip(1);
        }
        if statement.is_some() {
            self.end(Some(location));
        }
        self.close(location);
    }

    fn oneof(&mut self, path: &[i32], counts: &mut Counts) {
        let oneof = with(path, &[8, index(&mut counts.oneofs)]);
        let location = self.open(oneof.clone());
        self.skip(1);
        self.take(with(&oneof, &[1]), 1);
        self.end(Some(location));
        let mut options = 0;
        self.block(|r| {
            if r.is("option") {
                r.option(&oneof, 2, &mut options);
            } else if r.is(";") {
                r.end(None);
            } else {
                let field = with(path, &[2, index(&mut counts.fields)]);
                r.field(&field, path, &IN_MESSAGE, counts, None);
            }
        });
        self.close(location);
    }

    fn extend(&mut self, path: &[i32], numbers: &Numbers, counts: &mut Counts) {
        let all = with(path, &[numbers.extension]);
        let location = self.open(all.clone());
        self.skip(1);
        let from = self.at;
        self.name();
        let to = self.at.saturating_sub(1);
        self.end(Some(location));
        self.block(|r| {
            let field = with(&all, &[index(&mut counts.extensions)]);
            r.field(&field, path, numbers, counts, Some((from, to)));
        });
        self.close(location);
    }

    /// `reserved …;` of a message or an enum.
    fn reserved(&mut self, path: &[i32], ranges: i32, names: i32, counts: &mut Counts) {
        let start = self.at;
        self.skip(1);
        let is_name = self.is_text() || self.tokens.get(self.at).is_some_and(|t| t.kind == Kind::Ident);
        let all = with(path, &[if is_name { names } else { ranges }]);
        let location = self.open_at(all.clone(), start);
        loop {
            if is_name {
                let one = self.open(with(&all, &[index(&mut counts.reserved_names)]));
                if self.is_text() {
                    self.texts();
                } else {
                    self.skip(1);
                }
                self.close(one);
            } else {
                let one = with(&all, &[index(&mut counts.reserved_ranges)]);
                self.range(&one);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.end(Some(location));
        self.close(location);
    }

    /// `1 to 5`
    fn range(&mut self, path: &[i32]) {
        let location = self.open(path.to_vec());
        let (from, start) = (self.at, with(path, &[1]));
        let first = self.open(start);
        self.eat("-");
        self.skip(1);
        self.close(first);
        let to = self.at - 1;
        if self.eat("to") {
            let last = self.open(with(path, &[2]));
            self.eat("-");
            self.skip(1);
            self.close(last);
        } else {
            // Of a negative number protoc records the minus alone.
            self.span_of(with(path, &[2]), from, from.min(to));
        }
        self.close(location);
    }

    fn extensions(&mut self, path: &[i32], counts: &mut Counts) {
        let all = with(path, &[5]);
        let location = self.open(all.clone());
        self.skip(1);
        let first = counts.ranges;
        loop {
            let one = with(&all, &[index(&mut counts.ranges)]);
            self.range(&one);
            if !self.eat(",") {
                break;
            }
        }
        // The options of the statement are those of each of its ranges.
        let here = self.at;
        for n in first..counts.ranges {
            self.at = here;
            let one = with(&all, &[n]);
            self.brackets(&one, 3, &one);
        }
        self.end(Some(location));
        self.close(location);
    }

    fn enumeration(&mut self, path: &[i32], location: usize) {
        self.skip(1);
        self.take(with(path, &[1]), 1);
        self.end(Some(location));
        let mut counts = Counts::default();
        self.block(|r| match r.word() {
            ";" => r.end(None),
            "option" => r.option(path, 3, &mut counts.options),
            "reserved" => r.reserved(path, 4, 5, &mut counts),
            _ => {
                let value = with(path, &[2, index(&mut counts.fields)]);
                r.within(value.clone(), |r, location| {
                    r.take(with(&value, &[1]), 1);
                    r.skip(1);
                    let number = r.open(with(&value, &[2]));
                    r.eat("-");
                    r.skip(1);
                    r.close(number);
                    r.brackets(&value, 3, &value);
                    r.end(Some(location));
                });
            }
        });
    }

    fn service(&mut self, path: &[i32], location: usize) {
        self.skip(1);
        self.take(with(path, &[1]), 1);
        self.end(Some(location));
        let mut counts = Counts::default();
        self.block(|r| match r.word() {
            ";" => r.end(None),
            "option" => r.option(path, 3, &mut counts.options),
            _ => {
                let method = with(path, &[2, index(&mut counts.fields)]);
                r.within(method.clone(), |r, location| r.method(&method, location));
            }
        });
    }

    fn method(&mut self, path: &[i32], location: usize) {
        self.skip(1);
        self.take(with(path, &[1]), 1);
        for (ty, streaming) in [(2, 5), (3, 6)] {
            self.skip(1);
            if self.is("stream") {
                self.take(with(path, &[streaming]), 1);
            }
            let location = self.open(with(path, &[ty]));
            self.name();
            self.close(location);
            self.skip(1);
            self.eat("returns");
        }
        if !self.is("{") {
            return self.end(Some(location));
        }
        self.end(Some(location));
        let mut options = 0;
        self.block(|r| if r.is(";") { r.end(None) } else { r.option(path, 4, &mut options) });
    }
}
