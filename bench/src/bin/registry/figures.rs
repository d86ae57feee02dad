//! Samples, medians, aims, and how they are printed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::Failed;
use super::http::{Outcome, Request, Until, load};
use super::server::Server;

/// One sample lasts so long.
pub(crate) const SAMPLE: Duration = Duration::from_millis(1500);

/// Samples of each contender, one after the other in turn.
pub(crate) const ROUNDS: usize = 5;

/// What a load gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Answers with status 200.
    pub(crate) per_second: f64,
    /// The same for each second of CPU time that the server spent.
    pub(crate) per_cpu_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Answers with 429 or 503 in a second.
    pub(crate) refused: f64,
}

impl Sample {
    pub(crate) fn of(mut outcome: Outcome, cpu: f64) -> Self {
        let per_second = outcome.per_second();
        #[allow(clippy::cast_precision_loss)] // figures for people
        let (count, refused) = (outcome.times.len() as f64, outcome.refused as f64);
        Self {
            per_second,
            per_cpu_second: if cpu > 0.0 { count / cpu } else { 0.0 },
            p50: outcome.quantile(0.5),
            p99: outcome.quantile(0.99),
            refused: refused / outcome.took.as_secs_f64().max(1e-9),
        }
    }
}

/// Each figure's own median.
pub(crate) fn median(samples: &[Sample]) -> Sample {
    let of = |figure: fn(&Sample) -> f64| middle(samples.iter().map(figure).collect());
    Sample {
        per_second: of(|s| s.per_second),
        per_cpu_second: of(|s| s.per_cpu_second),
        p50: of(|s| s.p50),
        p99: of(|s| s.p99),
        refused: of(|s| s.refused),
    }
}

pub(crate) fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A load that is sampled again and again: the server, the connections, the requests, numbered on from sample to sample.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'a str,
    pub(crate) server: &'a Server,
    pub(crate) connections: usize,
    pub(crate) request: Request,
    pub(crate) next: Rc<Cell<u64>>,
}

impl Contender<'_> {
    /// One sample. Answers that are neither 200 nor a refusal for lack of room are an error.
    pub(crate) fn sample(&self, until: Until) -> Result<Sample, Failed> {
        let before = self.server.cpu();
        let outcome = load(self.server.address, self.connections, until, &self.next, &self.request)?;
        if outcome.failed > 0 {
            return Err(format!("{}: {} requests failed", self.name, outcome.failed).into());
        }
        Ok(Sample::of(outcome, self.server.cpu() - before))
    }
}

/// Samples all in turn, after a short sample of each that does not count. Gives and prints the medians.
pub(crate) fn compare(contenders: &[Contender<'_>]) -> Result<Vec<Sample>, Failed> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for contender in contenders {
        contender.sample(Until::Time(SAMPLE / 4))?;
    }
    for _ in 0..ROUNDS {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(contender.sample(Until::Time(SAMPLE))?);
        }
    }
    let medians: Vec<Sample> = samples.iter().map(|samples| median(samples)).collect();
    for (contender, sample) in contenders.iter().zip(&medians) {
        print(contender.name, *sample);
    }
    Ok(medians)
}

/// One line.
pub(crate) fn print(name: &str, sample: Sample) {
    let Sample { per_second, per_cpu_second, p50, p99, refused } = sample;
    let cpu = if per_cpu_second > 0.0 { format!("{per_cpu_second:9.0} per CPU s") } else { String::new() };
    let refused = if refused > 0.0 { format!("   {refused:.0}/s refused") } else { String::new() };
    println!("  {name:44} {per_second:9.0}/s   p50 {p50:7.3} ms   p99 {p99:7.3} ms   {cpu}{refused}");
}

/// What is aimed at, and whether it was reached.
pub(crate) struct Aims(Vec<(String, String, String, bool)>);

impl Aims {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn at_least(&mut self, what: &str, figure: f64, aim: f64, unit: &str) {
        self.0.push((what.to_owned(), format!(">= {}", shown(aim, unit)), shown(figure, unit), figure >= aim));
    }

    pub(crate) fn at_most(&mut self, what: &str, figure: f64, aim: f64, unit: &str) {
        self.0.push((what.to_owned(), format!("<= {}", shown(aim, unit)), shown(figure, unit), figure <= aim));
    }

    pub(crate) fn print(&self) {
        println!("aims");
        for (what, aim, measured, met) in &self.0 {
            println!("  {what:62} {aim:>13} {measured:>12}   {}", if *met { "met" } else { "MISSED" });
        }
    }
}

fn shown(figure: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{:.0} %", figure * 100.0),
        _ if figure >= 100.0 => format!("{figure:.0}{unit}"),
        _ => format!("{figure:.1}{unit}"),
    }
}
