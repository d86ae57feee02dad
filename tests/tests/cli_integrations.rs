//! The files for CI systems and hooks do what they say: each script in them is run with bash, as the CI system would, in a
//! repository with a branch that breaks a contract and one that does not. No network: `origin` is a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Node};
use eventpact_tests::{program, root};
use serde_json::Value;
use tempfile::TempDir;

mod report_schemas;

const OLD: &str = r#"{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}"#;
const COMPATIBLE: &str = r#"{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "int", "default": 0}]}"#;
const BREAKING: &str = r#"{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "int"}]}"#;

/// A YAML file of the project.
fn file(name: &str) -> Node {
    let mut sources = Sources::new();
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let id = sources.add(name, text);
    let (node, found) = yaml::parse(&sources, id);
    assert!(found.is_empty(), "{name}: {found:?}");
    node.expect("a document")
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_str).unwrap_or_else(|| panic!("no text `{key}`"))
}

/// A clone of a repository whose branch `main` has the old schema; the working folder has another.
struct Repository {
    folder: TempDir,
    work: PathBuf,
    /// Holds `eventpact`, and nothing else.
    bin: PathBuf,
}

impl Repository {
    fn new(now: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (origin, work, bin) = (folder.path().join("origin"), folder.path().join("work"), folder.path().join("bin"));
        fs::create_dir_all(origin.join("schemas")).expect("a folder");
        fs::create_dir(&bin).expect("a folder");
        std::os::unix::fs::symlink(program("eventpact"), bin.join("eventpact")).expect("a link");
        fs::write(origin.join("schemas/order.avsc"), OLD).expect("a schema");
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        git(&origin, &["add", "."]);
        git(&origin, &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "first"]);
        let url = format!("file://{}", origin.display());
        git(folder.path(), &["clone", "--quiet", "--depth=1", &url, "work"]);
        // As a CI system leaves it: the branch to compare with is not there.
        git(&work, &["checkout", "--quiet", "-b", "topic"]);
        git(&work, &["branch", "--quiet", "-D", "main"]);
        git(&work, &["update-ref", "-d", "refs/remotes/origin/main"]);
        fs::write(work.join("schemas/order.avsc"), now).expect("a schema");
        Self { folder, work, bin }
    }

    /// Runs a script as a step does.
    fn bash(&self, script: &str, env: &BTreeMap<String, String>) -> Output {
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(&self.work).stdin(Stdio::null());
        for name in
            ["GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_BASE_REF", "GITHUB_STEP_SUMMARY", "CI_PROJECT_DIR", "FORCE_COLOR"]
        {
            command.env_remove(name);
        }
        command.env("PATH", path).envs(env).output().expect("bash")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.work.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
}

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(folder).output().expect("git");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs every step of the action with some inputs; gives the output of the last one that ran, and what the steps put out.
fn action(repository: &Repository, inputs: &[(&str, &str)], more: &[(&str, &str)]) -> (Output, String) {
    let action = file("action.yml");
    let known = action.get("inputs").and_then(Node::as_mapping).expect("inputs");
    for (name, _) in inputs {
        assert!(known.get(name).is_some(), "the action has no input {name}");
    }
    let value = |expression: &str| -> String {
        let name = expression.trim().strip_prefix("inputs.").unwrap_or_else(|| panic!("`{expression}` is no input"));
        let given = inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        given.unwrap_or_else(|| text(known.get(name).unwrap_or_else(|| panic!("no input {name}")), "default")).to_owned()
    };
    let temp = repository.folder.path();
    let outputs = temp.join("outputs");
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |name: &str, value: String| env.insert(name.to_owned(), value);
    set("GITHUB_ACTIONS", "true".to_owned());
    set("GITHUB_WORKSPACE", repository.work.display().to_string());
    set("GITHUB_ACTION_PATH", root().display().to_string());
    set("RUNNER_TEMP", temp.display().to_string());
    for name in ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] {
        let file = if name == "GITHUB_OUTPUT" { outputs.clone() } else { temp.join(name) };
        set(name, file.display().to_string());
    }
    for (name, value) in more {
        set(name, (*value).to_owned());
    }
    let steps = action.get("runs").and_then(|runs| runs.get("steps")).and_then(Node::as_sequence).expect("steps");
    let mut last = None;
    for step in steps {
        assert_eq!(text(step, "shell"), "bash");
        let script = text(step, "run");
        assert!(!script.contains("${{"), "an input in a script could be a command; it comes by the environment");
        let mut own = env.clone();
        for entry in step.get("env").and_then(Node::as_mapping).into_iter().flat_map(|env| &env.entries) {
            let expression = entry.value.as_str().and_then(|text| text.strip_prefix("${{")?.strip_suffix("}}"));
            own.insert(entry.key.clone(), value(expression.expect("an expression")));
        }
        let output = repository.bash(script, &own);
        let good = output.status.success();
        last = Some(output);
        if !good {
            break;
        }
    }
    (last.expect("a step"), fs::read_to_string(outputs).unwrap_or_default())
}

#[test]
fn the_github_action_reports_a_break() {
    let repository = Repository::new(BREAKING);
    let (output, outputs) = action(&repository, &[], &[("GITHUB_BASE_REF", "main")]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(log.contains("::error file=schemas/order.avsc,line=1,"), "{log}");
    assert_eq!(outputs, "exit-code=1\nsarif=eventpact.sarif\nmarkdown=eventpact.md\n");
    let sarif = repository.read("eventpact.sarif");
    report_schemas::sarif(&sarif);
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "avro/type-changed");
    let markdown = repository.read("eventpact.md");
    assert!(markdown.starts_with("<!-- eventpact -->\n### ❌ Eventpact: incompatible"), "{markdown}");
    let summary = fs::read_to_string(repository.folder.path().join("GITHUB_STEP_SUMMARY")).expect("the summary");
    assert_eq!(summary.trim(), markdown.trim());
}

#[test]
fn the_github_action_takes_its_inputs() {
    let repository = Repository::new(COMPATIBLE);
    let base = [("GITHUB_BASE_REF", "main")];
    let (output, outputs) = action(&repository, &[], &base);
    assert!(output.status.success() && outputs.starts_with("exit-code=0\n"), "{}", shown(&output));
    let inputs =
        [("mode", "none"), ("profile", "confluent"), ("new", "schemas"), ("against", "git:HEAD"), ("sarif", "out/a.sarif")];
    let (output, _) = action(&repository, &inputs, &[]);
    assert!(output.status.success(), "{}", shown(&output));
    report_schemas::sarif(&repository.read("out/a.sarif"));
    // Without a pull request and a baseline there is nothing to compare with.
    let (output, _) = action(&repository, &[], &[]);
    assert!(output.status.code() == Some(2) && shown(&output).contains("::error::this is no pull request"), "{}", shown(&output));
    // More arguments are words, never commands.
    let (output, _) = action(&repository, &[("args", "--notes --fail-on info --against $(touch,evil)")], &base);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(!repository.work.join("evil").exists() && !repository.work.join(",evil").exists());
    let (output, _) = action(&Repository::new(BREAKING), &[("args", "--mode none --fail-on info")], &base);
    assert!(output.status.success(), "{}", shown(&output));
}

#[test]
fn the_hooks_for_pre_commit_run() {
    let hooks = file(".pre-commit-hooks.yaml");
    let hooks = hooks.as_sequence().expect("a list of hooks");
    let entry = |id: &str| {
        let hook = hooks.iter().find(|hook| text(hook, "id") == id).unwrap_or_else(|| panic!("no hook {id}"));
        assert!(text(hook, "language") == "system" && hook.get("pass_filenames").and_then(Node::as_bool) == Some(false));
        text(hook, "entry").to_owned()
    };
    let none = BTreeMap::new();
    assert_eq!(hooks.len(), 2, "a hook that is not tested");
    let (good, bad) = (Repository::new(COMPATIBLE), Repository::new(BREAKING));
    for (repository, code) in [(&good, 0), (&bad, 1)] {
        let output = repository.bash(&entry("eventpact-check"), &none);
        assert_eq!(output.status.code(), Some(code), "{}", shown(&output));
    }
    assert_eq!(good.bash(&entry("eventpact-validate"), &none).status.code(), Some(0));
    fs::write(bad.work.join("schemas/order.avsc"), r#"{"type": "record", "name": "Order"}"#).expect("a schema");
    assert_eq!(bad.bash(&entry("eventpact-validate"), &none).status.code(), Some(1));
}

#[test]
fn the_job_for_gitlab_runs() {
    let job = file("examples/ci/gitlab-ci.yml");
    let job = job.get("eventpact").expect("the job");
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    for variable in &job.get("variables").and_then(Node::as_mapping).expect("variables").entries {
        env.insert(variable.key.clone(), variable.value.as_str().expect("a text").to_owned());
    }
    env.insert("GITLAB_CI".to_owned(), "true".to_owned());
    env.insert("CI_MERGE_REQUEST_TARGET_BRANCH_NAME".to_owned(), "main".to_owned());
    let lines = |key: &str| job.get(key).and_then(Node::as_sequence).expect("a script").iter().filter_map(Node::as_str);
    let script: Vec<&str> = lines("before_script").chain(lines("script")).collect();
    let script = script.join("\n");
    for (now, code) in [(COMPATIBLE, 0), (BREAKING, 1)] {
        let repository = Repository::new(now);
        env.insert("CI_PROJECT_DIR".to_owned(), repository.work.display().to_string());
        let output = repository.bash(&script, &env);
        assert_eq!(output.status.code(), Some(code), "{}", shown(&output));
        let reports = job.get("artifacts").and_then(|artifacts| artifacts.get("reports")).expect("reports");
        report_schemas::gitlab(&repository.read(text(reports, "codequality")), usize::try_from(code).expect("a count"));
        report_schemas::junit(&repository.read(text(reports, "junit")));
        assert!(repository.read("eventpact.md").starts_with("<!-- eventpact -->"));
    }
}
