//! What a rule of buf is: its data, its categories, and one function for the kind of node that it wants to see.

use std::fmt;
use std::str::FromStr;

use crate::report::Report;
use crate::rule::RuleInfo;

use super::field::FieldNode;
use super::module::{EnumNode, FileNode, MessageNode, MethodNode, Module, ServiceNode};

/// The categories of buf, each a set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Generated code breaks, file by file.
    File,
    /// Generated code breaks, package by package.
    Package,
    /// The wire or the JSON form breaks.
    WireJson,
    /// The wire breaks.
    Wire,
    /// For a Confluent schema registry.
    Csr,
}

impl Category {
    /// All of them, in the order of buf's documentation.
    pub const ALL: [Self; 5] = [Self::File, Self::Package, Self::WireJson, Self::Wire, Self::Csr];

    /// buf's name: `WIRE_JSON`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "FILE",
            Self::Package => "PACKAGE",
            Self::WireJson => "WIRE_JSON",
            Self::Wire => "WIRE",
            Self::Csr => "CSR",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Category {
    type Err = String;

    /// Any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|c| c.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("buf has no category '{text}'; it is one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// A rule of one file of `rules/`.
#[derive(Debug)]
pub(super) struct BufRule {
    /// Id, summary, what breaks, page.
    pub(super) info: RuleInfo,
    /// The categories that hold it.
    pub(super) categories: &'static [Category],
    /// The function.
    pub(super) check: Check,
}

/// A version and the previous one.
#[derive(Debug)]
pub(super) struct Versions<'a, T> {
    /// The version that is checked.
    pub(super) new: &'a T,
    /// The previous version.
    pub(super) old: &'a T,
}

impl<T> Clone for Versions<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Versions<'_, T> {}

/// What a rule wants to see.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// The two modules, once.
    Module(for<'a, 'm> fn(&BufRule, Versions<'a, Module<'m>>, &mut Report)),
    /// Each pair of files with one path.
    File(for<'a, 'm> fn(&BufRule, Versions<'a, FileNode<'m>>, &mut Report)),
    /// Each pair of enums with one full name.
    Enum(for<'a, 'm> fn(&BufRule, Versions<'a, EnumNode<'m>>, &mut Report)),
    /// Each pair of messages with one full name, those of map entries among them.
    Message(for<'a, 'm> fn(&BufRule, Versions<'a, MessageNode<'m>>, &mut Report)),
    /// Each pair of fields with one number in such messages, and of extensions with one number of one message.
    Field(for<'a, 'm> fn(&BufRule, Modules<'a, 'm>, Versions<'a, FieldNode<'m>>, &mut Report)),
    /// Each pair of services with one full name.
    Service(for<'a, 'm> fn(&BufRule, Versions<'a, ServiceNode<'m>>, &mut Report)),
    /// Each pair of methods with one name in such services.
    Method(for<'a, 'm> fn(&BufRule, Versions<'a, MethodNode<'m>>, &mut Report)),
}

/// The two modules around a pair of nodes.
pub(super) type Modules<'a, 'm> = Versions<'a, Module<'m>>;
