//! Stock, counted twice: by the aggregate, and by plain sums.

use gage_domain::{
    ids::SkuId,
    inventory::{Inventory, InventoryEvent},
};

use super::{
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings},
};
use crate::{event::Recorded, position::LogPosition};

/// The stock of a SKU as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct StockFold {
    pub(super) folded: Folded<Inventory>,
    pub(super) position: LogPosition,
    /// Pieces by plain sums, with nothing of what the aggregate makes of them.
    on_hand: i64,
    reserved: i64,
}

impl StockFold {
    /// An event of the stock.
    pub(super) fn take(
        &mut self,
        id: SkuId,
        event: &Recorded,
        happened: &InventoryEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let key = StreamKey::Inventory(id.0);
        self.folded.check(key, event, happened, findings);
        self.folded.evolve(key, happened, snapshots, findings);
        self.position = event.position;
        self.count(happened);
        let state = self.folded.state.stock();
        let (on_hand, reserved) = (i64::from(state.on_hand()), i64::from(state.reserved()));
        let holds = 0 <= self.reserved && self.reserved <= self.on_hand;
        if !holds || (self.on_hand, self.reserved) != (on_hand, reserved) {
            let (by_sum, held) = (self.on_hand, self.reserved);
            let found = format!("{held} reserved of {by_sum} on hand by the log");
            let expected = "reserved ≤ on hand".to_owned();
            findings.add(Fault::Invariant, place(key, event), found, expected);
        }
    }

    fn count(&mut self, happened: &InventoryEvent) {
        match happened {
            InventoryEvent::StockReceived { quantity } => self.on_hand += i64::from(quantity.get()),
            InventoryEvent::StockAdjusted { delta, .. } => {
                self.on_hand = self.on_hand.saturating_add(*delta);
            }
            InventoryEvent::StockReserved { quantity, .. } => {
                self.reserved += i64::from(quantity.get());
            }
            InventoryEvent::ReservationReleased { quantity, .. } => {
                self.reserved -= i64::from(quantity.get());
            }
            InventoryEvent::ReservationCommitted { quantity, .. } => {
                self.reserved -= i64::from(quantity.get());
                self.on_hand -= i64::from(quantity.get());
            }
        }
    }
}
