//! A reader and a writer of the same data.

/// Two sides of one exchange. A rule knows these two, never "old" and "new": a [`crate::mode::Mode`] decides who is who.
#[derive(Debug)]
pub struct Pair<'a, T: ?Sized> {
    /// Who decodes.
    pub reader: &'a T,
    /// Who encoded.
    pub writer: &'a T,
}

impl<T: ?Sized> Clone for Pair<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Pair<'_, T> {}

impl<'a, T: ?Sized> Pair<'a, T> {
    /// A reader and a writer.
    pub fn new(reader: &'a T, writer: &'a T) -> Self {
        Self { reader, writer }
    }
}
