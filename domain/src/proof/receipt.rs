//! What a customer keeps of an order: its events as they are stored, and what proves them.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use thiserror::Error;
use time::OffsetDateTime;

use super::{
    canonical::{NotCanonical, canonical},
    leaf::{Leaf, Salt, leaf_hash},
};
use crate::value::{Address, B256};

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("this is no {expected}: {reason}")]
pub struct InvalidDocument {
    /// What it should be.
    pub expected: &'static str,
    /// Why it is not.
    pub reason: String,
}

/// The receipt of an order. One JSON object; everything in it can be checked without the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// [`Receipt::FORMAT`].
    pub format: String,
    /// The order's id.
    pub order: String,
    /// The public key that checks the checkpoint, as the server prints it. To be compared with
    /// the one that the shop publishes: whoever forges a receipt would forge this too.
    pub key: String,
    /// The signed checkpoint under which all events stand.
    pub checkpoint: String,
    /// The events of the order and of its payment, in log order.
    pub events: Vec<ReceiptEvent>,
    /// Events that had happened and were under no checkpoint yet.
    pub pending: u64,
    /// A size and root of the same tree that stand on a chain.
    pub anchor: Option<AnchorNote>,
}

impl Receipt {
    /// What this layout is called.
    pub const FORMAT: &'static str = "gage.receipt.v1";

    /// Reads a receipt.
    ///
    /// # Errors
    /// [`InvalidDocument`].
    pub fn parse(json: &str) -> Result<Self, InvalidDocument> {
        let receipt: Self = read("receipt", json)?;
        of_format("receipt", Self::FORMAT, &receipt.format)?;
        Ok(receipt)
    }
}

/// One event with its proof. One JSON object.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventDocument {
    /// [`EventDocument::FORMAT`].
    pub format: String,
    /// The public key that checks the checkpoint, as the server prints it.
    pub key: String,
    /// The signed checkpoint under which the event stands.
    pub checkpoint: String,
    /// The event.
    pub event: ReceiptEvent,
}

impl EventDocument {
    /// What this layout is called.
    pub const FORMAT: &'static str = "gage.event.v1";
}

/// An event as it is stored, and its proof.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiptEvent {
    /// Its leaf's place in the tree, from 0: its place in the log.
    pub index: u64,
    /// The stream's aggregate type.
    pub aggregate_type: String,
    /// The stream's id.
    pub aggregate_id: String,
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// For example `OrderPlaced`.
    pub event_type: String,
    /// Semver of the payload's layout.
    pub event_version: String,
    /// When the log took it.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
    /// Who, why, when it was decided.
    pub metadata: Box<RawValue>,
    /// The event itself.
    pub payload: Box<RawValue>,
    /// What hides payload and metadata in the leaf.
    pub salt: Salt,
    /// The hashes from the leaf to the root (RFC 6962, section 2.1.1).
    pub proof: Vec<B256>,
}

impl ReceiptEvent {
    /// The hash of the event's leaf, worked out from what is shown here.
    ///
    /// # Errors
    /// [`NotCanonical`].
    pub fn leaf_hash(&self) -> Result<B256, NotCanonical> {
        let leaf = Leaf {
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            recorded_at: self.recorded_at,
            metadata: &canonical(self.metadata.get())?,
            payload: &canonical(self.payload.get())?,
        };
        Ok(leaf_hash(&leaf, &self.salt))
    }
}

/// Where on a chain a size and root of the tree stand, and how they belong to the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnchorNote {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract that remembers.
    pub contract: Address,
    /// The account that wrote it.
    pub publisher: Address,
    /// The transaction that wrote it.
    pub tx_hash: B256,
    /// Its block.
    pub block_number: u64,
    /// The tree's size then.
    pub size: u64,
    /// The tree's root then.
    pub root: B256,
    /// The proof that of this tree and the checkpoint's the larger has grown from the smaller.
    pub consistency: Vec<B256>,
}

pub(super) fn read<T: DeserializeOwned>(
    expected: &'static str,
    json: &str,
) -> Result<T, InvalidDocument> {
    serde_json::from_str(json).map_err(|error| InvalidDocument {
        expected,
        reason: error.to_string(),
    })
}

pub(super) fn of_format(
    expected: &'static str,
    format: &str,
    found: &str,
) -> Result<(), InvalidDocument> {
    if found == format {
        return Ok(());
    }
    let found: String = found.chars().take(60).collect();
    Err(InvalidDocument {
        expected,
        reason: format!("its format is {found:?}, and this program knows {format:?}"),
    })
}
