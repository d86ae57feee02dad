//! Receives orders through the generated consumer and writes each order id to a ledger before it accepts the message. Made to be
//! killed: what the ledger says was handled survives the process.
//!
//! `ledger_consumer TOPIC GROUP LEDGER`, with the addresses in EVENTPACT_TEST_KAFKA and EVENTPACT_REGISTRY. On SIGTERM it stops in
//! good order and prints whether that was clean.

#![allow(clippy::print_stdout)] // a program for tests, which read what it prints

use std::env::{args, var};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use eventpact_runtime::consumer::ConsumerConfig;
use eventpact_runtime::failure::Failure;
use eventpact_runtime::message::Envelope;
use eventpact_runtime::registry_client::Client;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::shutdown::signals;
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};
use shop_events::OrderPlaced;
use shop_events::orders::{OrdersConsumer, OrdersHandler, receive_order_placed_config};

/// How many messages of a partition may be delivered beyond the first unsettled one. The tests bound duplicates with it.
const WINDOW: usize = 200;

/// A file of ids, one per line.
struct Ledger(File);

impl OrdersHandler for Ledger {
    type Outcome = Result<(), Failure>;

    async fn on_order_placed(&self, envelope: Envelope<OrderPlaced>) -> Self::Outcome {
        // So that there is work in flight when the process is killed.
        tokio::time::sleep(Duration::from_millis(2)).await;
        // One write per line, appended: what the system has accepted survives a kill of this process, and lines do not mix.
        let line = format!("{}\n", envelope.event.order_id);
        (&self.0).write_all(line.as_bytes()).map_err(Failure::transient)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = args().skip(1);
    let topic = words.next().context("TOPIC")?;
    let group = words.next().context("GROUP")?;
    let ledger = words.next().context("LEDGER")?;
    // A member that was killed is missed after two seconds instead of 45, else the test would mostly wait.
    let config = KafkaConfig::new(var("EVENTPACT_TEST_KAFKA")?)
        .set_consumer("session.timeout.ms", "2000")
        .set_consumer("heartbeat.interval.ms", "300");
    let schemas = Schemas::registry(Client::new(&var("EVENTPACT_REGISTRY")?)?);
    let config_of_contract = receive_order_placed_config();
    let consumer = ConsumerConfig {
        group: group.into(),
        window: WINDOW,
        lanes: 64,
        flush_interval: Duration::from_millis(200),
        dead_letter: Some(format!("{topic}.dead-letters").into()),
        ..config_of_contract
    };
    let ledger = Ledger(File::options().create(true).append(true).open(ledger)?);
    let consumer = OrdersConsumer::new(Arc::new(KafkaTransport::new(config)), schemas, consumer).at(topic);
    println!("started");
    let report = consumer.run(ledger, signals()).await?;
    println!("handled {} clean {}", report.counts.handled, report.clean);
    Ok(())
}
