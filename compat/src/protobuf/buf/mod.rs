//! The breaking rules of `buf`, under buf's names, in its five categories: the profiles `buf:FILE` to `buf:CSR`.
//!
//! buf compares whole modules, the files that are imported among them: everything is paired by its name, not by what a payload
//! reaches. Its rules look from the new version (here the reader) at the previous one (here the writer); another mode only
//! swaps the two. Rules that prove a break with bytes are those of the profile `sound`.

pub(in crate::protobuf) mod default;
mod field;
mod finding;
mod module;
mod ranges;
mod rule;
mod rules;
mod walk;

use eventpact_contract::formats::protobuf::Schema;

pub use rule::Category;

use crate::pair::Pair;
use crate::report::Report;
use crate::rule::RuleInfo;

/// The data of every rule.
pub(super) fn rules() -> impl Iterator<Item = RuleInfo> {
    rules::all().map(|rule| rule.info)
}

/// The categories of a rule of buf; empty for an id that is none.
pub fn categories(id: &str) -> &'static [Category] {
    rules::all().find(|rule| rule.info.id == id).map_or(&[], |rule| rule.categories)
}

/// Compares a module with its previous version by the rules of one category.
pub(super) fn compare(pair: Pair<'_, Schema>, category: Category) -> Report {
    walk::walk(pair, category)
}
