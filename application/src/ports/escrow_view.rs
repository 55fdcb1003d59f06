//! The escrow contract itself, as the chain shows it at one block.

use async_trait::async_trait;
use gage_domain::{
    ids::PaymentId,
    value::{Address, B256, BaseUnits},
};
use serde::Serialize;
use thiserror::Error;
use time::OffsetDateTime;

use crate::ports::chain::{BlockRef, Observation};

/// A payment as the contract holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscrowPayment {
    /// The order that it pays, as the contract has it.
    pub order: PaymentId,
    /// Whom a refund goes to.
    pub buyer: Address,
    /// Whom a release goes to.
    pub seller: Address,
    /// Who decides a dispute; zero for nobody.
    pub arbiter: Address,
    /// The token; zero for the chain's native coin.
    pub token: Address,
    /// Seconds until anyone may release.
    pub hold_secs: u64,
    /// Seconds that the arbiter has.
    pub dispute_secs: u64,
    /// What was paid, base units.
    pub funded: BaseUnits,
    /// What went to the seller.
    pub released: BaseUnits,
    /// What went back to the buyer.
    pub refunded: BaseUnits,
    /// Whether a party asked the arbiter.
    pub disputed: bool,
}

/// An account of the contract: who may take out what was released or refunded in one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EscrowAccount {
    /// The token.
    pub token: Address,
    /// Whose it is.
    pub owner: Address,
}

/// The contract's logs of a range of blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscrowLogs {
    /// The last block of the range.
    pub last: u64,
    /// The logs, in the order of the chain.
    pub logs: Vec<Observation>,
}

/// The chain cannot be asked now, or not about this block.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the contract cannot be looked at: {reason}")]
pub struct EscrowUnavailable {
    /// Why, for the log.
    pub reason: String,
}

/// A look at the escrow contract. Every answer is of one named block, so that answers fit
/// together however long it takes to ask for them all.
#[async_trait]
pub trait EscrowView: Send + Sync {
    /// The chain (EIP-155).
    fn chain_id(&self) -> u64;

    /// The contract.
    fn escrow(&self) -> Address;

    /// The first block that may hold logs of it.
    fn start_block(&self) -> u64;

    /// The newest block that is deep enough, once everything up to `settled` was read; nothing
    /// while no block is. MUST fail when the node does not know `settled`.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn confirmed(&self, settled: BlockRef) -> Result<Option<BlockRef>, EscrowUnavailable>;

    /// Fails when a block is not part of the chain any more: answers about it are void then.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn check_stands(&self, block: BlockRef) -> Result<(), EscrowUnavailable>;

    /// The time of a block, by the chain.
    ///
    /// # Errors
    /// [`EscrowUnavailable`], also when the block is not part of the chain any more.
    async fn time_of(&self, block: BlockRef) -> Result<OffsetDateTime, EscrowUnavailable>;

    /// The payments under keys, in the order of the question; nothing where nobody paid.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn payments(
        &self,
        keys: &[B256],
        at: BlockRef,
    ) -> Result<Vec<Option<EscrowPayment>>, EscrowUnavailable>;

    /// What accounts may take out, in the order of the question.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn withdrawable(
        &self,
        accounts: &[EscrowAccount],
        at: BlockRef,
    ) -> Result<Vec<BaseUnits>, EscrowUnavailable>;

    /// What the contract owns of a token.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn balance(&self, token: Address, at: BlockRef) -> Result<BaseUnits, EscrowUnavailable>;

    /// The contract's logs from block `first` on, of as many blocks as the node gives at once,
    /// `until` at most.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn logs(&self, first: u64, until: BlockRef) -> Result<EscrowLogs, EscrowUnavailable>;

    /// The contract's logs in one block, from what the block's hash commits to: for logs that an
    /// index left out.
    ///
    /// # Errors
    /// [`EscrowUnavailable`].
    async fn logs_in(&self, block: BlockRef) -> Result<Vec<Observation>, EscrowUnavailable>;
}
