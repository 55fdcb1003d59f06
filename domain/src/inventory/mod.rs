//! The stock of one SKU, and what orders have reserved of it.
//!
//! Settled reservations are not remembered: a hot product would keep millions of them, and
//! the order's own stream already refuses a second placing, approval or cancellation.

mod decide;
mod events;
mod state;

use time::OffsetDateTime;

pub use self::{
    decide::{InventoryCommand, InventoryRejection},
    events::InventoryEvent,
    state::Inventory,
};
use crate::{decider::Decider, ids::SkuId};

impl Decider for Inventory {
    const TYPE: &'static str = "Inventory";
    const STATE_VERSION: i32 = 1;
    type Id = SkuId;
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Rejection = InventoryRejection;

    fn decide(
        &self,
        command: &InventoryCommand,
        _now: OffsetDateTime,
    ) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        decide::decide(self, command)
    }

    fn evolve(self, event: &InventoryEvent) -> Self {
        state::evolve(self, event)
    }
}
