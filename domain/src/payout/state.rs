//! What an account took out, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::PayoutEvent;
use crate::{payment::LogRef, value::BaseUnits};

/// What one account took out of an escrow in one token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// The withdrawals that stand, in the order in which they were recorded.
    withdrawals: Vec<Withdrawal>,
}

/// A withdrawal that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The escrow's log of it.
    pub log: LogRef,
    /// Base units of the token.
    pub amount: BaseUnits,
}

impl Payout {
    /// The withdrawals that stand.
    pub fn withdrawals(&self) -> &[Withdrawal] {
        &self.withdrawals
    }

    /// All that was taken out; nothing when that is above 2^256-1, which no decision leads to.
    pub fn withdrawn(&self) -> Option<BaseUnits> {
        self.withdrawals
            .iter()
            .try_fold(BaseUnits::ZERO, |sum, one| sum.checked_add(one.amount))
    }

    /// The withdrawal of a log, if it stands.
    pub(super) fn of_log(&self, log: &LogRef) -> Option<&Withdrawal> {
        self.withdrawals.iter().find(|one| one.log.id() == log.id())
    }
}

pub(super) fn evolve(mut payout: Payout, event: &PayoutEvent) -> Payout {
    match event {
        PayoutEvent::FundsWithdrawn { log, amount } => {
            if payout.of_log(log).is_none() {
                payout.withdrawals.push(Withdrawal {
                    log: *log,
                    amount: *amount,
                });
            }
        }
        PayoutEvent::WithdrawalReverted { log, .. } => {
            payout.withdrawals.retain(|one| one.log.id() != log.id());
        }
    }
    payout
}
