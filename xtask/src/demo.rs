//! `cargo xtask demo`: the main job, once, on embedded defaults. No broker, no database, nothing to install.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::check::warnings;
use crate::run::{cargo, root, shown, step, target};

/// Runs all steps and sums up.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let folder = root().join("target/demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    step("build eventpact", &mut cargo(["build", "--quiet", "--package", "eventpact"]))?;
    let eventpact = target().join("debug/eventpact");

    title("1. check: is specs/shop-next compatible with specs/shop?");
    let breaks = check(&eventpact)?;

    title("2. serve: a schema registry on its embedded store");
    let registry = Registry::start(&eventpact, &folder.join("registry.db"))?;
    println!("   {} answers", registry.url);

    title("3. register the schemas of the contract");
    let url = registry.url.clone();
    quiet_step(Command::new(&eventpact).args(["registry", "register", "specs/shop/asyncapi.yaml", "--url", &url]))?;

    title("4. generate: a typed crate with producers and consumers");
    let crate_folder = folder.join("shop-events");
    let out = crate_folder.display().to_string();
    let runtime = root().join("runtime").display().to_string();
    let generate = ["generate", "specs/shop/asyncapi.yaml", "--out", &out, "--runtime-path", &runtime];
    quiet_step(Command::new(&eventpact).args(generate))?;
    quiet_step(Command::new(&eventpact).args(generate).arg("--check"))?;
    // The same versions as here, so that what is built already is not built again.
    fs::copy(root().join("Cargo.lock"), crate_folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    let build = ["rustc", "--quiet", "--lib", "--no-default-features", "--", warnings(), "warnings"];
    step("build the generated crate, warnings denied", &mut crate_cargo(&crate_folder, &build))?;

    title("5. send and consume, with a poison message among them");
    let story = example(&crate_folder, &url)?;

    title("6. docs: what events exist");
    let docs = folder.join("docs");
    let to = docs.display().to_string();
    quiet_step(Command::new(&eventpact).args(["docs", "specs/shop/asyncapi.yaml", "--out", &to]))?;

    drop(registry);
    summary(&breaks, &story, &crate_folder, &docs, start);
    Ok(())
}

/// The runnable example of a generated crate that needs no broker.
const EXAMPLE: &str = "in_process";

fn title(text: &str) {
    println!("\n══ {text}");
}

fn crate_cargo(folder: &Path, args: &[&str]) -> Command {
    let mut command = cargo(args);
    command.current_dir(folder).env("CARGO_TARGET_DIR", target());
    command
}

/// Runs a program of ours in the root, shows the command and what it prints.
fn quiet_step(command: &mut Command) -> Result<()> {
    println!("   $ {}", short(command));
    let output = command.current_dir(root()).stdin(Stdio::null()).output().with_context(|| shown(command))?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        println!("   {line}");
    }
    if !output.status.success() {
        bail!("{} failed ({}):\n{}", short(command), output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The command with the paths that a reader can type.
fn short(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let target = format!("{}/debug/", target().display());
    shown(command).replace(&target, "").replace(&root, "")
}

/// Checks the next version: it must be incompatible, and its breaks are counted.
fn check(eventpact: &Path) -> Result<String> {
    let mut command = Command::new(eventpact);
    command.args(["check", "specs/shop-next", "--against", "specs/shop"]).current_dir(root()).stdin(Stdio::null());
    println!("   $ {}", short(&command));
    let output = command.output().context("eventpact cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.code() != Some(1) {
        bail!("the planted breaks were not found ({}):\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let first: Vec<&str> = text.split("\n\n").take(2).collect();
    for line in first.join("\n\n").lines() {
        println!("   {line}");
    }
    // The verdict, and behind it what to deploy first.
    let end: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("incompatible:")).collect();
    println!("   …\n   {}", end.join("\n   "));
    Ok(end.first().copied().unwrap_or_default().to_owned())
}

/// A running registry; it is stopped when this goes.
struct Registry {
    child: Child,
    url: String,
}

impl Registry {
    fn start(eventpact: &Path, store: &Path) -> Result<Self> {
        let mut command = Command::new(eventpact);
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", &format!("sqlite:{}", store.display())]);
        println!("   $ {}", short(&command));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("eventpact serve cannot be started")?;
        let output = child.stdout.take().context("the output of eventpact serve is not connected")?;
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some(at) = line.find("http://") {
                let url = line[at..].split([' ', ',']).next().unwrap_or("").to_owned();
                // Whoever prints must have a reader, else it would end.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, url });
            }
        }
        let status = child.wait()?;
        bail!("eventpact serve ended before it listened ({status})");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs the example of the generated crate and gives what it says of dead letters and of each channel as a whole.
fn example(folder: &Path, registry: &str) -> Result<Vec<String>> {
    let mut command = crate_cargo(folder, &["run", "--quiet", "--example", EXAMPLE, "--no-default-features"]);
    command.env("EVENTPACT_REGISTRY", registry);
    println!("   $ cd target/demo/shop-events && EVENTPACT_REGISTRY={registry} cargo run --example {EXAMPLE}");
    let output = command.stderr(Stdio::inherit()).output().context("the example cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in text.lines() {
        println!("   {line}");
    }
    if !output.status.success() {
        bail!("the example failed ({})", output.status);
    }
    let story: Vec<String> = text.lines().filter(|l| tells(l)).map(|l| l.trim().to_owned()).collect();
    if !story.iter().any(|l| l.contains("dead-lettered, shown and replayed")) {
        bail!("the example ended without a dead letter that was shown and replayed");
    }
    Ok(story)
}

/// Channel, dead letter, or the sum of a channel.
fn tells(line: &str) -> bool {
    !line.starts_with(' ') || line.contains("dead letter ") || line.contains("dead-lettered")
}

fn summary(breaks: &str, story: &[String], crate_folder: &Path, docs: &Path, start: Instant) {
    let below = |path: &Path| path.strip_prefix(root()).map_or_else(|_| path.to_owned(), PathBuf::from).display().to_string();
    println!("\n══ What happened ({:.0} s)", start.elapsed().as_secs_f64());
    println!("   checked     specs/shop-next against specs/shop: {breaks}");
    println!("   generated   {}", below(crate_folder));
    println!("   sent, consumed, retried, dead-lettered, shown and replayed:");
    for line in story {
        println!("      {line}");
    }
    println!("   documented  {}", below(docs));
    println!("\n   What to try next:");
    println!("   cargo run -p eventpact -- check specs/shop-next --against specs/shop      every break, with its proof");
    println!("   cargo run -p eventpact -- explain avro/field-without-default              a rule's page");
    println!(
        "   cargo run -p eventpact -- serve                                           the registry on http://127.0.0.1:8081"
    );
    println!("   open {}/index.html", below(docs));
    println!(
        "   cargo xtask test                                                          everything, with real servers: Kafka, PostgreSQL, a browser"
    );
}
