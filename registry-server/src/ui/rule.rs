//! The page of a rule: what it finds, why it breaks, what to do instead.

use askama::Template;

use super::shell::Shell;
use super::{Asked, Reply};
use crate::error::ApiError;

#[derive(Template)]
#[template(path = "rule.html")]
struct Page {
    shell: Shell,
    id: &'static str,
    summary: &'static str,
    breaks: &'static str,
    severity: &'static str,
    paragraphs: Vec<Vec<Part>>,
}

/// A part of a paragraph.
struct Part {
    is_code: bool,
    text: String,
}

/// Splits a paragraph at its back quotes.
fn parts(paragraph: &str) -> Vec<Part> {
    let parts = paragraph.split('`').enumerate();
    parts.map(|(index, text)| Part { is_code: index % 2 == 1, text: text.to_owned() }).collect()
}

/// `GET /ui/rule?id=avro/field-without-default`
pub(super) fn show(asked: &Asked) -> Result<Reply, ApiError> {
    let wanted = asked.query.get("id").unwrap_or("");
    let rule = eventpact_compat::rule::all().into_iter().find(|rule| rule.id == wanted).ok_or_else(ApiError::no_such_route)?;
    let page = rule.page();
    let paragraphs = page.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(parts);
    Reply::page(&Page {
        shell: asked.shell(rule.id, ""),
        id: rule.id,
        summary: rule.summary,
        breaks: rule.breaks.as_str(),
        severity: rule.severity().as_str(),
        paragraphs: paragraphs.collect(),
    })
}
