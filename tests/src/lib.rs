//! What the suites share: the fixture folders, expectations that `BLESS=1` rewrites, and the recorded cases beside the project.

#![allow(clippy::print_stdout)] // tests talk to the person who runs them

#[cfg(feature = "services")]
pub mod kafka;
#[cfg(feature = "services")]
pub mod orders;

pub mod fuzz;
pub mod postgres;
pub mod served;

use std::path::{Path, PathBuf};

use eventpact_contract::describe::{describe, example};
use eventpact_contract::model::Contract;

/// A path below the folder `tests/` of the project.
pub fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The root of the project.
pub fn root() -> PathBuf {
    folder("..").canonicalize().unwrap_or_else(|_| folder(".."))
}

/// The folders below `tests/<area>` that hold one case each (those with files in them), sorted by name.
///
/// # Panics
/// When there is none: a suite that runs nothing must not pass.
pub fn cases(area: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder(area)];
    while let Some(dir) = open.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        if entries.iter().any(|path| path.is_file()) {
            found.push(dir);
        } else {
            open.extend(entries.into_iter().filter(|path| path.is_dir()));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no case below tests/{area}");
    found
}

/// Compares a text with the file that says what is expected, or writes that file when `BLESS` is set.
///
/// # Panics
/// When they differ, with a diff.
pub fn expect_text(expected: &Path, actual: &str) {
    if std::env::var_os("BLESS").is_some() {
        if let Some(dir) = expected.parent() {
            std::fs::create_dir_all(dir).expect("the folder of an expectation can be made");
        }
        std::fs::write(expected, actual).expect("an expectation can be written");
        return;
    }
    let wanted = std::fs::read_to_string(expected).unwrap_or_default();
    if wanted != actual {
        let diff = similar::TextDiff::from_lines(&wanted, actual);
        let diff = diff.unified_diff().context_radius(3).header("expected", "actual").to_string();
        panic!("{} differs (`cargo xtask bless` rewrites it; read the diff)\n{diff}", expected.display());
    }
}

/// A file of recorded cases in `../shared/data` (`EVENTPACT_SHARED` names another folder than `../shared`). `None` when it is
/// not there, and then a line says so: those cases may not be copied into the project.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("EVENTPACT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = shared.join("data").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("SKIPPED: {} is not there (EVENTPACT_SHARED may name its folder)", path.display());
    None
}

/// Files below a folder, for the parsers.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl eventpact_contract::source::Reader for Folder {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// How many rounds a test of faults goes: few in each run; with `EVENTPACT_LONG=1` as many as there should be once, and a larger
/// number is the count itself.
pub fn rounds(few: usize, all: usize) -> usize {
    match std::env::var("EVENTPACT_LONG").map(|count| count.parse()) {
        Err(_) => few,
        Ok(Ok(count)) if count > 1 => count,
        Ok(_) => all,
    }
}

/// A program of the workspace, built beside this test.
///
/// # Panics
/// When it has not been built; `cargo xtask test` builds the programs first.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a test knows its own path");
    let folder = here.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built; `cargo xtask test` builds it", path.display());
    path
}

/// The `{:#?}` of a value without the places in it, so that two trees from different texts can be compared.
pub fn without_places(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:#?}");
    let mut out = String::with_capacity(text.len() / 2);
    let mut inside: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match inside {
            Some(outer) if indent > outer => {}
            Some(_) => inside = None,
            None if line.trim_end().ends_with("Span {") || line.trim_end().ends_with("FileId(") => inside = Some(indent),
            // An index into the files, in no order.
            None if line.trim() == "index: {" => inside = Some(indent),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// What a contract says, as text: without places, and with its schemas as people read them, so that the names which copies of
/// schemas get are no part of it.
pub fn contract_text(contract: &Contract) -> String {
    let mut contract = contract.clone();
    contract.files.clear();
    let mut schemas = Vec::new();
    for message in contract.channels.iter_mut().flat_map(|channel| &mut channel.messages) {
        for payload in [&mut message.payload, &mut message.headers].into_iter().flatten() {
            let Some(schema) = payload.schema.take() else { continue };
            let rows = describe(&schema).rows;
            schemas.push(format!("{:?} {rows:#?} {:?}", schema.format(), example(&schema)));
        }
    }
    format!("{}\n{}", without_places(&contract), schemas.join("\n"))
}
