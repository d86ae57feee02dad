//! What the number of schemas does to the start, the memory, and the cost of one read and one registration.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::Failed;
use super::figures::{Aims, Contender, ROUNDS, SAMPLE, Sample, median, middle, print};
use super::http::Until;
use super::loads::fill;
use super::schemas::{reads, registrations};
use super::server::{Folder, Server};
use super::table::Column;

/// Schemas, from few to many.
const SIZES: [u64; 3] = [1_000, 10_000, 100_000];

/// Registrations in a sample: enough for the write-ahead log to be folded in a few times.
const REGISTRATIONS: u64 = 1_000;

/// Starts of an empty store.
const STARTS: usize = 21;

/// Starts of a store with many schemas.
const LONG_STARTS: usize = 5;

/// All of them; the stores are filled once.
pub(crate) fn run(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    empty(binary, folder, aims, column)?;
    let mut servers = Vec::new();
    for size in SIZES {
        let server = Server::registry(binary, &folder.sqlite(&format!("{size}.db")))?;
        server.ready()?;
        fill(&server, size)?;
        servers.push(server);
    }
    memory(&servers[1], aims);
    growth(&servers, aims)?;
    servers.into_iter().try_for_each(Server::stop)?;
    let [_, some, many] = SIZES;
    for (size, aim) in [(some, 1000.0), (many, 1000.0)] {
        let times = starts(binary, &folder.sqlite(&format!("{size}.db")), LONG_STARTS, size + 900_000)?;
        let start = middle(times);
        println!("  start to first accepted write, {size} schemas      {start:9.1} ms, median of {LONG_STARTS}");
        aims.at_most(&format!("cold start to the first accepted write, {size} schemas"), start, aim, " ms");
    }
    Ok(())
}

/// Cold start and memory of a registry that is empty.
fn empty(binary: &Path, folder: &Folder, aims: &mut Aims, column: &mut Column) -> Result<(), Failed> {
    println!("cold start: from the start of the process to the answer to a registration");
    let (mut times, mut ready) = (Vec::new(), Vec::new());
    for round in 0..STARTS {
        let store = folder.sqlite(&format!("start-{round}.db"));
        times.extend(starts(binary, &store, 1, 1)?);
        let store = folder.sqlite(&format!("ready-{round}.db"));
        let server = Server::registry(binary, &store)?;
        ready.push(server.ready()?.as_secs_f64() * 1000.0);
        server.stop()?;
    }
    let (start, ready) = (middle(times), middle(ready));
    println!("  start to first answer, empty                  {ready:9.1} ms, median of {STARTS}");
    println!("  start to first accepted write, empty          {start:9.1} ms, median of {STARTS}");
    aims.at_most("cold start to the first accepted write, empty", start, 50.0, " ms");
    let server = Server::registry(binary, &folder.sqlite("idle.db"))?;
    server.first_write(1)?;
    std::thread::sleep(Duration::from_secs(2));
    let resident = server.resident();
    println!("  resident, idle                                {resident:9.1} MiB");
    aims.at_most("resident memory, idle", resident, 20.0, " MiB");
    (column.start_read, column.start_write, column.idle) = (ready, start, resident);
    server.stop()
}

/// Milliseconds from the start of the process to the first accepted write.
pub(crate) fn starts(binary: &Path, store: &str, count: usize, first: u64) -> Result<Vec<f64>, Failed> {
    let mut times = Vec::new();
    for number in first..first + count as u64 {
        let server = Server::registry(binary, store)?;
        times.push(server.first_write(number)?.as_secs_f64() * 1000.0);
        server.stop()?;
    }
    Ok(times)
}

fn memory(server: &Server, aims: &mut Aims) {
    std::thread::sleep(Duration::from_secs(2));
    let resident = server.resident();
    println!("  resident, 10000 schemas just registered       {resident:9.1} MiB");
    aims.at_most("resident memory, 10000 schemas", resident, 60.0, " MiB");
}

/// What one more costs when there are many.
fn growth(servers: &[Server], aims: &mut Aims) -> Result<(), Failed> {
    println!("cost of one request as schemas grow; registrations of {REGISTRATIONS} in a sample, reads all over");
    let mut registered = vec![Vec::new(); servers.len()];
    let mut read = vec![Vec::new(); servers.len()];
    for round in 0..=ROUNDS as u64 {
        for (index, (server, size)) in servers.iter().zip(SIZES).enumerate() {
            let first = size + 1 + round * REGISTRATIONS;
            let new = Contender {
                name: "registrations",
                server,
                connections: 16,
                request: registrations(),
                next: Rc::new(Cell::new(first)),
            };
            let by_id =
                Contender { name: "reads", server, connections: 16, request: reads(size), next: Rc::new(Cell::new(round << 32)) };
            let samples = (new.sample(Until::Number(first + REGISTRATIONS))?, by_id.sample(Until::Time(SAMPLE / 2))?);
            // The first round warms up.
            if round > 0 {
                registered[index].push(samples.0);
                read[index].push(samples.1);
            }
        }
    }
    for (name, samples) in [("registration", registered), ("read by id", read)] {
        let figures: Vec<Sample> = samples.iter().map(|samples| median(samples)).collect();
        for (size, sample) in SIZES.iter().zip(&figures) {
            print(&format!("{name}, 16 connections, {size} schemas"), *sample);
        }
        if let [few, .., many] = figures.as_slice() {
            let cost = few.per_second / many.per_second;
            aims.at_most(&format!("cost of one {name}, 100000 schemas, of that with 1000"), cost, 1.2, "%");
        }
    }
    Ok(())
}
