//! Everything that a registry holds, in memory and as a file.
//!
//! The file is text, one JSON object a line: a head, then settings and versions (each behind what it refers to), then an end with
//! the number of lines and the SHA-256 of every byte before it. What is cut off or changed is noticed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use eventpact_registry_client::SchemaObject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::kept::Kept;

/// The version of the file that this program writes; it reads no newer one.
const FORMAT: u32 = 2;

/// The version of a file without documents, which older programs read too.
const WITHOUT_DOCUMENTS: u32 = 1;

/// A longer line is no schema: registries take 1 MiB, and JSON may escape each byte of it.
const MAX_LINE: u64 = 16 << 20;

/// The settings and versions of a registry.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Archive {
    /// Where it comes from, without credentials.
    pub(super) source: String,
    /// The day on which it was read.
    pub(super) taken: String,
    /// What is configured, by scope; `None` is the whole registry.
    pub(super) configs: BTreeMap<Option<String>, Value>,
    /// The modes, by scope.
    pub(super) modes: BTreeMap<Option<String>, String>,
    /// Every version, soft-deleted ones too, each behind what it refers to.
    pub(super) versions: Vec<SchemaObject>,
    /// Every version of every AsyncAPI document, by name and version.
    pub(super) documents: Vec<Kept>,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Head { format: u32, source: String, taken: String },
    Config { scope: Option<String>, config: Value },
    Mode { scope: Option<String>, mode: String },
    Version(Box<SchemaObject>),
    Document(Kept),
    End { lines: u64, sha256: String },
}

impl Archive {
    /// How many subjects have versions here.
    pub(super) fn subjects(&self) -> usize {
        self.versions.iter().map(|v| v.subject.as_str()).collect::<HashSet<_>>().len()
    }

    /// `12 versions of 5 subjects`
    pub(super) fn counted(&self) -> String {
        let (versions, subjects) = (self.versions.len(), self.subjects());
        let counted = format!("{} of {}", crate::output::count(versions, "version"), crate::output::count(subjects, "subject"));
        match self.documents.len() {
            0 => counted,
            documents => format!("{counted}, {} of documents", crate::output::count(documents, "version")),
        }
    }

    /// Keeps the subjects whose names begin like this, and what they refer to; the settings of the whole registry stay behind.
    pub(super) fn narrow(&mut self, prefix: &str) {
        let mut wanted: HashSet<(String, i32)> = HashSet::new();
        // What is referred to stands earlier, so one walk from the end finds all of it.
        for version in self.versions.iter().rev() {
            let key = (version.subject.clone(), version.version);
            if version.subject.starts_with(prefix) || wanted.contains(&key) {
                wanted.extend(references(version));
                wanted.insert(key);
            }
        }
        self.versions.retain(|version| wanted.contains(&(version.subject.clone(), version.version)));
        let kept = |scope: &Option<String>| scope.as_ref().is_some_and(|scope| scope.starts_with(prefix));
        self.documents.retain(|document| document.name.starts_with(prefix));
        self.configs.retain(|scope, _| kept(scope));
        self.modes.retain(|scope, _| kept(scope));
    }

    /// Puts each version behind what it refers to; the rest stays in the order of subjects and versions.
    pub(super) fn sort(&mut self) {
        self.versions.sort_by(|a, b| (&a.subject, a.version).cmp(&(&b.subject, b.version)));
        let place: HashMap<(String, i32), usize> =
            self.versions.iter().enumerate().map(|(at, v)| ((v.subject.clone(), v.version), at)).collect();
        let needs: Vec<Vec<usize>> =
            self.versions.iter().map(|v| references(v).filter_map(|key| place.get(&key).copied()).collect()).collect();
        let order = depth_first(&needs);
        let mut versions: Vec<Option<SchemaObject>> = std::mem::take(&mut self.versions).into_iter().map(Some).collect();
        self.versions = order.into_iter().filter_map(|at| versions.get_mut(at)?.take()).collect();
    }

    /// Writes the file; there is never half a file under its name.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let unwritable = || format!("cannot write {}", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().with_context(|| format!("{} is not the name of a file", path.display()))?;
        let mut beside = name.to_owned();
        beside.push(".part");
        let beside = folder.join(beside);
        let mut file = std::io::BufWriter::new(fs::File::create(&beside).with_context(unwritable)?);
        let mut sum = Sha256::new();
        let mut lines: u64 = 0;
        let mut put = |line: &Line| -> Result<()> {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            sum.update(&text);
            lines += 1;
            file.write_all(&text).with_context(unwritable)
        };
        let format = if self.documents.is_empty() { WITHOUT_DOCUMENTS } else { FORMAT };
        put(&Line::Head { format, source: self.source.clone(), taken: self.taken.clone() })?;
        for (scope, config) in &self.configs {
            put(&Line::Config { scope: scope.clone(), config: config.clone() })?;
        }
        for (scope, mode) in &self.modes {
            put(&Line::Mode { scope: scope.clone(), mode: mode.clone() })?;
        }
        for version in &self.versions {
            put(&Line::Version(Box::new(version.clone())))?;
        }
        for document in &self.documents {
            put(&Line::Document(document.clone()))?;
        }
        let end = Line::End { lines, sha256: hex(&sum.finalize()) };
        serde_json::to_writer(&mut file, &end)?;
        file.write_all(b"\n").with_context(unwritable)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(unwritable)?;
        file.sync_all().with_context(unwritable)?;
        fs::rename(&beside, path).with_context(unwritable)
    }

    /// Reads the file and its sum.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let mut file = BufReader::new(fs::File::open(path).with_context(|| format!("cannot read {shown}"))?);
        let mut archive = Self::default();
        let (mut sum, mut lines, mut text) = (Sha256::new(), 0_u64, Vec::new());
        loop {
            text.clear();
            let read = std::io::Read::take(&mut file, MAX_LINE).read_until(b'\n', &mut text);
            if read.with_context(|| format!("cannot read {shown}"))? == 0 {
                bail!("{shown} is cut off behind line {lines}: its end is missing");
            }
            let number = lines + 1;
            let line: Line = serde_json::from_slice(&text).with_context(|| match lines {
                0 => format!("{shown} is not a backup of a registry"),
                _ => format!("{shown} is damaged in line {number}"),
            })?;
            match line {
                Line::Head { format, .. } if format > FORMAT => {
                    bail!("{shown} was written by a newer eventpact (format {format}); this one reads up to {FORMAT}")
                }
                Line::Head { source, taken, .. } if lines == 0 => (archive.source, archive.taken) = (source, taken),
                Line::End { lines: told, sha256 } if lines > 0 => {
                    if told != lines || sha256 != hex(&sum.finalize()) {
                        bail!("{shown} is damaged: its lines do not have the SHA-256 that stands in its end");
                    }
                    return Ok(archive);
                }
                _ if lines == 0 => bail!("{shown} is not a backup of a registry: it has no head"),
                Line::Config { scope, config } => drop(archive.configs.insert(scope, config)),
                Line::Mode { scope, mode } => drop(archive.modes.insert(scope, mode)),
                Line::Version(version) => archive.versions.push(*version),
                Line::Document(document) => archive.documents.push(document),
                Line::Head { .. } | Line::End { .. } => bail!("{shown} is damaged in line {number}"),
            }
            sum.update(&text);
            lines += 1;
        }
    }
}

/// The versions that a version refers to, with the context that it has itself.
pub(super) fn references(version: &SchemaObject) -> impl Iterator<Item = (String, i32)> + '_ {
    let context = version.subject.strip_prefix(":.").and_then(|rest| rest.split_once(':')).map(|(context, _)| context);
    version.references.iter().map(move |reference| {
        let subject = match context {
            Some(context) if !reference.subject.starts_with(":.") => format!(":.{context}:{}", reference.subject),
            _ => reference.subject.clone(),
        };
        (subject, reference.version)
    })
}

/// The numbers from 0 on, each behind those that it needs; a circle, which no honest registry has, is cut somewhere.
fn depth_first(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    for start in 0..needs.len() {
        let mut steps = vec![(start, false)];
        while let Some((at, ready)) = steps.pop() {
            if ready {
                order.push(at);
                continue;
            }
            match seen.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            steps.push((at, true));
            steps.extend(needs.get(at).into_iter().flatten().map(|need| (*need, false)));
        }
    }
    order
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::Reference;

    use super::*;

    fn version(subject: &str, version: i32, id: u32, references: &[(&str, i32)]) -> SchemaObject {
        let references = references.iter().map(|(subject, version)| Reference::new("n", *subject, *version)).collect();
        SchemaObject { subject: subject.into(), version, id, schema: "\"int\"".into(), references, ..SchemaObject::default() }
    }

    fn archive() -> Archive {
        let versions = vec![
            version(":.c:a", 1, 1, &[("z", 1)]),
            version(":.c:z", 1, 2, &[]),
            version("a", 1, 1, &[("b", 2)]),
            version("b", 1, 2, &[]),
            version("b", 2, 3, &[("c", 1)]),
            version("c", 1, 4, &[]),
        ];
        let configs = BTreeMap::from([(None, serde_json::json!({ "compatibilityLevel": "FULL" }))]);
        let modes = BTreeMap::from([(Some("b".to_owned()), "READONLY".to_owned())]);
        let mut archive =
            Archive { source: "http://r".into(), taken: "2026-11-26".into(), configs, modes, versions, documents: documents() };
        archive.sort();
        archive
    }

    fn documents() -> Vec<Kept> {
        vec![Kept { name: "d".into(), version: 1, document: "asyncapi: 3.0.0".into(), deleted: true }]
    }

    fn names(archive: &Archive) -> Vec<String> {
        archive.versions.iter().map(|v| format!("{}@{}", v.subject, v.version)).collect()
    }

    #[test]
    fn versions_stand_behind_what_they_refer_to() {
        assert_eq!(names(&archive()), [":.c:z@1", ":.c:a@1", "c@1", "b@2", "a@1", "b@1"]);
        let mut circle =
            Archive { versions: vec![version("a", 1, 1, &[("b", 1)]), version("b", 1, 2, &[("a", 1)])], ..Archive::default() };
        circle.sort();
        assert_eq!(circle.versions.len(), 2);
    }

    #[test]
    fn narrowing_keeps_what_is_referred_to() {
        let mut archive = archive();
        archive.narrow("a");
        assert_eq!(names(&archive), ["c@1", "b@2", "a@1"]);
        assert!(archive.configs.is_empty() && archive.modes.is_empty());
    }

    #[test]
    fn files_come_back_as_they_were_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.backup");
        archive().write(&path).unwrap();
        assert_eq!(Archive::read(&path).unwrap(), archive());
        let whole = fs::read(&path).unwrap();
        // Cut off at every line, and with each byte changed in turn.
        for cut in (0..whole.len()).filter(|at| *at == 0 || whole[at - 1] == b'\n') {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(Archive::read(&path).is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() - 1 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(Archive::read(&path).is_err(), "byte {at}");
        }
    }
}
