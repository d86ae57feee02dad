//! Sends orders with the ids 0, 1, 2, … through the generated producer, at a steady rate, and ends well only when the broker has
//! confirmed every one of them.
//!
//! `ledger_producer TOPIC COUNT PER_SECOND`, with the addresses in EVENTPACT_TEST_KAFKA and EVENTPACT_REGISTRY.

#![allow(clippy::print_stdout)] // a program for tests, which read what it prints

use std::env::{args, var};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use eventpact_runtime::producer::EventProducer;
use eventpact_runtime::registry_client::Client;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::transport::Transport;
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};
use eventpact_tests::orders::order;

/// Orders that are confirmed together.
const BATCH: u64 = 50;

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = args().skip(1);
    let topic = words.next().context("TOPIC")?;
    let count: u64 = words.next().context("COUNT")?.parse()?;
    let per_second: u64 = words.next().context("PER_SECOND")?.parse()?;
    let kafka = KafkaTransport::new(KafkaConfig::new(var("EVENTPACT_TEST_KAFKA")?));
    let schemas = Schemas::registry(Client::new(&var("EVENTPACT_REGISTRY")?)?).auto_register(true);
    let orders = EventProducer::new(Arc::new(kafka.producer().await?), topic, &schemas).await?;
    let start = Instant::now();
    let mut batches = tokio::task::JoinSet::new();
    for first in (0..count).step_by(usize::try_from(BATCH)?) {
        let mut batch = Vec::new();
        for id in first..count.min(first + BATCH) {
            batch.push(order(&id.to_string()));
        }
        // Confirmations of earlier batches come while later ones are sent.
        let orders = orders.clone();
        batches.spawn(async move { orders.send_batch(&batch).await });
        let due = Duration::from_millis(1000 * (first + BATCH) / per_second);
        tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
    }
    let mut confirmed = 0;
    while let Some(report) = batches.join_next().await {
        let report = report?;
        if let Some((index, error)) = report.failed.first() {
            bail!("{} orders were not confirmed; number {index} of its batch: {error}", report.failed.len());
        }
        confirmed += report.confirmed;
    }
    println!("confirmed {confirmed}");
    Ok(())
}
