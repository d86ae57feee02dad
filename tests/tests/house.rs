//! The house keeps its own rules: who may depend on whom, how large things may be, and that nothing stands unregistered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use eventpact_tests::root;
use syn::spanned::Spanned as _;
use syn::visit::Visit;

/// Lines of a source file, of a function body, of a rule file, of a command of the CLI.
const FILE: usize = 600;
const FUNCTION: usize = 80;
const RULE: usize = 200;
const COMMAND: usize = 300;

/// The folders whose sources are measured.
const ROOMS: [&str; 10] =
    ["contract", "compat", "codegen", "templates", "registry-client", "registry-server", "runtime", "cli", "xtask", "bench"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ROOMS {
        sources(&root().join(room).join("src"), &mut found);
    }
    assert!(found.len() > 30, "only {} source files were found", found.len());
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The text up to its unit tests: tests may be as long as they need to be.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text)
}

#[test]
fn the_edges_between_the_crates_are_those_of_the_architecture() {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    let rows: Vec<Vec<&str>> = architecture
        .lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.len() == 4)
        .collect();
    for row in &rows {
        folders.insert(row[0].trim_matches(['`', '/']).to_owned(), row[1].trim_matches('`').to_owned());
    }
    for row in &rows {
        let edges = row[3].split(',').map(|e| e.trim().trim_matches('`')).filter(|e| !matches!(*e, "" | "–" | "all"));
        let names = edges.map(|e| folders.get(e).unwrap_or_else(|| panic!("the table has no folder `{e}`")).clone());
        allowed.insert(row[1].trim_matches('`').to_owned(), names.collect());
    }
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let manifest = package["manifest_path"].as_str().expect("a path");
        if shown(Path::new(manifest)).starts_with("tests/") && name != "eventpact-tests" {
            continue; // a generated crate, kept as an expectation
        }
        let edges: BTreeSet<String> = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|d| d["kind"].is_null())
            .filter_map(|d| d["name"].as_str())
            .filter(|d| ours.contains(d))
            .map(str::to_owned)
            .collect();
        let table = allowed.get(name).unwrap_or_else(|| panic!("ARCHITECTURE.md does not know the crate {name}"));
        if name == "eventpact-tests" || name == "eventpact-bench" {
            continue; // they may use every room
        }
        let extra: Vec<&String> = edges.difference(table).collect();
        assert!(extra.is_empty(), "{name} depends on {extra:?}, which the table in ARCHITECTURE.md does not allow");
        let missing: Vec<&String> = table.difference(&edges).collect();
        assert!(missing.is_empty(), "{name} no longer depends on {missing:?}: the table in ARCHITECTURE.md is out of date");
    }
}

#[test]
fn files_are_small_enough_to_read() {
    let mut large = Vec::new();
    for path in all_sources() {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let lines = without_tests(&text).lines().count();
        let name = shown(&path);
        let limit = match () {
            () if name.contains("/rules/") && !name.ends_with("/mod.rs") => RULE,
            () if name.starts_with("cli/src/commands/") => COMMAND,
            () => FILE,
        };
        if lines > limit {
            large.push(format!("{name} has {lines} lines (limit {limit})"));
        }
    }
    assert!(large.is_empty(), "split these:\n{}", large.join("\n"));
}

struct Functions<'a> {
    file: &'a str,
    long: Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, name: &syn::Ident, body: &syn::Block) {
        let (open, close) = (body.brace_token.span.open().start().line, body.brace_token.span.close().start().line);
        let lines = close.saturating_sub(open).saturating_sub(1);
        if lines > FUNCTION {
            self.long.push(format!("{}:{} {name} has {lines} lines (limit {FUNCTION})", self.file, name.span().start().line));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig.ident, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig.ident, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|a| a.path().is_ident("cfg") && quoted(a).contains("test"));
        if !is_test {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

fn quoted(attribute: &syn::Attribute) -> String {
    attribute.meta.require_list().map(|l| l.tokens.to_string()).unwrap_or_default()
}

#[test]
fn functions_are_small_enough_to_read() {
    let mut long = Vec::new();
    for path in all_sources() {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e} at {:?}", shown(&path), e.span().start()));
        let name = shown(&path);
        let mut functions = Functions { file: &name, long: Vec::new() };
        functions.visit_file(&file);
        assert!(file.span().end().line > 0, "spans carry lines");
        long.extend(functions.long);
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn every_module_says_what_lives_in_it() {
    let silent: Vec<String> = all_sources()
        .iter()
        .filter(|p| {
            let text = std::fs::read_to_string(p).expect("a source file");
            !(text.starts_with("//!") || text.starts_with("#![doc = include_str!"))
        })
        .map(|p| shown(p))
        .collect();
    assert!(silent.is_empty(), "these do not open with `//!`: {silent:?}");
}

#[test]
fn every_rule_is_listed_and_has_its_cases() {
    let mut rules = 0;
    for format in ["asyncapi", "avro", "json_schema", "protobuf"] {
        let folder = root().join("compat/src").join(format).join("rules");
        let list = std::fs::read_to_string(folder.join("mod.rs")).expect("the list of rules");
        let mut files = Vec::new();
        sources(&folder, &mut files);
        for file in files.iter().filter(|f| !f.ends_with("mod.rs")) {
            let module = file.file_stem().and_then(|s| s.to_str()).expect("a name");
            let text = std::fs::read_to_string(file).expect("a rule");
            if !text.contains("const RULE: Rule<") {
                continue; // shared by the rules of the folder
            }
            rules += 1;
            assert!(list.contains(&format!("mod {module};")), "{} is not declared in {format}/rules/mod.rs", shown(file));
            assert!(list.contains(&format!("{module}::RULE,")), "{} is not in the list of {format}/rules/mod.rs", shown(file));
            let id = text.split("id: \"").nth(1).and_then(|t| t.split('"').next()).expect("an id");
            let (prefix, tail) = id.split_once('/').expect("an id is FORMAT/NAME");
            assert_eq!(prefix.replace('-', "_"), format, "{id} stands in the folder of another format");
            let cases = root().join("tests/compat").join(format).join(tail);
            let count = std::fs::read_dir(&cases).map_or(0, |d| d.flatten().filter(|e| e.path().is_dir()).count());
            assert!(count >= 2, "{id} needs a case that fires and one that stays silent in {}", shown(&cases));
            let page: Vec<&str> = text.lines().take_while(|l| l.starts_with("//!")).collect();
            let paragraphs = page.split(|l| *l == "//!").filter(|p| !p.is_empty()).count();
            assert!(paragraphs >= 3, "the page of {id} must tell what it finds, why it breaks, and what to do instead");
        }
    }
    assert!(rules >= 20, "only {rules} rules were found");
}

/// A file of buf's rules holds one rule, or a few that differ in one word and share its page.
#[test]
fn every_rule_of_buf_is_listed_and_has_its_cases() {
    let folder = root().join("compat/src/protobuf/buf/rules");
    let list = std::fs::read_to_string(folder.join("mod.rs")).expect("the list of rules");
    let (mut files, mut rules) = (Vec::new(), 0);
    sources(&folder, &mut files);
    for file in files.iter().filter(|f| !f.ends_with("mod.rs")) {
        let module = file.file_stem().and_then(|s| s.to_str()).expect("a name");
        let text = std::fs::read_to_string(file).expect("a rule");
        assert!(list.contains(&format!("mod {module};")), "{} is not declared in rules/mod.rs", shown(file));
        assert!(list.contains(&format!("{module}::RULES,")), "{} is not in the list of rules/mod.rs", shown(file));
        let page: Vec<&str> = text.lines().take_while(|l| l.starts_with("//!")).collect();
        let paragraphs = page.split(|l| *l == "//!").filter(|p| !p.is_empty()).count();
        assert!(paragraphs >= 3, "{} must tell what it finds, why it breaks, and what to do instead", shown(file));
        let page = page.join(" ");
        let is_id = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c == '8');
        let ids: BTreeSet<&str> = text.split('"').skip(1).step_by(2).filter(is_id).collect();
        for id in ids.iter().filter(|id| root().join("tests/compat/buf").join(id).is_dir()) {
            assert!(page.contains(*id), "the page of {} does not name {id}", shown(file));
            for case in ["fires", "silent"] {
                let case = root().join("tests/compat/buf").join(id).join(case);
                assert!(case.join("buf.txt").is_file(), "{id} needs the case {}", shown(&case));
            }
            rules += 1;
        }
    }
    assert_eq!(rules, 64, "rules of buf");
}

#[test]
fn every_rule_on_documents_is_listed_and_has_a_page() {
    let folder = root().join("contract/src/asyncapi/rules");
    let list = std::fs::read_to_string(folder.join("mod.rs")).expect("the list of rules");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let mut rules = 0;
    for file in files.iter().filter(|f| !f.ends_with("mod.rs")) {
        let module = file.file_stem().and_then(|s| s.to_str()).expect("a name");
        let text = std::fs::read_to_string(file).expect("a rule");
        if !text.contains("const RULE: Check") {
            continue; // shared by the rules of the folder
        }
        rules += 1;
        assert!(list.contains(&format!("mod {module};")), "{} is not declared in rules/mod.rs", shown(file));
        assert!(list.contains(&format!("{module}::RULE")), "{} is not in the list of rules/mod.rs", shown(file));
        let id = text.split("id: \"").nth(1).and_then(|t| t.split('"').next()).expect("an id");
        let snake = |c: char| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() };
        let name: String = id.strip_prefix("asyncapi/").unwrap_or(id).replace('-', "_").chars().map(snake).collect();
        assert_eq!(name, module, "the file of {id} has another name");
        let page: Vec<&str> = text.lines().take_while(|l| l.starts_with("//!")).collect();
        let paragraphs = page.split(|l| *l == "//!").filter(|p| !p.is_empty()).count();
        assert!(paragraphs >= 3, "the page of {id} must tell what it finds, why it matters, and what to do instead");
    }
    assert!(rules >= 3, "only {rules} rules were found");
}
