//! `cargo xtask new rule FORMAT/NAME`: the three places of a rule, ready to be filled.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run::root;

/// Writes the rule file, its line in `rules/mod.rs`, and its case folder.
pub(crate) fn rule(id: &str) -> Result<()> {
    let (format, name) = id.split_once('/').context("write it as FORMAT/NAME, for example avro/enum-symbol-removed")?;
    let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let folder = format.replace('-', "_");
    let rules = root().join("compat/src").join(&folder).join("rules");
    if !valid || !rules.is_dir() {
        bail!(
            "`{id}` is no rule id: the format is avro, protobuf, json-schema or asyncapi, the name lower-case words with dashes"
        );
    }
    let module = name.replace('-', "_");
    let file = rules.join(format!("{module}.rs"));
    if file.exists() {
        bail!("{} exists already", file.display());
    }
    let model = first_rule(&rules)?;
    fs::write(&file, skeleton(&model, id, &module)).with_context(|| format!("cannot write {}", file.display()))?;
    register(&rules.join("mod.rs"), &module)?;
    let case = root().join("tests/compat").join(&folder).join(name);
    for which in ["fires", "silent"] {
        fs::create_dir_all(case.join(which))?;
    }
    println!(
        "wrote {}\nand its line in {}\nnow: the function, then old.* and new.* in",
        file.display(),
        rules.join("mod.rs").display()
    );
    println!("{}/fires and {}/silent, then `cargo xtask bless`", case.display(), case.display());
    Ok(())
}

/// The text of a rule that exists: its imports and the shape of its `RULE` fit the format.
fn first_rule(rules: &Path) -> Result<String> {
    let mut files: Vec<_> = fs::read_dir(rules)?.flatten().map(|e| e.path()).filter(|p| !p.ends_with("mod.rs")).collect();
    files.sort();
    let first = files.first().context("the format has no rule to take as a model")?;
    Ok(fs::read_to_string(first)?)
}

fn skeleton(model: &str, id: &str, module: &str) -> String {
    let page = "//! Finds …\n//!\n//! Why it breaks: …\n//!\n//! What to do instead: …\n";
    let code: Vec<&str> = model.lines().skip_while(|l| l.starts_with("//!")).collect();
    let mut text = page.to_owned();
    for line in code {
        let trimmed = line.trim_start();
        let indent = &line[..line.len() - trimmed.len()];
        let line = match trimmed.split(':').next() {
            Some("id") => format!("{indent}id: \"{id}\","),
            Some("summary") => format!("{indent}summary: \"…\","),
            Some("source") => format!("{indent}source: include_str!(\"{module}.rs\"),"),
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Adds the `mod` line in order, and the entry at the end of the list.
fn register(list: &Path, module: &str) -> Result<()> {
    let text = fs::read_to_string(list)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let declaration = format!("mod {module};");
    let mods: Vec<usize> = lines.iter().enumerate().filter(|(_, l)| l.starts_with("mod ")).map(|(i, _)| i).collect();
    let after = mods.iter().copied().rfind(|i| lines[*i] < declaration);
    let at = after.map_or_else(|| mods.first().copied().unwrap_or(lines.len()), |i| i + 1);
    lines.insert(at, declaration);
    let end = lines.iter().rposition(|l| l == "];").context("the list of rules has no end")?;
    // Some lists hold the rules, some refer to them.
    let borrow = if lines.iter().any(|l| l.starts_with("    &") && l.ends_with("::RULE,")) { "&" } else { "" };
    lines.insert(end, format!("    {borrow}{module}::RULE,"));
    Ok(fs::write(list, lines.join("\n") + "\n")?)
}
