//! Every renderer over one report: `tests/diagnostics/report`. `BLESS=1` rewrites what is expected.

use eventpact_contract::diagnostic::{self, Diagnostic, Options, Severity, Witness, json, text};
use eventpact_contract::source::{FileId, Sources, Span};
use eventpact_tests::{expect_text, folder};

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
        json: r#"{"id":"a","état":"NEW"}"#.to_owned(),
        hex: Some("026100".to_owned()),
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
