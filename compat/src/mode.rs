//! A mode makes pairs of versions, and nothing else.

use std::fmt;
use std::str::FromStr;

/// The compatibility levels of a schema registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// No pair at all.
    None,
    /// The new version reads what the latest one wrote.
    #[default]
    Backward,
    /// The new version reads what every earlier one wrote.
    BackwardTransitive,
    /// The latest version reads what the new one writes.
    Forward,
    /// Every earlier version reads what the new one writes.
    ForwardTransitive,
    /// Both ways with the latest version.
    Full,
    /// Both ways with every earlier version.
    FullTransitive,
}

impl Mode {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
    ];

    /// The name in a registry: `BACKWARD_TRANSITIVE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Backward => "BACKWARD",
            Self::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Self::Forward => "FORWARD",
            Self::ForwardTransitive => "FORWARD_TRANSITIVE",
            Self::Full => "FULL",
            Self::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// Against every earlier version, not just the latest.
    pub fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// The directions in the order in which a registry reports them: forward before backward.
    pub fn directions(self) -> &'static [Direction] {
        match self {
            Self::None => &[],
            Self::Backward | Self::BackwardTransitive => &[Direction::Backward],
            Self::Forward | Self::ForwardTransitive => &[Direction::Forward],
            Self::Full | Self::FullTransitive => &[Direction::Forward, Direction::Backward],
        }
    }

    /// The pairs to check for a history of `versions` earlier versions, newest first: index into the history (oldest = 0) and
    /// who reads.
    pub fn pairs(self, versions: usize) -> Vec<(usize, Direction)> {
        let oldest = if self.is_transitive() { 0 } else { versions.saturating_sub(1) };
        (oldest..versions).rev().flat_map(|v| self.directions().iter().map(move |d| (v, *d))).collect()
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = String;

    /// Any case, `-` or `_` between words.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.to_ascii_uppercase().replace('-', "_");
        let found = Self::ALL.into_iter().find(|m| m.as_str() == wanted);
        found.ok_or_else(|| {
            let names: Vec<String> = Self::ALL.iter().map(|m| m.as_str().to_ascii_lowercase().replace('_', "-")).collect();
            format!("unknown mode '{text}'; it is one of {}", names.join(", "))
        })
    }
}

/// Who reads whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The new version reads what an earlier one wrote.
    Backward,
    /// An earlier version reads what the new one writes.
    Forward,
}

impl Direction {
    /// The name in a registry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backward => "BACKWARD",
            Self::Forward => "FORWARD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_newest_first_and_forward_before_backward() {
        assert_eq!(Mode::Backward.pairs(3), [(2, Direction::Backward)]);
        assert_eq!(Mode::None.pairs(3), []);
        assert_eq!(Mode::Full.pairs(0), []);
        let full = Mode::FullTransitive.pairs(2);
        assert_eq!(full, [(1, Direction::Forward), (1, Direction::Backward), (0, Direction::Forward), (0, Direction::Backward)]);
    }

    #[test]
    fn names_are_read_in_any_spelling() {
        for mode in Mode::ALL {
            assert_eq!(mode.as_str().parse(), Ok(mode));
            assert_eq!(mode.as_str().to_lowercase().replace('_', "-").parse(), Ok(mode));
        }
        assert!("sideways".parse::<Mode>().is_err());
    }
}
