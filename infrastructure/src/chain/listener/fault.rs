//! Why a turn of the listener came to nothing.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use gage_application::{
    gateway::GatewayError,
    ports::{StoreUnavailable, chain::BlockRef, event_log::LogError},
};
use thiserror::Error;

use crate::{
    chain::{logs::MalformedLog, node::NodeError},
    postgres::ChainStoreError,
};

/// Why a turn came to nothing, by what to do about it.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// The node gives no usable answer: try again, more and more slowly.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Two nodes that are equally far have different blocks where the cursor stands: wait until
    /// one of them gives way.
    #[error("the nodes disagree about block {}, which is settled as {}", settled.number, settled.hash)]
    Disagreement {
        /// Where the cursor stands.
        settled: BlockRef,
    },
    /// Our own database is away: try again.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// The gateway asks for a pause.
    #[error("the gateway is busy")]
    Busy {
        /// How long.
        retry_after: Duration,
    },
    /// The operator is needed.
    #[error(transparent)]
    Halt(#[from] Halt),
}

/// What only the operator can mend.
#[derive(Debug, Error)]
pub(super) enum Halt {
    #[error("the node is on chain {found}, and chain {expected} is configured (GAGE_CHAIN_ID)")]
    OtherChain { expected: u64, found: u64 },
    #[error(
        "the node's first block is {found}, and the payments on record belong to a chain that \
         begins with {expected}: this is another chain, or it was started anew"
    )]
    OtherGenesis { expected: B256, found: B256 },
    #[error("there is no contract at {escrow} on this chain (GAGE_ESCROW_ADDRESS)")]
    NoContract { escrow: Address },
    #[error("what is at {escrow} is not the escrow contract (GAGE_ESCROW_ADDRESS)")]
    OtherContract { escrow: Address },
    #[error(
        "the contract at {escrow} knows {found} as its quote signer, and quotes are signed by \
         {expected} (GAGE_QUOTE_SIGNER_KEY_FILE)"
    )]
    OtherSigner {
        escrow: Address,
        expected: Address,
        found: Address,
    },
    #[error(
        "the chain was reorganised below block {lowest_known}, the oldest block that is known: \
         what is on record can no longer be told from what is gone"
    )]
    TooDeep { lowest_known: u64 },
    #[error("a log of the escrow cannot be read: {0}")]
    Malformed(#[from] MalformedLog),
    #[error(transparent)]
    Stored(ChainStoreError),
    #[error("the gateway cannot settle: {0}")]
    Settlement(GatewayError),
}

impl Halt {
    /// Whether it is the node that is on another chain, so that the chain's other nodes may go on.
    pub(super) fn is_other_chain(&self) -> bool {
        matches!(self, Self::OtherChain { .. } | Self::OtherGenesis { .. })
    }
}

impl From<ChainStoreError> for Fault {
    fn from(error: ChainStoreError) -> Self {
        match error {
            ChainStoreError::Unavailable(away) => Self::Store(away),
            corrupt @ ChainStoreError::Corrupt { .. } => Self::Halt(Halt::Stored(corrupt)),
        }
    }
}

impl From<MalformedLog> for Fault {
    fn from(error: MalformedLog) -> Self {
        Self::Halt(error.into())
    }
}

impl From<GatewayError> for Fault {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Busy { retry_after } => Self::Busy { retry_after },
            GatewayError::Log(LogError::Unavailable { reason }) => Self::Store(StoreUnavailable {
                store: "PostgreSQL",
                reason,
            }),
            other => Self::Halt(Halt::Settlement(other)),
        }
    }
}
