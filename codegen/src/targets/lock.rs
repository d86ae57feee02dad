//! `events.lock`: a hash of every input and every output, so that an edited or outdated file is noticed.

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
    let hash = sha256(text).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    out.push_str(&toml_string(name));
    out.push_str(" = \"sha256:");
    out.push_str(&hash);
    out.push_str("\"\n");
}
