//! The command line as a user sees it. A case is a folder `tests/cli/<case>` with `cmd` (the arguments, one a line; the working
//! folder is the root of the project) and `expected.txt` (exit code, standard output, standard error).

use std::path::Path;
use std::process::{Command, Output};

use eventpact_tests::{cases, expect_text, program, root};

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").env_remove("FORCE_COLOR").env_remove("GITHUB_ACTIONS");
    command.output().expect("eventpact can be started")
}

fn shown(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let code = output.status.code().map_or("none".to_owned(), |c| c.to_string());
    let mut text = format!("exit {code}\n");
    for (title, stream) in [("out", out), ("err", err)] {
        if !stream.is_empty() {
            for part in ["--- ", title, "\n", &stream] {
                text.push_str(part);
            }
        }
    }
    text
}

#[test]
fn every_case_prints_what_is_expected() {
    for case in cases("cli") {
        let cmd = std::fs::read_to_string(case.join("cmd")).expect("cmd");
        let args: Vec<&str> = cmd.lines().filter(|l| !l.is_empty()).collect();
        expect_text(&case.join("expected.txt"), &shown(&run(&root(), &args)));
    }
}

#[test]
fn the_json_report_has_the_promised_shape() {
    let output = run(&root(), &["check", "specs/shop-next", "--against", "specs/shop", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["verdict"], "incompatible");
    for side in ["producers", "consumers"] {
        assert_eq!(report["sides"][side]["break"], true, "{side}");
        assert!(report["sides"][side]["subjects"].as_array().is_some_and(|s| s.iter().any(|s| s == "orders/OrderPlaced")));
    }
    let deploy = report["deploy"].as_array().expect("deploy");
    let first = deploy.iter().find(|step| step["order"] == "consumers-first").expect("something is deployed consumers first");
    assert_eq!((&first["application"], &first["subjects"][0]), (&"sends".into(), &"sendCustomerNotified".into()));
    assert!(deploy.iter().all(|step| step["text"].is_string() && step["document"].is_string()), "{deploy:?}");
    let findings = report["findings"].as_array().expect("findings");
    let mut witnesses = 0;
    for finding in findings {
        for key in ["rule", "severity", "message", "file", "fingerprint"] {
            assert!(finding[key].is_string(), "{key} of {finding}");
        }
        for key in ["line", "column"] {
            assert!(finding[key].is_u64(), "{key} of {finding}");
        }
        assert!(finding["related"].as_array().is_some_and(|r| !r.is_empty()), "both sides of {finding}");
        assert!(finding["help"].is_string(), "help of {finding}");
        let is_avro_error = finding["severity"] == "error" && finding["rule"].as_str().is_some_and(|r| r.starts_with("avro/"));
        if is_avro_error {
            let witness = &finding["witness"];
            assert!(
                witness["json"].is_string() && witness["hex"].is_string() && witness["reader_error"].is_string(),
                "{finding}"
            );
            witnesses += 1;
        }
    }
    assert!(witnesses >= 6, "only {witnesses} Avro findings carry a witness");
}

#[test]
fn a_baseline_is_read_from_git_without_a_checkout() {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(folder.path()).output().expect("git");
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::create_dir(folder.path().join("schemas")).expect("a folder");
    let write = |fields: &str| {
        let text = format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
        std::fs::write(folder.path().join("schemas/r.avsc"), text).expect("a schema");
    };
    git(&["init", "--quiet"]);
    write(r#"{"name":"a","type":"int"}"#);
    git(&["add", "."]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "first"]);
    write(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#);
    for against in ["git:HEAD", "git:HEAD:schemas/r.avsc"] {
        let output = run(folder.path(), &["check", "schemas/r.avsc", "--against", against]);
        assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("git:HEAD:schemas/r.avsc:1:"), "{}", shown(&output));
    }
    let output = run(folder.path(), &["check", "schemas", "--against", "git:HEAD:schemas"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let output = run(folder.path(), &["check", "schemas", "--against", "git:nowhere"]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    write(r#"{"name":"a","type":"int"},{"name":"b","type":"string","default":""}"#);
    let output = run(folder.path(), &["check", "schemas", "--against", "git:HEAD:schemas"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
}
