//! How a team steers the verdicts of `eventpact check`: settings, subjects, acceptances, fingerprints, reports.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use eventpact_tests::program;
use serde_json::Value;
use tempfile::TempDir;

mod report_schemas;

const OLD: &str = r#"{"type": "record", "name": "Order", "fields": [
  {"name": "id", "type": "string"},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}}
]}"#;
const NEW: &str = r#"{"type": "record", "name": "Order", "fields": [
  {"name": "id", "type": "int"},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW"]}},
  {"name": "total", "type": "long"}
]}"#;

/// A folder with files; a repository when `git` says so.
fn project(git: bool, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if git {
        fs::create_dir(folder.path().join(".git")).expect("a folder");
    }
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// The 25th of November 2026.
const TODAY: &str = "1795564800";

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program("eventpact"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1").env("SOURCE_DATE_EPOCH", TODAY);
    for name in ["FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "CI_PROJECT_DIR"] {
        command.env_remove(name);
    }
    command
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("eventpact can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(&mut command(folder, args))
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let ran = run(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err))
}

/// Rule and fingerprint of each finding.
fn fingerprints(report: &Value) -> Vec<(String, String)> {
    let text = |found: &Value, key: &str| found[key].as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|found| (text(found, "rule"), text(found, "fingerprint"))).collect()
}

const CHECK: [&str; 4] = ["check", "new/order.avsc", "--against", "old/order.avsc"];

fn order() -> TempDir {
    project(true, &[("old/order.avsc", OLD), ("new/order.avsc", NEW)])
}

#[test]
fn what_is_accepted_fails_no_more() {
    let folder = order();
    let root = folder.path();
    let before = json(root, &CHECK);
    assert_eq!((before["verdict"].as_str(), fingerprints(&before).len()), (Some("incompatible"), 3), "{before:#}");
    let accept = ["--write-accept", "--reason", "nobody reads it yet", "--expires", "2026-12-31"];
    let wrote = run(root, &[&CHECK[..], &accept].concat());
    assert_eq!(wrote.code, 0, "{}{}", wrote.out, wrote.err);
    assert!(wrote.err.contains("accepted 3 findings in eventpact.toml"), "{}", wrote.err);
    let config = fs::read_to_string(root.join("eventpact.toml")).expect("the configuration");
    assert_eq!(config.matches("[[accept]]").count(), 3, "{config}");
    assert!(config.contains("file = \"new/order.avsc\"") && config.contains("expires = 2026-12-31"), "{config}");

    let ran = run(root, &CHECK);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("accepted[avro/type-changed]: new/order.avsc:2:"), "{}", ran.out);
    assert!(ran.out.contains("nobody reads it yet (until 2026-12-31)"), "{}", ran.out);
    assert!(ran.out.ends_with("compatible: no findings, 3 accepted in 1 document\n"), "{}", ran.out);
    let after = json(root, &CHECK);
    assert_eq!((after["verdict"].as_str(), fingerprints(&after)), (Some("compatible"), fingerprints(&before)));
    for found in after["findings"].as_array().expect("findings") {
        assert_eq!((&found["accepted"], &found["reason"]), (&Value::Bool(true), &"nobody reads it yet".into()), "{found:#}");
        assert_eq!((&found["severity"], &found["expires"]), (&"error".into(), &"2026-12-31".into()));
    }

    // Every report leaves them out or marks them.
    let with = |format: &str| run(root, &[&CHECK[..], &["--format", format]].concat()).out;
    let sarif = with("sarif");
    report_schemas::sarif(&sarif);
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        let suppression = &result["suppressions"][0];
        assert_eq!(suppression["status"], "accepted");
        assert_eq!(suppression["justification"], "nobody reads it yet (until 2026-12-31)");
    }
    let junit = with("junit");
    report_schemas::junit(&junit);
    assert!(junit.contains("failures=\"0\"") && junit.matches("<skipped message=\"accepted: nobody").count() == 3, "{junit}");
    assert_eq!(with("github"), "");
    report_schemas::gitlab(&with("gitlab"), 0);
    let markdown = with("markdown");
    assert!(markdown.contains("✅ Eventpact: compatible") && markdown.contains("nobody reads it yet"), "{markdown}");

    // Once more: nothing fails, so nothing is written; the entries stay as they are.
    let again = run(root, &[&CHECK[..], &accept].concat());
    assert!(again.code == 0 && again.err.contains("nothing to accept"), "{}", again.err);
    assert_eq!(fs::read_to_string(root.join("eventpact.toml")).expect("the configuration"), config);
}

#[test]
fn an_acceptance_ends() {
    let folder = order();
    let root = folder.path();
    run(root, &[&CHECK[..], &["--write-accept", "--reason", "for now", "--expires", "2026-11-25"]].concat());
    assert_eq!(run(root, &CHECK).code, 0, "the last day is one of its days");
    let tomorrow = ran(command(root, &CHECK).env("SOURCE_DATE_EPOCH", "1795651200"));
    assert_eq!(tomorrow.code, 1, "{}", tomorrow.out);
    assert!(tomorrow.out.contains("accepted until 2026-11-25, which is over: for now"), "{}", tomorrow.out);
    assert!(tomorrow.out.contains("::: eventpact.toml:"), "{}", tomorrow.out);
    // It is extended in place.
    let accept = ["--write-accept", "--reason", "for longer"];
    let later = ran(command(root, &[&CHECK[..], &accept].concat()).env("SOURCE_DATE_EPOCH", "1795651200"));
    let config = fs::read_to_string(root.join("eventpact.toml")).expect("the configuration");
    assert_eq!((later.code, config.matches("[[accept]]").count(), config.matches("for longer").count()), (0, 3, 3), "{config}");
    assert!(!config.contains("expires") && !later.out.contains("which is over"), "{config}{}", later.out);
    for (args, why) in [
        (&["--write-accept"][..], "--reason"),
        (&["--write-accept", "--reason", "x", "--expires", "2026-11-24"], "is over: today is 2026-11-25"),
        (&["--write-accept", "--reason", "x", "--expires", "soon"], "write it as 2026-12-31"),
        (&["--write-accept", "--reason", " "], "--reason is empty"),
        (&["--reason", "x"], "--write-accept"),
    ] {
        let folder = order();
        let ran = run(folder.path(), &[&CHECK[..], args].concat());
        assert!(ran.code == 2 && ran.err.contains(why), "{args:?}: {}", ran.err);
        assert!(!folder.path().join("eventpact.toml").exists(), "{args:?}");
    }
}

#[test]
fn an_acceptance_without_a_finding_is_stale() {
    let folder = order();
    let root = folder.path();
    let entry = |fingerprint: &str, more: &str| format!("[[accept]]\nfingerprint = \"{fingerprint}\"\nreason = \"r\"\n{more}\n");
    let stale = |config: &str| {
        write(root, "eventpact.toml", config);
        let report = json(root, &[&CHECK[..], &["--allow-unknown"]].concat());
        let findings = report["findings"].as_array().expect("findings").clone();
        let found: Vec<_> = findings.iter().filter(|found| found["file"] == "eventpact.toml").collect();
        found.iter().map(|found| format!("{} {}", found["rule"].as_str().expect("a rule"), found["line"])).collect::<Vec<_>>()
    };
    let none = "0123456789abcdef";
    assert_eq!(stale(&entry(none, "")), ["config/acceptance-stale 2"]);
    assert_eq!(stale(&entry(none, "file = \"new/order.avsc\"")), ["config/acceptance-stale 2"]);
    assert_eq!(stale(&entry(none, "file = \"gone.avsc\"")), ["config/acceptance-stale 2"]);
    write(root, "other.avsc", OLD);
    assert!(stale(&entry(none, "file = \"other.avsc\"")).is_empty(), "this run did not look at it");
    let real = fingerprints(&json(root, &CHECK))[0].1.clone();
    assert_eq!(stale(&(entry(&real, "") + &entry(&real, ""))), ["config/acceptance-stale 6"]);
    assert_eq!(stale(&entry(&real, "rule = \"avro/typ-changed\"")), ["config/unknown-rule 4"]);
    for (config, place) in [
        ("[[accept]]\nfingerprint = \"xyz\"\nreason = \"r\"\n", "eventpact.toml:2:15"),
        ("[[accept]]\nfingerprint = \"0123456789abcdef\"\n", "eventpact.toml:1:1"),
        ("[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \" \"\n", "eventpact.toml:3:10"),
        ("[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \"r\"\nexpires = 2026-02-30\n", "eventpact.toml:4:"),
        ("[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \"r\"\nexpires = \"soon\"\n", "eventpact.toml:4:11"),
        ("[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \"r\"\nexpires = 5\n", "eventpact.toml:4:11"),
        ("[check]\nprofile = \"buff\"\n", "eventpact.toml:2:11"),
        ("[check]\nmode = \"sideways\"\n", "eventpact.toml:2:8"),
        ("[check]\nfail-on = \"all\"\n", "eventpact.toml:2:11"),
        ("[check]\nprofil = \"sound\"\n", "eventpact.toml:2:1"),
        ("[[subject]]\nnames = [\"[\"]\n", "eventpact.toml:2:10"),
        ("[[subject]]\nnames = [\"a\"]\npolicy = \"x\"\n", "eventpact.toml:3:10"),
    ] {
        write(root, "eventpact.toml", config);
        let ran = run(root, &CHECK);
        assert!(ran.code == 2 && ran.out.contains("error[config/invalid]") && ran.out.contains(place), "{config}: {}", ran.out);
    }
}

#[test]
fn a_fingerprint_survives_what_is_not_its_change() {
    let folder = order();
    let prints = |root: &Path, args: &[&str]| fingerprints(&json(root, args));
    let want = prints(folder.path(), &CHECK);
    let mut unique: Vec<&String> = want.iter().map(|(_, print)| print).collect();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 3, "{want:?}");
    // Lines above, and a field above that breaks nothing.
    write(folder.path(), "new/order.avsc", &format!("\n\n\n{NEW}"));
    assert_eq!(prints(folder.path(), &CHECK), want);
    let field = r#""fields": [ {"name": "first", "type": "int", "default": 1},"#;
    write(folder.path(), "new/order.avsc", &NEW.replace(r#""fields": ["#, field));
    assert_eq!(prints(folder.path(), &CHECK), want);
    write(folder.path(), "new/order.avsc", NEW);
    // Another checkout, another way to name the input, another working folder.
    let moved = order();
    assert_eq!(prints(moved.path(), &CHECK), want);
    assert_eq!(prints(folder.path(), &["check", "new", "--against", "old"]), want);
    assert_eq!(prints(&folder.path().join("new"), &["check", "order.avsc", "--against", "../old/order.avsc"]), want);
    let absolute = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    assert_eq!(prints(moved.path(), &["check", &absolute("new/order.avsc"), "--against", &absolute("old")]), want);
    // A configuration at the root of the repository, or none, or no repository at all.
    write(folder.path(), "eventpact.toml", "");
    assert_eq!(prints(folder.path(), &CHECK), want);
    let (one, two) = (project(false, &[("n.avsc", NEW), ("o.avsc", OLD)]), project(false, &[("n.avsc", NEW), ("o.avsc", OLD)]));
    let bare = ["check", "n.avsc", "--against", "o.avsc"];
    assert_eq!(prints(one.path(), &bare), prints(two.path(), &bare));
    let wrote = run(one.path(), &[&bare[..], &["--write-accept", "--reason", "r"]].concat());
    assert_eq!((wrote.code, run(one.path(), &bare).code), (0, 0), "{}", wrote.err);
}

#[test]
fn a_baseline_in_git_makes_the_same_fingerprints() {
    let folder = project(false, &[("schemas/order.avsc", OLD)]);
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(folder.path()).output().expect("git");
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "first"]);
    write(folder.path(), "schemas/order.avsc", NEW);
    write(folder.path(), "before/order.avsc", OLD);
    let prints = |args: &[&str]| fingerprints(&json(folder.path(), args));
    let want = prints(&["check", "schemas", "--against", "git:HEAD"]);
    assert_eq!(want.len(), 3);
    assert_eq!(prints(&["check", "schemas/order.avsc", "--against", "git:HEAD"]), want);
    assert_eq!(prints(&["check", "schemas", "--against", "before"]), want);
    git(&["add", "schemas"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "second"]);
    assert_eq!(prints(&["check", "git:HEAD:schemas/order.avsc", "--against", "git:HEAD^:schemas/order.avsc"]), want);
}

#[test]
fn no_two_breaks_share_a_fingerprint() {
    // The same change twice in one file, and the same file twice.
    let twice = |ty: &str| {
        let record =
            |name: &str| format!(r#"{{"type": "record", "name": "{name}", "fields": [{{"name": "x", "type": "{ty}"}}]}}"#);
        let (a, b) = (record("A"), record("B"));
        format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {a}}}, {{"name": "b", "type": {b}}}]}}"#)
    };
    let (old, new) = (twice("string"), twice("int"));
    let files = [("old/a.avsc", old.as_str()), ("old/b.avsc", &old), ("new/a.avsc", &new), ("new/b.avsc", &new)];
    let folder = project(true, &files);
    let prints = fingerprints(&json(folder.path(), &["check", "new", "--against", "old"]));
    let mut unique: Vec<&String> = prints.iter().map(|(_, print)| print).collect();
    unique.sort();
    unique.dedup();
    assert_eq!((prints.len(), unique.len()), (4, 4), "{prints:?}");
    // Accepting one of them accepts one.
    let entry = format!("[[accept]]\nfingerprint = \"{}\"\nreason = \"r\"\n", prints[2].1);
    write(folder.path(), "eventpact.toml", &entry);
    let ran = run(folder.path(), &["check", "new", "--against", "old"]);
    assert!(ran.code == 1 && ran.out.ends_with("3 errors, 1 accepted in 2 documents\n"), "{}", ran.out);
    fs::remove_file(folder.path().join("eventpact.toml")).expect("the configuration");
    // What it was before counts too: another break at the same place is another finding.
    let before = fingerprints(&json(folder.path(), &["check", "new/a.avsc", "--against", "old/a.avsc"]));
    write(folder.path(), "old/a.avsc", &twice("bytes"));
    let after = fingerprints(&json(folder.path(), &["check", "new/a.avsc", "--against", "old/a.avsc"]));
    assert!(before.iter().zip(&after).all(|(a, b)| a.0 == b.0 && a.1 != b.1), "{before:?} {after:?}");
}

#[test]
fn the_nearest_setting_counts() {
    let proto = |ty: &str| format!("syntax = \"proto3\";\nmessage A {{ {ty} x = 1; }}\n");
    let (old, new) = (proto("int32"), proto("int64"));
    let folder = project(true, &[("old/a.avsc", OLD), ("new/a.avsc", NEW), ("old/a.proto", &old), ("new/a.proto", &new)]);
    let root = folder.path();
    let check = |config: &str, args: &[&str], env: &[(&str, &str)]| {
        write(root, "eventpact.toml", config);
        let ran = ran(command(root, &[&["check", "new", "--against", "old"][..], args].concat()).envs(env.iter().copied()));
        (ran.code, ran.out, ran.err)
    };
    assert_eq!(check("", &[], &[]).0, 1);
    assert_eq!(check("[check]\nmode = \"none\"\n", &[], &[]).0, 0);
    assert_eq!(check("[check]\nmode = \"none\"\n", &[], &[("EVENTPACT_MODE", "backward")]).0, 1);
    assert_eq!(check("[check]\nmode = \"none\"\n", &["--mode", "NONE"], &[("EVENTPACT_MODE", "backward")]).0, 0);
    let (code, _, err) = check("", &[], &[("EVENTPACT_MODE", "sideways")]);
    assert!(code == 2 && err.contains("EVENTPACT_MODE is `sideways`"), "{err}");
    // A subject goes before [check], a flag before the subject; the last subject wins.
    let quiet = "[[subject]]\nnames = [\"new/*.avsc\"]\nmode = \"none\"\n";
    assert_eq!(check(quiet, &[], &[]).0, 0);
    assert_eq!(check(quiet, &["--mode", "full"], &[]).0, 1);
    assert_eq!(check(&format!("{quiet}[[subject]]\nnames = [\"**/a.avsc\"]\nmode = \"backward\"\n"), &[], &[]).0, 1);
    let forward =
        "[[subject]]\nnames = [\"a.proto\"]\nmode = \"forward\"\nprofile = \"buf:WIRE_JSON\"\n[check]\nmode = \"none\"\n";
    let (_, out, _) = check(forward, &[], &[]);
    assert!(out.contains("[the versions swapped]") && !out.contains("avro/"), "{out}");
    // The severity from which a run fails.
    let warn = "[rules]\n\"avro/*\" = \"warning\"\n";
    assert_eq!(check(warn, &[], &[]).0, 0);
    assert_eq!(check(warn, &["--fail-on", "warning"], &[]).0, 1);
    assert_eq!(check(&format!("{warn}[check]\nfail-on = \"warning\"\n"), &[], &[]).0, 1);
    assert_eq!(check(&format!("{warn}[check]\nfail-on = \"warning\"\n"), &["--fail-on", "error"], &[]).0, 0);
}

#[test]
fn config_show_tells_where_each_value_comes_from() {
    let config = "[check]\nmode = \"full\"\npolicy = \"lenient\"\ninclude = [\"lib\"]\n\n[rules]\n\"avro/*\" = \"info\"\n\n[[subject]]\n\
                  names = [\"new/*.avsc\"]\nprofile = \"confluent\"\n\n[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \"r\"\n\
                  expires = 2026-11-24\n";
    let folder = project(true, &[("eventpact.toml", config), ("new/order.avsc", NEW)]);
    let show = |args: &[&str], env: &[(&str, &str)]| {
        ran(command(folder.path(), &[&["config", "show"][..], args].concat()).envs(env.iter().copied()))
    };
    let value = |report: &Value, table: &str, name: &str| {
        let tables = report["tables"].as_array().expect("tables").iter();
        let values = tables.filter(|t| t["table"] == table).flat_map(|t| t["values"].as_array().expect("values"));
        let found = values.clone().find(|v| v["name"] == name).unwrap_or_else(|| panic!("{table} {name} in {report:#}"));
        let text = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
        (text("value"), text("origin"), text("at"))
    };
    let ours = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let read = |args: &[&str], env: &[(&str, &str)]| -> Value {
        let ran = show(&[args, &["--format", "json"]].concat(), env);
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err))
    };
    let report = read(&[], &[("EVENTPACT_POLICY", "strict")]);
    assert_eq!(report["file"], "eventpact.toml");
    assert_eq!(value(&report, "check", "mode"), ours("FULL", "file", "eventpact.toml:2"));
    assert_eq!(value(&report, "check", "policy"), ours("strict", "environment", "EVENTPACT_POLICY"));
    assert_eq!(value(&report, "check", "profile"), ours("sound", "default", "-"));
    assert_eq!(value(&report, "check", "include"), ours("lib", "file", "eventpact.toml:4"));
    assert_eq!(value(&report, "rules", "avro/*"), ours("info", "file", "eventpact.toml:7"));
    assert_eq!(value(&report, "subject", "profile"), ours("confluent", "file", "eventpact.toml:11"));
    let accepted = value(&report, "accept", "0123456789abcdef");
    assert_eq!(accepted, ours("r (until 2026-11-24, which is over)", "file", "eventpact.toml:14"));
    let report = read(&["new/order.avsc", "--mode", "none"], &[("EVENTPACT_MODE", "forward")]);
    assert_eq!(value(&report, "check", "profile"), ours("confluent", "file", "eventpact.toml:11"));
    assert_eq!(value(&report, "check", "mode"), ours("NONE", "flag", "--mode"));
    let text = show(&["new/order.avsc"], &[]);
    assert!(text.code == 0 && text.out.starts_with("configuration: eventpact.toml\n\n[check]\n  mode "), "{}", text.out);
    assert!(text.out.lines().any(|l| l.starts_with("  profile ") && l.ends_with(" eventpact.toml:11")), "{}", text.out);
    // A mistake is told at its place.
    write(folder.path(), "eventpact.toml", "[check]\nmode = \"sideways\"\n");
    let ran = show(&[], &[]);
    assert!(ran.code == 2 && ran.out.contains("eventpact.toml:2:8"), "{}", ran.out);
}

#[test]
fn folders_to_include_are_seen_from_the_configuration() {
    let proto = "syntax = \"proto3\";\nimport \"shared/money.proto\";\nmessage A { shared.Money m = 1; }\n";
    let money = "syntax = \"proto3\";\npackage shared;\nmessage Money {}\n";
    let folder = project(true, &[("new/a.proto", proto), ("old/a.proto", proto), ("lib/shared/money.proto", money)]);
    let check = ["check", "new/a.proto", "--against", "old/a.proto"];
    assert_eq!(run(folder.path(), &check).code, 2);
    write(folder.path(), "eventpact.toml", "[check]\ninclude = [\"lib\"]\n");
    assert_eq!(run(folder.path(), &check).code, 0);
    let ran = run(&folder.path().join("new"), &["check", "a.proto", "--against", "../old/a.proto"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    write(folder.path(), "eventpact.toml", "[check]\nmode = \"full\"\ninclude = [\"third_party\"]\n");
    let ran = run(folder.path(), &check);
    assert!(ran.code == 2 && ran.err.contains("eventpact.toml:3: `include`: cannot read third_party: no such"), "{}", ran.err);
}

#[test]
fn messages_of_a_contract_are_subjects() {
    let document = |ty: &str| {
        let message = |name: &str| {
            format!("      {name}:\n        payload: {{type: object, properties: {{x: {{type: {ty}}}}}, required: [x]}}\n")
        };
        format!(
            "asyncapi: 3.0.0\ninfo: {{title: T, version: 1.0.0}}\nchannels:\n  orders:\n    address: orders\n    messages:\n{}{}",
            message("Placed"),
            message("Paid")
        )
    };
    let (old, new) = (document("string"), document("integer"));
    let folder = project(true, &[("old/a.yaml", &old), ("new/a.yaml", &new)]);
    let found = |config: &str| {
        write(folder.path(), "eventpact.toml", config);
        let ran = run(folder.path(), &["check", "new", "--against", "old"]);
        (ran.out.contains("orders/Placed") || ran.out.contains(":9:"), ran.out.matches("error[").count(), ran.code)
    };
    let all = found("");
    assert!(all.1 >= 2 && all.2 == 1, "{all:?}");
    let one = found("[[subject]]\nnames = [\"orders/Placed\"]\nmode = \"none\"\n");
    assert_eq!((one.1 * 2, one.2), (all.1, 1), "one of the two messages");
    assert_eq!(found("[[subject]]\nnames = [\"orders/*\"]\nmode = \"none\"\n").2, 0);
    assert_eq!(found("[[subject]]\nnames = [\"new/a.yaml\"]\nmode = \"none\"\n").2, 0);
}

#[test]
fn summaries_are_appended() {
    let folder = order();
    let root = folder.path();
    write(root, "summary.md", "before\n");
    let step = |args: &[&str]| {
        let mut command = command(root, &[&CHECK[..], args].concat());
        ran(command.env("GITHUB_STEP_SUMMARY", root.join("summary.md")))
    };
    assert_eq!((step(&["--summary"]).code, step(&["--summary"]).code), (1, 1));
    let text = fs::read_to_string(root.join("summary.md")).expect("the summary");
    assert!(text.starts_with("before\n") && text.matches("❌ Eventpact: incompatible").count() == 2, "{text}");
    step(&["--summary=other.md", "--format", "json"]);
    assert!(fs::read_to_string(root.join("other.md")).expect("the summary").contains("❌ Eventpact: incompatible"));
    let ran = run(root, &[&CHECK[..], &["--summary"]].concat());
    assert!(ran.code == 1 && ran.err.contains("GITHUB_STEP_SUMMARY is not set"), "{}", ran.err);
}

/// `docs/check-report.schema.json` is what programs may rely on.
#[test]
fn the_json_report_follows_its_schema() {
    let schema = fs::read(eventpact_tests::root().join("docs/check-report.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let valid = |report: &Value| {
        let errors: Vec<String> = validator.iter_errors(report).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    };
    let root = eventpact_tests::root();
    for profile in ["sound", "confluent"] {
        let report = json(&root, &["check", "specs/shop-next", "--against", "specs/shop", "--notes", "--profile", profile]);
        assert!(report["findings"].as_array().is_some_and(|findings| findings.len() > 10));
        valid(&report);
    }
    let folder = order();
    run(folder.path(), &[&CHECK[..], &["--write-accept", "--reason", "r", "--expires", "2026-12-31"]].concat());
    let report = json(folder.path(), &CHECK);
    assert!(report["findings"].as_array().is_some_and(|findings| findings.iter().all(|found| found["accepted"] == true)));
    valid(&report);
    let mut broken = report.clone();
    broken["findings"][0].as_object_mut().expect("an object").remove("fingerprint");
    assert!(!validator.is_valid(&broken), "the schema tells right from wrong");
}
