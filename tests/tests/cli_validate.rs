//! `eventpact validate` in a folder of its own: inputs of every kind, the configuration, reports, hostile files.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use eventpact_tests::program;
use serde_json::Value;
use tempfile::TempDir;

mod report_schemas;

/// A folder with files, and a `.git` so that nothing above it counts.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(".git")).expect("a folder");
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    for name in ["FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITLAB_CI", "CI_PROJECT_DIR"] {
        command.env_remove(name);
    }
    command
}

fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(&command(folder, args).output().expect("eventpact can be started"))
}

fn run_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut command = command(folder, args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("eventpact");
    child.stdin.take().expect("a pipe").write_all(input).ok();
    ran(&child.wait_with_output().expect("eventpact ends"))
}

/// Rule, severity and file of each finding.
fn findings(ran: &Ran) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err));
    let text = |found: &Value, key: &str| found[key].as_str().expect("a text").to_owned();
    let found = report["findings"].as_array().expect("findings").iter();
    found.map(|f| (text(f, "rule"), text(f, "severity"), text(f, "file"))).collect()
}

const GOOD: &str = r#"{"type": "record", "name": "A", "fields": []}"#;
const BAD: &str = r#"{"type": "enum", "name": "E", "symbols": ["A", "A"]}"#;

#[test]
fn files_folders_patterns_and_standard_input() {
    let project = project(&[
        ("a/one.avsc", GOOD),
        ("a/b/two.avsc", BAD),
        ("a/b/part.yaml", "not: a document\n"),
        (".hidden/three.avsc", BAD),
    ]);
    let run = |args: &[&str]| run(project.path(), args);
    assert_eq!(run(&["validate", "a/one.avsc"]).code, 0);
    for inputs in [&["a"][..], &["a/**/*.avsc"], &["a/one.avsc", "a/b/*.avsc"], &["a", "a/b", "./a/b/two.avsc"], &["**/tw?.avsc"]]
    {
        let ran = run(&[&["validate", "--format", "json"], inputs].concat());
        let want = ("avro/symbol-duplicate".to_owned(), "error".to_owned(), "a/b/two.avsc".to_owned());
        assert_eq!((ran.code, findings(&ran)), (1, vec![want]), "{inputs:?}");
    }
    assert!(run(&["validate", "a"]).out.ends_with("invalid: 1 error in 2 documents\n"));
    for inputs in [&["none.avsc"][..], &["a/*.proto"], &["a/../[x"], &["git:nowhere:a"]] {
        let ran = run(&[&["validate"], inputs].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{inputs:?}");
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
    }
    // What is wrong with one input does not hide the others.
    let ran = run(&["validate", "none.avsc", "a"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("none.avsc: no such file") && ran.out.contains("avro/symbol-duplicate"), "{}{}", ran.out, ran.err);
}

#[test]
fn standard_input_is_a_document() {
    let project = project(&[("specs/a.avsc", GOOD)]);
    let run = |args: &[&str], input: &str| run_with_input(project.path(), args, input.as_bytes());
    assert_eq!(run(&["validate", "-"], GOOD).code, 0);
    let ran = run(&["validate", "-"], BAD);
    assert!(ran.code == 1 && ran.out.contains("--> <stdin>:1:"), "{}", ran.out);
    assert_eq!(run(&["validate", "-"], "syntax = \"proto3\";\nmessage A {}\n").code, 0);
    assert_eq!(run(&["validate", "-"], "syntax = \"proto3\";\nmessage A {\n").code, 1);
    let document = "asyncapi: 3.0.0\ninfo: {title: T, version: '1'}\nchannels:\n  c:\n    messages:\n      m:\n        payload:\n          \
                    schemaFormat: application/vnd.apache.avro;version=1.9.0\n          schema: {$ref: ./a.avsc}\n";
    assert_eq!(run(&["validate", "-", "--stdin-name", "specs/x.yaml"], document).code, 0);
    let ran = run(&["validate", "-", "--stdin-name", "x.yaml"], document);
    assert!(ran.code == 1 && ran.out.contains("x.yaml:9:"), "{}", ran.out);
    assert_eq!(run(&["validate", "-", "--stdin-name", "../x.yaml"], document).code, 2);
}

#[test]
fn imports_are_found_in_other_folders() {
    let proto = "syntax = \"proto3\";\nimport \"shared/money.proto\";\nmessage A { shared.Money m = 1; }\n";
    let money = "syntax = \"proto3\";\npackage shared;\nmessage Money {}\n";
    let project = project(&[("specs/a.proto", proto), ("lib/shared/money.proto", money)]);
    assert_eq!(run(project.path(), &["validate", "specs/a.proto"]).code, 1);
    assert_eq!(run(project.path(), &["validate", "specs/a.proto", "--include", "lib"]).code, 0);
    assert_eq!(run(project.path(), &["validate", "specs/a.proto", "--include", "nowhere"]).code, 2);
    write(project.path(), "lib/shared/money.proto", b"syntax = \"proto3\";\npackage shared;\nmessage Money {\n");
    let ran = run(project.path(), &["validate", "specs/a.proto", "--include", "lib"]);
    assert!(ran.out.contains("--> lib/shared/money.proto:4:"), "{}", ran.out);
}

#[test]
fn the_configuration_says_how_bad_a_rule_is() {
    let project = project(&[("specs/new/a.avsc", BAD), ("specs/old/a.avsc", BAD)]);
    let level = |config: &str, inputs: &[&str]| {
        write(project.path(), "specs/eventpact.toml", config.as_bytes());
        let ran = run(project.path(), &[&["validate", "--format", "json"], inputs].concat());
        (
            ran.code,
            findings(&ran).into_iter().map(|(rule, severity, file)| format!("{severity} {rule} {file}")).collect::<Vec<_>>(),
        )
    };
    let (new, old) = ("avro/symbol-duplicate specs/new/a.avsc", "avro/symbol-duplicate specs/old/a.avsc");
    let both = |severity: &str| vec![format!("{severity} {new}"), format!("{severity} {old}")];
    assert_eq!(level("", &["specs"]), (1, both("error")));
    assert_eq!(level("[rules]\n\"avro/symbol-duplicate\" = \"off\"\n", &["specs"]), (0, vec![]));
    assert_eq!(level("[rules]\n\"avro/*\" = \"info\"\n", &["specs"]), (0, both("info")));
    assert_eq!(level("[rules]\n\"avro/*\" = \"off\"\n\"avro/symbol-*\" = \"warning\"\n", &["specs"]), (0, both("warning")));
    assert_eq!(level("[rules]\n\"avro/*\" = \"info\"\n", &["specs", "--fail-severity", "info"]), (1, both("info")));
    let legacy = "[[override]]\npaths = [\"old/**\"]\nrules = { \"avro/symbol-duplicate\" = \"warning\" }\n";
    assert_eq!(level(legacy, &["specs"]), (1, vec![format!("error {new}"), format!("warning {old}")]));
    // Seen from another folder and by another name, the paths are the same.
    let absolute = project.path().join("specs/old").canonicalize().expect("a path");
    let (code, found) = level(legacy, &[absolute.to_str().expect("a path")]);
    assert!(code == 0 && found.len() == 1 && found[0].starts_with("warning avro/symbol-duplicate /"), "{found:?}");
    let ran = run(project.path(), &["validate", "specs", "--config", "nowhere.toml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn mistakes_in_the_configuration_are_located() {
    let project = project(&[("a.avsc", GOOD)]);
    let with = |config: &str| {
        write(project.path(), "eventpact.toml", config.as_bytes());
        run(project.path(), &["validate", "a.avsc"])
    };
    let ran = with("[rules]\n\"avro/symbol-duplicat\" = \"off\"\n");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("warning[config/unknown-rule]: there is no rule `avro/symbol-duplicat`"), "{}", ran.out);
    assert!(ran.out.contains("--> eventpact.toml:2:1") && ran.out.contains("did you mean avro/symbol-duplicate?"), "{}", ran.out);
    let ran = with("[rules]\n\"yaml/syntax\" = \"off\"\n");
    assert!(ran.code == 0 && ran.out.contains("config/fixed-severity"), "{}", ran.out);
    for (config, place) in [
        ("[rules]\n\"avro/*\" = \"loud\"\n", "eventpact.toml:2:12"),
        ("[rule]\n", "eventpact.toml:1:2"),
        ("[rules]\nx = \n", "eventpact.toml:2:"),
        ("[[override]]\npaths = [\"a[\"]\nrules = {}\n", "eventpact.toml:2:10"),
        ("[rules]\n\"[\" = \"off\"\n", "eventpact.toml:2:1"),
        ("[[override]]\nrules = {}\n", "eventpact.toml:1:"),
    ] {
        let ran = with(config);
        assert_eq!(ran.code, 2, "{config}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("error[config/invalid]") && ran.out.contains(place), "{config}: {}", ran.out);
    }
}

#[test]
fn the_configuration_is_looked_for_within_the_repository() {
    let project = project(&[("eventpact.toml", "[rules]\n\"avro/*\" = \"off\"\n"), ("in/a.avsc", BAD), ("sub/a.avsc", BAD)]);
    assert_eq!(run(project.path(), &["validate", "in/a.avsc"]).code, 0);
    assert_eq!(run(&project.path().join("in"), &["validate", "a.avsc"]).code, 0);
    assert_eq!(run(project.path(), &["validate", "*/*.avsc"]).code, 0);
    fs::create_dir(project.path().join("sub/.git")).expect("a folder");
    assert_eq!(run(project.path(), &["validate", "sub/a.avsc"]).code, 1);
    let config = ["validate", "sub/a.avsc", "--config", "eventpact.toml"];
    assert_eq!(run(project.path(), &config).code, 0);
}

#[test]
fn the_configuration_counts_for_check_too() {
    let old = r#"{"type": "record", "name": "A", "fields": []}"#;
    let new = r#"{"type": "record", "name": "A", "fields": [{"name": "f", "type": "int"}]}"#;
    let project = project(&[("old.avsc", old), ("new.avsc", new)]);
    let check = || run(project.path(), &["check", "new.avsc", "--against", "old.avsc"]);
    assert_eq!(check().code, 1);
    write(project.path(), "eventpact.toml", b"[rules]\n\"avro/field-without-default\" = \"warning\"\n");
    let ran = check();
    assert!(ran.code == 0 && ran.out.contains("warning[avro/field-without-default]"), "{}", ran.out);
}

#[test]
fn one_run_writes_several_reports() {
    let project = project(&[("sub/a.avsc", BAD), ("sub/b.avsc", GOOD)]);
    let args = [
        "validate",
        ".",
        "--output",
        "sarif=out/r.sarif",
        "--output",
        "junit=out/r.xml",
        "--output",
        "gitlab=out/r.json",
        "--output",
        "markdown=out/r.md",
        "--output",
        "github=out/r.txt",
        "--output",
        "text=out/text",
        "--color",
        "always",
    ];
    let ran = run(&project.path().join("sub"), &args);
    assert!(ran.code == 1 && ran.out.contains("\u{1b}[1;31merror[avro/symbol-duplicate]"), "{}", ran.out);
    let read = |name: &str| fs::read_to_string(project.path().join("sub/out").join(name)).expect("a report");
    report_schemas::sarif(&read("r.sarif"));
    report_schemas::junit(&read("r.xml"));
    report_schemas::gitlab(&read("r.json"), 1);
    assert!(!read("text").contains('\u{1b}'));
    // Reports of CI systems have paths from the root of the repository.
    for name in ["r.sarif", "r.xml", "r.json", "r.md", "r.txt"] {
        assert!(read(name).contains("sub/a.avsc"), "{name}");
    }
    let sarif: Value = serde_json::from_str(&read("r.sarif")).expect("JSON");
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][0];
    assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.contains("Symbols are written as numbers")), "{rule}");
    assert_eq!(sarif["runs"][0]["invocations"][0]["exitCode"], 1);
    let ran = run(project.path(), &["validate", ".", "--output", "sarif=sub"]);
    assert!(ran.code == 2 && ran.err.contains("cannot write the report sub"), "{}", ran.err);
}

#[test]
fn github_gets_annotations_beside_the_text() {
    let project = project(&[("a.avsc", BAD)]);
    let with = |name: &str, args: &[&str]| ran(&command(project.path(), args).env(name, "true").output().expect("eventpact"));
    let ran = with("GITHUB_ACTIONS", &["validate", "a.avsc"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let word = lines[0].strip_prefix("::stop-commands::").expect("commands are stopped");
    let end = lines.iter().position(|line| *line == format!("::{word}::")).expect("and started again");
    assert!(lines[1].starts_with("error[avro/symbol-duplicate]"), "{}", ran.out);
    assert!(lines[end + 1].starts_with("::error file=a.avsc,line=1,endLine=1,col=48"), "{}", ran.out);
    assert!(!with("GITHUB_ACTIONS", &["validate", "a.avsc", "--format", "text"]).out.contains("::error"), "asked for text");
    assert!(with("GITLAB_CI", &["validate", "a.avsc"]).out.starts_with("error["), "the log of GitLab is text");
}

#[test]
fn the_same_run_prints_the_same() {
    let project = project(&[("a.avsc", BAD), ("b/a.avsc", BAD), ("c.avsc", BAD)]);
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let once = run(project.path(), &["validate", ".", "--format", format]).out;
        let again = run(project.path(), &["validate", "c.avsc", "b", "a.avsc", "--format", format]).out;
        assert_eq!(once, again, "{format}");
    }
}

#[test]
fn thousands_of_findings_are_grouped() {
    let symbols = vec!["\"A\""; 450].join(",");
    let text = format!(r#"{{"type": "enum", "name": "E", "symbols": [{symbols}]}}"#);
    let project = project(&[("a.avsc", &text), ("b.avsc", &text), ("c.avsc", &text)]);
    let ran = run(project.path(), &["validate", "."]);
    assert_eq!(ran.out.matches("error[avro/symbol-duplicate]:").count(), 10);
    assert!(ran.out.contains("… and 1337 more of error[avro/symbol-duplicate]\n"), "{}", &ran.out[ran.out.len() - 300..]);
    assert!(ran.out.ends_with("invalid: 1347 errors in 3 documents\n"));
    assert_eq!(findings(&run(project.path(), &["validate", ".", "--format", "json"])).len(), 1347);
}

#[test]
fn hostile_files_are_named() {
    let project = project(&[("empty.yaml", ""), ("bom.avsc", "\u{feff}{\"type\": \"int\"}"), ("bad.avsc", BAD)]);
    let root = project.path();
    write(root, "latin.yaml", b"asyncapi: 3.0.0\ninfo: {title: \xe9}\n");
    write(root, "large.yaml", format!("a: {}\n", "x".repeat(16 << 20)).as_bytes());
    fs::File::create(root.join("huge.avsc")).and_then(|file| file.set_len(65 << 20)).expect("a file");
    let one = |name: &str| {
        let ran = run(root, &["validate", name]);
        let first = ran.out.lines().next().unwrap_or_default().to_owned();
        (ran.code, first, ran.out.lines().nth(1).unwrap_or_default().trim().to_owned())
    };
    let (code, message, place) = one("empty.yaml");
    assert!(code == 1 && message.starts_with("error[yaml/empty]") && place == "--> empty.yaml:1:1", "{message} {place}");
    assert_eq!(one("bom.avsc").0, 0);
    let (code, message, _) = one("latin.yaml");
    assert!(
        code == 2 && message == "error[source/unreadable]: this file can't be read: it is not UTF-8 (at byte 30, on line 2)",
        "{message}"
    );
    let (code, message, place) = one("large.yaml");
    assert!(code == 1 && message.starts_with("error[yaml/too-large]") && place == "--> large.yaml:1:1", "{message}");
    let (code, message, _) = one("huge.avsc");
    assert!(code == 2 && message.starts_with("error[source/unreadable]"), "{message}");
    // All of them at once: each is named, and the run could not do its work.
    let ran = run(root, &["validate", "*.yaml", "*.avsc"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    for name in ["latin.yaml", "huge.avsc", "bad.avsc"] {
        assert!(ran.out.contains(&format!("--> {name}:1:")), "{name}: {}", ran.out);
    }
}

#[cfg(unix)]
#[test]
fn links_and_devices_are_no_trap() {
    use std::os::unix::fs::symlink;
    let outside = project(&[("secret.avsc", GOOD)]);
    let project = project(&[("specs/a.avsc", GOOD)]);
    let root = project.path();
    symlink("..", root.join("specs/loop")).expect("a link");
    symlink("self", root.join("specs/self")).expect("a link");
    symlink(outside.path().join("secret.avsc"), root.join("specs/out.avsc")).expect("a link");
    symlink("a.avsc", root.join("specs/b.avsc")).expect("a link");
    for inputs in [&["specs"][..], &["specs/**/*.avsc"]] {
        let ran = run(root, &[&["validate"], inputs].concat());
        assert!(ran.out.contains("valid: no findings in 2 documents"), "{inputs:?}: {}{}", ran.out, ran.err);
        assert_eq!(ran.code, 0);
    }
    let ran = run(root, &["validate", "specs/self"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    let ran = run(root, &["validate", "/dev/zero"]);
    assert!(ran.code == 2 && ran.err.contains("neither a file nor a folder"), "{}", ran.err);
    let name = "a\u{1b}[31m\n::error::x.avsc";
    write(root, name, BAD.as_bytes());
    let ran = run(root, &["validate", "no\u{1b}[31m\n::error::x.avsc"]);
    assert!(ran.code == 2 && !ran.err.contains('\u{1b}') && !ran.err.contains("\n::"), "{}", ran.err);
    for format in ["text", "github", "markdown", "junit", "gitlab"] {
        let ran = run(root, &["validate", name, "--format", format]);
        assert!(ran.code == 1 && !ran.out.contains('\u{1b}'), "{format}: {}", ran.out);
        assert!(!ran.out.lines().any(|line| line.starts_with("::error::")), "{format}: {}", ran.out);
    }
}

/// A document that is named from elsewhere may refer to the folders beside its own, or to all of its repository, but to
/// nothing hidden there.
#[test]
fn documents_elsewhere_share_files_with_the_folders_beside_them() {
    let document =
        |file: &str| format!("asyncapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\nchannels:\n  c: {{ $ref: '{file}#/c' }}\n");
    let shared = "c: { address: c }\n";
    let project = project(&[
        ("team/api/near.yaml", &document("../common/c.yaml")),
        ("team/api/far.yaml", &document("../../common/c.yaml")),
        ("team/api/hidden.yaml", &document("../.cache/c.yaml")),
        ("team/common/c.yaml", shared),
        ("team/.cache/c.yaml", shared),
        ("common/c.yaml", shared),
    ]);
    fs::remove_dir(project.path().join(".git")).expect("the folder of a repository");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let validate = |name: &str| {
        let path = project.path().join("team/api").join(name).display().to_string();
        run(elsewhere.path(), &["validate", &path])
    };
    let near = validate("near.yaml");
    assert_eq!(near.code, 0, "{}{}", near.out, near.err);
    let far = validate("far.yaml");
    assert!(far.code == 1 && far.out.contains("outside of the folder"), "{}{}", far.out, far.err);
    let hidden = validate("hidden.yaml");
    assert!(hidden.code == 1 && hidden.out.contains("it is hidden"), "{}{}", hidden.out, hidden.err);
    fs::create_dir(project.path().join(".git")).expect("a folder");
    assert_eq!(validate("far.yaml").code, 0);
    assert_eq!(validate("hidden.yaml").code, 1);
}
