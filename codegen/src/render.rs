//! Handlebars for what is not Rust: manifests and READMEs. Texts of a contract are escaped by the helper of their language.

use std::fmt::Write;

use eventpact_templates::Template;
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};
use serde::Serialize;

use crate::comments::sanitise;
use crate::error::CodegenError;

/// Fills a template.
///
/// `{{toml x}}` is a TOML string with its quotes, `{{line x}}` one line of Markdown, `{{x}}` the text as it is.
pub(crate) fn render(template: &Template, data: &impl Serialize) -> Result<String, CodegenError> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(handlebars::no_escape);
    engine.register_helper("toml", Box::new(toml));
    engine.register_helper("line", Box::new(line));
    let failed = |reason: String| CodegenError::Template { template: template.name.to_owned(), reason };
    engine.render_template(template.text, data).map_err(|e| failed(e.to_string()))
}

fn text<'a>(helper: &'a Helper<'_>) -> &'a str {
    helper.param(0).and_then(|p| p.value().as_str()).unwrap_or_default()
}

fn toml(h: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output) -> HelperResult {
    Ok(out.write(&toml_string(text(h)))?)
}

fn line(h: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output) -> HelperResult {
    Ok(out.write(&sanitise(text(h)).join(" "))?)
}

/// A basic string of TOML.
pub(crate) fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        assert_eq!(toml_string("a\"\n[dependencies]\\"), r#""a\"\u000A[dependencies]\\""#);
    }
}
