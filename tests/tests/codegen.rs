//! Generated crates: each folder below `tests/codegen` has a contract and the crate that must come out of it, file by file.
//!
//! The crates are members of the workspace, so the suite also compiles them, with warnings denied (see `generated_build.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use eventpact_codegen::{CodegenError, GeneratedFile, Options, RuntimeDependency, rust_crate};
use eventpact_contract::load::load_contract;
use eventpact_contract::source::Sources;
use eventpact_tests::{Folder, expect_text, folder, root};

/// The folders below `tests/codegen`.
fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder("codegen")).expect("tests/codegen is there").flatten();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no case below tests/codegen");
    cases
}

fn name(case: &Path) -> &str {
    case.file_name().and_then(|name| name.to_str()).expect("folders have plain names")
}

/// The crate of a case. A folder without a contract of its own stands for the example contract of that name.
fn generate(case: &Path) -> Result<Vec<GeneratedFile>, CodegenError> {
    let own = case.join("asyncapi.yaml").is_file();
    let input = if own { case.to_path_buf() } else { root().join("specs").join(name(case)) };
    let mut sources = Sources::new();
    let (contract, found) = load_contract(&mut sources, &Folder(input), "asyncapi.yaml");
    let errors: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert!(!eventpact_contract::diagnostic::has_errors(&found), "{}: {errors:#?}", name(case));
    let options = Options {
        crate_name: format!("{}-events", name(case)),
        runtime: RuntimeDependency::Path("../../../../runtime".to_owned()),
    };
    rust_crate(&contract.expect("a contract without errors is there"), &sources, &options)
}

/// All files below a folder, with `/` between folders, without what cargo leaves there.
fn files_below(dir: &Path, prefix: &str, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), into);
        } else if name != "Cargo.lock" {
            into.insert(name);
        }
    }
}

#[test]
fn each_contract_gives_its_crate() {
    for case in cases() {
        let files = generate(&case).unwrap_or_else(|e| panic!("{}: {e}", name(&case)));
        let expected = case.join("expected");
        for file in &files {
            expect_text(&expected.join(&file.path), &file.text);
        }
        let mut there = BTreeSet::new();
        files_below(&expected, "", &mut there);
        for stale in there.iter().filter(|path| !files.iter().any(|file| file.path == **path)) {
            if std::env::var_os("BLESS").is_some() {
                std::fs::remove_file(expected.join(stale)).expect("a stale expectation can be removed");
            } else {
                panic!("{}: {stale} is no longer generated (`cargo xtask bless` removes it)", name(&case));
            }
        }
    }
}

#[test]
fn the_same_contract_gives_the_same_bytes() {
    for case in cases() {
        let (once, again) = (generate(&case).expect("it generates"), generate(&case).expect("it generates again"));
        assert_eq!(once, again, "{}", name(&case));
    }
}
