//! The load: a closed loop over kept-alive connections, all on one thread, as `wrk -t1` does. Each connection sends its next request
//! when the answer to the one before is complete.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::Failed;

/// Writes the request with this number.
pub(crate) type Request = Rc<dyn Fn(u64, &mut Vec<u8>)>;

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After a time; what is under way then does not count.
    Time(Duration),
    /// When the request with this number would be sent, and all before are answered.
    Number(u64),
}

/// What came of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Microseconds of each answer with status 200.
    pub(crate) times: Vec<u32>,
    /// Answers with status 429 or 503.
    pub(crate) refused: u64,
    /// All other answers, and connections that broke.
    pub(crate) failed: u64,
    pub(crate) took: Duration,
}

impl Outcome {
    /// Counts an answer, or that there was none. Gives whether the connection is over.
    fn count(&mut self, answered: &std::io::Result<(u16, bool)>, micros: u32) -> bool {
        match answered {
            Ok((200, _)) => self.times.push(micros),
            Ok((429 | 503, _)) => self.refused += 1,
            Ok(_) | Err(_) => self.failed += 1,
        }
        answered.as_ref().map_or(true, |(_, closed)| *closed)
    }

    #[allow(clippy::cast_precision_loss)] // a figure for people
    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// The time in milliseconds within which this share of the answers came.
    pub(crate) fn quantile(&mut self, share: f64) -> f64 {
        self.times.sort_unstable();
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a length
        let index = (self.times.len() as f64 * share) as usize;
        let last = self.times.len().saturating_sub(1);
        self.times.get(index.min(last)).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    }
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    request: Request,
    until: Until,
    next: Rc<Cell<u64>>,
    outcome: RefCell<Outcome>,
}

/// Sends requests, numbered on from `next`, over so many connections.
pub(crate) fn load(
    address: SocketAddr,
    connections: usize,
    until: Until,
    next: &Rc<Cell<u64>>,
    request: &Request,
) -> Result<Outcome, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (request, next) = (Rc::clone(request), Rc::clone(next));
    let shared = Rc::new(Shared { address, request, until, next, outcome: RefCell::default() });
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let mut streams = Vec::new();
        for _ in 0..connections {
            streams.push(connect(address).await?);
        }
        let start = Instant::now();
        let tasks: Vec<_> =
            streams.into_iter().map(|stream| tokio::task::spawn_local(connection(Rc::clone(&shared), stream))).collect();
        let all = async {
            for task in tasks {
                task.await??;
            }
            Ok::<_, Failed>(())
        };
        match until {
            Until::Number(_) => all.await?,
            Until::Time(time) => tokio::time::timeout(time, all).await.unwrap_or(Ok(()))?,
        }
        let mut outcome = std::mem::take(&mut *shared.outcome.borrow_mut());
        outcome.took = start.elapsed();
        Ok(outcome)
    })
}

/// One request on a connection of its own: its status.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request)?;
    let (mut buffer, mut part) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        if let Some(answer) = Answer::find(&buffer) {
            return Ok((answer.status, buffer.get(answer.head..answer.end).unwrap_or_default().to_vec()));
        }
        match stream.read(&mut part)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => buffer.extend_from_slice(part.get(..count).unwrap_or_default()),
        }
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn connection(shared: Rc<Shared>, mut stream: TcpStream) -> Result<(), Failed> {
    let (mut asked, mut buffer, mut part) = (Vec::with_capacity(4096), Vec::new(), vec![0; 16 * 1024]);
    loop {
        let number = shared.next.get();
        if matches!(shared.until, Until::Number(end) if number >= end) {
            return Ok(());
        }
        shared.next.set(number + 1);
        asked.clear();
        (shared.request)(number, &mut asked);
        let start = Instant::now();
        let answered = exchange(&stream, &asked, &mut buffer, &mut part).await;
        let micros = u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX);
        let closed = shared.outcome.borrow_mut().count(&answered, micros);
        if closed {
            stream = connect(shared.address).await?;
            buffer.clear();
        }
    }
}

/// The status of the answer, and whether the connection is over. `part` is room for one read.
async fn exchange(stream: &TcpStream, asked: &[u8], buffer: &mut Vec<u8>, part: &mut [u8]) -> std::io::Result<(u16, bool)> {
    let mut rest = asked;
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    buffer.clear();
    loop {
        stream.readable().await?;
        match stream.try_read(part) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => buffer.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        if let Some(answer) = Answer::find(buffer) {
            return Ok((answer.status, answer.closes));
        }
    }
}

/// A complete answer in a buffer.
struct Answer {
    status: u16,
    /// Where the body begins.
    head: usize,
    /// Where it ends.
    end: usize,
    closes: bool,
}

impl Answer {
    fn find(buffer: &[u8]) -> Option<Self> {
        let head = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(buffer.get(..head)?).ok()?;
        let status = text.get(9..12)?.parse().ok()?;
        let mut length = 0;
        let mut closes = false;
        for line in text.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            } else if name.eq_ignore_ascii_case("connection") {
                closes = value.trim().eq_ignore_ascii_case("close");
            }
        }
        (buffer.len() >= head + length).then_some(Self { status, head, end: head + length, closes })
    }
}
