//! An event as a leaf of the tree.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;
use tlog_tiles::tlog;

use super::tree::plain;
use crate::value::B256;

/// What the bytes of a leaf begin with: no other hash of ours begins so.
const LEAF: &[u8] = b"gage.leaf.v1\n";
/// What the bytes of a payload's commitment begin with.
const PAYLOAD: &[u8] = b"gage.payload.v1\n";
/// What the bytes of the metadata's commitment begin with.
const METADATA: &[u8] = b"gage.metadata.v1\n";

/// 32 random bytes that make commitments unguessable: the first half hides the payload, the
/// second the metadata. Without them, whoever sees a leaf could try likely contents.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(pub B256);

impl fmt::Debug for Salt {
    /// Does not print it: a log is read by more people than may see an event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt")
    }
}

/// Bytes that are no salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a salt has 32 bytes, not {0}")]
pub struct InvalidSalt(usize);

impl TryFrom<&[u8]> for Salt {
    type Error = InvalidSalt;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidSalt> {
        let salt = B256::try_from(bytes).map_err(|_| InvalidSalt(bytes.len()))?;
        Ok(Self(salt))
    }
}

/// What a leaf is made of. Payload and metadata are [`super::canonical`] texts.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// The stream's aggregate type.
    pub aggregate_type: &'a str,
    /// The stream's id.
    pub aggregate_id: &'a str,
    /// The event's number in its stream.
    pub sequence: u64,
    /// For example `OrderPlaced`.
    pub event_type: &'a str,
    /// Semver of the payload's layout.
    pub event_version: &'a str,
    /// When the log took it, to the microsecond.
    pub recorded_at: OffsetDateTime,
    /// Who, why, when it was decided.
    pub metadata: &'a str,
    /// The event itself.
    pub payload: &'a str,
}

/// What a leaf says of payload and metadata without showing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitments {
    /// To the payload.
    pub payload: B256,
    /// To the metadata.
    pub metadata: B256,
}

impl Leaf<'_> {
    /// The salted commitments to payload and metadata.
    pub fn commitments(&self, salt: &Salt) -> Commitments {
        let (for_payload, for_metadata) = salt.0.split_at(16);
        Commitments {
            payload: commitment(PAYLOAD, for_payload, self.payload),
            metadata: commitment(METADATA, for_metadata, self.metadata),
        }
    }

    /// The bytes of the leaf: texts with their length before them, numbers big-endian.
    fn bytes(&self, commitments: &Commitments) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(LEAF);
        put_text(&mut bytes, self.aggregate_type);
        put_text(&mut bytes, self.aggregate_id);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        put_text(&mut bytes, self.event_type);
        put_text(&mut bytes, self.event_version);
        bytes.extend_from_slice(&microseconds(self.recorded_at).to_be_bytes());
        bytes.extend_from_slice(commitments.metadata.as_slice());
        bytes.extend_from_slice(commitments.payload.as_slice());
        bytes
    }
}

/// The hash of an event's leaf (RFC 6962, section 2.1): what the tree holds of the event.
pub fn leaf_hash(leaf: &Leaf<'_>, salt: &Salt) -> B256 {
    plain(tlog::record_hash(&leaf.bytes(&leaf.commitments(salt))))
}

fn commitment(purpose: &[u8], salt: &[u8], text: &str) -> B256 {
    let hash = Sha256::new()
        .chain_update(purpose)
        .chain_update(salt)
        .chain_update(text)
        .finalize();
    B256::from(<[u8; 32]>::from(hash))
}

/// No text in the log is longer than 2^32 bytes; one that was would only share its length.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Microseconds since 1970, rounded down. PostgreSQL keeps no more.
fn microseconds(at: OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(i64::MAX)
}
