//! How each document is judged: in which mode, with which options.

use eventpact_compat::mode::Mode;
use eventpact_compat::options::Options;
use eventpact_contract::load::Document;
use eventpact_contract::model::Contract;
use eventpact_contract::source::Sources;

use super::documents::Subject;
use super::identity::Names;
use crate::config::{Config, Settings};

/// A mode, when one is asked for, and the options of a comparison.
pub(super) type Way = (Option<Mode>, Options);

/// How each document and each of its parts is judged.
pub(super) struct Judged<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: &'a Settings,
    pub(super) names: &'a Names<'a>,
    pub(super) sources: &'a Sources,
}

impl Judged<'_> {
    /// How a document is judged, or a part of it: `channel/message`.
    pub(super) fn of(&self, subject: &Subject, part: Option<&str>) -> Way {
        if !self.config.has_subjects() {
            return (self.settings.mode.value, self.settings.options());
        }
        let file = self.names.of(self.sources.file(subject.new.at.file).name()).unwrap_or_default();
        let names = [subject.name.as_str(), file.as_str(), part.unwrap_or(&subject.name)];
        let own = self.config.narrow(self.settings, &names);
        (own.mode.value, own.options())
    }

    /// Something of a document is compared: its mode is not `none`.
    pub(super) fn compares(&self, subject: &Subject) -> bool {
        let compared = |way: &Way| way.0 != Some(Mode::None);
        match &subject.new.document {
            Document::Contract(new) => self.ways(subject, new).iter().any(compared),
            Document::Schema(_) => compared(&self.of(subject, None)),
        }
    }

    /// Every way in which a part of a contract is judged.
    pub(super) fn ways(&self, subject: &Subject, new: &Contract) -> Vec<Way> {
        let mut ways = vec![self.of(subject, None)];
        if !self.config.has_subjects() {
            return ways;
        }
        let old = subject.history.iter().filter_map(|version| match &version.document {
            Document::Contract(old) => Some(&**old),
            Document::Schema(_) => None,
        });
        for contract in old.chain([new]) {
            let messages =
                contract.channels.iter().flat_map(|c| c.messages.iter().map(move |m| format!("{}/{}", c.key, m.name())));
            let channels = contract.channels.iter().map(|c| c.key.clone());
            for part in messages.chain(channels).chain(contract.operations.iter().map(|o| o.key.clone())) {
                let way = self.of(subject, Some(&part));
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
        ways
    }
}
