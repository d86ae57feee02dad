//! Made of registry-server/proto/eventpact/registry/v1/registry.proto: `cargo xtask bless registry_proto` makes it anew.

/// A version of a subject that a schema refers to.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Reference {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub subject: ::prost::alloc::string::String,
    #[prost(int32, tag = "3")]
    pub version: i32,
}
/// A schema, as it is sent or stored.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Schema {
    /// AVRO, JSON or PROTOBUF; empty for AVRO.
    #[prost(string, tag = "1")]
    pub schema_type: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub schema: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "3")]
    pub references: ::prost::alloc::vec::Vec<Reference>,
    /// The metadata as JSON; empty when there is none.
    #[prost(string, tag = "4")]
    pub metadata: ::prost::alloc::string::String,
    /// The rule set as JSON; empty when there is none.
    #[prost(string, tag = "5")]
    pub rule_set: ::prost::alloc::string::String,
}
/// A version of a subject.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SchemaVersion {
    /// ":.context:name" outside of the default context. Empty when the schema of an id has no version that the caller may see.
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(int32, tag = "2")]
    pub version: i32,
    #[prost(uint32, tag = "3")]
    pub id: u32,
    #[prost(string, tag = "4")]
    pub guid: ::prost::alloc::string::String,
    /// Soft-deleted.
    #[prost(bool, tag = "5")]
    pub deleted: bool,
    /// Absent in an event whose schema is gone meanwhile.
    #[prost(message, optional, tag = "6")]
    pub schema: ::core::option::Option<Schema>,
    /// Milliseconds since 1970 of the last change; 0 when it is not told.
    #[prost(int64, tag = "7")]
    pub timestamp: i64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RegisterRequest {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<Schema>,
    #[prost(bool, tag = "3")]
    pub normalize: bool,
    /// Only where the mode is IMPORT, or to ask for the next number; 0 for none.
    #[prost(int32, tag = "4")]
    pub version: i32,
    /// Only where the mode is IMPORT; 0 for none.
    #[prost(int32, tag = "5")]
    pub id: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GetSchemaRequest {
    /// Soft-deleted versions count as well. An id is always found.
    #[prost(bool, tag = "4")]
    pub deleted: bool,
    #[prost(oneof = "get_schema_request::By", tags = "1, 2, 3")]
    pub by: ::core::option::Option<get_schema_request::By>,
}
/// Nested message and enum types in `GetSchemaRequest`.
pub mod get_schema_request {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum By {
        #[prost(message, tag = "1")]
        Id(super::ById),
        #[prost(message, tag = "2")]
        Version(super::ByVersion),
        #[prost(message, tag = "3")]
        Text(super::ByText),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ById {
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// Names the context, as ":.context:", or narrows the search; may be empty.
    #[prost(string, tag = "2")]
    pub subject: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ByVersion {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    /// 0 for the latest.
    #[prost(int32, tag = "2")]
    pub version: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ByText {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<Schema>,
    #[prost(bool, tag = "3")]
    pub normalize: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListSubjectsRequest {
    /// Only subjects that begin so; empty for all, in every context.
    #[prost(string, tag = "1")]
    pub prefix: ::prost::alloc::string::String,
    /// The soft-deleted ones as well.
    #[prost(bool, tag = "2")]
    pub deleted: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListSubjectsResponse {
    /// Sorted.
    #[prost(string, repeated, tag = "1")]
    pub subjects: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListVersionsRequest {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    /// The soft-deleted ones as well.
    #[prost(bool, tag = "2")]
    pub deleted: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ListVersionsResponse {
    /// Oldest first.
    #[prost(int32, repeated, tag = "1")]
    pub versions: ::prost::alloc::vec::Vec<i32>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CheckRequest {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<Schema>,
    #[prost(bool, tag = "3")]
    pub normalize: bool,
    /// "sound" or "confluent"; empty for sound.
    #[prost(string, tag = "4")]
    pub profile: ::prost::alloc::string::String,
    /// The level that the verdict is of, as "BACKWARD"; empty for the one that holds for the subject.
    #[prost(string, tag = "5")]
    pub level: ::prost::alloc::string::String,
    /// Only against this version; 0 for those that the levels ask for.
    #[prost(int32, tag = "6")]
    pub version: i32,
}
/// The fields of `POST /eventpact/v1/subjects/{subject}/check`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CheckResponse {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub profile: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub level: ::prost::alloc::string::String,
    /// compatible, incompatible, or unknown when something could not be compared.
    #[prost(string, tag = "4")]
    pub verdict: ::prost::alloc::string::String,
    /// A registration would be taken as things are.
    #[prost(bool, tag = "5")]
    pub accepted: bool,
    #[prost(message, repeated, tag = "6")]
    pub levels: ::prost::alloc::vec::Vec<LevelVerdict>,
    /// Those that were compared with, newest first.
    #[prost(int32, repeated, tag = "7")]
    pub versions: ::prost::alloc::vec::Vec<i32>,
    #[prost(message, repeated, tag = "8")]
    pub findings: ::prost::alloc::vec::Vec<Finding>,
    /// What could not be compared.
    #[prost(message, repeated, tag = "9")]
    pub unknown: ::prost::alloc::vec::Vec<Undecided>,
    /// consumers-first, producers-first, either, no-safe-order or unknown; empty without an earlier version.
    #[prost(string, tag = "10")]
    pub deploy_order: ::prost::alloc::string::String,
    /// The same for people.
    #[prost(string, tag = "11")]
    pub deploy_text: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LevelVerdict {
    #[prost(string, tag = "1")]
    pub level: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub verdict: ::prost::alloc::string::String,
    #[prost(uint32, tag = "3")]
    pub errors: u32,
    #[prost(uint32, tag = "4")]
    pub warnings: u32,
}
/// One thing that a reader cannot do with what a writer sends.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Finding {
    #[prost(string, tag = "1")]
    pub rule: ::prost::alloc::string::String,
    /// error, warning or info.
    #[prost(string, tag = "2")]
    pub severity: ::prost::alloc::string::String,
    /// BACKWARD: the new version reads what the old one wrote. FORWARD: the old version reads what the new one writes.
    #[prost(string, tag = "3")]
    pub direction: ::prost::alloc::string::String,
    #[prost(int32, repeated, tag = "4")]
    pub versions: ::prost::alloc::vec::Vec<i32>,
    #[prost(string, repeated, tag = "5")]
    pub levels: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "6")]
    pub message: ::prost::alloc::string::String,
    /// The place in the new schema, and those in the old ones.
    #[prost(message, optional, tag = "7")]
    pub place: ::core::option::Option<Place>,
    #[prost(message, repeated, tag = "8")]
    pub related: ::prost::alloc::vec::Vec<Place>,
    /// The way to the place without line numbers: "/fields/2/type".
    #[prost(string, tag = "9")]
    pub element: ::prost::alloc::string::String,
    /// Empty when there is none.
    #[prost(string, tag = "10")]
    pub help: ::prost::alloc::string::String,
    /// A message that proves it; absent when there is none.
    #[prost(message, optional, tag = "11")]
    pub witness: ::core::option::Option<Witness>,
    #[prost(string, tag = "12")]
    pub fingerprint: ::prost::alloc::string::String,
}
/// Lines and columns count from 1, columns in characters; an end is behind the last one.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Place {
    /// The subject, a version of it, or the name of a reference.
    #[prost(string, tag = "1")]
    pub file: ::prost::alloc::string::String,
    #[prost(uint32, tag = "2")]
    pub line: u32,
    #[prost(uint32, tag = "3")]
    pub column: u32,
    #[prost(uint32, tag = "4")]
    pub end_line: u32,
    #[prost(uint32, tag = "5")]
    pub end_column: u32,
    #[prost(string, tag = "6")]
    pub label: ::prost::alloc::string::String,
}
/// A message that the writer can send and the reader cannot read.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Witness {
    #[prost(string, tag = "1")]
    pub json: ::prost::alloc::string::String,
    /// Empty for formats that are text.
    #[prost(bytes = "vec", tag = "2")]
    pub encoded: ::prost::alloc::vec::Vec<u8>,
    /// What the reader said to it, or what it read instead.
    #[prost(string, tag = "3")]
    pub reader_error: ::prost::alloc::string::String,
}
/// A pair of versions on which there is no verdict.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Undecided {
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// BACKWARD or FORWARD; empty when the old version could not be read.
    #[prost(string, tag = "2")]
    pub direction: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub message: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct WatchRequest {
    /// Where the client was: the last `position` that it has seen, or a bare number; "0" for everything. Absent: from now on.
    /// When the server does not know any more what came after it, it sends what there is now instead: see `Started`.
    #[prost(string, optional, tag = "1")]
    pub from: ::core::option::Option<::prost::alloc::string::String>,
    /// Only subjects and documents that begin so, written as in `SchemaVersion.subject`, and settings of such; empty for all.
    #[prost(string, tag = "2")]
    pub subject_prefix: ::prost::alloc::string::String,
}
/// An event. Those that the caller may not see are left out; heartbeats tell that the log has moved on.
///
/// A client that is too slow, and one whose stream is cut off, gets ABORTED, with the position to go on from in the metadata
/// `position`. Nothing is ever left out in silence.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WatchEvent {
    /// The number of the change in the log, which only grows. One change may have several events.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// Where to go on from after this event. Empty while there is more of the same change, or of the present state, to come: then the
    /// last one counts.
    #[prost(string, tag = "2")]
    pub position: ::prost::alloc::string::String,
    #[prost(oneof = "watch_event::Event", tags = "3, 4, 5, 6, 7, 8, 9, 10, 11")]
    pub event: ::core::option::Option<watch_event::Event>,
}
/// Nested message and enum types in `WatchEvent`.
pub mod watch_event {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Event {
        /// The first event, and again whenever what is known cannot be continued.
        #[prost(message, tag = "3")]
        Started(super::Started),
        /// The present state was told.
        #[prost(message, tag = "4")]
        SnapshotDone(super::SnapshotDone),
        /// A version came, was soft-deleted, or came back.
        #[prost(message, tag = "5")]
        Version(super::SchemaVersion),
        /// A version is gone for good.
        #[prost(message, tag = "6")]
        VersionRemoved(super::VersionRemoved),
        /// The configuration of a subject, a context or the registry.
        #[prost(message, tag = "7")]
        Config(super::Setting),
        /// The mode of a subject, a context or the registry.
        #[prost(message, tag = "8")]
        Mode(super::Setting),
        /// Every ten seconds: the stream lives, and the log is here.
        #[prost(message, tag = "9")]
        Heartbeat(super::Heartbeat),
        /// A version of an AsyncAPI document came, was soft-deleted, or came back.
        #[prost(message, tag = "10")]
        Document(super::DocumentVersion),
        /// A version of a document is gone for good.
        #[prost(message, tag = "11")]
        DocumentRemoved(super::DocumentRemoved),
    }
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Started {
    /// The present state follows, up to `SnapshotDone`: what is not in it is gone. Otherwise changes follow.
    #[prost(bool, tag = "1")]
    pub snapshot: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SnapshotDone {}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct VersionRemoved {
    #[prost(string, tag = "1")]
    pub subject: ::prost::alloc::string::String,
    #[prost(int32, tag = "2")]
    pub version: i32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Setting {
    /// A subject, ":.context:", or empty for the whole registry.
    #[prost(string, tag = "1")]
    pub scope: ::prost::alloc::string::String,
    /// The configuration as JSON, or the mode; empty when it was removed.
    #[prost(string, tag = "2")]
    pub value: ::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Heartbeat {}
/// A version of an AsyncAPI document.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DocumentVersion {
    /// ":.context:name" outside of the default context.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(int32, tag = "2")]
    pub version: i32,
    /// Soft-deleted.
    #[prost(bool, tag = "3")]
    pub deleted: bool,
    /// As it was sent.
    #[prost(string, tag = "4")]
    pub document: ::prost::alloc::string::String,
    /// SHA-256 of that, in hexadecimal.
    #[prost(string, tag = "5")]
    pub sha256: ::prost::alloc::string::String,
    /// Milliseconds since 1970 of the last change.
    #[prost(int64, tag = "6")]
    pub timestamp: i64,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DocumentRemoved {
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(int32, tag = "2")]
    pub version: i32,
}
