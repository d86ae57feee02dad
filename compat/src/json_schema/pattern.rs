//! Texts that match a regular expression, for the plain ones that contracts use: letters, classes, groups, repetitions.

/// The longest text that is made.
const MAX_LENGTH: usize = 400;
/// Groups are nested this deep.
const MAX_DEPTH: usize = 16;

/// A few texts that match: repetitions at their least and their most. Empty for what is not understood (look-around,
/// back references, properties of Unicode).
pub(super) fn examples(pattern: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for more in [false, true] {
        let mut maker = Maker { chars: pattern.chars().collect(), at: 0, more };
        let made = maker.alternatives(0).filter(|text| maker.at == maker.chars.len() && text.len() <= MAX_LENGTH);
        found.extend(made.filter(|text| !found.contains(text)));
    }
    found
}

struct Maker {
    chars: Vec<char>,
    at: usize,
    /// Repeat as often as allowed instead of as little.
    more: bool,
}

impl Maker {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// The first of the alternatives, or the last.
    fn alternatives(&mut self, depth: usize) -> Option<String> {
        let mut text = self.sequence(depth)?;
        while self.eat('|') {
            let other = self.sequence(depth)?;
            if self.more {
                text = other;
            }
        }
        Some(text)
    }

    fn sequence(&mut self, depth: usize) -> Option<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            self.at += 1;
            let atom = match c {
                '^' | '$' => continue,
                '.' => "x".to_owned(),
                '(' => self.group(depth + 1)?,
                '[' => self.class()?.to_string(),
                '\\' => escape(self.next()?)?.to_string(),
                '*' | '+' | '?' | '{' => return None,
                c => c.to_string(),
            };
            let (least, most) = self.repetition()?;
            let times = if self.more { most } else { least };
            if text.len() + atom.len().saturating_mul(times) > MAX_LENGTH {
                return None;
            }
            text.push_str(&atom.repeat(times));
        }
        Some(text)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }

    fn group(&mut self, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH || (self.eat('?') && !self.eat(':')) {
            return None;
        }
        let text = self.alternatives(depth)?;
        self.eat(')').then_some(text)
    }

    /// The first character of a class, or its last when more is wanted.
    fn class(&mut self) -> Option<char> {
        if self.eat('^') {
            let mut taken = Vec::new();
            while let Some(c) = self.next().filter(|c| *c != ']') {
                taken.push(c);
            }
            return ['x', '1', '_', ' ', '~'].into_iter().find(|c| !taken.contains(c));
        }
        let mut first = None;
        let mut last = None;
        loop {
            let c = match self.next()? {
                ']' => return if self.more { last } else { first },
                '\\' => escape(self.next()?)?,
                c => c,
            };
            let end = if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|n| *n != ']') {
                self.at += 1;
                self.next()
            } else {
                Some(c)
            };
            first = first.or(Some(c));
            last = end;
        }
    }

    /// How often the last part may stand: least and a modest most.
    fn repetition(&mut self) -> Option<(usize, usize)> {
        let found = match self.peek() {
            Some('*') => (0, 3),
            Some('+') => (1, 4),
            Some('?') => (0, 1),
            Some('{') => return self.counted(),
            _ => return Some((1, 1)),
        };
        self.at += 1;
        self.eat('?');
        Some(found)
    }

    /// `{2}`, `{2,}`, `{2,5}`
    fn counted(&mut self) -> Option<(usize, usize)> {
        let close = self.chars.get(self.at..)?.iter().position(|c| *c == '}')?;
        let inner: String = self.chars.get(self.at + 1..self.at + close)?.iter().collect();
        self.at += close + 1;
        self.eat('?');
        let (least, most) = inner.split_once(',').map_or((inner.as_str(), inner.as_str()), |(l, m)| (l, m));
        let least: usize = least.parse().ok()?;
        let most = if most.is_empty() { least + 2 } else { most.parse().ok()? };
        (most <= MAX_LENGTH).then_some((least, most))
    }
}

fn escape(c: char) -> Option<char> {
    match c {
        'd' => Some('7'),
        'w' => Some('w'),
        's' => Some(' '),
        'D' | 'S' => Some('x'),
        'W' => Some('-'),
        'n' => Some('\n'),
        't' => Some('\t'),
        c if c.is_ascii_punctuation() => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::examples;

    #[test]
    fn plain_patterns_have_examples() {
        assert_eq!(examples("^[A-Z]{3}-\\d+$"), ["AAA-7", "ZZZ-7777"]);
        assert_eq!(examples("^(a|bc)?x*$"), ["", "bcxxx"]);
        assert_eq!(examples("^x-"), ["x-"]);
        assert!(examples("(?=a)b").is_empty());
        assert!(examples("a{2").is_empty());
        assert!(examples("(a{100}){100}").is_empty());
    }
}
