//! How long one request waits for the store, all its waits together: after this the client is told to come again, whatever hangs.
//! Only waiting counts. A request may spend more time on reading and comparing schemas.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::ApiError;

/// So that an answer comes within 5 s, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);

tokio::task_local! {
    /// What is left of it for the request that this task answers.
    static LEFT: Cell<Duration>;
}

/// Answers a request whose waits are counted together.
pub(crate) async fn counted<F: Future>(answer: F) -> F::Output {
    LEFT.scope(Cell::new(PATIENCE), answer).await
}

/// Waits for the store, as long as the request has patience. What was asked of the store may still be done after a refusal.
pub(crate) async fn wait<T>(answer: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let begun = Instant::now();
    let left = LEFT.try_with(Cell::get).unwrap_or(PATIENCE);
    let answered = tokio::time::timeout(left, answer).await.unwrap_or_else(|_| Err(ApiError::store_away()));
    let _ = LEFT.try_with(|cell| cell.set(left.saturating_sub(begun.elapsed())));
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_waits_of_one_request_are_counted_together() {
        let slow = |time: u64| async move {
            tokio::time::sleep(Duration::from_millis(time)).await;
            Ok(time)
        };
        assert_eq!(wait(slow(1)).await.ok(), Some(1));
        counted(async {
            LEFT.with(|left| left.set(Duration::from_secs(1)));
            assert_eq!(wait(slow(600)).await.ok(), Some(600));
            tokio::time::sleep(Duration::from_millis(600)).await; // work is not counted
            assert_eq!(wait(slow(5)).await.ok(), Some(5));
            assert_eq!(wait(slow(10_000)).await.unwrap_err().status, 503);
            assert_eq!(wait(slow(100)).await.unwrap_err().status, 503);
        })
        .await;
    }
}
