//! librdkafka's error codes → the runtime's errors: who may try again, and who must change something first.

use std::sync::Arc;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::transport::{ConnectError, RecvError, SendError};

/// Why a record was not confirmed.
pub(super) fn send_error(error: &KafkaError, topic: &str, bytes: usize) -> SendError {
    match error.rdkafka_error_code() {
        Some(Code::MessageTimedOut | Code::RequestTimedOut | Code::OperationTimedOut) => SendError::Timeout(error.to_string()),
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => {
            SendError::TooLarge { topic: Arc::from(topic), bytes, reason: error.to_string() }
        }
        // The producer was dropped with the record still in its queue or on its way.
        Some(Code::PurgeQueue | Code::PurgeInflight) => SendError::Closed,
        _ => SendError::Refused(format!("topic `{topic}`: {error}")),
    }
}

/// Why a client could not be made.
pub(super) fn connect_error(error: &KafkaError) -> ConnectError {
    match error {
        KafkaError::ClientConfig(_, description, name, value) => {
            let shown = if name.contains("password") || name.contains("key") { "…" } else { value };
            ConnectError::Config(format!("`{name}` = `{shown}`: {description}"))
        }
        KafkaError::ClientCreation(reason) => ConnectError::Config(reason.clone()),
        other => ConnectError::Unavailable(other.to_string()),
    }
}

/// What a consumer has to say about `error`; none when librdkafka deals with it and nobody needs to know.
pub(super) fn recv_error(error: &KafkaError) -> Option<RecvError> {
    if let KafkaError::MessageConsumptionFatal(_) = error {
        return Some(RecvError::Fatal(error.to_string()));
    }
    match error.rdkafka_error_code() {
        // The end of a partition is not an error. One lost connection is made again without our help.
        Some(Code::PartitionEOF | Code::BrokerTransportFailure | Code::OperationTimedOut) => None,
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
            | Code::Fatal
            | Code::FencedInstanceId
            | Code::InconsistentGroupProtocol
            | Code::InvalidGroupId
            | Code::InvalidSessionTimeout
            | Code::UnsupportedSASLMechanism,
        ) => Some(RecvError::Fatal(error.to_string())),
        _ => Some(RecvError::Transient(error.to_string())),
    }
}

/// What a failed commit means. "No offset" is success: what there was to commit has been committed.
pub(super) fn commit_error(error: &KafkaError) -> Option<RecvError> {
    match error.rdkafka_error_code() {
        Some(Code::NoOffset) => None,
        Some(Code::GroupAuthorizationFailed | Code::TopicAuthorizationFailed | Code::FencedInstanceId) => {
            Some(RecvError::Fatal(format!("positions cannot be committed: {error}")))
        }
        _ => Some(RecvError::Transient(format!("positions were not committed: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_new_to_commit_is_success() {
        assert!(commit_error(&KafkaError::ConsumerCommit(Code::NoOffset)).is_none());
        let fenced = commit_error(&KafkaError::ConsumerCommit(Code::FencedInstanceId));
        assert!(matches!(fenced, Some(RecvError::Fatal(_))));
        let rebalance = commit_error(&KafkaError::ConsumerCommit(Code::RebalanceInProgress));
        assert!(matches!(rebalance, Some(RecvError::Transient(_))));
    }

    #[test]
    fn a_size_names_its_topic() {
        let error = send_error(&KafkaError::MessageProduction(Code::MessageSizeTooLarge), "orders", 2_000_000);
        assert!(error.to_string().contains("2000000 bytes is too large for topic `orders`"), "{error}");
        assert!(!error.is_transient());
    }
}
