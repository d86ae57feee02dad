//! A short text that a regular expression of JSON Schema (ECMA 262) matches. Look-around, back references and properties of
//! Unicode are not understood: then there is none.

use std::iter::Peekable;
use std::str::Chars;

const MAX_LENGTH: usize = 1000;
const MAX_DEPTH: usize = 32;

/// A text that matches the whole pattern, with as few repetitions as it asks for.
pub(super) fn sample(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let text = alternatives(&mut rest, 0)?;
    if rest.peek().is_some() { None } else { Some(text) }
}

type Rest<'p> = Peekable<Chars<'p>>;

/// `a|b`: the first one.
fn alternatives(rest: &mut Rest<'_>, depth: usize) -> Option<String> {
    let first = sequence(rest, depth)?;
    while rest.next_if_eq(&'|').is_some() {
        sequence(rest, depth)?;
    }
    Some(first)
}

fn sequence(rest: &mut Rest<'_>, depth: usize) -> Option<String> {
    let mut text = String::new();
    while let Some(&next) = rest.peek() {
        if matches!(next, '|' | ')') {
            break;
        }
        rest.next();
        let atom = match next {
            '^' if text.is_empty() => continue,
            '$' if matches!(rest.peek(), None | Some('|' | ')')) => continue,
            '(' => group(rest, depth)?,
            '[' => class(rest)?.to_string(),
            '\\' => escape(rest)?.pick()?.to_string(),
            '.' => "a".to_owned(),
            '^' | '$' | '*' | '+' | '?' | '{' => return None,
            literal => literal.to_string(),
        };
        for _ in 0..repetitions(rest)? {
            text.push_str(&atom);
            if text.len() > MAX_LENGTH {
                return None;
            }
        }
    }
    Some(text)
}

fn group(rest: &mut Rest<'_>, depth: usize) -> Option<String> {
    if depth >= MAX_DEPTH {
        return None;
    }
    if rest.next_if_eq(&'?').is_some() {
        match rest.next()? {
            ':' => {}
            '<' if !matches!(rest.peek(), Some('=' | '!')) => while rest.next()? != '>' {},
            _ => return None,
        }
    }
    let text = alternatives(rest, depth + 1)?;
    rest.next_if_eq(&')').map(|_| text)
}

/// How often the atom stands: the least that its quantifier allows.
fn repetitions(rest: &mut Rest<'_>) -> Option<usize> {
    let least = match rest.peek() {
        Some('*' | '?') => 0,
        Some('{') => {
            let mut digits = String::new();
            rest.next();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            while *rest.peek()? != '}' {
                rest.next();
            }
            digits.parse().ok().filter(|n| *n <= MAX_LENGTH)?
        }
        Some('+') => 1,
        _ => return Some(1),
    };
    rest.next();
    rest.next_if_eq(&'?');
    Some(least)
}

/// A set of characters: those of the ranges, or all others.
struct Set {
    ranges: Vec<(char, char)>,
    negated: bool,
}

impl Set {
    fn one(c: char) -> Self {
        Self { ranges: vec![(c, c)], negated: false }
    }

    fn of(ranges: &[(char, char)], negated: bool) -> Self {
        Self { ranges: ranges.to_vec(), negated }
    }

    fn contains(&self, c: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != self.negated
    }

    /// A readable member, else the first one.
    fn pick(&self) -> Option<char> {
        let readable = "aA1 -_.x".chars().find(|c| self.contains(*c));
        readable.or_else(|| self.ranges.first().filter(|_| !self.negated).map(|(from, _)| *from))
    }
}

fn escape(rest: &mut Rest<'_>) -> Option<Set> {
    const WORD: &[(char, char)] = &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
    const DIGIT: &[(char, char)] = &[('0', '9')];
    const SPACE: &[(char, char)] = &[(' ', ' '), ('\t', '\r')];
    Some(match rest.next()? {
        'd' => Set::of(DIGIT, false),
        'D' => Set::of(DIGIT, true),
        'w' => Set::of(WORD, false),
        'W' => Set::of(WORD, true),
        's' => Set::of(SPACE, false),
        'S' => Set::of(SPACE, true),
        'n' => Set::one('\n'),
        'r' => Set::one('\r'),
        't' => Set::one('\t'),
        'x' => Set::one(code(rest, 2)?),
        'u' => Set::one(code(rest, 4)?),
        c if c.is_ascii_alphanumeric() => return None,
        c => Set::one(c),
    })
}

fn code(rest: &mut Rest<'_>, digits: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..digits {
        value = value * 16 + rest.next()?.to_digit(16)?;
    }
    char::from_u32(value)
}

fn class(rest: &mut Rest<'_>) -> Option<char> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut set = Set { ranges: Vec::new(), negated };
    loop {
        let member = match rest.next()? {
            ']' => return set.pick(),
            '\\' => escape(rest)?,
            c => Set::one(c),
        };
        if member.negated {
            return None;
        }
        let from = member.ranges.first().filter(|(from, to)| member.ranges.len() == 1 && from == to).map(|(from, _)| *from);
        let mut ahead = rest.clone();
        let is_range = from.is_some() && ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']');
        if !is_range {
            set.ranges.extend(member.ranges);
            continue;
        }
        rest.next();
        let to = match rest.next()? {
            '\\' => escape(rest)?.ranges.first()?.0,
            c => c,
        };
        set.ranges.push((from?, to));
    }
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn texts_that_match() {
        for (pattern, wanted) in [
            (r"^\+[0-9]{6,15}$", "+111111"),
            (r"^[A-Z]{3}-\d{2,}$", "AAA-11"),
            ("^(?:eu|us)-(?<n>[0-9]+)$", "eu-1"),
            (r"^[^a-z]+\.x?y*$", "A."),
            (r"^\u0041\x42[\w.-]$", "ABa"),
            ("^$", ""),
            ("a|b", "a"),
        ] {
            assert_eq!(sample(pattern).as_deref(), Some(wanted), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_gives_nothing() {
        for pattern in [r"(?=a)a", r"\bword", r"\1", r"\p{L}", "(", "[a", "a{2", "*", "a^b", ")", "a{99999}"] {
            assert_eq!(sample(pattern), None, "{pattern}");
        }
        assert_eq!(sample(&"(".repeat(100_000)), None);
    }
}
