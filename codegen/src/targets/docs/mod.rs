//! A contract as documentation: Markdown for repositories (one page each for the contract, its channels and its messages), and
//! one HTML page that needs nothing else: no script, no font, no picture from elsewhere.

mod escape;
mod example;
mod failure;
mod view;

use eventpact_contract::model::Contract;
use eventpact_templates::{Template, docs as templates};
use handlebars::Handlebars;
use serde::Serialize;

use crate::error::CodegenError;
use crate::files::GeneratedFile;
use view::Page;

/// Stands in every page: by it a page is recognised that may be written again.
pub const MARK: &str = "Written by Eventpact";

/// Writes the documentation: `README.md`, `channels/*.md`, `messages/*.md` and `index.html`, sorted by path. Pure: the same
/// contract gives the same files, byte for byte.
///
/// All texts of the contract are escaped; CommonMark in descriptions is kept, without its HTML, pictures and `javascript:` links.
///
/// # Errors
/// When a template does not fit its data: a mistake in this program.
pub fn docs(contract: &Contract) -> Result<Vec<GeneratedFile>, CodegenError> {
    let page = view::page(contract);
    let mut files = vec![
        GeneratedFile::new("index.html", html(&page)?),
        GeneratedFile::new("README.md", markdown(&templates::OVERVIEW, &page)?),
    ];
    for channel in &page.channels {
        files.push(GeneratedFile::new(format!("channels/{}.md", channel.slug), markdown(&templates::CHANNEL, channel)?));
    }
    for message in &page.messages {
        files.push(GeneratedFile::new(format!("messages/{}.md", message.slug), markdown(&templates::MESSAGE, message)?));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn html(page: &Page) -> Result<String, CodegenError> {
    let mut engine = Handlebars::new();
    engine.register_helper("commonmark", Box::new(escape::commonmark_helper));
    partial(&mut engine, &templates::HTML_TABLE)?;
    partial(&mut engine, &templates::HTML_BINDINGS)?;
    partial(&mut engine, &templates::HTML_STYLE)?;
    fill(engine, &templates::HTML, page)
}

fn markdown(template: &Template, data: &impl Serialize) -> Result<String, CodegenError> {
    let mut engine = Handlebars::new();
    engine.register_escape_fn(escape::markdown);
    engine.register_helper("block", Box::new(escape::block_helper));
    engine.register_helper("code", Box::new(escape::code_helper));
    engine.register_helper("fence", Box::new(escape::fence_helper));
    partial(&mut engine, &templates::MARKDOWN_TABLE)?;
    partial(&mut engine, &templates::MARKDOWN_BINDINGS)?;
    let text = fill(engine, template, data)?;
    Ok(without_blank_runs(&text))
}

fn partial(engine: &mut Handlebars<'_>, template: &Template) -> Result<(), CodegenError> {
    let name = template.name.rsplit('/').next().unwrap_or(template.name).trim_end_matches(".hbs");
    engine.register_partial(name, template.text).map_err(|error| failed(template, &error.to_string()))
}

fn fill(mut engine: Handlebars<'_>, template: &Template, data: &impl Serialize) -> Result<String, CodegenError> {
    engine.set_strict_mode(true);
    engine.render_template(template.text, data).map_err(|error| failed(template, &error.to_string()))
}

fn failed(template: &Template, reason: &str) -> CodegenError {
    CodegenError::Template { template: template.name.to_owned(), reason: reason.to_owned() }
}

/// At most one blank line in a row outside of code, and none at the ends: templates leave more where a part is absent.
fn without_blank_runs(text: &str) -> String {
    let mut out = String::new();
    let mut blank = true;
    let mut fence = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if *open == line => fence = None,
            _ => {}
        }
        if line.trim().is_empty() && fence.is_none() {
            if !blank {
                out.push('\n');
            }
            blank = true;
        } else {
            out.push_str(line.trim_end());
            out.push('\n');
            blank = false;
        }
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}
