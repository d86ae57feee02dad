//! `eventpact descriptor FILE… --out FILE`

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use eventpact_contract::diagnostic::{Diagnostic, Severity, has_errors};
use eventpact_contract::formats::protobuf::{self, DescriptorOptions, Limits, Schema};
use eventpact_contract::load::{is_descriptor_set, load_descriptor_set};
use eventpact_contract::schema;
use eventpact_contract::source::{FileId, Reader, Sources};

use crate::exit::Exit;
use crate::input::{Tree, folder};
use crate::output::{self, OutputArgs};

/// Arguments of `descriptor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "The path of a file in the set is its path below the folder that was named or, for a file, below the \
--include folder that holds it. A descriptor set among the inputs (.binpb, .pb, .desc, .fds) is read as if its files had been written.\n\n\
Examples:\n  eventpact descriptor proto --out shop.binpb --source-info\n  eventpact descriptor proto/orders.proto --include proto --out -")]
pub(crate) struct Args {
    /// `.proto` files, folders of them, or descriptor sets.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Also look here for imports; may be repeated.
    #[arg(long, value_name = "DIR")]
    include: Vec<PathBuf>,
    /// Write the FileDescriptorSet to this file; `-` is standard output.
    #[arg(long, value_name = "FILE", required_unless_present = "print")]
    out: Option<PathBuf>,
    /// With the place and the comments of every element.
    #[arg(long)]
    source_info: bool,
    /// With the options that only compilers need (retention = `RETENTION_SOURCE`).
    #[arg(long)]
    retain_options: bool,
    /// Without the files that are only imported.
    #[arg(long)]
    exclude_imports: bool,
    /// Print the files as text instead.
    #[arg(long, conflicts_with = "out")]
    print: bool,
}

/// What is compiled: files with the paths that others import them by, and where imports are looked for.
#[derive(Default)]
struct Work {
    sources: Sources,
    roots: Vec<(FileId, String)>,
    paths: HashSet<String>,
    /// A reader and a folder in it.
    places: Vec<(Box<dyn Reader>, String)>,
}

/// Compiles the inputs; what is wrong with them goes to standard output, or to standard error when the set goes there.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut work = Work::default();
    let (schema, count, found) = if let [input] = args.inputs.as_slice()
        && is_descriptor_set(input)
        && !Path::new(input).is_dir()
    {
        let tree = Tree::open(input, None)?;
        let [entry] = tree.entries.as_slice() else { bail!("{input} is no file") };
        let bytes = tree.reader.read_bytes(&entry.path).map_err(|why| anyhow::anyhow!("cannot read {input}: {why}"))?;
        let (schema, found) = load_descriptor_set(&mut work.sources, &tree.reader.display_name(&entry.path), &bytes, None);
        let schema = match schema {
            Some(schema::Schema::Protobuf(schema)) => Some(schema.as_ref().clone()),
            _ => None,
        };
        (schema, None, found)
    } else {
        for input in &args.inputs {
            work.input(input, &args.include)?;
        }
        let (schema, found) = work.compile(&args.include)?;
        (schema, Some(work.roots.len()), found)
    };
    let (Some(schema), false) = (schema, has_errors(&found)) else { return refused(args, found, &work.sources) };
    let options = DescriptorOptions {
        source_info: args.source_info.then_some(&work.sources),
        retain_options: args.retain_options,
        first: count.filter(|_| args.exclude_imports || args.print),
    };
    let bytes = protobuf::descriptor_set(&schema, options);
    write(args, &bytes)
}

fn refused(args: &Args, mut found: Vec<Diagnostic>, sources: &Sources) -> Result<Exit> {
    found.retain(|d| d.severity == Severity::Error);
    if args.out.as_deref() == Some(Path::new("-")) {
        for one in &found {
            let place = sources.file(one.primary.span.file);
            complain!("{}:{}: {}", place.name(), sources.line_column(one.primary.span), one.message);
        }
    } else {
        OutputArgs::text().print("invalid", &mut found, sources)?;
    }
    Ok(Exit::Findings)
}

fn write(args: &Args, bytes: &[u8]) -> Result<Exit> {
    match &args.out {
        None => {
            let texts = protobuf::descriptor_texts(bytes).map_err(anyhow::Error::msg)?;
            for (path, text) in texts {
                output::print(&format!("// {path}\n{text}\n"))?;
            }
        }
        Some(path) if path == Path::new("-") => output::print_bytes(bytes)?,
        Some(path) => std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?,
    }
    Ok(Exit::Clean)
}

impl Work {
    /// Takes in a file or the `.proto` files of a folder.
    fn input(&mut self, input: &str, include: &[PathBuf]) -> Result<()> {
        let tree = Tree::open(input, None)?;
        let mut start = String::new();
        for entry in &tree.entries {
            if !tree.single && Path::new(&entry.path).extension().is_none_or(|ending| ending != "proto") {
                continue;
            }
            let below = entry.path.strip_suffix(entry.name.as_str()).unwrap_or("");
            below.clone_into(&mut start);
            let path = if tree.single { included(Path::new(input), include) } else { None };
            let path = path.unwrap_or_else(|| entry.name.clone());
            let text = tree.reader.read(&entry.path).map_err(|why| anyhow::anyhow!("cannot read {input}: {why}"))?;
            if self.paths.insert(path.clone()) {
                self.roots.push((self.sources.add(tree.reader.display_name(&entry.path), text), path));
            }
        }
        self.places.push((tree.reader, start));
        Ok(())
    }

    fn compile(&mut self, include: &[PathBuf]) -> Result<(Option<Schema>, Vec<Diagnostic>)> {
        for path in include {
            self.places.push((folder(path)?, String::new()));
        }
        let places = &self.places;
        let mut import = |wanted: &str| {
            let mut why = None;
            for (reader, start) in places {
                let path = format!("{start}{wanted}");
                match reader.read(&path) {
                    Ok(text) => return Ok((reader.display_name(&path), text)),
                    Err(reason) => why.get_or_insert(reason),
                };
            }
            Err(why.unwrap_or_else(|| "no such file".to_owned()))
        };
        if self.roots.is_empty() {
            bail!("there is no .proto file among the inputs");
        }
        Ok(protobuf::parse_set(&mut self.sources, &self.roots, &mut import, Limits::FOLDER))
    }
}

/// The path of a file below the first folder that holds it.
fn included(file: &Path, include: &[PathBuf]) -> Option<String> {
    let file = file.canonicalize().ok()?;
    include.iter().find_map(|folder| {
        let below = file.strip_prefix(folder.canonicalize().ok()?).ok()?;
        let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        parts.map(|parts| parts.join("/"))
    })
}
