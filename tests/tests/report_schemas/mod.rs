//! The official schemas of report formats. `cargo xtask test` fetches them and says where they are; without them a line says so.

#![allow(clippy::print_stdout)] // tests talk to the person who runs them

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A file that an environment variable names.
fn schema(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if path.is_none() {
        println!("SKIPPED: no {what} ({variable} names its file; `cargo xtask test` fetches it)");
    }
    path
}

/// Judges a SARIF report with the schema of OASIS.
pub(crate) fn sarif(text: &str) {
    let report: Value = serde_json::from_str(text).expect("a SARIF report is JSON");
    let Some(path) = schema("EVENTPACT_TEST_SARIF_SCHEMA", "SARIF schema") else { return };
    let schema: Value = serde_json::from_slice(&std::fs::read(path).expect("the schema")).expect("the schema is JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{}] });
    assert!(!validator.is_valid(&broken), "the schema tells right from wrong");
}

const CHECK_XML: &str = "
import sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
document = etree.fromstring(sys.stdin.buffer.read())
if not schema.validate(document):
    sys.exit('\\n'.join(str(error) for error in schema.error_log))
";

/// Judges a JUnit report with the schema of Jenkins.
pub(crate) fn junit(text: &str) {
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{text}");
    let Some(path) = schema("EVENTPACT_TEST_JUNIT_SCHEMA", "JUnit schema") else { return };
    let Some(python) = schema("EVENTPACT_TEST_PYTHON", "Python with lxml") else { return };
    let mut child = Command::new(python)
        .args(["-c", CHECK_XML])
        .arg(path)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python can be started");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text.as_bytes()).expect("the report is taken");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}

/// Checks the fields that GitLab documents for Code Quality reports, and that no fingerprint is there twice.
pub(crate) fn gitlab(text: &str, findings: usize) {
    let report: Value = serde_json::from_str(text).expect("a Code Quality report is JSON");
    let report = report.as_array().expect("a list");
    assert_eq!(report.len(), findings);
    let mut fingerprints = std::collections::BTreeSet::new();
    for found in report {
        for field in ["description", "check_name", "fingerprint", "severity"] {
            assert!(found[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {found}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&found["severity"].as_str().expect("a text")));
        let path = found["location"]["path"].as_str().expect("a path");
        assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
        assert!(found["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0), "{found}");
        assert!(fingerprints.insert(found["fingerprint"].to_string()), "{found} has the fingerprint of another");
    }
}
