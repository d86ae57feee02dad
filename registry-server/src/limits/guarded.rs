//! A stream whose other end must not keep us waiting: for the head of a request, for the next request, or for room to answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Connection;

/// The peer must take something of an answer within this time.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// The stream of a listed connection.
pub(crate) struct Guarded<S> {
    inner: S,
    connection: Arc<Connection>,
    reading: Pin<Box<Sleep>>,
    /// Set while the peer takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    pub(crate) fn new(inner: S, connection: Arc<Connection>) -> Self {
        let deadline = connection.deadline().map_or_else(Instant::now, Instant::from_std);
        Self { inner, connection, reading: Box::pin(sleep_until(deadline)), writing: None }
    }

    fn wrote(&mut self, cx: &mut Context<'_>, polled: &Poll<io::Result<usize>>) -> io::Result<()> {
        if polled.is_ready() {
            self.writing = None;
            self.connection.sent();
            return Ok(());
        }
        let writing = self.writing.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIME)));
        if writing.as_mut().poll(cx).is_ready() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if polled.is_ready() {
            if buffer.filled().len() > before {
                self.connection.received();
            }
            // A peer that sends a byte now and then is always ready, so its time is looked at here too.
            let late = self.connection.deadline().is_some_and(|deadline| deadline <= std::time::Instant::now());
            return if late { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { polled };
        }
        while let Some(deadline) = self.connection.deadline().map(Instant::from_std) {
            // One that rings too early is set again when it has rung: cheaper than to set it for each request.
            if self.reading.deadline() > deadline || self.reading.is_elapsed() {
                self.reading.as_mut().reset(deadline);
            }
            if self.reading.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // Meanwhile another phase may have begun.
            if self.connection.deadline().is_some_and(|now| Instant::from_std(now) <= Instant::now()) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wrote(cx, &polled)?;
        polled
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.wrote(cx, &polled)?;
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
