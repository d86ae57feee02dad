//! The table of peers with our column.

use super::figures::Sample;

/// Our figures.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// Milliseconds.
    pub(crate) start_read: f64,
    pub(crate) start_write: f64,
    /// MiB.
    pub(crate) idle: f64,
    pub(crate) loaded: f64,
    pub(crate) loaded_schemas: u64,
    pub(crate) register16: Sample,
    pub(crate) register1: Sample,
    pub(crate) again16: Sample,
    pub(crate) get16: Sample,
    pub(crate) get1: Sample,
    pub(crate) check16: Sample,
    pub(crate) check1: Sample,
    pub(crate) bare_get16: Sample,
    pub(crate) bare_get1: Sample,
    pub(crate) disk: Sample,
}

/// What each load gave the peers, measured elsewhere: Confluent Schema Registry 8.2.3 with Kafka 4.2.0, Karapace 6.2.0 with Kafka
/// 4.2.0, Apicurio 3.3.3 in memory; none of them syncs a registration before it answers.
const PEERS: [(&str, [&str; 3]); 11] = [
    ("cold: first GET 200", ["4590 ms", "1660 ms", "5550 ms"]),
    ("cold: first POST 200", ["4880 ms", "11850 ms", "5860 ms"]),
    ("resident, idle", ["216 MiB", "135 MiB", "254 MiB"]),
    ("resident, loaded", ["403 MiB (11.8 k)", "156 MiB (7.4 k)", "523 MiB (12.9 k)"]),
    ("register new, c16", ["138/s p99 164", "36/s p99 802", "276/s p99 119"]),
    ("register new, c1", ["123/s p99 36", "32/s p99 320", "146/s p99 23"]),
    ("register the same, c16", ["3387/s p99 47", "224/s p99 233", "1296/s p99 35"]),
    ("GET /schemas/ids/N, c16", ["6516/s p99 21", "394/s p99 158", "2070/s p99 26"]),
    ("GET /schemas/ids/N, c1", ["4506/s p99 3.0", "336/s p99 11", "1591/s p99 3.4"]),
    ("POST compatibility, c16", ["4325/s p99 45", "200/s p99 240", "1258/s p99 35"]),
    ("POST compatibility, c1", ["2422/s p99 1.6", "162/s p99 71", "748/s p99 4.4"]),
];

impl Column {
    fn cells(&self) -> [(String, String); 11] {
        let none = String::new;
        let rate = |sample: &Sample| match sample.per_second {
            zero if zero <= 0.0 => String::new(),
            rate => format!("{rate:.0}/s p99 {:.2}", sample.p99),
        };
        #[allow(clippy::cast_precision_loss)] // a figure for people
        let schemas = self.loaded_schemas as f64 / 1000.0;
        [
            (format!("{:.1} ms", self.start_read), none()),
            (format!("{:.1} ms", self.start_write), none()),
            (format!("{:.1} MiB", self.idle), none()),
            (format!("{:.1} MiB ({schemas:.1} k)", self.loaded), none()),
            (rate(&self.register16), rate(&self.disk)),
            (rate(&self.register1), rate(&self.disk)),
            (rate(&self.again16), none()),
            (rate(&self.get16), rate(&self.bare_get16)),
            (rate(&self.get1), rate(&self.bare_get1)),
            (rate(&self.check16), none()),
            (rate(&self.check1), none()),
        ]
    }

    pub(crate) fn print(&self) {
        println!("peers (theirs were measured elsewhere, on another run of a 2-core machine; p99 in ms)");
        println!("  {:24} {:22} {:22} {:17} {:17} {:17}", "", "eventpact", "ceiling here", "Confluent", "Karapace", "Apicurio");
        for ((load, [confluent, karapace, apicurio]), (ours, ceiling)) in PEERS.iter().zip(self.cells()) {
            println!("  {load:24} {ours:22} {ceiling:22} {confluent:17} {karapace:17} {apicurio:17}");
        }
    }
}
