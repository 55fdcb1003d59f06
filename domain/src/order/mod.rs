//! An order of one buyer at one shop, from placing to completion.
//!
//! ```text
//! Unplaced → AwaitingPayment ⇄ Paid → Approved → Shipped → Delivered → Completed
//!                 │  │  │      │ │ │     │          │ │        │           ↑
//!                 │  │  │      │ │ │     │          │ └────────┼───────────┘
//!                 │  │  │      │ │ └─────┴──────────┴──────────┴→ Refunded
//!                 │  │  │      │ └→ Rejected
//!                 │  │  │      └→ Cancelled
//!                 │  │  └→ Rejected
//!                 │  └→ Cancelled
//!                 └→ Expired
//! ```
//!
//! Back to `AwaitingPayment` leads a reorganisation that took the payment back. `Refunded` is
//! an order whose payment went back whole; `Rejected`, `Cancelled` and `Expired` stay what
//! they are when money is given back.

mod decide;
mod events;
mod lines;
mod state;

use time::OffsetDateTime;

pub use self::{
    decide::{OrderCommand, OrderRejection},
    events::{OrderEvent, Tracking},
    lines::{OrderLine, Wanted, merge_lines, total},
    state::{Order, OrderDetails, Phase},
};
use crate::{decider::Decider, ids::OrderId};

impl Decider for Order {
    const TYPE: &'static str = "Order";
    const STATE_VERSION: i32 = 3;
    type Id = OrderId;
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Rejection = OrderRejection;

    fn decide(
        &self,
        command: &OrderCommand,
        now: OffsetDateTime,
    ) -> Result<Vec<OrderEvent>, OrderRejection> {
        decide::decide(self, command, now)
    }

    fn evolve(self, event: &OrderEvent) -> Self {
        state::evolve(self, event)
    }
}
