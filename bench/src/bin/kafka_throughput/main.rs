//! The generated producer and consumer against a loop written by hand on `rdkafka`: orders of about 1 KiB, the same codec, the same
//! settings (acks=all, idempotent, linger 5 ms), the same topics, in interleaved rounds. Medians; above all their ratio.
//!
//! `EVENTPACT_TEST_KAFKA=host:port kafka_throughput [MESSAGES [ROUNDS]]`, or `cargo xtask bench kafka`.

#![allow(clippy::print_stdout)] // the figures are the output

mod generated;
mod raw;
mod sample;

use std::time::Duration;

use cpu_time::ProcessTime;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What one run took.
#[derive(Debug, Clone, Copy)]
struct Run {
    messages: usize,
    wall: Duration,
    /// Of this process, all threads.
    cpu: Duration,
}

impl Run {
    /// Measures what `work` does with `messages` messages; it says how long it took, since not all of it counts.
    fn of(messages: usize, cpu: ProcessTime, wall: Duration) -> Self {
        Self { messages, wall, cpu: cpu.elapsed() }
    }

    fn per_second(&self) -> f64 {
        count(self.messages) / self.wall.as_secs_f64()
    }

    fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count(self.messages)
    }
}

fn count(messages: usize) -> f64 {
    u32::try_from(messages).map_or(f64::MAX, f64::from)
}

fn main() -> Result<(), Failed> {
    let address = std::env::var("EVENTPACT_TEST_KAFKA")
        .map_err(|_| "EVENTPACT_TEST_KAFKA is not set: run `cargo xtask bench kafka`, which starts a broker")?;
    let mut words = std::env::args().skip(1);
    let messages = words.next().map_or(Ok(200_000), |word| word.parse())?;
    let rounds = words.next().map_or(Ok(5), |word| word.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let kafka = KafkaTransport::new(KafkaConfig::new(&*address));
    // Both sides are in this process, so the ids need no registry.
    let schemas = Schemas::local();
    let bytes = sample::wire_bytes(&schemas, &runtime)?;
    println!("{messages} orders of {bytes} bytes a round, {rounds} rounds, 3 partitions, acks=all, idempotent, linger 5 ms");
    let (mut raw_out, mut own_out, mut raw_in, mut own_in) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let name = |side: &str| format!("bench-{}-{round}-{side}", std::process::id());
        let (raw_topic, own_topic) = (name("raw"), name("generated"));
        runtime.block_on(kafka.create_topics(&[&raw_topic, &own_topic], 3, 1))?;
        let raw_produce = || raw::produce(&address, &raw_topic, messages);
        let own_produce = || runtime.block_on(generated::produce(&kafka, &own_topic, &schemas, messages));
        // Who goes first changes, so that neither always meets the warmer broker.
        let (raw_run, own_run) = if round % 2 == 0 {
            let raw_run = raw_produce()?;
            (raw_run, own_produce()?)
        } else {
            let own_run = own_produce()?;
            (raw_produce()?, own_run)
        };
        raw_out.push(raw_run);
        own_out.push(own_run);
        // Both read the same topic.
        let raw_consume = || raw::consume(&address, &raw_topic, messages);
        let own_consume = || runtime.block_on(generated::consume(&kafka, &raw_topic, &schemas, messages));
        let (raw_run, own_run) = if round % 2 == 0 {
            let raw_run = raw_consume()?;
            (raw_run, own_consume()?)
        } else {
            let own_run = own_consume()?;
            (raw_consume()?, own_run)
        };
        raw_in.push(raw_run);
        own_in.push(own_run);
    }
    report("producer", &raw_out, &own_out);
    report("consumer", &raw_in, &own_in);
    Ok(())
}

fn report(what: &str, raw: &[Run], own: &[Run]) {
    let rate = |runs: &[Run]| median(runs.iter().map(Run::per_second).collect());
    let cpu = |runs: &[Run]| median(runs.iter().map(Run::cpu_micros).collect());
    println!("{what}");
    for (name, runs) in [("rdkafka by hand", raw), ("generated", own)] {
        let each: Vec<String> = runs.iter().map(|run| format!("{:.0}", run.per_second() / 1000.0)).collect();
        println!(
            "  {name:16} {:9.0} messages/s   {:5.2} µs CPU/message   (k/s by round: {})",
            rate(runs),
            cpu(runs),
            each.join(" ")
        );
    }
    println!(
        "  ratio            {:8.1} % of the messages/s (aim: 90 %), {:.2} times the CPU",
        100.0 * rate(own) / rate(raw),
        cpu(own) / cpu(raw)
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
