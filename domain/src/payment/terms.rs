//! What a payment is to be, and where on a chain something was seen.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ids::OrderId,
    value::{Address, B256, BaseUnits},
};

/// What a payment is to be. The escrow accepts nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The order that is paid.
    pub order: OrderId,
    /// Whom a refund goes to.
    pub buyer: Address,
    /// Whom a release goes to.
    pub seller: Address,
    /// Who decides a dispute; the zero address when nobody does.
    pub arbiter: Address,
    /// The token's contract; the zero address is the chain's native coin.
    pub token: Address,
    /// Base units of the token.
    pub amount: BaseUnits,
    /// The last second at which the escrow accepts the payment. Whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    pub deadline: OffsetDateTime,
    /// How long after the payment anyone may release the money, in seconds.
    pub hold_secs: u64,
    /// How long an arbiter has before the buyer may take a refund, in seconds.
    pub dispute_secs: u64,
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// What the escrow knows the payment by: the quote's EIP-712 digest. Opaque here.
    pub key: B256,
}

/// Where on a chain a log was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogRef {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The height of the block.
    pub block_number: u64,
    /// The block.
    pub block_hash: B256,
    /// The transaction that wrote the log.
    pub tx_hash: B256,
    /// The log's place in the block.
    pub log_index: u64,
}

/// What makes two sightings the same log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogId {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The block.
    pub block_hash: B256,
    /// The log's place in the block.
    pub log_index: u64,
}

impl LogRef {
    /// What makes it the same log as another sighting.
    pub fn id(&self) -> LogId {
        LogId {
            chain_id: self.chain_id,
            block_hash: self.block_hash,
            log_index: self.log_index,
        }
    }
}
