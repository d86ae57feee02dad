//! Rounds of all contenders in turn, medians of CPU time.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;

/// How many rounds; the median of an odd number is one of them.
const ROUNDS: usize = 21;
/// CPU time of one sample.
const SAMPLE: Duration = Duration::from_millis(20);

/// One competitor: a name and what it does with one message. The result must not be zero: zero means that it failed.
pub(crate) struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: &'static str, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// The median of a contender.
pub(crate) struct Figure {
    name: &'static str,
    nanos: f64,
}

pub(crate) fn measure(contenders: &mut [Contender<'_>]) -> Result<Vec<Figure>, Box<dyn std::error::Error>> {
    let mut counts = Vec::new();
    for contender in contenders.iter_mut() {
        if (contender.run)() == 0 {
            return Err(format!("{} fails", contender.name).into());
        }
        counts.push(calibrate(contender));
    }
    let mut samples = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((contender, count), samples) in contenders.iter_mut().zip(&counts).zip(&mut samples) {
            samples.push(time(contender, *count).as_secs_f64() * 1e9 / f64::from(*count));
        }
    }
    let median = |samples: &mut Vec<f64>| {
        samples.sort_by(f64::total_cmp);
        samples.get(ROUNDS / 2).copied().unwrap_or_default()
    };
    Ok(contenders.iter().zip(&mut samples).map(|(c, s)| Figure { name: c.name, nanos: median(s) }).collect())
}

/// How often it runs in one sample.
fn calibrate(contender: &mut Contender<'_>) -> u32 {
    let mut count = 64;
    while time(contender, count) < SAMPLE / 2 {
        count *= 2;
    }
    count
}

fn time(contender: &mut Contender<'_>, count: u32) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..count {
        black_box((contender.run)());
    }
    start.elapsed()
}

/// Prints the figures, each with its ratio to the first one.
pub(crate) fn report(what: &str, figures: &[Figure]) {
    let first = figures.first().map_or(1.0, |f| f.nanos);
    for figure in figures {
        println!("{what:8}{:32}{:9.0} ns{:8.2}x", figure.name, figure.nanos, figure.nanos / first);
    }
}

/// Prints how many times faster `ours` is than each of `theirs`, next to the aim.
pub(crate) fn ratios(what: &str, figures: &[Figure], ours: &str, theirs: &[(&str, f64)]) {
    let nanos = |name: &str| figures.iter().find(|f| f.name == name).map(|f| f.nanos);
    for (peer, aim) in theirs {
        if let (Some(ours), Some(peer_nanos)) = (nanos(ours), nanos(peer)) {
            println!("  {what}: {:.2}x as fast as {peer} (aim {aim}x)", peer_nanos / ours);
        }
    }
}
