//! How a command line names a topic: `kafka://HOST:PORT[,HOST:PORT…]/TOPIC[?NAME=VALUE&…]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// Settings of librdkafka that what we promise rests on.
const RESERVED: [&str; 9] = [
    "bootstrap.servers",
    "group.id",
    "client.id",
    "enable.auto.commit",
    "enable.partition.eof",
    "auto.offset.reset",
    "isolation.level",
    "transactional.id",
    "enable.idempotence",
];

/// A topic in which schemas are kept.
///
/// The path is the topic, `_schemas` when it is left out. Of the parameters, `follower=true` only reads, `allow-unsafe-topic=true`
/// writes although the topic may lose what was acknowledged, `group=NAME` is the consumer group in which the writer is elected,
/// `advertise=http://HOST:PORT` is where the others reach this process, so that they send writes on to it while it is the writer,
/// and every name with a dot is a setting of librdkafka, as `session.timeout.ms=6000` or `sasl.password=…`.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSpec {
    pub(super) brokers: String,
    pub(super) topic: String,
    pub(super) follower: bool,
    pub(super) allow_unsafe_topic: bool,
    pub(super) group: String,
    /// Where this process is reached by the others: `http://HOST:PORT`.
    pub(super) advertise: Option<String>,
    settings: BTreeMap<String, String>,
}

impl FromStr for KafkaSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("kafka://").ok_or("a Kafka store is named kafka://HOST:PORT/TOPIC")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (brokers, topic) = place.split_once('/').unwrap_or((place, ""));
        if brokers.is_empty() || brokers.contains('@') {
            return Err("a Kafka store is named kafka://HOST:PORT/TOPIC; passwords are given as sasl.password=…".to_owned());
        }
        let topic = if topic.is_empty() { "_schemas" } else { topic };
        if topic.len() > 249 || !topic.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            return Err(format!("'{topic}' cannot be the name of a topic"));
        }
        let mut spec = Self {
            brokers: brokers.to_owned(),
            topic: topic.to_owned(),
            follower: false,
            allow_unsafe_topic: false,
            group: format!("eventpact-registry-{topic}"),
            advertise: None,
            settings: BTreeMap::new(),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("'{pair}' has no value"))?;
            let value = percent_decode_str(value).decode_utf8().map_err(|_| format!("the value of {name} is not UTF-8"))?;
            spec.set(name, &value)?;
        }
        Ok(spec)
    }
}

impl KafkaSpec {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let switch = || value.parse::<bool>().map_err(|_| format!("{name} is true or false"));
        match name {
            "follower" => self.follower = switch()?,
            "allow-unsafe-topic" => self.allow_unsafe_topic = switch()?,
            "group" if !value.is_empty() => value.clone_into(&mut self.group),
            "advertise" if ["http://", "https://"].iter().any(|scheme| value.starts_with(scheme)) => {
                self.advertise = Some(value.to_owned());
            }
            "advertise" => return Err("advertise is an address as http://HOST:PORT".to_owned()),
            _ if !cfg!(feature = "kafka-tls") && needs_tls(name, value) => {
                return Err(format!(
                    "{name}={value}: this program was built without TLS to Kafka: build it with the feature kafka-tls"
                ));
            }
            _ if RESERVED.contains(&name) => return Err(format!("{name} cannot be set: the store sees to it itself")),
            _ if name.contains('.') => drop(self.settings.insert(name.to_owned(), value.to_owned())),
            _ => {
                let known = "follower, allow-unsafe-topic, group, advertise, or a setting of librdkafka";
                return Err(format!("unknown parameter '{name}' of a Kafka store; it is {known}"));
            }
        }
        Ok(())
    }

    /// The same topic, only to be read.
    pub(crate) fn following(self) -> Self {
        Self { follower: true, ..self }
    }

    /// A client with these settings under the user's.
    pub(super) fn client(&self, ours: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        config.set("bootstrap.servers", &self.brokers).set("client.id", "eventpact-registry");
        for (name, value) in ours {
            config.set(*name, *value);
        }
        for (name, value) in &self.settings {
            config.set(name, value);
        }
        config
    }

    /// The same for every process that may write to this topic of this cluster: who takes it over shuts the others out.
    pub(super) fn transactional_id(&self) -> String {
        format!("eventpact-registry-{}", self.topic)
    }
}

/// TLS, and the mechanisms that are built with it.
fn needs_tls(name: &str, value: &str) -> bool {
    let value = value.to_ascii_uppercase();
    match name {
        "security.protocol" => value.contains("SSL"),
        "sasl.mechanism" | "sasl.mechanisms" => value.starts_with("SCRAM-"),
        _ => name.starts_with("ssl."),
    }
}

/// Without the settings: one of them may be a password.
impl fmt::Display for KafkaSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kafka://{}/{}", self.brokers, self.topic)?;
        if self.follower { f.write_str("?follower=true") } else { Ok(()) }
    }
}

impl fmt::Debug for KafkaSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_named_with_its_settings_and_shown_without() {
        let text = "kafka://a:1,b:2/_schemas?allow-unsafe-topic=true&sasl.password=p%26w&session.timeout.ms=1500";
        let spec: KafkaSpec = text.parse().unwrap();
        assert_eq!((spec.brokers.as_str(), spec.topic.as_str(), spec.allow_unsafe_topic), ("a:1,b:2", "_schemas", true));
        assert_eq!(spec.client(&[("session.timeout.ms", "6000")]).get("session.timeout.ms"), Some("1500"));
        assert_eq!(spec.client(&[]).get("sasl.password"), Some("p&w"));
        assert_eq!(
            (spec.to_string(), format!("{spec:?}")),
            ("kafka://a:1,b:2/_schemas".into(), "kafka://a:1,b:2/_schemas".into())
        );
        assert_eq!("kafka://a:1".parse::<KafkaSpec>().unwrap().topic, "_schemas");
    }

    #[test]
    fn tls_is_asked_for_only_where_it_is_built_in() {
        for wish in
            ["security.protocol=SASL_SSL", "security.protocol=ssl", "sasl.mechanism=SCRAM-SHA-512", "ssl.ca.location=a.pem"]
        {
            let parsed = format!("kafka://a:1/t?{wish}").parse::<KafkaSpec>();
            assert_eq!(parsed.is_ok(), cfg!(feature = "kafka-tls"), "{parsed:?}");
            assert!(parsed.err().is_none_or(|why| why.contains("kafka-tls")));
        }
        assert!("kafka://a:1/t?security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN".parse::<KafkaSpec>().is_ok());
    }

    #[test]
    fn what_would_break_a_promise_is_refused() {
        for bad in ["kafka://", "kafka:a:1/t", "kafka://a:1/t/x", "kafka://a:1/t?acks", "kafka://u:p@a:1/t", "kafka://a:1/t?x=1"]
        {
            assert!(bad.parse::<KafkaSpec>().is_err(), "{bad}");
        }
        for name in RESERVED {
            assert!(format!("kafka://a:1/t?{name}=x").parse::<KafkaSpec>().is_err(), "{name}");
        }
        for bad in ["kafka://a:1/t?follower=yes", "kafka://a:1/t?advertise=host:8081"] {
            assert!(bad.parse::<KafkaSpec>().is_err(), "{bad}");
        }
    }
}
