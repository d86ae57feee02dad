//! `eventpact completions`

use anyhow::{Context as _, Result};
use clap_complete::env::Shells;

use crate::exit::Exit;
use crate::output;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "bash: put `source <(eventpact completions bash)` into ~/.bashrc. zsh: the same in ~/.zshrc. fish: `eventpact \
completions fish | source` in ~/.config/fish/config.fish.\n\nSubjects are those of the registry in EVENTPACT_REGISTRY."
)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_parser = ["bash", "zsh", "fish", "elvish", "powershell"])]
    shell: String,
}

/// Prints the lines.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell).with_context(|| format!("no lines for {}", args.shell))?;
    let mut lines = Vec::new();
    shell.write_registration("COMPLETE", "eventpact", "eventpact", "eventpact", &mut lines)?;
    output::print(&String::from_utf8(lines)?)?;
    Ok(Exit::Clean)
}
