//! What the stock of a SKU is, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::InventoryEvent;
use crate::{allotment::Allotment, ids::OrderId};

/// The stock of one SKU: an allotment of which orders hold parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inventory {
    stock: Allotment<OrderId>,
}

impl Inventory {
    /// What is there and who holds what of it.
    pub fn stock(&self) -> &Allotment<OrderId> {
        &self.stock
    }
}

pub(super) fn evolve(inventory: Inventory, event: &InventoryEvent) -> Inventory {
    let stock = inventory.stock;
    let stock = match event {
        InventoryEvent::StockReceived { quantity } => stock.changed(i64::from(quantity.get())),
        InventoryEvent::StockAdjusted { delta, .. } => stock.changed(*delta),
        InventoryEvent::StockReserved { order, quantity } => stock.claimed(*order, *quantity),
        InventoryEvent::ReservationReleased { order, .. } => stock.released(order),
        InventoryEvent::ReservationCommitted { order, .. } => stock.committed(order),
    };
    Inventory { stock }
}
