//! The list of rules: one file each.

mod amqp_binding_changed;
mod anypointmq_binding_changed;
pub(super) mod binding_not_judged;
mod channel_address_changed;
mod channel_removed;
mod channel_renamed;
mod channel_servers_narrowed;
mod content_type_changed;
mod correlation_id_changed;
mod googlepubsub_binding_changed;
mod headers_required;
mod http_binding_changed;
mod ibmmq_binding_changed;
mod jms_binding_changed;
pub(super) mod kafka_key_changed;
mod kafka_partitions_changed;
mod kafka_retention_shortened;
mod kafka_schema_id_changed;
mod kafka_settings_changed;
mod kafka_topic_changed;
mod message_added;
mod message_removed;
mod message_renamed;
mod mqtt_binding_changed;
mod nats_binding_changed;
mod operation_action_flipped;
mod operation_messages_narrowed;
mod operation_messages_widened;
mod operation_removed;
mod operation_renamed;
mod parameter_location_changed;
mod parameter_renamed;
mod parameter_values_changed;
mod payload_format_changed;
mod payload_untyped;
mod pulsar_binding_changed;
mod reply_added;
mod reply_address_changed;
mod reply_channel_changed;
mod reply_removed;
mod ros2_binding_changed;
mod security_added;
mod security_removed;
mod security_scopes_added;
mod security_tightened;
mod server_host_changed;
mod server_pathname_changed;
mod server_protocol_changed;
mod server_protocol_version_changed;
mod server_removed;
mod server_renamed;
mod sns_binding_changed;
mod solace_binding_changed;
mod sqs_binding_changed;
mod ws_binding_changed;

use super::Check;
use crate::rule::Rule;

/// Every rule of the format.
pub(super) const RULES: &[&Rule<Check>] = &[
    &amqp_binding_changed::RULE,
    &anypointmq_binding_changed::RULE,
    &binding_not_judged::RULE,
    &channel_address_changed::RULE,
    &channel_removed::RULE,
    &channel_renamed::RULE,
    &channel_servers_narrowed::RULE,
    &content_type_changed::RULE,
    &correlation_id_changed::RULE,
    &googlepubsub_binding_changed::RULE,
    &headers_required::RULE,
    &http_binding_changed::RULE,
    &ibmmq_binding_changed::RULE,
    &jms_binding_changed::RULE,
    &kafka_key_changed::RULE,
    &kafka_partitions_changed::RULE,
    &kafka_retention_shortened::RULE,
    &kafka_schema_id_changed::RULE,
    &kafka_settings_changed::RULE,
    &kafka_topic_changed::RULE,
    &message_added::RULE,
    &message_removed::RULE,
    &message_renamed::RULE,
    &mqtt_binding_changed::RULE,
    &nats_binding_changed::RULE,
    &operation_action_flipped::RULE,
    &operation_messages_narrowed::RULE,
    &operation_messages_widened::RULE,
    &operation_removed::RULE,
    &operation_renamed::RULE,
    &parameter_location_changed::RULE,
    &parameter_renamed::RULE,
    &parameter_values_changed::RULE,
    &payload_format_changed::RULE,
    &payload_untyped::RULE,
    &pulsar_binding_changed::RULE,
    &reply_added::RULE,
    &reply_address_changed::RULE,
    &reply_channel_changed::RULE,
    &reply_removed::RULE,
    &ros2_binding_changed::RULE,
    &security_added::RULE,
    &security_removed::RULE,
    &security_scopes_added::RULE,
    &security_tightened::RULE,
    &server_host_changed::RULE,
    &server_pathname_changed::RULE,
    &server_protocol_changed::RULE,
    &server_protocol_version_changed::RULE,
    &server_removed::RULE,
    &server_renamed::RULE,
    &sns_binding_changed::RULE,
    &solace_binding_changed::RULE,
    &sqs_binding_changed::RULE,
    &ws_binding_changed::RULE,
];
