//! Every renderer over one report: `tests/diagnostics/report`. `BLESS=1` rewrites what is expected.

use eventpact_contract::diagnostic::{
    self, Diagnostic, Options, Project, RulePage, Severity, Witness, github, gitlab, json, junit, markdown, sarif, text,
};
use eventpact_contract::source::{FileId, Sources, Span};
use eventpact_tests::{expect_text, folder};
use serde_json::Value;

mod report_schemas;

fn place(sources: &Sources, file: FileId, words: &str) -> Span {
    let at = sources.file(file).text().find(words).expect("the words are in the file");
    Span::new(file, at, at + words.len())
}

fn report() -> (Sources, Vec<Diagnostic>) {
    let case = folder("diagnostics/report");
    let mut sources = Sources::new();
    let mut add = |name: &str| sources.add(name, std::fs::read_to_string(case.join(name)).expect("a file of the case"));
    let (old, new) = (add("old.avsc"), add("new.avsc"));
    let mut missing = Diagnostic::error(
        "avro/field-without-default",
        place(&sources, new, "\"currency\""),
        "the reader wants `currency`, the writer does not send it, and there is no default",
    )
    .with_label("new field")
    .with_related(place(&sources, old, "[\n"), "the fields that the writer has")
    .with_help("give the field a default, for example `\"default\": \"EUR\"`")
    .with_about("OrderPlaced /fields/1");
    missing.witness = Some(Witness {
        json: r#"{"id":"a","état":"NEW"}"#.into(),
        hex: Some("026100".into()),
        reader_error: "found OrderPlaced, expecting OrderPlaced, missing required field currency".to_owned(),
    });
    let symbol = Diagnostic::error("avro/enum-symbol-removed", place(&sources, new, "[\"NEW\"]"), "`PAID` can no longer be read")
        .with_related(place(&sources, old, "\"PAID\""), "was here");
    let note = Diagnostic::new("avro/about", Severity::Info, Span::start_of(new), "this schema has no documentation");
    let late = Diagnostic::warning("avro/name", place(&sources, new, "\"état\""), "names are letters, digits and `_`");
    let mut diagnostics = vec![late, symbol, missing, note.clone(), note];
    diagnostic::sort(&mut diagnostics, &sources);
    (sources, diagnostics)
}

fn options() -> Options<'static> {
    Options { verdict: "incompatible", color: false, explained: |id| id == "avro/field-without-default" }
}

#[test]
fn text_for_people() {
    let (sources, diagnostics) = report();
    expect_text(&folder("diagnostics/report/expected.txt"), &text::render(&diagnostics, &sources, &options()));
}

#[test]
fn text_with_colours_says_the_same() {
    let (sources, diagnostics) = report();
    let plain = text::render(&diagnostics, &sources, &options());
    let coloured = text::render(&diagnostics, &sources, &Options { color: true, ..options() });
    assert!(coloured.contains("\u{1b}[1;31merror[avro/enum-symbol-removed]\u{1b}[0m"));
    let stripped: String = coloured
        .split('\u{1b}')
        .enumerate()
        .map(|(n, part)| if n == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    let trim = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trim(&stripped), trim(&plain));
}

#[test]
fn json_for_programs() {
    let (sources, diagnostics) = report();
    expect_text(&folder("diagnostics/report/expected.json"), &json::render(&diagnostics, &sources, &options()));
    let empty = json::render(&[], &sources, &Options { verdict: "compatible", ..options() });
    assert_eq!(empty, "{\n  \"verdict\": \"compatible\",\n  \"findings\": []\n}\n");
}

fn project(documents: &[String]) -> Project<'_> {
    Project {
        root: "/work/shop/",
        base: "schemas/",
        documents,
        fails: Severity::Error,
        exit_code: 1,
        version: "0.1.0",
        rule: |id| {
            (id == "avro/field-without-default").then(|| RulePage {
                summary: "a field that only the reader has needs a default".to_owned(),
                page: "What it finds.\n\nWhy it breaks.".to_owned(),
                severity: Some(Severity::Error),
            })
        },
    }
}

fn documents() -> Vec<String> {
    ["new.avsc", "valid.avsc"].map(str::to_owned).to_vec()
}

#[test]
fn sarif_for_code_scanning() {
    let (sources, diagnostics) = report();
    let text = sarif::render(&diagnostics, &sources, &project(&documents()));
    expect_text(&folder("diagnostics/report/expected.sarif"), &text);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let results = report["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), diagnostics.len());
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("an index");
        let rule = &report["runs"][0]["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    report_schemas::sarif(&text);
    report_schemas::sarif(&sarif::render(&[], &sources, &project(&[])));
}

#[test]
fn annotations_for_github() {
    let (sources, diagnostics) = report();
    let text = github::render(&diagnostics, &sources, &project(&documents()));
    expect_text(&folder("diagnostics/report/expected.github.txt"), &text);
    assert_eq!(github::render(&[], &sources, &project(&[])), "");
}

#[test]
fn junit_for_test_reports() {
    let (sources, diagnostics) = report();
    let text = junit::render(&diagnostics, &sources, &project(&documents()));
    expect_text(&folder("diagnostics/report/expected.junit.xml"), &text);
    report_schemas::junit(&text);
    report_schemas::junit(&junit::render(&[], &sources, &project(&[])));
}

#[test]
fn code_quality_for_gitlab() {
    let (sources, diagnostics) = report();
    let text = gitlab::render(&diagnostics, &sources, &project(&documents()));
    expect_text(&folder("diagnostics/report/expected.gitlab.json"), &text);
    report_schemas::gitlab(&text, diagnostics.len());
    assert_eq!(gitlab::render(&[], &sources, &project(&[])), "[]\n");
}

#[test]
fn markdown_for_pull_requests() {
    let (sources, diagnostics) = report();
    let text = markdown::render(&diagnostics, &sources, &options(), &project(&documents()));
    expect_text(&folder("diagnostics/report/expected.md"), &text);
}

#[test]
fn markdown_fits_into_a_comment() {
    let (sources, diagnostics) = report();
    let many = |n: usize| {
        let mut found = diagnostics[n % diagnostics.len()].clone();
        found.message = format!("{n}: {} \\|*_`", found.message.repeat(5));
        found
    };
    let many: Vec<Diagnostic> = (0..3000).map(many).collect();
    let text = markdown::render(&many, &sources, &options(), &project(&documents()));
    assert!(text.chars().count() < 65_536 && text.len() < 65_536, "{} bytes", text.len());
    assert!(text.starts_with("<!-- eventpact -->\n### ❌ Eventpact: incompatible\n"), "the verdict comes first");
    assert_eq!(text.matches("**Cut here:**").count(), 2, "the table and the details say what is left out");
    let few = markdown::render(&many[..5], &sources, &options(), &project(&documents()));
    assert!(!few.contains("Cut here"), "{few}");
}

/// Findings whose every text wants to be more than text.
fn hostile() -> (Sources, Vec<Diagnostic>) {
    let evil = "%0A::error::x\r\n::set-env name=A::b\n]]> <script>\u{1b}[2J\u{0}\u{ffff}\u{202e} | ``` @everyone #1 [a](b) {0} \
                https://evil.example www.evil.example ![i](j) &amp; \"'";
    let mut sources = Sources::new();
    let name = |n: usize| format!("a,b:c%2C\u{1b}[31m\n::warning::{n}|`x` <b>/[x](y)]]>.yaml");
    let (file, other) = (sources.add(name(1), format!("key: {evil}\n")), sources.add(name(2), evil.repeat(50)));
    let at = |file, start, end| Span::new(file, start, end);
    let mut found = Diagnostic::error("x/y", at(file, 5, 60), evil).with_label(evil).with_help(evil).with_about(evil);
    found = found.with_related(at(other, 0, 1000), evil);
    found.witness = Some(Witness { json: evil.into(), hex: Some(evil.into()), reader_error: format!("````\n{evil}\n````") });
    let warning = Diagnostic::warning("x/z", at(other, 3, 4), evil.repeat(500));
    let mut diagnostics = vec![found.clone(), found, warning];
    diagnostics[1].primary.span = at(file, 6, 7);
    (sources, diagnostics)
}

#[test]
fn hostile_text_stays_text() {
    let (sources, diagnostics) = hostile();
    let documents = [sources.iter().next().expect("a file").1.name().to_owned()];
    let project = project(&documents);
    let text = text::render(&diagnostics, &sources, &options());
    let github = github::render(&diagnostics, &sources, &project);
    let junit = junit::render(&diagnostics, &sources, &project);
    let gitlab = gitlab::render(&diagnostics, &sources, &project);
    let markdown = markdown::render(&diagnostics, &sources, &options(), &project);
    let sarif = sarif::render(&diagnostics, &sources, &project);
    for (name, text) in [("text", &text), ("github", &github), ("junit", &junit), ("gitlab", &gitlab), ("markdown", &markdown)] {
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}' && name != "junit";
        assert!(!text.contains(steers), "{name} lets a control character through");
    }
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::") && !line.trim_start().starts_with("::: ")), "{text}");
    assert_eq!(github.lines().count(), diagnostics.len(), "{github}");
    for line in github.lines() {
        assert!(
            line.starts_with("::error file=schemas/a%2Cb%3Ac%252C") || line.starts_with("::warning file=schemas/a"),
            "{line}"
        );
    }
    let rows = markdown.lines().take_while(|line| !line.starts_with("<details>")).filter(|line| line.starts_with('|'));
    assert_eq!(rows.count(), diagnostics.len() + 2, "{markdown}");
    let events = pulldown_cmark::Parser::new_ext(&markdown, pulldown_cmark::Options::ENABLE_TABLES);
    for event in events {
        use pulldown_cmark::{Event, Tag};
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in {markdown}"),
            Event::Html(html) | Event::InlineHtml(html) if html.trim() != "<!-- eventpact -->" => {
                let tag = html.trim_start_matches(['<', '/']);
                assert!(["code>", "details>", "summary>", "/details"].iter().any(|t| tag.starts_with(t)), "{html}");
            }
            _ => {}
        }
    }
    report_schemas::junit(&junit);
    report_schemas::sarif(&sarif);
    report_schemas::gitlab(&gitlab, diagnostics.len());
}
