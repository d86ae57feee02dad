//! Where specs come from: files, folders, patterns, trees of git, descriptor sets and schema registries, all behind one [`Tree`].
//!
//! A tree never leaves its root: a reference that climbs out of it, or a link that leads out of it, is refused.

mod files;
mod git;
mod image;
mod layers;
mod pattern;
mod registry;
mod stdin;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use eventpact_contract::asyncapi::PointOfView;
use eventpact_contract::load::{Options, Registered};
use eventpact_contract::source::{Memory, Reader, Sources, Span, resolve_path};

use crate::config::Config;

/// How documents are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ReadArgs {
    /// Of AsyncAPI 2.x: whose work `publish` and `subscribe` describe.
    #[arg(long, value_enum, default_value = "application", value_name = "VIEW")]
    point_of_view: View,
    /// Also look here for Protobuf imports and named Avro types that are not beside their file; may be repeated. An earlier version
    /// (git:REF) looks in the folder as it was there.
    #[arg(long, value_name = "DIR")]
    include: Vec<PathBuf>,
    /// The same from the configuration, with the line that names each.
    #[arg(skip)]
    configured: Vec<(PathBuf, String)>,
    /// What standard input (`-`) is: a path in the working folder, from which its references start.
    #[arg(long, value_name = "PATH")]
    stdin_name: Option<String>,
    #[cfg(feature = "remote")]
    #[command(flatten)]
    remote: crate::remote::RemoteArgs,
}

/// The points of view of AsyncAPI 2.x.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum View {
    /// `publish`: others send, the application receives (as the specification has it).
    #[default]
    Application,
    /// `publish`: the application sends.
    Client,
}

impl ReadArgs {
    /// The same with the folders of the configuration to look in, behind those that the command line names.
    pub(crate) fn with_include(&self, config: &Config, sources: &Sources) -> Self {
        let line = |at: Span| format!("{}:{}", sources.file(at.file).name(), sources.line_column(at).line);
        let configured = config.include().iter().map(|(folder, at)| (folder.clone(), line(*at))).collect();
        Self { configured, ..self.clone() }
    }

    /// The folders to look in, and what names each.
    fn folders(&self) -> impl Iterator<Item = (&PathBuf, String)> {
        let named = self.include.iter().map(|folder| (folder, "--include".to_owned()));
        named.chain(self.configured.iter().map(|(folder, line)| (folder, format!("{line}: `include`"))))
    }

    /// What the loader takes.
    pub(crate) fn options(&self) -> Options {
        let point_of_view = match self.point_of_view {
            View::Application => PointOfView::Application,
            View::Client => PointOfView::Client,
        };
        Options { point_of_view, ..Options::default() }
    }
}

/// Some documents and the reader that gives them, and what they refer to.
pub(crate) struct Tree {
    /// Gives the text of a path.
    pub(crate) reader: Box<dyn Reader>,
    /// The documents.
    pub(crate) entries: Vec<Entry>,
    /// As the user wrote it.
    pub(crate) label: String,
    /// The user named one file, not a folder; or one subject, not a registry.
    pub(crate) single: bool,
    /// Of a registry: what each entry is, by its path. The name of an entry is then that of its subject.
    pub(crate) registered: BTreeMap<String, Registered>,
}

/// One document of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The path that the reader understands.
    pub(crate) path: String,
    /// The path below the folder that the user named: what pairs the old with the new version.
    pub(crate) name: String,
}

/// Endings of the files that a folder is searched for.
const ENDINGS: [&str; 7] = ["yaml", "yml", "json", "avsc", "avpr", "avdl", "proto"];

/// At most this many files are taken from one folder.
const MAX_FILES: usize = 20_000;

/// At most this many files are looked at by name.
const MAX_WALKED: usize = 1_000_000;

impl Tree {
    /// Without documents, and nothing to read.
    fn empty(label: &str) -> Self {
        let reader = Box::new(Memory::default());
        Self { reader, entries: Vec::new(), label: label.to_owned(), single: false, registered: BTreeMap::new() }
    }

    /// Opens what the user named: a file, a folder or `git:REF` or `git:REF:PATH`; `default_path` is the path when a git reference names none.
    pub(crate) fn open(input: &str, default_path: Option<&str>) -> Result<Self> {
        if let Some(rest) = input.strip_prefix("git:") {
            return git::open(input, rest, default_path);
        }
        files::open(Path::new(input)).with_context(|| format!("cannot read {input}"))
    }

    /// The same with what `read` says: more folders to look in, a pattern, or standard input (`-`).
    pub(crate) fn open_with(input: &str, default_path: Option<&str>, read: &ReadArgs) -> Result<Self> {
        layers::add(image::packed(Self::open_bare(input, default_path, read)?)?, read)
    }

    /// The same without what `--include` and `--allow-ref-host` add.
    fn open_bare(input: &str, default_path: Option<&str>, read: &ReadArgs) -> Result<Self> {
        if input == "-" {
            stdin::open(read.stdin_name.as_deref())
        } else if is_pattern(input) && !input.starts_with("git:") && !Path::new(input).exists() {
            pattern::open(input)
        } else {
            Self::open(input, default_path)
        }
    }

    /// The path that the reader would have for an output file; `None` when that lies outside of what it may read.
    pub(crate) fn path_of_output(&self, entry: &Entry, out: &Path) -> Option<String> {
        let folder = |path: &Path| {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::canonicalize(parent).ok()
        };
        let name = self.reader.display_name(&entry.path);
        let (from, to) = (folder(Path::new(&name))?, folder(out)?);
        let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
        let mut steps = vec![".."; from.components().count() - common];
        let below: Option<Vec<&str>> = to.components().skip(common).map(|part| part.as_os_str().to_str()).collect();
        steps.extend(below?);
        steps.push(out.file_name()?.to_str()?);
        resolve_path(&entry.path, &steps.join("/"))
    }

    /// `true` for what a schema registry holds.
    pub(crate) fn is_registry(&self) -> bool {
        !self.registered.is_empty()
    }
}

/// The versions that an input stands for, oldest first: `git-tags:` and registries have several, of which `all` are wanted or only
/// the latest; everything else is one. With `images`, a descriptor set is a folder of the `.proto` files in it.
pub(crate) fn versions(input: &str, default_path: Option<&str>, read: &ReadArgs, all: bool, images: bool) -> Result<Vec<Tree>> {
    let trees = if let Some(rest) = input.strip_prefix("registry:") {
        return registry::open(input, rest, all);
    } else if let Some(rest) = input.strip_prefix("git-tags:") {
        git::open_tags(input, rest, default_path, all)?
    } else {
        vec![Tree::open_bare(input, default_path, read)?]
    };
    let image = |tree: Tree| {
        let tree = image::packed(tree)?;
        if images { image::open(tree) } else { Ok(tree) }
    };
    trees.into_iter().map(|tree| layers::add(image(tree)?, read)).collect()
}

/// Standard input can be read once.
pub(crate) fn refuse_twice<'a>(inputs: impl IntoIterator<Item = &'a str>) -> Result<()> {
    if inputs.into_iter().filter(|input| *input == "-").count() > 1 {
        bail!("standard input (`-`) can be one of the versions only");
    }
    Ok(())
}

/// `true` for an input that is not in the working folder, so that its path means nothing elsewhere.
pub(crate) fn is_elsewhere(input: &str) -> bool {
    ["git:", "git-tags:", "registry:"].iter().any(|scheme| input.starts_with(scheme))
}

/// `true` for what names files by a pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The part of an input in front of its first pattern; all of it when it is a file or has none.
pub(crate) fn fixed_part(input: &str) -> PathBuf {
    if Path::new(input).exists() {
        return PathBuf::from(input);
    }
    Path::new(input).components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect()
}

/// Stops a walk through more files than a folder of specs has.
fn limit(seen: usize, label: &str) -> Result<()> {
    if seen > MAX_WALKED {
        bail!("{label} has more than {MAX_WALKED} files; name a smaller folder");
    }
    Ok(())
}

/// The text that some bytes are, or in plain words why they are none.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return "it is UTF-16; save it as UTF-8".to_owned();
        }
        let line = 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
        format!("it is not UTF-8 (at byte {at}, on line {line})")
    })
}

/// Reads below a folder, wherever it lies.
pub(crate) fn folder(path: &Path) -> Result<Box<dyn Reader>> {
    let files = files::Files::below(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(files))
}

/// A reader in which one file has another text: to check what is about to be written.
pub(crate) struct Overlay<'a> {
    pub(crate) below: &'a dyn Reader,
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl Reader for Overlay<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == self.path { Ok(self.text.to_owned()) } else { self.below.read(path) }
    }

    fn display_name(&self, path: &str) -> String {
        self.below.display_name(path)
    }
}

/// The name of a file looks like that of a spec.
fn is_spec(path: &str) -> bool {
    Path::new(path)
        .extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| ENDINGS.iter().any(|ending| ending.eq_ignore_ascii_case(e)))
}

/// Keeps the paths that look like specs, sorted, and refuses a folder with too many.
fn select(mut paths: Vec<String>, root: &str, label: &str) -> Result<Vec<Entry>> {
    paths.retain(|path| is_spec(path));
    paths.sort();
    if paths.len() > MAX_FILES {
        bail!("{label} has {} spec files; name a smaller folder (the limit is {MAX_FILES})", paths.len());
    }
    let name = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned();
    Ok(paths.into_iter().map(|path| Entry { name: name(&path), path }).collect())
}
