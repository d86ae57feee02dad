//! `events.lock`: a hash of every input and every output, so that an edited or outdated file is noticed.

use std::collections::BTreeMap;

use eventpact_contract::formats::avro::sha256;

use crate::GENERATOR_VERSION;
use crate::files::GeneratedFile;
use crate::render::toml_string;

/// The lock of `files`, made from `inputs` (name and text).
pub(crate) fn lock<'a>(inputs: impl Iterator<Item = (&'a str, &'a str)>, files: &[GeneratedFile]) -> GeneratedFile {
    let mut text = format!(
        "# Written by Eventpact. It tells edited and outdated files apart.\ngenerator = \"{GENERATOR_VERSION}\"\n\n[inputs]\n"
    );
    for (name, input) in inputs {
        push(&mut text, name, input);
    }
    text.push_str("\n[files]\n");
    for file in files {
        push(&mut text, &file.path, &file.text);
    }
    GeneratedFile::new("events.lock", text)
}

fn push(out: &mut String, name: &str, text: &str) {
    out.push_str(&toml_string(name));
    out.push_str(" = \"");
    out.push_str(&hash(text));
    out.push_str("\"\n");
}

/// The hash of a file as it stands in the lock: `sha256:` and 64 hexadecimal digits.
pub fn hash(text: &str) -> String {
    let digits: Vec<String> = sha256(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// The files of a lock and their hashes; a text that is no lock has none.
///
/// ```
/// use eventpact_codegen::targets::lock::read;
/// let files = read("[inputs]\n\"a.yaml\" = \"sha256:00\"\n\n[files]\n\"src/lib.rs\" = \"sha256:11\"\n");
/// assert_eq!(files.into_iter().collect::<Vec<_>>(), [("src/lib.rs".to_owned(), "sha256:11".to_owned())]);
/// ```
pub fn read(lock: &str) -> BTreeMap<String, String> {
    let lines = lock.lines().skip_while(|line| *line != "[files]").skip(1);
    // The quoted texts of TOML that are written here are those of JSON.
    let unquoted = |text: &str| serde_json::from_str::<String>(text).ok();
    lines.filter_map(|line| line.split_once(" = ")).filter_map(|(name, hash)| Some((unquoted(name)?, unquoted(hash)?))).collect()
}
