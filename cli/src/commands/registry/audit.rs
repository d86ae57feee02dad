//! `eventpact registry audit`: who changed what, and whether the chain of records is whole.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use eventpact_contract::diagnostic::printable;
use eventpact_registry_client::wire::audit::{AuditChange, AuditPage, AuditRecord, PRUNED};
use eventpact_registry_client::{AuditQuery, Client};
use sha2::{Digest as _, Sha256};

use super::Target;
use crate::config::Date;
use crate::exit::Exit;
use crate::output;

/// Records that are asked for at a time when all are wanted.
const PAGE: usize = 1000;

/// The hash before the first record.
const NOTHING: [u8; 32] = [0; 32];

/// Arguments of `registry audit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The newest record comes first. --verify reads them all and names the first one that is not as it was written: \
exit 1. Whoever can write to the store can also make the chain anew from there; note the newest hash elsewhere, and give it to \
--expect.\n\nNeeds a registry of Eventpact and the right `admin` on all of it."
)]
pub(super) struct Args {
    /// Only what changed this subject, context or document.
    #[arg(long, conflicts_with = "verify")]
    subject: Option<String>,
    /// Only what this client did.
    #[arg(long, conflicts_with = "verify")]
    principal: Option<String>,
    /// At most so many records.
    #[arg(long, default_value_t = 50, conflicts_with = "verify")]
    limit: usize,
    /// Is every record as it was written, and none left out?
    #[arg(long)]
    verify: bool,
    /// A record that must be there: its number and hash, as an earlier --verify has printed.
    #[arg(long, value_name = "NUMBER:HASH", requires = "verify", value_parser = expected)]
    expect: Option<(u64, String)>,
    /// As JSON.
    #[arg(long, conflicts_with = "verify")]
    json: bool,
    #[command(flatten)]
    target: Target,
}

fn expected(text: &str) -> Result<(u64, String), String> {
    let wrong = || format!("'{text}' is not a number and a whole hash of 64 digits, as --verify prints them");
    let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
    let hash = hash.to_ascii_lowercase();
    unhex(&hash).ok_or_else(wrong)?;
    Ok((number.parse().map_err(|_| wrong())?, hash))
}

/// Shows records, or verifies them.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let client = args.target.client()?;
        if args.verify { verify(&client, args.expect.as_ref()).await } else { show(&client, args).await }
    })
}

async fn show(client: &Client, args: &Args) -> Result<Exit> {
    let mut query = AuditQuery { subject: args.subject.clone(), principal: args.principal.clone(), ..AuditQuery::default() };
    let mut records: Vec<AuditRecord> = Vec::new();
    while records.len() < args.limit {
        query.limit = (args.limit - records.len()).min(PAGE);
        let page = client.audit(&query).await?;
        records.extend(page.records);
        query.before = page.next;
        if query.before.is_none() {
            break;
        }
    }
    let shown = if args.json { serde_json::to_string_pretty(&records)? + "\n" } else { records.iter().map(text).collect() };
    output::print(&shown)?;
    Ok(Exit::Clean)
}

fn text(record: &AuditRecord) -> String {
    let Some(entry) = &record.entry else { return format!("{} cannot be read\n", record.number) };
    let (who, request) = (printable(&entry.principal), printable(&entry.request));
    let from = entry.address.as_deref().map(|address| format!(" from {}", printable(address))).unwrap_or_default();
    let mut lines = format!("{} {} {who}{from}: {request}\n", record.number, time(entry.time));
    for change in &entry.changes {
        let number = change.number.map_or(String::new(), |number| format!(" {number}"));
        let side = |side: &Option<String>| side.as_deref().map_or_else(|| "nothing".to_owned(), printable);
        let name = if change.name.is_empty() { "(registry)".to_owned() } else { printable(&change.name) };
        let (what, before, after) = (printable(&change.what), side(&change.before), side(&change.after));
        let _ = writeln!(lines, "  {what} {name}{number}: {before} -> {after}");
    }
    if entry.more > 0 {
        let _ = writeln!(lines, "  and {} more", entry.more);
    }
    lines
}

/// A time in milliseconds since 1970 as `2026-11-26T05:38:51.123Z`.
fn time(ms: i64) -> String {
    let since = u64::try_from(ms).unwrap_or(0);
    let (day, second) = (since / 86_400_000, since / 1000 % 86_400);
    let date = Date::of_day(day).map_or_else(|| "?".to_owned(), |date| date.to_string());
    format!("{date}T{:02}:{:02}:{:02}.{:03}Z", second / 3600, second / 60 % 60, second % 60, since % 1000)
}

/// What was read of the chain, from its end.
struct Chain {
    /// The hash that the next older record must have; `None` before the first one is read.
    wanted: Option<[u8; 32]>,
    /// The number of the record that was read last.
    last: u64,
    /// Records that are not as they were written, and why: the last one is the oldest.
    broken: Vec<(u64, String)>,
    expected_is_there: bool,
    /// Last records that were let go, with their hashes, as later ones say.
    pruned: Vec<(u64, [u8; 32])>,
}

impl Chain {
    /// The hash of the record before, or what is wrong with this one.
    fn judge(&self, record: &AuditRecord) -> Result<[u8; 32], &'static str> {
        let (Some(previous), Some(hash)) = (unhex(&record.previous), unhex(&record.hash)) else { return Err("its hash is none") };
        let made: [u8; 32] = Sha256::new().chain_update(previous).chain_update(&record.text).finalize().into();
        if made != hash {
            return Err("its text is not what was hashed");
        }
        if self.wanted.is_some_and(|wanted| wanted != hash) {
            return Err("its hash is not the one that the record after it was made with");
        }
        if record.entry.as_ref().is_none_or(|entry| entry.number != record.number) {
            return Err("its text is that of another record");
        }
        Ok(previous)
    }

    /// A later record says that those before the oldest one were let go, and what hash it was made with.
    fn is_said_to_begin_here(&self) -> bool {
        self.pruned.iter().any(|(number, hash)| number + 1 == self.last && self.wanted == Some(*hash))
    }

    /// Takes the next older record.
    fn take(&mut self, record: &AuditRecord, expected: Option<&(u64, String)>) {
        let number = record.number;
        if self.wanted.is_some() && number + 1 != self.last {
            self.broken.push((number + 1, "it is missing".to_owned()));
            self.wanted = None;
        }
        match self.judge(record) {
            Ok(previous) => {
                self.wanted = Some(previous);
                self.pruned.extend(record.entry.iter().flat_map(|entry| &entry.changes).filter_map(pruned));
            }
            Err(why) => {
                // What it says of the one before is worth nothing.
                self.wanted = None;
                self.broken.push((number, why.to_owned()));
            }
        }
        self.last = number;
        self.expected_is_there |= expected.is_some_and(|(n, hash)| *n == number && *hash == record.hash);
    }
}

async fn verify(client: &Client, expected: Option<&(u64, String)>) -> Result<Exit> {
    let mut query = AuditQuery { limit: PAGE, ..AuditQuery::default() };
    let mut chain = Chain { wanted: None, last: 0, broken: Vec::new(), expected_is_there: false, pruned: Vec::new() };
    let mut head: Option<AuditPage> = None;
    loop {
        let mut page = client.audit(&query).await?;
        if head.is_none() && page.records.first().is_some_and(|first| first.number < page.newest) {
            chain.broken.push((page.newest, "it is missing".to_owned()));
        }
        let records = std::mem::take(&mut page.records);
        query.before = page.next;
        head.get_or_insert(page);
        for record in &records {
            chain.take(record, expected);
        }
        if query.before.is_none() {
            break;
        }
    }
    let Some(head) = head else { bail!("the registry has no audit log") };
    let whole = head.kept == "store";
    if whole && head.newest > 0 {
        match chain.last {
            0 => chain.broken.push((1, "all records are missing".to_owned())),
            1 if chain.wanted.is_none_or(|wanted| wanted == NOTHING) => {}
            1 => chain.broken.push((1, "something was before it".to_owned())),
            last if chain.is_said_to_begin_here() => {
                if let Some((number, hash)) = expected.filter(|(number, _)| *number < last) {
                    let is_last = *number == last - 1 && unhex(hash).is_some_and(|hash| chain.wanted == Some(hash));
                    chain.expected_is_there |= is_last;
                    if !is_last {
                        let why = format!("it was let go, with all up to record {}: expect a newer one", last - 1);
                        chain.broken.push((*number, why));
                        chain.expected_is_there = true;
                    }
                }
            }
            last => chain.broken.push((last - 1, "it is missing, with all before it".to_owned())),
        }
    }
    if let Some((number, _)) = expected.filter(|_| !chain.expected_is_there) {
        chain.broken.push((*number, "it is not the record that was expected".to_owned()));
    }
    Ok(verdict(&chain, &head))
}

/// The last record that was let go, where a change says so, and its hash.
fn pruned(change: &AuditChange) -> Option<(u64, [u8; 32])> {
    let hash = change.after.as_deref().filter(|_| change.what == "audit")?.strip_prefix(PRUNED)?;
    Some((change.number?.try_into().ok()?, unhex(hash)?))
}

fn verdict(chain: &Chain, head: &AuditPage) -> Exit {
    if let Some((number, why)) = chain.broken.iter().min_by_key(|(number, _)| *number) {
        let more = if chain.broken.len() > 1 { format!(" ({} records in all)", chain.broken.len()) } else { String::new() };
        say!("broken at record {number}: {why}{more}");
        return Exit::Findings;
    }
    if head.kept != "store" {
        say!("this store keeps no audit log; what the process remembers is whole");
    }
    let count = if head.kept == "store" { (head.newest + 1).saturating_sub(chain.last.max(1)) } else { head.newest };
    say!("whole: {count} records, newest {}:{}", head.newest, head.newest_hash);
    if head.kept == "store" && chain.last > 1 {
        say!("records up to {} were let go, as a later record says", chain.last - 1);
    }
    Exit::Clean
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u64, previous: &str) -> AuditRecord {
        let text = format!(
            r#"{{"number":{number},"time":1,"principal":"a","authentication":"none","request":"r","requestId":"i","changes":[]}}"#
        );
        let hash: [u8; 32] = Sha256::new().chain_update(unhex(previous).unwrap()).chain_update(&text).finalize().into();
        let hash = hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let entry = serde_json::from_str(&text).ok();
        AuditRecord { number, previous: previous.to_owned(), hash, text, entry }
    }

    fn broken(records: &[AuditRecord]) -> Option<u64> {
        let mut chain = Chain { wanted: None, last: 0, broken: Vec::new(), expected_is_there: false, pruned: Vec::new() };
        records.iter().rev().for_each(|record| chain.take(record, None));
        chain.broken.iter().map(|(number, _)| *number).min()
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(time(1_795_656_123_456), "2026-11-26T01:22:03.456Z");
    }

    #[test]
    fn the_first_record_that_is_not_as_it_was_is_named() {
        let first = record(1, &"0".repeat(64));
        let second = record(2, &first.hash);
        let third = record(3, &second.hash);
        let whole = [first, second, third];
        assert_eq!(broken(&whole), None);
        let mut changed = whole.clone();
        changed[1].text = changed[1].text.replace("\"a\"", "\"b\"");
        assert_eq!(broken(&changed), Some(2));
        let mut made_anew = whole.clone();
        made_anew[1] = record(2, &"1".repeat(64));
        assert_eq!(broken(&made_anew), Some(2));
        assert_eq!(broken(&[whole[0].clone(), whole[2].clone()]), Some(2), "it is missing");
    }
}
