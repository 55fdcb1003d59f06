//! Images of products: taken in, made safe, kept by their content.

use async_trait::async_trait;
use gage_domain::value::{Address, ImageHash};
use thiserror::Error;

use crate::ports::StoreUnavailable;

/// A size in which an image is kept: it fits into a square of so many pixels, and is never
/// larger than what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageSize {
    /// For lists.
    Small,
    /// For cards.
    Medium,
    /// For a page of its own.
    Large,
}

impl ImageSize {
    /// Every size, the largest first.
    pub const ALL: [Self; 3] = [Self::Large, Self::Medium, Self::Small];

    /// The side of the square, pixels.
    pub const fn side(self) -> u32 {
        match self {
            Self::Small => 320,
            Self::Medium => 640,
            Self::Large => 1280,
        }
    }

    /// The size with this side.
    pub fn of_side(side: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.side() == side)
    }
}

/// The most bytes of an image that is given.
pub const MAX_IMAGE_BYTES: usize = 8 * 1024 * 1024;

/// The most pixels of an image that is given: what it takes in memory is three to four times as
/// many bytes, whatever its file says.
pub const MAX_IMAGE_PIXELS: u64 = 24_000_000;

/// The most images that one wallet may have given.
pub const MAX_IMAGES_OF_WALLET: u32 = 2_000;

/// Why an image is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageRefusal {
    /// It is none of the kinds that are taken, or not whole.
    #[error("this is no whole JPEG, PNG or WebP image")]
    Unreadable,
    /// It has too many bytes.
    #[error("the image has more than {MAX_IMAGE_BYTES} bytes")]
    TooManyBytes,
    /// It has too many pixels.
    #[error("the image has {width} × {height} pixels, more than {MAX_IMAGE_PIXELS} together")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The wallet has given as many as it may.
    #[error("{MAX_IMAGES_OF_WALLET} images are kept for this wallet, and no more")]
    TooMany,
    /// Others are being read.
    #[error("too many images are being read at once, try again soon")]
    Busy,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

/// Where images are kept. What is kept is never changed and never taken away.
#[async_trait]
pub trait Images: Send + Sync {
    /// Reads an image, and keeps it in every size without anything that its file says beside the
    /// picture (place, camera, owner). The same picture again is the same image. MUST read it
    /// within bounds of memory, whatever the file claims.
    ///
    /// # Errors
    /// [`ImageRefusal`].
    async fn keep(&self, given: Vec<u8>, by: Address) -> Result<ImageHash, ImageRefusal>;

    /// A rendition, as JPEG (ITU-T T.81).
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn find(
        &self,
        image: ImageHash,
        size: ImageSize,
    ) -> Result<Option<Vec<u8>>, StoreUnavailable>;

    /// Whether an image is kept.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn has(&self, image: ImageHash) -> Result<bool, StoreUnavailable>;
}
