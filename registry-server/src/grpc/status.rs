//! Refusals of REST as statuses of gRPC, with the code of REST beside them.

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::error::ApiError;

/// The metadata with the code of REST.
const ERROR_CODE: &str = "error-code";

/// The metadata with the seconds after which to come again.
const RETRY_AFTER: &str = "retry-after";

/// The metadata with the position from which a stream goes on.
pub(super) const POSITION: &str = "position";

/// What a mode, or the state of what is there, forbids, though the request is well-formed: operation not permitted, reference
/// exists, context not empty.
const FORBIDDEN_NOW: [i32; 3] = [42205, 42206, 42211];

/// The status of a refusal.
pub(super) fn of(error: &ApiError) -> Status {
    let code = match error.status {
        _ if FORBIDDEN_NOW.contains(&error.code) => Code::FailedPrecondition,
        _ if [ApiError::timed_out(), ApiError::too_much()].contains(error) => Code::DeadlineExceeded,
        400 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 => Code::DeadlineExceeded,
        409 => Code::FailedPrecondition,
        413 | 429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        _ => Code::Internal,
    };
    let mut metadata = MetadataMap::new();
    metadata.insert(ERROR_CODE, error.code.into());
    if error.retry_after > 0 {
        metadata.insert(RETRY_AFTER, error.retry_after.into());
    }
    Status::with_metadata(code, error.message.clone(), metadata)
}

/// The end of a stream that can be taken up again from a position.
pub(super) fn resumable(code: Code, why: &str, position: &str) -> Status {
    let mut metadata = MetadataMap::new();
    if let Ok(value) = MetadataValue::try_from(position) {
        metadata.insert(POSITION, value);
    }
    Status::with_metadata(code, format!("{why}; go on from '{position}'"), metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_rest_goes_with_the_status() {
        let told = |error: &ApiError| {
            let status = of(error);
            let code = status.metadata().get(ERROR_CODE).and_then(|code| code.to_str().ok()?.parse::<i32>().ok());
            (status.code(), code)
        };
        assert_eq!(told(&ApiError::subject_not_found("s")), (Code::NotFound, Some(40401)));
        assert_eq!(told(&ApiError::incompatible_schema(&[])), (Code::FailedPrecondition, Some(40901)));
        assert_eq!(told(&ApiError::invalid_schema("x")), (Code::InvalidArgument, Some(42201)));
        assert_eq!(told(&ApiError::not_permitted("x")), (Code::FailedPrecondition, Some(42205)));
        assert_eq!(told(&ApiError::unauthorized("")), (Code::Unauthenticated, Some(401)));
        assert_eq!(told(&ApiError::denied("read", "Subject: s")), (Code::PermissionDenied, Some(40301)));
        assert_eq!(told(&ApiError::store_away()), (Code::Unavailable, Some(50001)));
        assert_eq!(told(&ApiError::timed_out()), (Code::DeadlineExceeded, Some(50002)));
        assert_eq!(told(&ApiError::too_much()), (Code::DeadlineExceeded, Some(50002)));
        let busy = of(&ApiError::too_fast(std::time::Duration::from_secs(2)));
        assert_eq!((busy.code(), busy.metadata().get(RETRY_AFTER).unwrap().to_str().unwrap()), (Code::ResourceExhausted, "3"));
    }
}
