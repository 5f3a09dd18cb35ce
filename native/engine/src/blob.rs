//! Strings and `list<u8>` on their way, as the bytes they are: never a value per byte.

use wasmtime::component::{ComponentNamedList, Lift, Lower};

/// A string or a list of bytes.
pub(crate) enum Blob {
    Text(String),
    Bytes(Vec<u8>),
}

/// What stands for a blob in wasmtime's typed functions.
pub(crate) trait BlobType: Lower + Lift + Send + Sync + 'static {
    fn from_blob(blob: Blob) -> Option<Self>;
    fn into_blob(self) -> Blob;
}

impl BlobType for String {
    fn from_blob(blob: Blob) -> Option<String> {
        if let Blob::Text(text) = blob { Some(text) } else { None }
    }
    fn into_blob(self) -> Blob {
        Blob::Text(self)
    }
}

impl BlobType for Vec<u8> {
    fn from_blob(blob: Blob) -> Option<Vec<u8>> {
        if let Blob::Bytes(bytes) = blob { Some(bytes) } else { None }
    }
    fn into_blob(self) -> Blob {
        Blob::Bytes(self)
    }
}

/// Parameters that are blobs.
pub(crate) trait BlobParams: ComponentNamedList + Lower + Send + Sync + 'static {
    fn from_blobs(blobs: impl Iterator<Item = Blob>) -> Option<Self>
    where
        Self: Sized;
}

impl<A: BlobType> BlobParams for (A,) {
    fn from_blobs(mut blobs: impl Iterator<Item = Blob>) -> Option<Self> {
        Some((A::from_blob(blobs.next()?)?,))
    }
}

impl<A: BlobType, B: BlobType> BlobParams for (A, B) {
    fn from_blobs(mut blobs: impl Iterator<Item = Blob>) -> Option<Self> {
        Some((A::from_blob(blobs.next()?)?, B::from_blob(blobs.next()?)?))
    }
}
