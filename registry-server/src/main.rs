//! `eventpact-registry [--config FILE] [--listen ADDRESS] [--store STORE] [--read-only] [--insecure]`: the registry alone, without the rest of Eventpact.

use std::io::Write as _;
use std::process::ExitCode;

use eventpact_registry::{Config, Options, StoreSpec, serve};

const USAGE: &str = "usage: eventpact-registry [--config FILE] [--listen 127.0.0.1:8081] [--store sqlite:PATH|postgres://…|memory:] \
                     [--read-only] [--insecure] [--rulesets drop|store] [--incompatible-code 40901|409]";

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let ready = |address| {
        let scheme = if options.security.tls.is_some() { "https" } else { "http" };
        // Whoever reads this may have gone away, and the server goes on.
        let _ = writeln!(std::io::stdout(), "listening on {scheme}://{address}, store {}", options.store);
        for open in options.security.unprotected(address) {
            let _ = writeln!(std::io::stderr(), "{open}");
        }
    };
    match serve(&options, ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut listen, mut store, mut config) = (None, None, Config::default());
    let (mut read_only, mut insecure) = (false, false);
    let (mut rulesets, mut incompatible_code) = (None, None);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--config" => config = Config::read(value()?.as_ref()).map_err(|error| error.to_string())?,
            "--listen" => {
                listen = Some(value()?.parse().map_err(|_| "--listen needs an address like 127.0.0.1:8081".to_owned())?);
            }
            "--store" => store = Some(value()?.parse()?),
            "--read-only" => read_only = true,
            "--insecure" => insecure = true,
            "--rulesets" => rulesets = Some(value()?.parse()?),
            "--incompatible-code" => incompatible_code = Some(value()?.parse()?),
            other => return Err(format!("unknown argument '{other}'")),
        }
    }
    let mut options = Options::of(config, StoreSpec::Sqlite("eventpact-registry.db".into()));
    options.listen = listen.unwrap_or(options.listen);
    options.store = store.unwrap_or(options.store);
    if read_only {
        options.store = options.store.read_only()?;
    }
    options.dialect.rulesets = rulesets.unwrap_or(options.dialect.rulesets);
    options.dialect.incompatible_code = incompatible_code.unwrap_or(options.dialect.incompatible_code);
    options.security.insecure |= insecure;
    Ok(options)
}
