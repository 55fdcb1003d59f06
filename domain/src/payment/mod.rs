//! The payment of an order through an escrow: what was asked for, what the chain showed,
//! and where the money is.
//!
//! The domain does not watch a chain. It is told of logs, by their place in the chain, and
//! sees to it that each counts once.

mod custody;
mod decide;
mod events;
mod rejection;
mod state;
mod terms;

use time::OffsetDateTime;

pub use self::{
    custody::{Custody, CustodyRefusal, Demand, Dispute},
    decide::PaymentCommand,
    events::{AttemptFailure, ClosingReason, PaymentEvent},
    rejection::{PaymentRejection, TermsFault},
    state::{
        Attempt, AttemptStanding, Deposit, Funding, Movement, MovementKind, Payment, Request,
        Sighting, Standing,
    },
    terms::{LogId, LogRef, Terms},
};
use crate::{decider::Decider, ids::PaymentId};

impl Decider for Payment {
    const TYPE: &'static str = "Payment";
    const STATE_VERSION: i32 = 1;
    type Id = PaymentId;
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Rejection = PaymentRejection;

    fn decide(
        &self,
        command: &PaymentCommand,
        _now: OffsetDateTime,
    ) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        decide::decide(self, command)
    }

    fn evolve(self, event: &PaymentEvent) -> Self {
        state::evolve(self, event)
    }
}
