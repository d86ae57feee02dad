//! What the program says on its streams. Who hears it may have gone away, as `head` does, or a service manager: that is no error, and
//! nothing that a server should die of, which `println!` would make of it.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// `println!` for somebody who may have gone away.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say::line(&mut std::io::stdout().lock(), format_args!($($words)*))
    };
}

/// `eprintln!` for somebody who may have gone away.
macro_rules! complain {
    ($($words:tt)*) => {
        $crate::say::line(&mut std::io::stderr().lock(), format_args!($($words)*))
    };
}

/// Something could not be said, and not because nobody listens.
static LOST: AtomicBool = AtomicBool::new(false);

/// A line, as far as it is heard.
pub(crate) fn line(out: &mut impl Write, words: Arguments<'_>) {
    let said = out.write_fmt(words).and_then(|()| out.write_all(b"\n"));
    if said.is_err_and(|why| why.kind() != ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Was something lost, because a disk is full for example? A command has not done its work then.
pub(crate) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}
