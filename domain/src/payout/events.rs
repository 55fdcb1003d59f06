//! What can have happened to an account's money in an escrow.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{payment::LogRef, value::BaseUnits};

/// Something that happened to an account's money in an escrow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayoutEvent {
    /// The account took money out.
    FundsWithdrawn {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// The block of a withdrawal is not part of the chain any more: the money is in the escrow
    /// again.
    WithdrawalReverted {
        /// The log that does not count any more.
        log: LogRef,
        /// What it had taken out, base units of the token.
        amount: BaseUnits,
    },
}

impl PayoutEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] =
        &[("FundsWithdrawn", "1.0.0"), ("WithdrawalReverted", "1.0.0")];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::FundsWithdrawn { .. } => Self::TYPES[0],
            Self::WithdrawalReverted { .. } => Self::TYPES[1],
        }
    }
}

impl DomainEvent for PayoutEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
