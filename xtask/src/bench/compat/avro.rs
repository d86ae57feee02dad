//! One Avro pair of 100 fields, in process.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{folder, samples};
use crate::java_avro;
use crate::run::step;
use crate::services::java;

/// A pair that is compatible, as most are, and one that is not.
pub(super) fn run(library: &Path) -> Result<()> {
    let class_path = java_avro::ensure()?;
    let folder = folder("avro")?;
    for (name, breaks) in [("compatible", false), ("incompatible", true)] {
        let (new, old) = (folder.join(format!("{name}-new.avsc")), folder.join(format!("{name}-old.avsc")));
        let (new_text, old_text) = samples::avro_pair(100, breaks);
        std::fs::write(&new, new_text).with_context(|| format!("cannot write {}", new.display()))?;
        std::fs::write(&old, old_text).with_context(|| format!("cannot write {}", old.display()))?;
        let mut command = Command::new(library);
        command.arg("avro").args([&new, &old]).arg(java()).arg(&class_path);
        step(&format!("Avro, 100 fields, {name}, in process (aim: Avro Java 6x)"), &mut command)?;
    }
    Ok(())
}
