//! Documents that were read and not compared, as their mode is `none`: to call them compatible would say what nobody looked at.

use eventpact_compat::check::Verdict;
use serde_json::json;

use crate::output::Further;

/// How many of them people are told by name; programs get all.
const MAX_NAMES: usize = 10;

/// The names of the documents.
#[derive(Debug, Default)]
pub(super) struct Uncompared(Vec<String>);

impl Uncompared {
    pub(super) fn add(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    /// A line for people, and the field `not_compared` of the JSON report; nothing when every document was compared.
    pub(super) fn tell(&self, all: bool, further: &mut Further) {
        if self.0.is_empty() {
            return;
        }
        let mut names = self.0.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.0.len() > MAX_NAMES {
            names = format!("{names} and {} more", self.0.len() - MAX_NAMES);
        }
        let what = if all { "nothing was compared" } else { "not everything was compared" };
        further.lines.push(format!("{what}: the mode is none for {names}"));
        further.fields.insert("not_compared".to_owned(), json!(self.0));
    }

    /// The word that sums up: without a finding and without a comparison it is no verdict.
    pub(super) fn verdict(&self, verdict: Verdict, all: bool) -> &'static str {
        if verdict == Verdict::Compatible && all && !self.0.is_empty() { "not-compared" } else { verdict.as_str() }
    }
}
