//! What the changes mean for a version number (semver.org), and whether the document's own says so.

use std::fmt;

use super::Change;

/// How a version should change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing changed.
    None,
    /// Only what people read changed.
    Patch,
    /// Something was added or changed that breaks nobody.
    Minor,
    /// Somebody breaks.
    Major,
}

impl Bump {
    /// `none`, `patch`, `minor`, `major`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(super) fn bump(changes: &[Change]) -> Bump {
    let of = |change: &Change| match change {
        change if change.breaks() => Bump::Major,
        change if change.metadata => Bump::Patch,
        _ => Bump::Minor,
    };
    changes.iter().map(of).max().unwrap_or(Bump::None)
}

/// What a document says of its version, and what the changes ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The version before.
    pub old: String,
    /// The version now.
    pub new: String,
    /// The lowest version that the changes ask for; `None` when the old one is no semantic version.
    pub wanted: Option<String>,
    /// The document says too little: its version is lower than that.
    pub too_low: bool,
    /// The document says more than that.
    pub too_high: bool,
}

/// Holds the versions of a document against a hint. Before 1.0.0 the minor number counts what breaks, and the patch number all
/// else.
pub fn claim(old: &str, new: &str, hint: Bump) -> Claim {
    let wanted = parse(old).map(|(major, minor, patch)| match (hint, major) {
        (Bump::None, _) => (major, minor, patch),
        (Bump::Major, 1..) => (major + 1, 0, 0),
        (Bump::Major, 0) | (Bump::Minor, 1..) => (major, minor + 1, 0),
        (Bump::Minor, 0) | (Bump::Patch, _) => (major, minor, patch + 1),
    });
    let too_low = match (wanted, parse(new)) {
        (Some(wanted), Some(new)) => new < wanted,
        // What is no semantic version should at least not stay what it was.
        _ => hint > Bump::None && old == new,
    };
    let too_high = wanted.zip(parse(new)).is_some_and(|(wanted, new)| new > wanted);
    let shown = wanted.map(|(major, minor, patch)| format!("{major}.{minor}.{patch}"));
    Claim { old: old.to_owned(), new: new.to_owned(), wanted: shown, too_low, too_high }
}

/// Major, minor, patch; `1.2` is `1.2.0`. What stands behind `-` or `+` does not count.
fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let core = text.trim().trim_start_matches('v').split(['-', '+']).next()?;
    let numbers: Option<Vec<u32>> = core.split('.').map(|part| part.parse().ok().filter(|n| *n < u32::MAX)).collect();
    match *numbers?.as_slice() {
        [major, minor, patch] => Some((major, minor, patch)),
        [major, minor] => Some((major, minor, 0)),
        [major] => Some((major, 0, 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_held_against_the_hint() {
        let said = |old, new, hint| {
            let claim = claim(old, new, hint);
            (claim.wanted.unwrap_or_default(), claim.too_low)
        };
        assert_eq!(said("1.2.3", "1.3.0", Bump::Major), ("2.0.0".to_owned(), true));
        assert_eq!(said("1.2.3", "2.0.0", Bump::Major), ("2.0.0".to_owned(), false));
        assert_eq!(said("1.2.3", "1.2.4", Bump::Minor), ("1.3.0".to_owned(), true));
        assert_eq!(said("1.2.3", "1.2.3", Bump::Patch), ("1.2.4".to_owned(), true));
        assert_eq!(said("1.2.3", "1.2.3", Bump::None), ("1.2.3".to_owned(), false));
        assert_eq!(said("0.4.1", "0.5.0", Bump::Major), ("0.5.0".to_owned(), false));
        assert_eq!(said("0.4.1", "0.4.1", Bump::Minor), ("0.4.2".to_owned(), true));
        assert_eq!(said("v1.2", "1.3", Bump::Minor), ("1.3.0".to_owned(), false));
        assert!(claim("1.2.3", "2.0.0", Bump::Minor).too_high && !claim("1.2.3", "1.3.0", Bump::Minor).too_high);
        assert_eq!(said("draft", "draft", Bump::Minor), (String::new(), true));
        assert_eq!(said("draft", "final", Bump::Minor), (String::new(), false));
    }
}
