//! Bodies within limits: of one in size and time, of all together in bytes.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// The longest request body, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A body must be here after this time.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);

/// How a member of a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Bytes of all bodies that are being read or worked on, in KiB.
const BUDGET: usize = 128 * 1024;

/// What bodies may take together. Slow senders hold only what they have sent.
pub(crate) struct BodyBudget(Arc<Semaphore>);

/// A body, and its share of the budget, which is given back when the request is answered.
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    _share: Vec<OwnedSemaphorePermit>,
}

impl Held {
    pub(crate) fn empty() -> Self {
        Self { bytes: Bytes::new(), _share: Vec::new() }
    }
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }
}

impl BodyBudget {
    /// Reads a whole body. `too_long` makes the refusal of one that is longer than [`MAX_BODY`].
    pub(crate) async fn read<B>(&self, body: B, too_long: impl Fn() -> ApiError) -> Result<Held, ApiError>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        if body.size_hint().lower() > MAX_BODY as u64 {
            return Err(too_long());
        }
        let read = tokio::time::timeout(BODY_TIME, self.collect(body, too_long)).await;
        read.unwrap_or_else(|_| Err(ApiError::slow_body()))
    }

    /// A body that says it was packed with gzip (RFC 1952), unpacked. One that is not packed in spite of that is taken as it is,
    /// as the original does. `too_long` makes the refusal of one that is longer than [`MAX_BODY`] then.
    pub(crate) fn unpack(&self, packed: Held, too_long: impl Fn() -> ApiError) -> Result<Held, ApiError> {
        if !packed.bytes.starts_with(&GZIP) {
            return Ok(packed);
        }
        // Nobody knows how long it will be, so it takes the share of the longest.
        let most = u32::try_from(MAX_BODY / 1024).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.0).try_acquire_many_owned(most).map_err(|_| ApiError::busy())?;
        let mut whole = Vec::new();
        let read = MultiGzDecoder::new(&*packed.bytes).take(MAX_BODY as u64 + 1).read_to_end(&mut whole);
        read.map_err(|cause| ApiError::bad_request(format!("the body is not what gzip writes: {cause}")))?;
        if whole.len() > MAX_BODY {
            return Err(too_long());
        }
        Ok(Held { bytes: whole.into(), _share: vec![share] })
    }

    async fn collect<B>(&self, mut body: B, too_long: impl Fn() -> ApiError) -> Result<Held, ApiError>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (mut whole, mut held, mut share) = (Vec::new(), 0, Vec::new());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| ApiError::bad_request("the request body broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > MAX_BODY {
                return Err(too_long());
            }
            let needed = (whole.len() + data.len()).div_ceil(1024);
            if needed > held {
                let more = u32::try_from(needed - held).unwrap_or(u32::MAX);
                share.push(Arc::clone(&self.0).try_acquire_many_owned(more).map_err(|_| ApiError::busy())?);
                held = needed;
            }
            whole.extend_from_slice(&data);
        }
        Ok(Held { bytes: whole.into(), _share: share })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    async fn read(budget: &BodyBudget, size: usize) -> Result<Held, ApiError> {
        budget.read(Full::new(Bytes::from(vec![b'x'; size])), ApiError::schema_too_large).await
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_within_the_limits() {
        let budget = BodyBudget::default();
        let unpack = |bytes: Vec<u8>| {
            let held = Held { bytes: bytes.into(), _share: Vec::new() };
            budget.unpack(held, ApiError::schema_too_large).map(|held| held.bytes).map_err(|error| error.status)
        };
        assert_eq!(unpack(gzip(b"{}")), Ok(Bytes::from_static(b"{}")));
        assert_eq!(unpack([gzip(b"{"), gzip(b"}")].concat()), Ok(Bytes::from_static(b"{}")));
        assert_eq!(unpack(b"{}".to_vec()), Ok(Bytes::from_static(b"{}")));
        assert_eq!(unpack(gzip(&vec![b'x'; MAX_BODY])).map(|bytes| bytes.len()), Ok(MAX_BODY));
        assert_eq!(unpack(gzip(&vec![b'x'; MAX_BODY + 1])), Err(422));
        assert_eq!(unpack(gzip(&vec![b'x'; 200 * MAX_BODY])), Err(422), "it is not unpacked further than it must be");
        let broken = gzip(&[7; 1000]);
        assert_eq!(unpack(broken[..broken.len() - 9].to_vec()), Err(400));
        assert_eq!(unpack(GZIP.to_vec()), Err(400));
        assert_eq!(budget.0.available_permits(), BUDGET);
    }

    #[tokio::test]
    async fn all_bodies_together_are_bounded_and_give_their_share_back() {
        let budget = BodyBudget::default();
        assert_eq!(read(&budget, MAX_BODY + 1).await.err().map(|e| e.status), Some(422));
        let mut held = Vec::new();
        for _ in 0..BUDGET / 1024 {
            held.push(read(&budget, MAX_BODY).await.unwrap_or_else(|error| panic!("there is room: {error}")));
        }
        assert_eq!(read(&budget, 1).await.err().map(|e| e.status), Some(503));
        held.pop();
        assert!(read(&budget, MAX_BODY).await.is_ok());
        assert_eq!(budget.0.available_permits(), 1024);
    }
}
