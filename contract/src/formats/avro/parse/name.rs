//! Names: which ones are allowed, and how a namespace makes them full.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::super::tree::Name;

/// The bytes that most names are made of.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    plain
};

/// Says what is wrong with a simple name; letters and digits of any script are allowed, as in Avro Java 1.12 and the
/// specification's own advice for readers.
pub(super) fn check(name: &str) -> Result<(), String> {
    let bytes = name.as_bytes();
    if bytes.iter().all(|b| PLAIN[usize::from(*b)]) && bytes.first().is_some_and(|b| !b.is_ascii_digit()) {
        return Ok(());
    }
    let letter = |c: char| c == '_' || is_letter(c);
    let rest = |c: char| letter(c) || is_digit(c);
    match name.chars().next() {
        None => Err("a name must not be empty".to_owned()),
        Some(c) if !letter(c) => Err(format!("it starts with '{}'; a name starts with a letter or '_'", c.escape_debug())),
        Some(_) => match name.chars().find(|c| !rest(*c)) {
            None => Ok(()),
            Some(c) => Err(format!("it contains '{}'; only letters, digits and '_' are allowed", c.escape_debug())),
        },
    }
}

/// What Java calls a letter: not all that Unicode calls alphabetic, and nothing beyond the basic plane, as it looks at halves of
/// surrogate pairs.
fn is_letter(c: char) -> bool {
    use GeneralCategory::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    c.is_ascii_alphabetic()
        || (c.is_alphabetic()
            && u32::from(c) <= 0xFFFF
            && matches!(
                get_general_category(c),
                LowercaseLetter | ModifierLetter | OtherLetter | TitlecaseLetter | UppercaseLetter
            ))
}

/// A decimal digit of any script: neither a fraction nor a circled number.
fn is_digit(c: char) -> bool {
    let known = || u32::from(c) <= 0xFFFF && get_general_category(c) == GeneralCategory::DecimalNumber;
    c.is_ascii_digit() || (!c.is_ascii() && known())
}

/// Checks a name that may have a namespace before it. As in Avro Java, a leading dot means "no namespace".
pub(super) fn check_full(name: &str) -> Result<(), String> {
    let (namespace, simple) = name.rsplit_once('.').unwrap_or(("", name));
    check(simple)?;
    check_namespace(namespace)
}

/// Checks the parts of a namespace; the empty one is fine.
pub(super) fn check_namespace(namespace: &str) -> Result<(), String> {
    if namespace.is_empty() {
        return Ok(());
    }
    namespace.split('.').try_for_each(|part| check(part).map_err(|why| format!("in the namespace '{namespace}': {why}")))
}

/// The full name of a reference: a name with a dot is full, another one takes the namespace.
pub(super) fn qualify(name: &str, namespace: &str) -> String {
    full(name, namespace).full()
}

/// Splits a name as written into namespace and simple name.
pub(super) fn full(name: &str, namespace: &str) -> Name {
    let (namespace, name) = name.rsplit_once('.').unwrap_or((namespace, name));
    Name { namespace: namespace.into(), name: name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_allowed_and_punctuation_is_not() {
        for good in ["a", "_", "Größe", "注文", "a1", "a٣"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "1a", "a-b", "a b", "a.b", "😀", "a½", "ⅷ", "a\u{301}"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(check_full("a.b.C"), Ok(()));
        assert!(check_full("a..C").is_err());
    }

    #[test]
    fn a_dotted_name_ignores_the_namespace() {
        assert_eq!(qualify("C", "a.b"), "a.b.C");
        assert_eq!(qualify("x.C", "a.b"), "x.C");
        assert_eq!(qualify("C", ""), "C");
        assert_eq!(qualify(".C", "a"), "C");
    }
}
