//! The registry under load: reads, durable registrations, checks, cold starts, memory, growth and overload, against ceilings on the
//! same machine and in the same run (a bare route of axum, a loop of append and fdatasync). Samples are taken in turn, and figures
//! are medians. The load and the server share the machine's cores, so what is printed is lower than what the server alone can do.
//!
//! `registry measure SERVER FOLDER (POSTGRES|-) [PART…]` and `registry bare ADDRESS FILE`; `cargo xtask bench registry` builds and
//! starts what is needed.

#![allow(clippy::print_stdout)] // the figures are the output

mod bare;
mod figures;
mod http;
mod loads;
mod overload;
mod postgres;
mod schemas;
mod server;
mod sizes;
mod table;

use std::path::Path;

use figures::Aims;
use server::Folder;
use table::Column;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["bare", address, file] => bare::serve(address, file),
        ["measure", server, folder, postgres, parts @ ..] => measure(Path::new(server), Path::new(folder), postgres, parts),
        _ => Err("run it as `cargo xtask bench registry`".into()),
    }
}

/// `-` stands for no PostgreSQL; without parts, all are measured.
fn measure(binary: &Path, folder: &Path, postgres: &str, parts: &[&str]) -> Result<(), Failed> {
    const PARTS: [&str; 7] = ["read", "register", "again", "check", "sizes", "overload", "postgres"];
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(part)) {
        return Err(format!("there is no part `{unknown}`; there are {}", PARTS.join(", ")).into());
    }
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let folder = Folder::new(folder)?;
    let (mut aims, mut column) = (Aims::new(), Column::default());
    machine();
    if wanted("read") {
        loads::read(binary, &folder, &mut aims, &mut column)?;
    }
    if wanted("register") {
        loads::register(binary, &folder, &mut aims, &mut column)?;
    }
    if wanted("again") {
        loads::register_again(binary, &folder, &mut aims, &mut column)?;
    }
    if wanted("check") {
        loads::check(binary, &folder, &mut aims, &mut column)?;
    }
    if wanted("sizes") {
        sizes::run(binary, &folder, &mut aims, &mut column)?;
    }
    if wanted("overload") {
        overload::run(binary, &folder, &mut aims)?;
    }
    if wanted("postgres") && postgres != "-" {
        postgres::run(binary, postgres)?;
    }
    aims.print();
    if parts.is_empty() {
        column.print();
    }
    Ok(())
}

/// What it runs on, and how busy that is: others' work makes all figures lower, and ratios less sure.
fn machine() {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map_or("", |(_, name)| name.trim());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    println!("machine: {cores} cores, {model}; load average {load} at the start");
}
