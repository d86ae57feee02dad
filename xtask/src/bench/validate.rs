//! `eventpact validate` against the official AsyncAPI parser, whole processes.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::process::{Usage, measure, median, print};
use crate::node::ensure_node_client;
use crate::run::root;

const ROUNDS: usize = 11;

/// One small document, and the shop with its schemas.
pub(crate) fn run(binary: &Path) -> Result<()> {
    let official = ensure_node_client("asyncapi_parser")?.join("validate.mjs");
    println!("validate, whole process, median of {ROUNDS} (aim: 50x less CPU, < 30 MiB)");
    for document in ["bench/documents/small-3.0.yaml", "bench/documents/small-2.6.yaml"] {
        let path = root().join(document);
        let (mut a, mut b): (Vec<Usage>, Vec<Usage>) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            a.push(measure(Command::new(binary).arg("validate").arg(&path))?);
            b.push(measure(Command::new("node").arg(&official).arg(&path))?);
        }
        let (a, b) = (median(a), median(b));
        ensure!((a.code, b.code) == (0, 0), "{document}: exit codes {} and {}; both must accept it", a.code, b.code);
        println!(" {document}");
        print("eventpact validate", a, a);
        print("official parser (node)", b, a);
    }
    Ok(())
}
