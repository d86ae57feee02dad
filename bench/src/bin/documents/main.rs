//! Reading documents: the YAML tree against the bare events of `saphyr-parser`, and what a document costs as it grows.
//!
//! Rounds are interleaved; figures are medians of CPU time of the thread.

#![allow(clippy::print_stdout)] // the figures are the output

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use eventpact_contract::diagnostic::has_errors;
use eventpact_contract::load::load_contract;
use eventpact_contract::source::{Memory, Sources};
use eventpact_contract::yaml;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    yaml_tree()?;
    growth()
}

/// A 3 MB document: block style, nested objects, descriptions, lists; what a large contract looks like.
fn yaml_tree() -> Result<(), Failed> {
    let text = document(3_600);
    let nodes = nodes(&text)?;
    println!("YAML of {:.1} MB, {} lines, {nodes} values (CPU time, median of 15)", megabytes(&text), text.lines().count());
    let (mut events, mut tree) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        events.push(time(|| {
            let mut parser = saphyr_parser::Parser::new_from_str(&text);
            let mut count = 0_usize;
            while let Some(Ok(event)) = parser.next_event() {
                black_box(&event);
                count += 1;
            }
            assert!(count > nodes, "the parser stopped early");
        }));
        tree.push(time(|| {
            let mut sources = Sources::new();
            let file = sources.add("asyncapi.yaml", text.as_str());
            assert!(black_box(yaml::parse(&sources, file)).0.is_some(), "the document is not read");
        }));
    }
    let (events, tree) = (median(events), median(tree));
    println!("  saphyr-parser, events only     {:8.1} ms", millis(events));
    println!("  tree with places, all checks   {:8.1} ms   {:.2}x (aim <= 2x)", millis(tree), ratio(tree, events));
    Ok(())
}

/// Documents of 100 to 10,000 messages: the cost of one message must not grow.
fn growth() -> Result<(), Failed> {
    println!("Loading and checking a whole document (CPU time, median of 5)");
    let sizes = [100, 1_000, 10_000];
    let texts: Vec<String> = sizes.iter().map(|n| document(*n)).collect();
    let mut times = vec![Vec::new(); sizes.len()];
    for _ in 0..5 {
        for (text, times) in texts.iter().zip(&mut times) {
            times.push(time(|| load(text)));
        }
    }
    let per_message: Vec<f64> =
        times.into_iter().zip(sizes).map(|(times, n)| median(times).as_secs_f64() * 1e6 / f64::from(n)).collect();
    let first = per_message.first().copied().ok_or("no figure")?;
    for ((n, text), micros) in sizes.iter().zip(&texts).zip(&per_message) {
        println!("  {n:6} messages, {:5.2} MB   {micros:7.1} µs per message   {:.2}x", megabytes(text), micros / first);
    }
    Ok(())
}

fn load(text: &str) {
    let reader = Memory(BTreeMap::from([("asyncapi.yaml".to_owned(), text.to_owned())]));
    let (contract, found) = load_contract(&mut Sources::new(), &reader, "asyncapi.yaml");
    assert!(contract.is_some() && !has_errors(&found), "{:?}", found.first());
}

/// An AsyncAPI document with so many messages, ten to a channel, each with a payload of its own and headers from components.
fn document(messages: u32) -> String {
    let mut text = String::from(
        "asyncapi: 3.0.0\ninfo:\n  title: Large\n  version: 1.0.0\n  description: |\n    A contract that grew.\ndefaultContentType: application/json\nchannels:\n",
    );
    let channels = messages.div_ceil(10);
    for channel in 0..channels {
        let _ = write!(
            text,
            "  orders{channel}:\n    address: 'shop/{channel}/orders'\n    description: Orders of region {channel}.\n    messages:\n"
        );
        for message in channel * 10..messages.min(channel * 10 + 10) {
            let _ = write!(text, "      m{message}:\n        $ref: '#/components/messages/m{message}'\n");
        }
    }
    text.push_str("operations:\n");
    for channel in 0..channels {
        let _ = write!(
            text,
            "  send{channel}:\n    action: send\n    channel:\n      $ref: '#/channels/orders{channel}'\n    summary: Sends orders.\n"
        );
    }
    text.push_str("components:\n  messages:\n");
    for message in 0..messages {
        let _ = write!(
            text,
            "    m{message}:\n      name: OrderPlaced{message}\n      title: An order was placed\n      headers:\n        $ref: '#/components/schemas/Headers'\n      payload:\n        type: object\n        required: [id, total]\n        properties:\n          id:\n            type: string\n            format: uuid\n            description: Identifies the order number {message}.\n          total:\n            type: number\n            minimum: 0\n          status:\n            type: string\n            enum: [PLACED, PAID, SENT]\n          lines:\n            type: array\n            items:\n              type: object\n              properties:\n                sku: {{ type: string, maxLength: 40 }}\n                count: {{ type: integer, minimum: 1 }}\n"
        );
    }
    text.push_str(
        "  schemas:\n    Headers:\n      type: object\n      properties:\n        traceparent:\n          type: string\n",
    );
    text
}

fn nodes(text: &str) -> Result<usize, Failed> {
    let mut sources = Sources::new();
    let file = sources.add("asyncapi.yaml", text);
    let (root, found) = yaml::parse(&sources, file);
    let root = root.ok_or_else(|| format!("the document is not read: {:?}", found.first()))?;
    let (mut open, mut count) = (vec![&root], 0);
    while let Some(node) = open.pop() {
        count += 1;
        open.extend(node.as_sequence().into_iter().flatten());
        open.extend(node.as_mapping().into_iter().flat_map(|map| &map.entries).map(|entry| &entry.value));
    }
    Ok(count)
}

fn time(run: impl FnOnce()) -> Duration {
    let start = ThreadTime::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-9)
}

#[allow(clippy::cast_precision_loss)] // a size for people
fn megabytes(text: &str) -> f64 {
    text.len() as f64 / 1e6
}
