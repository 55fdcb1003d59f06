//! What one account took out of an escrow in one token.
//!
//! Releases and refunds only write down who may take money out; taking it out belongs to no
//! payment. The domain is told of logs, by their place in the chain, and sees to it that each
//! counts once. Every log is remembered: a withdrawal takes all there is, so there are few.

mod decide;
mod events;
mod state;

use time::OffsetDateTime;

pub use self::{
    decide::{PayoutCommand, PayoutRejection},
    events::PayoutEvent,
    state::{Payout, Withdrawal},
};
use crate::{decider::Decider, ids::PayoutId};

impl Decider for Payout {
    const TYPE: &'static str = "Payout";
    const STATE_VERSION: i32 = 1;
    type Id = PayoutId;
    type Command = PayoutCommand;
    type Event = PayoutEvent;
    type Rejection = PayoutRejection;

    fn decide(
        &self,
        command: &PayoutCommand,
        _now: OffsetDateTime,
    ) -> Result<Vec<PayoutEvent>, PayoutRejection> {
        decide::decide(self, command)
    }

    fn evolve(self, event: &PayoutEvent) -> Self {
        state::evolve(self, event)
    }
}
