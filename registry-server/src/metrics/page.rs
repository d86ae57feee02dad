//! The page, in the text format of OpenMetrics 1.0.

use std::fmt::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry as Page;

use super::Metrics;
use super::cell::{Histogram, Requests};
use crate::registry::Registry;

/// The routes that hand out schemas by id or guid.
const FETCHES: [&str; 3] = ["/schemas/ids/{id}", "/schemas/ids/{id}/schema", "/schemas/guids/{guid}"];

impl Metrics {
    /// What `/metrics` answers.
    pub(crate) fn page(self: &Arc<Self>, registry: &Registry) -> String {
        let mut page = Page::default();
        page.register_collector(Box::new(Scrape { metrics: Arc::clone(self), counts: Counts::of(registry) }));
        let mut out = String::new();
        // Writing to a text does not fail.
        let _ = text::encode(&mut out, &page);
        out
    }

    fn routes(&self) -> Vec<(&'static str, &Requests)> {
        let mut all: Vec<_> = self.routes.iter().map(|(path, requests)| (*path, requests)).collect();
        all.sort_unstable_by_key(|(path, _)| *path);
        all.push(("elsewhere", &self.elsewhere));
        all
    }

    fn with_status(&self, status: u16) -> u64 {
        self.routes().iter().map(|(_, requests)| requests.with_status(status)).sum()
    }
}

/// What the state says.
#[derive(Debug)]
struct Counts {
    contexts: usize,
    subjects: usize,
    schemas: usize,
    ready: bool,
    lost: bool,
    conflicts: usize,
    sequence: u64,
    /// How far the state is behind a log that others write to as well.
    behind: Option<u64>,
}

impl Counts {
    fn of(registry: &Registry) -> Self {
        let state = registry.snapshot();
        let (mut contexts, mut subjects, mut schemas) = (0, 0, 0);
        for (_, context) in state.contexts() {
            contexts += 1;
            subjects += context.subject_count();
            schemas += context.schema_count();
        }
        let health = registry.health();
        let (ready, lost) = (health.down.is_none() && health.standby.is_none(), health.lost);
        let (conflicts, sequence, behind) = (registry.conflict_count(), registry.sequence(), registry.behind());
        Self { contexts, subjects, schemas, ready, lost, conflicts, sequence, behind }
    }
}

#[derive(Debug)]
struct Scrape {
    metrics: Arc<Metrics>,
    counts: Counts,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        self.requests(&mut encoder)?;
        self.totals(&mut encoder)?;
        self.gauges(&mut encoder)?;
        self.process(&mut encoder)
    }
}

impl Scrape {
    fn requests(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let routes = self.metrics.routes();
        let help = "Answers by route, method and status; the status 0 stands for rare ones";
        let mut family = encoder.encode_descriptor("eventpact_http_requests", help, None, MetricType::Counter)?;
        for (route, requests) in &routes {
            for (method, status, count) in requests.counts() {
                let labels = [("route", (*route).to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
            }
        }
        let help = "Time from the head of a request to its answer";
        let mut family = encoder.encode_descriptor("eventpact_http_request_seconds", help, None, MetricType::Histogram)?;
        for (route, requests) in &routes {
            for (method, seconds) in requests.times() {
                let (sum, count, buckets) = seconds.read();
                let labels = [("route", *route), ("method", method)];
                let mut of_route = family.encode_family(&labels)?;
                of_route.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
            }
        }
        Ok(())
    }

    fn totals(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let metrics = &self.metrics;
        let fetches =
            FETCHES.iter().filter_map(|route| metrics.routes.get(route)).map(|requests| requests.with_status(200)).sum();
        let totals: [(&str, &str, u64); 5] = [
            ("eventpact_schema_fetches", "Schemas handed out by id or guid", fetches),
            ("eventpact_auth_failures", "Requests without valid credentials (401)", metrics.with_status(401)),
            ("eventpact_access_denied", "Requests that the caller had no right to make (403)", metrics.with_status(403)),
            ("eventpact_rate_limited", "Requests refused because there were too many (429)", metrics.with_status(429)),
            ("eventpact_store_failures", "Batches that did not become durable", metrics.store.failures.load(Ordering::Relaxed)),
        ];
        for (name, help, value) in totals {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
        }
        let histograms: [(&str, &str, &Histogram); 2] = [
            ("eventpact_store_batch_requests", "Requests that shared one durable commit", &metrics.store.batches),
            ("eventpact_store_commit_seconds", "Time until a batch was durable", &metrics.store.seconds),
        ];
        for (name, help, histogram) in histograms {
            let (sum, count, buckets) = histogram.read();
            let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }

    fn gauges(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let Counts { contexts, subjects, schemas, ready, lost, conflicts, sequence, behind } = self.counts;
        let gauges: [(&str, &str, i64); 8] = [
            ("eventpact_sequence", "Number of the newest change that answers show", whole(sequence)),
            ("eventpact_contexts", "Contexts", number(contexts)),
            ("eventpact_subjects", "Subjects, soft-deleted ones too", number(subjects)),
            ("eventpact_schemas", "Schemas with an id", number(schemas)),
            ("eventpact_ready", "1 while a registration would be accepted", i64::from(ready)),
            ("eventpact_store_conflicts", "Versions in the store that contradict the rest and are left out", number(conflicts)),
            ("eventpact_store_loss_alarm", "1 while acknowledged writes are missing in the store", i64::from(lost)),
            ("eventpact_http_connections", "Open connections", self.metrics.connections.load(Ordering::Relaxed)),
        ];
        for (name, help, value) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        let Some(behind) = behind else { return Ok(()) };
        let help = "Changes of others, known to be in the store, that answers do not show yet";
        encoder.encode_descriptor("eventpact_store_behind", help, None, MetricType::Gauge)?.encode_gauge(&whole(behind))?;
        let silent = self.metrics.milliseconds().saturating_sub(self.metrics.store.caught_up.load(Ordering::Relaxed));
        let silent = Duration::from_millis(silent).as_secs_f64();
        let help = "Seconds since all changes of others were last taken in";
        encoder.encode_descriptor("eventpact_store_silent_seconds", help, None, MetricType::Gauge)?.encode_gauge(&silent)
    }

    /// The names that every exporter uses for these.
    fn process(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let started = self.metrics.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let help = "When the process began, in seconds since 1970";
        encoder.encode_descriptor("process_start_time_seconds", help, None, MetricType::Gauge)?.encode_gauge(&started)?;
        if let Some(bytes) = resident_bytes() {
            let help = "Memory of the process, in bytes";
            encoder.encode_descriptor("process_resident_memory_bytes", help, None, MetricType::Gauge)?.encode_gauge(&bytes)?;
        }
        let mut info = encoder.encode_descriptor("eventpact_build", "This program", None, MetricType::Info)?;
        info.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
    }
}

/// What Linux says; elsewhere nothing.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
