//! Names of a schema to names of Rust: case, keywords, the prelude, collisions, names with nothing usable in them.
//!
//! Every identifier of the output comes out of a [`Scope`]: two wishes never get one name, and whatever text a schema holds,
//! an identifier comes out of it. Nothing else in this crate turns text into code.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `UpperCamel`: types, variants, traits.
    Upper,
    /// `snake_case`: fields, functions, modules, files.
    Snake,
    /// `SCREAMING_SNAKE`: constants.
    Constant,
}

/// Words that Rust keeps for itself and that may be written raw (`r#type`), in all editions.
const RAW_KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override",
    "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that cannot even be written raw.
const HARD_KEYWORDS: &[&str] = &["self", "Self", "super", "crate", "_"];

/// Names of types and traits that code expects to mean what they always mean.
const PRELUDE: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "Error",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// File names that Windows keeps for devices, and module names that have a meaning of their own.
const RESERVED_MODULES: &[&str] =
    &["aux", "con", "nul", "prn", "com1", "com2", "com3", "lpt1", "lpt2", "lpt3", "lib", "main", "mod", "std", "core", "alloc"];

/// The longest identifier that is made out of a text, in characters.
const MAX_LENGTH: usize = 120;

/// One set of names that must differ: the fields of a struct, the types of a module, the files of a folder.
#[derive(Debug, Clone)]
pub struct Scope {
    case: Case,
    /// The names that are given away, folded to lower case where the file system may fold them.
    taken: BTreeSet<String>,
    fold: bool,
}

impl Scope {
    /// Types, traits and constants' home: names of the prelude are never given away.
    pub fn types() -> Self {
        let taken = PRELUDE.iter().map(|s| (*s).to_owned()).collect();
        Self { case: Case::Upper, taken, fold: false }
    }

    /// Variants of one enum: they are always written behind their type, so names of the prelude are free.
    pub fn variants() -> Self {
        Self { case: Case::Upper, taken: BTreeSet::new(), fold: false }
    }

    /// Fields, arguments, functions.
    pub fn values() -> Self {
        Self { case: Case::Snake, taken: BTreeSet::new(), fold: false }
    }

    /// Constants of one module.
    pub fn constants() -> Self {
        Self { case: Case::Constant, taken: BTreeSet::new(), fold: false }
    }

    /// Modules that are files of one folder: they must differ even where the file system folds case.
    pub fn modules() -> Self {
        let taken = RESERVED_MODULES.iter().map(|s| (*s).to_owned()).collect();
        Self { case: Case::Snake, taken, fold: true }
    }

    /// Keeps a name from being given away.
    pub fn reserve(&mut self, name: &str) {
        let folded = self.folded(name);
        self.taken.insert(folded);
    }

    /// The name for `wanted`, or the closest one that is free; `fallback` when nothing of `wanted` can be used.
    pub fn claim(&mut self, wanted: &str, fallback: &str) -> String {
        let mut base = self.shape(wanted);
        if base.is_empty() {
            base = self.shape(fallback);
        }
        let mut name = base.clone();
        let mut number = 1_usize;
        while HARD_KEYWORDS.contains(&name.as_str()) || self.taken.contains(&self.folded(&name)) {
            number += 1;
            name = match (self.case, number) {
                (Case::Upper, 2) if PRELUDE.contains(&base.as_str()) || HARD_KEYWORDS.contains(&base.as_str()) => {
                    format!("{base}_")
                }
                (Case::Snake, 2) if HARD_KEYWORDS.contains(&base.as_str()) => format!("{base}_"),
                (Case::Upper, _) if base.ends_with(|c: char| c.is_ascii_digit()) => format!("{base}X{number}"),
                (Case::Upper, _) => format!("{base}{number}"),
                (Case::Snake | Case::Constant, _) => format!("{}_{number}", base.trim_end_matches('_')),
            };
        }
        self.reserve(&name);
        name
    }

    /// Like [`Scope::claim`], as a token.
    pub fn ident(&mut self, wanted: &str, fallback: &str) -> Ident {
        ident(&self.claim(wanted, fallback))
    }

    fn shape(&self, text: &str) -> String {
        let name = cased(text, self.case);
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
    }

    fn folded(&self, name: &str) -> String {
        if self.fold { name.to_ascii_lowercase() } else { name.to_owned() }
    }
}

/// A name that came out of a [`Scope`] (or is a literal of this crate) as a token; keywords become raw.
pub fn ident(name: &str) -> Ident {
    if RAW_KEYWORDS.contains(&name) { Ident::new_raw(name, Span::call_site()) } else { Ident::new(name, Span::call_site()) }
}

/// The words of a text: borders are everything but letters and digits, and humps (`orderID2go` → `order`, `ID2go`). Letters
/// beyond ASCII become their code point, so that every text with a letter has a name.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = text.chars().take(MAX_LENGTH).collect();
    for (n, c) in chars.iter().enumerate() {
        let next_is_lower = chars.get(n + 1).is_some_and(char::is_ascii_lowercase);
        let last = words.last().and_then(|w| w.chars().last());
        let hump = c.is_ascii_uppercase() && last.is_some_and(|l| l.is_ascii_lowercase() || l.is_ascii_digit() || next_is_lower);
        if hump || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric() {
            if let Some(word) = words.last_mut() {
                word.push(*c);
            }
        } else if c.is_alphanumeric() {
            words.extend([format!("u{:x}", u32::from(*c)), String::new()]);
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// A text in a case, without regard to keywords; empty when it holds no letter and no digit.
///
/// ```
/// use eventpact_codegen::names::{Case, cased};
/// assert_eq!(cased("order-placed", Case::Upper), "OrderPlaced");
/// assert_eq!(cased("HTTPStatus", Case::Snake), "http_status");
/// assert_eq!(cased("retry.max", Case::Constant), "RETRY_MAX");
/// ```
pub fn cased(text: &str, case: Case) -> String {
    let words = words(text);
    match case {
        Case::Upper => words.iter().map(|w| capital(w)).collect(),
        Case::Snake => words.join("_").to_ascii_lowercase(),
        Case::Constant => words.join("_").to_ascii_uppercase(),
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(mut scope: Scope, wanted: &[&str]) -> Vec<String> {
        wanted.iter().map(|w| scope.ident(w, "value").to_string()).collect()
    }

    #[test]
    fn every_name_is_an_identifier_and_none_is_given_twice() {
        let wanted = [
            "type",
            "self",
            "Self",
            "super",
            "crate",
            "_",
            "",
            "async",
            "gen",
            "userName",
            "user_name",
            "user-name",
            "1st",
            "名前",
            "a b",
            "}; fn main() {",
            "$id",
            "r#type",
            "Option",
            "x\u{0}y",
            "self",
            "__x",
            "A_B",
            "AB",
            "aB",
            "a_b",
        ];
        for scope in [Scope::types(), Scope::variants(), Scope::values(), Scope::constants(), Scope::modules()] {
            let got = claims(scope, &wanted);
            let different: BTreeSet<&String> = got.iter().collect();
            assert_eq!(different.len(), wanted.len(), "{got:?}");
            for name in &got {
                assert!(syn::parse_str::<Ident>(name).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn names_stay_readable() {
        assert_eq!(
            claims(Scope::values(), &["type", "self", "userName", "user_name"]),
            ["r#type", "self_", "user_name", "user_name_2"]
        );
        assert_eq!(
            claims(Scope::types(), &["Option", "order_v1", "orderV1", "Self"]),
            ["Option_", "OrderV1", "OrderV1X2", "Self_"]
        );
        assert_eq!(claims(Scope::variants(), &["None", "EUR", "IN_TRANSIT"]), ["None", "Eur", "InTransit"]);
        assert_eq!(claims(Scope::modules(), &["con", "Orders", "orders"]), ["con_2", "orders", "orders_2"]);
    }
}
