//! One process per store: a lock on a file beside it, held by the operating system, gone with the process however it ends.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// The locked file. Dropping it frees the store.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks `<path>.lock` and writes the number of this process into it.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let beside = beside(path);
        let failed = |cause: std::io::Error| StoreError::Failed { place: beside.display().to_string(), cause: cause.to_string() };
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&beside).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut file)),
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    name.into()
}

fn in_use(path: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    // The number is a help for people; without it the refusal stands all the same.
    let _ = file.take(20).read_to_string(&mut holder);
    let holder = if holder.trim().is_empty() { "another process".to_owned() } else { format!("process {}", holder.trim()) };
    StoreError::Refused(format!("{} is in use by {holder}; stop it first, or name another file", path.display()))
}
