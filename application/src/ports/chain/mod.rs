//! The chain: how payments are asked for, what was observed, and how far it was followed.

mod observation;
mod rail;
mod view;

use gage_domain::value::B256;
use serde::{Deserialize, Serialize};

pub use self::{
    observation::{CursorMove, Observation, Observed, Sighting, SightingStatus},
    rail::{
        AcceptedAsset, AcceptedToken, Approval, GasQuote, GasUnavailable, PaymentChain,
        PaymentDraft, PaymentInstructions, PaymentRail, PermitRefusal, RateUnavailable, WalletCall,
        Withdrawal,
    },
    view::{ChainCondition, ChainStatus, ChainView, FollowedChains},
};

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlockRef {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}
