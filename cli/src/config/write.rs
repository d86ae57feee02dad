//! Writes acceptances into `eventpact.toml`: comments and order stay, and no finding is accepted twice.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use toml_edit::{ArrayOfTables, Datetime, DocumentMut, Item, Table, value};

use super::{Date, NAME, short};

/// An acceptance to be written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) fingerprint: String,
    pub(crate) rule: String,
    /// The path, seen from the folder of the configuration.
    pub(crate) file: Option<String>,
    pub(crate) reason: String,
    pub(crate) expires: Option<Date>,
}

/// Where a new `eventpact.toml` goes: the root of the repository, else the folder of the input.
pub(crate) fn new_place(input: &str) -> PathBuf {
    let fixed = crate::input::fixed_part(if input == "-" || input.starts_with("git:") { "" } else { input });
    let start = std::path::absolute(if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed }).unwrap_or(fixed);
    let folder = start.ancestors().find(|folder| folder.is_dir()).unwrap_or(&start);
    let root = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder);
    short(root.join(NAME))
}

/// Adds entries to a file, which may not exist yet. An entry whose fingerprint is there already gives that one its reason and its
/// day.
pub(crate) fn write(path: &Path, entries: &[Entry]) -> Result<()> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read the configuration {shown}"))?,
    };
    let text = add(&text, entries).with_context(|| format!("cannot add to {shown}"))?;
    fs::write(path, text).with_context(|| format!("cannot write the configuration {shown}"))
}

fn add(text: &str, entries: &[Entry]) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let list = document.as_table_mut().entry("accept").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(list) = list.as_array_of_tables_mut() else { bail!("`accept` is written as a list; write [[accept]] tables") };
    for entry in entries {
        let is_known = |table: &&mut Table| table.get("fingerprint").and_then(Item::as_str) == Some(entry.fingerprint.as_str());
        if let Some(known) = list.iter_mut().find(is_known) {
            set(known, "reason", value(entry.reason.as_str()));
            expire(known, entry)?;
            continue;
        }
        let mut table = Table::new();
        set(&mut table, "fingerprint", value(entry.fingerprint.as_str()));
        set(&mut table, "rule", value(entry.rule.as_str()));
        if let Some(file) = &entry.file {
            set(&mut table, "file", value(file.as_str()));
        }
        set(&mut table, "reason", value(entry.reason.as_str()));
        expire(&mut table, entry)?;
        if !list.is_empty() || !text.trim().is_empty() {
            table.decor_mut().set_prefix("\n");
        }
        list.push(table);
    }
    Ok(document.to_string())
}

/// Sets a value; a comment behind the earlier one stays.
fn set(table: &mut Table, key: &str, mut item: Item) {
    let before = table.get(key).and_then(Item::as_value).map(|value| value.decor().clone());
    if let (Some(decor), Some(new)) = (before, item.as_value_mut()) {
        *new.decor_mut() = decor;
    }
    table.insert(key, item);
}

fn expire(table: &mut Table, entry: &Entry) -> Result<()> {
    match entry.expires {
        Some(day) => set(table, "expires", value(day.to_string().parse::<Datetime>()?)),
        None => {
            table.remove("expires");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fingerprint: &str, expires: Option<&str>) -> Entry {
        Entry {
            fingerprint: fingerprint.to_owned(),
            rule: "avro/type-changed".to_owned(),
            file: Some("a.avsc".to_owned()),
            reason: "nobody \"reads\" it".to_owned(),
            expires: expires.map(|day| day.parse().expect("a day")),
        }
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# ours\n[rules] # levels\n\"avro/*\" = \"info\"\n\n# the first\n[[accept]]\nfingerprint = \"0000000000000001\"\nreason = \"old\" # why\n\n[check]\nnotes = true\n";
        let once = add(text, &[entry("0000000000000001", Some("2026-12-31")), entry("0000000000000002", None)]).expect("a text");
        let want = "# ours\n[rules] # levels\n\"avro/*\" = \"info\"\n\n# the first\n[[accept]]\nfingerprint = \"0000000000000001\"\nreason = \"nobody \\\"reads\\\" it\" # why\nexpires = 2026-12-31\n\n[[accept]]\nfingerprint = \"0000000000000002\"\nrule = \"avro/type-changed\"\nfile = \"a.avsc\"\nreason = \"nobody \\\"reads\\\" it\"\n\n[check]\nnotes = true\n";
        assert_eq!(once.replace("'nobody \"reads\" it'", "\"nobody \\\"reads\\\" it\""), want);
        let again =
            add(&once, &[entry("0000000000000001", Some("2026-12-31")), entry("0000000000000002", None)]).expect("a text");
        assert_eq!(once, again);
        assert!(add("accept = []\n", &[entry("0000000000000001", None)]).is_err());
        assert!(add("", &[entry("0000000000000001", None)]).expect("a text").starts_with("[[accept]]\n"));
    }
}
