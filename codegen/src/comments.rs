//! Texts of a contract as doc comments: never a doctest, never a link that rustdoc complains about, never code.

use proc_macro2::TokenStream;
use quote::quote;

/// The longest text that becomes a comment, in characters.
const MAX_LENGTH: usize = 4_000;

/// One `#[doc]` per line of `text`, sanitised; nothing for an empty text.
///
/// The text comes as a string literal of a token, so it cannot close its comment. Code fences and indented lines would become
/// tests, brackets and angle brackets links and tags: they are defused.
pub(crate) fn doc(text: &str) -> TokenStream {
    let lines = sanitise(text);
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// Like [`doc`], for the top of a module.
pub(crate) fn inner_doc(text: &str) -> TokenStream {
    let lines = sanitise(text);
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#![doc = #lines])*)
}

/// The lines of a text, safe in Markdown that rustdoc reads and in Rust comments.
pub(crate) fn sanitise(text: &str) -> Vec<String> {
    let text: String = text.chars().take(MAX_LENGTH).collect();
    let mut lines: Vec<String> = text.lines().map(sanitise_line).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let lead = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..lead);
    lines
}

fn sanitise_line(line: &str) -> String {
    let mut safe = String::new();
    for c in line.trim().chars() {
        match c {
            '`' => safe.push('\''),
            '~' => safe.push('-'),
            '[' | ']' | '<' | '>' => safe.extend(['\\', c]),
            '*' if safe.ends_with('/') => safe.push_str(" *"),
            '/' if safe.ends_with('*') => safe.push_str(" /"),
            '\t' => safe.push(' '),
            c if c.is_control() || is_bidirectional(c) => {}
            c => safe.push(c),
        }
    }
    safe
}

/// Marks that turn the direction of text round, which rustc refuses in comments for good reason.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_code() {
        let lines = sanitise("\n```rust\nfn main() {}\n```\n    indented\n*/ fn x() {} /*\n[link] <script>\u{202e}\n\n");
        let expected = ["'''rust", "fn main() {}", "'''", "indented", "* / fn x() {} / *", "\\[link\\] \\<script\\>"];
        assert_eq!(lines, expected);
    }
}
