//! Why no anchor is written.

use alloy::primitives::Address;
use gage_application::ports::StoreUnavailable;
use gage_domain::value::BaseUnits;
use thiserror::Error;

use super::status::AnchoringWaits;
use crate::chain::{
    key::SigningFailed,
    node::NodeError,
    sending::{Stuck, Unaffordable},
};

/// Why nothing is written for now.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("the node is on chain {found}, and anchors are for chain {expected}")]
    OtherChain { expected: u64, found: u64 },
    #[error("there is no contract for anchors at {0} (GAGE_ANCHOR_CONTRACT)")]
    NoContract(Address),
    #[error(transparent)]
    Unaffordable(#[from] Unaffordable),
    #[error("the day's budget of {budget} wei does not cover another {most} wei")]
    OverBudget { budget: BaseUnits, most: BaseUnits },
    #[error(transparent)]
    Stuck(#[from] Stuck),
    #[error("the node did not take the transaction: {0}")]
    NotTaken(NodeError),
    #[error("the contract has another root for {0} leaves, or refuses: {1}")]
    ContractRefuses(u64, String),
}

impl Fault {
    pub(super) fn class(&self) -> AnchoringWaits {
        match self {
            Self::Node(_) => AnchoringWaits::Node,
            Self::Store(_) => AnchoringWaits::Store,
            Self::Signing(_) => AnchoringWaits::Key,
            Self::OtherChain { .. } | Self::NoContract(_) => AnchoringWaits::OtherChain,
            Self::Unaffordable(Unaffordable::TooDear { .. }) => AnchoringWaits::Fees,
            Self::OverBudget { .. } => AnchoringWaits::Budget,
            Self::Unaffordable(Unaffordable::OutOfFunds { .. }) => AnchoringWaits::Funds,
            Self::Stuck(_) => AnchoringWaits::Stuck,
            Self::NotTaken(_) | Self::ContractRefuses(..) => AnchoringWaits::NotTaken,
        }
    }
}
