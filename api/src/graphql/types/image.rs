//! Images of products.

use async_graphql::{Enum, Object};
use gage_application::ports::images;
use gage_domain::value::ImageHash;

use crate::{graphql::scalars::Hash, http::image_path};

/// A size of an image: it fits into a square of so many pixels, and is never larger than what was
/// uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_application::ports::images::ImageSize")]
pub enum ImageSize {
    /// 320 pixels.
    Small,
    /// 640 pixels.
    Medium,
    /// 1280 pixels.
    Large,
}

/// An image of a product.
pub struct Image(pub ImageHash);

/// An image of a product. What a hash names never changes.
#[Object]
impl Image {
    /// The SHA-256 of its largest rendition.
    async fn hash(&self) -> Hash {
        Hash(self.0.0)
    }

    /// Where it is on this server, in JPEG: a path, to be kept for ever.
    async fn url(
        &self,
        #[graphql(desc = "How large.", default_with = "ImageSize::Medium")] size: ImageSize,
    ) -> String {
        image_path(self.0, images::ImageSize::from(size))
    }
}
