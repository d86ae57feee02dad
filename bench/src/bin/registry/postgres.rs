//! The same registry on PostgreSQL: durable registrations, reads, and the start with many schemas.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use super::Failed;
use super::figures::{Contender, compare, middle};
use super::loads::fill;
use super::schemas::{IDS, reads, registrations};
use super::server::Server;
use super::sizes::starts;

/// Schemas at the start.
const SCHEMAS: u64 = 100_000;

/// Starts.
const STARTS: usize = 3;

pub(crate) fn run(binary: &Path, store: &str) -> Result<(), Failed> {
    println!("PostgreSQL, on the same machine");
    let server = Server::registry(binary, store)?;
    server.ready()?;
    fill(&server, SCHEMAS)?;
    let next = Rc::new(Cell::new(2 * SCHEMAS));
    let new =
        |name, connections| Contender { name, server: &server, connections, request: registrations(), next: Rc::clone(&next) };
    compare(&[
        new("registrations, 1 connection", 1),
        new("registrations, 16 connections", 16),
        new("registrations, 64 connections", 64),
        Contender {
            name: "reads by id, 16 connections",
            server: &server,
            connections: 16,
            request: reads(IDS),
            next: Rc::default(),
        },
    ])?;
    println!(
        "  resident                                      {:9.1} MiB, {} schemas",
        server.resident(),
        SCHEMAS + next.get() - 2 * SCHEMAS
    );
    server.stop()?;
    let start = middle(starts(binary, store, STARTS, 10 * SCHEMAS)?);
    println!("  start to first accepted write                 {start:9.1} ms, median of {STARTS}");
    Ok(())
}
