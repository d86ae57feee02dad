//! More clients than can be served: what is answered in time must not become less.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use super::Failed;
use super::figures::{Aims, Contender, compare};
use super::http::Request;
use super::loads::fill;
use super::schemas::{FIELDS, IDS, checked, checks, reads, registrations};
use super::server::{Folder, Server};

/// Connections at the peak, and in the overload.
const PEAK: usize = 64;
const OVERLOAD: usize = 10 * PEAK;

pub(crate) fn run(binary: &Path, folder: &Folder, aims: &mut Aims) -> Result<(), Failed> {
    println!("overload: {OVERLOAD} connections instead of {PEAK}; refused requests come again at once");
    let server = Server::registry(binary, &folder.sqlite("overload.db"))?;
    server.ready()?;
    fill(&server, 1_000)?;
    server.ask(&checked(FIELDS))?;
    let loads: [(&str, Request, u64); 3] =
        [("reads", reads(IDS), 0), ("checks", checks(FIELDS, false), 0), ("registrations", registrations(), 10_000)];
    for (name, request, first) in loads {
        let next = Rc::new(Cell::new(first));
        let with = |name, connections| Contender {
            name,
            server: &server,
            connections,
            request: Rc::clone(&request),
            next: Rc::clone(&next),
        };
        let (few, many) = (format!("{name}, {PEAK} connections"), format!("{name}, {OVERLOAD} connections"));
        if let [few, many] = compare(&[with(&few, PEAK), with(&many, OVERLOAD)])?.as_slice() {
            aims.at_least(&format!("{name} answered in overload, of the peak"), many.per_second / few.per_second, 0.8, "%");
        }
    }
    server.stop()
}
