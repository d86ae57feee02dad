//! `.proto` files of every kind from a seed: what the language has, mixed at random, mostly valid.

use std::fmt::Write as _;

/// A small generator of numbers; the same seed gives the same file everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % n as u64).unwrap_or(0)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "string", "bytes",
];

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Proto2,
    Proto3,
    E2023,
    E2024,
}

/// A type that fields can name: its full name, and the name of a value when it is an enum.
#[derive(Clone)]
struct Named {
    name: String,
    value: Option<String>,
    closed: bool,
}

fn full(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

struct Generator {
    random: Random,
    dialect: Dialect,
    out: String,
    depth: usize,
    package: String,
    types: Vec<Named>,
    /// Full names of messages with extension ranges, and the next free number in them.
    extendable: Vec<(String, usize)>,
    names: usize,
    custom: bool,
}

/// The file of a seed.
pub(crate) fn file(seed: u64) -> String {
    let mut random = Random::new(seed);
    let dialect = [Dialect::Proto2, Dialect::Proto3, Dialect::E2023, Dialect::E2024][usize::try_from(seed % 4).unwrap_or(0)];
    let custom = random.chance(60);
    let mut g = Generator {
        random,
        dialect,
        out: String::new(),
        depth: 0,
        package: String::new(),
        types: Vec::new(),
        extendable: Vec::new(),
        names: 0,
        custom,
    };
    g.file(seed);
    g.out
}

impl Generator {
    fn edition(&self) -> bool {
        matches!(self.dialect, Dialect::E2023 | Dialect::E2024)
    }

    fn line(&mut self, text: &str) {
        if self.random.chance(8) {
            let comment =
                *self.random.pick(&["// a comment", "/* a block\n   * of lines */", "// one\n// two", "// détaché\n", "/**/"]);
            self.out.push_str(comment);
            self.out.push('\n');
        }
        let indent = if self.random.chance(5) { "\t".to_owned() } else { "  ".repeat(self.depth) };
        self.out.push_str(&indent);
        self.out.push_str(text);
        if self.random.chance(6) {
            self.out.push_str("  // behind");
        }
        self.out.push('\n');
        if self.random.chance(6) {
            self.out.push('\n');
        }
    }

    fn name(&mut self, style: &str) -> String {
        self.names += 1;
        let words = ["order", "item", "price", "customer", "state", "kind", "amount", "line", "note", "stream", "rpc"];
        let (a, b) = (*self.random.pick(&words), *self.random.pick(&words));
        let n = self.names;
        let title = |w: &str| w[..1].to_uppercase() + &w[1..];
        match style {
            "type" => format!("{}{}{n}", title(a), title(b)),
            "value" => format!("{}_{}{n}", a.to_uppercase(), b.to_uppercase()),
            _ => format!("{a}_{b}{n}"),
        }
    }

    fn file(&mut self, seed: u64) {
        let head = match self.dialect {
            Dialect::Proto2 if self.random.chance(20) => "",
            Dialect::Proto2 => "syntax = \"proto2\";",
            Dialect::Proto3 => "syntax = \"proto3\";",
            Dialect::E2023 => "edition = \"2023\";",
            Dialect::E2024 => "edition = '2024';",
        };
        self.line(head);
        if self.random.chance(85) {
            self.package = self.random.pick(&["shop", "shop.orders.v1", "a.b.c"]).to_string() + &format!("_f{seed}");
            let package = self.package.clone();
            self.line(&format!("package {package};"));
        }
        if self.custom {
            self.line("import \"google/protobuf/descriptor.proto\";");
        }
        if self.random.chance(50) {
            self.line("import \"google/protobuf/timestamp.proto\";");
            self.types.push(Named { name: "google.protobuf.Timestamp".to_owned(), value: None, closed: false });
        }
        if self.random.chance(30) {
            self.line("import public \"google/protobuf/wrappers.proto\";");
            self.types.push(Named { name: "google.protobuf.StringValue".to_owned(), value: None, closed: false });
        }
        if self.random.chance(40) {
            let option = *self.random.pick(&[
                "option java_package = \"com.\" 'shop';",
                "option optimize_for = CODE_SIZE;",
                "option go_package = \"x\\x2fy\\141\\n\";",
                "option deprecated = true;",
                "option cc_enable_arenas = false;",
            ]);
            self.line(option);
        }
        if self.edition() && self.random.chance(40) {
            let option = *self.random.pick(&[
                "option features.field_presence = IMPLICIT;",
                "option features.enum_type = CLOSED;",
                "option features = { repeated_field_encoding: EXPANDED utf8_validation: NONE };",
                "option features.message_encoding = DELIMITED;",
                "option features.json_format = LEGACY_BEST_EFFORT;",
            ]);
            self.line(option);
        }
        if self.dialect == Dialect::E2024 && self.random.chance(30) {
            let option = *self.random.pick(&[
                "option features.default_symbol_visibility = LOCAL_ALL;",
                "option features.default_symbol_visibility = EXPORT_ALL;",
                "option features.enforce_naming_style = STYLE_LEGACY;",
            ]);
            self.line(option);
        }
        if self.custom {
            self.custom_options();
        }
        let package = self.package.clone();
        for _ in 0..=self.random.below(3) {
            self.enumeration(&package);
        }
        for _ in 0..=self.random.below(4) {
            self.message(&package, 0);
        }
        if self.dialect != Dialect::Proto3 {
            self.extensions(&package);
        }
        if self.random.chance(40) {
            self.service();
        }
    }

    /// Extensions of all kinds of options, and the types of their values.
    fn custom_options(&mut self) {
        let optional = if self.dialect == Dialect::Proto2 { "optional " } else { "" };
        self.line("message Opt {");
        for field in [
            "int32 number = 1;",
            "string text = 2;",
            "Opt inner = 3;",
            "Choice choice = 5;",
            "double real = 6;",
            "bytes raw = 7;",
        ] {
            self.line(&format!("  {optional}{field}"));
        }
        self.line("  repeated sint64 many = 4;");
        self.line("  map<string, int32> table = 8;");
        self.line("  oneof either { bool left = 9; float right = 10; }");
        self.line("}");
        self.line("enum Choice { CHOICE_NONE = 0; CHOICE_SOME = 1; }");
        for holder in ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method"] {
            let lower = holder.to_lowercase();
            self.line(&format!("extend google.protobuf.{holder}Options {{"));
            self.line(&format!("  {optional}Opt {lower}_opt = 50001;"));
            self.line(&format!("  repeated string {lower}_texts = 50002;"));
            self.line(&format!("  {optional}fixed32 {lower}_fixed = 50003;"));
            self.line(&format!("  {optional}Choice {lower}_choice = 50004;"));
            self.line("}");
        }
        let assignment = self.assignment("file");
        self.line(&format!("option {assignment};"));
    }

    /// A custom option with a value.
    fn assignment(&mut self, holder: &str) -> String {
        let name = |field: &str| format!("({holder}_{field})");
        let dotted =
            format!("(.{}{holder}_opt)", if self.package.is_empty() { String::new() } else { format!("{}.", self.package) });
        match self.random.below(9) {
            0 => format!("{}.number = -0x1F", name("opt")),
            1 => format!("{} = \"é\\u00e9\\U0001F600\\000\"", name("texts")),
            2 => format!("{} = 017", name("fixed")),
            3 => format!("{} = CHOICE_SOME", name("choice")),
            4 => format!("{dotted}.inner.inner.text = 'x' \"y\""),
            5 => format!(
                "{} = {{ number: 1, text: \"a\" \"b\"; inner < real: -inf choice: CHOICE_SOME > many: [1, -2, 3] }}",
                name("opt")
            ),
            6 => format!("{}.real = 1e-7", name("opt")),
            7 => format!(
                "{} = {{ table {{ key: \"a\" value: 1 }} table: [{{ key: \"b\" }}] raw: \"\\xff\" right: 1.5 }}",
                name("opt")
            ),
            _ => format!("{}.many = 5", name("opt")),
        }
    }

    fn brackets(&mut self, holder: &str, mut parts: Vec<String>) -> String {
        if self.random.chance(8) && !parts.iter().any(|p| p.starts_with("deprecated")) {
            parts.push("deprecated = true".to_owned());
        }
        if self.custom && self.random.chance(15) {
            let assignment = self.assignment(holder);
            parts.push(assignment);
        }
        if parts.is_empty() {
            String::new()
        } else {
            format!(" [{}]", parts.join(if self.random.chance(30) { ",\n    " } else { ", " }))
        }
    }

    fn option_statements(&mut self, holder: &str) {
        if self.custom && self.random.chance(25) {
            let assignment = self.assignment(holder);
            self.line(&format!("option {assignment};"));
        }
        if matches!(holder, "message" | "enum" | "service" | "method") && self.random.chance(10) {
            self.line("option deprecated = true;");
        }
    }

    fn visibility(&mut self) -> &'static str {
        if self.dialect != Dialect::E2024 {
            return "";
        }
        let words: [&'static str; 8] = ["export ", "local ", "", "", "", "", "", ""];
        words[self.random.below(8)]
    }

    fn enumeration(&mut self, scope: &str) {
        let name = self.name("type");
        let visibility = self.visibility();
        self.line(&format!("{visibility}enum {name} {{"));
        self.depth += 1;
        self.option_statements("enum");
        let alias = self.random.chance(15);
        if alias {
            self.line("option allow_alias = true;");
        }
        let closed = self.edition() && self.random.chance(15);
        if closed {
            self.line("option features.enum_type = CLOSED;");
        }
        let first = self.name("value");
        let start = if self.dialect == Dialect::Proto2 && self.random.chance(30) { 3 } else { 0 };
        self.line(&format!("{first} = {start};"));
        if alias {
            let again = self.name("value");
            self.line(&format!("{again} = {start};"));
        }
        for n in 1..=self.random.below(4) {
            let value = self.name("value");
            let options = self.brackets("enumvalue", Vec::new());
            let numbers = [format!("{}", n + 10), format!("-{n}"), format!("0x{:x}", n + 100)];
            let number = self.random.pick(&numbers);
            self.line(&format!("{value} = {number}{options};"));
        }
        if self.random.chance(30) {
            let names = if self.edition() { "reserved OLD, OLDER;" } else { "reserved \"OLD\", 'OLDER';" };
            self.line(names);
            self.line("reserved -100 to -50, 1000, 2000 to max;");
        }
        self.depth -= 1;
        self.line("}");
        let closed = closed || self.dialect == Dialect::Proto2;
        let full = full(scope, &name);
        self.types.push(Named { name: full, value: Some(first), closed: closed || start != 0 });
    }

    fn message(&mut self, scope: &str, depth: usize) {
        let name = self.name("type");
        let full = full(scope, &name);
        let visibility = self.visibility();
        self.line(&format!("{visibility}message {name} {{"));
        self.depth += 1;
        self.option_statements("message");
        self.types.push(Named { name: full.clone(), value: None, closed: false });
        let mut number = 0;
        for _ in 0..self.random.below(8) {
            match self.random.below(14) {
                0 if depth < 3 => self.message(&full, depth + 1),
                1 => self.enumeration(&full),
                2 => self.oneof(&full, &mut number),
                3 => self.map(&mut number),
                4 if self.dialect == Dialect::Proto2 => self.group(&mut number, "optional "),
                5 => self.line(";"),
                _ => self.field(&mut number),
            }
        }
        if self.random.chance(25) {
            self.line("reserved 1000 to 1010, 5000;");
            self.line(if self.edition() { "reserved old, older;" } else { "reserved \"old\", \"older\";" });
        }
        if self.dialect != Dialect::Proto3 && self.random.chance(35) {
            self.line("extensions 100 to 199, 300;");
            if self.random.chance(50) {
                self.line("extensions 2000 to max [verification = UNVERIFIED];");
            }
            self.extendable.push((full.clone(), 100));
        }
        if self.dialect != Dialect::Proto3 && self.random.chance(20) {
            self.extensions(&full);
        }
        self.depth -= 1;
        self.line("}");
    }

    fn number(&mut self, number: &mut usize) -> usize {
        *number += 1 + self.random.below(3);
        *number
    }

    fn field(&mut self, number: &mut usize) {
        let number = self.number(number);
        let field = self.declaration(number, true, true);
        self.line(&field);
    }

    /// A field: with its label, unless it stands in a oneof.
    fn declaration(&mut self, number: usize, labelled: bool, in_message: bool) -> String {
        let name = self.name("field");
        let label = match self.dialect {
            _ if !labelled => "",
            Dialect::Proto2 if !in_message => *self.random.pick(&["optional ", "repeated "]),
            Dialect::Proto2 => *self.random.pick(&["optional ", "optional ", "repeated ", "required "]),
            Dialect::Proto3 => *self.random.pick(&["", "", "optional ", "repeated "]),
            _ => *self.random.pick(&["", "", "repeated "]),
        };
        let mut parts = Vec::new();
        let named = self.random.chance(35) && !self.types.is_empty();
        let (ty, value, scalar) = if named {
            let found = self.random.pick(&self.types).clone();
            if found.closed && self.dialect == Dialect::Proto3 {
                ("int32".to_owned(), None, Some("int32"))
            } else {
                let written = if self.random.chance(50) { format!(".{}", found.name) } else { self.relative(&found.name) };
                (written, found.value, None)
            }
        } else {
            let scalar = *self.random.pick(&SCALARS);
            (scalar.to_owned(), None, Some(scalar))
        };
        let single = label != "repeated ";
        if single
            && self.dialect != Dialect::Proto3
            && self.random.chance(25)
            && let Some(default) = self.default(scalar, value.as_deref())
        {
            parts.push(format!("default = {default}"));
        }
        if in_message && self.random.chance(8) {
            parts.push(format!("json_name = \"j_{name}\""));
        }
        let packable = scalar.is_some_and(|s| s != "string" && s != "bytes");
        if !single && packable && self.random.chance(30) {
            parts.push(if self.edition() {
                "features.repeated_field_encoding = EXPANDED".to_owned()
            } else {
                format!("packed = {}", self.random.chance(50))
            });
        }
        if single && labelled && in_message && self.edition() && self.random.chance(10) {
            parts.push(
                self.random
                    .pick(&["features.field_presence = EXPLICIT", "features.field_presence = LEGACY_REQUIRED"])
                    .to_string(),
            );
        }
        if scalar.is_some_and(|s| s.ends_with("64")) && self.random.chance(10) {
            parts.push("jstype = JS_STRING".to_owned());
        }
        let options = self.brackets("field", parts);
        format!("{label}{ty} {name} = {number}{options};")
    }

    /// A name without the package, which finds it from anywhere in the file.
    fn relative(&self, name: &str) -> String {
        let inner = name.strip_prefix(&self.package).map_or(name, |n| n.trim_start_matches('.'));
        inner.to_owned()
    }

    fn default(&mut self, scalar: Option<&str>, value: Option<&str>) -> Option<String> {
        let Some(scalar) = scalar else { return value.map(str::to_owned) };
        let list: &[&str] = match scalar {
            "double" | "float" => {
                &["1.5", "-inf", "nan", "1e10", "0x10", "-0.0", "3.4028235e38", "0.1", "123456789", ".5", "1e-300"]
            }
            "bool" => &["true", "false"],
            "string" => &["\"a\\tb\"", "'x' \"y\"", "\"é\"", "\"\\\"\\\\\""],
            "bytes" => &["\"\\001\\xff\"", "\"a'b\"", "''"],
            s if s.starts_with('u') || s.starts_with("fixed") => &["0", "4294967295", "010", "0xff"],
            _ => &["-1", "-2147483648", "2147483647", "0", "-0"],
        };
        Some((*self.random.pick(list)).to_owned())
    }

    fn map(&mut self, number: &mut usize) {
        let number = self.number(number);
        let name = self.name("field");
        let key = *self.random.pick(&["string", "int32", "bool", "sfixed64", "uint64"]);
        let candidates: Vec<Named> = self.types.iter().filter(|t| !t.closed).cloned().collect();
        let value = if self.random.chance(50) && !candidates.is_empty() {
            format!(".{}", self.random.pick(&candidates).name)
        } else {
            (*self.random.pick(&SCALARS)).to_owned()
        };
        let options = self.brackets("field", Vec::new());
        self.line(&format!("map<{key}, {value}> {name} = {number}{options};"));
    }

    fn group(&mut self, number: &mut usize, label: &str) {
        let tag = self.number(number);
        let name = self.name("type");
        let options = self.brackets("field", Vec::new());
        self.line(&format!("{label}group {name} = {tag}{options} {{"));
        self.depth += 1;
        let mut inner = 0;
        for _ in 0..self.random.below(3) {
            self.field(&mut inner);
        }
        self.depth -= 1;
        self.line("}");
    }

    fn oneof(&mut self, _scope: &str, number: &mut usize) {
        let name = self.name("field");
        self.line(&format!("oneof {name} {{"));
        self.depth += 1;
        self.option_statements("oneof");
        for _ in 0..=self.random.below(3) {
            if self.dialect == Dialect::Proto2 && self.random.chance(15) {
                self.group(number, "");
            } else {
                let tag = self.number(number);
                let field = self.declaration(tag, false, true);
                self.line(&field);
            }
        }
        self.depth -= 1;
        self.line("}");
    }

    fn extensions(&mut self, _scope: &str) {
        let Some((target, next)) = self.extendable.pop() else { return };
        self.line(&format!("extend .{target} {{"));
        self.depth += 1;
        let mut number = next;
        for _ in 0..=self.random.below(3) {
            let field = self.declaration(number, true, false);
            self.line(&field);
            number += 1;
        }
        self.depth -= 1;
        self.line("}");
        self.extendable.push((target, number));
    }

    fn service(&mut self) {
        let messages: Vec<String> = self.types.iter().filter(|t| t.value.is_none()).map(|t| t.name.clone()).collect();
        if messages.is_empty() {
            return;
        }
        let name = self.name("type");
        self.line(&format!("service {name} {{"));
        self.depth += 1;
        self.option_statements("service");
        for _ in 0..self.random.below(4) {
            let method = self.name("type");
            let mut text = format!("rpc {method}(");
            for direction in 0..2 {
                let stream = if self.random.chance(30) { "stream " } else { "" };
                let message = self.random.pick(&messages).clone();
                write!(text, "{stream}.{message}{}", if direction == 0 { ") returns (" } else { ")" }).unwrap_or_default();
            }
            match self.random.below(3) {
                0 => self.line(&format!("{text};")),
                1 => self.line(&format!("{text} {{}}")),
                _ => {
                    self.line(&format!("{text} {{"));
                    self.depth += 1;
                    self.option_statements("method");
                    self.line("option idempotency_level = IDEMPOTENT;");
                    self.depth -= 1;
                    self.line("}");
                }
            }
        }
        self.depth -= 1;
        self.line("}");
    }
}
