//! Images, by their content.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::B256;

/// An image: the SHA-256 (FIPS 180-4) of its largest rendition. What it names never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageHash(pub B256);

impl fmt::Display for ImageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
