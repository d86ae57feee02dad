//! Names: which ones are allowed, and how a namespace makes them full.

use super::super::tree::Name;

/// Says what is wrong with a simple name; letters and digits of any script are allowed, as in Avro Java 1.12 and the
/// specification's own advice for readers.
pub(super) fn check(name: &str) -> Result<(), String> {
    let letter = |c: char| c == '_' || (c.is_alphabetic() && u32::from(c) <= 0xFFFF);
    let rest = |c: char| letter(c) || c.is_ascii_digit() || unicode_digit(c);
    match name.chars().next() {
        None => Err("a name must not be empty".to_owned()),
        Some(c) if !letter(c) => Err(format!("it starts with '{}'; a name starts with a letter or '_'", c.escape_debug())),
        Some(_) => match name.chars().find(|c| !rest(*c)) {
            None => Ok(()),
            Some(c) => Err(format!("it contains '{}'; only letters, digits and '_' are allowed", c.escape_debug())),
        },
    }
}

/// The zeros of the blocks of ten in the basic plane.
const ZEROS: [u32; 36] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0,
    0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

/// Decimal digits outside of ASCII (category Nd): numeric, but neither a letter, a fraction nor a circled number.
fn unicode_digit(c: char) -> bool {
    let c = u32::from(c);
    ZEROS.iter().any(|zero| (*zero..zero + 10).contains(&c))
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
    Name { namespace: namespace.to_owned(), name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_allowed_and_punctuation_is_not() {
        for good in ["a", "_", "Größe", "注文", "a1", "a٣"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "1a", "a-b", "a b", "a.b", "😀", "a½"] {
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
