//! The documentation of the shop as golden files, and the promises of the HTML page: nothing from elsewhere, no script, every
//! link leads somewhere, hostile texts stay texts.

use std::collections::BTreeSet;

use eventpact_codegen::GeneratedFile;
use eventpact_codegen::files::is_safe_path;
use eventpact_codegen::targets::docs::{MARK, docs};
use eventpact_contract::load::load_contract;
use eventpact_contract::source::{Memory, Reader, Sources};
use eventpact_tests::{Folder, expect_text, folder, root};

fn documented(reader: &dyn Reader) -> Vec<GeneratedFile> {
    let contract = load_contract(&mut Sources::new(), reader, "asyncapi.yaml").0.expect("a contract");
    docs(&contract).expect("the documentation")
}

#[test]
fn the_shop() {
    let files = documented(&Folder(root().join("specs/shop")));
    let expected = folder("docs/shop");
    if std::env::var_os("BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&expected);
    }
    for file in &files {
        assert!(is_safe_path(&file.path) && file.text.contains(MARK), "{}", file.path);
        expect_text(&expected.join(&file.path), &file.text);
    }
    let written: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for dir in ["", "channels", "messages"] {
        for entry in std::fs::read_dir(expected.join(dir)).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
            let name = entry.file_name().into_string().expect("a name");
            let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
            assert!(written.contains(path.as_str()), "{path} is expected and not written");
        }
    }
}

fn is_markdown(file: &GeneratedFile) -> bool {
    std::path::Path::new(&file.path).extension().is_some_and(|extension| extension == "md")
}

/// The values of an attribute.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_its_links_lead_somewhere() {
    let files = documented(&Folder(root().join("specs/shop")));
    let html = &files.iter().find(|file| file.path == "index.html").expect("the page").text;
    for forbidden in ["<script", "<img", "<link", "<iframe", "@import", "url(", "src=", "javascript:"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    let ids: Vec<&str> = attributes(html, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id is there twice");
    let links = attributes(html, "href");
    assert!(links.len() > 40);
    for link in links {
        let target = link.strip_prefix('#').expect("the shop's page links to itself only");
        assert!(unique.contains(target), "{link} leads nowhere");
    }
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for file in files.iter().filter(|file| is_markdown(file)) {
        for link in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = match link.strip_prefix("../") {
                Some(up) => up.to_owned(),
                None if file.path.contains('/') => format!("channels/{link}"),
                None => link.to_owned(),
            };
            assert!(paths.contains(target.as_str()), "{}: {link} leads nowhere", file.path);
        }
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = r#"<script>alert(1)</script>\"|`*_[x](javascript:y)\n# h\n"#;
    let text = format!(
        r#"{{"asyncapi":"3.0.0","info":{{"title":"{evil}","version":"{evil}","description":"{evil}"}},
        "channels":{{"../..{evil}":{{"address":"{evil}","summary":"{evil}","description":"{evil}","messages":{{"{evil}":{{
          "name":"{evil}","contentType":"{evil}","description":"{evil}","bindings":{{"x-{evil}":{{"{evil}":"{evil}"}}}},
          "examples":[{{"name":"{evil}","payload":{{"a":"{evil}"}}}}],
          "payload":{{"type":"object","description":"{evil}","properties":{{"{evil}":{{"type":"string","description":"{evil}","default":"{evil}","const":"{evil}"}}}}}}}}}}}}}}}}"#
    );
    let files = documented(&Memory([("asyncapi.yaml".to_owned(), text)].into()));
    for file in &files {
        assert!(is_safe_path(&file.path), "{}", file.path);
        assert!(is_markdown(file) || !file.text.contains("<script"), "{}", file.text);
        for event in pulldown_cmark::Parser::new_ext(&file.text, pulldown_cmark::Options::ENABLE_TABLES) {
            use pulldown_cmark::{Event, Tag};
            let is_page = !is_markdown(file);
            let is_html = matches!(event, Event::Html(_) | Event::InlineHtml(_));
            assert!(is_page || !is_html, "{}: {event:?}\n{}", file.path, file.text);
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &event {
                assert!(
                    is_page || std::path::Path::new(&**dest_url).extension().is_some_and(|e| e == "md"),
                    "{}: {dest_url}\n{}",
                    file.path,
                    file.text
                );
            }
        }
    }
    assert_eq!(files.len(), 4);
}
