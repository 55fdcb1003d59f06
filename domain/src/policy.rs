//! The business rules that are numbers, each with a name, all in one place.
//!
//! Constants are rules of the whole system. [`Policy`] holds what a shop's operator may set.

use thiserror::Error;
use time::Duration;

use crate::text::TextRule;

/// The most lines an order may have.
pub const MAX_LINES: usize = 100;

/// The most transactions a buyer may report for one payment. Reports are hints and cost the
/// reporter nothing, so they are bounded.
pub const MAX_ATTEMPTS: usize = 20;

/// How long a node may not know a reported transaction, whose nonce is free, before it counts as
/// dropped. Long enough for it to spread, and for a wallet to send it again.
pub const ATTEMPT_DROPPED_AFTER: Duration = Duration::minutes(10);

/// How long after the payment window a reported transaction is watched whose end is not known:
/// by then nothing depends on it any more.
pub const ATTEMPT_WATCHED_AFTER_WINDOW: Duration = Duration::days(1);

/// A shop's name.
pub const SHOP_NAME: TextRule = TextRule::line(100);

/// A product's name.
pub const PRODUCT_NAME: TextRule = TextRule::line(200);

/// A product's description.
pub const PRODUCT_DESCRIPTION: TextRule = TextRule::paragraphs(10_000);

/// Why an order was rejected or stock was corrected.
pub const REASON: TextRule = TextRule::paragraphs(500);

/// The name of a carrier.
pub const CARRIER: TextRule = TextRule::line(100);

/// A carrier's tracking number.
pub const TRACKING_NUMBER: TextRule = TextRule::line(100);

/// Who takes a delivery.
pub const RECIPIENT: TextRule = TextRule::line(100);

/// How to reach them: a telephone number, or something else.
pub const CONTACT: TextRule = TextRule::line(100);

/// A line of a postal address.
pub const ADDRESS: TextRule = TextRule::line(200);

/// A postal code.
pub const POSTAL_CODE: TextRule = TextRule::line(16);

/// What a customer says to who brings the goods.
pub const DELIVERY_NOTE: TextRule = TextRule::line(200);

/// What the operator may set. The domain takes the outcome (a deadline, a hold time) in its
/// commands; the operations compute it from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long an order waits for its payment.
    pub payment_window: Duration,
    /// How long after the payment anyone may release the money to the seller, in seconds.
    pub hold_secs: u64,
    /// How long an arbiter has before the buyer may take a refund, in seconds.
    pub dispute_secs: u64,
}

/// A policy that would break an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidPolicy {
    /// An order would expire as it is placed, or never.
    #[error("the payment window must be {} to {} seconds, not {given_secs}",
        Policy::PAYMENT_WINDOW_MIN.whole_seconds(), Policy::PAYMENT_WINDOW_MAX.whole_seconds())]
    PaymentWindow {
        /// What was given.
        given_secs: i64,
    },
    /// Money would be held for longer than anyone waits.
    #[error(
        "the hold time must be at most {} seconds, not {given_secs}",
        Policy::PERIOD_MAX_SECS
    )]
    Hold {
        /// What was given.
        given_secs: u64,
    },
    /// A dispute would take longer than anyone waits.
    #[error(
        "the dispute time must be at most {} seconds, not {given_secs}",
        Policy::PERIOD_MAX_SECS
    )]
    Dispute {
        /// What was given.
        given_secs: u64,
    },
}

impl Policy {
    /// The shortest payment window: a wallet must have the time to ask its owner.
    pub const PAYMENT_WINDOW_MIN: Duration = Duration::seconds(1);
    /// The longest payment window: stock is held for as long.
    pub const PAYMENT_WINDOW_MAX: Duration = Duration::days(30);
    /// The longest hold and dispute time: a year.
    pub const PERIOD_MAX_SECS: u64 = 366 * 24 * 60 * 60;

    /// The policy itself, when it is one that orders can live with.
    ///
    /// # Errors
    /// The first setting that is out of its bounds.
    pub fn checked(self) -> Result<Self, InvalidPolicy> {
        let window = self.payment_window;
        if !(Self::PAYMENT_WINDOW_MIN..=Self::PAYMENT_WINDOW_MAX).contains(&window) {
            return Err(InvalidPolicy::PaymentWindow {
                given_secs: window.whole_seconds(),
            });
        }
        if self.hold_secs > Self::PERIOD_MAX_SECS {
            return Err(InvalidPolicy::Hold {
                given_secs: self.hold_secs,
            });
        }
        if self.dispute_secs > Self::PERIOD_MAX_SECS {
            return Err(InvalidPolicy::Dispute {
                given_secs: self.dispute_secs,
            });
        }
        Ok(self)
    }
}

impl Default for Policy {
    fn default() -> Self {
        const FOURTEEN_DAYS_SECS: u64 = 14 * 24 * 60 * 60;
        Self {
            payment_window: Duration::minutes(15),
            hold_secs: FOURTEEN_DAYS_SECS,
            dispute_secs: FOURTEEN_DAYS_SECS,
        }
    }
}
