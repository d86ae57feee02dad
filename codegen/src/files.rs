//! The files that a generator returns. Nothing here writes to a disk: the command line does.

/// One file of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Relative to the output folder, with `/` between folders; never absolute, never with `..`.
    pub path: String,
    /// The whole text, ending in a line break.
    pub text: String,
}

impl GeneratedFile {
    /// A file with its text; a missing line break at the end is added.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Self { path: path.into(), text }
    }
}

/// `true` when a path stays below the folder that it is joined to on every system: no root, no drive, no `..`, no empty part.
///
/// ```
/// use eventpact_codegen::files::is_safe_path;
/// assert!(is_safe_path("src/channels/orders.rs"));
/// assert!(!is_safe_path("../Cargo.toml"));
/// ```
pub fn is_safe_path(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| {
            !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0', '\n', '\r']) && !part.ends_with([' ', '.'])
        })
}
