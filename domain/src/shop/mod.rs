//! A shop: its owner, its name, and where its money goes.

mod decide;
mod events;
mod state;

use time::OffsetDateTime;

pub use self::{
    decide::{ShopCommand, ShopRejection},
    events::ShopEvent,
    state::{Shop, ShopDetails},
};
use crate::{decider::Decider, ids::ShopId};

impl Decider for Shop {
    const TYPE: &'static str = "Shop";
    const STATE_VERSION: i32 = 1;
    type Id = ShopId;
    type Command = ShopCommand;
    type Event = ShopEvent;
    type Rejection = ShopRejection;

    fn decide(
        &self,
        command: &ShopCommand,
        _now: OffsetDateTime,
    ) -> Result<Vec<ShopEvent>, ShopRejection> {
        decide::decide(self, command)
    }

    fn evolve(self, event: &ShopEvent) -> Self {
        state::evolve(self, event)
    }
}
