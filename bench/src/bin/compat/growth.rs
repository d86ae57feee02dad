//! What a pair costs per field or channel as it grows.

use std::time::Duration;

use super::{Failed, Pairing, median, time};

/// Rounds over all sizes.
const ROUNDS: usize = 11;
/// CPU time of one sample; small pairs are checked many times in it.
const SAMPLE: Duration = Duration::from_millis(30);

/// `sizes` are a number of units and the two files, again and again.
pub(crate) fn run(unit: &str, sizes: &[&str]) -> Result<(), Failed> {
    let mut pairs = Vec::new();
    for size in sizes.chunks(3) {
        let [number, new, old] = size else { return Err("a number and two files for each size".into()) };
        pairs.push((number.parse::<u32>()?, Pairing::read(new, old)?));
    }
    let mut counts = Vec::new();
    for (_, pair) in &pairs {
        let mut count = 1_u32;
        while time(|| repeat(pair, count))? < SAMPLE / 2 {
            count *= 2;
        }
        counts.push(count);
    }
    let mut samples = vec![Vec::new(); pairs.len()];
    for _ in 0..ROUNDS {
        for (((number, pair), count), samples) in pairs.iter().zip(&counts).zip(&mut samples) {
            let spent = time(|| repeat(pair, *count))?;
            samples.push(spent.as_secs_f64() * 1e6 / f64::from(*count) / f64::from(*number));
        }
    }
    let mut first = None;
    for ((number, pair), samples) in pairs.iter().zip(samples) {
        let micros = median(samples);
        let factor = micros / *first.get_or_insert(micros);
        let findings = pair.check()?;
        println!("  {number:6} {unit:9} {micros:9.2} µs per unit {factor:8.2}x   ({findings} findings)");
    }
    Ok(())
}

fn repeat(pair: &Pairing, count: u32) -> Result<usize, Failed> {
    let mut findings = 0;
    for _ in 0..count {
        findings += pair.check()?;
    }
    Ok(findings)
}
