//! Why the keeper waits.

use gage_application::ports::StoreUnavailable;
use gage_domain::value::BaseUnits;
use thiserror::Error;

use super::status::KeeperWaits;
use crate::chain::{
    key::SigningFailed,
    node::NodeError,
    sending::{Stuck, Unaffordable},
};

/// Why nothing is sent for now.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("the node is on chain {found}, and chain {expected} is configured (GAGE_CHAIN_ID)")]
    OtherChain { expected: u64, found: u64 },
    #[error(transparent)]
    Unaffordable(#[from] Unaffordable),
    #[error("the day's budget of {budget} wei does not cover another {most} wei")]
    OverBudget { budget: BaseUnits, most: BaseUnits },
    #[error("the node did not take the transaction: {0}")]
    NotTaken(NodeError),
    #[error(transparent)]
    Stuck(#[from] Stuck),
}

impl Fault {
    pub(super) fn class(&self) -> KeeperWaits {
        match self {
            Self::Node(_) => KeeperWaits::Node,
            Self::Store(_) => KeeperWaits::Store,
            Self::Signing(_) => KeeperWaits::Key,
            Self::OtherChain { .. } => KeeperWaits::OtherChain,
            Self::Unaffordable(Unaffordable::TooDear { .. }) => KeeperWaits::Fees,
            Self::OverBudget { .. } => KeeperWaits::Budget,
            Self::Unaffordable(Unaffordable::OutOfFunds { .. }) => KeeperWaits::Funds,
            Self::NotTaken(_) => KeeperWaits::NotTaken,
            Self::Stuck(_) => KeeperWaits::Stuck,
        }
    }
}
