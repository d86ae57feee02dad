//! Reads, registrations and checks: against the ceilings, and for the table of peers.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use super::Failed;
use super::bare;
use super::figures::{Aims, Contender, ROUNDS, SAMPLE, Sample, compare, median, print};
use super::http::{Request, Until, load};
use super::schemas::{FIELDS, IDS, body, checked, checks, reads, record, registrations, registrations_again, request};
use super::server::{Folder, Server};
use super::table::Column;

/// Registers the schemas from 1 on, so that their ids are their numbers.
pub(crate) fn fill(server: &Server, schemas: u64) -> Result<(), Failed> {
    let next = Rc::new(Cell::new(1));
    let one = load(server.address, 1, Until::Number(IDS + 1), &next, &registrations())?;
    let rest = load(server.address, 64, Until::Number(schemas + 1), &next, &registrations())?;
    if one.failed + rest.failed + one.refused + rest.refused > 0 {
        return Err("not all schemas were registered".into());
    }
    Ok(())
}

fn contender<'a>(name: &'a str, server: &'a Server, connections: usize, request: Request) -> Contender<'a> {
    Contender { name, server, connections, request, next: Rc::new(Cell::new(0)) }
}

/// Reads by id against a bare route with the same bytes.
pub(crate) fn read(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    println!("GET /schemas/ids/N, {IDS} ids, {FIELDS} fields, {} bytes of schema", record(1, FIELDS, "").len());
    let server = Server::registry(binary, &folder.sqlite("reads.db"))?;
    server.ready()?;
    fill(&server, IDS)?;
    let bodies = folder.path().join("bodies");
    let mut lines = Vec::new();
    for id in 1..=IDS {
        lines.extend(server.ask(&request("GET", &format!("/schemas/ids/{id}"), ""))?);
        lines.push(b'\n');
    }
    std::fs::write(&bodies, lines)?;
    let bare = Server::bare(&bodies)?;
    let figures = compare(&[
        contender("bare axum route, 16 connections", &bare, 16, reads(IDS)),
        contender("eventpact, 16 connections", &server, 16, reads(IDS)),
        contender("bare axum route, 1 connection", &bare, 1, reads(IDS)),
        contender("eventpact, 1 connection", &server, 1, reads(IDS)),
    ])?;
    let [bare16, ours16, bare1, ours1] = figures.as_slice() else { return Ok(()) };
    aims.at_least("reads by id, 16 connections, of the bare route's", ours16.per_second / bare16.per_second, 0.6, "%");
    aims.at_least("  the same, 1 connection", ours1.per_second / bare1.per_second, 0.6, "%");
    aims.at_least("  the same, by CPU time of the server", ours16.per_cpu_second / bare16.per_cpu_second, 0.6, "%");
    aims.at_most("  p99", ours16.p99, 10.0, " ms");
    (column.get16, column.get1, column.bare_get16, column.bare_get1) = (*ours16, *ours1, *bare16, *bare1);
    server.stop()
}

/// Durable registrations of new schemas against a loop that appends the same bytes and syncs them.
pub(crate) fn register(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    let bytes = body(&record(1, FIELDS, ""));
    println!(
        "POST /subjects/S/versions of new schemas, one subject each, SQLite synchronous=FULL, {} bytes of body",
        bytes.len()
    );
    let server = Server::registry(binary, &folder.sqlite("writes.db"))?;
    server.ready()?;
    let next = Rc::new(Cell::new(1));
    let new =
        |name, connections| Contender { name, server: &server, connections, request: registrations(), next: Rc::clone(&next) };
    let contenders =
        [new("eventpact, 1 connection", 1), new("eventpact, 16 connections", 16), new("eventpact, 64 connections", 64)];
    let (mut disk, mut samples) = (Vec::new(), vec![Vec::new(); contenders.len()]);
    contenders[1].sample(Until::Time(SAMPLE))?;
    for _ in 0..ROUNDS {
        disk.push(Sample::of(bare::append(folder.path(), bytes.as_bytes(), SAMPLE)?, 0.0));
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(contender.sample(Until::Time(SAMPLE))?);
        }
    }
    let disk = median(&disk);
    print("append and fdatasync, one after the other", disk);
    let figures: Vec<Sample> = samples.iter().map(|samples| median(samples)).collect();
    for (contender, figures) in contenders.iter().zip(&figures) {
        print(contender.name, *figures);
    }
    let [one, sixteen, many] = figures.as_slice() else { return Ok(()) };
    aims.at_least("registrations, 16 connections, of the syncs of a loop", sixteen.per_second / disk.per_second, 0.6, "%");
    aims.at_least("  the same, 64 connections", many.per_second / disk.per_second, 0.6, "%");
    (column.register1, column.register16, column.disk) = (*one, *sixteen, disk);
    column.loaded = server.resident();
    column.loaded_schemas = next.get();
    server.stop()
}

/// Registrations of what is there already.
pub(crate) fn register_again(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    println!("POST /subjects/S/versions of {IDS} schemas that are there");
    let server = Server::registry(binary, &folder.sqlite("again.db"))?;
    server.ready()?;
    fill(&server, IDS)?;
    let figures = compare(&[
        contender("eventpact, 16 connections", &server, 16, registrations_again()),
        contender("eventpact, 1 connection", &server, 1, registrations_again()),
    ])?;
    if let [sixteen, _] = figures.as_slice() {
        aims.at_least("registrations of what is there, 16 connections", sixteen.per_second, 20_000.0, "/s");
        column.again16 = *sixteen;
    }
    server.stop()
}

/// Compatibility checks.
pub(crate) fn check(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    println!("POST /compatibility/subjects/S/versions/latest, an Avro record with one nullable field more");
    let server = Server::registry(binary, &folder.sqlite("checks.db"))?;
    server.ready()?;
    for fields in [10, FIELDS, 100] {
        server.ask(&checked(fields))?;
        let mut request = Vec::new();
        checks(fields, true)(0, &mut request);
        let verdict = server.ask(&request)?;
        if verdict != br#"{"is_compatible":true}"# {
            return Err(format!("unexpected verdict {}", String::from_utf8_lossy(&verdict)).into());
        }
    }
    let figures = compare(&[
        contender("20 fields, same text each time, 16 connections", &server, 16, checks(FIELDS, true)),
        contender("20 fields, same text each time, 1 connection", &server, 1, checks(FIELDS, true)),
        contender("20 fields, another text each time, 16", &server, 16, checks(FIELDS, false)),
        contender("10 fields, another text each time, 16", &server, 16, checks(10, false)),
        contender("100 fields, another text each time, 16", &server, 16, checks(100, false)),
    ])?;
    if let [same16, same1, other16, ..] = figures.as_slice() {
        aims.at_least("compatibility checks, same text, 16 connections", same16.per_second, 15_000.0, "/s");
        aims.at_least("  the same, another text each time", other16.per_second, 15_000.0, "/s");
        (column.check16, column.check1) = (*same16, *same1);
    }
    server.stop()
}
