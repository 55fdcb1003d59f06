//! What can have happened to the stock of a SKU.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{ids::OrderId, value::Quantity};

/// Something that happened to the stock of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InventoryEvent {
    /// Pieces arrived.
    StockReceived {
        /// How many.
        quantity: Quantity,
    },
    /// A count was corrected.
    StockAdjusted {
        /// By how many pieces; below zero when some are missing.
        delta: i64,
        /// Why.
        reason: String,
    },
    /// An order holds pieces.
    StockReserved {
        /// The order.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// What an order held can be sold again.
    ReservationReleased {
        /// The order.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// What an order held is sold, and not on hand any more.
    ReservationCommitted {
        /// The order.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
}

impl InventoryEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] = &[
        ("StockReceived", "1.0.0"),
        ("StockAdjusted", "1.0.0"),
        ("StockReserved", "1.0.0"),
        ("ReservationReleased", "1.0.0"),
        ("ReservationCommitted", "1.0.0"),
    ];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::StockReceived { .. } => Self::TYPES[0],
            Self::StockAdjusted { .. } => Self::TYPES[1],
            Self::StockReserved { .. } => Self::TYPES[2],
            Self::ReservationReleased { .. } => Self::TYPES[3],
            Self::ReservationCommitted { .. } => Self::TYPES[4],
        }
    }
}

impl DomainEvent for InventoryEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
