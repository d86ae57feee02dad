//! What a finding is about, so that its fingerprint survives: the place of its file in the project, and the way to its place in
//! the file by names. Neither the folder of the checkout nor the way the input was named is in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use eventpact_contract::diagnostic::{Diagnostic, stable_path};
use eventpact_contract::source::{FileId, Sources};
use eventpact_contract::yaml::{self, Node};

use crate::config::Config;

/// Names files as a project sees them.
pub(super) struct Names<'a> {
    config: &'a Config,
    /// The folder that the user named, for files that no configuration and no repository hold.
    named: PathBuf,
}

impl<'a> Names<'a> {
    pub(super) fn new(config: &'a Config, input: &str) -> Self {
        let fixed = crate::input::fixed_part(input);
        let folder = if fixed.is_dir() { Some(fixed.as_path()) } else { fixed.parent() };
        Self { config, named: folder.map(Path::to_path_buf).unwrap_or_default() }
    }

    /// The path of a file seen from the folder of the configuration, else from the root of its repository, else from the folder
    /// that was named. A version in git has the path that it has in the working folder.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        if let Some(below) = self.config.below(name) {
            return Some(below);
        }
        if let Some((_, path)) = name.strip_prefix("git:").and_then(|rest| rest.split_once(':')) {
            return Some(path.to_owned());
        }
        let below = |folder: &Path, path: &Path| path.strip_prefix(folder).ok()?.to_str().map(|below| below.replace('\\', "/"));
        let absolute = Path::new(name).canonicalize().ok()?;
        let repository = absolute.ancestors().find(|folder| folder.join(".git").exists());
        if let Some(repository) = repository {
            return below(repository, &absolute);
        }
        let named = if self.named.as_os_str().is_empty() { Path::new(".") } else { &self.named };
        below(&named.canonicalize().ok()?, &absolute)
    }
}

/// Completes the identity of each finding, which so far is what the check knows: the file and the place in it go before.
pub(super) fn complete(findings: &mut [Diagnostic], sources: &Sources, names: &Names<'_>) {
    let mut files: HashMap<FileId, (String, Option<Cow<'_, Node>>)> = HashMap::new();
    for found in findings {
        let id = found.primary.span.file;
        let (name, tree) = files.entry(id).or_insert_with(|| {
            let name = sources.file(id).name();
            (names.of(name).unwrap_or_default(), tree(sources, id))
        });
        let place = tree.as_ref().and_then(|root| stable_path(root, found.primary.span)).filter(|path| !path.is_empty());
        let rest = if found.identity.is_empty() { &found.about } else { &found.identity };
        found.identity = format!("{name}\n{}", place.as_ref().unwrap_or(rest));
    }
}

/// The tree of a file that is YAML or JSON.
fn tree(sources: &Sources, file: FileId) -> Option<Cow<'_, Node>> {
    if let Some(tree) = sources.file(file).tree() {
        return Some(Cow::Borrowed(tree));
    }
    let ending = sources.file(file).name().rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    if !["json", "avsc", "avpr", "yaml", "yml"].contains(&ending.as_str()) {
        return None;
    }
    yaml::parse(sources, file).0.map(Cow::Owned)
}
