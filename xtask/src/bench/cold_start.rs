//! How long a process takes from its start to its answer, and how much memory it holds then.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::root;

const ROUNDS: usize = 21;

/// `eventpact check` of the shop, whole process, beside a process that does nothing.
pub(crate) fn check(binary: &Path) -> Result<()> {
    let time = |program: &Path, args: &[&str]| -> Result<Duration> {
        let start = Instant::now();
        let mut command = Command::new(program);
        command.args(args).current_dir(root()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().with_context(|| format!("{} cannot be started", program.display()))?;
        Ok(start.elapsed())
    };
    let one = ["check", "specs/shop-next/schemas/OrderPlaced.avsc", "--against", "specs/shop/schemas/OrderPlaced.avsc"];
    let all = ["check", "specs/shop-next", "--against", "specs/shop"];
    let (mut nothing, mut pair, mut contract) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        nothing.push(time(Path::new("/bin/true"), &[])?);
        pair.push(time(binary, &one)?);
        contract.push(time(binary, &all)?);
    }
    println!("eventpact check, cold start, median of {ROUNDS} (aim < 20 ms)");
    for (name, times) in
        [("a process that does nothing", nothing), ("one Avro pair", pair), ("the shop, three formats", contract)]
    {
        let (median, least) = spread(times);
        println!("  {name:30} {:7.2} ms   (least {:.2} ms)", millis(median), millis(least));
    }
    Ok(())
}

/// `eventpact serve` on an empty store: start to the first 200, and its memory then.
pub(crate) fn serve(binary: &Path) -> Result<()> {
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let store = format!("sqlite:{}", folder.path().join("registry.db").display());
        let start = Instant::now();
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &address.to_string(), "--store", &store]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", binary.display()))?;
        let answered = first_answer(address, &mut child, start);
        memory.push(resident(child.id()));
        child.kill().ok();
        child.wait().ok();
        times.push(answered?);
    }
    let (median, least) = spread(times);
    memory.sort_unstable();
    println!("eventpact serve, start to first 200, median of {ROUNDS} (aim < 100 ms, < 30 MiB)");
    println!("  {:7.2} ms   (least {:.2} ms)", millis(median), millis(least));
    println!("  {:7.2} MiB resident", memory.get(memory.len() / 2).map_or(0.0, |kib| f64::from(*kib) / 1024.0));
    Ok(())
}

fn first_answer(address: SocketAddr, child: &mut Child, start: Instant) -> Result<Duration> {
    while start.elapsed() < Duration::from_secs(10) {
        if answers(address).unwrap_or(false) {
            return Ok(start.elapsed());
        }
        if let Some(status) = child.try_wait()? {
            bail!("eventpact serve ended with {status}");
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    bail!("eventpact serve did not answer within 10 s")
}

fn answers(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(200))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /subjects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head)?;
    Ok(&head == b"HTTP/1.1 200")
}

/// Resident memory of a process in KiB; 0 when the system does not tell.
fn resident(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

fn spread(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |i: usize| times.get(i).copied().unwrap_or_default();
    (at(times.len() / 2), at(0))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
