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

/// What all bodies that are being read or worked on may take together beyond their beginnings, in KiB.
const BUDGET: usize = 96 * 1024;

/// The beginning of a body, in KiB.
const BEGINNING: usize = 64;

/// The same for beginnings, so that however many long bodies are worked on, there is room for short ones: most are.
const BEGINNINGS: usize = 32 * 1024;

/// What bodies may take together, in KiB. Slow senders hold only what they have sent.
pub(crate) struct BodyBudget {
    beginnings: Arc<Semaphore>,
    rest: Arc<Semaphore>,
}

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
        Self { beginnings: Arc::new(Semaphore::new(BEGINNINGS)), rest: Arc::new(Semaphore::new(BUDGET)) }
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
        let (mut whole, mut unpacked) = (Vec::new(), MultiGzDecoder::new(&*packed.bytes));
        let mut more = |whole: &mut Vec<u8>, most: usize| {
            let read = unpacked.by_ref().take(most as u64).read_to_end(whole);
            read.map_err(|cause| ApiError::bad_request(format!("the body is not what gzip writes: {cause}")))
        };
        let mut share = vec![];
        self.take(0, BEGINNING, &mut share)?;
        if more(&mut whole, BEGINNING * 1024)? == BEGINNING * 1024 {
            // Nobody knows how long it will be, so it takes the share of the longest.
            self.take(BEGINNING, MAX_BODY / 1024, &mut share)?;
            more(&mut whole, MAX_BODY - BEGINNING * 1024 + 1)?;
        }
        if whole.len() > MAX_BODY {
            return Err(too_long());
        }
        Ok(Held { bytes: whole.into(), _share: share })
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
                self.take(held, needed, &mut share)?;
                held = needed;
            }
            whole.extend_from_slice(&data);
        }
        Ok(Held { bytes: whole.into(), _share: share })
    }

    /// The share of a body that had this length, in KiB, and is to have that.
    fn take(&self, held: usize, needed: usize, share: &mut Vec<OwnedSemaphorePermit>) -> Result<(), ApiError> {
        let beginning = needed.min(BEGINNING).saturating_sub(held);
        for (budget, more) in [(&self.beginnings, beginning), (&self.rest, needed - held - beginning)] {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            share.push(Arc::clone(budget).try_acquire_many_owned(more).map_err(|_| ApiError::busy())?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    async fn read(budget: &BodyBudget, size: usize) -> Result<Held, ApiError> {
        budget.read(Full::new(Bytes::from(vec![b'x'; size])), ApiError::schema_too_large).await
    }

    fn left(budget: &BodyBudget) -> (usize, usize) {
        (budget.beginnings.available_permits(), budget.rest.available_permits())
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
        assert_eq!(left(&budget), (BEGINNINGS, BUDGET));
    }

    #[tokio::test]
    async fn all_bodies_together_are_bounded_and_give_their_share_back() {
        let budget = BodyBudget::default();
        assert_eq!(read(&budget, MAX_BODY + 1).await.err().map(|e| e.status), Some(422));
        let mut held = Vec::new();
        while let Ok(long) = read(&budget, MAX_BODY).await {
            held.push(long);
        }
        assert!(held.len() > 100, "{}", held.len());
        assert_eq!(read(&budget, MAX_BODY).await.err().map(|e| e.status), Some(503));
        let packed = Held { bytes: gzip(&vec![b'x'; MAX_BODY]).into(), _share: Vec::new() };
        assert_eq!(budget.unpack(packed, ApiError::schema_too_large).err().map(|e| e.status), Some(503));
        // There is room for short ones all the same.
        let packed = Held { bytes: gzip(b"{}").into(), _share: Vec::new() };
        assert!(budget.unpack(packed, ApiError::schema_too_large).is_ok());
        let mut short = Vec::new();
        while let Ok(one) = read(&budget, BEGINNING * 1024).await {
            short.push(one);
        }
        assert!(short.len() > 300, "{}", short.len());
        assert_eq!(read(&budget, 1).await.err().map(|e| e.status), Some(503));
        short.clear();
        held.pop();
        assert!(read(&budget, MAX_BODY).await.is_ok());
        held.clear();
        assert_eq!(left(&budget), (BEGINNINGS, BUDGET));
    }
}
