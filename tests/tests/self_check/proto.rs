//! Protobuf files from a seed, and the changes that make a second version of one: a model that prints itself in any syntax.

use std::fmt::Write as _;

use crate::random::Rng;

#[derive(Clone, Copy, PartialEq)]
enum Syntax {
    Proto2,
    Proto3,
    Edition,
}

const SYNTAXES: [Syntax; 3] = [Syntax::Proto2, Syntax::Proto3, Syntax::Edition];

#[derive(Clone, Copy, PartialEq)]
enum Label {
    Plain,
    Optional,
    Required,
    Repeated,
}

#[derive(Clone, PartialEq)]
enum Type {
    Scalar(&'static str),
    Message(usize),
    Enum(usize),
    Map(&'static str, Box<Type>),
    /// A group with this one field.
    Group(&'static str),
}

#[derive(Clone)]
struct Field {
    name: String,
    number: usize,
    label: Label,
    ty: Type,
    oneof: Option<usize>,
    packed: Option<bool>,
    delimited: bool,
    /// Written as it stands; only where the syntax and the type allow it.
    default: bool,
}

#[derive(Clone)]
struct Message {
    fields: Vec<Field>,
    reserved: Vec<usize>,
}

#[derive(Clone)]
struct Enumeration {
    numbers: Vec<i32>,
    closed: bool,
}

/// A file.
#[derive(Clone)]
pub(crate) struct File {
    syntax: Syntax,
    messages: Vec<Message>,
    enums: Vec<Enumeration>,
}

const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string",
    "bytes", "float", "double",
];
const KEYS: [&str; 6] = ["string", "int32", "int64", "bool", "sint64", "fixed32"];

/// The types that read what a scalar writes, or look as if they did.
const NEAR: [&[&str]; 7] = [
    &["int32", "int64", "uint32", "uint64", "bool"],
    &["sint32", "sint64"],
    &["fixed32", "sfixed32", "float"],
    &["fixed64", "sfixed64", "double"],
    &["string", "bytes"],
    &["int32", "sint32"],
    &["float", "double"],
];

impl File {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let syntax = *rng.pick(&SYNTAXES);
        let enums = (0..=rng.below(2)).map(|_| Enumeration {
            numbers: std::iter::once(0).chain([1, 2, 5, -1, 2_147_483_647]).take(1 + rng.below(6)).collect(),
            closed: rng.one_in(3),
        });
        let mut file = Self { syntax, messages: Vec::new(), enums: enums.collect() };
        let count = 1 + rng.below(4);
        for _ in 0..count {
            let mut message = Message { fields: Vec::new(), reserved: Vec::new() };
            for number in 1..=1 + rng.below(6) {
                let field = file.field(number, count, rng);
                message.fields.push(field);
            }
            if rng.one_in(2) {
                let oneof = rng.below(2);
                for field in message.fields.iter_mut().filter(|f| f.may_be_in_a_oneof()) {
                    field.oneof = (!rng.one_in(3)).then_some(oneof);
                }
            }
            file.messages.push(message);
        }
        file
    }

    fn field(&self, number: usize, messages: usize, rng: &mut Rng) -> Field {
        let label = match rng.below(12) {
            0..=3 => Label::Plain,
            4..=6 => Label::Optional,
            7 => Label::Required,
            _ => Label::Repeated,
        };
        let ty = self.ty(messages, rng);
        Field {
            name: format!("f{number}"),
            number,
            label,
            ty,
            oneof: None,
            packed: rng.one_in(3).then(|| rng.one_in(2)),
            delimited: rng.one_in(6),
            default: rng.one_in(8),
        }
    }

    fn ty(&self, messages: usize, rng: &mut Rng) -> Type {
        match rng.below(12) {
            0..=5 => Type::Scalar(*rng.pick(&SCALARS)),
            6 | 7 => Type::Message(rng.below(messages)),
            8 | 9 => Type::Enum(rng.below(self.enums.len())),
            10 => {
                let value = match rng.below(3) {
                    0 => Type::Message(rng.below(messages)),
                    1 => Type::Enum(rng.below(self.enums.len())),
                    _ => Type::Scalar(*rng.pick(&SCALARS)),
                };
                Type::Map(*rng.pick(&KEYS), Box::new(value))
            }
            _ => Type::Group(*rng.pick(&SCALARS)),
        }
    }

    /// One change of the kind that people make between two versions.
    pub(crate) fn evolve(&mut self, rng: &mut Rng) {
        let count = self.messages.len();
        let at = rng.below(count);
        match rng.below(20) {
            0..=2 => {
                let number = 1 + rng.below(12);
                let field = self.field(number, count, rng);
                let message = &mut self.messages[at];
                if message.fields.iter().all(|f| f.number != number) && !message.reserved.contains(&number) {
                    message.fields.push(field);
                }
            }
            3 | 4 => {
                let message = &mut self.messages[at];
                if message.fields.len() > 1 {
                    let gone = message.fields.remove(rng.below(message.fields.len()));
                    if rng.one_in(2) {
                        message.reserved.push(gone.number);
                    }
                }
            }
            5 | 6 => self.change_number_type(at, rng),
            7 => {
                let ty = self.ty(count, rng);
                self.pick(at, rng).ty = ty;
            }
            8 | 9 => {
                let label = *rng.pick(&[Label::Plain, Label::Optional, Label::Required, Label::Repeated]);
                self.pick(at, rng).label = label;
            }
            10 => {
                let field = self.pick(at, rng);
                field.name = format!("renamed{}", field.number);
            }
            11 => {
                let fields = &mut self.messages[at].fields;
                let (a, b) = (rng.below(fields.len()), rng.below(fields.len()));
                let number = fields[a].number;
                fields[a].number = fields[b].number;
                fields[b].number = number;
            }
            12 | 13 => {
                let oneof = rng.one_in(3).then(|| rng.below(2));
                let field = self.pick(at, rng);
                if field.may_be_in_a_oneof() {
                    field.oneof = oneof;
                }
            }
            14 | 15 => {
                let enumeration = rng.below(self.enums.len());
                let numbers = &mut self.enums[enumeration].numbers;
                if rng.one_in(3) && numbers.len() > 1 {
                    numbers.pop();
                } else if !numbers.contains(&77) {
                    numbers.push(77);
                }
            }
            16 => self.syntax = *rng.pick(&SYNTAXES),
            17 => self.pick(at, rng).packed = Some(rng.one_in(2)),
            18 => self.turn(at, rng),
            _ => {
                let field = self.pick(at, rng);
                if rng.one_in(2) {
                    field.delimited = !field.delimited;
                } else {
                    field.default = !field.default;
                }
            }
        }
    }

    fn pick(&mut self, message: usize, rng: &mut Rng) -> &mut Field {
        let fields = &mut self.messages[message].fields;
        let index = rng.below(fields.len());
        &mut fields[index]
    }

    fn change_number_type(&mut self, message: usize, rng: &mut Rng) {
        let near: Vec<&[&'static str]> = NEAR.into_iter().filter(|_| rng.one_in(2)).collect();
        let field = self.pick(message, rng);
        let inner = match &mut field.ty {
            Type::Map(_, value) => &mut **value,
            ty => ty,
        };
        if let Type::Scalar(old) = inner
            && let Some(group) = near.into_iter().find(|group| group.contains(old))
        {
            *inner = Type::Scalar(*rng.pick(group));
        }
    }

    /// A map becomes a list of entries, an enum a number, a message its bytes, and back.
    fn turn(&mut self, at: usize, rng: &mut Rng) {
        let (count, enums) = (self.messages.len(), self.enums.len());
        let field = self.pick(at, rng);
        field.ty = match field.ty.clone() {
            Type::Map(..) => {
                field.label = Label::Repeated;
                Type::Message(rng.below(count))
            }
            Type::Message(_) if rng.one_in(2) => Type::Scalar("bytes"),
            Type::Message(_) if field.label == Label::Repeated => {
                Type::Map(*rng.pick(&KEYS), Box::new(Type::Scalar(*rng.pick(&SCALARS))))
            }
            Type::Message(_) => Type::Message(rng.below(count)),
            Type::Enum(_) => Type::Scalar(*rng.pick(&["int32", "int64", "uint32"])),
            Type::Scalar("int32") => Type::Enum(rng.below(enums)),
            other => other,
        };
        if !field.may_be_in_a_oneof() {
            field.oneof = None;
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        out.push_str(match self.syntax {
            Syntax::Proto2 => "syntax = \"proto2\";\n",
            Syntax::Proto3 => "syntax = \"proto3\";\n",
            Syntax::Edition => "edition = \"2023\";\n",
        });
        out.push_str("package shop;\n");
        for (index, message) in self.messages.iter().enumerate() {
            writeln!(out, "message M{index} {{").unwrap();
            for number in &message.reserved {
                writeln!(out, "  reserved {number};").unwrap();
            }
            for field in message.fields.iter().filter(|f| f.oneof().is_none()) {
                self.print(field, false, &mut out);
            }
            for oneof in 0..2 {
                if message.fields.iter().any(|f| f.oneof() == Some(oneof)) {
                    writeln!(out, "  oneof choice{oneof} {{").unwrap();
                    message.fields.iter().filter(|f| f.oneof() == Some(oneof)).for_each(|f| self.print(f, true, &mut out));
                    out.push_str("  }\n");
                }
            }
            out.push_str("}\n");
        }
        for (index, enumeration) in self.enums.iter().enumerate() {
            writeln!(out, "enum E{index} {{").unwrap();
            if self.syntax == Syntax::Edition && enumeration.closed {
                out.push_str("  option features.enum_type = CLOSED;\n");
            }
            for (n, number) in enumeration.numbers.iter().enumerate() {
                writeln!(out, "  E{index}_V{n} = {number};").unwrap();
            }
            out.push_str("}\n");
        }
        out
    }

    fn print(&self, field: &Field, inside: bool, out: &mut String) {
        let Field { number, name, .. } = field;
        let label = self.label(field, inside);
        let mut options = Vec::new();
        let plain = !matches!(field.ty, Type::Message(_) | Type::Map(..) | Type::Group(_));
        let edition = self.syntax == Syntax::Edition;
        let repeated = field.label == Label::Repeated && !matches!(field.ty, Type::Map(..));
        if let Some(packed) = field.packed.filter(|_| repeated && !inside && field.packable()) {
            options.push(match (edition, packed) {
                (true, true) => "features.repeated_field_encoding = PACKED".to_owned(),
                (true, false) => "features.repeated_field_encoding = EXPANDED".to_owned(),
                (false, packed) => format!("packed = {packed}"),
            });
        }
        let mut implicit = false;
        if edition && !inside && !matches!(field.ty, Type::Map(..)) {
            // LEGACY_REQUIRED is left to proto2: prost-reflect, which gets editions as proto3, takes a required zero for nothing.
            if field.label == Label::Plain && plain && !self.closed(&field.ty) {
                implicit = true;
                options.push("features.field_presence = IMPLICIT".to_owned());
            }
            if field.delimited && matches!(field.ty, Type::Message(_)) {
                options.push("features.message_encoding = DELIMITED".to_owned());
            }
        }
        if field.default && self.syntax != Syntax::Proto3 && !repeated && !implicit {
            match field.ty {
                Type::Scalar("int32" | "int64" | "uint32" | "sint64") => options.push("default = 7".to_owned()),
                Type::Scalar("string") => options.push("default = \"x\"".to_owned()),
                _ => {}
            }
        }
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        match &field.ty {
            // A group names its own type; in other syntaxes it is no group.
            Type::Group(inner) if self.syntax == Syntax::Proto2 => {
                writeln!(out, "  {label}group G{number} = {number} {{ optional {inner} a = 1; }}").unwrap();
            }
            ty => writeln!(out, "  {label}{} {name} = {number}{options};", shown(ty)).unwrap(),
        }
    }

    fn label(&self, field: &Field, inside: bool) -> &'static str {
        if inside || matches!(field.ty, Type::Map(..)) {
            return "";
        }
        match (field.label, self.syntax) {
            (Label::Repeated, _) => "repeated ",
            (Label::Required, Syntax::Proto2) => "required ",
            (Label::Plain, Syntax::Proto3) | (_, Syntax::Edition) => "",
            _ => "optional ",
        }
    }

    fn closed(&self, ty: &Type) -> bool {
        matches!(ty, Type::Enum(index) if self.enums[*index].closed)
    }
}

impl Field {
    fn may_be_in_a_oneof(&self) -> bool {
        !matches!(self.ty, Type::Map(..)) && self.label != Label::Repeated && self.label != Label::Required
    }

    fn oneof(&self) -> Option<usize> {
        self.oneof.filter(|_| self.may_be_in_a_oneof())
    }

    fn packable(&self) -> bool {
        match &self.ty {
            Type::Scalar(word) => !matches!(*word, "string" | "bytes"),
            Type::Enum(_) => true,
            _ => false,
        }
    }
}

fn shown(ty: &Type) -> String {
    match ty {
        Type::Scalar(word) | Type::Group(word) => (*word).to_owned(),
        Type::Message(index) => format!("M{index}"),
        Type::Enum(index) => format!("E{index}"),
        Type::Map(key, value) => format!("map<{key}, {}>", shown(value)),
    }
}
