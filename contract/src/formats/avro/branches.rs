//! The branches of a union.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::tree::TypeId;

/// The branches of a union, in order. One or two, which are all that most unions have, need no room elsewhere.
#[derive(Clone, Default)]
pub struct Branches(Held);

#[derive(Clone, Default)]
enum Held {
    #[default]
    None,
    One([TypeId; 1]),
    Two([TypeId; 2]),
    Many(Box<[TypeId]>),
}

impl Branches {
    /// No branch.
    pub(super) const NONE: Self = Self(Held::None);
}

impl From<&[TypeId]> for Branches {
    fn from(branches: &[TypeId]) -> Self {
        Self(match branches {
            [] => Held::None,
            [one] => Held::One([*one]),
            [one, two] => Held::Two([*one, *two]),
            many => Held::Many(many.into()),
        })
    }
}

impl Deref for Branches {
    type Target = [TypeId];

    fn deref(&self) -> &[TypeId] {
        match &self.0 {
            Held::None => &[],
            Held::One(one) => one,
            Held::Two(two) => two,
            Held::Many(many) => many,
        }
    }
}

impl DerefMut for Branches {
    fn deref_mut(&mut self) -> &mut [TypeId] {
        match &mut self.0 {
            Held::None => &mut [],
            Held::One(one) => one,
            Held::Two(two) => two,
            Held::Many(many) => many,
        }
    }
}

impl<'b> IntoIterator for &'b Branches {
    type Item = &'b TypeId;
    type IntoIter = std::slice::Iter<'b, TypeId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Branches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Branches, TypeId};

    #[test]
    fn any_number_of_branches_is_held() {
        for count in 0..5 {
            let all: Vec<TypeId> = (0..count).map(TypeId).collect();
            let mut branches = Branches::from(all.as_slice());
            assert_eq!(*branches, *all);
            branches.iter_mut().for_each(|branch| branch.0 += 1);
            assert!(branches.iter().map(|branch| branch.0).eq(1..=count));
        }
    }
}
