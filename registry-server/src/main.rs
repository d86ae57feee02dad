//! `eventpact-registry [--listen ADDRESS] [--store STORE] [--read-only]`: the registry alone, without the rest of Eventpact.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command talks on its streams

use std::net::SocketAddr;
use std::process::ExitCode;

use eventpact_registry::{Dialect, Options, StoreSpec, serve};

const USAGE: &str = "usage: eventpact-registry [--listen 127.0.0.1:8081] [--store sqlite:PATH|postgres://…|memory:] [--read-only] \
                     [--rulesets drop|store] [--incompatible-code 40901|409]";

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let ready = |address| println!("listening on http://{address}, store {}", options.store);
    match serve(&options, ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8081));
    let mut store = StoreSpec::Sqlite("eventpact-registry.db".into());
    let mut read_only = false;
    let mut dialect = Dialect::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--listen" => listen = value()?.parse().map_err(|_| "--listen needs an address like 127.0.0.1:8081".to_owned())?,
            "--store" => store = value()?.parse()?,
            "--read-only" => read_only = true,
            "--rulesets" => dialect.rulesets = value()?.parse()?,
            "--incompatible-code" => dialect.incompatible_code = value()?.parse()?,
            other => return Err(format!("unknown argument '{other}'")),
        }
    }
    let mut options = Options::new(listen, if read_only { store.read_only()? } else { store });
    options.dialect = dialect;
    Ok(options)
}
