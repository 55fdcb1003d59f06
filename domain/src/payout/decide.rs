//! What can be told of an account's money in an escrow, and when it is refused.

use thiserror::Error;

use super::{Payout, PayoutEvent, Withdrawal};
use crate::{payment::LogRef, value::BaseUnits};

/// What can be told of an account's money in an escrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutCommand {
    /// The account took money out.
    RecordWithdrawal {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// The log's block is not part of the chain any more.
    RevertWithdrawal {
        /// The log.
        log: LogRef,
    },
}

/// Why it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PayoutRejection {
    /// A withdrawal of nothing.
    #[error("the amount must be above zero")]
    ZeroAmount,
    /// The log was recorded with another amount.
    #[error("the log was recorded as a withdrawal of {recorded}")]
    LogUsedOtherwise {
        /// The amount that was recorded first.
        recorded: BaseUnits,
    },
    /// More than there can be.
    #[error("all withdrawals together would be above 2^256-1")]
    TooMuch,
}

type Decision = Result<Vec<PayoutEvent>, PayoutRejection>;

pub(super) fn decide(payout: &Payout, command: &PayoutCommand) -> Decision {
    match command {
        PayoutCommand::RecordWithdrawal { log, amount } => record(payout, log, *amount),
        PayoutCommand::RevertWithdrawal { log } => Ok(revert(payout, log)),
    }
}

fn record(payout: &Payout, log: &LogRef, amount: BaseUnits) -> Decision {
    if let Some(known) = payout.of_log(log) {
        let recorded = known.amount;
        return if recorded == amount {
            Ok(vec![])
        } else {
            Err(PayoutRejection::LogUsedOtherwise { recorded })
        };
    }
    if amount.is_zero() {
        return Err(PayoutRejection::ZeroAmount);
    }
    let all = payout
        .withdrawn()
        .and_then(|before| before.checked_add(amount));
    if all.is_none() {
        return Err(PayoutRejection::TooMuch);
    }
    Ok(vec![PayoutEvent::FundsWithdrawn { log: *log, amount }])
}

/// A log that does not count needs no reverting.
fn revert(payout: &Payout, log: &LogRef) -> Vec<PayoutEvent> {
    let reverted = |known: &Withdrawal| PayoutEvent::WithdrawalReverted {
        log: known.log,
        amount: known.amount,
    };
    payout.of_log(log).map(reverted).into_iter().collect()
}
