//! The text of a documentation comment, without the frame of stars and the indentation that it was written with.

/// What stands between `/**` and `*/`, as Avro Java takes it: the stars at the start of the lines go, or else the indentation that
/// all lines share.
pub(super) fn strip(body: &str) -> String {
    let text = body.trim_matches(|c: char| c <= ' ');
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let Some((first, rest)) = lines.split_first() else { return String::new() };
    for stars in ["**", "*"] {
        let without = |line: &str| line.strip_prefix(stars).map(|line| line.strip_prefix(is_blank).unwrap_or(line).to_owned());
        let head = without(first);
        let tail: Option<Vec<String>> = rest.iter().map(|line| without(line.trim_start_matches(is_blank))).collect();
        if let (Some(head), Some(tail)) = (head, tail) {
            return std::iter::once(head).chain(tail).collect::<Vec<_>>().join("\n");
        }
    }
    let shared = rest.iter().skip(1).fold(rest.first().map_or("", |line| indent(line)), |shared, line| {
        let same = shared.chars().zip(line.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        shared.get(..same).unwrap_or("")
    });
    let tail = rest.iter().map(|line| line.strip_prefix(shared).unwrap_or(line));
    std::iter::once(*first).chain(tail).collect::<Vec<_>>().join("\n")
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}')
}

fn indent(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches(is_blank).len()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn frames_go_and_relative_indentation_stays() {
        assert_eq!(strip(" One line. "), "One line.");
        assert_eq!(strip("\n * One\n *   two\n "), "One\n  two");
        assert_eq!(strip("\n   One\n     two\n   three\n "), "One\n  two\nthree");
        assert_eq!(strip("* a\n** b"), "a\n* b");
        assert_eq!(strip("** a\n ** b"), "a\nb");
        assert_eq!(strip("a\n * b"), "a\n* b");
        assert_eq!(strip(""), "");
    }
}
