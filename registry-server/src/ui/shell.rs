//! What every page has around it, and small things that pages show: links, times, names of formats and scopes.

use eventpact_registry_client::SchemaType;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Asked, assets};
use crate::auth::Verb;
use crate::subject::{ABOVE_ALL, DEFAULT_CONTEXT, SubjectName, split};

/// What is written as it is in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The frame of a page.
pub(super) struct Shell {
    pub(super) title: String,
    /// The part of the navigation that the page belongs to.
    pub(super) section: &'static str,
    pub(super) csrf: String,
    /// The name of the visitor; empty for those without one.
    pub(super) who: String,
    /// The visitor may see who changed what.
    pub(super) audits: bool,
    /// What was just done.
    pub(super) done: Option<&'static str>,
    pub(super) revision: u64,
}

impl Asked {
    pub(super) fn shell(&self, title: impl Into<String>, section: &'static str) -> Shell {
        let done = match self.query.get("done") {
            Some("registered") => Some("Registered."),
            Some("known") => Some("This schema was registered already; nothing changed."),
            Some("deleted") => Some("Deleted. It can be recovered until it is deleted permanently."),
            Some("erased") => Some("Deleted permanently."),
            Some("recovered") => Some("Recovered."),
            Some("saved") => Some("Saved."),
            Some("reset") => Some("Removed: what is inherited holds now."),
            _ => None,
        };
        Shell {
            title: title.into(),
            section,
            csrf: self.csrf.clone(),
            who: self.caller.name().to_owned(),
            audits: self.caller.require_globally(Verb::Admin).is_ok(),
            done,
            revision: assets::REVISION,
        }
    }
}

/// A text in a query.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The page of a subject.
pub(super) fn subject_link(subject: &SubjectName) -> String {
    format!("subject?name={}", encode(&subject.to_string()))
}

/// The page of a version.
pub(super) fn version_link(subject: &SubjectName, version: i32) -> String {
    format!("{}&version={version}", subject_link(subject))
}

/// A format as people call it.
pub(super) fn format_name(format: &SchemaType) -> &str {
    match format {
        SchemaType::Avro => "Avro",
        SchemaType::Json => "JSON Schema",
        SchemaType::Protobuf => "Protobuf",
        SchemaType::Other(name) => name,
    }
}

/// A scope as people call it.
pub(super) fn scope_name(scope: &str) -> String {
    match split(scope) {
        _ if scope.is_empty() => "the default context".to_owned(),
        _ if scope == ABOVE_ALL => "all contexts".to_owned(),
        Some((context, "")) => format!("context {context}"),
        _ => format!("subject {scope}"),
    }
}

/// A scope in a query, where empty would mean none.
pub(super) fn scope_link(scope: &str) -> String {
    let text = if scope.is_empty() { format!(":{DEFAULT_CONTEXT}:") } else { scope.to_owned() };
    format!("settings?scope={}", encode(&text))
}

/// A time in milliseconds since 1970 as `2026-11-26 01:22:03`, UTC.
pub(super) fn time(ms: i64) -> String {
    let (days, second) = (ms.div_euclid(86_400_000), ms.div_euclid(1000).rem_euclid(86_400));
    // Days to dates in the proleptic Gregorian calendar, in years that begin in March: the leap day is then the last one.
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let date = in_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400 + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// A long text without its middle, at most `most` characters: names differ at both ends.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let tail = most / 2;
    let head = most.saturating_sub(tail + 1);
    text.chars().take(head).chain(std::iter::once('…')).chain(text.chars().skip(count - tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates() {
        assert_eq!(time(0), "1970-01-01 00:00:00");
        assert_eq!(time(951_782_399_000), "2000-02-28 23:59:59");
        assert_eq!(time(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(time(1_795_656_123_456), "2026-11-26 01:22:03");
        assert_eq!(time(-1000), "1969-12-31 23:59:59");
    }

    #[test]
    fn long_texts_keep_both_ends() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("ääääääääää", 4).chars().count(), 4);
    }

    #[test]
    fn any_name_can_be_linked_to() {
        assert_eq!(subject_link(&SubjectName::parse(":.eu:a/b&c=\"ü")), "subject?name=%3A.eu%3Aa%2Fb%26c%3D%22%C3%BC");
        assert_eq!(scope_link(""), "settings?scope=%3A.%3A");
    }
}
