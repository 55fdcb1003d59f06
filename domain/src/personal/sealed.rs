//! What stands in an event in place of personal data.

use std::fmt;

use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// A key of one customer. Who erases their data destroys it, and gets another with the next data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalKeyId(pub Uuid);

impl fmt::Display for PersonalKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Personal data as an event holds it: readable with its key alone, by nobody once that is
/// destroyed. With whose data, and of which order, it was sealed is not in it; it opens for no
/// other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Sealed {
    key: PersonalKeyId,
    ciphertext: Bytes,
}

/// The fields as they stand in the log, before their bounds are looked at.
#[derive(Deserialize)]
struct Written {
    key: PersonalKeyId,
    ciphertext: Bytes,
}

/// Bytes that seal nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("sealed data must have 1 to {} bytes, not {given}", Sealed::BYTES_MAX)]
pub struct InvalidSealed {
    /// How many there are.
    pub given: usize,
}

impl Sealed {
    /// More than the longest details need, sealed and padded.
    pub const BYTES_MAX: usize = 16 * 1024;

    /// What a key sealed.
    ///
    /// # Errors
    /// [`InvalidSealed`]: nothing, or more than anything that may be sealed.
    pub fn new(key: PersonalKeyId, ciphertext: Vec<u8>) -> Result<Self, InvalidSealed> {
        let given = ciphertext.len();
        if (1..=Self::BYTES_MAX).contains(&given) {
            Ok(Self {
                key,
                ciphertext: ciphertext.into(),
            })
        } else {
            Err(InvalidSealed { given })
        }
    }

    /// The key that opens it.
    pub const fn key(&self) -> PersonalKeyId {
        self.key
    }

    /// What only the key makes sense of.
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }
}

impl TryFrom<Written> for Sealed {
    type Error = InvalidSealed;

    fn try_from(written: Written) -> Result<Self, InvalidSealed> {
        Self::new(written.key, written.ciphertext.into())
    }
}
