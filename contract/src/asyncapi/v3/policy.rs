//! `x-retry` and `x-dead-letter`: what becomes of a message that could not be handled (the shape of the RFC in
//! asyncapi/spec#1234). Only operations that receive may carry them.

use std::time::Duration;

use super::Lowering;
use crate::diagnostic::Diagnostic;
use crate::model::{Action, Backoff, Channel, DeadLetter, Retry};
use crate::source::Span;
use crate::yaml::{Node, Value};

const RETRY: &str = "asyncapi/retry";
const DEAD_LETTER: &str = "asyncapi/dead-letter";
/// More attempts than this are a slip of the keyboard.
const MAX_ATTEMPTS: i64 = 1_000_000;

impl Lowering<'_> {
    /// Both policies of an operation. `messages` are indexes of `channel`.
    pub(super) fn policies(
        &mut self,
        operation: &Node,
        action: Action,
        key: &str,
        channels: &[Channel],
        messages: &[usize],
        channel: usize,
    ) -> (Option<Retry>, Option<DeadLetter>) {
        let before = self.found.len();
        let retry = operation.get("x-retry").and_then(|node| {
            self.received(node, action, RETRY, "x-retry")?;
            self.retry(node, channels)
        });
        let dead_letter = operation.get("x-dead-letter").and_then(|node| {
            self.received(node, action, DEAD_LETTER, "x-dead-letter")?;
            self.dead_letter(node, channels)
        });
        for (target, span, what) in [
            retry.as_ref().and_then(|retry| Some((retry.channel?, retry.span, "retry"))),
            dead_letter.as_ref().map(|dead| (dead.channel, dead.span, "dead-letter")),
        ]
        .into_iter()
        .flatten()
        {
            self.carries(channels, (channel, messages), target, span, what);
        }
        for found in self.found.iter_mut().skip(before) {
            found.about = format!("/operations/{key}");
        }
        (retry, dead_letter)
    }

    fn received(&mut self, node: &Node, action: Action, id: &str, name: &str) -> Option<()> {
        if action == Action::Send {
            let message =
                format!("`{name}` stands on an operation that sends; only one that receives can fail to handle a message");
            self.error(id, node.span, message).help = Some("move it to the operation that receives".to_owned());
            return None;
        }
        if node.as_mapping().is_none() {
            self.error(id, node.span, format!("`{name}` must be an object, and this is {}", node.kind()));
            return None;
        }
        Some(())
    }

    fn retry(&mut self, node: &Node, channels: &[Channel]) -> Option<Retry> {
        self.known_fields(node, RETRY, &["maxAttempts", "strategy", "channel", "messages"]);
        let channel = match node.get("channel") {
            Some(reference) => Some(self.policy_channel(reference, RETRY)?),
            None => None,
        };
        if let (Some(channel), Some(listed)) = (channel, node.get("messages").and_then(Node::as_sequence)) {
            self.named_messages(listed, channel, channels);
        }
        let attempts = self.required(node, "maxAttempts", RETRY);
        let max_attempts = attempts.and_then(|node| match node.as_i64() {
            Some(n @ 1..=MAX_ATTEMPTS) => u32::try_from(n).ok(),
            _ => {
                let message = "`maxAttempts` must be a whole number, at least 1";
                self.error(RETRY, node.span, message).help =
                    Some("it counts every delivery, the first one included: 1 means no retry".to_owned());
                None
            }
        });
        let backoff = self.required(node, "strategy", RETRY).and_then(|strategy| self.backoff(strategy));
        Some(Retry { span: node.span, channel, max_attempts: max_attempts?, backoff: backoff? })
    }

    fn backoff(&mut self, node: &Node) -> Option<Backoff> {
        let kind = self.required(node, "type", RETRY)?;
        match kind.as_str() {
            Some("fixed") => {
                self.known_fields(node, RETRY, &["type", "delay"]);
                Some(Backoff::Fixed { delay: self.duration(node, "delay")? })
            }
            Some("linear") => {
                self.known_fields(node, RETRY, &["type", "initialDelay", "increment", "maxDelay"]);
                let initial_delay = self.duration(node, "initialDelay");
                let increment = self.duration(node, "increment");
                let max_delay = self.optional_duration(node, "maxDelay")?;
                Some(Backoff::Linear { initial_delay: initial_delay?, increment: increment?, max_delay })
            }
            Some("exponential") => {
                self.known_fields(node, RETRY, &["type", "initialDelay", "multiplier", "maxDelay"]);
                let initial_delay = self.duration(node, "initialDelay");
                let multiplier = self.multiplier(node);
                let max_delay = self.optional_duration(node, "maxDelay")?;
                Some(Backoff::Exponential { initial_delay: initial_delay?, multiplier: multiplier?, max_delay })
            }
            _ => {
                self.error(RETRY, kind.span, "`type` must be one of fixed, linear, exponential");
                None
            }
        }
    }

    /// The factor of each further delay: 2 when it is not said.
    fn multiplier(&mut self, node: &Node) -> Option<f64> {
        let Some(multiplier) = node.get("multiplier") else { return Some(2.0) };
        let value = multiplier.as_f64().filter(|n| n.is_finite() && *n >= 1.0);
        if value.is_none() {
            self.error(RETRY, multiplier.span, "`multiplier` must be a number, at least 1");
        }
        value
    }

    fn duration(&mut self, node: &Node, field: &str) -> Option<Duration> {
        let value = self.required(node, field, RETRY)?;
        let duration = value.as_str().and_then(parse_duration);
        if duration.is_none() {
            let message = format!("`{field}` must be a duration of hours, minutes and seconds, as `PT1M30S` or `PT0.5S`");
            self.error(RETRY, value.span, message).help =
                Some("ISO 8601: P, T, then H, M, S in this order; days and longer are not allowed".to_owned());
        }
        duration
    }

    /// `None` when it is there and wrong.
    #[allow(clippy::option_option)] // absent and wrong are not the same
    fn optional_duration(&mut self, node: &Node, field: &str) -> Option<Option<Duration>> {
        if node.get(field).is_none() { Some(None) } else { self.duration(node, field).map(Some) }
    }

    fn dead_letter(&mut self, node: &Node, channels: &[Channel]) -> Option<DeadLetter> {
        self.known_fields(node, DEAD_LETTER, &["channel", "messages"]);
        let reference = self.required(node, "channel", DEAD_LETTER)?;
        let channel = self.policy_channel(reference, DEAD_LETTER)?;
        if let Some(listed) = node.get("messages").and_then(Node::as_sequence) {
            self.named_messages(listed, channel, channels);
        }
        Some(DeadLetter { span: node.span, channel })
    }

    fn policy_channel(&mut self, reference: &Node, id: &str) -> Option<usize> {
        let before = self.found.len();
        let channel = self.channel_of(reference);
        // The place of the mistake is ours, and so is its id; what is wrong was said by the one who follows references.
        for found in self.found.iter_mut().skip(before) {
            id.clone_into(&mut found.id);
        }
        channel
    }

    fn required<'n>(&mut self, node: &'n Node, field: &str, id: &str) -> Option<&'n Node> {
        let value = node.get(field);
        if value.is_none() {
            self.error(id, node.span, format!("the field `{field}` is missing"));
        }
        value
    }

    fn known_fields(&mut self, node: &Node, id: &str, known: &[&str]) {
        let Value::Mapping(entries) = &node.value else { return };
        for entry in &entries.entries {
            if !known.contains(&entry.key.as_str()) && !crate::asyncapi::shape::is_extension(&entry.key) {
                let message = format!("there is no field `{}` here", entry.key);
                self.error(id, entry.key_span, message).help = Some(format!("known are {}", known.join(", ")));
            }
        }
    }

    /// A channel that failed messages go to must be one that can carry them.
    fn carries(&mut self, channels: &[Channel], source: (usize, &[usize]), target: usize, span: Span, what: &str) {
        let (Some(from), Some(to)) = (channels.get(source.0), channels.get(target)) else { return };
        for message in source.1.iter().filter_map(|n| from.messages.get(*n)) {
            let known = to.messages.is_empty()
                || to.messages.iter().any(|other| other.span == message.span || other.name() == message.name());
            if !known {
                let text = format!("the {what} channel `{}` does not carry the message `{}`", to.key, message.name());
                let found = Diagnostic::warning("asyncapi/failed-message-not-carried", span, text)
                    .with_related(to.span, "this channel")
                    .with_help(format!("add the message to the `messages` of `{}`", to.key));
                self.found.push(found);
            }
        }
    }
}

/// `PT…H…M…S`, at least one of them, fractions in the seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty())?;
    let mut seconds: u64 = 0;
    for (unit, factor) in [('H', 3600), ('M', 60)] {
        if let Some((digits, behind)) = rest.split_once(unit) {
            seconds = seconds.checked_add(whole(digits)?.checked_mul(factor)?)?;
            rest = behind;
        }
    }
    if rest.is_empty() {
        return Some(Duration::from_secs(seconds));
    }
    let number = rest.strip_suffix('S')?;
    let (digits, fraction) = number.split_once(['.', ',']).map_or((number, None), |(digits, fraction)| (digits, Some(fraction)));
    seconds = seconds.checked_add(whole(digits)?)?;
    let nanos = match fraction {
        Some(fraction) if fraction.len() <= 9 => u32::try_from(whole(&format!("{fraction:0<9}"))?).ok()?,
        Some(_) => return None,
        None => 0,
    };
    if fraction == Some("") { None } else { Some(Duration::new(seconds, nanos)) }
}

fn whole(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("PT1S", 1000), ("PT0.2S", 200), ("PT1H2M3.5S", 3_723_500), ("PT90M", 5_400_000), ("PT0,001S", 1), ("PT0S", 0)]
        {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["", "PT", "P1D", "1s", "PT1", "PT1.5M", "PT1S2M", "PT-1S", "PT.5S", "PT1.S", "PT99999999999999999999S", "pt1s"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
