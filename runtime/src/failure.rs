//! What can become of a message in a handler, and why: outcomes, failures and their classes.
//!
//! The class decides what happens next; the table is [`ErrorClass::treatment`]. When and how often is in [`crate::policy`].

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::codec::DecodeError;
use crate::schemas::SchemaError;

/// What kind of failure it is, in the terms that decide what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The bytes are not what their schema says.
    Decode,
    /// The message names a schema that the registry does not know, or a message that the contract does not know.
    SchemaUnknown,
    /// Our schema cannot read what the writer's schema writes.
    SchemaIncompatible,
    /// The registry did not answer. Says nothing about the message.
    SchemaRegistryUnavailable,
    /// The event is well formed but breaks a rule of the business.
    Validation,
    /// We may not do what the message asks for.
    Unauthorized,
    /// Something that the handler called did not answer in time.
    Timeout,
    /// Something that the handler called asked us to slow down.
    Throttled,
    /// Something that the handler called could not be reached.
    Connection,
    /// The handler panicked.
    Panic,
    /// The handler said no.
    Rejected,
    /// Anything else.
    Unknown,
}

/// What is done about a class of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Tried again as the retry policy says, then dead-lettered.
    Retry,
    /// Tried again until it works, with the policy's delays; it does not count as a try of the message.
    RetryUncounted,
    /// Tried again once, then dead-lettered.
    RetryOnce,
    /// Dead-lettered at once: trying again cannot help.
    DeadLetter,
}

impl ErrorClass {
    /// What is done about it.
    pub fn treatment(self) -> Treatment {
        match self {
            Self::Decode
            | Self::SchemaUnknown
            | Self::SchemaIncompatible
            | Self::Validation
            | Self::Unauthorized
            | Self::Rejected => Treatment::DeadLetter,
            Self::SchemaRegistryUnavailable => Treatment::RetryUncounted,
            Self::Panic => Treatment::RetryOnce,
            Self::Timeout | Self::Throttled | Self::Connection | Self::Unknown => Treatment::Retry,
        }
    }

    /// The name that is written to dead letters and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::SchemaUnknown => "schema-unknown",
            Self::SchemaIncompatible => "schema-incompatible",
            Self::SchemaRegistryUnavailable => "schema-registry-unavailable",
            Self::Validation => "validation",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Throttled => "throttled",
            Self::Connection => "connection",
            Self::Panic => "panic",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says what kind of failure an error of the application is. Implement it for a handler's error type.
///
/// ```
/// use eventpact_runtime::failure::{Classify, ErrorClass};
///
/// #[derive(Debug, thiserror::Error)]
/// enum StockError {
///     #[error("no such item: {0}")]
///     NoSuchItem(String),
///     #[error("the warehouse does not answer")]
///     Warehouse(#[from] std::io::Error),
/// }
///
/// impl Classify for StockError {
///     fn class(&self) -> ErrorClass {
///         match self {
///             Self::NoSuchItem(_) => ErrorClass::Validation, // dead-lettered at once
///             Self::Warehouse(_) => ErrorClass::Connection,  // tried again
///         }
///     }
/// }
/// ```
pub trait Classify: Error {
    /// The class.
    fn class(&self) -> ErrorClass;

    /// A code of the application, for people who look at the dead letter.
    fn code(&self) -> Option<String> {
        None
    }

    /// The shortest wait before the next try, when whoever refused said so (`Retry-After`).
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// What is kept of the error.
    fn to_failure(&self) -> Failure
    where
        Self: Sized,
    {
        let failure = Failure::describe(self.class(), self);
        Failure { code: self.code(), retry_after: self.retry_after(), ..failure }
    }
}

/// Why a message was not handled. It carries texts, not the error itself, because it outlives the try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// A code of the application.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
    /// The causes, the nearest first.
    pub causes: Vec<String>,
    /// The shortest wait before the next try.
    pub retry_after: Option<Duration>,
}

/// Causes deeper than this are left out.
const MAX_CAUSES: usize = 32;

impl Failure {
    /// A failure of that class; the chain of sources becomes the causes.
    pub fn new(class: ErrorClass, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::describe(class, error.into().as_ref())
    }

    /// A failure that trying again may cure.
    pub fn transient(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorClass::Unknown, error)
    }

    /// A failure that trying again cannot cure.
    pub fn permanent(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorClass::Rejected, error)
    }

    /// The same failure with a code of the application.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The same failure with the shortest wait before the next try.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn describe(class: ErrorClass, error: &dyn Error) -> Self {
        let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source()).take(MAX_CAUSES);
        Self {
            class,
            code: None,
            message: error.to_string(),
            causes: causes.map(ToString::to_string).collect(),
            retry_after: None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

impl Classify for Failure {
    fn class(&self) -> ErrorClass {
        self.class
    }

    fn to_failure(&self) -> Failure {
        self.clone()
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::describe(ErrorClass::Decode, &error)
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        let class = match &error {
            SchemaError::RegistryUnavailable(_) => ErrorClass::SchemaRegistryUnavailable,
            SchemaError::Unknown(_) => ErrorClass::SchemaUnknown,
            SchemaError::Incompatible(_) => ErrorClass::SchemaIncompatible,
        };
        Self::describe(class, &error)
    }
}

/// What became of a message in its handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Handled.
    Ack,
    /// Not handled: try again as the retry policy says, not before `after`, whatever the class of the cause.
    Retry {
        /// The shortest wait; `None` leaves it to the policy.
        after: Option<Duration>,
        /// Why.
        cause: Failure,
    },
    /// The message is refused for good: dead-lettered with class [`ErrorClass::Rejected`].
    Reject(Failure),
    /// Dead-lettered at once, with the class of the cause.
    DeadLetter(Failure),
    /// Not handled: the class of the failure decides.
    Failed(Failure),
}

/// What a handler may return.
///
/// `()` and [`Outcome`] are themselves; of a `Result`, the error's class decides.
pub trait IntoOutcome {
    /// The outcome.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Ack
    }
}

impl<T: IntoOutcome, E: Classify> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(value) => value.into_outcome(),
            Err(error) => Outcome::Failed(error.to_failure()),
        }
    }
}
