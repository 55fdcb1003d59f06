//! What can be asked of the stock of a SKU, and when it is refused.

use thiserror::Error;

use super::{Inventory, InventoryEvent};
use crate::{
    allotment::{AllotmentRefusal, Claim},
    ids::OrderId,
    policy,
    text::TextFault,
    value::Quantity,
};

/// What can be asked of the stock of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryCommand {
    /// Books pieces that arrived.
    Receive {
        /// How many.
        quantity: Quantity,
    },
    /// Corrects the count.
    Adjust {
        /// By how many pieces.
        delta: i64,
        /// Why, for the one who reads the history.
        reason: String,
    },
    /// Holds pieces for an order.
    Reserve {
        /// The order.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// Gives back what an order holds.
    Release {
        /// The order.
        order: OrderId,
    },
    /// Sells what an order holds.
    Commit {
        /// The order.
        order: OrderId,
    },
}

/// Why a change of stock is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InventoryRejection {
    /// Less is left than the order wants.
    #[error("out of stock: {available} left, {requested} requested")]
    OutOfStock {
        /// What is left.
        available: u32,
        /// What the order wants.
        requested: u32,
    },
    /// The order holds another quantity.
    #[error("the order has {held} reserved already, so {requested} cannot be")]
    AlreadyReserved {
        /// What the order holds.
        held: u32,
        /// What it asked for now.
        requested: u32,
    },
    /// The order holds nothing that could be sold.
    #[error("the order has nothing reserved")]
    NotReserved,
    /// Orders hold what would be taken away.
    #[error("{on_hand} on hand, changed by {delta}, would be below the {reserved} reserved")]
    AdjustBelowReserved {
        /// What is on hand.
        on_hand: u32,
        /// What orders hold of it.
        reserved: u32,
        /// The change that was asked for.
        delta: i64,
    },
    /// A correction by nothing.
    #[error("an adjustment must change the count")]
    AdjustByNothing,
    /// More than [`Quantity::MAX`] pieces would be on hand.
    #[error("{on_hand} on hand, changed by {delta}, would be above {}", Quantity::MAX.get())]
    StockLimit {
        /// What is on hand.
        on_hand: u32,
        /// The change that was asked for.
        delta: i64,
    },
    /// The reason breaks a rule.
    #[error("the reason of the adjustment {0}")]
    Reason(TextFault),
}

impl From<AllotmentRefusal> for InventoryRejection {
    fn from(refusal: AllotmentRefusal) -> Self {
        match refusal {
            AllotmentRefusal::Exhausted {
                available,
                requested,
            } => Self::OutOfStock {
                available,
                requested,
            },
            AllotmentRefusal::AlreadyHeld { held, requested } => {
                Self::AlreadyReserved { held, requested }
            }
            AllotmentRefusal::NotHeld => Self::NotReserved,
            AllotmentRefusal::BelowReserved {
                on_hand,
                reserved,
                delta,
            } => Self::AdjustBelowReserved {
                on_hand,
                reserved,
                delta,
            },
            AllotmentRefusal::AboveLimit { on_hand, delta } => Self::StockLimit { on_hand, delta },
        }
    }
}

pub(super) fn decide(
    inventory: &Inventory,
    command: &InventoryCommand,
) -> Result<Vec<InventoryEvent>, InventoryRejection> {
    let stock = inventory.stock();
    match command {
        InventoryCommand::Receive { quantity } => {
            stock.check_change(i64::from(quantity.get()))?;
            Ok(vec![InventoryEvent::StockReceived {
                quantity: *quantity,
            }])
        }
        InventoryCommand::Adjust { delta, reason } => {
            if *delta == 0 {
                return Err(InventoryRejection::AdjustByNothing);
            }
            policy::REASON
                .check(reason)
                .map_err(InventoryRejection::Reason)?;
            stock.check_change(*delta)?;
            Ok(vec![InventoryEvent::StockAdjusted {
                delta: *delta,
                reason: reason.clone(),
            }])
        }
        InventoryCommand::Reserve { order, quantity } => {
            Ok(match stock.check_reserve(order, *quantity)? {
                Claim::Held => vec![],
                Claim::New => {
                    vec![InventoryEvent::StockReserved {
                        order: *order,
                        quantity: *quantity,
                    }]
                }
            })
        }
        // An order that holds nothing needs nothing given back.
        InventoryCommand::Release { order } => Ok(stock
            .held_by(order)
            .map(|quantity| InventoryEvent::ReservationReleased {
                order: *order,
                quantity,
            })
            .into_iter()
            .collect()),
        InventoryCommand::Commit { order } => {
            let quantity = stock.check_commit(order)?;
            Ok(vec![InventoryEvent::ReservationCommitted {
                order: *order,
                quantity,
            }])
        }
    }
}
