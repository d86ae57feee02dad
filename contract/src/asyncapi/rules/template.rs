//! Templates of addresses and URLs: `{name}` in a text, and the object that describes the names.

use std::collections::HashSet;

use super::{Context, Sink};
use crate::yaml::Node;

/// The names between braces, as often as they are there.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('{') {
        // At least one character: `{}` opens nothing, and may be the start of a longer name.
        let first = behind.chars().next().map_or(0, char::len_utf8);
        let end = behind.get(first..).and_then(|tail| tail.find('}')).map(|at| at + first);
        match end.and_then(|end| behind.split_at_checked(end)) {
            Some((name, tail)) if !name.contains('\n') && !name.is_empty() => {
                names.push(name);
                rest = tail.get(1..).unwrap_or("");
            }
            _ => rest = behind,
        }
    }
    names
}

/// Reports names that the object in `field` of `owner` does not have, and those that only it has.
pub(super) fn compare<'d>(
    names: &[&str],
    owner: &'d Node,
    field: &str,
    template: &str,
    context: &Context<'d>,
    sink: &mut Sink<'_>,
) {
    let Some(entry) = owner.as_mapping().and_then(|owner| owner.entry(field)) else { return };
    let Some(described) = context.behind(&entry.value).as_mapping() else { return };
    let mut missing: Vec<&str> = names.iter().copied().filter(|name| described.entry(name).is_none()).collect();
    missing.dedup();
    if !missing.is_empty() {
        let list = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let found = sink.report(entry.key_span, format!("`{field}` does not describe {list} of {template}"));
        found.help = Some(format!("add {list} to `{field}`"));
    }
    let wanted: HashSet<&str> = names.iter().copied().collect();
    for entry in described.entries.iter().filter(|entry| !wanted.contains(entry.key.as_str())) {
        sink.report(entry.key_span, format!("{template} has no `{{{}}}`", entry.key));
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_in_braces() {
        for (text, wanted) in [
            ("a/{b}/{c}", vec!["b", "c"]),
            ("{}", vec![]),
            ("{}x}", vec!["}x"]),
            ("{a", vec![]),
            ("{{a}}", vec!["{a"]),
            ("{a}{a}", vec!["a", "a"]),
        ] {
            assert_eq!(names(text), wanted, "{text}");
        }
    }
}
