//! Which branches of a reader's union may be meant for a type of the writer, found without a look at the others.

use std::collections::HashMap;

use eventpact_contract::formats::avro::{Kind, Name, Schema, Type, TypeId};

/// Unions of more branches than this get an index.
const LARGE: usize = 32;

/// The branches of a large union by their names, so that two large unions take linear time. Small ones are tried in their order,
/// as Avro Java does it.
pub(super) struct Index<'s> {
    /// By what a union knows them by.
    full: HashMap<String, usize>,
    /// By the simple name of a named type.
    simple: HashMap<&'s str, Vec<usize>>,
    /// By the aliases of a named type.
    aliases: HashMap<&'s Name, Vec<usize>>,
    /// The types without names.
    unnamed: Vec<usize>,
    /// The records with a field that has aliases.
    aliased: Vec<usize>,
    places: HashMap<TypeId, usize>,
}

impl<'s> Index<'s> {
    /// The branches of a small union are tried one by one.
    pub(super) fn is_needless(branches: &[TypeId]) -> bool {
        branches.len() <= LARGE
    }

    /// `None` for a small union.
    pub(super) fn new(schema: &'s Schema, branches: &[TypeId]) -> Option<Self> {
        if Self::is_needless(branches) {
            return None;
        }
        let mut index = Self {
            full: HashMap::new(),
            simple: HashMap::new(),
            aliases: HashMap::new(),
            unnamed: Vec::new(),
            aliased: Vec::new(),
            places: HashMap::new(),
        };
        for (place, id) in branches.iter().enumerate() {
            let ty = schema.get(*id);
            index.full.insert(ty.branch_name(), place);
            index.places.insert(*id, place);
            if let Kind::Record(record) = &ty.kind
                && record.fields.iter().any(|field| !field.aliases.is_empty())
            {
                index.aliased.push(place);
            }
            let Some(named) = ty.kind.named() else {
                index.unnamed.push(place);
                continue;
            };
            index.simple.entry(&named.name.name).or_default().push(place);
            for alias in &named.aliases {
                index.aliases.entry(alias).or_default().push(place);
            }
        }
        Some(index)
    }

    /// Some record has a field with aliases.
    pub(super) fn has_aliased(&self) -> bool {
        !self.aliased.is_empty()
    }

    /// The branch that a union knows by the same name.
    pub(super) fn same(&self, writer: &Type) -> Option<usize> {
        self.full.get(&writer.branch_name()).copied()
    }

    /// The branches that may be meant for a type of the writer, in their order.
    pub(super) fn candidates(&self, writer: &Type) -> Vec<usize> {
        // The branches of a union are compared one by one, each with all that may be meant for it.
        debug_assert!(!matches!(writer.kind, Kind::Union(_)));
        let Some(named) = writer.kind.named() else { return self.unnamed.clone() };
        let simple = self.simple.get(named.name.name.as_str());
        in_order(simple.into_iter().chain(self.aliases.get(&named.name)).flatten().copied().collect())
    }

    /// The same, with those at which Avro Java stops although they have another name: `under_way` are types of the reader that are
    /// being compared with this type.
    pub(super) fn candidates_of_java(&self, writer: &Type, under_way: impl Iterator<Item = TypeId>) -> Vec<usize> {
        let mut found = self.candidates(writer);
        if matches!(writer.kind, Kind::Record(_)) {
            found.extend(under_way.filter_map(|id| self.places.get(&id).copied()));
            found.extend(&self.aliased);
        }
        in_order(found)
    }
}

fn in_order(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places
}
