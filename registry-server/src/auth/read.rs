//! Small files that the operator names.

use std::path::Path;

/// A larger file is none of ours.
const MAX_BYTES: u64 = 1 << 20;

/// A text file of at most 1 MiB. The error names the file.
pub(crate) fn read_small(path: &Path) -> Result<String, String> {
    let failed = |cause: std::io::Error| format!("cannot read {}: {cause}", path.display());
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        return Err(format!("{} has {size} bytes; the limit is {MAX_BYTES}", path.display()));
    }
    std::fs::read_to_string(path).map_err(failed)
}
