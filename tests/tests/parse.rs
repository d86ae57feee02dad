//! `tests/parse/{yaml,asyncapi}/<case>`: a document and what is found in it, and what was understood of it.

use std::fmt::Write;
use std::path::Path;

use eventpact_contract::diagnostic::{Options, has_errors, text};
use eventpact_contract::load::{Document, load};
use eventpact_contract::model::Contract;
use eventpact_contract::source::Sources;
use eventpact_tests::{Folder, cases, expect_text, root};

fn check(case: &Path) {
    let input = ["asyncapi.yaml", "input.yaml", "input.json"].into_iter().find(|name| case.join(name).is_file());
    let mut sources = Sources::new();
    let (document, found) = load(&mut sources, &Folder(case.to_owned()), input.expect("a case has its input"));
    let verdict = if has_errors(&found) { "invalid" } else { "valid" };
    let mut actual = text::render(&found, &sources, &Options { verdict, color: false, explained: |_| false });
    if let Some(Document::Contract(contract)) = document {
        actual.push('\n');
        actual.push_str(&outline(&contract));
    }
    expect_text(&case.join("expected.txt"), &actual);
}

/// What was understood, in a few lines.
fn outline(contract: &Contract) -> String {
    let mut out = format!("{} {}\n", contract.info.title, contract.info.version);
    for channel in &contract.channels {
        let _ = writeln!(out, "channel {} = {}", channel.key, channel.address.as_deref().unwrap_or("?"));
        for parameter in &channel.parameters {
            let _ = writeln!(out, "  parameter {} {:?}", parameter.name, parameter.allowed);
        }
        for message in &channel.messages {
            let format = message.payload.as_ref().map(|payload| {
                let read = payload.schema.as_ref().map_or("not read", |schema| schema.format().as_str());
                format!("{} ({read})", payload.schema_format)
            });
            let headers = if message.headers.is_some() { " + headers" } else { "" };
            let _ = writeln!(out, "  message {}: {}{headers}", message.name(), format.as_deref().unwrap_or("-"));
        }
    }
    for operation in &contract.operations {
        let channel = contract.channels.get(operation.channel).map_or("?", |channel| &channel.key);
        let _ = writeln!(out, "{} {} {channel} {:?}", operation.key, operation.action.as_str(), operation.messages);
        if let Some(retry) = &operation.retry {
            let _ = writeln!(out, "  retry {} {:?}", retry.max_attempts, retry.backoff);
        }
        if let Some(dead) = &operation.dead_letter {
            let _ =
                writeln!(out, "  dead letters to {}", contract.channels.get(dead.channel).map_or("?", |channel| &channel.key));
        }
    }
    out
}

#[test]
fn yaml() {
    for case in cases("parse/yaml") {
        check(&case);
    }
}

#[test]
fn asyncapi() {
    for case in cases("parse/asyncapi") {
        check(&case);
    }
}

#[test]
fn the_shop_is_valid() {
    for name in ["shop", "shop-next"] {
        let mut sources = Sources::new();
        let (document, mut found) = load(&mut sources, &Folder(root().join("specs").join(name)), "asyncapi.yaml");
        // The next version has a channel that nobody uses yet.
        found.retain(|d| d.id != "asyncapi/channel-without-operation");
        assert!(
            found.iter().all(|found| found.id == "asyncapi-latest-version"),
            "{}",
            text::render(&found, &sources, &Options { verdict: "", color: false, explained: |_| false })
        );
        let Some(Document::Contract(contract)) = document else { panic!("{name} is no contract") };
        let payloads =
            contract.channels.iter().flat_map(|c| &c.messages).map(|m| m.payload.as_ref().and_then(|p| p.schema.as_ref()));
        assert!(payloads.clone().count() >= 6 && payloads.into_iter().all(|schema| schema.is_some()), "{name}");
    }
}
