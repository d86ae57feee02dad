//! AsyncAPI documents: valid by themselves, and compared with their history before they are stored.
//!
//! A document is a fourth kind of artifact beside the three formats of schemas. Its name is a subject's: the same levels, modes and
//! rights hold for it, though a subject and a document of one name have nothing else in common. It must hold all that it refers to,
//! because nothing is fetched here.

use std::sync::Arc;
use std::time::Instant;

use eventpact_compat::mode::Mode as Level;
use eventpact_contract::diagnostic::{Diagnostic, Label, Severity};
use eventpact_contract::load::load_contract;
use eventpact_contract::model::{Action, Contract};
use eventpact_contract::source::{Memory, Reader, Sources};
use eventpact_registry_client::wire::documents::{
    DocumentChannel, DocumentObject, DocumentProblem, DocumentReport, DocumentRequest,
};

use super::compare::{Gathered, place};
use super::lookup::VersionRef;
use super::settings::{Effective, mode_of, refuse_read_only};
use super::{Registry, now};
use crate::documents::{Document, Versions};
use crate::error::ApiError;
use crate::state::State;
use crate::store::Change;
use crate::subject::SubjectName;

/// How often a document is checked again because its history or its settings changed meanwhile.
const ATTEMPTS: usize = 12;

/// The file that the parser sees.
const FILE: &str = "document";

/// What a document came to, against one snapshot.
struct Checked {
    report: DocumentReport,
    /// The revision of the name, 0 when there was none.
    revision: u64,
    settings_revision: u64,
}

impl Registry {
    /// Checks a document and, unless that is all that is asked, stores it as the next version. The latest version once more is
    /// answered as it is.
    pub(crate) async fn put_document(
        &self,
        name: &SubjectName,
        request: DocumentRequest,
        dry: bool,
    ) -> Result<DocumentReport, ApiError> {
        let (text, wanted) = (Arc::<str>::from(request.document), request.version);
        if !name.is_valid() {
            return Err(ApiError::invalid_subject(name));
        }
        for _ in 0..ATTEMPTS {
            let (state, asked, given) = (self.snapshot(), name.clone(), Arc::clone(&text));
            let Checked { mut report, revision, settings_revision } =
                self.work(text.len(), move || checked(&state, &asked, &given, wanted)).await?;
            report.dry_run = dry;
            if dry || !report.created {
                return Ok(report);
            }
            let (asked, given, key) = (name.clone(), Arc::clone(&text), Arc::<str>::from(name.to_string()));
            let stored = self.writer.submit(move |state| {
                refuse_read_only(state, &asked)?;
                let known = state.documents.get(&key);
                if known.map_or(0, |known| known.revision) != revision || state.settings_revision != settings_revision {
                    return Ok((Vec::new(), None));
                }
                let number = wanted.unwrap_or_else(|| known.map_or(1, Versions::next));
                let document = Document { text: Arc::clone(&given), deleted: false, ts: now() };
                Ok((vec![Change::PutDocument { name: Arc::clone(&key), number, document }], Some(number)))
            });
            if let Some(number) = stored.await? {
                report.version = Some(number);
                return Ok(report);
            }
        }
        Err(ApiError::contended())
    }

    /// Deletes a version or all of them: softly, or for good what was softly deleted before. Gives their numbers.
    pub(crate) async fn delete_document(
        &self,
        name: &SubjectName,
        version: Option<VersionRef>,
        permanent: bool,
    ) -> Result<Vec<i32>, ApiError> {
        let (name, key) = (name.clone(), Arc::<str>::from(name.to_string()));
        self.writer
            .submit(move |state| {
                let known = known(state, &name)?;
                refuse_read_only(state, &name)?;
                let gone: Vec<(i32, &Document)> = match version {
                    None => known.all().filter(|(_, document)| permanent || !document.deleted).collect(),
                    Some(wanted) => vec![found(known, wanted, permanent)?],
                };
                if gone.is_empty() {
                    return Err(ApiError::document_not_found(&name));
                }
                if let Some((number, _)) = gone.iter().find(|(_, document)| permanent && !document.deleted) {
                    return Err(ApiError::document_not_soft_deleted(&name, *number, version.is_none()));
                }
                let delete = |(number, document): &(i32, &Document)| {
                    let (name, number) = (Arc::clone(&key), *number);
                    if permanent {
                        return Change::DropDocument { name, number };
                    }
                    let document = Document { deleted: true, ts: now(), ..(*document).clone() };
                    Change::PutDocument { name, number, document }
                };
                Ok((gone.iter().map(delete).collect(), gone.iter().map(|(number, _)| *number).collect()))
            })
            .await
    }

    /// A version with what its text says.
    pub(crate) async fn document(
        &self,
        name: &SubjectName,
        wanted: VersionRef,
        deleted: bool,
    ) -> Result<DocumentObject, ApiError> {
        let (number, document) = self.document_text(name, wanted, deleted)?;
        let name = name.to_string();
        self.work(document.text.len(), move || Ok(object(name.clone(), number, &document))).await
    }

    /// A version as it is stored.
    pub(crate) fn document_text(
        &self,
        name: &SubjectName,
        wanted: VersionRef,
        deleted: bool,
    ) -> Result<(i32, Document), ApiError> {
        let state = self.snapshot();
        let known = known(&state, name)?;
        if !deleted && known.live().next().is_none() {
            return Err(ApiError::document_not_found(name));
        }
        found(known, wanted, deleted).map(|(number, document)| (number, document.clone()))
    }
}

/// The versions of a name.
fn known<'s>(state: &'s State, name: &SubjectName) -> Result<&'s Versions, ApiError> {
    state.documents.get(&name.to_string()).ok_or_else(|| ApiError::document_not_found(name))
}

fn found(known: &Versions, wanted: VersionRef, deleted: bool) -> Result<(i32, &Document), ApiError> {
    let found = match wanted {
        VersionRef::Number(number) => known.get(number).map(|document| (number, document)),
        VersionRef::Latest => known.live().next_back().or_else(|| known.all().next_back().filter(|_| deleted)),
    };
    let number = if let VersionRef::Number(number) = wanted { number } else { -1 };
    found.filter(|(_, document)| deleted || !document.deleted).ok_or_else(|| ApiError::version_not_found(number))
}

/// Reads a text, shown under a name.
fn read(sources: &mut Sources, shown: &str, text: &str) -> (Option<Contract>, Vec<Diagnostic>) {
    let reader = Named { memory: Memory([(FILE.to_owned(), text.to_owned())].into()), shown };
    load_contract(sources, &reader, FILE)
}

/// One file with a name for people.
struct Named<'a> {
    memory: Memory,
    shown: &'a str,
}

impl Reader for Named<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        let bundle = || "not in the document: the registry opens no other file; `eventpact bundle` puts all into one".to_owned();
        self.memory.read(path).map_err(|_| bundle())
    }

    fn display_name(&self, path: &str) -> String {
        if path == FILE { self.shown.to_owned() } else { path.to_owned() }
    }
}

/// In mode IMPORT nothing is compared, and a version may be asked for.
fn checked(state: &State, name: &SubjectName, text: &Arc<str>, wanted: Option<i32>) -> Result<Checked, ApiError> {
    let known = state.documents.get(&name.to_string());
    let import = mode_of(state, &name.to_string()) == "IMPORT";
    if let Some(number) = wanted {
        let taken = known.and_then(|known| known.get(number)).is_some_and(|there| there.text != *text);
        if number < 1 || taken || !import {
            return Err(ApiError::document_version(number, import));
        }
    }
    let level = if import { Level::None } else { Effective::of(state, name).level };
    let mut sources = Sources::new();
    let (contract, problems) = read(&mut sources, &name.to_string(), text);
    let invalid = contract.is_none() || problems.iter().any(|problem| problem.severity == Severity::Error);
    let mut report = DocumentReport {
        error_code: None,
        message: None,
        name: name.to_string(),
        version: None,
        created: false,
        dry_run: false,
        accepted: false,
        level: level.to_string(),
        verdict: "invalid".to_owned(),
        versions: Vec::new(),
        problems: problems.iter().map(|found| problem(found, &sources)).collect(),
        findings: Vec::new(),
        unknown: Vec::new(),
    };
    let revision = known.map_or(0, |known| known.revision);
    let checked = |report| Ok(Checked { report, revision, settings_revision: state.settings_revision });
    let Some(contract) = contract.filter(|_| !invalid) else {
        let first = report.problems.iter().find(|problem| problem.severity == "error");
        let why =
            first.map_or("it cannot be read".to_owned(), |p| format!("{}:{}: {} [{}]", p.line, p.column, p.message, p.rule));
        refuse(&mut report, &ApiError::invalid_document(&why));
        return checked(report);
    };
    let there = known.and_then(|known| match wanted {
        Some(number) => known.get(number).map(|document| (number, document)),
        None => known.live().next_back(),
    });
    if let Some((number, _)) = there.filter(|(_, there)| there.text == *text) {
        (report.version, report.accepted) = (Some(number), true);
        "compatible".clone_into(&mut report.verdict);
        return checked(report);
    }
    compare(&mut report, known, (name, &contract, level), sources);
    checked(report)
}

/// Compares with the versions that the level asks for, newest first.
fn compare(
    report: &mut DocumentReport,
    known: Option<&Versions>,
    (name, new, level): (&SubjectName, &Contract, Level),
    sources: Sources,
) {
    let live: Vec<(i32, Arc<str>)> =
        known.iter().flat_map(|known| known.live()).map(|(number, old)| (number, Arc::clone(&old.text))).collect();
    let most = match (level, level.is_transitive()) {
        (Level::None, _) => 0,
        (_, true) => usize::MAX,
        (_, false) => 1,
    };
    let history: Vec<(i32, Arc<str>)> = live.into_iter().rev().take(most).collect();
    report.versions = history.iter().map(|(number, _)| *number).collect();
    let mut gathered = Gathered::of_documents(name.to_string(), level, sources);
    let started = Instant::now();
    for (number, old) in &history {
        gathered.document(new, *number, started, |sources| {
            let (contract, _) = read(sources, &format!("{name} version {number}"), old);
            contract.ok_or_else(|| "the version cannot be read".to_owned())
        });
    }
    let verdict = gathered.verdict(level);
    (report.findings, report.unknown) = gathered.finish();
    verdict.as_str().clone_into(&mut report.verdict);
    let errors: Vec<String> = report.findings.iter().filter(|f| f.severity == "error").map(|f| f.message.clone()).collect();
    if errors.is_empty() {
        (report.created, report.accepted) = (true, true);
    } else {
        refuse(report, &ApiError::incompatible(name, &errors));
    }
}

fn refuse(report: &mut DocumentReport, why: &ApiError) {
    (report.error_code, report.message) = (Some(why.code), Some(why.message.clone()));
}

fn problem(found: &Diagnostic, sources: &Sources) -> DocumentProblem {
    let at = place(&Label::new(found.primary.span, ""), sources);
    DocumentProblem {
        rule: found.id.clone(),
        severity: found.severity.as_str().to_owned(),
        message: found.message.clone(),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
        help: found.help.clone(),
    }
}

fn object(name: String, number: i32, document: &Document) -> DocumentObject {
    let (contract, _) = read(&mut Sources::new(), &name, &document.text);
    let (asyncapi, title) = contract.as_ref().map_or_else(Default::default, |c| (c.asyncapi.clone(), c.info.title.clone()));
    DocumentObject {
        name,
        version: number,
        document: document.text.to_string(),
        asyncapi,
        title,
        sha256: document.sha256(),
        ts: document.ts,
        deleted: document.deleted,
        channels: contract.as_ref().map(channels).unwrap_or_default(),
    }
}

fn channels(contract: &Contract) -> Vec<DocumentChannel> {
    let one = |(index, channel): (usize, &eventpact_contract::model::Channel)| {
        let mut actions: Vec<String> = Vec::new();
        for operation in contract.operations.iter().filter(|operation| operation.channel == index) {
            let action = match operation.action {
                Action::Send => "send",
                Action::Receive => "receive",
            };
            if !actions.iter().any(|known| known == action) {
                actions.push(action.to_owned());
            }
        }
        let name = |message: &eventpact_contract::model::Message| message.name.clone().unwrap_or_else(|| message.key.clone());
        let messages = channel.messages.iter().map(name).collect();
        DocumentChannel { key: channel.key.clone(), address: channel.address.clone(), actions, messages }
    };
    contract.channels.iter().enumerate().map(one).collect()
}
