//! Who may move money that the escrow holds, and when.
//!
//! The contract decides (the table of rules in `contracts/README.md`); this is the same table
//! once more, so that a page can say beforehand what would be refused and from when it would
//! not. The order of the checks is the contract's, so that both give the same reason; but that
//! nothing is held is said as such here, whatever the amount.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::Terms;
use crate::{
    escrow::MoreThanHeld,
    value::{Address, BaseUnits},
};

/// What a wallet can ask of the escrow once a payment is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// To give a part or all of what is held to the seller.
    Release(BaseUnits),
    /// To give a part or all of what is held back to the buyer.
    Refund(BaseUnits),
    /// To call the arbiter.
    Dispute,
}

/// Money in the escrow, as the escrow's rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Custody {
    /// Whom a refund goes to.
    pub buyer: Address,
    /// Whom a release goes to.
    pub seller: Address,
    /// Who decides a dispute; the zero address when nobody does.
    pub arbiter: Address,
    /// What is held, base units of the token.
    pub held: BaseUnits,
    /// From this moment on anyone may release, and nobody may dispute; none when it never comes.
    pub hold_ends: Option<OffsetDateTime>,
    /// The dispute, if there is one.
    pub dispute: Option<Dispute>,
}

/// A dispute, as the escrow's rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispute {
    /// From this moment on the buyer may take the refund; none when it never comes.
    pub arbiter_ends: Option<OffsetDateTime>,
}

/// Why the escrow would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CustodyRefusal {
    /// Until then only the buyer may release.
    #[error("only the buyer may release now; anyone may once the hold time is over")]
    HoldNotOver {
        /// When it is over; none when it never is.
        ends_at: Option<OffsetDateTime>,
    },
    /// Disputes are for the hold time.
    #[error("the hold time is over, and with it the time to open a dispute")]
    HoldOver {
        /// When it was over.
        ended_at: OffsetDateTime,
    },
    /// In a dispute only the arbiter may move the money, or the party that gives in.
    #[error("the payment is in dispute: the arbiter decides, or one side gives in")]
    InDispute,
    /// The wallet has no say over this payment.
    #[error("this wallet has no say over the payment: sign with the buyer's or the seller's")]
    NotAParty,
    /// Without a dispute only the seller may refund.
    #[error("without a dispute only the seller may refund: ask the seller, or open a dispute")]
    NotDisputed,
    /// Until then the arbiter may decide, and the buyer has to wait.
    #[error("the arbiter has time to decide; the buyer may take the refund afterwards")]
    ArbiterMayDecide {
        /// When the arbiter's time is over; none when it never is.
        ends_at: Option<OffsetDateTime>,
    },
    /// The payment names no arbiter, so there are no disputes.
    #[error("the payment names no arbiter, so there are no disputes")]
    NoArbiter,
    /// There was a dispute already.
    #[error("a dispute was opened already")]
    AlreadyDisputed,
    /// All was released or refunded.
    #[error("nothing is held any more")]
    NothingHeld,
    /// A movement of nothing.
    #[error("the amount must be above zero")]
    ZeroAmount,
    /// More would leave than is held.
    #[error(transparent)]
    MoreThanHeld(#[from] MoreThanHeld),
}

impl Terms {
    /// From when on anyone may release what was paid at a moment; none when that never comes.
    pub fn hold_ends(&self, paid_at: OffsetDateTime) -> Option<OffsetDateTime> {
        later(paid_at, self.hold_secs)
    }

    /// From when on the buyer may take the refund in a dispute that was opened at a moment;
    /// none when that never comes.
    pub fn arbiter_ends(&self, opened_at: OffsetDateTime) -> Option<OffsetDateTime> {
        later(opened_at, self.dispute_secs)
    }
}

/// Later by some seconds; none when that is beyond the year 9999.
fn later(time: OffsetDateTime, secs: u64) -> Option<OffsetDateTime> {
    let secs = i64::try_from(secs).ok()?;
    time.checked_add(Duration::seconds(secs))
}

impl Custody {
    /// Passes if the escrow would do what the wallet asks at a moment.
    ///
    /// # Errors
    /// [`CustodyRefusal`].
    pub fn check(
        &self,
        demand: Demand,
        by: Address,
        now: OffsetDateTime,
    ) -> Result<(), CustodyRefusal> {
        match demand {
            Demand::Release(amount) => self.check_release(amount, by, now),
            Demand::Refund(amount) => self.check_refund(amount, by, now),
            Demand::Dispute => self.check_dispute(by, now),
        }
    }

    fn check_release(
        &self,
        amount: BaseUnits,
        by: Address,
        now: OffsetDateTime,
    ) -> Result<(), CustodyRefusal> {
        if by != self.buyer {
            if self.dispute.is_some() {
                if by != self.arbiter {
                    return Err(CustodyRefusal::InDispute);
                }
            } else if is_before(now, self.hold_ends) {
                let ends_at = self.hold_ends;
                return Err(CustodyRefusal::HoldNotOver { ends_at });
            }
        }
        self.check_amount(amount)
    }

    fn check_refund(
        &self,
        amount: BaseUnits,
        by: Address,
        now: OffsetDateTime,
    ) -> Result<(), CustodyRefusal> {
        if by != self.seller {
            if by != self.buyer && by != self.arbiter {
                return Err(CustodyRefusal::NotAParty);
            }
            let Some(dispute) = self.dispute else {
                return Err(CustodyRefusal::NotDisputed);
            };
            if by != self.arbiter && is_before(now, dispute.arbiter_ends) {
                let ends_at = dispute.arbiter_ends;
                return Err(CustodyRefusal::ArbiterMayDecide { ends_at });
            }
        }
        self.check_amount(amount)
    }

    fn check_dispute(&self, by: Address, now: OffsetDateTime) -> Result<(), CustodyRefusal> {
        if by != self.buyer && by != self.seller {
            return Err(CustodyRefusal::NotAParty);
        }
        if self.arbiter.is_zero() {
            return Err(CustodyRefusal::NoArbiter);
        }
        if self.dispute.is_some() {
            return Err(CustodyRefusal::AlreadyDisputed);
        }
        if self.held.is_zero() {
            return Err(CustodyRefusal::NothingHeld);
        }
        match self.hold_ends {
            Some(ended_at) if now >= ended_at => Err(CustodyRefusal::HoldOver { ended_at }),
            _ => Ok(()),
        }
    }

    fn check_amount(&self, requested: BaseUnits) -> Result<(), CustodyRefusal> {
        let held = self.held;
        if held.is_zero() {
            return Err(CustodyRefusal::NothingHeld);
        }
        if requested.is_zero() {
            return Err(CustodyRefusal::ZeroAmount);
        }
        if requested > held {
            return Err(MoreThanHeld { held, requested }.into());
        }
        Ok(())
    }
}

/// Whether a moment is still to come; one that never comes is.
fn is_before(now: OffsetDateTime, moment: Option<OffsetDateTime>) -> bool {
    moment.is_none_or(|moment| now < moment)
}
