//! `tests/asyncapi-rules/<rule>`: a document in which the rule finds something (`fires.yaml`), the nearest one in which it does
//! not (`silent.yaml`), and what is shown (`expected.txt`).

use std::path::Path;

use eventpact_contract::diagnostic::{Diagnostic, Options, text};
use eventpact_contract::load::load;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;
use eventpact_tests::{Folder, cases, expect_text};

fn found(case: &Path, file: &str, rule: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let (_, mut found) = load(&mut sources, &Folder(case.to_owned()), file);
    let id = |d: &Diagnostic| d.id.trim_start_matches("asyncapi/") == rule;
    // A case is about its rule alone: nothing else may be wrong in it, apart from what the rule leads to.
    found.retain(|d| id(d) || d.id == "yaml/syntax" || d.id == "asyncapi-document-resolved");
    (sources, found)
}

#[test]
fn every_rule_fires_and_is_silent_on_the_nearest_document() {
    let mut rules = 0;
    for case in cases("asyncapi-rules") {
        let rule = case.file_name().and_then(|name| name.to_str()).expect("the name of a rule").to_owned();
        let known = rule::all().iter().any(|r| r.id.trim_start_matches("asyncapi/") == rule);
        assert!(known, "{rule} is no rule");
        let (sources, fires) = found(&case, "fires.yaml", &rule);
        assert!(fires.iter().any(|d| d.id.trim_start_matches("asyncapi/") == rule), "{rule} does not fire");
        let options = Options { verdict: "invalid", color: false, explained: |_| false };
        expect_text(&case.join("expected.txt"), &text::render(&fires, &sources, &options));
        let (sources, silent) = found(&case, "silent.yaml", &rule);
        assert!(silent.is_empty(), "{rule} is not silent:\n{}", text::render(&silent, &sources, &options));
        rules += 1;
    }
    assert!(rules > 0);
}
