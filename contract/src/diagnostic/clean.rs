//! Untrusted text on its way to people: what could steer a terminal, or make a line read as another, becomes visible.

/// How a character is shown: a control character as its picture (`␛`), marks of direction and other invisible ones as `�`.
pub(crate) fn clean_char(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c => c,
    }
}

/// Line breaks stay, a tab becomes a space, all other characters are shown as [`clean_char`] says.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c| match c {
        '\n' => '\n',
        '\t' => ' ',
        c => clean_char(c),
    };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// As [`clean`], on one line.
pub(crate) fn clean_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

/// The start of a text that is too long, with its whole length.
pub(crate) fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((cut, _)) => {
            format!("{}… ({} characters in all)", text.get(..cut).unwrap_or(text), text.chars().count())
        }
        None => text.to_owned(),
    }
}
