//! Texts of a contract in Markdown and HTML: nothing in them becomes markup that the author of the page did not write.

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn text<'a>(helper: &'a Helper<'_>) -> &'a str {
    helper.param(0).and_then(|param| param.value().as_str()).unwrap_or_default()
}

macro_rules! helper {
    ($(#[$doc:meta])* $name:ident, $function:ident) => {
        $(#[$doc])*
        pub(super) fn $name(
            helper: &Helper<'_>,
            _: &Handlebars<'_>,
            _: &Context,
            _: &mut RenderContext<'_, '_>,
            out: &mut dyn Output,
        ) -> HelperResult {
            Ok(out.write(&$function(text(helper)))?)
        }
    };
}

helper!(
    /// `{{commonmark x}}`: a description as HTML.
    commonmark_helper, commonmark
);
helper!(
    /// `{{block x}}`: a description as Markdown of its own lines.
    block_helper, block
);
helper!(
    /// `{{code x}}`: a code span, also in a table.
    code_helper, code
);
helper!(
    /// `{{fence x}}`: a block of JSON.
    fence_helper, fence
);

/// One line of Markdown that shows the text as it is, also in a table.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => out.extend(['\\', c]),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A code span with more backticks than the text has in a row.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{}{space}{ticks}", text.replace('|', "\\|"))
}

fn fence(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text).max(2) + 1);
    format!("{ticks}json\n{}\n{ticks}", text.trim_end())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// CommonMark of a contract inside of a Markdown page: its HTML, its pictures and its unsafe links are shown as text, its
/// headings stand below those of the page.
fn block(text: &str) -> String {
    let mut text: String =
        text.trim().chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c }).collect();
    // To escape one link can make a link of what was around it: look again.
    for _ in 0..8 {
        let edits = edits(&text);
        if edits.is_empty() {
            return deeper_headings(&text);
        }
        for (at, insert, replaced) in edits.into_iter().rev() {
            text.replace_range(at..at + replaced, insert);
        }
    }
    text.lines().map(markdown).collect::<Vec<_>>().join("\n")
}

/// Where the text must change so that no HTML, no picture and no unsafe link is left: offset, new text, length of the old one.
fn edits(text: &str) -> Vec<(usize, &'static str, usize)> {
    let mut edits = Vec::new();
    let mut open = |range: std::ops::Range<usize>, c: char, insert, replaced| {
        let part = text.get(range.clone()).unwrap_or("");
        edits.extend(part.match_indices(c).map(|(n, _)| (range.start + n, insert, replaced)));
    };
    for (event, range) in Parser::new_ext(text, extensions()).into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => open(range, '<', "&lt;", 1),
            Event::Start(Tag::Image { .. }) => open(range.start..range.start + 1, '!', "&#33;", 1),
            Event::Start(Tag::Link { dest_url, .. }) if !is_safe_link(&dest_url) => {
                open(range.start..range.start + 1, '[', "\\", 0);
                open(range.start..range.start + 1, '<', "&lt;", 1);
            }
            _ => {}
        }
    }
    edits.sort_unstable();
    edits.dedup();
    edits
}

/// Three levels down: the page has its own headings.
fn deeper_headings(text: &str) -> String {
    let mut out = text.to_owned();
    let parser = Parser::new_ext(text, extensions()).into_offset_iter();
    let headings: Vec<usize> =
        parser.filter(|(event, _)| matches!(event, Event::Start(Tag::Heading { .. }))).map(|(_, range)| range.start).collect();
    for start in headings.into_iter().rev() {
        if out.get(start..).is_some_and(|rest| rest.starts_with('#')) {
            let level = out.get(start..).map_or(0, |rest| rest.bytes().take_while(|b| *b == b'#').count());
            out.insert_str(start, "###".get(..6_usize.saturating_sub(level).min(3)).unwrap_or(""));
        }
    }
    out
}

fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// CommonMark as HTML: HTML of the author is shown as text, pictures become their description, links lead to the web, to mail or
/// to this page only, headings become paragraphs in bold.
fn commonmark(text: &str) -> String {
    let mut links = Vec::new();
    let events = Parser::new_ext(text.trim(), extensions()).flat_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => vec![Event::Text(html)],
        Event::Start(Tag::HtmlBlock) => vec![Event::Start(Tag::Paragraph)],
        Event::End(TagEnd::HtmlBlock) => vec![Event::End(TagEnd::Paragraph)],
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => Vec::new(),
        Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
            let safe = is_safe_link(&dest_url);
            links.push(safe);
            if safe { vec![Event::Start(Tag::Link { dest_url, link_type, title, id })] } else { Vec::new() }
        }
        Event::End(TagEnd::Link) => {
            if links.pop() == Some(true) {
                vec![Event::End(TagEnd::Link)]
            } else {
                Vec::new()
            }
        }
        Event::Start(Tag::Heading { .. }) => vec![Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)],
        Event::End(TagEnd::Heading(_)) => vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)],
        other => vec![other],
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

fn is_safe_link(url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"].iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_shown_and_not_obeyed() {
        let html = commonmark(
            "# Big\n\nA **bold** <script>alert(1)</script> [x](javascript:alert(1)) ![p](https://e/x.png) [y](https://e/)\n\n<div onclick=\"x\">\n",
        );
        assert!(
            !html.contains("<script") && !html.contains("javascript:") && !html.contains("<img") && !html.contains("<div"),
            "{html}"
        );
        assert!(
            html.contains("<strong>bold</strong>") && html.contains("href=\"https://e/\"") && html.contains("&lt;script&gt;"),
            "{html}"
        );
        assert!(!html.contains("<h1"));
    }

    #[test]
    fn markdown_stays_one_line() {
        assert_eq!(markdown("a|b\n# <c> `d` [e](f) *g*"), "a\\|b \\# &lt;c&gt; \\`d\\` \\[e\\](f) \\*g\\*");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(fence("```"), "````json\n```\n````");
    }

    #[test]
    fn blocks_keep_what_is_safe() {
        for (text, wanted) in [
            ("# Title\ntext <b>x</b> `<c>`", "#### Title\ntext &lt;b>x&lt;/b> `<c>`"),
            (
                "[a](https://e/) [b](JavaScript:x) [c][d]\n\n[d]: javascript:y",
                "[a](https://e/) \\[b](JavaScript:x) \\[c]\\[d]\n\n[d]: javascript:y",
            ),
            ("![p](https://e/x.png)", "&#33;[p](https://e/x.png)"),
            ("<javascript:x> <https://e/>", "&lt;javascript:x> <https://e/>"),
            ("[a [b](data:1) c](javascript:2)", "\\[a \\[b](data:1) c](javascript:2)"),
        ] {
            assert_eq!(block(text), wanted);
        }
    }
}
