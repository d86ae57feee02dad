//! `compat/RULES.md` is made from the pages at the top of the rules, and is up to date; `BLESS=1` writes it.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::fmt::Write as _;

use eventpact_compat::protobuf::buf;
use eventpact_compat::rule::{self, RuleInfo};
use eventpact_tests::{expect_text, root};

const HEAD: &str = "# Rules of compatibility

Made from the pages at the top of the rules (`cargo xtask bless rules_document`). `eventpact explain ID` prints one of them,
`eventpact rules` lists all. *Breaks* tells what suffers: the bytes on the wire, the JSON form, generated source, or the contract
between services. *Severity* is the worst that the rule gives; `eventpact.toml` can set another.
";

const FORMATS: [(&str, &str, &str); 5] = [
    ("avro", "Avro", ""),
    ("json-schema", "JSON Schema", ""),
    ("protobuf", "Protobuf", ""),
    ("asyncapi", "AsyncAPI", ""),
    ("buf", "Protobuf, in the profiles of buf", "With `--profile buf:CATEGORY` only; findings are errors.\n\n"),
];

fn format(rule: &RuleInfo) -> &'static str {
    let prefix = rule.id.split_once('/').map_or("buf", |(prefix, _)| prefix);
    FORMATS.iter().find(|(own, ..)| *own == prefix).unwrap_or_else(|| panic!("{} is of no format", rule.id)).0
}

fn document() -> String {
    let rules = rule::all();
    let mut out = HEAD.to_owned();
    for (format_name, title, about) in FORMATS {
        let own: Vec<&RuleInfo> = rules.iter().filter(|rule| format(rule) == format_name).collect();
        write!(out, "\n## {title}\n\n{about}").unwrap();
        for rule in &own {
            writeln!(out, "- [{0}](#{1}): {2}", rule.id, anchor(rule.id), rule.summary).unwrap();
        }
        let mut done = BTreeSet::new();
        for rule in &own {
            // Rules that differ in one word share a file, and so a page.
            if !done.insert(rule.source) {
                continue;
            }
            for same in own.iter().filter(|other| other.source == rule.source) {
                write!(out, "\n<a id=\"{}\"></a>\n\n### {}\n\n{}. ", anchor(same.id), same.id, same.summary).unwrap();
                write!(out, "Breaks: {}. Severity: {}.", same.breaks.as_str(), same.severity().as_str()).unwrap();
                let categories: Vec<String> = buf::categories(same.id).iter().map(ToString::to_string).collect();
                if !categories.is_empty() {
                    write!(out, " Categories: {}.", categories.join(", ")).unwrap();
                }
                out.push('\n');
            }
            write!(out, "\n{}\n", rule.page()).unwrap();
        }
    }
    out
}

/// GitHub makes anchors of headings in its own way; these are ours and stay.
fn anchor(id: &str) -> String {
    id.replace('/', "-")
}

#[test]
fn the_document_of_the_rules_is_up_to_date() {
    let document = document();
    for rule in rule::all() {
        assert_eq!(document.matches(&format!("<a id=\"{}\"></a>", anchor(rule.id))).count(), 1, "one anchor for {}", rule.id);
        assert!(document.contains(&rule.page()), "the page of {}", rule.id);
    }
    expect_text(&root().join("compat/RULES.md"), &document);
}
