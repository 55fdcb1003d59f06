//! The parts of blocks and receipts that are looked at. Read leniently otherwise: nodes
//! differ in the rest, and other chains have transactions of kinds we do not know.

use std::time::Duration;

use alloy::{
    primitives::{Address, B256, Bloom, BloomInput, U256},
    rpc::types::Log,
};
use gage_application::ports::chain::BlockRef;
use serde::Deserialize;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A block.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::chain) struct Block {
    #[serde(with = "alloy::serde::quantity")]
    pub(in crate::chain) number: u64,
    pub(in crate::chain) hash: B256,
    pub(in crate::chain) parent_hash: B256,
    /// When it was made, unix seconds.
    #[serde(with = "alloy::serde::quantity")]
    pub(in crate::chain) timestamp: u64,
    pub(in crate::chain) logs_bloom: Bloom,
    #[serde(default)]
    pub(in crate::chain) base_fee_per_gas: Option<U256>,
    #[serde(default)]
    pub(in crate::chain) transactions: Vec<Transaction>,
}

/// A transaction in a block, as asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::chain) enum Transaction {
    /// Its hash alone.
    Hash(B256),
    /// With what it calls.
    Whole {
        hash: B256,
        #[serde(default)]
        to: Option<Address>,
    },
}

/// A transaction by itself, mined or not.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::chain) struct Sent {
    /// Its block; none while it waits.
    #[serde(default)]
    pub(in crate::chain) block_hash: Option<B256>,
    pub(in crate::chain) from: Address,
    #[serde(with = "alloy::serde::quantity")]
    pub(in crate::chain) nonce: u64,
}

/// What a transaction came to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::chain) struct Receipt {
    pub(in crate::chain) block_hash: B256,
    #[serde(with = "alloy::serde::quantity")]
    pub(in crate::chain) block_number: u64,
    #[serde(default)]
    pub(in crate::chain) contract_address: Option<Address>,
    /// 1 when it was carried out, 0 when it reverted.
    #[serde(default, with = "alloy::serde::quantity::opt")]
    pub(in crate::chain) status: Option<u64>,
    #[serde(default)]
    pub(in crate::chain) gas_used: Option<U256>,
    /// What a unit of gas cost, wei.
    #[serde(default)]
    pub(in crate::chain) effective_gas_price: Option<U256>,
    pub(in crate::chain) logs: Vec<Log>,
}

impl Block {
    pub(in crate::chain) fn at(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: self.hash,
        }
    }

    /// When it was made, by its own word.
    pub(in crate::chain) fn made_at(&self) -> OffsetDateTime {
        let seconds = i64::try_from(self.timestamp).unwrap_or(i64::MAX);
        // Only a time thousands of years ahead cannot be told, and that is not old.
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(PrimitiveDateTime::MAX.assume_utc())
    }

    pub(in crate::chain) fn is_older_than(&self, age: Duration, now: OffsetDateTime) -> bool {
        now - self.made_at() > age
    }

    /// Whether the block may hold logs of the contract: never wrongly no.
    pub(in crate::chain) fn may_concern(&self, contract: Address) -> bool {
        self.logs_bloom
            .contains_input(BloomInput::Raw(contract.as_slice()))
    }
}

impl Transaction {
    pub(in crate::chain) fn hash(&self) -> B256 {
        match self {
            Self::Hash(hash) | Self::Whole { hash, .. } => *hash,
        }
    }

    pub(in crate::chain) fn calls(&self, contract: Address) -> bool {
        matches!(self, Self::Whole { to: Some(to), .. } if *to == contract)
    }
}
