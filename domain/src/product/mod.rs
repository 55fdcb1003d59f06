//! A product of a shop: what it is called, what it costs, and whether it is for sale.

mod decide;
mod events;
mod state;

use time::OffsetDateTime;

pub use self::{
    decide::{ProductCommand, ProductRejection},
    events::ProductEvent,
    state::{Listing, Offer, Product},
};
use crate::{decider::Decider, ids::ProductId};

impl Decider for Product {
    const TYPE: &'static str = "Product";
    const STATE_VERSION: i32 = 3;
    type Id = ProductId;
    type Command = ProductCommand;
    type Event = ProductEvent;
    type Rejection = ProductRejection;

    fn decide(
        &self,
        command: &ProductCommand,
        _now: OffsetDateTime,
    ) -> Result<Vec<ProductEvent>, ProductRejection> {
        decide::decide(self, command)
    }

    fn evolve(self, event: &ProductEvent) -> Self {
        state::evolve(self, event)
    }
}
